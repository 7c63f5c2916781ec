"""The XCS API of one controller: who may ask, what was asked, and the answer."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from hmac import compare_digest
from urllib.parse import parse_qs, unquote

from simulator import faults
from simulator.answers import Answers, envelope, failure
from simulator.clock import FIRST_INSTANT, Clock
from simulator.faults import Faults
from simulator.fleet import Controller, Zone
from simulator.wire import Reply

BASE_PATH = "/api/v1"
MAX_WINDOW_S = 7 * 86_400
_DAY_S = 86_400
_MIN_STEP_S = 300
_DWELL = re.compile(r"/zones/([^/]+)/dwell")
_DURATION = re.compile(r"P(?=\d|T\d)(?:(\d{1,4})D)?(?:T(?=\d)(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,9})S)?)?")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")

Params = Mapping[str, str]


class Refused(Exception):
    """The request can't be answered; ``status`` and the message are for the client."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class ControllerServer:
    """Answers what one controller is asked, with its own clock and its faults."""

    def __init__(self, controller: Controller, clock: Clock) -> None:
        self.controller = controller
        self.faults: Faults = faults.NONE
        self.requests = 0
        self._clock = clock
        self._answers = Answers(controller)
        self._authorization = f"Apikey {controller.api_key}".encode()
        self._zones = {zone.zone_id: zone for zone in controller.zones}
        self._endpoints: dict[str, Callable[[Params, int], list[str]]] = {
            "/sensors": lambda _, now: self._answers.sensors(now),
            "/occupancy/current": lambda params, now: self._answers.occupancy(now, self._location(params)),
            "/queue/status": lambda params, now: self._answers.queues(now, self._location(params)),
            "/counts/interval": self._counts,
            "/analytics/paths": self._paths,
        }

    def answer(self, method: str, target: bytes, authorization: bytes, requested_with: bytes = b"") -> Reply:
        """One request; ``target`` as it stands in the request line. Nobody asks an XCS by scripts of a page."""
        request, self.requests = self.requests, self.requests + 1
        now = int(self._clock.now())
        own_now = now + math.floor(self.faults.clock_skew_s)
        try:
            self._authorize(authorization)
            if method != "GET":
                raise Refused(405, "Only GET is answered here.")
            reply = Reply(200, envelope(own_now, self._rows(target, now)))
        except Refused as refused:
            headers = (("Allow", "GET"),) if refused.status == 405 else ()
            reply = Reply(refused.status, _error(own_now, refused.status, str(refused)), headers)
        if self.faults is not faults.NONE and faults.hits(self.faults.share, request):
            return faults.spoil(self.faults, reply, lambda status: _error(own_now, status, "As it was told to."))
        return reply

    def _authorize(self, authorization: bytes) -> None:
        if authorization == self._authorization:
            return
        scheme, _, key = authorization.partition(b" ")
        if scheme.lower() != b"apikey" or not compare_digest(key.strip(), self.controller.api_key.encode()):
            raise Refused(401, "The API key is missing or wrong.")

    def _rows(self, target: bytes, now: int) -> list[str]:
        path, _, query = target.decode("latin-1").partition("?")
        if not path.startswith(BASE_PATH):
            raise Refused(404, f"All is under {BASE_PATH}.")
        path, params = path[len(BASE_PATH) :], _params(query) if query else {}
        if endpoint := self._endpoints.get(path):
            return endpoint(params, now)
        if match := _DWELL.fullmatch(path):
            return self._dwell(self._zone(unquote(match[1])), params, now)
        raise Refused(404, f"There is no {unquote(path)!r} here.")

    def _location(self, params: Params) -> str | None:
        """The zone that ``locationId`` asks for."""
        zone_id = params.get("locationId")
        return None if zone_id is None else self._zone(zone_id).zone_id

    def _zone(self, zone_id: str) -> Zone:
        try:
            return self._zones[zone_id]
        except KeyError:
            raise Refused(404, f"There is no zone {zone_id!r}.") from None

    def _counts(self, params: Params, now: int) -> list[str]:
        start, end = _window(params)
        return self._answers.counts(start, end, _step(params, 900), now, self._location(params))

    def _dwell(self, zone: Zone, params: Params, now: int) -> list[str]:
        step = _step(params, 3600)
        if "start" not in params and "end" not in params:
            last = now // step * step
            return self._answers.dwell(zone, last - step, last, step, now)
        start, end = _window(params)
        return self._answers.dwell(zone, start, end, step, now)

    def _paths(self, params: Params, now: int) -> list[str]:
        if self.controller.model.old_firmware:
            raise Refused(404, "This firmware knows no paths.")
        if not self.controller.model.paths:
            raise Refused(403, "Path Analytics isn't enabled in XCS.")
        start, end = _window(params)
        return self._answers.paths(start, end, _step(params, 3600), now)


def _error(now: int, status: int, message: str) -> bytes:
    return failure(now, faults.CODES.get(status, "UNAVAILABLE" if status >= 500 else "INVALID_PARAMETER"), message)


def _params(query: str) -> Params:
    """Blank ones count as given, so that they are refused and not passed over."""
    try:
        return {name: values[-1] for name, values in parse_qs(query, keep_blank_values=True, errors="strict").items()}
    except ValueError:
        raise Refused(400, "The query isn't UTF-8, percent-encoded.") from None


def _window(params: Params) -> tuple[int, int]:
    start, end = _instant(params, "start"), _instant(params, "end")
    if end <= start:
        raise Refused(400, "end doesn't lie after start.")
    if start < FIRST_INSTANT:
        raise Refused(400, "start lies before the year 2000, when nothing was counted.")
    if end - start > MAX_WINDOW_S:
        raise Refused(400, "start and end lie more than 7 days apart.")
    return start, end


def _instant(params: Params, name: str) -> int:
    """In whole seconds, rounded up: an aligned interval starts at or after either of both alike."""
    text = params.get(name)
    if text is None:
        raise Refused(400, f"{name} is missing.")
    try:
        if not _INSTANT.fullmatch(text):
            raise ValueError(text)
        return math.ceil(datetime.fromisoformat(text.upper()).timestamp())
    except (ValueError, OverflowError):
        raise Refused(400, f"{name} isn't an RFC 3339 time with an offset: {text!r}.") from None


def _step(params: Params, default: int) -> int:
    """The interval in seconds: between five minutes and a day, of which it is an even part."""
    text = params.get("interval")
    if text is None:
        return default
    match = _DURATION.fullmatch(text)
    if match is None:
        raise Refused(400, f"interval isn't an ISO 8601 duration: {text!r}.")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    step = days * _DAY_S + hours * 3600 + minutes * 60 + seconds
    if not _MIN_STEP_S <= step <= _DAY_S or _DAY_S % step:
        raise Refused(400, f"interval isn't an even part of a day between PT5M and P1D: {text!r}.")
    return step
