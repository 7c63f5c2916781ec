"""What docker-compose.yml describes, running: behind Caddy with TLS, on PgBouncer in transaction mode, a process for each service."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
import requests

from tests.chaos.fleet import Fleet, running_fleet
from tests.operations.composed import SERVERS, Composed, composed
from tests.stack.running import wait_for
from xovis_platform.stack import plan

STORES = 3


@pytest.fixture(scope="module")
def here() -> Iterator[Composed]:
    with composed() as running:
        yield running


@pytest.fixture(scope="module")
def fleet() -> Iterator[Fleet]:
    with running_fleet(STORES, 7) as running:
        yield running


@pytest.fixture(scope="module")
def key(here: Composed) -> dict[str, str]:
    told = json.loads(here.manage("create_api_key", "BI", "--scope", "read", "--scope", "write", "--json"))
    return {"Authorization": f"Apikey {told['key']}"}


@pytest.fixture(scope="module")
def controllers(here: Composed, fleet: Fleet) -> list[dict[str, Any]]:
    """The fleet, taken on, as its rows of the import's answer with each one's webhook key."""
    told = json.loads(here.manage("import_stores", "-", "--json", standard_input=fleet.onboarding()))
    keys = {
        (store["code"], controller["name"]): controller["webhook_key"]
        for store in fleet.get("/fleet")["stores"]
        for controller in store["controllers"]
    }
    return [{**item, "key": keys[item["store"], item["name"]]} for item in told["controllers"]]


@pytest.mark.parametrize("name", sorted(plan.production()))
def test_each_service_is_well_by_its_own_health_check(here: Composed, name: str) -> None:
    if name == "beat":
        assert all(
            here.machine.running[called].poll() is None for called in here.machine.running if called.startswith(name)
        )
    else:
        service, port = here.services[name], here.ports.get(name, 0)
        wait_for(f"{name} is well", lambda: here.machine.is_well(name, service, port), 60)


def test_the_site_is_reached_by_tls_alone(here: Composed) -> None:
    assert here.get("/healthz").json() == {"status": "ok"}
    assert "max-age" in here.get("/healthz").headers["Strict-Transport-Security"]
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(here.url, timeout=10)  # its authority is known to nobody
    plain = requests.get(f"http://localhost:{here.ports['http']}/", allow_redirects=False, timeout=10)
    assert (plain.status_code, plain.headers["Location"].partition(":")[0]) == (308, "https")


@pytest.mark.parametrize("path", ["/metrics", "/metrics/", "/readyz"])
def test_what_the_platform_measures_stays_inside(here: Composed, path: str) -> None:
    assert here.get(path).status_code == 404
    assert requests.get(here.inside("web") + path.rstrip("/"), timeout=10).ok


def test_a_person_logs_in_by_tls_and_stays_there(here: Composed) -> None:
    here.manage(
        "shell",
        "-v",
        "0",
        "-c",
        "from django.contrib.auth.models import User; User.objects.create_user('who', 'w@example.org', 'long-enough-9')",
    )
    with requests.Session() as browser:
        form = browser.get(f"{here.url}/login", verify=here.authority, timeout=30)
        token = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', form.text)[0]
        fields = {"login": "who", "password": "long-enough-9", "csrfmiddlewaretoken": token}
        done = browser.post(
            f"{here.url}/login",
            fields,
            headers={"Referer": f"{here.url}/login", "Origin": here.url},
            verify=here.authority,
            timeout=30,
        )
        assert done.status_code == 200, done.text[:500]
        assert done.url == f"{here.url}/"
        assert all(cookie.secure for cookie in browser.cookies if cookie.name in ("sessionid", "csrftoken"))


def test_lists_lead_on_by_the_address_that_was_asked(
    here: Composed, key: dict[str, str], controllers: list[Any]
) -> None:
    assert here.get("/api/v1/stores?limit=1", headers=key).json()["next"].startswith(f"{here.url}/api/v1/stores?")


def test_webhooks_land_in_their_own_process(here: Composed, controllers: list[dict[str, Any]]) -> None:
    event = {
        "eventId": "E1",
        "event": "sensor.online",
        "timestamp": datetime.now(UTC).isoformat(),
        "data": {"sensorId": "S"},
    }
    address, headers = f"/ingest/xcs/{controllers[0]['id']}", {"Authorization": f"Apikey {controllers[0]['key']}"}
    landed = requests.post(here.url + address, json=event, headers=headers, verify=here.authority, timeout=30)
    assert (landed.status_code, landed.json()) == (202, {"accepted": 1, "duplicates": 0})
    # What isn't landing's is unknown in its process, where web would show a page.
    assert here.get("/ingest/elsewhere").json() == {"type": "about:blank", "title": "Not Found", "status": 404}
    assert requests.get(f"{here.inside('landing')}/api/v1/stores", timeout=10).status_code == 404


def test_many_posts_at_once_find_their_statements_on_any_connection(
    here: Composed, controllers: list[dict[str, Any]]
) -> None:
    """What one transaction prepares, the next may not find: PgBouncer gives it another connection."""
    address = f"{here.url}/ingest/xcs/{controllers[0]['id']}"
    headers = {"Authorization": f"Apikey {controllers[0]['key']}"}
    at = datetime.now(UTC).isoformat()

    def post(number: int) -> int:
        event = {"eventId": f"M{number}", "event": "sensor.online", "timestamp": at, "data": {"sensorId": "S"}}
        return requests.post(address, json=event, headers=headers, verify=here.authority, timeout=30).status_code

    with ThreadPoolExecutor(8) as crowd:
        assert set(crowd.map(post, range(200))) == {202}


@pytest.mark.parametrize("size", [1_100_000, 3_000_000])
def test_a_body_that_is_too_large_is_always_told_so(
    here: Composed, controllers: list[dict[str, Any]], size: int
) -> None:
    """Never as a fault of the proxy's, which a controller would take for a reason to try again for a day."""
    address = f"{here.url}/ingest/xcs/{controllers[0]['id']}"
    posts = [requests.post(address, data=b"x" * size, verify=here.authority, timeout=30) for _ in range(10)]
    assert [post.status_code for post in posts] == [413] * 10


