"""What is still being measured is recomputed at once in a small chain, and seldom where that takes long."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache

from ingest.models import Dirty
from reports import rollups
from reports.models import OccupancyRollup
from reports.rollups import draining, pacing
from sites_app.models import Zone
from tests import chain, told

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 3, 12, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def rested() -> Iterator[None]:
    """No measure rests before a test, nor after it."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def zone() -> Zone:
    return chain.zone(chain.controller(chain.store()), "floor")


def peaks() -> list[int]:
    quarters = OccupancyRollup.objects.filter(zone_id=0, grain="quarter").order_by("start")
    return [peak for peak in quarters.values_list("peak", flat=True) if peak is not None]


def test_the_present_of_a_small_chain_is_recomputed_each_time(zone: Zone) -> None:
    for people in (4, 9):
        told.people_in(zone, people, at=NOW - timedelta(seconds=60 - people))
        rollups.work_off(now=NOW)
        assert max(peaks()) == people
    assert not Dirty.objects.exists()


def test_what_took_long_rests_and_its_marks_wait(zone: Zone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "AT_ONCE_S", 0.0)
    told.people_in(zone, 4, at=NOW - timedelta(seconds=60))
    rollups.work_off(now=NOW)
    told.people_in(zone, 9, at=NOW - timedelta(seconds=30))
    rollups.work_off(now=NOW)
    assert peaks() == [4]
    cache.clear()
    rollups.work_off(now=NOW)
    assert peaks() == [9]


def test_the_past_waits_for_nothing(zone: Zone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "AT_ONCE_S", 0.0)
    told.people_in(zone, 4, at=NOW)
    rollups.work_off(now=NOW)
    told.people_in(zone, 7, at=NOW - timedelta(hours=3))
    rollups.work_off(now=NOW)
    assert peaks() == [7, 4]


def test_marks_that_came_meanwhile_are_left_for_the_next_time(zone: Zone, monkeypatch: pytest.MonkeyPatch) -> None:
    told.people_in(zone, 4, at=NOW)
    recompute = draining.recompute

    def while_another_comes(*arguments: Any) -> int:
        if Dirty.objects.count() < 9:
            told.people_in(zone, 1, at=NOW + timedelta(seconds=Dirty.objects.count() + 1))
        return recompute(*arguments)

    monkeypatch.setattr(draining, "recompute", while_another_comes)
    rollups.work_off(now=NOW)
    assert Dirty.objects.exists()


def test_a_chain_larger_than_a_batch_is_worked_off_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draining, "DRAIN_STORES", 2)
    for number in range(5):
        told.people_in(chain.zone(chain.controller(chain.store(f"S{number}")), "floor"), number, at=NOW)
    rollups.work_off(now=NOW)
    assert sorted(peaks()) == [0, 1, 2, 3, 4]
    assert not Dirty.objects.exists()
