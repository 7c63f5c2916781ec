"""``manage.py rotate_encryption_key [--dry-run | --check]``: all stored secrets under the newest encryption key."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from rich.console import Console
from rich.progress import Progress

from sites_app import rotation
from sites_app.management.base import JsonCommand

NAMED = 20


class Command(JsonCommand):
    help = (
        "Encrypt all stored secrets anew under the first of XOVIS_ENCRYPTION_KEYS. It can run beside the platform, once "
        "all its processes have that key as their first. Says at the end whether the other keys can go."
    )

    def add_options(self, parser: ArgumentParser) -> None:
        only = parser.add_mutually_exclusive_group()
        only.add_argument(
            "--dry-run", action="store_true", help="count what would be encrypted anew, and change nothing"
        )
        only.add_argument("--check", action="store_true", help="likewise, and end with 1 while an older key is needed")

    def run(self, **options: Any) -> dict[str, Any]:
        if not settings.ENCRYPTION_KEYS:
            raise CommandError("XOVIS_ENCRYPTION_KEYS is not set: put the newest key first, then those before it.")
        looks_only = options["dry_run"] or options["check"]
        rotated = 0 if looks_only else self._rotate()
        found = rotation.look()
        for where in found.unreadable[:NAMED]:
            self.note(
                f"{where}: none of the keys fits; give back the key that it was encrypted with, or enter it anew."
            )
        return {
            "secrets": found.total,
            "rotated": rotated,
            "older": found.older,
            "unreadable": len(found.unreadable),
            "old_keys_can_go": found.old_keys_can_go,
            "failed": 0 if options["dry_run"] else found.older + len(found.unreadable),
        }

    def _rotate(self) -> int:
        with Progress(console=Console(stderr=True), disable=self.as_json) as bar:
            task = bar.add_task("Rows", total=rotation.rows())
            return rotation.rotate(looked_at=lambda count: bar.advance(task, count))

    def summary(self, done: dict[str, Any]) -> str:
        return f"Encrypted {done['rotated']:,} of {done['secrets']:,} secrets anew. {_verdict(done)}"

    def failure(self, done: dict[str, Any]) -> str:
        return _verdict(done)


def _verdict(done: dict[str, Any]) -> str:
    if done["old_keys_can_go"]:
        return "All are under the newest key: the older ones can go."
    reasons = [f"{done['older']:,} need an older key"] if done["older"] else []
    reasons += [f"{done['unreadable']:,} can't be read by any"] if done["unreadable"] else []
    return f"No key can go yet: {' and '.join(reasons)}."
