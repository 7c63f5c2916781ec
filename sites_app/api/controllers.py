"""``/controllers``: what is asked in the stores, and how it's doing. Keys go in and never come out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from sites_app.access import Principal
from sites_app.api import examples
from sites_app.api.fields import ChoiceField, Coded, RegistrySerializer
from sites_app.api.filters import choice, flag, region_filter, search, store_filter
from sites_app.api.idempotency import idempotent
from sites_app.api.resource import GrowingList, OneOf, OneThatGoes, Resource, describe
from sites_app.authentication import principal_of
from sites_app.models import Controller, Store
from sites_app.secrets import Secret

_LONGEST_KEY = 500
_REQUIRED = "The controller's key is required."
_KEY_STAYS = (
    "The stored key isn't sent to another server (scheme, host or port): send 'api_key' again with this 'base_url'."
)


class HealthSerializer(serializers.Serializer[Any]):
    """How a controller is doing."""

    state = serializers.ChoiceField(Controller.State.choices, help_text="`unauthorized`: it rejects its key.")
    last_success_at = serializers.DateTimeField(allow_null=True, help_text="With the store's own offset.")
    last_error = serializers.CharField(allow_null=True, help_text="One sentence that says what is wrong.")
    consecutive_failures = serializers.IntegerField(min_value=0, help_text="Since it last answered.")
    clock_skew_ms = serializers.IntegerField(allow_null=True, help_text="How far its clock is ahead of ours.")
    path_analytics = serializers.BooleanField(allow_null=True, help_text="Null until it was asked.")


class ControllerSerializer(RegistrySerializer):
    """An XCS controller, or a bare Xovis sensor, in a store."""

    store = Coded("store", queryset=Store.objects, help_text="The code of the store that it's in.")
    kind = ChoiceField(
        Controller.Kind.choices, required=False, help_text="If it isn't given, by the address: /api/v5 is a sensor's."
    )
    api_key = serializers.CharField(
        write_only=True,
        max_length=_LONGEST_KEY,
        required=False,
        help_text="What opens it to us; a sensor's is a login, user:password. Required for a new controller, and with "
        "a base_url of another host.",
    )
    webhook_key = serializers.CharField(
        write_only=True,
        max_length=_LONGEST_KEY,
        required=False,
        allow_blank=True,
        help_text="What it sends with its webhooks. The one before is accepted for another day.",
    )
    webhook_url = serializers.URLField(read_only=True, help_text="To type into XCS.")
    health = serializers.SerializerMethodField(help_text="How it's doing.")

    unchecked = ("previous_webhook_key_until",)
    by_itself = ("health",)

    class Meta:
        model = Controller
        fields = [
            "id",
            "store",
            "name",
            "kind",
            "base_url",
            "api_key",
            "enabled",
            "poll_interval_s",
            "verify_tls",
            "ca_certificate",
            "webhook_key",
            "webhook_url",
            "health",
        ]
        validators: list[Any] = []
        extra_kwargs = {
            "id": {"help_text": "Ours; it stands in its webhook_url."},
            "name": {"help_text": "Unique in its store."},
            "enabled": {"help_text": "Whether it's asked."},
            "verify_tls": {"help_text": "Whether its certificate must be trusted."},
            "base_url": {"help_text": "http(s)://HOST[:PORT]/api/v1, or a sensor's ending with /api/v5."},
        }

    def validate_base_url(self, url: str) -> str:
        """Without a slash at its end, as it's compared."""
        return url.rstrip("/")

    def validate_store(self, store: Store) -> Store:
        """What was counted stays where it was counted."""
        if self.instance is not None and self.instance.store_id != store.pk and self.instance.zones.exists():
            raise serializers.ValidationError(
                "It has counted in its present store, whose figures would go with it: register it anew in the other."
            )
        return store

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "api_key" not in attrs and self._needs_key(attrs):
            raise serializers.ValidationError({"api_key": _REQUIRED if self.instance is None else _KEY_STAYS})
        if self.instance is None:
            attrs.setdefault("kind", Controller.Kind.at(attrs["base_url"]))
        return attrs

    def _needs_key(self, attrs: dict[str, Any]) -> bool:
        if self.instance is None:
            return True
        before: Controller = self.instance
        return before.leads_elsewhere(attrs.get("base_url", before.base_url))

    def keep(self, row: Any, values: dict[str, Any]) -> Any:
        """The controller; a key that is the same again isn't written anew."""
        if (api_key := values.pop("api_key", None)) is not None and (
            row._state.adding or row.api_key != Secret.of(api_key)
        ):
            row.api_key = Secret.of(api_key)
        if (webhook_key := values.pop("webhook_key", None)) is not None:
            row.change_webhook_key(webhook_key)
        return super().keep(row, values)

    @extend_schema_field(HealthSerializer)
    def get_health(self, instance: Controller) -> dict[str, Any]:
        """How it's doing, in the store's own time."""
        at = instance.last_success_at
        return {
            "state": instance.state,
            "last_success_at": instance.store.local(at).isoformat() if at else None,
            "last_error": instance.last_error or None,
            "consecutive_failures": instance.consecutive_failures,
            "clock_skew_ms": instance.clock_skew_ms,
            "path_analytics": instance.path_analytics,
        }

    def to_representation(self, instance: Controller) -> dict[str, Any]:
        plain = {name: getattr(instance, name) for name in _PLAIN}
        return {
            "id": str(instance.pk),
            "store": instance.store.code,
            **plain,
            "webhook_url": instance.webhook_url,
            "health": self.get_health(instance),
        }


