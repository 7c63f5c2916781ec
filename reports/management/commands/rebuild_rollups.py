"""``manage.py rebuild_rollups [--store CODE]… [--start DATE] [--end DATE]``: make rollups anew from the facts."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import CommandError
from rich.console import Console
from rich.progress import Progress

from ingest.management.selection import add_store_option, check_stores
from reports import rebuilding
from sites_app.management.base import JsonCommand
from sites_app.models import Store


class Command(JsonCommand):
    help = (
        "Make rollups anew from the facts that are kept: the same rows, bit for bit. It can run beside the workers. "
        "Dates are the stores' own days; end isn't in it."
    )

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("--start", type=_day, metavar="DATE")
        parser.add_argument("--end", type=_day, metavar="DATE")
        add_store_option(parser)

    def run(self, **options: Any) -> dict[str, Any]:
        start, end = options["start"], options["end"]
        if start and end and start >= end:
            raise CommandError("--start/--end: start must lie before end.")
        check_stores(options["store"])
        stores = list(Store.objects.filter(code__in=options["store"]) if options["store"] else Store.objects.all())
        parts = rebuilding.plan(stores, start=start, end=end)
        with Progress(console=Console(stderr=True), disable=self.as_json) as bar:
            task = bar.add_task("Quarters", total=sum(part.quarters for part in parts))
            for part in parts:
                rebuilding.rebuild(part)
                bar.advance(task, part.quarters)
            rebuilding.rebuild_regions(stores)
        return {"stores": len(stores), "quarters": sum(part.quarters for part in parts)}

    def summary(self, done: dict[str, Any]) -> str:
        return f"Made {done['quarters']:,} quarters of {done['stores']:,} stores anew, and all that is made of them."


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"'{text}' is not a date such as 2026-11-02.") from error
