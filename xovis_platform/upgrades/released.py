"""``python -m xovis_platform.upgrades.released VERSION``: write down the migrations of a release, when it is made.

Each release has a file, ``releases/VERSION.txt``, with a migration a line. Those that stand in one are never changed again.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

APPS = ("sites_app", "ingest", "reports", "alerts", "portal")
ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(__file__).with_name("releases")

Name = tuple[str, str]
"""A migration: its app and its own name."""


def versions() -> list[str]:
    """All releases, the oldest first."""
    return sorted((path.stem for path in FOLDER.glob("*.txt")), key=_numbers)


def released(version: str) -> list[Name]:
    """What a release had, in the order in which its file has it."""
    names = [line.split(".", 1) for line in (FOLDER / f"{version}.txt").read_text().split()]
    return [(app, name) for app, name in names]


def on_disk() -> list[Name]:
    """What there is now."""
    return [(app, path.stem) for app in APPS for path in sorted((ROOT / app / "migrations").glob("[0-9]*.py"))]


def newest_of_each(names: list[Name]) -> list[Name]:
    """The migrations to migrate to, an app each."""
    return list(dict(names).items())


def record(version: str) -> Path:
    """Write down what there is now."""
    path = FOLDER / f"{version}.txt"
    path.write_text("".join(f"{app}.{name}\n" for app, name in on_disk()))
    return path


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def main() -> int:
    if len(sys.argv) != 2 or not all(part.isdigit() for part in sys.argv[1].split(".")):
        print("Give the release's version, such as 0.2.", file=sys.stderr)
        return 2
    print(os.path.relpath(record(sys.argv[1]), ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
