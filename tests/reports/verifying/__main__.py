"""``python -m tests.reports.verifying``: every cell of every report of a seeded chain, beside brute force over the truth.

It works on the database that the environment names, which should be an empty one: ``make verify-reports`` lends it one.
"""

from __future__ import annotations

import os
import sys
import time
from argparse import ArgumentParser
from datetime import date, timedelta

import django


def main() -> int:
    """0 where all cells agree."""
    parser = ArgumentParser(description=__doc__.split("\n\n")[0] if __doc__ else None)
    parser.add_argument("--stores", type=int, default=300)
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--first", type=date.fromisoformat, default=date(2025, 10, 6))
    parser.add_argument("--step", type=int, default=900, help="seconds between two polls")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mixed", type=int, default=200, help="how many questions of everything mixed")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xovis_platform.settings")
    django.setup()
    from django.core.management import call_command

    from ingest.models import Measure
    from reports import basis, rollups
    from tests.reports.verifying import questions
    from tests.reports.verifying.brute import Brute
    from tests.reports.verifying.chain import build
    from tests.reports.verifying.comparing import differences

    started = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - started:7.1f} s  {text}", flush=True)

    call_command("migrate", verbosity=0)
    chain = build(seed=options.seed, stores=options.stores, first=options.first, days=options.days, step_s=options.step)
    say(
        f"{len(chain.stores):,} stores on {len({s.timezone for s in chain.stores})} clocks, {options.days} days: taken in"
    )
    while basis.refresh() or sum(rollups.drain(measure) for measure in Measure):
        pass
    say("rolled up")
    brute = Brute(chain)
    last = options.first + timedelta(days=options.days)
    asked = [*questions.plain(options.first, last), *questions.compared(options.first, last)]
    asked += questions.mixed(chain, options.first, last, seed=options.seed, count=options.mixed)
    cells = wrong = 0
    for number, request in enumerate(asked, start=1):
        count, found = differences(brute, request)
        cells, wrong = cells + count, wrong + len(found)
        for difference in found[:3]:
            say(f"DIFFERS  {difference}")
        if number % 25 == 0:
            say(f"{number} of {len(asked)} reports, {cells:,} cells, {wrong:,} differ")
    say(f"{len(asked)} reports, {cells:,} cells, {wrong:,} differ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
