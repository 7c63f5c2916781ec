"""Whatever is asked and however: a region's answer is the one of a chain that has no other stores."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import LazySettings
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, example, given
from hypothesis import settings as how
from hypothesis import strategies as st

from ingest import facts as writing
from ingest import gaps
from ingest.gaps import Gap
from ingest.models import Measure, Stream
from reports import exports, health, tasks
from reports.measures import SPECS
from reports.request import BYS, COMPARES, GRANULARITIES, HOURS, PROFILES
from reports.rollups import longer
from reports.stream.audience import Directory, Filters
from sites_app.access import principal_of_key
from sites_app.models import Controller, Region, Store, Zone
from sites_app.problems import Problem
from tests import chain
from tests.caller import Caller, key, person
from tests.reports.api.facts import LATER, QUARTER, every
from tests.reports.test_formats import read_parquet, read_xlsx

pytestmark = pytest.mark.django_db
NOON = "2025-11-03T12:00:00Z"
SEEN = ("Europe/Germany/North", "Europe/Germany/South", "Europe/Germany")
OTHERS = ("Europe/France", "Europe", "Asia/Nepal")
STORES = {under: f"S{number}" for number, under in enumerate((*SEEN, *OTHERS))}


def shop(code: str, under: str, much: int) -> None:
    """A store that has something of everything, of two days and of now: of no two stores as much."""
    zone = "Asia/Kathmandu" if under.startswith("Asia") else "Europe/Berlin"
    store = chain.store(code, under=under, timezone=zone, tags=["city", "odd" if much % 2 else "even"])
    chain.opens(store, "09:00", "18:00")
    controller = chain.controller(store, poll_interval_s=900)
    door, floor, till = (
        chain.zone(controller, name, kind, has_dwell=kind == "area")
        for name, kind in (("door", "entrance"), ("floor", "area"), ("till", "queue"))
    )
    written = writing.Facts()
    now = datetime.now(UTC) - timedelta(minutes=1)
    starts = [
        datetime.fromisoformat(at) for at in (*every(NOON, QUARTER, 12), *every("2025-11-04T10:00:00Z", QUARTER, 8))
    ]
    for at in (*starts, now):
        written.occupancy.append(writing.OccupancyRow(store.pk, floor.pk, at, at, much, 2 * much))
        written.queues.append(writing.QueueRow(store.pk, till.pk, at, at, much, 1000 * much, 2000 * much, 3))
    for at in starts:
        written.footfall.append(writing.FootfallRow(store.pk, door.pk, at, LATER, at + QUARTER, True, much, 2 * much))
        if at.minute == 0:
            hour = at + timedelta(hours=1)
            written.dwell.append(writing.DwellRow(store.pk, floor.pk, at, LATER, hour, 100 * much, much))
            written.paths.append(writing.PathRow(store.pk, door.pk, floor.pk, at, LATER, hour, much))
    writing.write(written)
    gaps.remember([Gap(controller.pk, "footfall", starts[0], starts[2 + much % 5])], healed_at=LATER)
    old = starts[0] - timedelta(days=30)
    Stream.objects.create(controller=controller, kind="dwell", due_at=now, cursor=starts[3], watched_from=old)
    Controller.objects.filter(pk=controller.pk).update(clock_skew_ms=much, last_success_at=starts[0])


@pytest.fixture
def callers(settings: LazySettings, tmp_path: Path) -> list[Caller]:
    """A key and a manager of Germany, in a chain that is more than that; one store has just moved away from it."""
    settings.EXPORT_DIR = str(tmp_path)
    for number, (under, code) in enumerate(STORES.items()):
        shop(code, under, 3**number)
    shop("MOVED", "Europe/Germany/South", 1001)
    tasks.roll_up()
    health.note_clocks(now=datetime.fromisoformat(NOON))
    Store.objects.filter(code="MOVED").update(region=chain.region("Europe/France"))  # not yet worked off
    germany = chain.region("Europe/Germany")
    return [Caller(f"Apikey {key(germany)[1]}"), Caller(user=person("manager", germany))]


@cache
def tables(column: str) -> tuple[str, ...]:
    """The tables that have a column, without their partitions."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = %s "
            "WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace",
            [column],
        )
        return tuple(name for (name,) in cursor.fetchall())


