"""Records become intervals: each person once, whichever records there are, in whichever order they came."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest import facts, retention, reversals
from ingest.models import Dirty, DwellInterval, FootfallInterval, LineRecord
from sites_app.models import Zone
from tests import chain

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
QUARTER, HOUR = timedelta(minutes=15), timedelta(hours=1)
slow = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


class Record(NamedTuple):
    """Minutes after noon, a length in minutes, counts, and when it came, in minutes."""

    start: int
    length: int
    forward: int
    backward: int = 0
    complete: bool = True
    came: int = 60


@pytest.fixture
def door() -> Zone:
    controller = chain.controller(chain.store(), kind="xovis")
    return chain.zone(controller, "logic:1", "entrance")


def line_row(zone: Zone, record: Record) -> facts.LineRow:
    start = NOON + timedelta(minutes=record.start)
    end = start + timedelta(minutes=record.length)
    came = NOON + timedelta(minutes=record.came)
    return facts.LineRow(zone.store_id, zone.pk, start, end, came, record.forward, record.backward, record.complete)


def write(zone: Zone, *records: Record) -> None:
    facts.write(facts.Facts(lines=[line_row(zone, record) for record in records]))


def footfall() -> list[tuple[int, int, int, bool]]:
    """Intervals as minutes after noon, in, out, complete."""
    return [
        (round((row.start - NOON).total_seconds() / 60), row.count_in, row.count_out, row.complete)
        for row in FootfallInterval.objects.order_by("start")
    ]


def minutes(count: int, start: int = 0) -> list[Record]:
    return [Record(start + number, 1, forward=number + 1, backward=1) for number in range(count)]


def test_a_quarter_is_complete_when_its_records_cover_it(door: Zone) -> None:
    write(door, *minutes(14))
    assert footfall() == [(0, 105, 14, False)]
    write(door, Record(14, 1, forward=15, backward=1))
    assert footfall() == [(0, 120, 15, True)]


def test_a_gap_between_records_leaves_the_quarter_incomplete(door: Zone) -> None:
    write(door, Record(0, 5, 1), Record(10, 5, 1))
    assert footfall() == [(0, 2, 0, False)]


def test_history_and_pushes_of_the_same_people_count_them_once(door: Zone) -> None:
    write(door, *minutes(9))
    write(door, Record(0, 15, forward=120, backward=15))
    assert footfall() == [(0, 120, 15, True)]
    write(door, *minutes(15))
    assert footfall() == [(0, 120, 15, True)]


def test_a_bin_that_is_still_filling_yields_to_complete_minutes(door: Zone) -> None:
    write(door, Record(0, 15, forward=30, complete=False))
    assert footfall() == [(0, 30, 0, False)]
    write(door, *[Record(number, 1, 2) for number in range(3)])
    assert footfall() == [(0, 6, 0, False)]
    write(door, Record(0, 15, forward=33, came=70))
    assert footfall() == [(0, 33, 0, True)]


def test_a_record_longer_than_a_quarter_counts_where_it_starts_until_finer_ones_come(door: Zone) -> None:
    write(door, Record(0, 60, forward=100))
    assert footfall() == [(0, 100, 0, True)]
    assert FootfallInterval.objects.get().end == NOON + HOUR
    write(door, *[Record(start, 15, 25) for start in (0, 15, 30, 45)])
    assert footfall() == [(0, 25, 0, True), (15, 25, 0, True), (30, 25, 0, True), (45, 25, 0, True)]


def test_an_interval_without_a_standing_record_goes(door: Zone) -> None:
    write(door, Record(0, 60, forward=100))
    write(door, Record(15, 15, forward=20))
    assert footfall() == [(15, 20, 0, True)]


def test_writing_the_same_again_marks_nothing_dirty(door: Zone) -> None:
    write(door, *minutes(15))
    Dirty.objects.all().delete()
    write(door, *minutes(15))
    assert not Dirty.objects.exists()
    write(door, Record(20, 1, 1))
    assert list(Dirty.objects.values_list("measure", "quarter")) == [("footfall", NOON + QUARTER)]


def test_stays_of_an_hour_weigh_by_their_visits(door: Zone) -> None:
    def stay(minute: int, mean: int, visits: int | None) -> facts.StayRow:
        start = NOON + timedelta(minutes=minute)
        return facts.StayRow(door.store_id, door.pk, start, start + QUARTER, NOON, mean, visits, True)

    facts.write(facts.Facts(stays=[stay(0, 1000, 1), stay(15, 5000, 3), stay(30, 0, 0), stay(60, 7000, None)]))
    rows = DwellInterval.objects.order_by("start").values_list("start", "end", "average_dwell_ms", "visits")
    assert list(rows) == [(NOON, NOON + HOUR, 4000, 4), (NOON + HOUR, NOON + 2 * HOUR, 7000, None)]
    door.refresh_from_db()
    assert door.has_dwell


def test_reversing_a_line_swaps_what_was_counted_and_what_is_yet_to_come(door: Zone) -> None:
    write(door, Record(0, 15, forward=8, backward=3))
    Zone.objects.update(reversed=True)
    Dirty.objects.all().delete()
    assert reversals.apply() == 1
    assert footfall() == [(0, 3, 8, True)]
    assert [mark.quarter for mark in Dirty.objects.all()] == [NOON]
    write(door, Record(15, 15, forward=5, backward=1))
    write(door, Record(0, 15, forward=9, backward=3, came=99))
    assert footfall() == [(0, 3, 9, True), (15, 1, 5, True)]
    assert reversals.apply() == 0
    Zone.objects.update(reversed=False)
    assert reversals.apply() == 1
    assert footfall() == [(0, 9, 3, True), (15, 5, 1, True)]


def test_reversing_reaches_intervals_whose_records_are_gone(door: Zone) -> None:
    write(door, Record(0, 15, forward=8, backward=3))
    LineRecord.objects.all().delete()
    Zone.objects.update(reversed=True)
    reversals.apply()
    assert footfall() == [(0, 3, 8, True)]


def test_a_straggler_does_not_stand_for_an_interval_whose_records_are_gone(door: Zone) -> None:
    write(door, *minutes(15))
    LineRecord.objects.all().delete()
    late = facts.Facts(lines=[line_row(door, Record(3, 1, 4)), line_row(door, Record(20, 1, 2))])
    assert [row.start for row in facts.drop_orphans(late)] == [NOON + timedelta(minutes=3)]
    facts.write(late)
    assert footfall() == [(0, 120, 15, True), (15, 2, 0, False)]
    whole = facts.Facts(lines=[line_row(door, Record(0, 15, 121))])
    assert facts.drop_orphans(whole) == []


def test_old_records_stay_as_long_as_others_of_their_month_come_in(door: Zone) -> None:
    write(door, Record(0, 1, 1))
    retention.maintain(now=NOON + timedelta(days=34))
    assert LineRecord.objects.exists()
    retention.maintain(now=NOON + timedelta(days=70))
    assert not LineRecord.objects.exists()
    came = timedelta(days=100) // timedelta(minutes=1)
    write(door, Record(0, 1, 1, came=came))
    retention.maintain(now=NOON + timedelta(days=101))
    assert LineRecord.objects.exists()


counted = {
    "forward": st.integers(0, 9),
    "backward": st.integers(0, 9),
    "complete": st.sampled_from([True, True, True, False]),
    "came": st.integers(100, 103),
}
fine_or_odd = st.builds(Record, start=st.integers(0, 70), length=st.sampled_from([1, 1, 1, 2, 5, 15, 60]), **counted)
bins = st.builds(Record, start=st.sampled_from([0, 15, 30, 45, 60]), length=st.just(15), **counted)


@slow
@given(data=st.data(), drawn=st.lists(fine_or_odd | bins, max_size=40))
def test_any_records_in_any_order_give_what_the_rule_gives(door: Zone, data: Any, drawn: list[Record]) -> None:
    with transaction.atomic():
        order = data.draw(st.permutations([*drawn, *drawn[:5]]))
        while order:
            size = data.draw(st.integers(1, len(order)))
            batch, order = order[:size], order[size:]
            write(door, *batch)
        assert footfall() == by_the_rule(drawn)
        transaction.set_rollback(True)


def by_the_rule(drawn: Iterable[Record]) -> list[tuple[int, int, int, bool]]:
    latest: dict[tuple[int, int], Record] = {}
    for one in sorted(drawn, key=lambda one: (one.came, one.forward, one.backward, one.complete)):
        latest[one.start, one.length] = one
    standing = [one for one in latest.values() if not any(beats(other, one) for other in latest.values())]
    intervals = []
    for quarter in range(0, 150, 15):
        begun = [one for one in standing if quarter <= one.start < quarter + 15]
        inside = [one for one in standing if one.start < quarter + 15 and quarter < one.start + one.length]
        covered = sum(min(one.start + one.length, quarter + 15) - max(one.start, quarter) for one in inside)
        if begun:
            complete = covered == 15 and all(one.complete for one in inside)
            sums = sum(one.forward for one in begun), sum(one.backward for one in begun)
            intervals.append((quarter, *sums, complete))
    return intervals


def beats(one: Record, other: Record) -> bool:
    overlaps = one.start < other.start + other.length and other.start < one.start + one.length
    return overlaps and rank(one) > rank(other)


def rank(one: Record) -> tuple[bool, bool, int, int]:
    fits = one.start // 15 == (one.start + one.length - 1) // 15
    return one.complete, fits, one.length, one.start
