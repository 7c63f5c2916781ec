"""What a Xovis sensor's logics mean: readings, pure. A zone is called by its logic, ``logic:ID``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from ingest.discovery import FoundZone
from ingest.readings import LineReading, OccupancyReading, QueueReading, Reading, StayReading
from ingest.records import LONGEST
from ingest.wire.decoding import Rejected
from ingest.xovis.payloads import Count, History, LiveData, LiveEvent, LiveLogics, Logic, Record
from ingest.xovis.templates import Counts, counts_of
from sites_app.models import Zone

MOST_PEOPLE = 1_000_000
"""More than this within one record is no count of people."""

_KINDS = {
    Counts.LINE: Zone.Kind.ENTRANCE,
    Counts.OCCUPANCY: Zone.Kind.AREA,
    Counts.QUEUE: Zone.Kind.QUEUE,
}
_MILLISECONDS = {
    **dict.fromkeys(("", "s", "sec", "second", "seconds"), 1000),
    **dict.fromkeys(("ms", "millisecond", "milliseconds"), 1),
    **dict.fromkeys(("min", "minute", "minutes"), 60_000),
    **dict.fromkeys(("h", "hour", "hours"), 3_600_000),
}
_LONGEST_MS = 2**31 - 1


@dataclass(slots=True)
class Meaning:
    """What logics mean, and the values among them that are well-formed, but can't be."""

    readings: list[Reading] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)


def zone_id_of(logic_id: int) -> str:
    """What the zone of a logic is called."""
    return f"logic:{logic_id}"


def zones_of(logics: Iterable[Logic]) -> dict[str, FoundZone]:
    """The zones that are counted by these logics."""
    return {
        zone_id_of(logic.id): FoundZone(zone_id_of(logic.id), logic.name, kind, None, kind == Zone.Kind.AREA)
        for logic in logics
        if (kind := _KINDS.get(counts_of(logic.info)))
    }


def of_records(logics: Iterable[Logic], pointer: str) -> Meaning:
    """The readings of records; ``pointer`` is where the array of logics stands."""
    meaning = Meaning()
    for number, logic in enumerate(logics):
        for index, record in enumerate(logic.records):
            said = _Said(record.counts, f"{pointer}/{number}/records/{index}", meaning.rejected)
            meaning.readings += _of_record(logic, record, said)
    return meaning


def of_snapshot(answer: LiveLogics) -> Meaning:
    """The readings of a live answer. Its lines have counted since nobody knows when, and say nothing."""
    meaning = Meaning()
    for number, logic in enumerate(answer.logics):
        meaning.readings += _samples(logic, answer.time, _Said(logic.counts, f"/logics/{number}", meaning.rejected))
    return meaning


def of_history(history: History, infos: Mapping[int, str], controller_now: datetime) -> Meaning:
    """The readings of a history's bins. A bin without any record is a time in which nobody counted: it says nothing.

    ``infos`` are the templates of logics by their id, for a configuration that doesn't tell.
    """
    meaning = of_records(_history_logics(history, infos, controller_now), "/measurements")
    # A bin that isn't over has its sums so far, but no value at its end.
    meaning.readings = [
        one for one in meaning.readings if getattr(one, "observed_at", controller_now) <= controller_now
    ]
    return meaning


def of_live(data: LiveData, zone_ids: Mapping[str, str]) -> Meaning:
    """The samples of live data that was reduced to states. ``zone_ids`` are by the names of logics."""
    meaning = Meaning()
    for index, frame in enumerate(data.frames):
        for number, event in enumerate(frame.events):
            place = f"/live_data/frames/{index}/events/{number}"
            meaning.readings += _of_event(event, frame.time, zone_ids, place, meaning.rejected)
    return meaning


class _Said:
    """Counts by their names, read as people or times; what makes no sense is noted, and None."""

    def __init__(self, counts: Iterable[Count], place: str, rejected: list[Rejected]) -> None:
        self._counts = {count.name: count for count in counts}
        self._place, self._rejected = place, rejected

    def people(self, name: str) -> int | None:
        count = self._counts.get(name)
        if count is None or count.value is None:
            return None
        if count.value == int(count.value) and 0 <= count.value <= MOST_PEOPLE:
            return int(count.value)
        return self._reject(f"{name} is {count.value}, which is no number of people.", count)

    def milliseconds(self, name: str) -> int | None:
        count = self._counts.get(name)
        if count is None or count.value is None:
            return None
        factor = _MILLISECONDS.get((count.unit or "").strip().lower())
        if factor is None:
            return self._reject(f"{name} is in '{count.unit}', which is no unit of time that is known here.", count)
        value = round(count.value * factor)
        return value if 0 <= value <= _LONGEST_MS else self._reject(f"{name} is {count.value}: that is no time.", count)

    def has(self, *names: str) -> bool:
        return all(name in self._counts for name in names)

    def reject_all(self, reason: str) -> None:
        self._rejected.append(Rejected(self._place, reason, msgspec.json.encode(list(self._counts.values()))))

    def _reject(self, reason: str, count: Count) -> int | None:
        self._rejected.append(Rejected(f"{self._place}/counts", reason, msgspec.json.encode(count)))
        return None


