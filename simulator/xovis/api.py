"""The ``/api/v5`` of one sensor: who may ask, what was asked, and the answer."""

from __future__ import annotations

import json
import math
from base64 import b64encode
from collections.abc import Callable
from hmac import compare_digest
from urllib.parse import parse_qs

import msgspec

from simulator import faults
from simulator.answers import starts
from simulator.clock import Clock, rfc3339
from simulator.faults import Faults
from simulator.sensors import ONLINE, status
from simulator.wire import Reply
from simulator.xovis.logics import Json, Sensor

BASE_PATH = "/api/v5"
_MAX_BINS = 50_000
_MINUTE_S = 60
Params = dict[str, str]


class Refused(Exception):
    """The request can't be answered; ``status`` and the message are for the client."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class SensorServer:
    """Answers what one sensor is asked, with its own clock and its faults."""

    def __init__(self, sensor: Sensor, clock: Clock) -> None:
        self.sensor = sensor
        self.faults: Faults = faults.NONE
        self.requests = 0
        self._clock = clock
        self._basic = b"Basic " + b64encode(sensor.login.encode())
        self._endpoints: dict[str, Callable[[Params, int], Json]] = {
            "/device/info": lambda _, __: self._info(),
            "/device/id": lambda _, __: {"name": self.sensor.controller.full_name, "group": "simulated"},
            "/device/state": lambda _, now: {"state": device_state(self.sensor, now), "details": {"uptime_sec": 12390}},
            "/time/state": lambda _, now: {"state": self._time_state(), "details": {"time": rfc3339(now)}},
            "/singlesensor/data/live/logics": self._live,
            "/singlesensor/data/history/logics": self._history,
        }

    def answer(self, method: str, target: bytes, authorization: bytes, requested_with: bytes = b"") -> Reply:
        """One request; ``target`` as it stands in the request line."""
        request, self.requests = self.requests, self.requests + 1
        now = int(self._clock.now()) + math.floor(self.faults.clock_skew_s)
        try:
            reply = Reply(200, json.dumps(self._answer(method, target, authorization, requested_with, now)).encode())
        except Refused as refused:
            reply = Reply(refused.status, _error(str(refused)))
        if self.faults is not faults.NONE and faults.hits(self.faults.share, request):
            reply = _spoilt(self.faults, reply)
        return reply

    def _answer(self, method: str, target: bytes, authorization: bytes, requested_with: bytes, now: int) -> Json:
        path, _, query = target.decode("latin-1").partition("?")
        if method != "GET":
            raise Refused(405, "Only GET is answered here.")
        if not path.startswith(BASE_PATH):
            raise Refused(404, f"All is under {BASE_PATH}.")
        path = path[len(BASE_PATH) :]
        if path != "/device/info" and not compare_digest(authorization, self._basic):
            raise Refused(401, "The login is missing or wrong.")
        if not requested_with:
            raise Refused(403, "The header X-Requested-With is missing.")
        if path not in self._endpoints:
            raise Refused(404, f"There is no {path!r} here.")
        return self._endpoints[path]({name: values[-1] for name, values in parse_qs(query).items()}, now)

    def _info(self) -> Json:
        old = self.sensor.controller.model.old_firmware
        return {
            "serial": self.sensor.serial,
            "type": "PC2S",
            "prod_code": "PC2SE",
            "fw_version": "5.0.4" if old else "5.6.2",
            "hw_id": "1",
            "variant": "PRT-400",
        }

    def _time_state(self) -> str:
        return "OK" if abs(self.faults.clock_skew_s) < _MINUTE_S else "ERROR"

    def _live(self, params: Params, now: int) -> Json:
        snapshot = self.sensor.snapshot(now)
        logics = [
            {
                "id": logic.id,
                "name": logic.name,
                "info": logic.info,
                "geometries": logic.geometries,
                "counts": logic.counts(snapshot[logic.id], units=False),
            }
            for logic in self.sensor.logics
        ]
        return {"time": rfc3339(now), "logics": logics}

    def _history(self, params: Params, now: int) -> Json:
        """Bins aligned to the UTC clock. The running one has its sums so far, and isn't over."""
        step = _whole(params, "resolution_min", 1) * _MINUTE_S
        begin, end = (_instant(params, name, now) for name in ("begin", "end"))
        bins = starts(begin, min(end, now), step)
        if len(bins) > _MAX_BINS:
            raise Refused(400, f"More than {_MAX_BINS:,} bins.")
        measurements = self._bins(bins, step, now)
        return {
            "begin": rfc3339(begin),
            "end": rfc3339(end),
            "resolution_ms": step * 1000,
            "number_of_bins": len(measurements),
            "config": {
                "logics": [{"id": logic.id, "name": logic.name} for logic in self.sensor.logics],
                "counts": [counter for logic in self.sensor.logics for counter in logic.counters],
                "geometries": [geometry for logic in self.sensor.logics for geometry in logic.geometries],
            },
            "measurements": measurements,
        }

    def _bins(self, bins: list[int], step: int, now: int) -> list[Json]:
        over = [start for start in bins if start + step <= now]
        edges = [*over, over[-1] + step] if over else []
        found = self._told(over, step, edges) if over else []
        return found + self._told(bins[len(over) :], step, [bins[-1], now]) if len(bins) > len(over) else found

    def _told(self, bins: list[int], step: int, edges: list[int]) -> list[Json]:
        records = self.sensor.records(edges)
        return [
            {
                "begin": rfc3339(start),
                "end": rfc3339(start + step),
                "records": (edges[number + 1] - start) // _MINUTE_S or 1,
                "counts": [
                    {"id": count["id"], "value": count["value"]}
                    for logic in self.sensor.logics
                    for count in logic.counts(records[logic.id][number], units=False)
                ],
            }
            for number, start in enumerate(bins)
        ]


