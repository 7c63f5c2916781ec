"""Stores, with their hours and controllers on one form."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import StackedInline
from unfold.decorators import action, display

from sites_app import onboarding
from sites_app.access import principal_of_user
from sites_app.admin import importing
from sites_app.admin.controllers import ControllerForm
from sites_app.admin.scope import NamedCellsInline, ScopedAdmin
from sites_app.models import Controller, OpeningHours, SpecialHours, Store


class ControllerInline(StackedInline):  # type: ignore[misc]  # Unfold comes without types
    """A controller, as an installer types it in."""

    model = Controller
    form = ControllerForm
    fields = [
        ("name", "kind"),
        "base_url",
        ("new_api_key", "new_webhook_key"),
        ("enabled", "poll_interval_s", "verify_tls"),
        "ca_certificate",
    ]
    show_change_link = True

    def get_extra(self, request: HttpRequest, obj: Store | None = None, **kwargs: Any) -> int:
        return 0 if obj else 1

    def get_formset(self, request: HttpRequest, obj: Store | None = None, **kwargs: Any) -> Any:
        # The key fields are the form's own, made when it's made: the model factory must not look for them.
        fields = [name for name in ControllerForm.Meta.fields if name != "store"]
        return super().get_formset(request, obj, **{**kwargs, "fields": fields})


class OpeningHoursInline(NamedCellsInline):
    model = OpeningHours


class SpecialHoursInline(NamedCellsInline):
    model = SpecialHours


_IMPORTED = ("store", "controller", "region")
_STATES = {"all": "success", "some": "warning", "none": "danger", "no": "info"}


@admin.register(Store)
class StoreAdmin(ScopedAdmin):
    store_lookup = "pk__in"
    list_display = ["code", "name", "region", "health", "timezone", "city", "capacity", "opened_on"]
    list_filter = [("region", admin.RelatedOnlyFieldListFilter), "country"]
    search_fields = ["code", "name", "city"]
    list_select_related = ["region"]
    autocomplete_fields = ["region"]
    inlines = [ControllerInline, OpeningHoursInline, SpecialHoursInline]
    actions_list = ["import_csv"]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.import_view)
        return [path("import/", view, name="sites_app_store_import"), *super().get_urls()]

    @action(description=gettext_lazy("Import a CSV"), url_path="import-csv", permissions=["import"])  # type: ignore[untyped-decorator]
    def import_csv(self, request: HttpRequest) -> HttpResponse:
        """Lead to the form."""
        return HttpResponseRedirect(reverse("admin:sites_app_store_import"))

    def has_import_permission(self, request: HttpRequest) -> bool:
        """Who may add and change stores, and controllers with them."""
        return bool(
            request.user.has_perms([f"sites_app.{do}_{what}" for do in ("add", "change") for what in _IMPORTED])
        )

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """A file is looked at, and imported once a person has seen what it does."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        form, looked = importing.ImportForm(request.POST or None, request.FILES or None), None
        if form.is_valid():
            principal, writes = principal_of_user(request.user), "write" in request.POST
            looked = importing.look(form.cleaned_data["content"], principal, write=writes)
            if writes and looked.told:
                messages.success(request, _("It is imported. The controllers are asked from now on."))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Import stores"),
            "opts": self.model._meta,
            "form": form,
            "looked": looked,
            "columns": onboarding.COLUMNS,
        }
        return TemplateResponse(request, "admin/sites_app/import_stores.html", context)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Store]:
        asked = Q(controllers__enabled=True)
        online = asked & Q(controllers__state=Controller.State.ONLINE)
        stores: QuerySet[Store] = super().get_queryset(request)
        return stores.annotate(
            asked=Count("controllers", filter=asked, distinct=True),
            online=Count("controllers", filter=online, distinct=True),
        )

    @display(description=gettext_lazy("Controllers"), label=_STATES)  # type: ignore[untyped-decorator]
    def health(self, store: Store) -> tuple[str, str]:
        """How the store's controllers are doing, as a badge."""
        asked, online = getattr(store, "asked", 0), getattr(store, "online", 0)
        if not asked:
            return "no", _("No controller")
        if online == asked:
            return "all", _("All online")
        return ("some", _("Needs a look")) if online else ("none", _("None online"))
