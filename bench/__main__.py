"""``python -m bench [NAME…]``: measures, prints a table, and fails if a limit was missed."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from importlib import import_module

from bench.figures import HEAD, Figure, machine

BENCHMARKS = (
    "api",
    "simulator",
    "reports",
    "ingest",
)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description="How much this machine carries.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"all if none is given: {', '.join(BENCHMARKS)}")
    names = parser.parse_args(arguments).names or BENCHMARKS
    if unknown := set(names) - set(BENCHMARKS):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    print(f"{machine()}\n\n{HEAD}", flush=True)
    missed = 0
    for figure in (figure for name in names for figure in _figures(name)):
        print(figure.row, flush=True)
        missed += figure.ratio < 1
    return 1 if missed else 0


def _figures(name: str) -> Iterator[Figure]:
    # Only when it's its turn: most of them need Django, and services.
    figures: Iterator[Figure] = import_module(f"bench.{name}").run()
    return figures


if __name__ == "__main__":
    sys.exit(main())
