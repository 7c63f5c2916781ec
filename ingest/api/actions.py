"""``POST /controllers/{id}/test|discover|poll``: asked at once, answered in a sentence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from ingest import asking, asking_now, replaying, trying
from ingest.models import Stream
from sites_app.access import Principal
from sites_app.api.endpoint import Endpoint
from sites_app.api.idempotency import Handler, idempotent
from sites_app.authentication import principal_of
from sites_app.models import Controller
from sites_app.problems import Problem


class AskedSerializer(serializers.Serializer[Any]):
    """How a controller did when it was asked."""

    ok = serializers.BooleanField(help_text="Whether all is well.")
    code = serializers.CharField(
        help_text="`ok`, or what is wrong: `unreachable`, `timed_out`, `tls_failed`, `unauthorized`, `bad_answer`, "
        "`clock_off`, and so on."
    )
    message = serializers.CharField(help_text="The same in a sentence, with what to do.")
    clock_skew_ms = serializers.IntegerField(allow_null=True, help_text="How far its clock is ahead of ours.")
    zones = serializers.IntegerField(allow_null=True, help_text="How many it has; null if that wasn't asked.")
    sensors = serializers.IntegerField(allow_null=True, help_text="Likewise.")


_REFUSED = "xcs.example.com:8443 refused the connection: check the port, and that the controller runs."
_EXAMPLES = [
    OpenApiExample(
        "well",
        {
            "ok": True,
            "code": "ok",
            "message": "It answers, with 5 zones and 3 sensors.",
            "clock_skew_ms": 12,
            "zones": 5,
            "sensors": 3,
        },
        response_only=True,
        status_codes=["200"],
    ),
    OpenApiExample(
        "refused",
        {
            "ok": False,
            "code": "unreachable",
            "message": _REFUSED,
            "clock_skew_ms": None,
            "zones": None,
            "sensors": None,
        },
        response_only=True,
        status_codes=["200"],
    ),
]


def described(action: str, summary: str) -> Callable[[Handler], Handler]:
    """One of these actions in the OpenAPI document."""
    return extend_schema(
        operation_id=f"controllers_{action}",
        summary=summary,
        request=None,
        responses={200: AskedSerializer},
        examples=_EXAMPLES,
        tags=["Controllers"],
    )


class TestController(Endpoint):
    """Whether a controller can be asked."""

    @described("test", "Try a controller out")
    @idempotent(atomic=False)
    def post(self, request: Request, pk: UUID) -> Response:
        """Reach it, check its key, and say what is wrong. Nothing that it answers is kept."""
        return Response(_told(trying.try_out(controller_of(principal_of(request), pk), _now)))


class DiscoverController(Endpoint):
    """A controller's sensors and zones."""

    @described("discover", "Find a controller's sensors and zones")
    @idempotent(atomic=False)
    def post(self, request: Request, pk: UUID) -> Response:
        """Ask it for its sensors and zones now, and keep them; what was set by hand of them stays."""
        controller = controller_of(principal_of(request), pk)
        verdict = _ask(controller, [Stream.Kind.DISCOVERY])
        replaying.replay_found(now=_now())
        return Response(_told(verdict))


class PollController(Endpoint):
    """A controller's figures."""

    @described("poll", "Ask a controller now")
    @idempotent(atomic=False)
    def post(self, request: Request, pk: UUID) -> Response:
        """Ask it now for all that is new, and keep it."""
        controller = controller_of(principal_of(request), pk)
        if not controller.enabled:
            raise Problem(409, "This controller is switched off: set 'enabled' to true, then ask it.")
        return Response(_told(_ask(controller, asking.streams_of(controller.kind))))


def controller_of(principal: Principal, pk: UUID) -> Controller:
    """The controller, if the caller sees it."""
    controller = Controller.objects.visible_to(principal).select_related("store").filter(pk=pk).first()
    if controller is None:
        raise NotFound
    return controller


def _ask(controller: Controller, kinds: list[str]) -> trying.Verdict:
    results = asking_now.ask([controller], kinds)
    if not results:
        raise NotFound  # deleted while it was asked
    return trying.verdict(results[0], controller.zones.count(), controller.sensors.count())


def _told(verdict: trying.Verdict) -> dict[str, Any]:
    return {
        "ok": verdict.ok,
        "code": verdict.code,
        "message": verdict.message,
        "clock_skew_ms": verdict.clock_skew_ms,
        "zones": verdict.zones,
        "sensors": verdict.sensors,
    }


def _now() -> datetime:
    return datetime.now(UTC)
