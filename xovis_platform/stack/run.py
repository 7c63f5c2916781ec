"""One stack from its start to its end: ``run`` for the platform alone, ``demo`` with a fleet and its history."""

from __future__ import annotations

import os
import shutil
import sys
import urllib.error
import urllib.request
from contextlib import ExitStack
from pathlib import Path

from xovis_platform.stack import demo, leftovers, plan
from xovis_platform.stack.console import Console
from xovis_platform.stack.datadir import locked
from xovis_platform.stack.errors import StackError
from xovis_platform.stack.leftovers import OWNER_VARIABLE
from xovis_platform.stack.ports import LOOPBACK, is_free
from xovis_platform.stack.processes import Program
from xovis_platform.stack.services import BROKER_VARIABLE, DATABASE_VARIABLE, Services, prepare_services
from xovis_platform.stack.state import StackState, ensure_secrets, remove_stack, write_stack
from xovis_platform.stack.supervisor import Stopped, Supervisor

READY_WITHIN_S = 60.0


def run_stack(data_dir: Path, port: int, *, with_fleet: bool, console: Console | None = None) -> None:
    """Run a stack until it is stopped. Raises StackError where it can't start.

    Nothing of it is left when this returns or raises, neither a process nor ``stack.json``.
    """
    console = console or Console()
    supervisor = Supervisor(console.say)
    with ExitStack() as cleanup:
        cleanup.enter_context(locked(data_dir))
        cleanup.enter_context(supervisor.signals())
        if cleared := leftovers.clear(data_dir):
            console.announce(f"Ended {cleared} processes that an earlier stack had left in {data_dir}.")
        _refuse_taken_port(port)
        cleanup.callback(remove_stack, data_dir)
        cleanup.callback(supervisor.stop)
        try:
            _bring_up(supervisor, console, data_dir, port, with_fleet=with_fleet)
            supervisor.run_forever()
        except Stopped:
            console.announce("Stopping; Ctrl-C again to stop at once.")


def _bring_up(supervisor: Supervisor, console: Console, data_dir: Path, port: int, *, with_fleet: bool) -> None:
    ensure_secrets(data_dir)
    services = prepare_services(data_dir)
    environment = environment_of(data_dir, port, services)
    for service in services.embedded:
        supervisor.start(_owned(service.program(), environment))
    for service in services.embedded:
        supervisor.wait_until(
            service.is_ready, what=f"{type(service).__name__} did not start", patience_s=READY_WITHIN_S
        )
    write_stack(data_dir, StackState(services.database_url, services.redis_url, os.getpid(), port))
    fleet_port = demo.fleet_port(data_dir) if with_fleet else 0
    if with_fleet:
        supervisor.start(plan.fleet(environment, port=fleet_port))
    for step in plan.steps(environment):
        supervisor.run_once(step)
    supervisor.start(plan.web(environment, port=port))
    supervisor.start(*plan.workers(environment))
    supervisor.start(plan.beat(environment))
    url = f"http://{LOOPBACK}:{port}"
    supervisor.wait_until(
        lambda: _answers(f"{url}/readyz"), what=f"{url}/readyz was not ready", patience_s=READY_WITHIN_S
    )
    if with_fleet:
        control_url = f"http://{LOOPBACK}:{fleet_port}"
        supervisor.run_once(plan.prepare_demo(environment, control_url=control_url))
        console.announce(*demo.banner(data_dir, url))
        supervisor.start(plan.history(environment, control_url=control_url))
    else:
        console.announce(
            "", f"  The platform runs on {url}", "  First user: .venv/bin/python manage.py createsuperuser", ""
        )


def environment_of(data_dir: Path, port: int, services: Services) -> dict[str, str]:
    """What every process of the stack is told beside what the supervisor's own environment holds."""
    python_path = os.environ.get("PYTHONPATH")
    return {
        OWNER_VARIABLE: str(data_dir),
        "XOVIS_DATA_DIR": str(data_dir),
        "XOVIS_PORT": str(port),
        DATABASE_VARIABLE: services.database_url,
        BROKER_VARIABLE: services.redis_url,
        "XOVIS_LOG_FORMAT": os.environ.get("XOVIS_LOG_FORMAT", "text"),
        "PROMETHEUS_MULTIPROC_DIR": str(_emptied(data_dir / "metrics")),
        "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": f"{plan.ROOT}{os.pathsep}{python_path}" if python_path else str(plan.ROOT),
    }


def _emptied(folder: Path) -> Path:
    """Where processes share what they count: anew with each start."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _owned(program: Program, environment: dict[str, str]) -> Program:
    """A service's program with the mark of this stack, but not with its secrets."""
    from dataclasses import replace

    return replace(program, environment={OWNER_VARIABLE: environment[OWNER_VARIABLE]})


def _refuse_taken_port(port: int) -> None:
    if not is_free(port):
        raise StackError(f"Port {port} on {LOOPBACK} is taken: free it, or set XOVIS_PORT to another one.")


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=3) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def supported() -> None:
    """Raise StackError where this can't run."""
    if sys.platform == "win32":
        raise StackError("The embedded stack needs Linux or macOS; on Windows use WSL, or docker compose.")
