"""Registering stores and controllers: what is typed in can be tried out before it's saved, and is asked at once afterwards."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.forms import Script
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path, reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from ingest import asking_now, replaying, trying
from ingest.admin.acting import ActingAdmin
from ingest.models import Stream
from ingest.sentences import spoken
from sites_app.access import principal_of_user
from sites_app.admin import ControllerAdmin, StoreAdmin
from sites_app.models import Controller, Store
from sites_app.secrets import Secret

_BUTTON = Script(
    "ingest/trying.js",
    defer=True,
    **{
        "data-url": reverse_lazy("admin:sites_app_controller_try"),
        "data-label": gettext_lazy("Test the connection"),
        "data-asking": gettext_lazy("Asking …"),
        "data-lost": gettext_lazy("No answer from this platform. Try again."),
    },
)
_TYPED = ("kind", "base_url", "verify_tls", "ca_certificate")
_ASKED_ANEW = frozenset({"kind", "base_url", "new_api_key", "verify_tls", "ca_certificate", "enabled"})
"""After a change of these a controller has to show anew that it can be asked."""

admin.site.unregister(Controller)
admin.site.unregister(Store)


@admin.register(Controller)
class AskingControllerAdmin(ActingAdmin, ControllerAdmin):
    """A controller, asked as soon as it's saved."""

    readonly_fields = ["what_is_wrong" if name == "last_error" else name for name in ControllerAdmin.readonly_fields]

    class Media:
        js = [_BUTTON]

    @admin.display(description=gettext_lazy("Last error"))
    def what_is_wrong(self, controller: Controller) -> str:
        """The sentence in the reader's language."""
        return spoken(controller.last_error)

    def get_urls(self) -> list[URLPattern]:
        view = require_POST(self.admin_site.admin_view(self.try_out))
        return [path("try/", view, name="sites_app_controller_try"), *super().get_urls()]

    def save_model(
        self, request: HttpRequest, obj: Controller, form: forms.ModelForm[Controller], change: bool
    ) -> None:
        super().save_model(request, obj, form, change)
        if _ASKED_ANEW.intersection(form.changed_data):
            transaction.on_commit(partial(discover, request, [obj]))

    def try_out(self, request: HttpRequest) -> HttpResponse:
        """Whether a controller can be asked by what is typed in, in one sentence. Nothing is kept."""
        if not self.has_change_permission(request):
            return JsonResponse({"ok": False, "message": _("You may not change controllers.")}, status=403)
        try:
            verdict = trying.try_out(_typed(request), lambda: datetime.now(UTC))
        except ValidationError as error:
            return JsonResponse({"ok": False, "message": " ".join(error.messages)})
        return JsonResponse({"ok": verdict.ok, "message": verdict.message})


@admin.register(Store)
class AskingStoreAdmin(StoreAdmin):
    """A store with its controllers, which are asked as soon as they're saved."""

    class Media:
        js = [_BUTTON]

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        super().save_formset(request, form, formset, change)
        if formset.model is Controller:
            changed = [obj for obj, names in formset.changed_objects if _ASKED_ANEW.intersection(names)]
            if asked := [*formset.new_objects, *changed]:
                transaction.on_commit(partial(discover, request, asked))


def discover(request: HttpRequest, controllers: list[Controller]) -> None:
    """Ask controllers for their sensors and zones, and say for each how it went."""
    asked = [controller for controller in controllers if controller.enabled]
    results = asking_now.ask(asked, [Stream.Kind.DISCOVERY])
    replaying.replay_found(now=datetime.now(UTC))
    by_id = {str(controller.pk): controller for controller in asked}
    for result in results:
        controller = by_id[result["id"]]
        said = trying.verdict(result, controller.zones.count(), controller.sensors.count())
        text = f"{result['store']} {result['name']}: {said.message}"
        messages.add_message(request, messages.SUCCESS if said.ok else messages.ERROR, text)


def _typed(request: HttpRequest) -> Controller:
    """The controller as it's typed in; a key that isn't typed is the stored one's. Raises ``ValidationError``."""
    visible = Controller.objects.visible_to(principal_of_user(request.user))
    stored = request.POST.get("stored", "")
    controller = (visible.filter(pk=UUID(stored)).first() if stored else None) or Controller()
    base_url, typed = request.POST.get("base_url", "").strip(), request.POST.get("new_api_key")
    if controller.api_key and not typed and controller.leads_elsewhere(base_url):
        raise ValidationError(_("The stored key isn't sent to another server: type it in again."))
    controller.kind, controller.base_url = request.POST.get("kind", ""), base_url
    controller.verify_tls = request.POST.get("verify_tls") == "on"
    controller.ca_certificate = request.POST.get("ca_certificate", "")
    if typed:
        controller.api_key = Secret.of(typed)
    controller.clean_fields(exclude={field.name for field in Controller._meta.fields} - set(_TYPED))
    if not controller.api_key:
        raise ValidationError(_("Type in the API key, too."))
    return controller
