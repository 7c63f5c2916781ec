"""The registry in the admin. Keys go in and never come out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminPasswordWidget

from sites_app.models import (
    ApiKey,
    Controller,
    Membership,
    OpeningHours,
    Region,
    Sensor,
    SpecialHours,
    Store,
    Zone,
)
from sites_app.models.access import ROTATED_KEY_VALID
from sites_app.secrets import Secret

if TYPE_CHECKING:
    _ControllerModelForm = forms.ModelForm[Controller]
else:
    _ControllerModelForm = forms.ModelForm  # at run time Django's forms take no type parameters

admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):  # type: ignore[misc]  # Unfold comes without types
    """Groups of people."""


class MembershipInline(TabularInline):  # type: ignore[misc]
    model = Membership
    extra = 0
    autocomplete_fields = ["region"]


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):  # type: ignore[misc,type-arg]
    """People, with the regions that they see."""

    form, add_form, change_password_form = UserChangeForm, UserCreationForm, AdminPasswordChangeForm
    inlines = [MembershipInline]


@admin.register(Region)
class RegionAdmin(ModelAdmin):  # type: ignore[misc]
    list_display = ["name", "code", "parent"]
    search_fields = ["name", "code"]
    list_select_related = ["parent"]
    autocomplete_fields = ["parent"]


class OpeningHoursInline(TabularInline):  # type: ignore[misc]
    model = OpeningHours
    extra = 0


class SpecialHoursInline(TabularInline):  # type: ignore[misc]
    model = SpecialHours
    extra = 0


@admin.register(Store)
class StoreAdmin(ModelAdmin):  # type: ignore[misc]
    list_display = ["code", "name", "region", "timezone", "city", "capacity", "opened_on"]
    list_filter = ["region", "country"]
    search_fields = ["code", "name", "city"]
    list_select_related = ["region"]
    autocomplete_fields = ["region"]
    inlines = [OpeningHoursInline, SpecialHoursInline]


class SecretInput(forms.CharField):
    """A key to be typed in. Empty leaves the stored one as it is; the stored one is never sent to the browser."""

    def __init__(self, *, stored: bool, form: str = "", **kwargs: Any) -> None:
        hint = f"{'Stored; leave empty to keep it.' if stored else 'None is stored.'} {form}".strip()
        super().__init__(
            widget=UnfoldAdminPasswordWidget(render_value=False, attrs={"autocomplete": "new-password"}),
            help_text=hint,
            **kwargs,
        )


class ControllerForm(_ControllerModelForm):
    """A controller, with its keys write-only."""

    class Meta:
        model = Controller
        fields = ["store", "name", "kind", "base_url", "enabled", "poll_interval_s", "verify_tls", "ca_certificate"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stored = not self.instance._state.adding
        form = "A Xovis sensor's is a login: user:password."
        self.fields["new_api_key"] = SecretInput(stored=stored, form=form, label="API key", required=not stored)
        has_webhook_key = stored and bool(self.instance.webhook_key)
        self.fields["new_webhook_key"] = SecretInput(stored=has_webhook_key, label="Webhook key", required=False)
        if has_webhook_key:
            self.fields[
                "new_webhook_key"
            ].help_text = "Stored; leave empty to keep it. After a change the one before is accepted for another day."

    def save(self, commit: bool = True) -> Controller:
        if plain := self.cleaned_data.get("new_api_key"):
            self.instance.api_key = Secret.of(plain)
        if plain := self.cleaned_data.get("new_webhook_key"):
            self.instance.change_webhook_key(plain)
        return super().save(commit)


@admin.register(Controller)
class ControllerAdmin(ModelAdmin):  # type: ignore[misc]
    form = ControllerForm
    list_display = [
        "name",
        "store",
        "base_url",
        "health",
        "last_success_at",
        "consecutive_failures",
        "clock_skew_ms",
        "enabled",
    ]
    list_filter = ["state", "enabled", "kind"]
    search_fields = ["name", "base_url", "store__code", "store__name"]
    list_select_related = ["store"]
    autocomplete_fields = ["store"]
    readonly_fields = [
        "webhook_url",
        "previous_webhook_key_until",
        "state",
        "last_success_at",
        "last_error",
        "consecutive_failures",
        "clock_skew_ms",
        "path_analytics",
    ]

    def get_fieldsets(
        self, request: HttpRequest, obj: Controller | None = None
    ) -> list[tuple[str | None, dict[str, Any]]]:
        asked = [
            "store",
            "name",
            "kind",
            "base_url",
            "new_api_key",
            "new_webhook_key",
            "enabled",
            "poll_interval_s",
            "verify_tls",
            "ca_certificate",
        ]
        sections: list[tuple[str | None, dict[str, Any]]] = [(None, {"fields": asked})]
        return [*sections, ("Health", {"fields": self.readonly_fields})] if obj else sections

    def get_form(self, request: HttpRequest, obj: Controller | None = None, **kwargs: Any) -> Any:
        # The key fields are the form's own, made when it's made: the model factory must not look for them.
        return super().get_form(request, obj, **{**kwargs, "fields": ControllerForm.Meta.fields})

    @display(  # type: ignore[untyped-decorator]
        description="Health",
        label={
            "Online": "success",
            "Degraded": "warning",
            "Offline": "danger",
            "Key rejected": "danger",
            "New": "info",
        },
    )
    def health(self, controller: Controller) -> str:
        """The state, as a badge."""
        return controller.get_state_display()


@admin.register(Sensor)
class SensorAdmin(ModelAdmin):  # type: ignore[misc]
    list_display = ["sensor_id", "name", "controller", "type", "status", "clock", "firmware", "last_seen_at"]
    list_filter = ["status"]
    search_fields = ["sensor_id", "name", "controller__store__code"]
    list_select_related = ["controller__store"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Sensor | None = None) -> bool:
        return False


@admin.register(Zone)
class ZoneAdmin(ModelAdmin):  # type: ignore[misc]
    """Zones come from discovery; what a person sets here stays as it was set."""

    list_display = ["code", "name", "store", "controller", "kind", "capacity", "counts_by_hand"]
    list_filter = ["kind"]
    search_fields = ["code", "name", "store__code", "store__name"]
    list_select_related = ["store", "controller__store"]
    fields = ["code", "name", "kind", "reversed", "capacity", "counts_by_hand", "appeared_at", "retired_at", "history"]
    readonly_fields = ["code", "name", "history"]  # the controller's own: the next discovery would set it back

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @display(description="Retired and returned")  # type: ignore[untyped-decorator]
    def history(self, zone: Zone) -> str:
        """When it was, and on whose word."""
        return (
            format_html_join(mark_safe("<br>"), "{}: {}", ((change, change.detail) for change in zone.changes.all()))
            or "–"
        )

    def save_model(self, request: HttpRequest, obj: Zone, form: forms.ModelForm[Zone], change: bool) -> None:
        obj.kind_by_hand = obj.kind_by_hand or "kind" in form.changed_data
        if "capacity" in form.changed_data:
            obj.capacity_by_hand = obj.capacity is not None
        if "retired_at" in form.changed_data:
            obj.retire(obj.retired_at)
        super().save_model(request, obj, form, change)
        if "retired_at" in form.changed_data:
            obj.note_retirement(by=request.user.get_username(), now=datetime.now(UTC))


@admin.register(ApiKey)
class ApiKeyAdmin(ModelAdmin):  # type: ignore[misc]
    list_display = ["name", "prefix", "scopes", "created_at", "expires_at", "revoked_at", "last_used_at"]
    search_fields = ["name", "prefix"]
    fields = ["name", "scopes", "regions", "requests_per_minute", "expires_at", "revoked_at", "previous_until"]
    readonly_fields = ["previous_until"]
    autocomplete_fields = ["regions"]
    actions = ["rotate"]

    @admin.action(description="Rotate: a new key, while the old one works for another day", permissions=["change"])
    def rotate(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        for key in queryset.filter(revoked_at=None):
            plain = key.rotate(until=datetime.now(UTC) + ROTATED_KEY_VALID)
            key.save(update_fields=["prefix", "digest", "previous_digest", "previous_until"])
            messages.success(request, f"The new key of '{key.name}', shown only this once: {plain}")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "scopes":
            return forms.MultipleChoiceField(choices=ApiKey.Scope.choices, widget=forms.CheckboxSelectMultiple)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: ApiKey, form: forms.ModelForm[ApiKey], change: bool) -> None:
        if not change:
            made, plain = ApiKey.generate(obj.name, scopes=obj.scopes)
            obj.prefix, obj.digest = made.prefix, made.digest
            messages.success(request, f"The key, shown only this once: {plain}")
        super().save_model(request, obj, form, change)
