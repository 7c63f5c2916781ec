"""The OpenAPI document is valid, says what the answers say, and its page needs no other host."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import Client
from jsonschema import Draft202012Validator, FormatChecker

from reports.request import BYS, GRANULARITIES
from tests import chain
from tests.caller import Caller, with_key
from tests.reports.api import facts

pytestmark = pytest.mark.django_db
REPORTS = ["footfall", "occupancy", "queues", "dwell"]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
formats = FormatChecker(formats=())


@formats.checks("date-time")  # type: ignore[untyped-decorator]
def is_rfc_3339(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    answer: dict[str, Any] = Client().get("/api/v1/schema").json()
    return answer


@pytest.fixture
def caller() -> Caller:
    """A caller of a chain that has something of everything, of long ago and of now; and a store that has nothing."""
    controller = chain.controller(chain.store("S1"))
    door, till, floor = (
        chain.zone(controller, name, kind)
        for name, kind in (("door", "entrance"), ("till", "queue"), ("floor", "area"))
    )
    now = (datetime.now(UTC) - timedelta(seconds=5)).isoformat()
    for at in ("2025-11-03T09:00:00+01:00", now):
        facts.occupancy(floor, [(at, 10, 40)])
        facts.queue(till, [(at, 5, 1000, 4)])
    facts.footfall(door, [("2025-11-03T09:00:00+01:00", 5, 2)])
    facts.dwell(floor, [("2025-11-03T09:00:00+01:00", 5000, 2)])
    chain.zone(chain.controller(chain.store("S2", timezone="Asia/Kathmandu", under="Asia")), "till", "queue")
    return with_key()


def strict(schema: Any) -> Any:
    """The schema, with nothing allowed that it doesn't name."""
    if isinstance(schema, list):
        return [strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: strict(value) for name, value in schema.items()}
    return {**closed, "additionalProperties": False} if isinstance(schema.get("properties"), dict) else closed


def check(document: dict[str, Any], path: str, answer: Any, status: str = "200") -> None:
    """Hold an answer to what the document says of it."""
    content = document["paths"][f"/api/v1/{path}"]["get"]["responses"][status]["content"]
    described = content.get("application/json") or content["application/problem+json"]
    schema = {**described["schema"], "components": strict(document["components"])}
    Draft202012Validator(schema, format_checker=formats).validate(answer)


def test_the_document_is_valid_and_made_without_a_warning(tmp_path: Path) -> None:
    file = tmp_path / "schema.json"
    call_command("spectacular", "--validate", "--fail-on-warn", "--format", "openapi-json", "--file", str(file))
    assert json.loads(file.read_text())["openapi"].startswith("3.1")


def test_the_document_is_json_or_yaml_as_asked_for(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    as_yaml = Client().get("/api/v1/schema/", headers={"Accept": "application/yaml"})
    assert yaml.safe_load(as_yaml.content) == document
    for query in ("version=a%0Ab", "lang=%00", "format=json", "x=1"):
        assert Client().get(f"/api/v1/schema?{query}").json() == document


def test_the_document_is_not_sent_twice() -> None:
    tag = Client().get("/api/v1/schema")["ETag"]
    assert Client().get("/api/v1/schema", headers={"If-None-Match": tag}).status_code == 304


def test_every_endpoint_is_described_by_its_bare_path(document: dict[str, Any]) -> None:
    assert {f"/api/v1/live/{name}" for name in ("occupancy", "queues")} <= set(document["paths"])
    assert {f"/api/v1/reports/{name}" for name in REPORTS} <= set(document["paths"])
    assert not [path for path in document["paths"] if path.endswith("/")]


@pytest.mark.parametrize("path", ["live/occupancy", "live/queues"])
def test_live_answers_are_as_described(document: dict[str, Any], caller: Caller, path: str) -> None:
    answer = caller.get(path)
    assert any(row["as_of"] for row in answer["results"])
    check(document, path, answer)


@pytest.mark.parametrize("report", REPORTS)
@pytest.mark.parametrize("by", BYS)
def test_reports_are_as_described(document: dict[str, Any], caller: Caller, report: str, by: str) -> None:
    for granularity in GRANULARITIES:
        window = {"start": "2025-11-03", "end": "2025-11-05"}
        answer = caller.get(f"reports/{report}", **window, by=by, granularity=granularity)
        assert answer["rows"]
        check(document, f"reports/{report}", answer)


def test_the_report_on_data_health_is_as_described(document: dict[str, Any], caller: Caller) -> None:
    answer = caller.get("reports/health", start="2025-11-03", end="2025-11-05")
    assert answer["rows"]
    check(document, "reports/health", answer)


@pytest.mark.parametrize("report", REPORTS)
def test_a_report_s_columns_are_those_of_its_rows(caller: Caller, report: str) -> None:
    answer = caller.get(f"reports/{report}", start="2025-11-03", end="2025-11-04")
    names = [column["name"] for column in answer["columns"]]
    assert list(answer["rows"][0]) == ["store", "start", "end", *names, "coverage"]


@pytest.mark.parametrize("path", ["live/occupancy", *(f"reports/{report}" for report in (*REPORTS, "health"))])
def test_problems_are_as_described(document: dict[str, Any], caller: Caller, path: str) -> None:
    check(document, path, caller.problem(path, nonsense="1"), "400")
    check(document, path, Caller().problem(path, status=401), "401")


@pytest.mark.parametrize("path", ["live/occupancy", *(f"reports/{report}" for report in (*REPORTS, "health"))])
def test_parameters_are_those_that_are_taken(document: dict[str, Any], caller: Caller, path: str) -> None:
    parameters = document["paths"][f"/api/v1/{path}"]["get"]["parameters"]
    described = {parameter["name"] for parameter in parameters if parameter["in"] == "query"}
    known = caller.problem(path, zzzzzz="1")["detail"].partition("known are ")[2].rstrip(".")
    assert described == set(known.split(", "))


def test_the_page_names_no_other_host_and_all_that_it_names_is_there() -> None:
    page = Client().get("/api/docs").content.decode()
    named = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert named
    assert all(url.startswith("/static/") for url in named)
    assert all(finders.find(url.removeprefix("/static/")) for url in named)
    assert '"validatorUrl": null' in page


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")
def test_the_page_shows_the_endpoints_in_a_browser_that_reaches_no_other_host(live_server: Any, tmp_path: Path) -> None:
    assert CHROMIUM
    command = [
        *(CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}"),
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
        *("--virtual-time-budget=20000", "--dump-dom", f"{live_server.url}/api/docs/"),
    ]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    assert "operations-Live-live_occupancy" in shown
