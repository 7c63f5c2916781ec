"""Gaps: what an outage left out is fetched afterwards, and remembered as healed; what is missing now can be told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from ingest import gaps, healing
from ingest.gaps import Gap
from ingest.models import FootfallInterval, HealedGap, Stream
from sites_app.models import Controller
from tests.ingest.scripted import NOW, Site, entrance, poll, registered, site, window_of
from tests.ingest.xcs import controller as http

pytestmark = pytest.mark.django_db
QUARTER, HOUR, DAY = timedelta(minutes=15), timedelta(hours=1), timedelta(days=1)
TEN = NOW.replace(second=0)


@pytest.fixture
def scripted() -> Iterator[Site]:
    with site() as scripted:
        yield scripted


@pytest.fixture
def controller(scripted: Site) -> Controller:
    controller = registered(scripted)
    entrance(controller, "door")
    answer(scripted, at=NOW)
    contact(controller, NOW)
    return controller


def answer(site: Site, *, at: datetime) -> None:
    """Footfall of every quarter that is asked for, complete up to the controller's own time."""

    def send(handler: http.Handler) -> None:
        start, end = window_of(handler)
        rows, quarter = [], healing.floor(start, QUARTER)
        while quarter < min(end, at):
            complete = quarter + QUARTER <= at
            rows.append(
                {
                    "zoneId": "door",
                    "start": quarter.isoformat(),
                    "end": (quarter + QUARTER).isoformat(),
                    "in": 1,
                    "out": 1,
                }
                | {"complete": complete}
            )
            quarter += QUARTER
        handler.send(200, http.envelope(rows, at.isoformat()))

    site.on("/counts/interval", send)


def contact(controller: Controller, now: datetime) -> None:
    """Poll until there is no more to heal."""
    for _ in range(20):
        poll(controller, "footfall", now=now)
        if Stream.objects.get(kind="footfall").due_at > now:
            return
    raise AssertionError("it never ends")


def healed() -> list[tuple[datetime, datetime, datetime]]:
    return list(HealedGap.objects.order_by("start").values_list("start", "end", "healed_at"))


def test_what_a_first_contact_brings_was_never_missing(controller: Controller) -> None:
    assert FootfallInterval.objects.filter(complete=True).count() == 8 * 24 * 4
    assert healed() == []


def test_regular_polls_heal_nothing(scripted: Site, controller: Controller) -> None:
    for minutes in range(5, 95, 5):
        now = NOW + timedelta(minutes=minutes)
        answer(scripted, at=now)
        poll(controller, "footfall", now=now)
    assert healed() == []


def test_an_outage_heals_itself_and_is_remembered(scripted: Site, controller: Controller) -> None:
    scripted.refuses("/counts/interval", 503, "UNAVAILABLE")
    poll(controller, "footfall", now=NOW + HOUR)
    back = NOW + 3 * HOUR
    answer(scripted, at=back)
    contact(controller, back)
    assert healed() == [(TEN, TEN + 3 * HOUR - QUARTER, back)]
    assert FootfallInterval.objects.filter(start__gte=TEN, start__lt=TEN + 3 * HOUR, complete=True).count() == 12


def test_an_outage_of_weeks_is_healed_in_windows_of_seven_days_and_is_one_gap(
    scripted: Site, controller: Controller
) -> None:
    back = NOW + 18 * DAY
    answer(scripted, at=back)
    contact(controller, back)
    assert healed() == [(TEN, TEN + 18 * DAY - QUARTER, back)]
    assert FootfallInterval.objects.filter(start__gte=TEN, complete=True).count() == 18 * 24 * 4


def test_an_incomplete_interval_is_replaced_when_it_is_restated(scripted: Site, controller: Controller) -> None:
    assert FootfallInterval.objects.get(start=TEN).complete is False
    answer(scripted, at=NOW + QUARTER)
    contact(controller, NOW + QUARTER)
    assert FootfallInterval.objects.get(start=TEN).complete is True


def test_a_clock_that_is_behind_leaves_no_gaps(scripted: Site, controller: Controller) -> None:
    for minutes in range(5, 65, 5):
        now = NOW + timedelta(minutes=minutes)
        answer(scripted, at=now - 2 * HOUR)
        poll(controller, "footfall", now=now)
    assert healed() == []
    assert open_gaps(NOW + HOUR) == []


def open_gaps(now: datetime) -> list[Gap]:
    return gaps.open_gaps(Stream.objects.filter(kind="footfall").select_related("controller"), now=now)


def test_what_is_missing_now_can_be_told(controller: Controller) -> None:
    assert open_gaps(NOW + timedelta(minutes=20)) == []
    assert open_gaps(NOW + 2 * HOUR) == [Gap(controller.pk, "footfall", TEN, TEN + 2 * HOUR - QUARTER)]
    Controller.objects.update(enabled=False)
    assert open_gaps(NOW + 2 * HOUR) == []


def test_paths_miss_nothing_while_they_are_disabled(scripted: Site, controller: Controller) -> None:
    for day in range(3):
        scripted.refuses("/analytics/paths", 403, "FEATURE_DISABLED")
        poll(controller, "paths", now=NOW + day * DAY)
    scripted.says("/analytics/paths", [], at=NOW + 3 * DAY)
    for _ in range(3):
        poll(controller, "paths", now=NOW + 3 * DAY)
    assert Stream.objects.get(kind="paths").cursor == TEN + 3 * DAY
    start = HealedGap.objects.filter(kind="paths").values_list("start", flat=True)
    assert all(at >= TEN + 2 * DAY for at in start)
