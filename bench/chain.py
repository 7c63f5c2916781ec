"""A chain that was never measured: its registry and its rollups, made in the database itself, at any size.

Each store has two entrances, two areas and two queues. Rollups are those of days and months for stores and zones, of hours
for stores, and the sums of regions: what reports read. At full size they are a hundred million rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time, timedelta
from time import perf_counter
from typing import Any

from django.db import connection

LAST = date(2026, 11, 1)
"""The day after the last one that there is anything of."""
_ZONES = ("Europe/Berlin", "Europe/London", "Europe/Paris", "Europe/Madrid", "Europe/Rome", "America/New_York",
          "America/Los_Angeles", "Asia/Tokyo", "Asia/Kathmandu")  # fmt: skip

_KINDS = {
    "entrance_a": "entrance", "entrance_b": "entrance", "floor": "area", "promo": "area", "checkout_1": "queue",
    "checkout_2": "queue",
}  # fmt: skip

# Buckets of stores: open and closed apart, as the clock of each has them. Days come one after the other, as in life.
_BUCKETS = """
    SELECT store.id AS store_id, local, local AT TIME ZONE store.timezone AS start, is_open, store.capacity
    FROM generate_series(%(first)s::timestamp, %(last)s::timestamp - interval '1 second', %(step)s::interval) AS local,
         sites_app_store store, (VALUES (true), (false)) AS openness (is_open)
    WHERE (%(step)s = '1 day' OR is_open = (local::time >= '08:00' AND local::time < '20:00'))
      AND local AT TIME ZONE store.timezone AT TIME ZONE store.timezone = local  -- some hours are skipped
"""
_FIGURES = {
    "occupancy": (
        "covered_us, person_us, capacity_us, capacity_person_us, peak, peak_at, peak_utilisation, lowest",
        "{length}, ({length} * random() * 60)::bigint, {length} * 200, ({length} * random() * 60)::bigint, "
        "(random() * 200)::int, start + random() * interval '50 minutes', random(), 0",
        "area",
    ),
    "queue": (
        "covered_us, person_us, peak, peak_at, wait_person_us, waited_person_us, longest_wait_ms, over_us, threshold_us, "
        "breaches",
        "{length}, ({length} * random() * 6)::bigint, (random() * 20)::int, start + random() * interval '50 minutes', "
        "({length} * random() * 60000)::numeric(38, 0), ({length} * random() * 6)::bigint, (random() * 600000)::bigint, "
        "({length} * random())::bigint, {length}, (random() * 5)::bigint",
        "queue",
    ),
    "footfall": (
        "visitors_in, visitors_out, complete_quarters, intervals, healed",
        "(random() * 1000)::bigint, (random() * 1000)::bigint, {length} / 900000000, {length} / 900000000, 0",
        "entrance",
    ),
    "dwell": (
        "intervals, weighted_ms, weight, visits",
        "{length} / 3600000000, (random() * 1e9)::bigint, (random() * 1000)::bigint, (random() * 1000)::bigint",
        "",
    ),
}  # fmt: skip


def make_registry(stores: int, *, prefix: str = "") -> None:
    """Regions, stores with their hours, controllers and zones. Stores of a district share their clock and hours."""
    from sites_app.models import Controller, OpeningHours, Region, SpecialHours, Store, Zone

    top = Region.objects.create(code=f"{prefix}chain", name=f"{prefix}Chain")
    areas = [Region.objects.create(code=f"{prefix}area-{n}", name=f"Area {n}", parent=top) for n in range(8)]
    districts = [
        Region.objects.create(code=f"{prefix}district-{n}", name=f"District {n}", parent=areas[n % 8])
        for n in range(max(9, stores // 20))
    ]
    made = Store.objects.bulk_create(
        Store(
            code=f"{prefix}S{n:05}",
            name=f"Store {n}",
            region=districts[n % len(districts)],
            timezone=_ZONES[n % len(districts) % len(_ZONES)],
            capacity=250 if n % 3 else None,
        )
        for n in range(stores)
    )
    OpeningHours.objects.bulk_create(
        OpeningHours(store=store, weekday=day, opens=time(8, 15 * (n % len(districts) % 4)), closes=time(20))
        for n, store in enumerate(made)
        for day in range(1, 7)
    )
    SpecialHours.objects.bulk_create(SpecialHours(store=store, date=date(2025, 12, 25)) for store in made)
    controllers = Controller.objects.bulk_create(
        Controller(store=store, name="Controller 1", base_url="http://127.0.0.1:9/api/v1", api_key="a key")
        for store in made
    )
    Zone.objects.bulk_create(
        (
            Zone(
                store=controller.store,
                controller=controller,
                zone_id=name,
                code=name,
                kind=kind,
                has_occupancy=kind == "area",
                has_dwell=True,
            )
            for controller in controllers
            for name, kind in _KINDS.items()
        ),
        batch_size=2_000,
    )


def make_rollups(months: int, *, hours: bool) -> Iterator[str]:
    """Rollups of the last so many months; yields what has been made."""
    first = LAST
    for _ in range(months):
        first = (first - timedelta(days=1)).replace(day=1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.5)")
        for measure, (names, values, kind) in _FIGURES.items():
            began, count = perf_counter(), 0
            count += _fill(cursor, measure, "day", names, values, None, first)
            count += _fill(cursor, measure, "day", names, values, kind, first)
            count += _months(cursor, measure, names)
            if hours:
                count += _fill(cursor, measure, "hour", names, values, None, first)
            yield f"{measure}: {count:,} rows in {perf_counter() - began:.0f} s"


def _fill(cursor: Any, measure: str, grain: str, names: str, values: str, kind: str | None, first: date) -> int:
    """Rollups of stores, or of their zones of a kind ('' is any)."""
    length = {"day": "43200000000::bigint", "hour": "3600000000::bigint"}[grain]
    zone, source = "0", f"({_BUCKETS}) AS bucket"
    if kind is not None:
        zone = "zone.id"
        source += f" JOIN sites_app_zone zone USING (store_id) WHERE '{kind}' IN ('', zone.kind)"
    cursor.execute(
        f"INSERT INTO reports_{measure}rollup (store_id, zone_id, grain, start, is_open, local, {names}) "
        f"SELECT store_id, {zone}, '{grain}', start, is_open, local, "
        f"{values.format(length=length)} FROM {source}",
        {"first": first, "last": LAST, "step": "1 day" if grain == "day" else "1 hour"},
    )
    return int(cursor.rowcount)


def _months(cursor: Any, measure: str, names: str) -> int:
    from reports.merging import MERGES

    merge = next(merge for merge in MERGES.values() if merge.table == f"reports_{measure}rollup")
    figures = ", ".join(merge.expressions[name] for name in names.split(", "))
    cursor.execute(
        f"INSERT INTO {merge.table} (store_id, zone_id, grain, start, is_open, local, {names}) "
        f"SELECT store_id, zone_id, 'month', min(start), is_open, date_trunc('month', local), {figures} "
        f"FROM {merge.table} WHERE grain = 'day' GROUP BY store_id, zone_id, is_open, date_trunc('month', local)"
    )
    return int(cursor.rowcount)


def settle() -> None:
    """Take the rollups as made with the registry as it is, make the sums of regions, and gather statistics."""
    from reports import basis

    with connection.cursor() as cursor:
        while basis.take_note(cursor, limit=100_000):
            pass
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
