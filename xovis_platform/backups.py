"""Back-up and restore of the database, by PostgreSQL's own tools: one file, consistent, made beside a running platform.

Secrets are in it as they are stored, encrypted; their keys aren't. What can be made again (the files of exports) is left out.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from django.db import connection
from psycopg import sql

from xovis_platform.stack import postgres
from xovis_platform.stack.errors import StackError

UNTOLD = ("reports_export",)
"""Tables that come back empty: their rows speak of files that aren't in the back-up."""

_OF_THE_SCHEMA = {
    *("django_migrations", "django_content_type"),
    *("auth_permission", "auth_group", "auth_group_permissions"),
}
"""What migrations write by themselves: a database with nothing else in it is empty."""


class BackupError(Exception):
    """It can't be done; the message says why and what to do."""


def write(file: Path) -> int:
    """Dump the database into a file, whole or not at all; its size in bytes."""
    draft = file.with_name(f"{file.name}.partial")
    options = [f"--exclude-table-data={table}" for table in UNTOLD]
    try:
        _run("pg_dump", ["--format=custom", "--no-owner", "--no-privileges", *options, f"--file={draft}"])
        draft.chmod(0o600)
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
    return file.stat().st_size


def restore(file: Path) -> None:
    """Fill an empty database from a back-up. Raises ``BackupError`` where it isn't empty, and then nothing was changed."""
    _run("pg_restore", ["--list", str(file)], connects=False)
    if filled := tables_with_rows():
        named = ", ".join(filled[:5]) + (" and others" if len(filled) > 5 else "")
        raise BackupError(
            f"The database isn't empty ({named}): restore into a new one, and set XOVIS_DATABASE_URL to it once it's there."
        )
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    # Whatever else is connected may have looked at the schema before: all of it comes, or none.
    _run("pg_restore", ["--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges", str(file)])
    connection.close()


def tables_with_rows() -> list[str]:
    """The tables that hold something that migrations haven't written."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition "
            "AND relnamespace = 'public'::regnamespace ORDER BY 1"
        )
        names = [name for (name,) in cursor.fetchall() if name not in _OF_THE_SCHEMA]
        return [name for name in names if _has_rows(cursor, name)]


def _has_rows(cursor: object, name: str) -> bool:
    statement = sql.SQL("SELECT EXISTS (SELECT FROM {})").format(sql.Identifier(name))
    cursor.execute(statement)  # type: ignore[attr-defined]
    return bool(cursor.fetchone()[0])  # type: ignore[attr-defined]


def tool(name: str) -> str:
    """A tool of PostgreSQL's: the one on PATH where it's new enough, else the one that is embedded."""
    found = shutil.which(name)
    if found and _major(found) >= int(postgres.MAJOR_VERSION):
        return found
    try:
        embedded = postgres.binary(name)
    except StackError:
        embedded = None
    if embedded is None or not embedded.is_file():
        raise BackupError(
            f"There is no {name} of PostgreSQL {postgres.MAJOR_VERSION} or newer: install postgresql-client."
        )
    return str(embedded)


def _major(command: str) -> int:
    said = subprocess.run([command, "--version"], capture_output=True, text=True, check=False).stdout
    version = said.split()[2] if len(said.split()) > 2 else "0"
    return int(version.partition(".")[0])


def _run(name: str, options: Sequence[str], *, connects: bool = True) -> None:
    given = connection.settings_dict
    address = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
    # By variables, for a command line would show the password to everybody.
    variables = {variable: str(given[key]) for variable, key in address.items() if given.get(key)}
    database = [f"--dbname={given['NAME']}"] if connects and name == "pg_restore" else []
    done = subprocess.run(
        [tool(name), *database, *options], env={**os.environ, **variables}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BackupError(f"{name}: {' '.join(done.stderr.split())[-400:]}")