@contextmanager
def without_other_stores() -> Iterator[None]:
    """As if the other stores had never been."""
    seen = Region.objects.under(Region.objects.filter(code="europe-germany").values_list("pk", flat=True))
    others = list(Store.objects.exclude(region__in=seen).values_list("pk", flat=True))
    controllers = list(Controller.objects.filter(store__in=others).values_list("pk", flat=True))
    with transaction.atomic(), connection.cursor() as cursor:
        for column, ids in (("controller_id", controllers), ("store_id", others)):
            for table in tables(column):
                cursor.execute(f"DELETE FROM {table} WHERE {column} = ANY(%s)", [ids])
        cursor.execute("DELETE FROM sites_app_store WHERE id = ANY(%s)", [others])
        for measure in Measure:
            longer.rewrite_regions(cursor, measure, Region.objects.values_list("pk", flat=True))
        yield
        transaction.set_rollback(True)


CODES = [*STORES.values(), "MOVED", "nowhere"]
REGIONS = ["europe-germany", "europe-germany-south", "europe", "europe-france", "asia"]
ZONES = [f"{code}/{zone}" for code in ("S0", "S2", "S3", "MOVED") for zone in ("floor", "till", "door")]
COLUMNS = sorted({column.name for spec in SPECS.values() for column in spec.columns} | {"store", "coverage", "share"})
WINDOWS = [
    ("2025-11-03", "2025-11-05"),
    ("2025-11-01", "2025-12-01"),
    ("2025-11-03T11:15:00Z", "2025-11-04T10:30:00Z"),
    ("2025-11-10", "2025-11-12"),
]


def some(values: list[str]) -> st.SearchStrategy[list[str]]:
    return st.one_of(st.just([]), st.just([]), st.lists(st.sampled_from(values), max_size=2, unique=True))


places = {"store": some(CODES), "region": some(REGIONS), "tag": some(["city", "odd", "even"])}
limits = st.sampled_from([None, None, None, "1", "3"])
formats = st.sampled_from([None, None, "csv", "xlsx", "parquet"])
READERS: dict[str, Callable[[bytes], Any]] = {"xlsx": read_xlsx, "parquet": read_parquet}
LIVE = st.fixed_dictionaries({"path": st.sampled_from(["live/occupancy", "live/queues"]), **places})
HEALTH = st.fixed_dictionaries(
    {
        "path": st.sampled_from(["reports/health", "exports"]),
        "report": st.just("health"),
        "window": st.sampled_from(WINDOWS),
        "hours": st.sampled_from(HOURS),
        "order": st.sampled_from([None, None, "-night_occupancy", "clock_skew_ms", "-coverage.dwell", "-gaps_open_s"]),
        "limit": limits,
        "format": formats,
        **places,
    }
)
REPORTS = st.fixed_dictionaries(
    {
        "path": st.sampled_from([*(f"reports/{measure.value}" for measure in SPECS), "exports"]),
        "report": st.sampled_from([measure.value for measure in SPECS]),
        "window": st.sampled_from(WINDOWS),
        "granularity": st.sampled_from([*GRANULARITIES, *PROFILES]),
        "by": st.sampled_from(BYS),
        "hours": st.sampled_from(HOURS),
        "compare": st.sampled_from([None, None, *COMPARES]),
        "like_for_like": st.sampled_from([None, None, "true"]),
        "order": st.one_of(
            st.none(), st.none(), st.sampled_from([*COLUMNS, "-coverage", "-visitors_in", "peak_store"])
        ),
        "zone": some(ZONES),
        "limit": limits,
        "format": formats,
        **places,
    }
)


def answered(caller: Caller, path: str, parameters: dict[str, Any]) -> Any:
    """All that is told: status and content, without the moment at which it was asked."""
    if path == "exports":
        return exported(caller, parameters)
    response = caller.ask(path, **{name: value for name, value in parameters.items() if name != "report"})
    return response.status_code, content(response, parameters)


def content(response: Any, parameters: dict[str, Any]) -> Any:
    """What an answer or a file holds, whatever its format."""
    body = response.getvalue()
    if response["Content-Type"].endswith("json"):
        return timeless(body.decode())
    read = READERS.get(parameters.get("format", ""))
    return read(body) if read else body.decode()


