"""Controllers and their health. Keys go in and never come out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display
from unfold.widgets import UnfoldAdminPasswordWidget

from sites_app.admin.scope import ScopedAdmin
from sites_app.models import Controller
from sites_app.secrets import Secret

if TYPE_CHECKING:
    _ControllerModelForm = forms.ModelForm[Controller]
else:
    _ControllerModelForm = forms.ModelForm  # at run time Django's forms take no type parameters


_STATES = {
    Controller.State.ONLINE: "success",
    Controller.State.DEGRADED: "warning",
    Controller.State.OFFLINE: "danger",
    Controller.State.UNAUTHORIZED: "danger",
    Controller.State.NEW: "info",
}


class SecretInput(forms.CharField):
    """A key to be typed in. Empty leaves the stored one as it is; the stored one is never sent to the browser."""

    def __init__(self, *, stored: bool, form: str = "", **kwargs: Any) -> None:
        kept = _("Stored; leave empty to keep it.") if stored else _("None is stored.")
        super().__init__(
            widget=UnfoldAdminPasswordWidget(render_value=False, attrs={"autocomplete": "new-password"}),
            help_text=f"{kept} {form}".strip(),
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
        form = _("A Xovis sensor's is a login: user:password.")
        self.fields["new_api_key"] = SecretInput(stored=stored, form=form, label=_("API key"), required=not stored)
        has_webhook_key = stored and bool(self.instance.webhook_key)
        self.fields["new_webhook_key"] = SecretInput(stored=has_webhook_key, label=_("Webhook key"), required=False)
        if has_webhook_key:
            self.fields["new_webhook_key"].help_text += " " + _(
                "After a change the one before is accepted for another day."
            )

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        changed, has_key = self.cleaned_data.get("base_url"), bool(self.cleaned_data.get("new_api_key"))
        if changed and not has_key and not self.instance._state.adding and self.instance.leads_elsewhere(changed):
            self.add_error("new_api_key", _("The stored key isn't sent to another server: type it in again."))
        return cleaned

    def save(self, commit: bool = True) -> Controller:
        if plain := self.cleaned_data.get("new_api_key"):
            self.instance.api_key = Secret.of(plain)
        if plain := self.cleaned_data.get("new_webhook_key"):
            self.instance.change_webhook_key(plain)
        return super().save(commit)


@admin.register(Controller)
class ControllerAdmin(ScopedAdmin):
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
        return [*sections, (_("Health"), {"fields": self.readonly_fields})] if obj else sections

    def get_form(self, request: HttpRequest, obj: Controller | None = None, **kwargs: Any) -> Any:
        # The key fields are the form's own, made when it's made: the model factory must not look for them.
        return super().get_form(request, obj, **{**kwargs, "fields": ControllerForm.Meta.fields})

    @display(description=gettext_lazy("Health"), label=_STATES)  # type: ignore[untyped-decorator]
    def health(self, controller: Controller) -> tuple[str, str]:
        """The state, as a badge."""
        return controller.state, controller.get_state_display()
