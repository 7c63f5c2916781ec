"""``python -m tests.operations.releasing APP.MIGRATION…``: an installation as of these migrations, with data, in an empty database.

With ``--upgraded`` the tables are today's: what is written is what a process of that release writes that hasn't been
stopped yet when an upgrade has migrated the database. Written through the models as they were then, never through today's code; facts and rollups through SQL, as it was then.
"""

from __future__ import annotations

import hashlib
import os
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import django

API_KEY = "xk_of-the-release-before"
CONTROLLER_KEY = "controller-key-of-the-release-before"
MONDAY = datetime(2025, 11, 3, tzinfo=UTC)
LONG_AGO = datetime(2019, 3, 4, tzinfo=UTC)
"""A day whose facts are long past their retention: only its rollup is left."""
VISITORS, PEOPLE, VISITORS_LONG_AGO = 7, 12, 4_321
QUARTER = timedelta(minutes=15)

_PARTITION = "CREATE TABLE {0}_{1:%Y_%m} PARTITION OF {0} FOR VALUES FROM ('{1:%Y-%m-01}') TO ('{1:%Y}-12-01')"
_FOOTFALL = """
    INSERT INTO ingest_footfallinterval (store_id, zone_id, start, "end", received_at, count_in, count_out, complete)
    VALUES (%s, %s, %s, %s, %s, %s, %s, true)
"""
_OCCUPANCY = """
    INSERT INTO ingest_occupancysample (store_id, zone_id, observed_at, received_at, people, capacity)
    VALUES (%s, %s, %s, %s, %s, 40)
"""
_ROLLUP = """
    INSERT INTO reports_footfallrollup
        (store_id, zone_id, grain, start, is_open, local, visitors_in, visitors_out, complete_quarters, intervals, healed)
    VALUES (%s, %s, %s, %s, true, %s, %s, %s, 96, 96, 0)
"""

_DIRTY = "INSERT INTO ingest_dirty (store_id, measure, quarter) VALUES (%s, 'footfall', %s)"


def install(names: list[tuple[str, str]], *, upgraded: bool) -> Any:
    """Migrate to these, and no further unless it's to be ``upgraded``; the models as they were."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    libraries = [leaf for leaf in executor.loader.graph.leaf_nodes() if leaf[0] not in dict(names)]
    targets = [*libraries, *names]
    executor.migrate(executor.loader.graph.leaf_nodes() if upgraded else targets)
    return executor.loader.project_state(targets).apps


def populate(apps: Any) -> None:
    """A store with an entrance and an area, one zone that was retired by hand, its manager, a key, and a day of facts."""
    from django.db import connection

    from xovis_platform.upgrades.released import APPS

    def model(name: str) -> Any:
        return apps.get_model("sites_app", name).objects

    region = model("Region").create(code="north", name="North")
    store = model("Store").create(code="S1", name="One", region=region, timezone="UTC", capacity=40)
    controller = model("Controller").create(
        store=store, name="C", base_url="http://127.0.0.1:9/api/v1", api_key=CONTROLLER_KEY, enabled=False
    )
    common = {"store": store, "controller": controller, "appeared_at": LONG_AGO}
    door = model("Zone").create(zone_id="door", code="door", name="Door", kind="entrance", **common)
    area = model("Zone").create(zone_id="area", code="area", name="Area", kind="area", has_occupancy=True, **common)
    model("Zone").create(zone_id="old", code="old", name="Old", kind="area", retired_at=MONDAY, **common)
    digest = hashlib.sha256(API_KEY.encode()).hexdigest()
    model("ApiKey").create(name="BI", prefix=API_KEY[:10], digest=digest, scopes=["read"])
    manager = apps.get_model("auth", "User").objects.create(username="manager")
    model("Membership").create(user=manager, region=region)
    with connection.cursor() as cursor:
        for table in ("ingest_footfallinterval", "ingest_occupancysample"):
            cursor.execute(_PARTITION.format(table, MONDAY))
        for number in range(96):
            start = MONDAY + number * QUARTER
            fact = [store.pk, door.pk, start, start + QUARTER, start + QUARTER, VISITORS, VISITORS]
            cursor.execute(_FOOTFALL, fact)
            cursor.execute(_DIRTY, [store.pk, start])
        for minute in range(24 * 60):
            at = MONDAY + timedelta(minutes=minute)
            cursor.execute(_OCCUPANCY, [store.pk, area.pk, at, at, PEOPLE])
        for zone in (0, door.pk):
            counts = [VISITORS_LONG_AGO, VISITORS_LONG_AGO]
            local = LONG_AGO.replace(tzinfo=None)
            cursor.execute(_ROLLUP, [store.pk, zone, "day", LONG_AGO, local, *counts])
    for table in (table for app in APPS for table in apps.get_app_config(app).get_models()):
        table.objects.values().first()  # by name, all columns that it had


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xovis_platform.settings")
    django.setup()
    upgraded = "--upgraded" in sys.argv
    names = [argument.split(".", 1) for argument in sys.argv[1:] if argument != "--upgraded"]
    populate(install([(app, name) for app, name in names], upgraded=upgraded))


if __name__ == "__main__":
    main()
