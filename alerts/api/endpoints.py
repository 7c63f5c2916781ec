"""``/webhook_endpoints``: who is told. Secrets are made here, shown once, and rotated."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError as ModelValidationError
from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from alerts.api.deliveries import DeliverySerializer
from alerts.api.examples import ENDPOINT, NEW_ENDPOINT, SECRET
from alerts.models import EventType, WebhookEndpoint
from alerts.webhooks import delivering, endpoints, targets
from sites_app.access import WEBHOOKS, Principal
from sites_app.api.fields import ChoiceField, Coded, RegistrySerializer
from sites_app.api.idempotency import idempotent, kept_without
from sites_app.api.resource import GrowingList, OneOf, OneThatGoes, Resource, describe
from sites_app.models import Region

_CHOSEN = "None: all."
_READ_ONLY = (
    "created_at",
    "last_success_at",
    "failing_since",
    "disabled_at",
    "disabled_reason",
    "previous_secret_until",
)


@extend_schema_serializer(
    examples=[
        OpenApiExample("Endpoint", ENDPOINT, response_only=True),
        OpenApiExample("New endpoint", NEW_ENDPOINT, request_only=True),
    ]
)
class EndpointSerializer(RegistrySerializer):
    """Where to tell what happens, by the Standard Webhooks specification."""

    id = serializers.UUIDField(read_only=True, help_text="Ours.")
    url = serializers.CharField(max_length=500, help_text="https, and a public address.")
    event_types = serializers.ListField(child=ChoiceField(EventType.subscribable()), required=False, help_text=_CHOSEN)
    regions = Coded(
        "region",
        queryset=Region.objects,
        many=True,
        required=False,
        help_text="Codes; the stores of these and of all regions under them. None: all that the key sees.",
    )
    disabled_reason = serializers.CharField(read_only=True, allow_null=True, help_text="Why it was switched off.")

    by_itself = _READ_ONLY

    class Meta:
        model = WebhookEndpoint
        fields = ["id", "name", "url", "event_types", "regions", "contact_email", "enabled", *_READ_ONLY]
        read_only_fields = [name for name in _READ_ONLY if name != "disabled_reason"]
        validators: list[Any] = []
        extra_kwargs = {
            "name": {"help_text": "As it's shown."},
            "created_at": {"help_text": "When it was made."},
            "last_success_at": {"help_text": "When a delivery was last taken."},
            "disabled_at": {"help_text": "When it was switched off by itself."},
            "contact_email": {"help_text": "Who is told when it is switched off. Empty: whoever made it."},
            "enabled": {"help_text": "Switched off by itself when nothing could be delivered for three days."},
            "failing_since": {"help_text": "Since when nothing could be delivered."},
            "previous_secret_until": {"help_text": "Until when messages are signed with the secret before, too."},
        }

    def validate_url(self, url: str) -> str:
        try:
            targets.validate_url(url)
        except ModelValidationError as error:
            raise serializers.ValidationError(error.messages) from error
        return url

    def validate_regions(self, regions: list[Region]) -> list[Region]:
        if not regions and not self.principal.sees_all:
            if self.instance is not None:
                raise serializers.ValidationError("Name at least one region: you don't see all stores.")
            return self._own_regions()
        return regions

    def _own_regions(self) -> list[Region]:
        return list(Region.objects.filter(pk__in=self.principal.region_ids))

    def create(self, validated_data: dict[str, Any]) -> WebhookEndpoint:
        endpoint = WebhookEndpoint()
        request = self.context["request"]
        endpoints.own(endpoint, request.auth or request.user)
        endpoint.plain_secret = endpoints.give_secret(endpoint)  # type: ignore[attr-defined]
        if not self.principal.sees_all:
            validated_data.setdefault("regions", self._own_regions())
        return self.keep(endpoint, validated_data)  # type: ignore[no-any-return]

    def keep(self, row: Any, values: dict[str, Any]) -> Any:
        """The row, with its regions; switched on again, it starts afresh."""
        regions = values.pop("regions", None)
        if values.get("enabled") and not row.enabled:
            endpoints.switched_on(row)
        super().keep(row, values)
        if regions is not None:
            row.regions.set(regions)
        return row

    def to_representation(self, instance: WebhookEndpoint) -> dict[str, Any]:
        times = {name: getattr(instance, name) for name in _READ_ONLY if name != "disabled_reason"}
        return {
            "id": str(instance.pk),
            **{name: getattr(instance, name) for name in ("name", "url", "event_types")},
            "regions": sorted(region.code for region in instance.regions.all()),
            "contact_email": instance.contact_email,
            "enabled": instance.enabled,
            **{name: at and at.isoformat() for name, at in times.items()},
            "disabled_reason": instance.disabled_reason or None,
        }


_ADDED = {**ENDPOINT, "secret": SECRET}


@extend_schema_serializer(examples=[OpenApiExample("New", _ADDED, response_only=True)])
class NewEndpointSerializer(EndpointSerializer):
    """An endpoint, with its secret, this once."""

    secret = serializers.CharField(
        read_only=True, allow_null=True, help_text="Shown this once; null where the same request is answered again."
    )

    class Meta(EndpointSerializer.Meta):
        fields = [*EndpointSerializer.Meta.fields, "secret"]


class _Endpoints(Resource):
    scope = WEBHOOKS
    serializer = EndpointSerializer
    volatile = ("last_success_at", "failing_since")

    def rows(self, principal: Principal) -> QuerySet[WebhookEndpoint]:
        return WebhookEndpoint.objects.visible_to(principal).prefetch_related("regions")


def _with_secret(content: dict[str, Any], plain: str, status: int, **headers: str) -> Response:
    """An answer that shows a secret. It's not kept for whoever sends the same request again."""
    return kept_without(Response({**content, "secret": plain}, status=status, headers=headers), "secret")


