"""The doors of the façade: who asks, of which place, what; answered as a controller answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
import structlog
from django.core.exceptions import SuspiciousOperation
from django.http import HttpResponse
from rest_framework.authentication import get_authorization_header
from rest_framework.exceptions import APIException, AuthenticationFailed, Throttled
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.permissions import BasePermission
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from reports.facade import asked, intervals, snapshots
from reports.facade.described import described
from reports.facade.places import Place, place
from reports.facade.refusals import Refused, code_of
from sites_app.access import READ, Principal
from sites_app.authentication import ApiKeyAuthentication, principal_of
from sites_app.models import ApiKey
from sites_app.problems import used_up

log = structlog.get_logger(__name__)


def clock() -> datetime:
    """The time of an answer."""
    return datetime.now(UTC)


class XcsKey(ApiKeyAuthentication):
    """``Authorization: Apikey KEY``, as an XCS wants it, and nothing else."""

    def authenticate(self, request: Request) -> tuple[Principal, ApiKey] | None:
        if get_authorization_header(request).partition(b" ")[0].lower() != b"apikey":
            raise AuthenticationFailed("Send 'Authorization: Apikey KEY'.")
        return super().authenticate(request)


class MayRead(BasePermission):
    """Reading needs the ``read`` scope; anything else isn't there to be done."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return READ in principal_of(request).scopes


class _JsonAlone(BaseContentNegotiation):
    """A controller answers with JSON, whatever it's asked for."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        [renderer] = renderers
        return renderer, "application/json"


class FacadeView(APIView):
    """One endpoint, of one store where the address names it, else of the chain."""

    authentication_classes = [XcsKey]
    permission_classes = [MayRead]
    content_negotiation_class = _JsonAlone
    http_method_names = ["get", "head"]
    schema = None

    def get(self, request: Request, store: str | None = None, **parts: str) -> HttpResponse:
        """The rows, in the envelope."""
        now = clock()
        rows = self.rows(place(principal_of(request), store), request.query_params.dict(), now, **parts)
        return HttpResponse(_envelope(now, rows), content_type="application/json")

    def rows(self, place: Place, params: Mapping[str, str], now: datetime, **parts: str) -> Iterable[Any]:
        """What this endpoint tells."""
        raise NotImplementedError

    def get_exception_handler(self) -> Any:
        return refuse


@described
class Sensors(FacadeView):
    """All sensors."""

    def rows(self, place: Place, params: Mapping[str, str], now: datetime, **parts: str) -> Iterable[Any]:
        return snapshots.sensors(place, now)


@described
class Occupancy(FacadeView):
    """The people in each zone now."""

    def rows(self, place: Place, params: Mapping[str, str], now: datetime, **parts: str) -> Iterable[Any]:
        return snapshots.occupancy(place, params.get("locationId"), now)


@described
class Queues(FacadeView):
    """Each queue now."""

    def rows(self, place: Place, params: Mapping[str, str], now: datetime, **parts: str) -> Iterable[Any]:
        return snapshots.queues(place, params.get("locationId"), now)


@described
class Counts(FacadeView):
    """Footfall by intervals."""

    def rows(self, place: Place, params: Mapping[str, str], now: datetime, **parts: str) -> Iterable[Any]:
        window = asked.window(params, asked.QUARTER)
        return intervals.counts(place, params.get("locationId"), window, now)


@described
class Dwell(FacadeView):
    """Stays in a zone by intervals."""

    def rows(self, place: Place, params: Mapping[str, str], now: datetime, **parts: str) -> Iterable[Any]:
        zone = place.zone(parts["zone"])
        step = asked.interval(params, asked.HOUR)
        window = asked.window(params, asked.HOUR) if {"start", "end"} & params.keys() else None
        return intervals.dwell(zone, place.named(zone.store.code, zone.code), window, step, now)


@described
class Paths(FacadeView):
    """How many went from zone to zone, by intervals."""

    def rows(self, place: Place, params: Mapping[str, str], now: datetime, **parts: str) -> Iterable[Any]:
        window = asked.window(params, asked.HOUR)
        return intervals.paths(place, params.get("locationId"), window, now)


class Nothing(FacadeView):
    """Whatever else is asked for."""

    def rows(self, place: Place, params: Mapping[str, str], now: datetime, **parts: str) -> Iterable[Any]:
        raise Refused(404, f"There is no {parts['path']!r} here.")


def refuse(error: Exception, context: dict[str, Any]) -> HttpResponse:
    """Every error as a controller's: its code and a message, in the envelope."""
    status, message = _meaning(error)
    body = {
        "status": "error",
        "timestamp": _written(clock()),
        "error": {"code": code_of(status), "message": message},
    }
    response = HttpResponse(msgspec.json.encode(body), status=status, content_type="application/json")
    if status == 401:
        response["WWW-Authenticate"] = "Apikey"
    if (wait := getattr(error, "wait", None)) is not None:
        response["Retry-After"] = str(max(1, round(wait)))
    return response


def _meaning(error: Exception) -> tuple[int, str]:
    if isinstance(error, Refused):
        return error.status, str(error)
    if isinstance(error, Throttled):
        return error.status_code, used_up(error)
    if isinstance(error, APIException):
        return (error.status_code if error.status_code in (401, 405, 429) else 403), str(error.detail)
    if isinstance(error, SuspiciousOperation):
        return 400, "The request can't be understood."
    log.exception("facade_failed", exc_info=error)
    return 500, "Something went wrong on our side. It has been logged."


def _envelope(now: datetime, rows: Iterable[Any]) -> bytes:
    """Written row by row: only the text of a long answer is held in memory."""
    encoder = msgspec.json.Encoder()
    data = b",".join(map(encoder.encode, rows))
    return b'{"status":"success","timestamp":"%b","data":[%b]}' % (_written(now).encode(), data)


def _written(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"
