"""The same deliveries, the same tables: shuffled, split, repeated or interleaved, by poll or by event."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from django.db import DataError, models, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest import facts
from ingest.models import (
    Dirty,
    DwellInterval,
    FootfallInterval,
    OccupancySample,
    PathInterval,
    QueueSample,
    ZoneState,
)
from ingest.readings import (
    DwellReading,
    FootfallReading,
    OccupancyReading,
    PathReading,
    QueueReading,
    Reading,
)
from ingest.resolve import ZoneDirectory, resolve
from sites_app.models import Controller
from tests import chain
from tests.ingest.turns import NOW

pytestmark = pytest.mark.django_db
TABLES: tuple[type[models.Model], ...] = (
    OccupancySample,
    QueueSample,
    FootfallInterval,
    DwellInterval,
    PathInterval,
    ZoneState,
)
MIDNIGHT = NOW.replace(month=7, day=1, hour=0, minute=0, second=0)  # where one month's partition ends
QUARTER = timedelta(minutes=15)


class Delivery(NamedTuple):
    """A reading, and how many seconds after the first one it came."""

    reading: Reading
    received_s: int


# Few values, so that keys meet, and ties do.
zones = st.sampled_from(["a", "b"])
instants = st.integers(-2, 2).map(lambda n: MIDNIGHT + n * QUARTER)
counts = st.integers(0, 2)
maybe = st.none() | counts
intervals = st.builds(lambda start, quarters: (start, start + quarters * QUARTER), instants, st.sampled_from([1, 1, 4]))

readings: st.SearchStrategy[Reading] = st.one_of(
    st.builds(OccupancyReading, zones, instants, counts, maybe),
    st.builds(QueueReading, zones, instants, counts, maybe, maybe, maybe),
    st.builds(lambda zone, i, *rest: FootfallReading(zone, *i, *rest), zones, intervals, counts, counts, st.booleans()),
    st.builds(lambda zone, i, *rest: DwellReading(zone, *i, *rest), zones, intervals, counts, maybe),
    st.builds(
        lambda a, b, i, n: PathReading(a, b, i[0], i[1], n),
        st.none() | zones,
        st.none() | zones,
        intervals,
        counts,
    ),
)
deliveries = st.lists(st.builds(Delivery, readings, st.integers(0, 3)), min_size=1, max_size=25)


@pytest.fixture
def controller() -> Controller:
    controller = chain.controller(chain.store())
    for zone_id in ("a", "b"):
        chain.zone(controller, zone_id)
    return controller


def write(controller: Controller, batches: list[list[Delivery]]) -> dict[str, Any]:
    """The tables after these batches have been written, one after the other; then they're as they were before."""
    directory = ZoneDirectory.of([controller.pk])
    with transaction.atomic():
        for batch in batches:
            rows = facts.Facts()
            for reading, received_s in batch:
                resolved = resolve(
                    [reading],
                    directory,
                    store_id=controller.store_id,
                    controller_id=controller.pk,
                    received_at=MIDNIGHT + timedelta(seconds=received_s),
                )
                rows.add(resolved.facts)
            facts.write(rows)
        tables: dict[str, Any] = {
            model.__name__: sorted(model._default_manager.values_list(), key=repr) for model in TABLES
        }
        tables["Dirty"] = set(Dirty.objects.values_list("store", "measure", "quarter"))
        transaction.set_rollback(True)
    return tables


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deliveries=deliveries, data=st.data())
def test_no_order_splitting_or_repetition_of_deliveries_shows(
    controller: Controller, deliveries: list[Delivery], data: st.DataObject
) -> None:
    in_order = write(controller, [[delivery] for delivery in sorted(deliveries, key=lambda d: d.received_s)])
    repeated = data.draw(st.lists(st.sampled_from(deliveries), max_size=10))
    shuffled = data.draw(st.permutations([*deliveries, *repeated]))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(shuffled)), max_size=5)))
    batches = [shuffled[start:end] for start, end in zip([0, *cuts], [*cuts, len(shuffled)], strict=True)]
    assert write(controller, batches) == in_order


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deliveries=deliveries)
def test_of_one_key_what_was_received_last_stands_and_live_is_the_newest(
    controller: Controller, deliveries: list[Delivery]
) -> None:
    tables = write(controller, [deliveries])
    latest: dict[Any, int] = {}
    newest: dict[Any, Any] = {}
    for reading, received_s in deliveries:
        if isinstance(reading, OccupancyReading):
            key = reading.zone_id, reading.observed_at
            latest[key] = max(latest.get(key, 0), received_s)
            newest[reading.zone_id] = max(newest.get(reading.zone_id, reading.observed_at), reading.observed_at)
    samples = {(row[1], row[2]): row for row in tables["OccupancySample"]}
    assert len(samples) == len(latest)
    for (zone_id, observed_at), received_s in latest.items():
        row = samples[controller.zones.get(zone_id=zone_id).pk, observed_at]
        assert row[3] == MIDNIGHT + timedelta(seconds=received_s)
        told = {
            d.reading[2:] for d in deliveries if d.received_s == received_s and d.reading[:2] == (zone_id, observed_at)
        }
        assert row[4:] in told
    states = {row[0]: row for row in tables["ZoneState"] if row[2] is not None}
    for zone_id, observed_at in newest.items():
        pk = controller.zones.get(zone_id=zone_id).pk
        assert states[pk][2:6] == samples[pk, observed_at][2:]


def test_a_write_is_whole_or_not_at_all(controller: Controller) -> None:
    zone = controller.zones.get(zone_id="a")
    good = facts.OccupancyRow(controller.store_id, zone.pk, NOW, NOW, 1, None)
    bad = facts.FootfallRow(controller.store_id, zone.pk, NOW, NOW, NOW + QUARTER, True, 2**40, 0)
    with pytest.raises(DataError):
        facts.write(facts.Facts(occupancy=[good], footfall=[bad]))
    assert not OccupancySample.objects.exists()
    assert not ZoneState.objects.exists()
    assert not Dirty.objects.exists()


def test_dwell_times_make_known_which_zones_have_them(controller: Controller) -> None:
    zone = controller.zones.get(zone_id="a")
    row = facts.DwellRow(controller.store_id, zone.pk, NOW, NOW, NOW + 4 * QUARTER, 1000, None)
    facts.write(facts.Facts(dwell=[row]))
    assert dict(controller.zones.values_list("zone_id", "has_dwell")) == {"a": True, "b": False}
