"""A client that ``openapi-python-client`` makes of the document, as it comes: it has all endpoints, its types hold, it works.

``docs/examples/onboard.py`` is written with it: it takes a store on, fetches its past, reads each report and all events.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from sites_app.models import Controller
from tests.api.running import Platform, workers

pytestmark = pytest.mark.django_db
PROGRAM = Path("docs/examples/onboard.py")
EVENTS = 5
CACHE = Path(".mypy_cache/generated_client").absolute()
UNKNOWN_TO_IT = re.compile(r"Unsupported content type text/csv")
"""It can't send CSV, and says so; the same file as ``application/octet-stream`` it can."""


def tool(name: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # it formats what it has made, by ruff
    command = (sys.executable, "-m", name, *arguments)
    return subprocess.run(
        command, cwd=cwd, env={**os.environ, "PATH": path}, capture_output=True, text=True, timeout=120
    )


@pytest.fixture(scope="module")
def generated(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder with the client and the program; and what the generator said."""
    folder = tmp_path_factory.mktemp("generated")
    asked = ("--url", f"{platform.url}/api/v1/schema", "--meta", "none", "--output-path", "xovis_client")
    done = tool("openapi_python_client", "generate", *asked, cwd=folder)
    assert done.returncode == 0, done.stderr
    shutil.copy(PROGRAM, folder)
    return folder, done.stdout + done.stderr


def test_it_has_every_endpoint(platform: Platform, generated: tuple[Path, str]) -> None:
    folder, said = generated
    document = requests.get(f"{platform.url}/api/v1/schema", timeout=10).json()
    named = {operation["operationId"] for methods in document["paths"].values() for operation in methods.values()}
    made = {file.stem for file in (folder / "xovis_client" / "api").glob("*/*.py")} - {"__init__"}
    assert made == named
    warnings = [line for line in said.splitlines() if line.startswith("WARNING")]
    assert len(warnings) == len(UNKNOWN_TO_IT.findall(said)) == 1, said


def test_its_types_hold_and_those_of_the_program(generated: tuple[Path, str]) -> None:
    folder, _ = generated
    # Not what is the same in each client, whatever the document says: xovis_client/client.py.
    checked = (PROGRAM.name, "xovis_client/api", "xovis_client/models")
    options = ("--strict", "--follow-imports=silent", f"--cache-dir={CACHE}", "--config-file=")
    done = tool("mypy", *options, *checked, cwd=folder)
    assert done.returncode == 0, done.stdout


def test_no_field_is_of_any_type(generated: tuple[Path, str]) -> None:
    folder, _ = generated
    field = re.compile(r"^    (\w+): .*\bAny\b", re.MULTILINE)
    models = (folder / "xovis_client" / "models").glob("*.py")
    untyped = {f"{file.stem}.{name}" for file in models for name in field.findall(file.read_text())}
    assert {name for name in untyped if not name.endswith(".additional_properties")} == set()


def test_it_takes_a_store_on_fetches_its_past_and_reads_all(platform: Platform, generated: tuple[Path, str]) -> None:
    send_events(platform)
    told = run_beside_the_workers(platform, generated[0])
    assert re.search(r"^It answers, with \d+ zones and \d+ sensors\.$", told, re.MULTILINE)
    assert {"entrance", "area", "queue"} <= set(re.findall(r"\((\w+)\)", told))
    days = re.findall(r"^\d{4}-\d\d-\d\d: (\d+)(?:\.0)? visitors, 100% known$", told, re.MULTILINE)
    assert len(days) == 14
    assert re.search(rf"^{sum(map(int, days))}(\.0)? visitors in all$", told, re.MULTILINE)
    queues, stays, paths = map(int, re.search(r"^(\d+) queues, (\d+) stays, (\d+) paths$", told, re.MULTILINE).groups())  # type: ignore[union-attr]
    assert min(queues, stays, paths) > 0
    assert told.endswith(f"\n{EVENTS} events of all stores\n")


def send_events(platform: Platform) -> None:
    """More events of a controller than a page of the program's has."""
    controller = Controller.objects.get(store__code="S001")
    at = datetime.now(UTC).isoformat()
    data = {"zoneId": "checkout_1", "people_waiting": 12, "threshold": 10}
    events = [
        {"eventId": f"event {number}", "event": "queue.threshold_exceeded", "timestamp": at, "data": data}
        for number in range(EVENTS)
    ]
    key = platform.fleet.controllers["S001/Controller 1"]["webhook_key"]
    answer = requests.post(
        f"{platform.url}/ingest/xcs/{controller.pk}",
        json={"events": events},
        headers={"Authorization": f"Apikey {key}"},
        timeout=10,
    )
    assert answer.json() == {"accepted": EVENTS, "duplicates": 0}


def run_beside_the_workers(platform: Platform, folder: Path) -> str:
    """What the program has printed."""
    site: dict[str, Any] = platform.fleet.controllers["S002/Controller 1"]
    environment = {**os.environ, "XOVIS_URL": platform.url, "XOVIS_KEY": platform.writer}
    environment |= {"XCS_URL": site["base_url"], "XCS_KEY": site["api_key"]}
    with workers():
        program = subprocess.run(
            [sys.executable, PROGRAM.name], cwd=folder, env=environment, capture_output=True, text=True, timeout=120
        )
    assert program.returncode == 0, program.stdout + program.stderr
    return program.stdout
