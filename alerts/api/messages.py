"""What endpoints are sent, as the OpenAPI document's ``webhooks`` describe it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiWebhook, PolymorphicProxySerializer, extend_schema_field
from rest_framework import serializers

from alerts.api.alerts import AlertSerializer
from alerts.api.examples import ALERT, ENDPOINT
from alerts.models import EventType

_AT = "2026-11-02T16:40:07+00:00"
_BY = {"acknowledged_at": "2026-11-02T17:41:30+01:00", "acknowledged_by": "Anna", "note": "A second till is opened."}
_OVER = {"state": "resolved", "resolved_at": "2026-11-02T17:52:00+01:00", "resolution": "cleared"}
_ALERTS = {
    EventType.OPENED: ("An alert was opened", "Something has needed attention for as long as its rule says.", ALERT),
    EventType.ACKNOWLEDGED: ("An alert was acknowledged", "Somebody sees to it.", {**ALERT, **_BY}),
    EventType.RESOLVED: ("An alert was resolved", "It's well again, or no longer watched.", {**ALERT, **_BY, **_OVER}),
}
BODY = {"type": EventType.OPENED.value, "timestamp": _AT, "data": ALERT}
_TEST_BODY = {"type": EventType.TEST.value, "timestamp": _AT, "data": {"endpoint": ENDPOINT["id"]}}


class AlertMessageSerializer(serializers.Serializer[Any]):
    """What happened to an alert."""

    type = serializers.ChoiceField(EventType.subscribable(), help_text="What happened.")
    timestamp = serializers.DateTimeField(help_text="When it did.")
    # The framework takes fields out of the class, so its own ``data`` stays what it is.
    data = AlertSerializer(help_text="The alert, as it was then.")  # type: ignore[assignment]


class TestedSerializer(serializers.Serializer[Any]):
    """The endpoint that is tried."""

    endpoint = serializers.UUIDField(help_text="Its id.")


class TestMessageSerializer(serializers.Serializer[Any]):
    """A message that an endpoint is tried with."""

    type = serializers.ChoiceField([EventType.TEST.value], help_text="Always `endpoint.test`.")
    timestamp = serializers.DateTimeField(help_text="When it was tried.")
    data = TestedSerializer(help_text="Which one was tried.")  # type: ignore[assignment]


@extend_schema_field(
    PolymorphicProxySerializer(
        component_name="Message",
        serializers=[AlertMessageSerializer, TestMessageSerializer],
        resource_type_field_name=None,
    )
)
class MessageField(serializers.DictField):
    """Either of them."""


_HEADERS = {
    "webhook-id": "The message's. The same at each attempt and in a replay: whoever has it already has nothing to do.",
    "webhook-timestamp": "When this attempt was made, in seconds since 1970. Signed, so that an old one is known as such.",
    "webhook-signature": "`v1,` and the HMAC-SHA256 of id, timestamp and body, as Standard Webhooks have it; more than one, "
    "with spaces between them, while a secret is being rotated.",
}


def _operation(summary: str, description: str, schema: str, body: Any) -> dict[str, Any]:
    return {
        "summary": summary,
        "description": description,
        "tags": ["Webhooks"],
        "parameters": [
            {"name": name, "in": "header", "required": True, "schema": {"type": "string"}, "description": text}
            for name, text in _HEADERS.items()
        ],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"$ref": f"#/components/schemas/{schema}"},
                    "examples": {"message": {"value": body, "summary": summary}},
                }
            },
        },
        "responses": {
            "2XX": {"description": "Taken. Anything else, or 10 seconds of silence, is tried again for 24 hours."},
            "410": {"description": "Not wanted any more: the endpoint is switched off."},
        },
    }


ON_OPENED, ON_ACKNOWLEDGED, ON_RESOLVED = (
    OpenApiWebhook(
        event.value,
        {"post": _operation(summary, about, "AlertMessage", {"type": event.value, "timestamp": _AT, "data": alert})},
    )
    for event, (summary, about, alert) in _ALERTS.items()
)
ON_TEST = OpenApiWebhook(
    EventType.TEST.value,
    {"post": _operation("An endpoint is tried", "Sent to this endpoint alone, and once.", "TestMessage", _TEST_BODY)},
)
