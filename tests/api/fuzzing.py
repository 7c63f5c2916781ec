"""``schemathesis`` over the whole OpenAPI document of a running platform, with all its checks: ``make fuzz``.

It runs as long as it's told to, by its own options: ``make fuzz OPTIONS="--max-examples 500"``.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import django

# Not what it would make up of one answer for the next: it would let controllers be asked at addresses out of its head.
PHASES = "examples,coverage,fuzzing"
PLAIN = ("--no-color", "--warnings", "off", "--generation-database", "none", "--phases", PHASES)


def fuzz(url: str, key: str, options: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Let it ask everything that the document describes, with this key."""
    command = [
        *(str(Path(sys.executable).with_name("schemathesis")), "run", f"{url}/api/v1/schema"),
        *("--header", f"Authorization: Apikey {key}", "--checks", "all", *PLAIN, *options),
    ]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def main() -> int:
    """With a key to read and one to write, one after the other; 0 where nothing was found."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xovis_platform.settings")
    django.setup()
    from django.core.management import call_command

    from tests.api.running import platform as running

    call_command("migrate", verbosity=0)
    failed = False
    with tempfile.TemporaryDirectory() as name, running(Path(name)) as platform:
        for key in (platform.reader, platform.writer):
            done = fuzz(platform.url, key, sys.argv[1:], Path(name))
            sys.stdout.write(f"{done.stdout}\n{done.stderr}\n")
            failed = failed or done.returncode != 0
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
