"""``manage.py rotate_api_key PREFIX [--overlap HOURS]``: a new key in the place of one, which still works for a while."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.management.base import CommandError

from sites_app.management.base import JsonCommand
from sites_app.models import ApiKey
from sites_app.models.access import ROTATED_KEY_VALID


class Command(JsonCommand):
    help = "Replace an API key. The new one is shown once, here; the old one works until the overlap ends."

    def add_options(self, parser: ArgumentParser) -> None:
        hours = int(ROTATED_KEY_VALID / timedelta(hours=1))
        parser.add_argument("prefix", help="the key's beginning, as the admin shows it")
        parser.add_argument("--overlap", type=float, default=hours, metavar="HOURS", help=f"default: {hours}")

    def run(self, **options: Any) -> dict[str, Any]:
        if not 0 <= options["overlap"] <= 24 * 366:
            raise CommandError("--overlap: give hours, from 0 up to a year's.")
        keys = list(ApiKey.objects.filter(prefix=options["prefix"], revoked_at=None)[:2])
        if len(keys) != 1:
            raise CommandError(f"There is no key that begins with '{options['prefix']}', or more than one.")
        key, until = keys[0], datetime.now(UTC) + timedelta(hours=options["overlap"])
        plain = key.rotate(until=until)
        key.save(update_fields=["prefix", "digest", "previous_digest", "previous_until"])
        return {"name": key.name, "key": plain, "old_key_until": until.isoformat(timespec="seconds")}

    def summary(self, done: dict[str, Any]) -> str:
        return f"API key '{done['name']}', not shown again: {done['key']}. The old one works until {done['old_key_until']}."
