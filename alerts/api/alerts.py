"""``/alerts``: what needs attention, and what did; to be acknowledged."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db.models import Q, QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from alerts import lifecycle
from alerts.api.examples import ALERT
from alerts.models import Alert
from alerts.shown import alert_content
from sites_app.access import ACKNOWLEDGE, Principal
from sites_app.api.fields import KnownFields
from sites_app.api.filters import Filter, choice, instant, region_filter, store_filter
from sites_app.api.idempotency import idempotent
from sites_app.api.resource import ListOf, OneOf, Resource, describe
from sites_app.authentication import principal_of
from sites_app.models import ApiKey
from sites_app.problems import Problem, parameter_problem

STATES = ("open", "resolved")


@extend_schema_serializer(examples=[OpenApiExample("Alert", ALERT, response_only=True)])
class AlertSerializer(serializers.Serializer[Any]):
    """Something that needs attention, or did. Instants carry the store's own offset."""

    id = serializers.CharField(help_text="Ours.")
    kind = serializers.ChoiceField(Alert.Kind.choices, help_text="What it is about.")
    state = serializers.ChoiceField(STATES, help_text="An acknowledged alert stays `open` until it resolves.")
    store = serializers.CharField(help_text="The store's code.")
    region = serializers.CharField(help_text="The code of the store's region.")
    zone = serializers.CharField(allow_null=True, help_text="`STORE_CODE/zoneId`, of a queue.")
    controller = serializers.UUIDField(
        allow_null=True, help_text="Of a lost controller or sensor, or of a gap; else null."
    )
    subject = serializers.CharField(
        allow_blank=True, help_text="What of the store it is about: of a store, kind and subject one is open at most."
    )
    message = serializers.CharField(help_text="A sentence for people.")
    value = serializers.FloatField(allow_null=True, help_text="People, when it was opened.")
    limit = serializers.FloatField(allow_null=True, help_text="The queue's threshold, or the store's capacity.")
    since = serializers.DateTimeField(
        allow_null=True, help_text="Since when it had been so when it was opened, if not for longer."
    )
    opened_at = serializers.DateTimeField(help_text="When it had lasted for as long as its rule says.")
    acknowledged_at = serializers.DateTimeField(allow_null=True, help_text="When somebody said that they see to it.")
    acknowledged_by = serializers.CharField(allow_null=True, help_text="Who did.")
    note = serializers.CharField(allow_null=True, help_text="What they had to say.")
    resolved_at = serializers.DateTimeField(allow_null=True, help_text="When it was over.")
    resolution = serializers.ChoiceField(
        Alert.Resolution.choices,
        allow_null=True,
        help_text="`unwatched`: a rule, the store or a controller was switched off.",
    )

    def to_representation(self, instance: Alert) -> dict[str, Any]:
        return alert_content(instance)


@extend_schema_serializer(examples=[OpenApiExample("Acknowledge", {"note": "A second till is opened.", "by": "Anna"})])
class AcknowledgeSerializer(KnownFields):
    """Who sees to it, and what they have to say."""

    note = serializers.CharField(
        required=False, allow_blank=True, max_length=2000, default="", help_text="Shown with the alert."
    )
    by = serializers.CharField(
        required=False, max_length=100, help_text="The person, where a program acknowledges in their name."
    )


def _one_value(name: str, values: list[str], known: tuple[str, ...]) -> str:
    if values[0] not in known:
        raise parameter_problem(name, f"'{values[0]}' is not known; choose one of {', '.join(known)}.")
    return values[0]


def _of_state(principal: Principal, values: list[str]) -> Q:
    return Q(resolved_at__isnull=_one_value("state", values, STATES) == "open")


def _of_acknowledged(principal: Principal, values: list[str]) -> Q:
    return Q(acknowledged_at__isnull=_one_value("acknowledged", values, ("true", "false")) == "false")


class _Alerts(Resource):
    serializer = AlertSerializer

    def rows(self, principal: Principal) -> QuerySet[Alert]:
        return Alert.objects.visible_to(principal).select_related("store__region")


@describe("alert", "alerts", "Alerts", ALERT)
class Alerts(_Alerts, ListOf):
    """The alerts of the stores that you see, the latest first."""

    order = ("-opened_at", "-id")
    filters = (
        Filter("state", _of_state, "Only those that are open, or resolved.", {"type": "string", "enum": list(STATES)}),
        Filter("acknowledged", _of_acknowledged, "Only those that were acknowledged, or weren't.", {"type": "boolean"}),
        choice("kind", "kind", Alert.Kind.values, "Only of these kinds."),
        store_filter("store"),
        region_filter("store__region"),
        instant("since", "changed_at__gte", "Only what was opened, acknowledged or resolved at this instant or later."),
    )


@describe("alert", "alerts", "Alerts", ALERT)
class OneAlert(_Alerts, OneOf):
    """An alert."""


class Acknowledgement(_Alerts, OneOf):
    """Taking note of an alert."""

    scope = ACKNOWLEDGE
    http_method_names = ["post", "options"]

    @extend_schema(
        operation_id="alerts_acknowledge",
        summary="Acknowledge an alert",
        request=AcknowledgeSerializer,
        responses=AlertSerializer,
        tags=["Alerts"],
    )
    @idempotent
    def post(self, request: Request, **by: Any) -> Response:
        """Somebody sees to it. The first to say so is kept; it resolves by itself."""
        alert = self.one(request, **by)
        asked = AcknowledgeSerializer(data=request.data or {})
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        if not lifecycle.acknowledge(alert, by=_who(request, said), note=said["note"], now=datetime.now(UTC)):
            raise Problem(409, _too_late(alert))
        return Response(self.answer(request, alert.pk))


def _who(request: Request, said: dict[str, Any]) -> str:
    """The person that is logged in; or the key, with the person in whose name it acts."""
    name = principal_of(request).name
    return f"{said['by']} ({name})" if isinstance(request.auth, ApiKey) and said.get("by") else name


def _too_late(alert: Alert) -> str:
    if alert.acknowledged_at:
        return f"{alert.acknowledged_by} has acknowledged it at {alert.store.local(alert.acknowledged_at).isoformat()}."
    return "It is resolved: there is nothing to see to any more."
