"""docker-compose.yml runs what the supervisor runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from xovis_platform.stack import plan

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    composed: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    found: dict[str, Any] = composed["services"]
    return found


def tool_and_arguments(command: list[str]) -> list[str]:
    return [Path(command[0]).name, *command[1:]]


def test_web_workers_and_beat_are_the_supervisors_but_for_host_and_files(services: dict[str, Any]) -> None:
    web = tool_and_arguments(list(plan.web({}, host="0.0.0.0", port=8000).command))
    assert sorted(services["web"]["command"]) == sorted(web)
    poll, work, tell = (tool_and_arguments(list(program.command)) for program in plan.workers({}))
    assert services["poll"]["command"] == poll
    assert services["work"]["command"] == work
    assert services["tell"]["command"] == tell
    beat = plan.beat({}, schedule_file=Path("/tmp/beat-schedule"))
    assert services["beat"]["command"] == tool_and_arguments(list(beat.command))


def test_every_queue_has_a_worker(services: dict[str, Any]) -> None:
    from xovis_platform.celery import QUEUES

    served = {
        queue
        for name in ("poll", "work", "tell")
        for queue in services[name]["command"][services[name]["command"].index("-Q") + 1].split(",")
    }
    assert served == set(QUEUES)


def test_no_secret_stands_in_the_file(services: dict[str, Any]) -> None:
    for service in services.values():
        for name, value in service.get("environment", {}).items():
            if "PASSWORD" in name or "SECRET" in name or "KEYS" in name:
                assert value.endswith((":?}", ":-}")), f"{name} must come from outside"
