"""The registry's own rules, beyond its constraints."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db.models import ProtectedError

from sites_app.models import Controller, Region, Zone, counting_zones
from tests import chain

pytestmark = pytest.mark.django_db


def test_a_subtree_is_a_region_and_all_under_it() -> None:
    for path in ("Europe/Germany/North", "Europe/Germany/South", "Europe/France", "Asia"):
        chain.region(path)
    germany, asia = chain.region("Europe/Germany"), chain.region("Asia")
    under = Region.objects.under([germany.pk, asia.pk]).values_list("code", flat=True)
    assert list(under) == ["asia", "europe-germany", "europe-germany-north", "europe-germany-south"]
    assert not Region.objects.under([]).exists()


def test_what_has_something_under_it_is_not_deleted() -> None:
    zone = chain.zone(chain.controller(chain.store()), "floor")
    for kept in (zone.store.region, zone.store.region.parent, zone.store, zone.controller):
        assert kept is not None
        with pytest.raises(ProtectedError):
            kept.delete()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("code", "S 1"),
        ("code", "S/1"),
        ("code", "S1\n"),
        ("code", "."),
        ("timezone", "Europe/Berlinn"),
        ("timezone", ""),
    ],
)
def test_a_store_has_a_code_for_urls_and_a_known_timezone(field: str, value: str) -> None:
    store = chain.store()
    setattr(store, field, value)
    with pytest.raises(ValidationError) as caught:
        store.full_clean()
    assert list(caught.value.message_dict) == [field]


def test_a_controller_holds_for_three_intervals_and_tells_where_to_post() -> None:
    controller = chain.controller(chain.store(), poll_interval_s=20)
    assert controller.hold == timedelta(minutes=1)
    assert controller.webhook_url.endswith(f"/ingest/xcs/{controller.pk}")
    assert 0 <= controller.poll_offset < 1


@pytest.mark.parametrize(
    ("zones", "counting"),
    [
        ({"floor": "area", "promo": "area", "door": "entrance", "till": "queue"}, {"floor", "promo"}),
        ({"left": "entrance", "right": "entrance", "till": "queue"}, {"left", "right"}),
        ({"till": "queue"}, set()),
        ({}, set()),
    ],
)
def test_areas_count_and_entrances_where_there_are_none(zones: dict[str, str], counting: set[str]) -> None:
    controller = chain.controller(chain.store())
    made = [chain.zone(controller, zone_id, kind, has_occupancy=True) for zone_id, kind in zones.items()]
    assert {zone.code for zone in counting_zones(made)} == counting


def test_what_a_person_has_set_goes_before_the_rule() -> None:
    controller = chain.controller(chain.store())
    left_out = chain.zone(controller, "floor", counts_by_hand=False)
    queue = chain.zone(controller, "till", "queue", counts_by_hand=True)
    unseen = chain.zone(controller, "annex", has_occupancy=False)
    assert counting_zones([left_out, queue, unseen]) == [queue]
    assert str(Zone.objects.get(code="till")) == "till"


def test_codes_and_names_of_controllers_are_unique_by_store_alone() -> None:
    first, second = chain.controller(chain.store("S1")), chain.controller(chain.store("S2"))
    assert first.name == second.name
    for controller in (first, second):
        chain.zone(controller, "floor")
    assert Controller.objects.count() == Zone.objects.count() == 2
