"""docker-compose.yml as Compose reads it, and its services run as it would, where no container engine is at hand.

Each runs by the command, the variables, the secrets and the health check that stand in the file. What a container has of
its own (names of hosts, ports, folders) is put in its place on the loopback.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.stack.running import ROOT
from xovis_platform.stack import broker
from xovis_platform.stack.ports import free_ports
from xovis_platform.stack.postgres import os_user

FILE = ROOT / "docker-compose.yml"
SITE = {"XOVIS_SITE": "https://stores.example.com"}
NO_MORE: Mapping[str, str] = {}
_VARIABLE = re.compile(r"\$\$|\$\{(\w+)(?:(:[-?])([^}]*))?\}")


def read(variables: Mapping[str, str] = SITE) -> dict[str, Any]:
    """The file with its variables put in and its merges made. Raises KeyError for one that must be given and isn't."""
    known: dict[str, Any] = yaml.safe_load(FILE.read_text())
    return _filled(known, variables)  # type: ignore[no-any-return]


def _filled(value: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _filled(item, variables) for name, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, variables) for item in value]
    return _VARIABLE.sub(lambda found: _value(found, variables), value) if isinstance(value, str) else value


def _value(found: re.Match[str], variables: Mapping[str, str]) -> str:
    if found[0] == "$$":
        return "$"
    name, how, default = found.groups()
    return variables.get(name) or default if how == ":-" else variables[name]


def installed(name: str) -> str:
    """The path of a server that Debian has; a machine that needn't have it skips, CI fails."""
    if found := shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin"):
        return found
    if os.environ.get("CI"):
        pytest.fail(f"{name} is missing: .ci/run installs it.")
    pytest.skip(f"{name} isn't installed (apt install {name})")


@dataclass
class Machine:
    """A folder and the loopback in place of containers: ``moved`` says what stands for what, the longest first."""

    folder: Path
    moved: dict[str, str]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(
        self,
        name: str,
        service: Mapping[str, Any],
        port: int = 0,
        *,
        called: str = "",
        variables: Mapping[str, str] = NO_MORE,
    ) -> None:
        """Run a service's command in the background; what it says is kept in a file."""
        called = called or name
        with (self.folder / f"{called}.log").open("wb") as log:
            self.running[called] = subprocess.Popen(
                self.command(service["command"], port),
                env={**self.environment(called, service), **variables},
                cwd=ROOT,
                stdout=log,
                stderr=subprocess.STDOUT,
                # PgBouncer runs as root as little as PostgreSQL does.
                user=os_user() if name == "pgbouncer" else None,
            )

    def run(self, service: Mapping[str, Any]) -> subprocess.CompletedProcess[str]:
        """Run a service that ends."""
        command = self.command(service["command"], 0)
        environment = self.environment("once", service)
        return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)

    def is_well(self, called: str, service: Mapping[str, Any], port: int = 0) -> bool:
        """Whether its health check succeeds."""
        how, *test = service["healthcheck"]["test"]
        command = ["sh", "-c", *test] if how == "CMD-SHELL" else test
        environment = self.environment(called, service)
        try:
            return not subprocess.run(
                self.command(command, port), env=environment, capture_output=True, timeout=10
            ).returncode
        except subprocess.TimeoutExpired:
            return False

    def log(self, called: str) -> str:
        return (self.folder / f"{called}.log").read_text()

    def stop(self) -> None:
        """End all, first what uses the others: a worker that loses its broker would wait for it."""
        last = [called for called in self.running if called in ("redis", "pgbouncer")]
        for group in ([called for called in self.running if called not in last], last):
            for called in group:
                self.running[called].terminate()
            for called in group:
                try:
                    self.running[called].wait(60)
                except subprocess.TimeoutExpired:
                    self.running[called].kill()
                    self.running[called].wait()

    def command(self, command: Sequence[str], port: int) -> list[str]:
        """As it runs here: with its own port, on the loopback."""
        here = [self.place(part).replace("0.0.0.0", "127.0.0.1") for part in command]
        if port:
            here = [str(port) if part in ("8000", "443") else part.replace(":8000/", f":{port}/") for part in here]
        return here

    def environment(self, called: str, service: Mapping[str, Any]) -> dict[str, str]:
        """What the file gives it, and nothing of the tests' own."""
        tools = [
            str(Path(sys.executable).parent),
            str(Path(broker.find_server()).parent),
            os.environ["PATH"],
            "/usr/sbin",
        ]
        given = {name: self.place(str(value)) for name, value in service.get("environment", {}).items()}
        if "XOVIS_ALIVE_PATH" in given:
            given["XOVIS_ALIVE_PATH"] = f"{self.folder}/{called}-alive"
        if "XOVIS_METRICS_PORT" in given:
            given["XOVIS_METRICS_PORT"] = str(free_ports())  # on one machine each has its own
        metrics = self.folder / f"{called}-metrics"
        if "PROMETHEUS_MULTIPROC_DIR" in given:
            metrics.mkdir(exist_ok=True)
            given["PROMETHEUS_MULTIPROC_DIR"] = str(metrics)
        return {"PATH": ":".join(tools), "XOVIS_DATA_DIR": f"{self.folder}/data", "HOME": str(self.folder), **given}

    def place(self, text: str) -> str:
        for there, here in self.moved.items():
            text = text.replace(there, here)
        return text
