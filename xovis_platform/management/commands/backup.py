"""``manage.py backup FILE``: the database in one file, made while the platform runs."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from sites_app.management.base import JsonCommand
from xovis_platform import backups


class Command(JsonCommand):
    help = (
        "Write the database into a file, by pg_dump. Stored secrets stay encrypted in it: keep XOVIS_ENCRYPTION_KEYS "
        "elsewhere, for without them no controller's key can be read again."
    )

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def run(self, **options: Any) -> dict[str, Any]:
        file: Path = options["file"]
        if not file.resolve().parent.is_dir():
            raise CommandError(f"There is no folder {file.resolve().parent}.")
        try:
            return {"file": str(file), "bytes": backups.write(file)}
        except backups.BackupError as error:
            raise CommandError(str(error)) from error

    def summary(self, done: dict[str, Any]) -> str:
        return f"Wrote {done['bytes']:,} bytes to {done['file']}."
