"""The platform's own clock is set back or forth: nothing waits until it is then again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ingest import polling
from ingest.models import Stream
from tests import chain
from xovis_platform.celery import Steady, app

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)


def asked_well(*, at: datetime) -> None:
    """All streams were asked and are due again in a minute."""
    Stream.objects.update(last_success_at=at, due_at=at + timedelta(minutes=1))


@pytest.mark.django_db
def test_streams_that_a_wrong_clock_put_off_for_hours_are_asked_at_once() -> None:
    chain.controller(chain.store("S1"))
    polling.ensure_streams(now=NOW)
    asked_well(at=NOW + timedelta(hours=3))
    assert polling.claim_due(now=NOW)


@pytest.mark.django_db
def test_streams_whose_turn_it_is_soon_are_left_alone() -> None:
    chain.controller(chain.store("S1"))
    polling.ensure_streams(now=NOW)
    asked_well(at=NOW + timedelta(seconds=20))  # by a machine whose clock is a little ahead
    assert not polling.claim_due(now=NOW)


@pytest.mark.django_db
def test_a_clock_that_jumps_ahead_and_back_asks_no_more_than_once_each_time() -> None:
    chain.controller(chain.store("S1"))
    polling.ensure_streams(now=NOW)
    ahead = NOW + timedelta(hours=3)
    for now in (NOW, ahead, NOW + timedelta(seconds=1)):
        assert polling.claim_due(now=now)
        asked_well(at=now)
        assert not polling.claim_due(now=now)


def test_beat_goes_on_when_the_clock_is_set_back() -> None:
    every = Steady(2.0, app=app)
    assert every.is_due(every.now() + timedelta(hours=1)) == (True, 2.0)
    assert every.is_due(every.now()).is_due is False
    assert every.is_due(every.now() - timedelta(seconds=3)).is_due is True


def test_all_of_the_schedule_is_steady() -> None:
    assert {type(entry["schedule"]) for entry in app.conf.beat_schedule.values()} == {Steady}
