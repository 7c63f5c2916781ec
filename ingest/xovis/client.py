"""Asking one sensor: what it is, how it is, and what its logics have counted; each with a typed answer or a ``ControllerError``.

Callers never see that HTTP is spoken, or how.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import TracebackType
from typing import Generic, Self, TypeVar

from ingest.wire.decoding import PayloadError, Rejected, load
from ingest.wire.errors import (
    EXCERPT_BYTES,
    BadAnswer,
    ControllerError,
    InvalidParameter,
    NotFound,
    Unauthorized,
)
from ingest.wire.http import Reply, Wire
from ingest.wire.refusals import common, title
from ingest.wire.sockets import Limits
from ingest.xovis.payloads import DeviceId, DeviceInfo, History, LiveLogics, State
from ingest.xovis.salvage import Part, Salvage

RESOLUTION_MIN = 15
_HIDDEN = b"***"
_SIDES = ("singlesensor", "multisensor")

PartT = TypeVar("PartT", bound=Part)


@dataclass(frozen=True, slots=True)
class Told(Generic[PartT]):
    """An answer, and the parts of it that can't be used."""

    answer: PartT
    rejected: list[Rejected]


class XovisClient:
    """Speaks to one sensor over one kept connection. Used by one thread, for one turn after the other; a context manager.

    ``base_url`` is ``http(s)://HOST[:PORT]/api/v5``, ``login`` is ``user:password``; ``clock`` gives our own time, aware.
    Making one asks nothing and raises nothing: every fault is a ``ControllerError`` of the first question.
    """

    def __init__(
        self,
        base_url: str,
        login: str,
        *,
        clock: Callable[[], datetime],
        verify_tls: bool | str = True,
        limits: Limits | None = None,
    ) -> None:
        self._login, self._basic = login, b64encode(login.encode()).decode()
        self._clock = clock
        self._wire = Wire(base_url, verify_tls, limits or Limits())
        self._live: Told[LiveLogics] | None = None
        self._side = _SIDES[0]
        self.clock_skew: timedelta | None = None
        """How far the sensor's clock was ahead of ours (to half the answer's time) when it last said its time."""

    def __repr__(self) -> str:
        return f"<XovisClient {self._wire.host}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the connection."""
        self._wire.close()

    def begin(self, clock: Callable[[], datetime]) -> None:
        """A new turn, over the connection as it was kept."""
        self._clock, self.clock_skew = clock, None
        self._live, self._side = None, _SIDES[0]

    def device(self) -> Told[DeviceInfo]:
        """What it is: serial number, model, firmware."""
        return self._ask("/device/info", DeviceInfo)

    def device_id(self) -> Told[DeviceId]:
        """What people call it."""
        return self._ask("/device/id", DeviceId)

    def device_state(self) -> Told[State]:
        """How it is."""
        return self._ask("/device/state", State)

    def time_state(self) -> Told[State]:
        """How its clock is."""
        return self._ask("/time/state", State)

    def live(self) -> Told[LiveLogics]:
        """Every logic's counters, now. Asked once in a turn, whoever wants to know."""
        if self._live is None:
            self._live = self._of_either_side()
        return self._live

    def history(self, start: datetime, end: datetime) -> Told[History]:
        """Every counter's bins of a quarter of an hour in ``[start, end)``, empty ones included."""
        self.live()  # tells which side counts
        params = {
            "begin": str(_milliseconds(start)),
            "end": str(_milliseconds(end)),
            "resolution_min": str(RESOLUTION_MIN),
            "include_empty": "true",
            "time_format": "RFC3339",
        }
        return self._ask(f"/{self._side}/data/history/logics", History, params)

    def _of_either_side(self) -> Told[LiveLogics]:
        """The live logics of the single sensor, or else of the multisensor that it's the head of."""
        told: Told[LiveLogics] | None = None
        for side in _SIDES:
            sent = self._clock()
            try:
                found = self._ask(f"/{side}/data/live/logics", LiveLogics)
            except NotFound:
                continue
            self.clock_skew = found.answer.time - (sent + (self._clock() - sent) / 2)
            if told is None or found.answer.logics:
                told, self._side = found, side
            if found.answer.logics:
                break
        if told is None:
            # Not a fact about the sensor, as a 404 of one path would be: all that we could ask for is missing.
            raise BadAnswer("Nothing is counted there: check that the address, port and /api/v5 are right.")
        return told

    def _ask(self, path: str, shape: type[PartT], params: Mapping[str, str] | None = None) -> Told[PartT]:
        user, colon, _ = self._login.partition(":")
        if not (user and colon):
            raise Unauthorized("The key is not of the form user:password: type in a login of the sensor.")
        headers = {"Authorization": f"Basic {self._basic}", "X-Requested-With": "XMLHttpRequest"}
        reply = self._wire.get(path, params, headers)
        if reply.status != 200:
            raise _refusal(self._without_login(reply), self._clock())
        return self._told(reply, shape)

    def _told(self, reply: Reply, shape: type[PartT]) -> Told[PartT]:
        shown = self._without_login(reply).body[:EXCERPT_BYTES]
        if reply.body.lstrip()[:1] == b"<":
            raise BadAnswer("A web page came instead of data: check that the address and /api/v5 are right.", shown)
        salvage = Salvage()
        try:
            answer = salvage.take(load(reply.body), shape, "")
        except PayloadError as error:
            raise BadAnswer(f"The answer isn't a Xovis sensor's: {error}", shown) from None
        if answer is None:
            first = salvage.rejected[0]
            raise BadAnswer(f"The answer isn't a Xovis sensor's: {first.reason} ({first.pointer})", shown)
        return Told(answer, salvage.rejected)

    def _without_login(self, reply: Reply) -> Reply:
        """The reply as it may be kept and shown: a server can echo what it was sent."""
        body = reply.body.replace(self._basic.encode(), _HIDDEN)
        password = self._login.partition(":")[2].encode()
        return replace(reply, body=body.replace(password, _HIDDEN) if password else body)


def _refusal(reply: Reply, now: datetime) -> ControllerError:
    """The error for a reply whose status isn't 200."""
    if error := common(reply, now):
        return error
    if reply.status == 401:
        return Unauthorized("The login was rejected: type in user:password as the sensor has it.")
    if reply.status == 403:
        return Unauthorized("This user may not read the counts: give a user with the rights to.")
    if reply.status == 404:
        return NotFound("The sensor has no such endpoint; its firmware may be older.")
    if reply.status == 400:
        return InvalidParameter("The sensor takes the request for wrong.")
    return BadAnswer(f"The sensor answered {title(reply.status)}.", reply.body)


def _milliseconds(instant: datetime) -> int:
    if instant.tzinfo is None:
        raise ValueError("An instant needs a time zone.")
    return round(instant.timestamp() * 1000)