def exported(caller: Caller, parameters: dict[str, Any]) -> Any:
    body = json.dumps({"report": "footfall", **parameters})
    csrf = {"X-CSRFToken": "unchecked"}
    ordered = caller.client.post(
        "/api/v1/exports", body, content_type="application/json", headers={**caller.headers, **csrf}
    )
    if ordered.status_code != 202:
        return ordered.status_code, timeless(ordered.content.decode())
    exports.make(UUID(ordered.json()["id"]), lambda: datetime.now(UTC))
    done = caller.get(f"exports/{ordered.json()['id']}")
    file = caller.ask(f"exports/{ordered.json()['id']}/file") if done["file"] else None
    told = {name: done[name] for name in ("state", "rows", "error", "asked")}
    return told, content(file, parameters) if file else None


def timeless(body: str) -> Any:
    return json.loads(body, object_hook=lambda found: {k: v for k, v in found.items() if k not in ("as_of", "age_s")})


ALWAYS = [
    {"path": "reports/footfall", "window": WINDOWS[0], "by": "region", "granularity": "day"},
    {"path": "reports/occupancy", "window": WINDOWS[0], "by": "chain", "compare": COMPARES[0]},
    {"path": "reports/health", "window": WINDOWS[0]},
    {"path": "exports", "window": WINDOWS[0], "by": "zone", "format": "xlsx"},
    {"path": "exports", "window": WINDOWS[0], "report": "health", "format": "parquet"},
    {"path": "reports/queues", "window": WINDOWS[0], "by": "region", "format": "csv"},
    {"path": "live/occupancy"},
]


# Several questions at a time: to take the other stores away is what takes long.
@how(
    max_examples=10,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@example(questions=ALWAYS, which=0)
@example(questions=ALWAYS, which=1)
@given(
    questions=st.lists(st.one_of(REPORTS, REPORTS, REPORTS, HEALTH, LIVE), min_size=12, max_size=12),
    which=st.sampled_from([0, 1]),
)
def test_an_answer_is_that_of_a_chain_without_the_other_stores(
    callers: list[Caller], questions: list[dict[str, Any]], which: int
) -> None:
    asked = [(question["path"], parameters(question)) for question in questions]
    told = [answered(callers[which], path, given) for path, given in asked]
    with without_other_stores():
        for (path, given), before in zip(asked, told, strict=True):
            assert answered(callers[which], path, given) == before, (path, given)


def test_the_stream_tells_of_the_stores_of_the_live_answer(callers: list[Caller]) -> None:
    germany = principal_of_key(key(chain.region("Europe/Germany"))[0])
    for store, region, tag in product(([], ["S0"], ["S1", "S2"]), ([], *([code] for code in REGIONS)), ([], ["odd"])):
        answer = callers[0].ask("live/occupancy", store=store, region=region, tag=tag)
        filters = Filters(frozenset(store), frozenset(region), frozenset(tag))
        directory = Directory.load()
        if answer.status_code != 200:
            with pytest.raises(Problem):
                directory.check(germany, filters)
            continue
        directory.check(germany, filters)
        heard = directory.stores(germany, filters)
        assert set(Store.objects.filter(pk__in=heard).values_list("code", flat=True)) == {
            row["store"] for row in answer.json()["results"]
        }


def parameters(question: dict[str, Any]) -> dict[str, Any]:
    """What is said of a question beside its path."""
    given = {name: value for name, value in question.items() if value and name not in ("path", "window")}
    return given | dict(zip(("start", "end"), question.get("window", ()), strict=False))


def test_the_other_stores_are_in_what_head_office_is_told(callers: list[Caller]) -> None:
    """The oracle takes away what there really is."""
    everybody = Caller(f"Apikey {key()[1]}")
    for path in (*(f"reports/{measure.value}" for measure in SPECS), "reports/health"):
        window = dict(zip(("start", "end"), WINDOWS[0], strict=True))
        told = answered(everybody, path, window)
        with without_other_stores():
            assert {zone.store.code for zone in Zone.objects.select_related("store")} == {"S0", "S1", "S2"}
            assert told != answered(everybody, path, window)
        assert told == answered(everybody, path, window)
