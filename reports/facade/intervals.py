"""How things went, by intervals: footfall and dwell from the facts, paths from their rollups. One query each.

What isn't known has no row. An interval of footfall of which a part is missing isn't ``complete``; a longer one of dwell
or paths is told once all of it has been fetched.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Min

from ingest.models import DwellInterval, Stream
from reports.facade.asked import HOUR, QUARTER, Intervals, last_over
from reports.facade.places import Place, zones_of
from reports.facade.refusals import Refused
from sites_app.models import Controller, Zone

Row = dict[str, Any]

MAX_ROWS = 250_000
"""What one answer has at most: a quarter of an hour of 250,000 entrances, or a week of 370."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_COUNTS = """
    SELECT zone.zone_id, bin, count_in, count_out, complete
    FROM unnest(%(store_ids)s::bigint[], %(zone_ids)s::bigint[]) WITH ORDINALITY AS zone (store_id, zone_id, number)
    CROSS JOIN LATERAL (
        SELECT extract(epoch FROM date_bin(%(step)s, start, 'epoch'))::bigint AS bin,
               sum(count_in) AS count_in, sum(count_out) AS count_out,
               count(*) FILTER (WHERE complete AND "end" <= %(now)s) = %(quarters)s AS complete
        FROM ingest_footfallinterval fact
        WHERE fact.store_id = zone.store_id AND fact.zone_id = zone.zone_id
          AND start >= %(start)s AND start < %(end)s AND start <= %(now)s
        GROUP BY bin
    ) figure
    ORDER BY number, bin
"""
# Quarters of paths are the hours that controllers tell, each put where it starts.
_PATHS = """
    WITH hour AS (
        SELECT store.number, from_zone_id, to_zone_id,
               extract(epoch FROM date_bin(%(step)s, start, 'epoch'))::bigint AS bin, count
        FROM unnest(%(store_ids)s::bigint[], %(ends)s::timestamptz[]) WITH ORDINALITY AS store (id, ends, number)
        CROSS JOIN LATERAL (
            SELECT from_zone_id, to_zone_id, start, count
            FROM reports_pathrollup
            WHERE store_id = store.id AND grain = 'quarter' AND from_zone_id >= 0
              AND start >= %(start)s AND start < store.ends
              AND (%(zone_ids)s::bigint[] IS NULL
                   OR from_zone_id = ANY(%(zone_ids)s) OR to_zone_id = ANY(%(zone_ids)s))
        ) told
        LIMIT %(most)s + 1
    )
    SELECT from_zone_id, to_zone_id, bin, sum(count), count(*)
    FROM hour
    GROUP BY number, from_zone_id, to_zone_id, bin
    ORDER BY number, bin, from_zone_id, to_zone_id
