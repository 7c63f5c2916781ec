"""Intervals are fetched from the cursor on: what came in is the truth, also after an outage, and nothing waits for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest

from ingest import healing, polling
from ingest.models import DwellInterval, FootfallInterval, PathInterval, Quarantine, Stream
from ingest.readings import FootfallReading
from sites_app.models import Controller, Zone
from tests import chain
from tests.fleet import Fleet
from tests.ingest.conftest import Scripted
from tests.ingest.turns import NOW, ask, poll

pytestmark = pytest.mark.django_db
Kind = Stream.Kind
INTERVALS = (Kind.FOOTFALL, Kind.DWELL, Kind.PATHS)
QUARTER, HOUR, DAY = timedelta(minutes=15), timedelta(hours=1), timedelta(days=1)
LAST_QUARTER, LAST_HOUR = NOW.replace(second=0), NOW.replace(second=0)


def cursor(controller: Controller, kind: str) -> datetime | None:
    return Stream.objects.get(controller=controller, kind=kind).cursor


def reached(controller: Controller, instant: datetime) -> None:
    """Let a controller's intervals be fetched up to there."""
    polling.ensure_streams(now=NOW)
    Stream.objects.filter(controller=controller).update(cursor=instant)


def poll_until_healed(now: datetime) -> int:
    """Poll as often as something is due at this instant; how often that was."""
    turns = 0
    while poll(now=now):
        turns += 1
        assert turns < 10
    return turns


