"""Webhooks out: endpoints, whose secrets are shown once, and deliveries, which can be replayed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.decorators import display

from alerts.models import EventType, WebhookDelivery, WebhookEndpoint
from alerts.webhooks import delivering, endpoints, targets
from ingest.sentences import spoken
from sites_app.admin import ReadOnlyAdmin

if TYPE_CHECKING:
    _EndpointModelForm = forms.ModelForm[WebhookEndpoint]
else:
    _EndpointModelForm = forms.ModelForm  # at run time Django's forms take no type parameters


class EndpointForm(_EndpointModelForm):
    """An endpoint; its secret is made here and typed in nowhere."""

    event_types = forms.MultipleChoiceField(
        label=gettext_lazy("Event types"),
        choices=[choice for choice in EventType.choices if choice[0] != EventType.TEST],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=gettext_lazy("None: all."),
    )

    class Meta:
        model = WebhookEndpoint
        fields = ["name", "url", "event_types", "regions", "contact_email", "enabled"]

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        targets.validate_url(url)
        return url


_STATES = {
    WebhookDelivery.State.WAITING: "info",
    WebhookDelivery.State.DELIVERED: "success",
    WebhookDelivery.State.FAILED: "danger",
}


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ModelAdmin):  # type: ignore[misc]  # Unfold comes without types
    form = EndpointForm
    list_display = ["__str__", "url", "event_types", "enabled", "failing_since", "last_success_at", "disabled_reason"]
    list_filter = ["enabled", ("failing_since", admin.EmptyFieldListFilter)]
    search_fields = ["name", "url", "contact_email"]
    autocomplete_fields = ["regions"]
    readonly_fields = ["created_at", "failing_since", "last_success_at", "disabled_at", "disabled_reason"]
    actions = ["rotate_secrets", "send_test"]

    def save_model(
        self, request: HttpRequest, obj: WebhookEndpoint, form: forms.ModelForm[WebhookEndpoint], change: bool
    ) -> None:
        if not change:
            endpoints.own(obj, request.user)
            plain = endpoints.give_secret(obj)
            messages.success(request, _("The secret, shown only this once: %(secret)s") % {"secret": plain})
        elif "enabled" in form.changed_data and obj.enabled:
            endpoints.switched_on(obj)
        super().save_model(request, obj, form, change)

    @admin.action(
        description=gettext_lazy("Another secret: the one before signs for another day"), permissions=["change"]
    )
    def rotate_secrets(self, request: HttpRequest, chosen: QuerySet[WebhookEndpoint]) -> None:
        """Give the chosen endpoints other secrets, shown this once."""
        for endpoint in chosen:
            plain = endpoints.rotate_secret(endpoint, now=datetime.now(UTC))
            said = _("The new secret of %(endpoint)s, shown only this once: %(secret)s")
            messages.success(request, said % {"endpoint": endpoint, "secret": plain})

    @admin.action(description=gettext_lazy("Send a test"), permissions=["change"])
    def send_test(self, request: HttpRequest, chosen: QuerySet[WebhookEndpoint]) -> None:
        """Try the chosen endpoints, and say how they answered."""
        for endpoint in chosen:
            delivery = delivering.try_out(endpoint, clock=lambda: datetime.now(UTC))
            took = delivery.state == WebhookDelivery.State.DELIVERED
            said = _("took it (%(status)d).") % {"status": delivery.status} if took else spoken(delivery.error)
            messages.add_message(request, messages.SUCCESS if took else messages.WARNING, f"{endpoint}: {said}")


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "type", "endpoint", "shown_state", "attempts", "status", "error", "due_at"]
    list_filter = ["state", "message__type", "endpoint"]
    search_fields = ["message__id", "endpoint__url", "endpoint__name", "error"]
    list_select_related = ["endpoint", "message"]
    date_hierarchy = "created_at"
    exclude = ["message"]
    readonly_fields = ["webhook_id", "type", "body"]
    actions = ["replay"]

    @admin.display(description=gettext_lazy("Event"))
    def type(self, delivery: WebhookDelivery) -> str:
        """What it tells of."""
        return delivery.message.type

    @admin.display(description="webhook-id")
    def webhook_id(self, delivery: WebhookDelivery) -> str:
        """By which the receiver knows it."""
        return delivery.message.webhook_id

    @admin.display(description=gettext_lazy("Body"))
    def body(self, delivery: WebhookDelivery) -> str:
        """What is sent, laid out to be read."""
        return json.dumps(json.loads(delivery.message.body), indent=2, ensure_ascii=False)

    @display(description=gettext_lazy("State"), label=_STATES)  # type: ignore[untyped-decorator]
    def shown_state(self, delivery: WebhookDelivery) -> tuple[str, str]:
        """The state, as a badge."""
        return delivery.state, delivery.get_state_display()

    def has_replay_permission(self, request: HttpRequest) -> bool:
        """Who may change deliveries, though not in a form."""
        return request.user.has_perm("alerts.change_webhookdelivery")

    @admin.action(description=gettext_lazy("Replay: send again"), permissions=["replay"])
    def replay(self, request: HttpRequest, chosen: QuerySet[WebhookDelivery]) -> None:
        """Send the chosen deliveries again; those that are under way, or whose endpoint is off, are left alone."""
        now = datetime.now(UTC)
        done = [delivering.replay(delivery, now=now) for delivery in chosen]
        left = done.count(False)
        said = _("To be sent again: %(count)d.") % {"count": done.count(True)}
        said += " " + _("Under way, or the endpoint is off: %(count)d.") % {"count": left} if left else ""
        self.message_user(request, said, messages.WARNING if left else messages.SUCCESS)