def test_live_figures_come_by_the_proxy_as_they_change(
    here: Composed, key: dict[str, str], controllers: list[Any]
) -> None:
    def known() -> bool:
        rows = here.get("/api/v1/live/occupancy", headers=key).json()["results"]
        return len(rows) == STORES and all(row["people"] is not None for row in rows)

    wait_for("all stores have live figures", known)
    with here.get("/api/v1/live/stream", headers=key, stream=True) as stream:
        lines = stream.iter_lines(decode_unicode=True)
        first = next(line for line in lines if line.startswith("event:"))
        assert first in ("event: occupancy", "event: queue")


def test_what_takes_long_comes_to_its_end_over_pgbouncer(
    here: Composed, key: dict[str, str], controllers: list[Any]
) -> None:
    """A backfill, its rollups, a report and an export: COPY, advisory locks, pipelines and all."""
    end = datetime.now(UTC).date()
    start = end - timedelta(days=3)
    done = json.loads(here.manage("backfill", "--start", f"{start}", "--end", f"{end}", "--wait", "--json"))
    assert done["failed"] == 0
    window = f"start={start}&end={end}"

    def is_covered() -> bool:
        report = here.get(f"/api/v1/reports/footfall?{window}&hours=all", headers=key).json()
        return len(report["rows"]) == STORES and all(row["coverage"] == 1 for row in report["rows"])

    wait_for("all three days are in the report", is_covered)
    order = {
        "report": "footfall",
        "start": str(start),
        "end": str(end),
        "granularity": "15m",
        "hours": "all",
        "format": "csv",
    }
    made = requests.post(f"{here.url}/api/v1/exports", json=order, headers=key, verify=here.authority, timeout=30)
    assert made.status_code == 202, made.text
    address = made.headers["Location"]
    assert address.startswith(here.url)
    export = address.removeprefix(here.url)
    wait_for("the export is made", lambda: here.get(export, headers=key).json()["state"] == "done")
    written = here.get(export, headers=key).json()["file"]
    assert written.startswith(here.url)
    file = here.get(written.removeprefix(here.url), headers=key)
    assert len(file.text.splitlines()) > STORES * 3 * 96


def test_it_really_went_by_pgbouncer_and_left_no_lock_in_a_session(here: Composed) -> None:
    with psycopg.connect(here.direct_database_url) as direct:
        ours = "FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'xovis'"
        [through] = direct.execute(f"SELECT count(*) {ours}").fetchone() or [None]
        # One that is in a transaction may hold a lock, to its end.
        held = f"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid IN (SELECT pid {ours} AND state = 'idle')"
        [locks] = direct.execute(held).fetchone() or [None]
    assert through
    assert locks == 0


def test_nothing_went_wrong_on_the_way(here: Composed) -> None:
    wrong = re.compile(r"prepared statement|Traceback|\"level\": \"(error|critical)\"|FATAL")
    said = {name: here.machine.log(name).splitlines() for name in here.machine.running}
    # Until the first heartbeat it isn't ready, and says so.
    lines = [f"{name}: {line}" for name in said for line in said[name] if wrong.search(line) and "/readyz" not in line]
    assert lines == []
    assert all(process.poll() is None for process in here.machine.running.values())
    assert set(SERVERS) <= set(said)