def iso(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def footfall(start: datetime, end: datetime) -> list[Any]:
    rows = FootfallInterval.objects.filter(start__gte=start, start__lt=end, complete=True).select_related(
        "zone__controller"
    )
    return sorted(
        (r.zone.controller.name, r.zone.zone_id, iso(r.start), iso(r.end), r.count_in, r.count_out) for r in rows
    )


def dwell(start: datetime, end: datetime) -> list[Any]:
    rows = DwellInterval.objects.filter(start__gte=start, start__lt=end).select_related("zone__controller")
    return sorted((r.zone.controller.name, r.zone.zone_id, iso(r.start), r.average_dwell_ms, r.visits) for r in rows)


def paths(start: datetime, end: datetime) -> list[Any]:
    names = {0: (None, None), **{zone.pk: (zone.controller.name, zone.zone_id) for zone in Zone.objects.all()}}
    rows = PathInterval.objects.filter(start__gte=start, start__lt=end)
    return sorted((str(names[r.from_zone_id][1]), str(names[r.to_zone_id][1]), iso(r.start), r.count) for r in rows)


def assert_true(fleet: Fleet, store: str, start: datetime, until: datetime) -> None:
    """All interval facts of a store in ``[start, until)`` are what truly happened."""
    truth = fleet.truth(store, start, until)
    assert footfall(start, until) == sorted(
        (row["controller"], row["zone_id"], row["start"], row["end"], row["in"], row["out"])
        for row in truth["footfall"]
    )
    assert dwell(start, until) == sorted(
        (row["controller"], row["zone_id"], row["start"], row["average_dwell_ms"], row["visits"])
        for row in truth["dwell"]
    )
    assert paths(start, until) == sorted(
        (str(row["from_zone_id"]), str(row["to_zone_id"]), row["start"], row["count"]) for row in truth["paths"]
    )


def test_first_contact_brings_eight_days_of_the_truth(fleet: Fleet) -> None:
    fleet.stop_clock(NOW)
    for name in ("Controller 1", "Controller 2"):
        chain.registered(fleet.site("S003", name))
    assert poll_until_healed(NOW) == 2
    assert_true(fleet, "S003", LAST_HOUR - 8 * DAY, LAST_HOUR)
    assert FootfallInterval.objects.filter(start__lt=LAST_QUARTER - 8 * DAY).count() == 0
    assert set(Stream.objects.filter(kind__in=INTERVALS).values_list("cursor", flat=True)) == {LAST_HOUR}


def test_an_outage_of_ten_days_heals_itself_in_windows_of_seven_at_most(fleet: Fleet) -> None:
    fleet.stop_clock(NOW)
    site = fleet.site("S002")
    controller = chain.registered(site)
    poll_until_healed(NOW)
    down, back = NOW + 2 * HOUR, NOW + 10 * DAY
    fleet.fault(site, status=503)
    for days in range(10):
        fleet.stop_clock(down + days * DAY)
        poll(now=down + days * DAY)
    assert {cursor(controller, kind) for kind in INTERVALS} == {LAST_HOUR}
    fleet.fault(site)
    fleet.stop_clock(back)
    assert poll_until_healed(back) == 2
    end = back.replace(second=0)
    assert_true(fleet, "S002", LAST_HOUR - 8 * DAY, end)
    assert {cursor(controller, kind) for kind in INTERVALS} == {end}
    assert not Quarantine.objects.exists()


def test_the_running_quarter_is_restated_until_it_is_complete(fleet: Fleet) -> None:
    at = NOW + timedelta(minutes=9)
    fleet.stop_clock(at)
    controller = chain.registered(fleet.site("S001"))
    poll_until_healed(at)
    running = FootfallInterval.objects.filter(start=LAST_QUARTER)
    early = {row.zone_id: row.count_in for row in running}
    assert not any(row.complete for row in running)
    assert cursor(controller, Kind.FOOTFALL) == LAST_QUARTER
    later = at + timedelta(minutes=7)
    fleet.stop_clock(later)
    ask([controller], Kind.FOOTFALL, now=later)
    truth = [row["in"] for row in fleet.truth("S001", LAST_QUARTER, LAST_QUARTER + QUARTER)["footfall"]]
    rows = running.all()
    assert all(row.complete and row.received_at == later for row in rows)
    assert sorted(row.count_in for row in rows) == sorted(truth)
    assert sum(truth) > sum(early.values())
    assert cursor(controller, Kind.FOOTFALL) == LAST_QUARTER + QUARTER


def test_only_what_is_new_is_asked_for(scripted: Scripted) -> None:
    controller = chain.controller(chain.store(), base_url=scripted.base_url)
    chain.zone(controller, "door", "entrance")
    scripted.rows = {"/counts/interval": [], "/zones/door/dwell": [], "/analytics/paths": []}
    reached(controller, LAST_HOUR - HOUR)
    ask([controller], *INTERVALS)
    windows = {path: [parse_qs(query) for query in scripted.asked(path)] for path in scripted.rows}
    hour = {"start": [iso(LAST_HOUR - HOUR)], "end": [iso(LAST_HOUR)], "interval": ["PT1H"]}
    assert windows["/zones/door/dwell"] == windows["/analytics/paths"] == [hour]
    assert windows["/counts/interval"] == [{"start": hour["start"], "end": [iso(NOW)], "interval": ["PT15M"]}]


def test_hours_of_which_none_is_new_are_not_asked_for(scripted: Scripted) -> None:
    controller = chain.controller(chain.store(), base_url=scripted.base_url)
    reached(controller, LAST_HOUR)
    assert ask([controller], Kind.DWELL, Kind.PATHS).failures == 0
    assert not scripted.asked("/analytics/paths")
    assert cursor(controller, Kind.PATHS) == LAST_HOUR


def row(start: datetime, *, complete: bool, count: int = 3) -> dict[str, Any]:
    interval = {"start": iso(start), "end": iso(start + QUARTER)}
    return {"zoneId": "door", "in": count, "out": 1, "complete": complete, **interval}


def test_a_quarter_that_is_not_complete_yet_is_fetched_again(scripted: Scripted) -> None:
    controller = chain.controller(chain.store(), base_url=scripted.base_url)
    chain.zone(controller, "door", "entrance")
    late = LAST_QUARTER - 3 * QUARTER
    reached(controller, late - QUARTER)
    scripted.rows = {"/counts/interval": [row(late, complete=False), row(late + QUARTER, complete=True)]}
    ask([controller], Kind.FOOTFALL)
    assert cursor(controller, Kind.FOOTFALL) == late
    scripted.rows = {"/counts/interval": [row(late, complete=True, count=9), row(late + QUARTER, complete=True)]}
    ask([controller], Kind.FOOTFALL, now=NOW + QUARTER)
    assert FootfallInterval.objects.get(start=late).count_in == 9


def test_a_quarter_that_is_never_completed_holds_nothing_up_for_long(scripted: Scripted) -> None:
    controller = chain.controller(chain.store(), base_url=scripted.base_url)
    chain.zone(controller, "door", "entrance")
    scripted.rows = {
        "/counts/interval": [row(LAST_QUARTER - 2 * DAY, complete=False), row(LAST_QUARTER - DAY, complete=True)]
    }
    assert poll_until_healed(NOW) == 2
    assert cursor(controller, Kind.FOOTFALL) == LAST_QUARTER


def test_intervals_that_cannot_be_read_are_asked_for_again_beside_those_that_can(scripted: Scripted) -> None:
    controller = chain.controller(chain.store(), base_url=scripted.base_url)
    chain.zone(controller, "door", "entrance")
    first, second = LAST_QUARTER - 2 * QUARTER, LAST_QUARTER - QUARTER
    reached(controller, first)
    scripted.rows = {"/counts/interval": [row(first, complete=True, count=-4), row(second, complete=True)]}
    ask([controller], Kind.FOOTFALL)
    stream = Stream.objects.get(controller=controller, kind=Kind.FOOTFALL)
    assert (stream.cursor, stream.last_error_code) == (first, "bad_rows")
    assert FootfallInterval.objects.get().start == second
    controller.refresh_from_db()
    assert (controller.state, "can't be read" in controller.last_error) == (Controller.State.DEGRADED, True)
    scripted.rows = {"/counts/interval": [row(first, complete=True, count=4), row(second, complete=True)]}
    ask([controller], Kind.FOOTFALL)
    assert FootfallInterval.objects.get(start=first).count_in == 4
    assert cursor(controller, Kind.FOOTFALL) == LAST_QUARTER


def test_what_stays_unreadable_holds_nothing_up_for_ever(scripted: Scripted) -> None:
    controller = chain.controller(chain.store(), base_url=scripted.base_url)
    chain.zone(controller, "door", "entrance")
    reached(controller, LAST_QUARTER - QUARTER)
    scripted.rows = {"/counts/interval": [row(LAST_QUARTER - QUARTER, complete=True, count=-4)]}
    turns = 0
    while cursor(controller, Kind.FOOTFALL) != LAST_QUARTER:
        ask([controller], Kind.FOOTFALL)
        turns += 1
    assert turns == 11


def test_hours_without_any_known_zone_are_not_taken_for_fetched(scripted: Scripted) -> None:
    controller = chain.controller(chain.store(), base_url=scripted.base_url)
    scripted.rows = {"/occupancy/current": 500}
    ask([controller], Kind.DWELL)
    assert cursor(controller, Kind.DWELL) is None
    scripted.rows = {"/occupancy/current": []}
    ask([controller], Kind.DWELL)
    assert cursor(controller, Kind.DWELL) is None
    hour = {"start": iso(LAST_HOUR - 7 * DAY), "end": iso(LAST_HOUR - 7 * DAY + HOUR)}
    scripted.rows = {
        "/occupancy/current": [{"zoneId": "floor", "current_people": 2}],
        "/zones/floor/dwell": [{"zoneId": "floor", "average_dwell_ms": 1000, "visits": 2, **hour}],
    }
    ask([controller], Kind.DWELL)
    assert DwellInterval.objects.get().zone.zone_id == "floor"
    assert cursor(controller, Kind.DWELL) == LAST_HOUR - DAY


def test_footfall_of_a_door_that_was_at_rest_makes_it_known(scripted: Scripted) -> None:
    controller = chain.controller(chain.store(), base_url=scripted.base_url)
    scripted.rows = {
        "/occupancy/current": [{"zoneId": "floor", "current_people": 2}],
        "/counts/interval": [row(LAST_QUARTER - 3 * DAY, complete=True)],
    }
    chain.zone(controller, "floor")
    ask([controller], Kind.FOOTFALL)
    assert FootfallInterval.objects.get().zone.kind == Zone.Kind.ENTRANCE
    assert not Quarantine.objects.exists()


def test_paths_of_zones_that_are_not_known_yet_make_them_looked_for(scripted: Scripted) -> None:
    controller = chain.controller(chain.store(), base_url=scripted.base_url)
    hour = {"start": iso(LAST_HOUR - HOUR), "end": iso(LAST_HOUR)}
    scripted.rows = {
        "/occupancy/current": [{"zoneId": "floor", "current_people": 2}],
        "/analytics/paths": [
            {"fromZoneId": None, "toZoneId": "floor", "count": 4, **hour},
            {"fromZoneId": "floor", "toZoneId": "nowhere", "count": 1, **hour},
        ],
    }
    ask([controller], Kind.PATHS)
    assert paths(LAST_HOUR - HOUR, LAST_HOUR) == [("None", "floor", iso(LAST_HOUR - HOUR), 4)]
    assert "nowhere" in str(bytes(Quarantine.objects.get().body))


def test_what_a_controller_whose_clock_is_behind_has_not_seen_yet_is_fetched_later(scripted: Scripted) -> None:
    controller = chain.controller(chain.store(), base_url=scripted.base_url)
    scripted.rows = {"/counts/interval": [], "/analytics/paths": []}
    scripted.timestamp = NOW - timedelta(minutes=50)
    reached(controller, LAST_HOUR - 2 * HOUR)
    ask([controller], Kind.FOOTFALL, Kind.PATHS)
    assert cursor(controller, Kind.FOOTFALL) == LAST_QUARTER - 4 * QUARTER
    assert cursor(controller, Kind.PATHS) == LAST_HOUR - HOUR


def test_a_stretch_is_cut_into_windows_that_touch() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    cut = list(healing.windows(start, start + 15 * DAY))
    assert [end - first for first, end in cut] == [7 * DAY, 7 * DAY, DAY]
    assert [first for first, _ in cut[1:]] == [end for _, end in cut[:-1]]
    assert list(healing.windows(start, start)) == []


def test_the_cursor_never_goes_back() -> None:
    asked = NOW - HOUR, NOW
    before = FootfallReading("door", asked[0] - QUARTER, asked[0], 1, 1, False)
    assert healing.footfall_cursor([before], asked, NOW) == asked[0]
    assert healing.hourly_cursor(asked, NOW - 30 * DAY) == asked[0]
