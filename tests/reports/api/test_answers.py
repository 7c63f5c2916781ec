"""Live instants are told on the store's own clock, as Python's own datetimes would be, whatever they are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import example, given
from hypothesis import strategies as st

from reports.api.answers import occupancy_answers
from reports.live import Place, StoreOccupancy, ZoneOccupancy
from reports.live.instants import us_of

# Clocks in Europe are put back at 01:00 UTC, those in New York a week later.
CHANGE = us_of(datetime(2026, 10, 25, 1, tzinfo=UTC))
instants = st.none() | st.integers(CHANGE - 4 * 10**9, CHANGE + 10**12) | st.just(CHANGE)
clocks = st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "UTC"])


def shown(at_us: int | None, clock: str) -> str | None:
    if at_us is None:
        return None
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at_us)).astimezone(ZoneInfo(clock)).isoformat()


@given(st.lists(st.tuples(clocks, instants, instants), max_size=10))
@example([("Europe/Berlin", CHANGE - 1, CHANGE), ("Europe/Berlin", CHANGE, CHANGE - 3_600_000_000)])
def test_instants_are_told_on_the_stores_own_clock(given: list[tuple[str, int | None, int | None]]) -> None:
    now_us = CHANGE + 10**12
    items = [
        StoreOccupancy(Place(1, "S1", "", clock, None), 0, None, at, [ZoneOccupancy(1, 1, "z", "", 0, None, of, None)])
        for clock, at, of in given
    ]
    for (clock, at, of), answer in zip(given, occupancy_answers(items, now_us), strict=True):
        for told, us in ((answer, at), (answer.zones[0], of)):
            assert told.as_of == shown(us, clock)
            assert told.age_s == (None if us is None else (now_us - us) // 1_000_000)