"""


def counts(place: Place, location: str | None, asked: Intervals, now: datetime) -> Iterator[Row]:
    """Footfall by entrance and interval; the running interval as far as it is known. Raises ``Refused``."""
    zones = zones_of(place, location).filter(kind=Zone.Kind.ENTRANCE)
    told = list(zones.values_list("pk", "store_id", "store__code", "code", "name"))
    if len(told) * len(asked.before(now)) > MAX_ROWS:
        raise _too_many(f"{len(told):,} entrances in {len(asked.before(now)):,} intervals")
    names = {pk: (place.named(store, code), name) for pk, _, store, code, name in told}
    given = {
        "store_ids": [store_id for _, store_id, *_ in told],
        "zone_ids": list(names),
        "step": asked.step,
        "quarters": asked.step // QUARTER,
        "start": asked.start,
        "end": asked.end,
        "now": now,
    }
    return _counts_rows(_select(_COUNTS, given), names, asked.step)


def dwell(zone: Zone, shown: str, asked: Intervals | None, step: timedelta, now: datetime) -> list[Row]:
    """Stays in a zone by interval; without a window the last interval that is over and known."""
    wanted = asked or last_over(now, step, 2)
    whole = wanted.over_at(now if step == HOUR else _fetched(zone.controller_id, now))
    facts = DwellInterval.objects.filter(store=zone.store_id, zone=zone, start__gte=whole.start, start__lt=whole.end)
    hours: dict[datetime, list[tuple[int, int | None]]] = defaultdict(list)
    for start, average, visits in facts.order_by("start").values_list("start", "average_dwell_ms", "visits"):
        hours[start - (start - _EPOCH) % step].append((average, visits))
    rows = [{"zoneId": shown, **_edges(int(start.timestamp()), step), **_stay(known)} for start, known in hours.items()]
    return rows if asked else rows[-1:]


def paths(place: Place, location: str | None, asked: Intervals, now: datetime) -> Iterator[Row]:
    """How many went from zone to zone, by interval. Raises ``Refused``."""
    told = list(zones_of(place, location).values_list("pk", "store_id", "store__code", "code"))
    stores = sorted({(code, store_id) for _, store_id, code, _ in told})
    _check_enabled([store_id for _, store_id in stores])
    until = {} if asked.step == HOUR else _all_fetched([store_id for _, store_id in stores])
    names = _names(place, [store_id for _, store_id in stores])
    given = {
        "store_ids": [store_id for _, store_id in stores],
        "ends": [asked.over_at(min(now, until.get(store_id) or now)).end for _, store_id in stores],
        "zone_ids": None if location is None else [pk for pk, *_ in told],
        "step": asked.step,
        "start": asked.start,
        "most": MAX_ROWS,
    }
    rows = list(_select(_PATHS, given))
    if sum(row[-1] for row in rows) > MAX_ROWS:
        raise _too_many("so many paths")
    return _paths_rows(rows, names, asked.step)


def _select(statement: str, given: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        while rows := cursor.fetchmany(5_000):
            yield from rows


def _counts_rows(rows: Iterable[tuple[Any, ...]], names: dict[int, tuple[str, str]], step: timedelta) -> Iterator[Row]:
    edges: dict[int, Row] = {}
    for zone_id, start, count_in, count_out, complete in rows:
        shown, name = names[zone_id]
        if start not in edges:
            edges[start] = _edges(start, step)
        yield {
            "zoneId": shown,
            "name": name,
            **edges[start],
            "in": int(count_in),
            "out": int(count_out),
            "complete": complete,
        }


def _paths_rows(rows: Iterable[tuple[Any, ...]], names: dict[int, str | None], step: timedelta) -> Iterator[Row]:
    edges: dict[int, Row] = {}
    for from_zone, to_zone, start, count, _ in rows:
        if start not in edges:
            edges[start] = _edges(start, step)
        yield {
            "fromZoneId": names[from_zone],
            "toZoneId": names[to_zone],
            **edges[start],
            "count": int(count),
        }


def _names(place: Place, store_ids: Sequence[int]) -> dict[int, str | None]:
    """What all zones of these stores are called here; the outside is null."""
    zones = Zone.objects.filter(store__in=store_ids).values_list("pk", "store__code", "code")
    return {0: None, **{pk: place.named(store, code) for pk, store, code in zones}}


def _edges(start: int, step: timedelta) -> Row:
    began = datetime.fromtimestamp(start, UTC)
    return {"start": f"{began:%Y-%m-%dT%H:%M:%SZ}", "end": f"{began + step:%Y-%m-%dT%H:%M:%SZ}"}


def _stay(hours: Sequence[tuple[int, int | None]]) -> Row:
    """The mean over some hours by their visits; hours without them weigh 1, and leave the sum unknown."""
    weight = sum(1 if visits is None else visits for _, visits in hours)
    total = sum(average * (1 if visits is None else visits) for average, visits in hours)
    visits = [visits for _, visits in hours if visits is not None]
    return {
        "average_dwell_ms": round(total / weight) if weight else 0,
        "visits": sum(visits) if len(visits) == len(hours) else None,
    }


def _check_enabled(store_ids: Sequence[int]) -> None:
    """Where every controller says that it has no paths, there is nothing to ask for."""
    said = set(Controller.objects.filter(store__in=store_ids).values_list("path_analytics", flat=True))
    if said == {False}:
        raise Refused(403, "Path Analytics isn't enabled in XCS.")


def _fetched(controller_id: UUID, now: datetime) -> datetime:
    """Up to when a controller's dwell has been fetched whole; a Xovis sensor's comes with its footfall."""
    streams = Stream.objects.filter(controller=controller_id, kind__in=(Stream.Kind.DWELL, Stream.Kind.FOOTFALL))
    cursors = dict(streams.values_list("kind", "cursor"))
    cursor = cursors.get(Stream.Kind.DWELL, cursors.get(Stream.Kind.FOOTFALL))
    return min(now, cursor or now)


def _all_fetched(store_ids: Sequence[int]) -> dict[int, datetime | None]:
    """Up to when all paths of a store have been fetched."""
    streams = Stream.objects.filter(
        controller__store__in=store_ids, kind=Stream.Kind.PATHS, controller__path_analytics=True
    )
    return dict(streams.values_list("controller__store").annotate(until=Min("cursor")))


def _too_many(what: str) -> Refused:
    return Refused(
        400,
        f"An answer has at most {MAX_ROWS:,} rows, and these would be more ({what}): "
        "ask for a shorter window, longer intervals or one location.",
    )
