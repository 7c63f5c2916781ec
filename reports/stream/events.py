"""Events as they go over the wire, and those of the last minutes, for listeners that come back.

An event's id is ``MILLISECONDS-NUMBER-PROCESS``. To the process that gave it the number says exactly where a listener
was; to another one the time does, with some seconds to spare, so that a listener rather hears a change twice than never.
"""

from __future__ import annotations

import re
import secrets
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import dropwhile
from typing import Any

import msgspec

from reports.live import age_s

REPLAYED_S = 300
MAX_REPLAYED = 50_000
_SPARE_MS = 5_000
_ID = re.compile(r"(\d{1,15})-(\d{1,15})-([0-9a-f]{8})")
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Event:
    """A change, ready to be sent to whoever hears of its store."""

    number: int
    at_ms: int
    store_id: int
    block: bytes


def block(kind: str, answer: Mapping[str, Any], event_id: str) -> bytes:
    """One event of ``text/event-stream``."""
    return b"id: %s\nevent: %s\ndata: %s\n\n" % (event_id.encode(), kind.encode(), _encode(answer))


def comment(text: str) -> bytes:
    """What listeners pass over."""
    return b": %s\n\n" % text.encode()


def aged(answer: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """An answer that was made some time ago, with the ages that it has by now."""
    made = {**answer, "age_s": _age(answer, now)}
    if "zones" in answer:
        made["zones"] = [{**zone, "age_s": _age(zone, now)} for zone in answer["zones"]]
    return made


def _age(answer: Mapping[str, Any], now: datetime) -> int | None:
    return age_s(datetime.fromisoformat(answer["as_of"]) if answer["as_of"] else None, now)


class Replay:
    """The events of the last minutes; ``since_ms`` is from when on none is missing."""

    def __init__(self, since: datetime) -> None:
        self.process = secrets.token_hex(4)
        self.number = 0
        self._since_ms = _ms(since)
        self._events: deque[Event] = deque()

    def id_at(self, at: datetime) -> str:
        """The id of what is the latest now."""
        return self._id(self.number, _ms(at))

    def add(self, kind: str, store_id: int, answer: Mapping[str, Any], at: datetime) -> Event:
        """The next event."""
        self.number += 1
        at_ms = _ms(at)
        event = Event(self.number, at_ms, store_id, block(kind, answer, self._id(self.number, at_ms)))
        self._events.append(event)
        return event

    def forget(self, now: datetime) -> None:
        """Let go of what is older than the replayed time."""
        oldest = _ms(now) - REPLAYED_S * 1000
        while self._events and (self._events[0].at_ms < oldest or len(self._events) > MAX_REPLAYED):
            self._since_ms = self._events.popleft().at_ms + 1

    def after(self, last_id: str) -> Iterable[Event] | None:
        """The events after the one with this id; None where some of them are no longer known."""
        given = _ID.fullmatch(last_id)
        if given is None:
            return None
        at_ms, number = int(given[1]), int(given[2])
        if given[3] == self.process:
            first = self._events[0].number if self._events else self.number + 1
            if not first - 1 <= number <= self.number:
                return None
            return dropwhile(lambda event: event.number <= number, self._events)
        if at_ms - _SPARE_MS < self._since_ms:
            return None
        return dropwhile(lambda event: event.at_ms < at_ms - _SPARE_MS, self._events)

    def _id(self, number: int, at_ms: int) -> str:
        return f"{at_ms}-{number}-{self.process}"


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
