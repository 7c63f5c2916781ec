"""``manage.py restore FILE``: a back-up put into an empty database."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from sites_app import rotation
from sites_app.management.base import JsonCommand
from sites_app.models import Store
from xovis_platform import backups


class Command(JsonCommand):
    help = "Fill an empty database from a file that `backup` has written. One that holds anything is refused."

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def run(self, **options: Any) -> dict[str, Any]:
        file: Path = options["file"]
        if not file.is_file():
            raise CommandError(f"There is no file {file}.")
        try:
            backups.restore(file)
        except backups.BackupError as error:
            raise CommandError(str(error)) from error
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return {"stores": None, "unreadable": None, "migrations_missing": True}
        unreadable = len(rotation.look().unreadable) if settings.ENCRYPTION_KEYS else None
        return {"stores": Store.objects.count(), "unreadable": unreadable, "migrations_missing": False}

    def summary(self, done: dict[str, Any]) -> str:
        if done["migrations_missing"]:
            return "Restored what an older version had: `manage.py migrate` comes next."
        secrets = (
            "all secrets can be read"
            if done["unreadable"] == 0
            else f"{done['unreadable']} SECRETS CAN'T BE READ: give back their keys"
        )
        return f"Restored {done['stores']:,} stores; {secrets}."
