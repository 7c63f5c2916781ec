"""``python -m tests.faults broker-lost --seconds 600``: exit status 0 where all that should came back by itself."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.chaos.__main__ import say
from tests.faults.drills import DRILLS
from tests.faults.platform import running_platform

DISK_MB = 900


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="tests.faults", description=__doc__)
    parser.add_argument("drill", choices=DRILLS)
    parser.add_argument("--seconds", type=float, default=600.0)
    asked = parser.parse_args(arguments)
    with ExitStack() as ending:
        if asked.drill == "disk-full":
            ending.enter_context(small_disk())
        platform = ending.enter_context(running_platform())
        say(f"{asked.drill} for {asked.seconds:g} s")
        wrong = list(DRILLS[asked.drill](platform, asked.seconds))
    for sentence in wrong:
        say(f"WRONG {sentence}")
    say(f"{len(wrong)} things are wrong." if wrong else "All came back by itself, and nothing was lost.")
    return 1 if wrong else 0


@contextmanager
def small_disk() -> Iterator[None]:
    """A disk that can be filled, for the data of stacks that begin meanwhile. Raises ``OSError`` where it can't be mounted."""
    before = tempfile.tempdir
    folder = Path(tempfile.mkdtemp(prefix="xovis-disk-"))
    folder.chmod(0o755)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(folder)]).returncode:
        raise OSError("a disk for the drill can't be mounted: that takes root")
    tempfile.tempdir = str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before
        subprocess.run(["umount", "-l", str(folder)], check=True)
        folder.rmdir()


if __name__ == "__main__":
    sys.exit(main())
