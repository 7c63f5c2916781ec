"""Discovery: zones and sensors as their controllers have them, and a person's word before a controller's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ingest import discovery
from ingest.models import OccupancySample, Quarantine, Stream
from ingest.xcs.client import XcsClient
from sites_app.models import Controller, Sensor, Zone, counting_zones
from tests import chain
from tests.fleet import Fleet
from tests.ingest.conftest import Scripted
from tests.ingest.turns import NOW, ask

pytestmark = pytest.mark.django_db
Kind = Stream.Kind


def discover(*controllers: Controller, now: Any = NOW) -> None:
    assert ask(controllers, Kind.DISCOVERY, now=now).failures == 0


def kinds(controller: Controller) -> dict[str, str]:
    return dict(Zone.objects.filter(controller=controller).values_list("zone_id", "kind"))


def occupancy(*zone_ids: str, **fields: Any) -> list[dict[str, Any]]:
    return [{"zoneId": zone_id, "current_people": 1, **fields} for zone_id in zone_ids]


def queues(*zone_ids: str) -> list[dict[str, Any]]:
    return [{"zoneId": zone_id, "people_waiting": 1} for zone_id in zone_ids]


def counts(*zone_ids: str) -> list[dict[str, Any]]:
    interval = {"start": "2026-06-03T11:45:00Z", "end": "2026-06-03T12:00:00Z"}
    return [{"zoneId": zone_id, "in": 0, "out": 0, **interval} for zone_id in zone_ids]


@pytest.fixture
def controller(scripted: Scripted) -> Controller:
    scripted.rows = {"/sensors": [], "/occupancy/current": [], "/queue/status": [], "/counts/interval": []}
    return chain.controller(chain.store(), base_url=scripted.base_url)


@pytest.mark.parametrize("store", ["S001", "S005", "S007"])
def test_every_zone_of_the_fleet_is_of_its_true_kind(fleet: Fleet, store: str) -> None:
    fleet.stop_clock(NOW)
    site = fleet.site(store)
    controller = chain.registered(site)
    discover(controller)
    assert kinds(controller) == site.kinds
    assert Sensor.objects.filter(controller=controller).count() == len(site.kinds)


def test_areas_count_toward_occupancy_and_entrances_where_there_are_none(fleet: Fleet) -> None:
    fleet.stop_clock(NOW)
    mall, station = chain.registered(fleet.site("S001")), chain.registered(fleet.site("S005"))
    discover(mall, station)
    for controller, kind in ((mall, Zone.Kind.AREA), (station, Zone.Kind.ENTRANCE)):
        of_kind = set(Zone.objects.filter(controller=controller, kind=kind))
        assert set(counting_zones(Zone.objects.filter(controller=controller))) == of_kind != set()


def test_a_kind_is_told_by_where_a_zone_stands(scripted: Scripted, controller: Controller) -> None:
    scripted.rows["/occupancy/current"] = occupancy("floor", "door", "till")
    scripted.rows["/counts/interval"] = counts("door", "gate", "turnstile")
    scripted.rows["/queue/status"] = queues("till", "turnstile", "desk")
    discover(controller)
    assert kinds(controller) == {
        "floor": "area",
        "door": "entrance",
        "gate": "entrance",
        "till": "queue",
        "turnstile": "queue",
        "desk": "queue",
    }
    assert set(Zone.objects.filter(has_occupancy=True).values_list("zone_id", flat=True)) == {"floor", "door", "till"}


def test_an_entrance_and_a_queue_at_rest_stay_what_they_are(scripted: Scripted, controller: Controller) -> None:
    scripted.rows["/occupancy/current"] = occupancy("door", "till")
    scripted.rows["/counts/interval"], scripted.rows["/queue/status"] = counts("door"), queues("till")
    discover(controller)
    scripted.rows["/counts/interval"] = scripted.rows["/queue/status"] = []
    discover(controller)
    assert kinds(controller) == {"door": "entrance", "till": "queue"}


def test_an_area_through_which_people_begin_to_come_becomes_an_entrance(
    scripted: Scripted, controller: Controller
) -> None:
    scripted.rows["/occupancy/current"] = occupancy("door")
    discover(controller)
    assert kinds(controller) == {"door": "area"}
    scripted.rows["/counts/interval"] = counts("door")
    discover(controller)
    assert kinds(controller) == {"door": "entrance"}


def test_what_was_set_by_hand_stays(scripted: Scripted, controller: Controller) -> None:
    scripted.rows["/occupancy/current"] = occupancy("floor", name="Floor", capacity=50)
    discover(controller)
    by_hand = {"kind": "queue", "kind_by_hand": True, "capacity": 70, "capacity_by_hand": True, "counts_by_hand": False}
    Zone.objects.update(**by_hand)
    scripted.rows["/occupancy/current"] = occupancy("floor", name="Sales Floor", capacity=60)
    scripted.rows["/counts/interval"] = counts("floor")
    discover(controller)
    zone = Zone.objects.get()
    assert {name: getattr(zone, name) for name in by_hand} == by_hand
    assert zone.name == "Sales Floor"


def test_a_capacity_follows_the_controller_and_stays_when_it_is_silent(
    scripted: Scripted, controller: Controller
) -> None:
    seen = []
    for capacity in (50, 60, None, 0):
        scripted.rows["/occupancy/current"] = occupancy("floor", capacity=capacity)
        discover(controller)
        seen.append(Zone.objects.get().capacity)
    assert seen == [50, 60, 60, 60]


def test_a_zone_id_that_another_controller_had_first_gets_the_controllers_name(fleet: Fleet) -> None:
    fleet.stop_clock(NOW)
    sites = [fleet.site("S003", name) for name in ("Controller 1", "Controller 2")]
    both = [chain.registered(site) for site in sites]
    shared = set(sites[0].kinds) & set(sites[1].kinds)
    assert "entrance_a" in shared
    for _ in range(2):
        discover(*both)
    first, second = (dict(controller.zones.values_list("zone_id", "code")) for controller in both)
    assert first == {zone_id: zone_id for zone_id in sites[0].kinds}
    assert second == {
        zone_id: f"{zone_id}@Controller 2" if zone_id in shared else zone_id for zone_id in sites[1].kinds
    }


def test_the_same_again_changes_nothing(fleet: Fleet) -> None:
    fleet.stop_clock(NOW)
    controller = chain.registered(fleet.site("S001"))
    with XcsClient(controller.base_url, controller.api_key.reveal(), clock=lambda: NOW) as client:
        found = {controller.pk: discovery.ask(client, now=NOW)}
    first, again = (discovery.keep(found, now=NOW) for _ in range(2))
    assert (first.zones_created, first.zones_changed) == (8, 0)
    assert (again.zones_created, again.zones_changed) == (0, 0)


def test_only_a_zone_that_came_later_has_appeared(scripted: Scripted, controller: Controller) -> None:
    scripted.rows["/occupancy/current"] = occupancy("floor")
    discover(controller)
    later = NOW + timedelta(days=3)
    scripted.rows["/occupancy/current"] = occupancy("floor", "gallery")
    discover(controller, now=later)
    assert dict(Zone.objects.values_list("zone_id", "appeared_at")) == {"floor": None, "gallery": later}


def test_a_zone_that_turns_up_in_a_poll_is_known_in_the_same_turn(scripted: Scripted, controller: Controller) -> None:
    chain.zone(controller, "floor")
    scripted.rows["/occupancy/current"] = occupancy("floor", "gallery")
    ask([controller], Kind.LIVE)
    assert set(OccupancySample.objects.values_list("zone__code", flat=True)) == {"floor", "gallery"}
    assert not Quarantine.objects.exists()
    scripted.server.asked.clear()
    ask([controller], Kind.LIVE, now=NOW + timedelta(minutes=1))
    assert not scripted.asked("/counts/interval")


def test_sensors_are_as_their_controller_last_described_them(scripted: Scripted, controller: Controller) -> None:
    sensor = {"sensorId": "80:1F", "name": "Door left", "type": "PC2SE", "status": "online", "firmware": "5.9.2"}
    scripted.rows["/sensors"] = [sensor]
    discover(controller)
    later = NOW + timedelta(minutes=10)
    scripted.rows["/sensors"] = [
        {**sensor, "status": "degraded", "firmware": "5.9.3", "zones": ["b", "a", "b"], "new": 1}
    ]
    discover(controller, now=later)
    kept = Sensor.objects.get()
    assert (kept.name, kept.type, kept.status, kept.firmware) == ("Door left", "PC2SE", "degraded", "5.9.3")
    assert kept.zones == ["a", "b"]
    assert kept.last_seen_at == later


def test_good_rows_are_kept_beside_bad_ones(scripted: Scripted, controller: Controller) -> None:
    scripted.rows["/occupancy/current"] = [*occupancy("floor"), {"zoneId": "gallery", "current_people": "many"}]
    scripted.rows["/sensors"] = [{"sensorId": "80:1F"}, {"sensorId": None}]
    discover(controller)
    assert set(kinds(controller)) == {"floor"}
    assert Sensor.objects.count() == 1
    assert set(Quarantine.objects.values_list("stream", "pointer")) == {
        ("discovery", "/data/1/current_people"),
        ("discovery", "/data/1/sensorId"),
    }
