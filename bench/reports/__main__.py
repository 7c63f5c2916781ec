"""``python -m bench.reports [--size SHARE]``."""

from __future__ import annotations

import sys
from argparse import ArgumentParser

from bench.figures import HEAD, machine
from bench.reports import run


def main() -> int:
    """1 where a limit was missed."""
    parser = ArgumentParser(description="How quick reports are.")
    parser.add_argument("--size", type=float, default=None, help="the share of the full size: 0.1 for a tenth")
    options = parser.parse_args()
    print(f"{machine()}\n\n{HEAD}", flush=True)
    missed = 0
    for figure in run(options.size):
        print(figure.row, flush=True)
        missed += figure.ratio < 1
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
