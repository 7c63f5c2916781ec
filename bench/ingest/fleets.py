"""The whole platform beside a simulated fleet that it knows, with no past to fetch."""

from __future__ import annotations

import csv
import io
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg

from bench.processes import Used, used_by
from bench.simulator import running_fleet
from tests.stack.running import PROCESSES, Stack, running_stack, wait_for
from xovis_platform.stack.state import read_stack

_SKIP_THE_PAST = """
    UPDATE ingest_stream SET cursor = date_trunc('hour', now()), watched_from = now()
    WHERE kind IN ('footfall', 'dwell', 'paths')
"""
_POLLED = "SELECT count(*) FROM ingest_stream WHERE kind IN ('live', 'discovery') AND last_success_at IS NOT NULL"

Row = dict[str, str]


@dataclass(frozen=True)
class Platform:
    """A running stack, its database, and the controllers that it asks: the rows of their onboarding."""

    stack: Stack
    database: psycopg.Connection[tuple[Any, ...]]
    controllers: list[Row]

    def one(self, statement: str) -> Any:
        """The one value that a statement gives."""
        row = self.database.execute(statement).fetchone()
        return row[0] if row else None

    def used(self) -> dict[str, Used]:
        """What each of its processes has used up to now."""
        return {name: used_by(self.stack.pids(mark)) for name, mark in PROCESSES.items()}


@contextmanager
def platform(controllers: int) -> Iterator[Platform]:
    """One that has polled and discovered so many controllers."""
    with running_fleet(controllers) as (_, control_url), running_stack("run") as stack:
        wait_for("the stack is ready", stack.is_ready)
        rows = _rows(control_url)[:controllers]
        began = time.monotonic()
        stack.manage("import_stores", "-", standard_input=_csv(rows))
        print(f"# {controllers:,} controllers were registered in {time.monotonic() - began:.0f} s", flush=True)
        state = read_stack(stack.data_dir)
        assert state is not None
        with psycopg.connect(state.database_url, autocommit=True) as database:
            it = Platform(stack, database, rows)
            wait_for("all have streams", lambda: database.execute(_SKIP_THE_PAST).rowcount >= 3 * controllers, 120)
            took = wait_for("all were polled", lambda: it.one(_POLLED) >= 2 * controllers, 1200)
            print(f"# all of them were polled and discovered {took:.0f} s later", flush=True)
            yield it


def _rows(control_url: str) -> list[Row]:
    with urllib.request.urlopen(f"{control_url}/fleet.csv") as answer:
        return list(csv.DictReader(io.StringIO(answer.read().decode())))


def _csv(rows: list[Row]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
