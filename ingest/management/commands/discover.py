"""``manage.py discover [--store CODE]…``: find the sensors and zones of controllers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ingest import replaying
from ingest.management.commands.poll_now import Command as PollNow
from ingest.models import Stream
from sites_app.models import Zone


class Command(PollNow):
    help = "Ask controllers for their sensors and zones, and keep the registry in step."
    kinds = (Stream.Kind.DISCOVERY,)

    def run(self, **options: Any) -> dict[str, Any]:
        done = super().run(**options)
        replaying.replay_found(now=datetime.now(UTC))
        ids = [result["id"] for result in done["controllers"]]
        return {**done, "zones": Zone.objects.filter(controller__in=ids).count()}

    def summary(self, done: dict[str, Any]) -> str:
        return f"Asked {done['asked']} controllers, which have {done['zones']} zones; {done['failed']} failed."
