"""What windows were cut into is remembered by its size, so that exports of years by quarters don't fill the memory."""

from __future__ import annotations

import gc
from datetime import UTC, date, datetime, timedelta
from weakref import ref
from zoneinfo import ZoneInfo

from ingest.models import Measure
from reports.cuts import Cut, cut
from reports.expected import EVER, Expectation
from reports.measures import SPECS
from reports.trading import trading
from sites_app.hours import TradingHours

BERLIN = ZoneInfo("Europe/Berlin")
DAY = timedelta(days=1)
FIRST = date(2024, 1, 1)


def of_quarters(first: date, days: int) -> Cut:
    """A window cut into quarters, of which a report has asked all that it asks."""
    found = cut(first, first + days * DAY, "15m", BERLIN)
    expectation = Expectation(SPECS[Measure.FOOTFALL], True, datetime(2026, 1, 1, tzinfo=UTC))
    always = trading(TradingHours("Europe/Berlin", (), ()))
    assert len(expectation.microseconds(always, found, EVER)) == len(found) == len(found.texts)
    assert sum(expectation.together((((always, EVER), 2),), found)) == 2 * len(found) * 900_000_000
    return found


def test_a_window_that_is_asked_for_again_is_cut_once() -> None:
    assert of_quarters(FIRST, 7) is of_quarters(FIRST, 7)


def test_windows_of_an_export_make_room_for_each_other() -> None:
    seen = [ref(of_quarters(FIRST + number * DAY, 90)) for number in range(12)]
    gc.collect()
    kept = [window for window in (window() for window in seen) if window is not None]
    assert 0 < sum(map(len, kept)) <= 40_000
    assert kept[-1].start == of_quarters(FIRST + 11 * DAY, 90).start


def test_a_window_beyond_all_room_is_cut_and_not_kept() -> None:
    window = ref(of_quarters(FIRST, 600))
    gc.collect()
    assert window() is None
