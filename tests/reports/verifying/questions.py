"""The questions that a chain is asked: every report in every granularity, by everything, and samples of all that combines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from random import Random

from ingest.models import Measure
from reports.request import BYS, COMPARES, GRANULARITIES, HOURS, PROFILES, Compare, Granularity, ReportRequest
from tests.reports.verifying.chain import Chain

_EVERY = (*GRANULARITIES, *PROFILES)
_COARSE: tuple[Granularity, ...] = ("total", "week", "month")
_FINE = ("15m", "hour", "hour_of_week")
_SOME = 12


def plain(first: date, last: date) -> Iterator[ReportRequest]:
    """Every measure in every granularity by everything, of trading hours and of all."""
    for measure, granularity, by, hours in product(Measure, _EVERY, BYS, HOURS):
        yield ReportRequest(measure, first, last, granularity, by, hours)


def of_stores(measure: Measure, codes: Sequence[str], first: date, last: date, week: int) -> Iterator[ReportRequest]:
    """Every granularity by store and by zone, of some stores. Quarters of trading hours alone are those of one week."""
    stores = tuple(codes)
    for granularity, by, hours in product(_EVERY, ("store", "zone"), HOURS):
        start, end = first, last
        if granularity == "15m" and hours == "open":
            start = first + timedelta(days=7 * week % max(1, (last - first).days))
            end = min(last, start + timedelta(days=7))
        yield ReportRequest(measure, start, end, granularity, by, hours, stores=stores)  # type: ignore[arg-type]


def together(measure: Measure, first: date, last: date) -> Iterator[ReportRequest]:
    """Every granularity of regions and the chain; of all stores and zones those that have few rows."""
    for granularity, by, hours in product(_EVERY, ("region", "chain"), HOURS):
        yield ReportRequest(measure, first, last, granularity, by, hours)  # type: ignore[arg-type]
    for coarse, by, hours in product(_COARSE, ("store", "zone"), HOURS):
        yield ReportRequest(measure, first, last, coarse, by, hours)  # type: ignore[arg-type]


def compared(first: date, last: date) -> Iterator[ReportRequest]:
    """Every measure compared in every way, like for like and not."""
    ways: list[tuple[Compare, bool]] = [(compare, like) for compare in COMPARES for like in (False, True)]
    for number, (measure, (compare, like)) in enumerate(product(Measure, ways)):
        granularity, by = _EVERY[number % len(_EVERY)], BYS[number % len(BYS)]
        yield ReportRequest(
            measure, first, last, granularity, by, HOURS[number % 2], compare=compare, like_for_like=like
        )


def narrowed(request: ReportRequest, chain: Chain, random: Random) -> ReportRequest:
    """The request as it is, or of some stores only where it would have a row for each hour of all."""
    if request.by_place and request.granularity in _FINE and not request.stores and len(chain.stores) > 2 * _SOME:
        return replace(request, stores=tuple(random.sample([store.code for store in chain.stores], _SOME)))
    return request


def mixed(chain: Chain, first: date, last: date, *, seed: int, count: int) -> Iterator[ReportRequest]:
    """A sample of everything: windows of days and of instants, filters, comparisons."""
    random = Random(seed)
    regions = sorted({store.region.code for store in chain.stores} | {"europe"})
    zones = [f"{store.code}/{zone.code}" for store in chain.stores for zone in chain.zones[store.pk]]
    for _ in range(count):
        start, end = _window(random, first, last)
        compare = random.choice((*COMPARES, "", ""))
        yield ReportRequest(
            random.choice(list(Measure)),
            start,
            end,
            random.choice(_EVERY),
            random.choice(BYS),
            random.choice(HOURS),
            stores=tuple(random.sample([store.code for store in chain.stores], 2)) if random.random() < 0.2 else (),
            regions=(random.choice(regions),) if random.random() < 0.3 else (),
            tags=(random.choice(("even", "odd", "city")),) if random.random() < 0.3 else (),
            zones=tuple(random.sample(zones, min(4, len(zones)))) if random.random() < 0.3 else (),
            compare=compare,
            like_for_like=bool(compare) and random.random() < 0.3,
        )


def _window(random: Random, first: date, last: date) -> tuple[date | datetime, date | datetime]:
    days = (last - first).days
    offset = random.randrange(days)
    start = first + timedelta(days=offset)
    end = start + timedelta(days=random.randint(1, days - offset))
    if random.random() < 0.6:
        return start, end
    instants = [datetime(day.year, day.month, day.day, tzinfo=UTC) for day in (start, end)]
    shifts = [timedelta(minutes=15 * random.randrange(96)), timedelta(minutes=15 * random.randrange(1, 96))]
    return instants[0] + shifts[0], instants[1] + shifts[0] + shifts[1]
