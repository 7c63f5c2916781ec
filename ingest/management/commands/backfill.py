"""``manage.py backfill --start DATE --end DATE [--store CODE]… [--wait]``: fetch the intervals of a window again."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from datetime import UTC, date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from rich.console import Console
from rich.progress import Progress

from ingest import backfilling
from ingest.management.selection import add_store_option, controllers_of
from ingest.models import Backfill
from sites_app.management.base import JsonCommand

_LOOK_EVERY_S = 0.5


class Command(JsonCommand):
    help = (
        "Fetch footfall, dwell and paths of a window again. The workers do it, and with --wait this command as well. "
        "Dates are UTC days; end isn't in it."
    )

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("--start", required=True, type=_day, metavar="DATE")
        parser.add_argument("--end", required=True, type=_day, metavar="DATE")
        parser.add_argument("--wait", action="store_true", help="show the progress until all is done")
        add_store_option(parser)

    def run(self, **options: Any) -> dict[str, Any]:
        controllers = controllers_of(options["store"])
        now = datetime.now(UTC)
        try:
            backfill = backfilling.plan(
                controllers, start=options["start"], end=options["end"], now=now, created_by="manage.py"
            )
        except ValidationError as error:
            raise CommandError(f"--start/--end: {' '.join(error.messages)}") from error
        progress = self._wait(backfill) if options["wait"] else backfilling.progress(backfill.pk)
        return {
            "id": str(backfill.pk),
            "controllers": len(controllers),
            "steps": progress.total,
            "done": progress.done,
            "failed": progress.failed,
            "finished": progress.finished,
        }

    def _wait(self, backfill: Backfill) -> backfilling.Progress:
        with Progress(console=Console(stderr=True), disable=self.as_json) as bar:
            task = bar.add_task("Backfill", total=None)
            while not (progress := backfilling.progress(backfill.pk)).finished:
                bar.update(task, total=progress.total, completed=progress.done + progress.failed)
                if not backfilling.run_batch(lambda: datetime.now(UTC)):
                    time.sleep(_LOOK_EVERY_S)
            bar.update(task, total=progress.total, completed=progress.total)
        return progress

    def summary(self, done: dict[str, Any]) -> str:
        state = "Done" if done["finished"] else "Handed to the workers"
        return f"{state}: {done['done']} of {done['steps']} steps for {done['controllers']} controllers; {done['failed']} failed. Backfill {done['id']}."


def _day(text: str) -> datetime:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"'{text}' is not a date such as 2026-11-02.") from error
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
