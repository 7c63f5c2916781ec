"""A report by brute force: every quarter of every store, one after the other, added up as the definitions say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from ingest.models import Measure
from reports import calendar, figures, labels
from reports.calendar import QUARTER, Bucket, Window, day_start
from reports.comparing import Shift, previous_window, shift_of
from reports.measures import SPECS
from reports.request import ReportRequest
from sites_app.models import Region, Store, Zone, counting_zones
from tests.reports.verifying import quarters
from tests.reports.verifying.chain import Chain
from tests.reports.verifying.quarters import Quarters

_HOUR = timedelta(hours=1)
_MICROSECOND = timedelta(microseconds=1)
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Unit:
    """A store, or a zone of one: what is known of its quarters, and of which zones anything is expected."""

    store: Store
    names: tuple[str, ...]
    known: Quarters
    zones: Sequence[Zone | None]
    places: Sequence[tuple[str, ...]]


@dataclass(slots=True)
class Cell:
    """Totals, and how much of the expected time they cover."""

    totals: Any
    covered_us: int = 0
    expected_us: int = 0
    peak_store: str | None = None
    occurrences: set[Any] = field(default_factory=set)
    pairs: dict[Any, int] = field(default_factory=lambda: defaultdict(int))
    ends: set[datetime] = field(default_factory=set)


@dataclass(slots=True)
class Part:
    """What a stretch of a unit adds to a cell; ``totals`` is None where nothing is known of it."""

    totals: Any = None
    covered_us: int = 0
    expected_us: int = 0
    pairs: dict[Any, int] = field(default_factory=lambda: defaultdict(int))

    def __add__(self, other: Part) -> Part:
        pairs = self.pairs
        if other.pairs:
            pairs = defaultdict(int, self.pairs)
            for path, count in other.pairs.items():
                pairs[path] += count
        known = [totals for totals in (self.totals, other.totals) if totals is not None]
        return Part(
            known[0] + known[1] if len(known) > 1 else known[0] if known else None,
            self.covered_us + other.covered_us,
            self.expected_us + other.expected_us,
            pairs,
        )


class Brute:
    """All that was told of a chain, ready to be asked."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self._known: dict[tuple[Measure, int], tuple[Quarters, dict[int, Quarters]]] = {}
        self._pairs: dict[int, dict[datetime, dict[tuple[int, int], int]]] = {}
        self._hours = {store.pk: store.trading_hours() for store in chain.stores}
        self._codes = {zone.pk: zone.code for zones in chain.zones.values() for zone in zones}
        self._open: dict[int, dict[datetime, bool]] = defaultdict(dict)
        self._parts: dict[Any, dict[Bucket, Part]] = defaultdict(dict)

    def of_zone(self, measure: Measure, zone: Zone) -> Quarters:
        """The quarters of a zone."""
        return self._of(measure, zone.store_id)[1].get(zone.pk, {})

    def of_store(self, measure: Measure, store: Store) -> Quarters:
        """The quarters of a store as a whole."""
        return self._of(measure, store.pk)[0]

    def _of(self, measure: Measure, store_id: int) -> tuple[Quarters, dict[int, Quarters]]:
        if (measure, store_id) not in self._known:
            store = next(store for store in self.chain.stores if store.pk == store_id)
            by_zone = quarters.of_zones(self.chain, measure, store_id)
            self._known[measure, store_id] = quarters.of_store(self.chain, measure, store, by_zone), by_zone
        return self._known[measure, store_id]

    def report(self, request: ReportRequest) -> tuple[list[Row], Row]:
        """The rows, in the order of names and time, and the totals."""
        if request.measure == Measure.PATHS and request.by == "zone":
            request = replace(request, by="store")
        asked = _Asked(self, request)
        return asked.rows(), asked.totals()

    def is_open(self, store: Store, quarter: datetime) -> bool:
        known = self._open[store.pk]
        if quarter not in known:
            known[quarter] = self._hours[store.pk].is_open(quarter)
        return known[quarter]

    def parts(self, request: ReportRequest, unit: Unit) -> dict[Bucket, Part]:
        """The stretches of a unit that were added up already; paths of a place have its name, others don't."""
        of_place = request.measure == Measure.PATHS and request.by_place
        return self._parts[request.measure, request.hours, of_place, unit.names]

    def forget(self) -> None:
        """Forget all that was added up, to make room."""
        for remembered in (self._known, self._pairs, self._open, self._parts):
            remembered.clear()

    def pairs_of(self, store: Store, quarter: datetime) -> dict[tuple[int, int], int]:
        if store.pk not in self._pairs:
            self._pairs[store.pk] = quarters.pairs(self.chain, store.pk)
        return self._pairs[store.pk].get(quarter, {})

    def code_of(self, zone_id: int) -> str | None:
        return self._codes.get(zone_id)


