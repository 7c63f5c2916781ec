"""The whole platform under its supervisor: it comes up by itself, heals whatever is killed, and ends without a trace."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator

import pytest

from tests.stack.running import PROCESSES, ROOT, Stack, running_stack, wait_for
from xovis_platform.stack import leftovers
from xovis_platform.stack.ports import free_ports
from xovis_platform.stack.state import read_private

KILLED = {**PROCESSES, "fleet": "simulator serve"}

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds the stack's processes in /proc")


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """A demo with three stores and a day of history."""
    with running_stack("demo", XOVIS_DEMO_STORES="3", XOVIS_DEMO_DAYS="1") as running:
        wait_for("the demo has made its key", lambda: "logins" in (read_private(running.data_dir / "demo.json") or {}))
        wait_for("the demo is up, with live figures", running.newest_sample)
        yield running


def test_the_web_server_answers_for_what_workers_have_counted(stack: Stack) -> None:
    with urllib.request.urlopen(f"{stack.url}/metrics", timeout=10) as answer:
        told = answer.read().decode()
    assert re.search(r'^xovis_polls_total{outcome="ok",stream="live"} [1-9]', told, re.MULTILINE)
    assert re.search(
        r'^xovis_task_seconds_count{outcome="success",task="reports.tasks.roll_up"} [1-9]', told, re.MULTILINE
    )


@pytest.mark.parametrize("name", KILLED)
def test_a_process_killed_hard_is_back_by_itself(stack: Stack, name: str) -> None:
    killed = stack.kill(KILLED[name])
    assert killed
    wait_for(f"{name} is gone", lambda: killed not in stack.pids(KILLED[name]))
    took = wait_for(f"{name} is back", lambda: stack.pids(KILLED[name]) and stack.is_ready())
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
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
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
