"""``python -m tests.chaos``: exit status 0 where all that should be there is."""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from tests.chaos import proof
from tests.chaos.breaking import Chaos
from tests.chaos.fleet import POLL_INTERVAL_S, Fleet, running_fleet
from tests.stack.running import Stack, running_stack, wait_for
from xovis_platform.stack.state import read_stack

HOLD = timedelta(seconds=3 * POLL_INTERVAL_S)
PATIENCE_S = 240.0
SHOWN = 20
Database = psycopg.Connection[tuple[Any, ...]]

_ZONES = "SELECT count(*) FROM sites_app_zone"
_BEHIND = """
    SELECT count(*) FROM ingest_stream
    WHERE kind IN ('footfall', 'dwell', 'paths') AND last_error_code NOT IN ('feature_disabled', 'not_found')
      AND coalesce(cursor < now() - interval '2 hours', true)
"""
_FAILING = "SELECT count(*) FROM ingest_stream WHERE consecutive_failures > 0"
_WAITING = "SELECT (SELECT count(*) FROM ingest_event WHERE digested_at IS NULL) + (SELECT count(*) FROM ingest_dirty)"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="tests.chaos", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--stores", type=int, default=178, help="178 stores have 200 controllers")
    asked = parser.parse_args(arguments)
    say(f"again by: python -m tests.chaos --seconds {asked.seconds:g} --seed {asked.seed} --stores {asked.stores}")
    with running_fleet(asked.stores, asked.seed) as fleet, running_stack("run") as stack:
        try:
            wrong = survive(stack, fleet, asked.seconds, random.Random(asked.seed))
        except BaseException:
            kept = Path(tempfile.gettempdir()) / f"chaos-{asked.seed}.log"
            shutil.copy(stack.data_dir / "output", kept)
            say(f"what the stack printed stands in {kept}")
            raise
    for sentence in wrong[:SHOWN]:
        say(f"WRONG {sentence}")
    say(f"{len(wrong)} things are wrong." if wrong else "Nothing lost, nothing twice, no gap hidden.")
    return 1 if wrong else 0


def survive(stack: Stack, fleet: Fleet, seconds: float, chance: random.Random) -> list[str]:
    """The whole of it; what is wrong afterwards."""
    wait_for("the stack is ready", stack.is_ready)
    register(stack, fleet)
    began = datetime.now(UTC)
    chaos = Chaos(stack, fleet, fleet.controllers(), chance, say)
    chaos.run(seconds)
    chaos.heal()
    say(f"{len(chaos.kills)} kills; now all is well, and what was held up must come right by itself")
    wait_for("the stack is ready again", stack.is_ready)
    with database_of(stack) as database:
        settle(stack, fleet, database)
        return look(fleet, database, began)


def register(stack: Stack, fleet: Fleet) -> None:
    """Take the fleet on as a person would, and wait until it is known."""
    done = stack.manage("import_stores", "-", standard_input=fleet.onboarding())
    hooks = [
        {"store": item["store"], "name": item["name"], "url": f"{stack.url}/ingest/xcs/{item['id']}"}
        for item in done["controllers"]
    ]
    fleet.put("/webhooks", hooks)
    zones = sum(len(c["zones"]) for store in fleet.get("/fleet")["stores"] for c in store["controllers"])
    with database_of(stack) as database:
        wait_for("all zones are found", lambda: one(database, _ZONES) == zones)
    say(f"{len(hooks)} controllers with {zones} zones are registered")


def settle(stack: Stack, fleet: Fleet, database: Database) -> None:
    """Wait until what was held up has come, then end the polls, so that nothing moves while it's looked at."""
    took = wait_for("every event is delivered", lambda: not fleet.events("pending"), PATIENCE_S)
    say(f"every event was delivered {took:.0f} s later")
    # Streams that are still backing off, for up to 15 minutes, are asked now.
    done = stack.manage("poll_now")
    assert not done["failed"], f"{done['failed']} controllers can't be polled though they are well"
    assert one(database, _FAILING) == 0
    took = wait_for("the past is fetched", lambda: one(database, _BEHIND) == 0, PATIENCE_S)
    say(f"all of the past was fetched {took:.0f} s later")
    database.execute("UPDATE sites_app_controller SET enabled = false")
    took = wait_for("all is digested and rolled up", lambda: one(database, _WAITING) == 0, PATIENCE_S)
    say(f"all was digested and rolled up {took:.0f} s later")


def look(fleet: Fleet, database: Database, began: datetime) -> list[str]:
    """All that is wrong."""
    now = datetime.now(UTC)
    day_ago = (now - timedelta(days=1)).replace(minute=0, second=0, microsecond=0)
    samples = one(database, "SELECT count(*) FROM ingest_occupancysample")
    say(f"{samples} samples, {len(fleet.events('delivered'))} events")
    return [
        *proof.lost_events(database, fleet),
        *proof.wrong_intervals(database, fleet, day_ago, _quarter(began)),
        *proof.hidden_gaps(database, _quarter(began), _quarter(now) + proof.QUARTER, HOLD),
    ]


def one(database: Database, statement: str) -> Any:
    """The one value that a statement gives."""
    row = database.execute(statement).fetchone()
    return row[0] if row else None


@contextmanager
def database_of(stack: Stack) -> Iterator[Database]:
    state = read_stack(stack.data_dir)
    assert state is not None
    with psycopg.connect(state.database_url, autocommit=True) as database:
        database.execute("SET TIME ZONE 'UTC'")
        yield database


def _quarter(instant: datetime) -> datetime:
    return instant.replace(minute=instant.minute // 15 * 15, second=0, microsecond=0)


def say(text: str) -> None:
    print(f"{datetime.now(UTC):%H:%M:%S} {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
