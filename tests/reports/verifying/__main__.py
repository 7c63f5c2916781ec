"""``python -m tests.reports.verifying``: every cell of every report of a seeded chain, beside brute force over the truth.

It brings up a database of its own, takes the chain in, and asks all questions on all cores. Reports by store and zone are
asked for some stores at a time, so that nothing has to hold them all; those of regions and the chain are of all stores.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from datetime import date

from cryptography.fernet import Fernet

from xovis_platform.stack.services import BROKER_VARIABLE, DATABASE_VARIABLE, temporary_services


def main() -> int:
    """0 where all cells agree."""
    options = _options()
    with temporary_services() as services:
        os.environ[DATABASE_VARIABLE], os.environ[BROKER_VARIABLE] = services.database_url, services.redis_url
        os.environ.setdefault("XOVIS_SECRET_KEY", "only for this run")
        os.environ.setdefault("XOVIS_ENCRYPTION_KEYS", Fernet.generate_key().decode())
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xovis_platform.settings")
        import django

        django.setup()
        return _verify(options)


def _options() -> Namespace:
    parser = ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--stores", type=int, default=300)
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--first", type=date.fromisoformat, default=date(2025, 10, 6))
    parser.add_argument("--step", type=int, default=900, help="seconds between two polls")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mixed", type=int, default=200, help="how many questions of everything mixed")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    return parser.parse_args()


def _verify(options: Namespace) -> int:
    from django.core.management import call_command

    from ingest.models import Measure
    from tests.reports.verifying import working
    from tests.reports.verifying.chain import build

    say = _teller()
    call_command("migrate", verbosity=0)
    chain = build(seed=options.seed, stores=options.stores, first=options.first, days=options.days, step_s=options.step)
    clocks = len({store.timezone for store in chain.stores})
    say(f"{len(chain.stores):,} stores on {clocks} clocks, {options.days} days: taken in")
    working.settle()
    # The workers are forks: they have the chain already.
    with multiprocessing.get_context("fork").Pool(options.processes, working.begin, [chain]) as pool:
        pool.map(working.roll_up, list(Measure), chunksize=1)
        say("rolled up")
        jobs = working.jobs(chain, options.first, options.days, seed=options.seed, mixed=options.mixed)
        reports = cells = wrong = 0
        for number, done in enumerate(pool.imap_unordered(working.work, jobs), start=1):
            reports, cells, wrong = reports + done.reports, cells + done.cells, wrong + done.wrong
            for difference in done.examples:
                say(f"DIFFERS  {difference}")
            say(f"{number} of {len(jobs)} jobs: {reports:,} reports, {cells:,} cells, {wrong:,} differ")
    say(f"{reports:,} reports, {cells:,} cells compared, {wrong:,} differ")
    return 1 if wrong or not cells else 0


def _teller() -> Callable[[str], None]:
    started = time.monotonic()
    return lambda text: print(f"{time.monotonic() - started:7.1f} s  {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
