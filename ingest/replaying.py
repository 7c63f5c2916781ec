"""Replaying: what is in quarantine is understood anew, as of when it came, as if it had come right.

What can be read now becomes events and facts by the same code as what comes fresh; the rest stays, with what is wrong
with it now. Doing it twice changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from ingest import digest, facts, outcomes, quarantine, statements
from ingest.asking import Answered, Outcome, Question, Turn
from ingest.isolation import each_alone
from ingest.models import Event, Quarantine, Stream
from ingest.quarantine import Fault
from ingest.readings import SHAPES
from ingest.resolve import ZoneDirectory
from ingest.wire.decoding import Raw, decode
from ingest.wire.errors import BadAnswer
from ingest.xcs.payloads import Answer, PayloadError, WebhookEvent, parse_answer, parse_event, parse_events
from sites_app.secrets import Secret

BATCH = 500
What = Quarantine.What

# An event that is there already is digested once more.
_LAND = f"""
    INSERT INTO ingest_event (store_id, controller_id, event_id, event, observed_at, received_at, body)
    SELECT DISTINCT ON (store_id, controller_id, event_id) * FROM {
    statements.given(
        {
            "store_id": "bigint",
            "controller_id": "uuid",
            "event_id": "text",
            "event": "text",
            "observed_at": "timestamptz",
            "received_at": "timestamptz",
            "body": "bytea",
        }
    )
}
    ON CONFLICT (store_id, controller_id, event_id) DO UPDATE SET digested_at = NULL
"""
_NOTE = statements.update(
    "ingest_quarantine", {"id": "bigint", "reason": "text", "awaits": "text", "replayed_at": "timestamptz"}
)
_FOUND = """
    SELECT fault.id FROM ingest_quarantine fault
    JOIN sites_app_zone zone ON zone.controller_id = fault.controller_id AND zone.zone_id = fault.awaits
    WHERE fault.replayed_at IS NULL AND fault.awaits <> '' AND NOT fault.id = ANY(%s)
    LIMIT %s
"""


@dataclass(slots=True)
class Tally:
    """How many faults could be used now, and how many couldn't."""

    replayed: int = 0
    still: int = 0

    @property
    def said(self) -> str:
        """In one line."""
        return f"Replayed {self.replayed} faults; {self.still} still can't be used."


class StillBad(Exception):
    """It can't be understood by this version either; ``awaits`` is the zone that it waits for."""

    def __init__(self, reason: str, awaits: str = "") -> None:
        super().__init__(reason)
        self.reason, self.awaits = reason, awaits


@dataclass(slots=True)
class _Understood:
    """What a batch of faults turned out to say."""

    events: list[Event] = field(default_factory=list)
    rows: facts.Facts = field(default_factory=facts.Facts)
    faults: list[Fault] = field(default_factory=list)


def replay(faults: QuerySet[Quarantine], *, now: datetime) -> Tally:
    """Replay those of these faults that can be replayed and weren't; events are then left to be digested."""
    tally, last = Tally(), 0
    open_ = faults.filter(replayed_at=None).exclude(what="").order_by("pk")
    while ids := list(open_.filter(pk__gt=last).values_list("pk", flat=True)[:BATCH]):
        last = ids[-1]
        with transaction.atomic():
            rows = list(Quarantine.objects.filter(pk__in=ids, replayed_at=None).select_for_update(skip_locked=True))
            if rows:
                failed = partial(_give_up, tally=tally)
                each_alone(rows, partial(_replay, tally=tally, now=now), failed)
    return tally


def replay_found(*, now: datetime) -> Tally:
    """Replay what waited for zones that have been found since."""
    tally, seen = Tally(), list[int]()
    while ids := _found(seen):
        seen += ids
        done = replay(Quarantine.objects.filter(pk__in=ids), now=now)
        tally.replayed, tally.still = tally.replayed + done.replayed, tally.still + done.still
    return tally


