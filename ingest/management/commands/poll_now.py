"""``manage.py poll_now [--store CODE]…``: ask controllers for everything that is new, now."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from ingest import asking_now
from ingest.management.selection import add_store_option, controllers_of
from ingest.models import Stream
from sites_app.management.base import JsonCommand


class Command(JsonCommand):
    help = "Ask controllers for everything that is new, now, and say what came of it."
    kinds: tuple[str, ...] = tuple(Stream.Kind.values)

    def add_options(self, parser: ArgumentParser) -> None:
        add_store_option(parser)

    def run(self, **options: Any) -> dict[str, Any]:
        results = asking_now.ask(controllers_of(options["store"]), self.kinds)
        for result in results:
            self.note(f"{result['store']}/{result['name']}: {result['error'] or 'ok'}")
        failed = sum(bool(result["error"]) for result in results)
        return {"controllers": results, "asked": len(results), "failed": failed}

    def summary(self, done: dict[str, Any]) -> str:
        return f"Asked {done['asked']} controllers; {done['failed']} failed."
