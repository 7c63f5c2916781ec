"""The whole platform as a process of its own, for tests that use it, and break it, from outside."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from xovis_platform.stack import leftovers
from xovis_platform.stack.ports import free_ports
from xovis_platform.stack.services import BROKER_VARIABLE, DATABASE_VARIABLE
from xovis_platform.stack.state import read_private

ROOT = Path(__file__).resolve().parents[2]
PROCESSES = {
    "postgres": "postgres -D",
    "broker": "broker.conf",
    "web": "granian",
    "poll": "poll@",
    "work": "work@",
    "tell": "tell@",
    "beat": "xovis_platform beat",
}
"""Each process of a stack, by what stands in its command line."""

_OF_THE_TESTS = (
    "DJANGO_SETTINGS_MODULE",
    "XOVIS_SECRET_KEY",
    "XOVIS_ENCRYPTION_KEYS",
    DATABASE_VARIABLE,
    BROKER_VARIABLE,
)


@dataclass(frozen=True)
class Stack:
    """A stack that runs on a data directory of its own."""

    data_dir: Path
    url: str
    process: subprocess.Popen[bytes]

    def get(self, path: str) -> Any:
        """The API's answer to the demo's key, or None where there is none yet."""
        key = (read_private(self.data_dir / "demo.json") or {}).get("api_key")
        request = urllib.request.Request(self.url + path, headers={"Authorization": f"Apikey {key}"} if key else {})
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return json.load(answer)
        except (urllib.error.URLError, OSError, ValueError):
            return None

    def is_ready(self) -> bool:
        return bool((self.get("/readyz") or {}).get("status"))

    def pids(self, mark: str) -> list[int]:
        """The processes whose command line holds the mark, the oldest first."""
        return sorted(pid for pid in leftovers.processes_of(self.data_dir) if mark in _command(pid))

    def kill(self, mark: str) -> int | None:
        """Kill the oldest such process hard; its pid, or None where there is none at this moment."""
        victims = self.pids(mark)
        if not victims:
            return None
        os.kill(victims[0], signal.SIGKILL)
        return victims[0]

    def newest_sample(self) -> datetime | None:
        """The time of the newest live figure."""
        live = self.get("/api/v1/live/occupancy")
        times = [datetime.fromisoformat(row["as_of"]) for row in live["results"] if row["as_of"]] if live else []
        return max(times, default=None)

    def manage(self, *arguments: str, standard_input: str | None = None) -> dict[str, Any]:
        """What a command says with ``--json``."""
        command = [sys.executable, str(ROOT / "manage.py"), *arguments, "--json"]
        environment = environment_of(self.data_dir)
        done = subprocess.run(command, env=environment, input=standard_input, capture_output=True, text=True)
        assert done.stdout, f"{arguments[0]}: {done.stderr}"
        answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return answer


def environment_of(data_dir: Path, **values: str) -> dict[str, str]:
    """This process's environment without what the tests' own services put there."""
    own = {name: value for name, value in os.environ.items() if name not in _OF_THE_TESTS}
    return {**own, "XOVIS_DATA_DIR": str(data_dir), **values}


@contextmanager
def running_stack(what: str, **values: str) -> Iterator[Stack]:
    """``run`` or ``demo`` from its start to its end; its output goes to the file ``output`` of its data directory.

    The directory isn't pytest's: another run would take from it the right of PostgreSQL's own user to pass through.
    """
    port = free_ports()
    with tempfile.TemporaryDirectory(prefix="xovis-stack-") as folder:
        data_dir = Path(folder).resolve()
        environment = environment_of(data_dir, XOVIS_PORT=str(port), **values)
        with (data_dir / "output").open("wb") as output:
            command = [sys.executable, "-m", "xovis_platform.stack", what]
            process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
        try:
            yield Stack(data_dir, f"http://127.0.0.1:{port}", process)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def wait_for(what: str, condition: Callable[[], object], patience_s: float = 240) -> float:
    """Wait until something holds; how many seconds that took."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < patience_s, f"not within {patience_s} s: {what}"
        time.sleep(0.2)  # looks again, doesn't let time pass
    return time.monotonic() - began


def _command(pid: int) -> str:
    try:
        return (Path("/proc") / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""