def _of_record(logic: Logic, record: Record, said: _Said) -> Iterator[Reading]:
    if record.end - record.start > LONGEST:
        said.reject_all("A record is at most a day long.")
    elif counts_of(logic.info) is Counts.LINE:
        yield from _crossings(logic, record, said)
    else:
        yield from _samples(logic, record.end, said)
        yield from _stays(logic, record, said)


def _crossings(logic: Logic, record: Record, said: _Said) -> Iterator[Reading]:
    if record.counts and not said.has("fw", "bw"):
        said.reject_all("A line's record needs fw and bw.")
        return
    forward, backward = said.people("fw"), said.people("bw")
    if forward is not None and backward is not None:
        yield LineReading(zone_id_of(logic.id), record.start, record.end, forward, backward, record.complete)


def _samples(logic: Logic, at: datetime, said: _Said) -> Iterator[Reading]:
    kind = counts_of(logic.info)
    if kind is Counts.OCCUPANCY and (balance := said.people("balance")) is not None:
        yield OccupancyReading(zone_id_of(logic.id), at, balance, None)
    if kind is Counts.QUEUE and (length := said.people("queue-length")) is not None:
        yield QueueReading(zone_id_of(logic.id), at, length, said.milliseconds("queueing-time"), None, None)


def _stays(logic: Logic, record: Record, said: _Said) -> Iterator[Reading]:
    if counts_of(logic.info) is not Counts.OCCUPANCY:
        return
    visits, mean = said.people("visits"), said.milliseconds("dwell_time")
    if mean is not None or visits == 0:
        yield StayReading(zone_id_of(logic.id), record.start, record.end, mean or 0, visits, record.complete)


def _of_event(
    event: LiveEvent, at: datetime, zone_ids: Mapping[str, str], place: str, rejected: list[Rejected]
) -> Iterator[Reading]:
    about = event.attributes
    if about is None or about.counter_name is None:
        return
    said = _Said([Count(about.counter_name, about.counter_value)], place, rejected)
    people = said.people(about.counter_name)
    zone_id = zone_id_of(about.logic_id) if about.logic_id is not None else zone_ids.get(about.logic_name or "")
    if people is None:
        return
    if zone_id is None:
        reason = f"No logic of this sensor, or more than one, is called '{about.logic_name}'."
        rejected.append(Rejected(place, reason, msgspec.json.encode({"logic_name": about.logic_name})))
    elif about.counter_name == "queue-length":
        yield QueueReading(zone_id, at, people, None, None, None)
    else:
        yield OccupancyReading(zone_id, at, people, None)


def _history_logics(history: History, infos: Mapping[int, str], controller_now: datetime) -> list[Logic]:
    """A history as logics with a record for each bin that has any; one that isn't over yet is a part."""
    counters = {counter.id: counter for counter in history.config.counts}
    named = {logic.id: logic for logic in history.config.logics}
    records: dict[int, list[Record]] = {}
    for one in history.measurements:
        counts: dict[int, list[Count]] = {}
        for count in one.counts:
            counter = counters.get(count.id)
            if counter is not None and counter.logic_id is not None:
                counts.setdefault(counter.logic_id, []).append(Count(counter.name, count.value))
        for logic_id, found in counts.items() if one.records != 0 else ():
            over = 1 if one.end <= controller_now else 0
            records.setdefault(logic_id, []).append(Record(one.start, one.end, found, over, 1))
    return [
        Logic(logic_id, named[logic_id].name if logic_id in named else "", _info(logic_id, named, infos), found)
        for logic_id, found in records.items()
    ]


def _info(logic_id: int, named: Mapping[int, Logic], infos: Mapping[int, str]) -> str:
    return (named[logic_id].info if logic_id in named else "") or infos.get(logic_id, "")
