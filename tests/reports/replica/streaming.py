"""A real streaming replica of the tests' own database server, from the same wheel."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from xovis_platform.stack.ports import LOOPBACK, free_ports
from xovis_platform.stack.postgres import Postgres, binary, os_user
from xovis_platform.stack.processes import Child, stop_all


@dataclass(frozen=True)
class Replica:
    """A server that follows another."""

    url: str
    server: Child

    def execute(self, statement: str, *parameters: object) -> Any:
        """The one value that a statement gives."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            row = connection.execute(statement, parameters).fetchone()
        return row[0] if row else None

    def stop(self) -> None:
        """End it, and all connections to it."""
        stop_all([self.server])


@contextmanager
def replica_of(primary_url: str) -> Iterator[Replica]:
    """A replica, once it answers; it ends with the block."""
    primary = urlsplit(primary_url)
    with tempfile.TemporaryDirectory(prefix="xovis-replica-") as folder:
        data_dir = Path(folder)
        postgres = Postgres(data_dir, free_ports(), durable=False)
        postgres.prepare()  # makes the user, and the directory that it may enter
        _copy(primary_url, postgres)
        url = primary._replace(netloc=f"{primary.username}:{primary.password}@{LOOPBACK}:{postgres.port}").geturl()
        said: list[str] = []
        child = Child(postgres.program(), lambda _, line: said.append(line))
        child.start(time.monotonic())
        try:
            _await(url, child, said)
            yield Replica(url, child)
        finally:
            stop_all([child])


def _copy(primary_url: str, postgres: Postgres) -> None:
    """Put a copy of the primary in the cluster's place, set to follow it."""
    subprocess.run(["rm", "-rf", str(postgres.cluster)], check=True)
    command = [str(binary("pg_basebackup")), "-D", str(postgres.cluster), "-R", "-c", "fast", "-X", "stream"]
    primary = urlsplit(primary_url)
    address = ["-h", str(primary.hostname), "-p", str(primary.port), "-U", str(primary.username)]
    subprocess.run([*command, *address], env={**os.environ, "PGPASSWORD": str(primary.password)}, check=True)
    if user := os_user():
        subprocess.run(["chown", "-R", user, str(postgres.cluster)], check=True)


def _await(url: str, child: Child, said: list[str]) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            with psycopg.connect(url, connect_timeout=2) as connection:
                assert connection.execute("SELECT pg_is_in_recovery()").fetchone() == (True,)
            return
        except psycopg.OperationalError:
            assert child.is_running, said
            assert time.monotonic() < deadline, said
            time.sleep(0.1)  # looks again, doesn't let time pass