class _Asked:
    def __init__(self, brute: Brute, request: ReportRequest) -> None:
        self.brute, self.request, self.spec = brute, request, SPECS[request.measure]
        self.shift = shift_of(request)
        self.stores = [store for store in brute.chain.stores if self._is_asked(store)]
        if request.like_for_like:
            self.stores = [store for store in self.stores if self._is_like(store)]

    def _is_asked(self, store: Store) -> bool:
        request = self.request
        above = self._above(store, whole=True)
        of_zones = {zone.partition("/")[0] for zone in request.zones}
        if request.zones and request.measure != Measure.PATHS and not self._zones(store):
            return False
        return (
            (not request.stores or store.code in request.stores)
            and (not request.regions or bool(set(above) & set(request.regions)))
            and (not request.tags or bool(set(store.tags) & set(request.tags)))
            and (not request.zones or store.code in of_zones)
        )

    @cached_property
    def _regions(self) -> dict[int, Region]:
        return {region.pk: region for region in Region.objects.all()}

    def _above(self, store: Store, *, whole: bool = False) -> list[str]:
        """The store's region and those above it; those that the report is of whole."""
        codes = []
        region: Region | None = self._regions[store.region_id]
        while region is not None:
            codes.append(region.code)
            region = self._regions.get(region.parent_id or 0)
        if whole or not self.request.regions:
            return codes
        last = max(place for place, code in enumerate(codes) if code in self.request.regions)
        return codes[: last + 1]

    def _measured(self, store: Store) -> list[Zone]:
        zones = self.brute.chain.zones[store.pk]
        if self.request.measure == Measure.OCCUPANCY:
            counting = {zone.pk for zone in counting_zones(zones)}
            return [zone for zone in zones if zone.has_occupancy or zone.pk in counting]
        if self.request.measure == Measure.DWELL:
            return [zone for zone in zones if self.brute.chain.told.dwell[zone.pk]]
        kind = {Measure.QUEUES: "queue", Measure.FOOTFALL: "entrance"}[self.request.measure]
        return [zone for zone in zones if zone.kind == kind]

    def _zones(self, store: Store) -> list[Zone]:
        wanted = self.request.zones
        return [zone for zone in self._measured(store) if not wanted or f"{store.code}/{zone.code}" in wanted]

    def units(self, *, whole: bool = False) -> Iterator[Unit]:
        """What the report adds up; ``whole``: stores, also where its rows are of zones."""
        by, measure = self.request.by, self.request.measure
        for store in self.stores:
            of_regions: list[tuple[str, ...]] = [(code,) for code in self._above(store)]
            places: list[tuple[str, ...]] = of_regions if by == "region" else [()] if by == "chain" else [(store.code,)]
            if measure == Measure.PATHS or (not self.request.zones and (by != "zone" or whole)):
                yield Unit(store, (store.code,), self.brute.of_store(measure, store), self._expected(store), places)
                continue
            for zone in self._zones(store):
                name = f"{store.code}/{zone.code}"
                of_zone = [(store.code, name)] if by == "zone" else places
                yield Unit(store, (store.code, name), self.brute.of_zone(measure, zone), [zone], of_zone)

    def _expected(self, store: Store) -> Sequence[Zone | None]:
        if self.request.measure == Measure.OCCUPANCY:
            return [None]
        if self.request.measure == Measure.PATHS:
            return [None] if any(c.path_analytics is not False for c in store.controllers.all()) else []
        return self._zones(store)

    # Periods

    def _window(self, store: Store, *, before: bool) -> Window:
        start, end = self.request.start, self.request.end
        if before:
            assert self.shift is not None
            start, end = previous_window(self.request, self.shift)
        return calendar.window_for(start, end, store.zone_info)

    def _buckets(self, store: Store) -> list[Bucket]:
        return calendar.buckets(self._window(store, before=False), self.request.bucket, store.zone_info)

    def _before(self, store: Store, bucket: Bucket) -> list[Bucket]:
        """What of the other period answers to a bucket."""
        shift, zone = self.shift, store.zone_info
        assert shift is not None
        if self.request.of_instants:
            assert shift.length is not None
            return [Bucket(bucket.start - shift.length, bucket.end - shift.length)]
        if self.request.bucket in ("total", "week", "month"):
            first, last = (shift.edge(edge.astimezone(zone).date()) for edge in (bucket.start, bucket.end))
            return [Bucket(day_start(first, zone), day_start(last, zone))]
        return self._answering(store, shift)[labels.by_the_clock(bucket, self.request.bucket, zone)[0]]

    def _answering(self, store: Store, shift: Shift) -> dict[datetime, list[Bucket]]:
        found: dict[datetime, list[Bucket]] = defaultdict(list)
        for bucket in calendar.buckets(self._window(store, before=True), self.request.bucket, store.zone_info):
            shown = labels.by_the_clock(bucket, self.request.bucket, store.zone_info)[0]
            day = shift.forward(shown.date())
            if day is not None:
                found[datetime.combine(day, shown.time())].append(bucket)
        return found

    # Adding up

    def _add(self, cell: Cell, unit: Unit, bucket: Bucket) -> bool:
        """Add a unit's bucket to a cell; whether anything is known of it."""
        part = self._part(unit, bucket)
        for path, count in part.pairs.items():
            cell.pairs[path] += count
        cell.expected_us += part.expected_us
        cell.covered_us += min(part.covered_us, part.expected_us)
        if part.totals is not None:
            before = cell.totals
            cell.totals = before + part.totals
            peak = getattr(part.totals, "peak", None)
            if peak is not None and _peak(cell.totals) == _peak(part.totals) != _peak(before):
                cell.peak_store = unit.store.code
        return part.totals is not None

    def _part(self, unit: Unit, bucket: Bucket) -> Part:
        """All that a bucket of a unit holds. Hours and days are added up once, and remembered for all reports."""
        remembered = None if self.request.zones else self.brute.parts(self.request, unit)
        if remembered is None or bucket.end - bucket.start <= QUARTER:
            return self._of_quarters(unit, bucket)
        found = remembered.get(bucket)
        if found is None:
            days = calendar.buckets(bucket, "day", unit.store.zone_info)
            if len(days) > 1:
                return sum((self._part(unit, day) for day in days), Part())
            found = remembered[bucket] = self._of_quarters(unit, bucket)
        return found

    def _of_quarters(self, unit: Unit, bucket: Bucket) -> Part:
        part = Part()
        life = self._life(unit.store)
        quarter = bucket.start
        while quarter < bucket.end:
            if self.request.hours == "all" or self.brute.is_open(unit.store, quarter):
                known = unit.known.get(quarter)
                is_expected = life.start <= quarter < min(life.end, self.brute.chain.now)
                if known is not None:
                    part.totals = known if part.totals is None else part.totals + known
                if is_expected:
                    of_quarter = sum(self._expected_us(quarter, zone) for zone in unit.zones)
                    part.expected_us += of_quarter
                    of_known = self._covered_us(unit, quarter, known)
                    # Samples hold on beyond this moment.
                    is_running = quarter + QUARTER > self.brute.chain.now
                    part.covered_us += min(of_known, of_quarter) if is_running else of_known
                if self.request.measure == Measure.PATHS:
                    for (start, end), count in self.brute.pairs_of(unit.store, quarter).items():
                        if self._path_is_asked(unit.store, start, end):
                            part.pairs[self._pair(unit.store, start, end)] += count
            quarter += QUARTER
        return part

    def _covered_us(self, unit: Unit, quarter: datetime, known: Any) -> int:
        """What is known of those zones alone of which anything is expected."""
        if None in unit.zones or not unit.zones or self.request.measure == Measure.PATHS:
            return self.spec.covered_us(known) if known is not None else 0
        there = [zone for zone in unit.zones if zone is not None and self._is_there(quarter, zone)]
        totals = (self.brute.of_zone(self.request.measure, zone).get(quarter) for zone in there)
        return sum(self.spec.covered_us(of_zone) for of_zone in totals if of_zone is not None)

    def _life(self, store: Store) -> Window:
        zone = store.zone_info
        start = day_start(store.opened_on, zone) if store.opened_on else _EARLIEST
        end = day_start(store.closed_on + timedelta(days=1), zone) if store.closed_on else _LATEST
        return Window(start, end)

    def _expected_us(self, quarter: datetime, zone: Zone | None) -> int:
        if zone is not None and not self._is_there(quarter, zone):
            return 0
        now = self.brute.chain.now
        if self.request.measure in (Measure.OCCUPANCY, Measure.QUEUES):
            return (min(quarter + QUARTER, now) - quarter) // _MICROSECOND
        if self.request.measure == Measure.FOOTFALL:
            return QUARTER // _MICROSECOND if quarter + QUARTER <= now else 0
        return _HOUR // _MICROSECOND if quarter.minute == 0 and quarter + _HOUR <= now else 0

    def _is_there(self, quarter: datetime, zone: Zone) -> bool:
        return (zone.appeared_at is None or quarter >= zone.appeared_at) and (
            zone.retired_at is None or quarter < zone.retired_at
        )

    def _path_is_asked(self, store: Store, start: int, end: int) -> bool:
        names = {f"{store.code}/{self.brute.code_of(zone)}" for zone in (start, end) if zone}
        return not self.request.zones or bool(names & set(self.request.zones))

    def _pair(self, store: Store, start: int, end: int) -> tuple[str | None, str | None]:
        codes = [self.brute.code_of(zone) for zone in (start, end)]
        if self.request.by_place:
            codes = [code and f"{store.code}/{code}" for code in codes]
        return codes[0], codes[1]

    def _is_like(self, store: Store) -> bool:
        life = self._life(store)
        unit = Unit(
            store, (store.code,), self.brute.of_store(self.request.measure, store), self._expected_whole(store), []
        )
        for before in (False, True):
            window = self._window(store, before=before)
            cell = Cell(self.spec.empty)
            self._add(cell, unit, window)
            if not cell.expected_us or cell.covered_us < 0.8 * cell.expected_us:
                return False
            if window.start < life.start or window.end > life.end:
                return False
        return True

    def _expected_whole(self, store: Store) -> Sequence[Zone | None]:
        if self.request.measure in (Measure.OCCUPANCY, Measure.PATHS):
            return self._expected(store)
        return self._measured(store)

    # Rows

    def rows(self) -> list[Row]:
        cells: dict[Any, list[Cell]] = {}
        label = self._label()
        for unit in self.units():
            for bucket in self._buckets(unit.store):
                self._row(cells, unit, bucket, label)
        if self.request.is_profile and self.shift is not None:
            for unit in self.units():
                self._profile_before(cells, unit)
        shown = [self._shown(key, of_periods) for key, of_periods in cells.items()]
        return [row for rows in (shown[place] for place in _order(list(cells))) for row in rows]

    def _row(self, cells: dict[Any, list[Cell]], unit: Unit, bucket: Bucket, label: Any) -> None:
        for place in unit.places:
            start, end = label(unit.store, bucket)
            key = (place, self._profile(unit.store, bucket) if self.request.is_profile else start)
            of_periods = cells.setdefault(key, [Cell(self.spec.empty) for _ in range(2 if self.shift else 1)])
            of_periods[0].ends.add(end)
            known = self._add(of_periods[0], unit, bucket)
            if known:
                of_periods[0].occurrences.add(self._occurrence(unit.store, bucket))
            if self.shift and not self.request.is_profile:
                for other in self._before(unit.store, bucket):
                    self._add(of_periods[1], unit, other)

    def _profile_before(self, cells: dict[Any, list[Cell]], unit: Unit) -> None:
        window = self._window(unit.store, before=True)
        for bucket in calendar.buckets(window, self.request.bucket, unit.store.zone_info):
            for place in unit.places:
                of_periods = cells.get((place, self._profile(unit.store, bucket)))
                if of_periods and self._add(of_periods[1], unit, bucket):
                    of_periods[1].occurrences.add(self._occurrence(unit.store, bucket))

    def _profile(self, store: Store, bucket: Bucket) -> int:
        shown = labels.by_the_clock(bucket, self.request.bucket, store.zone_info)[0]
        return {
            "hour_of_day": shown.hour,
            "day_of_week": shown.isoweekday(),
            "hour_of_week": (shown.isoweekday() - 1) * 24 + shown.hour,
        }[self.request.granularity]

    def _occurrence(self, store: Store, bucket: Bucket) -> Any:
        shown = labels.by_the_clock(bucket, self.request.bucket, store.zone_info)[0]
        if self.request.bucket == "day":
            return shown.date()
        return bucket.start if self.request.by_place else shown.replace(minute=0)

    def _label(self) -> Any:
        request = self.request
        cut = {store.timezone: (store.zone_info, self._buckets(store)) for store in self.stores}
        if request.by_place or labels.agree(cut.values()):
            return lambda store, bucket: labels.with_offset(bucket, store.zone_info)
        if request.granularity == "total" and request.of_instants:
            return lambda _, bucket: labels.with_offset(bucket, ZoneInfo("UTC"))
        return lambda store, bucket: labels.by_the_clock(bucket, request.bucket, store.zone_info)

    def _shown(self, key: Any, of_periods: list[Cell]) -> list[Row]:
        place, start = key
        row: Row = {}
        if self.request.by_place:
            row["store"] = place[0]
        row |= {"zone": place[1]} if len(place) > 1 else {}
        row |= {"region": place[0]} if self.request.by == "region" else {}
        if self.request.is_profile:
            row["occurrences"] = len(of_periods[0].occurrences)
            row |= {self.request.granularity: start}
        else:
            row |= {"start": start.isoformat(), "end": labels.end_of(start, of_periods[0].ends).isoformat()}
        if self.request.measure != Measure.PATHS:
            return [{**row, **self.figures(of_periods)}]
        return [
            {**row, "from_zone": pair[0], "to_zone": pair[1], **self._path(pair, of_periods)}
            for pair in sorted(of_periods[0].pairs, key=lambda pair: [(code is not None, code or "") for code in pair])
        ]

    def figures(self, of_periods: list[Cell]) -> Row:
        exact = [self._exact(cell) for cell in of_periods]
        row = self._rounded(exact[0], of_periods[0])
        if self.spec.peaks and not self.request.by_place:
            row["peak_store"] = of_periods[0].peak_store
        row["coverage"] = _coverage(of_periods[0])
        if len(of_periods) > 1:
            row["previous"] = {**self._rounded(exact[1], of_periods[1]), "coverage": _coverage(of_periods[1])}
            row["change"] = {
                name: figures.share(figures.change(exact[0][name], exact[1][name]))
                for name in exact[0]
                if name != "peak_at"
            }
        return row

    def _exact(self, cell: Cell) -> Row:
        exact: Row = {column.name: column.of(cell.totals) for column in self.spec.columns}
        if self.request.is_profile:
            for column in self.spec.columns:
                if column.additive and exact[column.name] is not None:
                    exact[column.name] = exact[column.name] / len(cell.occurrences)
        return exact

    def _rounded(self, exact: Row, cell: Cell) -> Row:
        row: Row = {}
        for column in self.spec.columns:
            rounding = figures.people if column.additive and self.request.is_profile else column.rounding
            row[column.name] = rounding(exact[column.name])
            if column.name == "peak_at" and row["peak_at"] is not None:
                row["peak_at"] = self._store(cell.peak_store).local(row["peak_at"]).isoformat()
        return row

    def _store(self, code: str | None) -> Store:
        return next(store for store in self.stores if store.code == code)

    def _path(self, pair: Any, of_periods: list[Cell]) -> Row:
        counts = [self._count(cell, pair) for cell in of_periods]
        shares = [figures.path_shares(cell.pairs).get(pair) for cell in of_periods]
        shown = [
            {
                "count": figures.people(count) if self.request.is_profile else count,
                "share": figures.share(share),
                "coverage": _coverage(cell),
            }
            for count, share, cell in zip(counts, shares, of_periods, strict=True)
        ]
        row: Row = {**shown[0]}
        if len(of_periods) > 1:
            row |= {"previous": shown[1]}
            row["change"] = {
                "count": figures.share(figures.change(counts[0], counts[1])),
                "share": figures.share(figures.change(shares[0], shares[1])),
            }
        return row

    def _count(self, cell: Cell, pair: Any) -> float | None:
        count = cell.pairs.get(pair)
        if count is None or not self.request.is_profile:
            return count
        return count / len(cell.occurrences) if cell.occurrences else None

    def totals(self) -> Row:
        whole = replace(self.request, by="chain", granularity="total", order="", limit=None, like_for_like=False)
        asked = _Asked(self.brute, whole)
        asked.stores = self.stores
        of_periods = [Cell(self.spec.empty) for _ in range(2 if self.shift else 1)]
        for unit in asked.units():
            asked._add(of_periods[0], unit, asked._window(unit.store, before=False))
            if self.shift:
                asked._add(of_periods[1], unit, asked._window(unit.store, before=True))
        return asked.figures(of_periods)


_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2300, 1, 1, tzinfo=UTC)


def _peak(totals: Any) -> tuple[Any, Any]:
    return getattr(totals, "peak", None), getattr(totals, "peak_at", None)


def _coverage(cell: Cell) -> float | None:
    return figures.share(figures.coverage(cell.covered_us, cell.expected_us))


def _order(keys: list[Any]) -> list[int]:
    return sorted(range(len(keys)), key=lambda place: keys[place])
