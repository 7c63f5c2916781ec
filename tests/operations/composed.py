"""All services of docker-compose.yml, running on this machine: PostgreSQL is the tests' own, all else is started as it stands."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from tests.operations.compose import Machine, installed, read
from tests.operations.databases import empty_database
from tests.stack.running import ROOT, wait_for
from xovis_platform.stack import plan
from xovis_platform.stack.make_secrets import make
from xovis_platform.stack.ports import free_ports
from xovis_platform.stack.postgres import os_user

SERVERS = ("web", "landing", "stream")
BEATS = ("beat", "beat-standing-by")


@dataclass(frozen=True)
class Composed:
    """The running whole, by its address behind the proxy."""

    machine: Machine
    services: dict[str, Any]
    ports: dict[str, int]
    url: str
    direct_database_url: str

    @property
    def authority(self) -> str:
        """What the proxy's certificate is signed by."""
        return str(self.machine.folder / "caddy/caddy/pki/authorities/local/root.crt")

    def inside(self, name: str) -> str:
        """A server's own address, which only the proxy knows."""
        return f"http://127.0.0.1:{self.ports[name]}"

    def get(self, path: str, **options: Any) -> requests.Response:
        return requests.get(self.url + path, verify=self.authority, timeout=30, **options)

    def manage(self, *arguments: str, standard_input: str | None = None) -> str:
        """What a command prints that is run in the container of web."""
        environment = self.machine.environment("web", self.services["web"])
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=environment, input=standard_input, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@contextmanager
def composed() -> Iterator[Composed]:
    """Everything up, in the order of ``depends_on``."""
    for name in ("pgbouncer", "caddy"):
        installed(name)
    with empty_database() as database_url, tempfile.TemporaryDirectory(prefix="xovis-composed-") as folder:
        here = _laid_out(Path(folder).resolve(), database_url)
        try:
            _bring_up(here)
            yield here
        finally:
            here.machine.stop()


def _laid_out(folder: Path, database_url: str) -> Composed:
    """The folders and files that containers have mounted, with what the loopback has in place of their hosts."""
    first = free_ports(7)
    ports = dict(zip((*SERVERS, "pgbouncer", "redis", "caddy", "http"), range(first, first + 7), strict=True))
    own = urlsplit(database_url)
    folder.chmod(0o755)
    secrets = folder / "secrets"
    secrets.mkdir()
    (secrets / "postgres_password").write_text(str(own.password))
    make(secrets)
    secrets.chmod(0o755)
    for name in ("database_url", "database_url_direct", "redis_url"):
        _change(
            secrets / name,
            {"pgbouncer:6432": f"127.0.0.1:{ports['pgbouncer']}", "redis:6379": f"127.0.0.1:{ports['redis']}"},
        )
    (secrets / "database_url_direct").chmod(0o644)
    (secrets / "database_url_direct").write_text(database_url)
    for name in ("bouncing", "redis", "data", "caddy"):
        (folder / name).mkdir()
    if user := os_user():
        shutil.chown(folder / "bouncing", user)
    _adapted(
        folder,
        "pgbouncer/pgbouncer.ini",
        {
            "host=postgres port=5432 dbname=xovis": f"host=127.0.0.1 port={own.port} dbname={own.path.removeprefix('/')}",
            "listen_addr = *": "listen_addr = 127.0.0.1",
            "6432": str(ports["pgbouncer"]),
            "/tmp/userlist.txt": f"{folder}/bouncing/userlist.txt",
        },
    )
    _adapted(folder, "redis/redis.conf", {"dir /data": f"dir {folder}/redis\nbind 127.0.0.1\nport {ports['redis']}"})
    _adapted(folder, "Caddyfile", {"admin off": "admin off\n\tdefault_bind 127.0.0.1"})
    moved = {
        "/run/secrets": str(secrets),
        "/etc/xovis": str(folder),
        "/etc/caddy": str(folder),
        "/tmp/userlist.txt": f"{folder}/bouncing/userlist.txt",
        "/tmp/redis.conf": f"{folder}/redis/redis.conf",
        "/tmp/alive": "$XOVIS_ALIVE_PATH",
        "127.0.0.1/6432": f"127.0.0.1/{ports['pgbouncer']}",
        "redis-cli ping": f"redis-cli -p {ports['redis']} ping",
    }
    url = f"https://localhost:{ports['caddy']}"
    services = read({"XOVIS_SITE": url, "XOVIS_NETWORK": "127.0.0.1/32"})["services"]
    return Composed(Machine(folder, moved), services, ports, url, database_url)


def _adapted(folder: Path, name: str, changes: dict[str, str]) -> None:
    target = folder / Path(name).name
    shutil.copy(ROOT / "deploy" / name, target)
    target.chmod(0o644)
    _change(target, changes)


def _change(file: Path, changes: dict[str, str]) -> None:
    text = file.read_text()
    for there, here in changes.items():
        text = text.replace(there, here)
    file.chmod(0o644)
    file.write_text(text)


def _bring_up(here: Composed) -> None:
    machine, services, ports = here.machine, here.services, here.ports
    for name in ("pgbouncer", "redis"):
        machine.start(name, services[name])
    wait_for(
        "PgBouncer and Redis are well", lambda: all(machine.is_well(n, services[n]) for n in ("pgbouncer", "redis"))
    )
    prepared = machine.run(services["prepare"])
    assert prepared.returncode == 0, prepared.stdout + prepared.stderr
    for name in plan.production():
        if name != "beat":
            machine.start(name, services[name], ports.get(name, 0))
    for called in BEATS:
        machine.start("beat", services["beat"], called=called)
    wait_for("the servers are well", lambda: all(machine.is_well(n, services[n], ports[n]) for n in SERVERS))
    addresses = {f"XOVIS_{name.upper()}": f"127.0.0.1:{ports[name]}" for name in SERVERS}
    own = {"XOVIS_HTTP_PORT": str(ports["http"]), "XDG_DATA_HOME": f"{machine.folder}/caddy"}
    machine.start("caddy", services["caddy"], variables={**own, **addresses})
    wait_for("the proxy lets in", lambda: Path(here.authority).exists() and _answers(here))
    wait_for("workers and beat work", lambda: requests.get(f"{here.inside('web')}/readyz", timeout=10).ok)


def _answers(here: Composed) -> bool:
    try:
        return here.get("/healthz").ok
    except requests.RequestException:
        return False
