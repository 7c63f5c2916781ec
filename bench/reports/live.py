"""Live occupancy: all stores, and that nothing has changed."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from bench.figures import Figure
from bench.reports.timing import alternately, p95, ratio


def run(stores: int) -> Iterator[Figure]:
    from django.db import connection
    from django.test import Client

    from sites_app.models import ApiKey, Store

    _make_live(stores)
    key, plain = ApiKey.generate("bench", scopes=["read"])
    key.save()
    client, headers = Client(SERVER_NAME="localhost"), {"Authorization": f"Apikey {plain}"}
    first = client.get("/api/v1/live/occupancy", headers=headers)
    assert first.status_code == 200, first.content
    count = Store.objects.count()

    def rows() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT store.code, store.name, zone.code, zone.name, state.people, state.capacity, state.occupancy_at "
                "FROM sites_app_store store JOIN sites_app_zone zone ON zone.store_id = store.id AND zone.has_occupancy "
                "JOIN ingest_zonestate state ON state.zone_id = zone.id ORDER BY store.code, zone.code"
            )
            cursor.fetchall()

    def known() -> None:
        answer = client.get("/api/v1/live/occupancy", headers={**headers, "If-None-Match": first["ETag"]})
        assert answer.status_code == 304

    ours, theirs, unchanged = alternately(lambda: client.get("/api/v1/live/occupancy", headers=headers), rows, known)
    yield Figure(
        f"live occupancy of {count:,} stores: beside SELECT ({median(theirs):.1f} ms)",
        ratio(ours, theirs),
        3,
        "×",
        True,
    )
    yield Figure("  its 95th percentile", p95(ours), 60, "ms", True)
    yield Figure("  not changed (304)", median(unchanged), 5, "ms", True)


def _make_live(stores: int) -> None:
    """So many stores, and the latest of their zones, which holds for long."""
    from django.db import connection

    from bench import chain
    from sites_app.models import Controller, Store

    if (missing := stores - Store.objects.count()) > 0:
        chain.make_registry(missing, prefix="live-")
    Controller.objects.update(poll_interval_s=3_600)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ingest_zonestate (zone_id, store_id, occupancy_at, occupancy_received_at, people, capacity) "
            "SELECT id, store_id, at, at, (random() * 100)::int, 200 FROM sites_app_zone, "
            # Each store is asked in a moment of its own.
            "LATERAL (SELECT now() - store_id * 7919 % 60000000 * interval '1 microsecond' AS at) AS poll WHERE has_occupancy"
        )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE ingest_zonestate, sites_app_store, sites_app_zone, sites_app_controller")
