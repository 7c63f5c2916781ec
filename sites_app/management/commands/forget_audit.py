"""``manage.py forget_audit --before DATE``: the one way by which entries of the audit log go."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.core.management.base import CommandError
from django.db import connection, transaction

from sites_app import audit
from sites_app.management.base import JsonCommand

YOUNGEST = timedelta(days=365)


class Command(JsonCommand):
    help = "Remove entries of the audit log that are older than a day, and note it there. A year stays in any case."

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("--before", required=True, metavar="DATE", help="the first day that stays (UTC)")

    def run(self, **options: Any) -> dict[str, Any]:
        before = _day(options["before"])
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL xovis.audit_log = 'forget'")
            cursor.execute("DELETE FROM auditlog_logentry WHERE timestamp < %s", [before])
            forgotten = cursor.rowcount
            cursor.execute("SET LOCAL xovis.audit_log = ''")
            audit.happened("forgot", detail=f"{forgotten} entries from before {before:%Y-%m-%d}")
        return {"forgotten": forgotten, "before": before.date().isoformat()}

    def summary(self, done: dict[str, Any]) -> str:
        return f"Forgotten: {done['forgotten']} entries from before {done['before']}."


def _day(text: str) -> datetime:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"--before: '{text}' is not a date such as 2025-01-31.") from error
    before = datetime(day.year, day.month, day.day, tzinfo=UTC)
    if before > datetime.now(UTC) - YOUNGEST:
        raise CommandError(f"--before: {text} is less than a year ago, and a year of the audit log stays.")
    return before
