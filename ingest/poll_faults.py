"""What of a controller's answers couldn't be used: each fault with where it lies, and with what is needed to replay it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from ingest.asking import Answered, Outcome
from ingest.models import Quarantine, Stream
from ingest.quarantine import UNKNOWN_ZONE, Fault
from ingest.readings import SHAPES, PathReading, Reading, future_limit, is_too_early
from ingest.wire.decoding import decode
from ingest.wire.errors import BadAnswer
from ingest.xcs.payloads import Answer, PayloadError, Rejected
from sites_app.secrets import SecretUnreadable

_HIDDEN = b"***"
What = Quarantine.What


def faults(outcome: Outcome, answered: Answered, unknown: Iterable[Reading], known: Iterable[str]) -> Iterator[Fault]:
    """All faults of what one question brought. ``unknown`` are readings of zones that aren't among the ``known``."""
    maker = _Maker(outcome, answered)
    if not answered.answers:
        yield from maker.unplaced(unknown)
    for shape, answer in answered.answers:
        yield from (maker.row(item, shape, answer) for item in answer.rejected)
        yield from maker.too_early(shape, answer)
    yield from maker.unknown(unknown, frozenset(known))
    if isinstance(answered.error, BadAnswer):
        yield from maker.bad_answer(answered.error)


class _Maker:
    """Makes the faults of one question."""

    def __init__(self, outcome: Outcome, answered: Answered) -> None:
        self._turn, self._received_at, self._answered = outcome.turn, outcome.received_at, answered
        self._is_fact = answered.question.kind != Stream.Kind.DISCOVERY

    def row(self, item: Rejected, shape: str, answer: Answer[Any] | None, *, awaits: str = "") -> Fault:
        """A row of an answer; of discovery's, which comes again and again, each once."""
        at = answer.timestamp if answer and self._is_fact else None
        what = What.ROW if shape and not item.is_again else ""
        return self._fault(item.reason, item.pointer, item.raw, what, shape, at, awaits)

    def unplaced(self, unknown: Iterable[Reading]) -> Iterator[Fault]:
        """What a controller said that keeps no answers, as a Xovis sensor: not to be replayed."""
        _, early = future_limit(self._answered.readings, received_at=self._received_at)
        for item in (*self._answered.rejected, *early):
            yield self.row(item, "", None)
        for reading in unknown:
            yield self.row(Rejected("", "A zone that the controller lists nowhere.", repr(reading).encode()), "", None)

    def too_early(self, shape: str, answer: Answer[Any]) -> Iterator[Fault]:
        """A snapshot from the future is one fault, an interval each its own."""
        _, rejected = future_limit(SHAPES[shape].readings(answer), received_at=self._received_at)
        if not rejected or not self._is_fact:
            return
        if SHAPES[shape].is_snapshot:
            yield self._fault(rejected[0].reason, "/timestamp", answer.body, What.ANSWER, shape, None)
            return
        places = _places(shape, answer)
        early = [item for item in SHAPES[shape].readings(answer) if is_too_early(item, self._received_at)]
        for reading, item in zip(early, rejected, strict=True):
            index, raw = places[reading]
            yield self.row(Rejected(f"/data/{index}{item.pointer}", item.reason, raw), shape, answer)

    def unknown(self, readings: Iterable[Reading], known: frozenset[str]) -> Iterator[Fault]:
        """Rows of zones that the registry doesn't have, to be replayed when it does."""
        wanted = set(readings)
        for shape, answer in self._answered.answers if wanted else ():
            for reading, (index, raw) in _places(shape, answer).items():
                if reading in wanted:
                    field, zone_id = missing_zone(reading, known)
                    yield self.row(Rejected(f"/data/{index}/{field}", UNKNOWN_ZONE, raw), shape, answer, awaits=zone_id)

    def bad_answer(self, error: BadAnswer) -> Iterator[Fault]:
        """An answer that is none: whole where a later version may understand it, else its beginning."""
        shape = self._answered.failed
        if error.body and shape:
            yield self._fault(str(error), error.pointer, error.body, What.ANSWER, shape, None)
        elif error.excerpt:
            yield self._fault(str(error), error.pointer, error.excerpt, "", shape, None)

    def _fault(
        self, reason: str, pointer: str, body: bytes, what: str, shape: str, at: datetime | None, awaits: str = ""
    ) -> Fault:
        turn = self._turn
        return Fault(
            turn.store_id,
            turn.controller_id,
            Quarantine.Source.POLL,
            self._answered.question.kind,
            reason,
            pointer,
            self._without_key(body),
            what,
            shape,
            at,
            awaits,
            self._received_at,
        )

    def _without_key(self, body: bytes) -> bytes:
        """A server can echo what it was sent. A key that can't be read was never sent."""
        try:
            key = self._turn.api_key.reveal().encode()
        except SecretUnreadable:
            return body
        return body.replace(key, _HIDDEN) if key else body


def _places(shape: str, answer: Answer[Any]) -> dict[Reading, tuple[int, bytes]]:
    """Which row each reading of an answer comes from: its index, and as it came."""
    found: dict[Reading, tuple[int, bytes]] = {}
    for index, raw in enumerate(answer.raws):
        try:
            row = decode(raw, SHAPES[shape].row)
        except PayloadError:
            continue
        for reading in SHAPES[shape].readings(Answer(answer.timestamp, [row], [])):
            found.setdefault(reading, (index, bytes(raw)))
    return found


def missing_zone(reading: Reading, known: frozenset[str]) -> tuple[str, str]:
    """The field of a row that names a zone which isn't known, and the zone."""
    if not isinstance(reading, PathReading):
        return "zoneId", reading.zone_id
    origin = reading.from_zone_id
    if origin is not None and origin not in known:
        return "fromZoneId", origin
    return "toZoneId", reading.to_zone_id or ""