@describe("webhook endpoint", "webhook endpoints", "Webhooks", ENDPOINT, added=(NewEndpointSerializer, _ADDED))
class Endpoints(_Endpoints, GrowingList):
    """The endpoints whose stores you see all of."""

    order = ("created_at", "id")

    @idempotent
    def post(self, request: Request) -> Response:
        """Add one. Its secret is shown this once."""
        serializer = self.serialized(request, data=request.data)
        serializer.is_valid(raise_exception=True)
        with transaction.atomic():
            made = serializer.save()
        address = self.address(request, made)
        return _with_secret(self.answer(request, made.pk), made.plain_secret, 201, Location=address)


@describe("webhook endpoint", "webhook endpoints", "Webhooks", ENDPOINT)
class OneEndpoint(_Endpoints, OneThatGoes):
    """An endpoint."""


class SecretRotation(_Endpoints, OneOf):
    """Another secret."""

    http_method_names = ["post", "options"]

    @extend_schema(
        operation_id="webhook_endpoints_rotate_secret",
        summary="Give a webhook endpoint another secret",
        request=None,
        responses=NewEndpointSerializer,
        tags=["Webhooks"],
    )
    @idempotent
    def post(self, request: Request, **by: Any) -> Response:
        """Make another secret, shown this once. For 24 hours messages are signed with the one before, too."""
        with transaction.atomic():
            endpoint = self.one(request, lock=True, **by)
            plain = endpoints.rotate_secret(endpoint, now=datetime.now(UTC))
        return _with_secret(self.answer(request, endpoint.pk), plain, 200)


class Trial(_Endpoints, OneOf):
    """Trying an endpoint."""

    http_method_names = ["post", "options"]

    @extend_schema(
        operation_id="webhook_endpoints_test",
        summary="Try a webhook endpoint",
        request=None,
        responses=DeliverySerializer,
        tags=["Webhooks"],
    )
    @idempotent(atomic=False)
    def post(self, request: Request, **by: Any) -> Response:
        """Send it an ``endpoint.test`` now, and say how that went. It's tried once, also while it's switched off."""
        delivery = delivering.try_out(self.one(request, **by), clock=lambda: datetime.now(UTC))
        return Response(DeliverySerializer(delivery).data)
