"""``manage.py import_stores FILE.csv [--dry-run]``: stores with their controllers, all or nothing."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from sites_app import onboarding
from sites_app.management.base import JsonCommand


class Command(JsonCommand):
    help = "Register stores and controllers from a CSV, or change what differs. '-' reads standard input."

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE.csv")
        parser.add_argument("--dry-run", action="store_true", help="say what would change, and change nothing")

    def run(self, **options: Any) -> dict[str, Any]:
        table = onboarding.read(_content(options["file"]), today=datetime.now(UTC).date())
        if table.errors:
            return _refused(table.errors)
        plan = onboarding.compare(table)
        if plan.errors:
            return _refused(plan.errors)
        if not options["dry_run"]:
            onboarding.apply(plan)
        return {
            "dry_run": options["dry_run"],
            **onboarding.told(plan),
            "errors": [],
            "failed": 0,
        }

    def summary(self, done: dict[str, Any]) -> str:
        if done["errors"]:
            return "\n".join(_sentence(error) for error in done["errors"])
        would = "Would have" if done["dry_run"] else "Has"
        return (
            f"{would} created {done['created']}, changed {done['changed']} and left {done['unchanged']} of "
            f"{len(done['stores'])} stores and {len(done['controllers'])} controllers."
        )

    def failure(self, done: dict[str, Any]) -> str:
        return f"Nothing was written: {done['failed']} cells can't be used."


def _refused(errors: Sequence[onboarding.CellError]) -> dict[str, Any]:
    return {"errors": [asdict(error) for error in errors], "controllers": [], "failed": len(errors)}


def _sentence(error: dict[str, Any]) -> str:
    place = f"line {error['line']}" + (f", {error['column']}" if error["column"] else "")
    return f"{place}: {error['detail']}" + (f" (it says '{error['value']}')" if error["value"] else "")


def _content(name: str) -> bytes:
    if name == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise CommandError(f"{name} can't be read: {error.strerror}.") from error
