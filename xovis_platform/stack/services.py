"""Database and broker: embedded ones, or those that the environment names."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from xovis_platform.stack.broker import Broker
from xovis_platform.stack.errors import StackError
from xovis_platform.stack.given import given
from xovis_platform.stack.ports import free_ports
from xovis_platform.stack.postgres import Postgres
from xovis_platform.stack.processes import Child, stop_all

DATABASE_VARIABLE = "XOVIS_DATABASE_URL"
BROKER_VARIABLE = "XOVIS_REDIS_URL"


@dataclass(frozen=True)
class Services:
    """Addresses of database and broker, and the embedded servers that must run for them (none, one or both)."""

    embedded: tuple[Postgres | Broker, ...]
    database_url: str
    redis_url: str


def prepare_services(data_dir: Path, *, durable: bool = True) -> Services:
    """Make what the environment doesn't name ready to start in ``data_dir``. Raises StackError where that can't be."""
    embedded: list[Postgres | Broker] = []
    database_url, redis_url = given(DATABASE_VARIABLE, os.environ), given(BROKER_VARIABLE, os.environ)
    if not database_url:
        postgres = Postgres(data_dir, free_ports(), durable)
        postgres.prepare()
        embedded.append(postgres)
        database_url = postgres.url()
    if not redis_url:
        broker = Broker(data_dir, free_ports())
        broker.prepare()
        embedded.append(broker)
        redis_url = broker.url
    return Services(tuple(embedded), database_url, redis_url)


@contextmanager
def temporary_services(*, durable: bool = False, patience_s: float = 30.0) -> Iterator[Services]:
    """Database and broker for one command or one run of the tests, gone afterwards. What the environment names stays.

    Unless they are to be ``durable``, they needn't outlive a crash, and are quicker.
    """
    with tempfile.TemporaryDirectory(prefix="xovis-") as folder:
        services = prepare_services(Path(folder), durable=durable)
        output: list[str] = []
        children = [
            Child(service.program(), lambda name, line: output.append(f"{name}: {line}"))
            for service in services.embedded
        ]
        try:
            for child in children:
                child.start(time.monotonic())
            _await(services, children, output, time.monotonic() + patience_s)
            yield services
        finally:
            stop_all(children)


def _await(services: Services, children: list[Child], output: list[str], deadline: float) -> None:
    for service, child in zip(services.embedded, children, strict=True):
        while not service.is_ready():
            if not child.is_running or time.monotonic() > deadline:
                raise StackError(f"{child.program.name} didn't start: {' / '.join(output[-5:])}")
            time.sleep(0.02)
