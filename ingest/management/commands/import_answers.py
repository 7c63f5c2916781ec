"""``manage.py import_answers FILE_OR_URL``: recorded answers of controllers, taken in as if they had just been polled.

One JSON object a line: ``{"base_url": …, "path": "/occupancy/current" | "/queue/status", "body": {the answer}}``. That's
how a past that no controller can be asked for any more (samples have no history) comes in from elsewhere.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests
from django.core.management.base import CommandError

from ingest import recorded
from sites_app.management.base import JsonCommand


class Command(JsonCommand):
    help = "Take in recorded answers of controllers (NDJSON of a file, '-' or a URL)."

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", metavar="FILE_OR_URL")

    def run(self, **options: Any) -> dict[str, Any]:
        tally = recorded.take_in(_lines(options["source"]), received_at=datetime.now(UTC))
        return {"answers": tally.answers, "facts": tally.facts, "faults": tally.faults, "failed": 0}

    def summary(self, done: dict[str, Any]) -> str:
        return f"Took in {done['answers']} answers with {done['facts']} facts; {done['faults']} can't be used."


def _lines(source: str) -> Iterator[bytes]:
    if source == "-":
        yield from sys.stdin.buffer
    elif source.startswith(("http://", "https://")):
        try:
            with requests.get(source, stream=True, timeout=(3, 60)) as answer:
                if not answer.ok:
                    raise CommandError(f"{source} answered {answer.status_code}.")
                yield from answer.iter_lines(chunk_size=1 << 20)
        except requests.RequestException as error:
            raise CommandError(f"{source} can't be read, or not to its end ({type(error).__name__}).") from error
    else:
        try:
            with Path(source).open("rb") as file:
                yield from file
        except OSError as error:
            raise CommandError(f"{source} can't be read: {error.strerror}.") from error