def device_state(sensor: Sensor, now: int) -> str:
    """``OK``, but where one of the sensors that the truth knows of has trouble."""
    states = {status(one, now) for one in sensor.controller.sensors}
    return "OK" if states == {ONLINE} else "RESCUE"


def _instant(params: Params, name: str, now: int) -> int:
    """Milliseconds since 1970; 0 or less is from now."""
    try:
        value = int(params[name])
    except (KeyError, ValueError):
        raise Refused(400, f"{name} isn't a time in milliseconds.") from None
    return value // 1000 if value > 0 else now + value // 1000


def _whole(params: Params, name: str, default: int) -> int:
    text = params.get(name, str(default))
    if not text.isdigit() or not int(text):
        raise Refused(400, f"{name} isn't a whole number above 0.")
    return int(text)


def _error(message: str) -> bytes:
    return json.dumps({"code": 11100, "info": message}).encode()


def _spoilt(wanted: Faults, reply: Reply) -> Reply:
    """The reply with faults: those that XCS's rows have, a sensor's counts have."""
    if reply.status == 200 and (wanted.wrong_types or wanted.negative):
        reply.body = json.dumps(_spoilt_counts(wanted, json.loads(reply.body))).encode()
    plain = msgspec.structs.replace(
        wanted, wrong_types=False, negative=False, nan=False, duplicate_zone=False, oversize=False
    )
    return faults.spoil(plain, reply, lambda _: _error("As it was told to."))


def _spoilt_counts(wanted: Faults, content: object) -> object:
    if isinstance(content, list):
        return [_spoilt_counts(wanted, item) for item in content]
    if not isinstance(content, dict):
        return content
    spoilt = {name: _spoilt_counts(wanted, item) for name, item in content.items()}
    value = content.get("value")
    if isinstance(value, int | float):
        spoilt["value"] = str(value) if wanted.wrong_types else -value - 1
    return spoilt
