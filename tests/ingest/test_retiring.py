"""A zone that was removed in XCS is retired once that is certain, and comes back with its controller's word. Over HTTP."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from ingest.models import Stream, ZoneState
from reports import live
from sites_app.models import Controller, Store, Zone, ZoneChange
from tests import chain
from tests.fleet import Fleet, Site
from tests.ingest.conftest import Scripted
from tests.ingest.test_discovery import occupancy, queues
from tests.ingest.turns import NOW, ask

pytestmark = pytest.mark.django_db
TEN = timedelta(minutes=10)


@pytest.fixture
def controller(scripted: Scripted) -> Controller:
    scripted.rows = {"/sensors": [], "/occupancy/current": [], "/queue/status": [], "/counts/interval": []}
    return chain.controller(chain.store(), base_url=scripted.base_url)


def discover(controller: Controller, *after: timedelta) -> None:
    for later in after:
        ask([controller], Stream.Kind.DISCOVERY, now=NOW + later)


def retired(controller: Controller) -> dict[str, datetime | None]:
    return dict(controller.zones.exclude(retired_at=None).values_list("zone_id", "retired_at"))


def area_of(site: Site) -> str:
    return next(zone_id for zone_id, kind in sorted(site.kinds.items()) if kind == "area")


def people(fleet: Fleet, controller: Controller, now: datetime) -> int | None:
    """The people in the store, once its controller has been polled."""
    fleet.stop_clock(now)
    ask([controller], Stream.Kind.LIVE, now=now)
    [store] = live.occupancy(live.Scope.of(Store.objects.all()), now=now)
    return store.people


def test_a_store_s_occupancy_is_known_again_once_the_zone_that_is_gone_is_retired(fleet: Fleet) -> None:
    fleet.stop_clock(NOW)
    site = fleet.site("S001")
    controller, gone = chain.registered(site), area_of(site)
    discover(controller, timedelta())
    assert people(fleet, controller, NOW) is not None
    fleet.fault(site, gone=[gone])
    discover(controller, TEN, 2 * TEN)
    assert retired(controller) == {}
    assert people(fleet, controller, NOW + 2 * TEN) is None
    discover(controller, 3 * TEN)
    assert retired(controller) == {gone: NOW + TEN}, "as of when it was first missed"
    assert people(fleet, controller, NOW + 3 * TEN) is not None
    fleet.fault(site)
    discover(controller, 4 * TEN)
    assert retired(controller) == {}
    assert list(ZoneChange.objects.order_by("at").values_list("zone__zone_id", "kind", "at")) == [
        (gone, "retired", NOW + 3 * TEN),
        (gone, "returned", NOW + 4 * TEN),
    ]


def test_a_zone_that_comes_and_goes_is_not_retired(scripted: Scripted, controller: Controller) -> None:
    for number, there in enumerate([True, False, False, True, False, False, True]):
        scripted.rows["/occupancy/current"] = occupancy("floor", "gallery") if there else occupancy("floor")
        discover(controller, number * TEN)
        assert retired(controller) == {}


@pytest.mark.parametrize(
    "rows",
    [
        {"/occupancy/current": []},
        {"/occupancy/current": [*occupancy("floor"), {"zoneId": "gallery", "current_people": "many"}]},
        {"/occupancy/current": 500},
        {"/queue/status": [{"zoneId": "till", "people_waiting": "many"}]},
    ],
    ids=["nothing", "a row that can't be read", "an error", "queues that can't be read"],
)
def test_only_a_whole_answer_says_that_a_zone_is_gone(
    scripted: Scripted, controller: Controller, rows: dict[str, Any]
) -> None:
    scripted.rows["/occupancy/current"] = occupancy("floor", "gallery")
    discover(controller, timedelta())
    scripted.rows = {**scripted.rows, "/occupancy/current": occupancy("floor"), **rows}
    discover(controller, *(number * TEN for number in range(1, 8)))
    assert retired(controller) == {}


def test_who_asks_many_times_in_a_row_retires_nothing(scripted: Scripted, controller: Controller) -> None:
    scripted.rows["/occupancy/current"] = occupancy("floor", "gallery")
    discover(controller, timedelta())
    scripted.rows["/occupancy/current"] = occupancy("floor")
    discover(controller, *(timedelta(seconds=number) for number in range(1, 9)))
    assert retired(controller) == {}
    discover(controller, 3 * TEN)
    assert list(retired(controller)) == ["gallery"]


def test_a_zone_of_which_anything_was_told_meanwhile_is_there(scripted: Scripted, controller: Controller) -> None:
    scripted.rows["/occupancy/current"] = occupancy("floor", "gallery")
    discover(controller, timedelta())
    scripted.rows["/occupancy/current"] = occupancy("floor")
    discover(controller, TEN, 2 * TEN)
    told = {"store": controller.store, "people": 1, "occupancy_at": NOW + TEN}
    gallery = Zone.objects.get(zone_id="gallery")
    ZoneState.objects.create(zone=gallery, occupancy_received_at=NOW + TEN + timedelta(minutes=1), **told)
    discover(controller, 3 * TEN)
    assert retired(controller) == {}


def test_a_queue_that_is_not_monitored_stays(scripted: Scripted, controller: Controller) -> None:
    scripted.rows |= {"/occupancy/current": occupancy("floor"), "/queue/status": queues("till")}
    discover(controller, timedelta())
    scripted.rows["/queue/status"] = []
    discover(controller, *(number * TEN for number in range(1, 6)))
    assert retired(controller) == {}


def test_what_a_person_has_retired_stays_so(scripted: Scripted, controller: Controller) -> None:
    scripted.rows["/occupancy/current"] = occupancy("floor", "gallery")
    discover(controller, timedelta())
    gallery = Zone.objects.get(zone_id="gallery")
    gallery.retire(NOW)
    gallery.save()
    discover(controller, TEN, 2 * TEN)
    assert retired(controller) == {"gallery": NOW}
