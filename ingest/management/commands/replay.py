"""``manage.py replay [--store CODE]…``: understand anew what is in quarantine, after a fix."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from ingest import digest, replaying
from ingest.management.selection import add_store_option, check_stores
from ingest.models import Quarantine
from sites_app.management.base import JsonCommand


class Command(JsonCommand):
    help = "Understand anew what is in quarantine. What can be used now is written as if it had come right."

    def add_options(self, parser: ArgumentParser) -> None:
        add_store_option(parser)

    def run(self, **options: Any) -> dict[str, Any]:
        faults = Quarantine.objects.all()
        if options["store"]:
            check_stores(options["store"])
            faults = faults.filter(store__code__in=options["store"])
        tally = replaying.replay(faults, now=datetime.now(UTC))
        while digest.digest_batch(now=datetime.now(UTC)):
            pass
        return {"replayed": tally.replayed, "still": tally.still, "failed": 0}

    def summary(self, done: dict[str, Any]) -> str:
        return replaying.Tally(done["replayed"], done["still"]).said
