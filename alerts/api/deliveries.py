"""``/webhook_endpoints/ID/deliveries`` and ``/deliveries``: how telling went, and telling again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from alerts.api.examples import DELIVERY
from alerts.api.messages import BODY, MessageField
from alerts.models import EventType, WebhookDelivery, WebhookEndpoint
from alerts.webhooks import delivering
from sites_app.access import WEBHOOKS, Principal
from sites_app.api import pages
from sites_app.api.filters import choice, narrowed
from sites_app.api.idempotency import idempotent
from sites_app.api.resource import OneOf, Resource
from sites_app.authentication import principal_of
from sites_app.problems import Problem


@extend_schema_serializer(examples=[OpenApiExample("Delivery", DELIVERY, response_only=True)])
class DeliverySerializer(serializers.Serializer[Any]):
    """A message on its way to one endpoint."""

    id = serializers.UUIDField(help_text="The delivery's.")
    webhook_id = serializers.CharField(help_text="The `webhook-id` header: the same at each attempt, and in a replay.")
    type = serializers.ChoiceField(EventType.choices, help_text="What it tells.")
    endpoint = serializers.UUIDField(help_text="Who is told.")
    state = serializers.ChoiceField(WebhookDelivery.State.choices, help_text="`failed`: given up, after 24 hours.")
    attempts = serializers.IntegerField(help_text="How often it was tried.")
    created_at = serializers.DateTimeField(help_text="When it was first to be sent.")
    attempted_at = serializers.DateTimeField(allow_null=True, help_text="When it was last tried.")
    next_attempt_at = serializers.DateTimeField(allow_null=True, help_text="While it's waiting.")
    delivered_at = serializers.DateTimeField(allow_null=True, help_text="When it was taken.")
    status = serializers.IntegerField(allow_null=True, help_text="What the endpoint answered last.")
    error = serializers.CharField(allow_null=True, help_text="Why the last attempt failed.")
    duration_ms = serializers.IntegerField(allow_null=True, help_text="How long the last attempt took.")

    def to_representation(self, instance: WebhookDelivery) -> dict[str, Any]:
        def at(instant: datetime | None) -> str | None:
            return instant.isoformat() if instant else None

        is_waiting = instance.state == WebhookDelivery.State.WAITING
        return {
            "id": str(instance.pk),
            "webhook_id": instance.message.webhook_id,
            "type": instance.message.type,
            "endpoint": str(instance.endpoint_id),
            "state": instance.state,
            "attempts": instance.attempts,
            "created_at": at(instance.created_at),
            "attempted_at": at(instance.attempted_at),
            "next_attempt_at": at(instance.due_at) if is_waiting else None,
            "delivered_at": at(instance.delivered_at),
            "status": instance.status,
            "error": instance.error or None,
            "duration_ms": instance.duration_ms,
        }


_FULL = {**DELIVERY, "body": BODY}


@extend_schema_serializer(examples=[OpenApiExample("Delivery", _FULL, response_only=True)])
class FullDeliverySerializer(DeliverySerializer):
    """A delivery, with what it tells."""

    body = MessageField(help_text="What is sent.")

    def to_representation(self, instance: WebhookDelivery) -> dict[str, Any]:
        return {**super().to_representation(instance), "body": json.loads(instance.message.body)}


class _Deliveries(Resource):
    scope = WEBHOOKS
    serializer = FullDeliverySerializer

    def rows(self, principal: Principal) -> QuerySet[WebhookDelivery]:
        visible = WebhookEndpoint.objects.visible_to(principal)
        return WebhookDelivery.objects.filter(endpoint__in=visible).select_related("message")


class Deliveries(_Deliveries):
    """An endpoint's deliveries."""

    filters = (
        choice("state", "state", WebhookDelivery.State.values, "Only of these states."),
        choice("type", "message__type", EventType.values, "Only of these events."),
    )
    parameters = ("state", "type", *pages.PARAMETERS)

    @extend_schema(
        operation_id="webhook_endpoints_deliveries",
        summary="An endpoint's deliveries",
        parameters=[*(filter.described for filter in filters), *pages.DESCRIBED],
        responses=pages.described(DeliverySerializer),
        examples=[
            OpenApiExample("a page", {"next": None, "previous": None, "results": [DELIVERY]}, response_only=True)
        ],
        tags=["Webhooks"],
    )
    def get(self, request: Request, pk: Any) -> Response:
        """The deliveries of the last 30 days, the latest first."""
        principal = principal_of(request)
        if not WebhookEndpoint.objects.visible_to(principal).filter(pk=pk).exists():
            raise NotFound
        found = WebhookDelivery.objects.filter(endpoint=pk).select_related("message")

        def write(page: Sequence[WebhookDelivery]) -> list[Any]:
            return [DeliverySerializer(delivery).data for delivery in page]

        return pages.page_of(request, narrowed(request, found, self.filters), ("-created_at", "-id"), write)


class OneDelivery(_Deliveries, OneOf):
    """A delivery."""

    @extend_schema(
        operation_id="deliveries_one", summary="One delivery", responses=FullDeliverySerializer, tags=["Webhooks"]
    )
    def get(self, request: Request, **by: Any) -> Response:
        """A delivery, with what it tells."""
        return super().get(request, **by)


class Replay(_Deliveries, OneOf):
    """Telling again."""

    http_method_names = ["post", "options"]

    @extend_schema(
        operation_id="deliveries_replay",
        summary="Send a delivery again",
        request=None,
        responses={202: FullDeliverySerializer},
        examples=[OpenApiExample("sent again", _FULL, response_only=True, status_codes=["202"])],
        tags=["Webhooks"],
    )
    @idempotent
    def post(self, request: Request, **by: Any) -> Response:
        """Send it again, with the same ``webhook-id``: tried anew for 24 hours."""
        delivery = self.one(request, **by)
        if not delivering.replay(delivery, now=datetime.now(UTC)):
            under_way = delivery.state == WebhookDelivery.State.WAITING
            raise Problem(409, "It is under way already." if under_way else "Its endpoint is switched off.")
        return Response(self.answer(request, delivery.pk), status=202)