_PLAIN = ("name", "kind", "base_url", "enabled", "poll_interval_s", "verify_tls", "ca_certificate")


class _Controllers(Resource):
    serializer = ControllerSerializer
    volatile = ("health",)

    def rows(self, principal: Principal) -> QuerySet[Any]:
        return Controller.objects.visible_to(principal).select_related("store")


@describe("controller", "controllers", "Registry", examples.CONTROLLER)
class Controllers(_Controllers, GrowingList):
    """All controllers of the stores that you see."""

    order = ("store__code", "name")
    filters = (
        store_filter("store"),
        region_filter("store__region"),
        choice("kind", "kind", Controller.Kind.values, "Only of these kinds."),
        choice("state", "state", Controller.State.values, "Only in these states."),
        flag("enabled", "enabled", "Only those that are asked, or only those that aren't."),
        search("name", "base_url", "store__code", "store__name"),
    )


@describe("controller", "controllers", "Registry", examples.CONTROLLER)
class OneController(_Controllers, OneThatGoes):
    """A controller."""

    remedy = (
        "It has counted, and its figures stay. Where another takes its place, change its 'base_url' and 'api_key'; where it "
        "goes for good, POST to its address followed by /retire: it's asked no longer, and nothing more is expected of its zones."
    )


class Retirement(_Controllers, OneOf):
    """Taking a controller out of service."""

    http_method_names = ["post", "options"]

    @extend_schema(
        operation_id="controllers_retire",
        summary="Retire a controller",
        request=None,
        responses=ControllerSerializer,
        examples=[OpenApiExample("retired", {**examples.CONTROLLER, "enabled": False}, response_only=True)],
        tags=["Registry"],
    )
    @idempotent
    def post(self, request: Request, **by: Any) -> Response:
        """Ask it no longer, and expect nothing more of its zones. What it counted stays; its name can be changed, and so is free.

        Switched on again, it has its zones back as soon as they are discovered.
        """
        now, by_whom = datetime.now(UTC), principal_of(request).name
        with transaction.atomic():
            controller = self.one(request, lock=True, **by)
            Controller.objects.filter(pk=controller.pk).update(enabled=False)
            for zone in controller.zones.filter(retired_at=None):
                zone.retired_at = now  # by a person's word, but until it's switched on again
                zone.save(update_fields=["retired_at"])
                zone.note_retirement(by=by_whom, now=now)
        return Response(self.answer(request, controller.pk))