def _found(seen: list[int]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(_FOUND, [seen, BATCH])
        return [pk for (pk,) in cursor.fetchall()]


def _replay(rows: Sequence[Quarantine], *, tally: Tally, now: datetime) -> None:
    directory = ZoneDirectory.of({row.controller_id for row in rows})
    understood, replayed, still = _Understood(), list[Quarantine](), list[Quarantine]()
    for row in rows:
        try:
            if row.truncated:
                raise StillBad("Only its beginning was kept.")
            _UNDERSTAND[row.what](row, directory, understood)
        except StillBad as error:
            row.reason, row.awaits = error.reason, error.awaits
            still.append(row)
        else:
            row.awaits, row.replayed_at = "", now
            replayed.append(row)
    _note([*replayed, *still])
    _land(understood.events)
    facts.write(understood.rows)
    quarantine.keep(understood.faults, received_at=now)
    tally.replayed, tally.still = tally.replayed + len(replayed), tally.still + len(still)


def _give_up(row: Quarantine, error: Exception, *, tally: Tally) -> None:
    row.reason, row.awaits, row.replayed_at = f"Replaying it failed: {type(error).__name__}.", "", None
    _note([row])
    tally.still += 1


def _note(rows: Sequence[Quarantine]) -> None:
    values = [(row.pk, row.reason, row.awaits, row.replayed_at) for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, quarantine.columns(values))


def _land(events: Sequence[Event]) -> None:
    values = [
        (
            event.store_id,
            event.controller_id,
            event.event_id,
            event.event,
            event.observed_at,
            event.received_at,
            event.body,
        )
        for event in events
    ]
    if values:
        with connection.cursor() as cursor:
            cursor.execute(_LAND, quarantine.columns(values))


def _body(row: Quarantine, directory: ZoneDirectory, understood: _Understood) -> None:
    """A webhook's body is landed: its good events, and each bad one as a fault of its own."""
    try:
        parsed = parse_events(bytes(row.body))
    except PayloadError as error:
        raise StillBad(str(error)) from error
    understood.events += [_event_of(row, event, raw) for event, raw in parsed.events]
    for item in parsed.rejected:
        understood.faults.append(
            Fault(
                row.store_id, row.controller_id, row.source, row.stream, item.reason, item.pointer, item.raw,
                what=What.EVENT, received_at=row.received_at,
            )
        )  # fmt: skip


def _event(row: Quarantine, directory: ZoneDirectory, understood: _Understood) -> None:
    """An event is landed if it can be digested now."""
    try:
        event = _event_of(row, parse_event(bytes(row.body)), bytes(row.body))
    except PayloadError as error:
        raise StillBad(str(error)) from error
    _, faults = digest.understand(event, directory)
    for fault in faults:
        raise StillBad(fault.reason, fault.awaits)
    understood.events.append(event)


def _event_of(row: Quarantine, event: WebhookEvent, raw: bytes) -> Event:
    return Event(
        store_id=row.store_id,
        controller_id=row.controller_id,
        event_id=event.event_id,
        event=event.event,
        observed_at=event.timestamp,
        received_at=row.received_at,
        body=raw,
    )


def _answer(row: Quarantine, directory: ZoneDirectory, understood: _Understood) -> None:
    """A poll's answer: its good rows, and each bad one as a fault of its own."""
    try:
        answer = parse_answer(bytes(row.body), SHAPES[row.shape].row)
    except BadAnswer as error:
        raise StillBad(str(error)) from error
    rows, faults = _collect(row, answer, directory)
    for fault in faults:
        if fault.what == What.ANSWER:
            raise StillBad(fault.reason)
    understood.rows.add(rows)
    understood.faults += faults


def _row(row: Quarantine, directory: ZoneDirectory, understood: _Understood) -> None:
    """A row of a poll's answer."""
    place = re.match(r"/data/\d+", row.pointer)
    try:
        item = decode(bytes(row.body), SHAPES[row.shape].row, place[0] if place else "")
    except PayloadError as error:
        raise StillBad(str(error)) from error
    at = row.answered_at or row.received_at
    rows, faults = _collect(row, Answer(at, [item], [], [Raw(bytes(row.body))]), directory)
    for fault in faults:
        raise StillBad(fault.reason, fault.awaits)
    understood.rows.add(rows)


def _collect(row: Quarantine, answer: Answer[Any], directory: ZoneDirectory) -> tuple[facts.Facts, list[Fault]]:
    """What an answer brings, as if it had just come. Discovery's brings no facts: it has been asked anew since."""
    rows, faults = facts.Facts(), list[Fault]()
    is_fact = row.stream != Stream.Kind.DISCOVERY
    readings = list(SHAPES[row.shape].readings(answer)) if is_fact else []
    answered = Answered(Question(row.stream), readings, answer.rejected, [(row.shape, answer)])
    turn = Turn(row.controller_id, row.store_id, "", Secret(""), True, frozenset(), ())
    outcomes.collect(Outcome(turn, row.received_at, [answered]), directory, rows, faults)
    return rows, faults


_UNDERSTAND: dict[str, Callable[[Quarantine, ZoneDirectory, _Understood], None]] = {
    What.BODY: _body,
    What.EVENT: _event,
    What.ANSWER: _answer,
    What.ROW: _row,
}
