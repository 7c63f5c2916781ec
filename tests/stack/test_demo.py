"""The whole platform under its supervisor: it comes up by itself, heals whatever is killed, and ends without a trace."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from xovis_platform.stack import leftovers
from xovis_platform.stack.ports import free_ports
from xovis_platform.stack.services import BROKER_VARIABLE, DATABASE_VARIABLE
from xovis_platform.stack.state import read_private

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = ("DJANGO_SETTINGS_MODULE", "XOVIS_SECRET_KEY", "XOVIS_ENCRYPTION_KEYS", DATABASE_VARIABLE, BROKER_VARIABLE)
PATIENCE_S = 90
KILLED = {
    "postgres": "postgres -D",
    "broker": "broker.conf",
    "web": "granian",
    "poll": "poll@",
    "work": "work@",
    "beat": "xovis_platform beat",
    "fleet": "simulator serve",
}
"""Each process of the stack, by what stands in its command line."""


@dataclass(frozen=True)
class Stack:
    """A demo that runs, with a fleet of three stores and a day of history."""

    data_dir: Path
    url: str
    process: subprocess.Popen[str]

    def get(self, path: str) -> Any:
        """The API's answer, or None where there is none yet."""
        key = (read_private(self.data_dir / "demo.json") or {}).get("api_key", "")
        request = urllib.request.Request(self.url + path, headers={"Authorization": f"Apikey {key}"})
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return json.load(answer)
        except (urllib.error.URLError, OSError, ValueError):
            return None

    def pids(self, mark: str) -> list[int]:
        return [pid for pid in leftovers.processes_of(self.data_dir) if mark in _command(pid)]

    def newest_sample(self) -> datetime | None:
        """The time of the newest live figure."""
        live = self.get("/api/v1/live/occupancy")
        times = [datetime.fromisoformat(row["as_of"]) for row in live["results"] if row["as_of"]] if live else []
        return max(times, default=None)


def _command(pid: int) -> str:
    try:
        return (Path("/proc") / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def wait_for(what: str, condition: Callable[[], object], patience_s: float = PATIENCE_S) -> float:
    """Wait until something holds; how many seconds that took."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < patience_s, f"not within {patience_s} s: {what}"
        time.sleep(0.2)  # looks again, doesn't let time pass
    return time.monotonic() - began


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    data_dir, port = tmp_path_factory.mktemp("demo").resolve(), free_ports()
    environment = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    environment |= {"XOVIS_DATA_DIR": str(data_dir), "XOVIS_PORT": str(port)}
    environment |= {"XOVIS_DEMO_STORES": "3", "XOVIS_DEMO_DAYS": "1"}
    with (data_dir / "output").open("w") as output:
        command = [sys.executable, "-m", "xovis_platform.stack", "demo"]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output, text=True)
    running = Stack(data_dir, f"http://127.0.0.1:{port}", process)
    try:
        wait_for("the demo is up, with live figures", running.newest_sample)
        yield running
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="finds the stack's processes in /proc"),
    pytest.mark.xdist_group("demo"),
]


@pytest.mark.parametrize("name", KILLED)
def test_a_process_killed_hard_is_back_by_itself(stack: Stack, name: str) -> None:
    victims = stack.pids(KILLED[name])
    assert victims
    os.kill(min(victims), signal.SIGKILL)
    wait_for(f"{name} is gone", lambda: min(victims) not in stack.pids(KILLED[name]))
    took = wait_for(f"{name} is back", lambda: stack.pids(KILLED[name]) and (stack.get("/readyz") or {}).get("status"))
    print(f"{name} was back after {took:.1f} s")  # noqa: T201 - shown with -s, for whoever wants to know


def test_polls_go_on_after_all_of_it(stack: Stack) -> None:
    before = stack.newest_sample()
    assert before is not None
    wait_for("a newer sample", lambda: (newest := stack.newest_sample()) and newest > before, patience_s=150)


def test_history_comes_in_without_being_asked(stack: Stack) -> None:
    wait_for("the history is loaded", lambda: "history" in (read_private(stack.data_dir / "demo.json") or {}))


def test_another_stack_is_refused_in_one_line(stack: Stack) -> None:
    environment = {**os.environ, "XOVIS_DATA_DIR": str(stack.data_dir), "XOVIS_PORT": str(free_ports())}
    command = [sys.executable, "-m", "xovis_platform.stack", "run"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert [line for line in done.stderr.splitlines() if line] == [
        f"{stack.data_dir} is in use by another stack (pid {stack.process.pid}): end that one, or set XOVIS_DATA_DIR to "
        "another directory."
    ]


def test_it_ends_without_leaving_anything(stack: Stack) -> None:
    stack.process.send_signal(signal.SIGTERM)
    assert stack.process.wait(60) == 0
    assert leftovers.processes_of(stack.data_dir) == []
    assert not (stack.data_dir / "stack.json").exists()
