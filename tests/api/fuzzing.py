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

CONFIG = Path(__file__).with_name("schemathesis.toml")
PLAIN = ("--no-color", "--warnings", "off", "--generation-deterministic")
# The stream never ends: each call of it that is right waits until nobody listens any more, and is looked at no further than
# tests/reports/test_stream.py does.
WITHOUT_STREAM = ("--exclude-path", "/api/v1/live/stream")
EACH = ("--phases", "examples,coverage,fuzzing", *WITHOUT_STREAM)
# What one answer gives is asked for by the next call: what was added is read, changed, tried and deleted, by tests.api.plausible.
# Not what makes and takes nothing; nor a message to a webhook endpoint: there is a world beyond this machine.
CHAINED = (
    *("--phases", "stateful"),
    *("--exclude-path-regex", r"^/(xcs|ingest)/|/(reports|live)/|/events$|/webhook_endpoints/.*/test$"),
)
HOOKS = {"SCHEMATHESIS_HOOKS": "tests.api.plausible"}


def fuzz(
    url: str, key: str, options: Sequence[str], folder: Path, *, quietly: bool = False
) -> subprocess.CompletedProcess[str]:
    """Let it ask everything that the document describes, with this key; what it says is shown, or kept."""
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "run", f"{url}/api/v1/schema"),
        *("--header", f"Authorization: Apikey {key}", "--checks", "all", *PLAIN, *options),
    ]
    hooks = HOOKS if "stateful" in options else {}
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd()), **hooks}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=quietly, text=True, check=False)


def main() -> int:
    """With a key to read and one to write, one after the other; 0 where nothing was found."""
    os.environ.setdefault("XOVIS_LOG_LEVEL", "ERROR")  # what is refused is what is looked for here
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xovis_platform.settings")
    django.setup()
    from django.core.management import call_command

    from tests.api.running import platform as running

    call_command("migrate", verbosity=0)
    failed = False
    with tempfile.TemporaryDirectory() as name, running(Path(name)) as platform:
        for key, phases in ((platform.reader, EACH), (platform.writer, EACH), (platform.writer, CHAINED)):
            done = fuzz(platform.url, key, [*phases, *sys.argv[1:]], Path(name))
            failed = failed or done.returncode != 0
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
