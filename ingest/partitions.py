"""Fact tables are partitioned by month: made ahead of need, dropped whole when they are past their retention."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, migrations, models, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from psycopg import sql

_ADVISORY_LOCK = 7_301_001  # any number that nothing else of this database locks
_known: set[tuple[str, datetime]] = set()
_made: set[tuple[str, datetime]] = set()
"""Those made in a transaction that isn't known to have been committed."""


class CreatePartitionedModel(migrations.CreateModel):
    """A ``CreateModel`` whose table is partitioned by range of one of its columns."""

    def __init__(self, name: str, fields: list[Any], partitioned_by: str, **kwargs: Any) -> None:
        self.partitioned_by = partitioned_by
        super().__init__(name, fields, **kwargs)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        name, args, kwargs = super().deconstruct()
        return name, list(args), {**kwargs, "partitioned_by": self.partitioned_by}

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        plain = schema_editor.sql_create_table
        schema_editor.sql_create_table = f'{plain} PARTITION BY RANGE ("{self.partitioned_by}")'
        try:
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        finally:
            schema_editor.sql_create_table = plain


def month_of(instant: datetime) -> datetime:
    """The start of the instant's month in UTC, where partitions are cut."""
    return instant.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def next_month(month: datetime) -> datetime:
    """The month after."""
    return month_of(month + timedelta(days=32))


def ensure(model: type[models.Model], months: Iterable[datetime]) -> list[str]:
    """Make the partitions of these months (see ``month_of``) where they are missing; the names of those made."""
    missing = {month for month in months if (model._meta.db_table, month) not in _known}
    return [name for month in sorted(missing) if (name := _make(model, month))]


def _make(model: type[models.Model], month: datetime) -> str | None:
    table = model._meta.db_table
    name = f"{table}_{month:%Y_%m}"
    with connection.cursor() as cursor:
        if made := not _exists(cursor, name):
            made = _create(cursor, table, name, month)
    if made and connection.in_atomic_block:  # it may yet be rolled back
        _made.add((table, month))
        transaction.on_commit(lambda: _remember(table, month))
    elif (table, month) not in _made or not connection.in_atomic_block:
        _remember(table, month)
    return name if made else None


def _remember(table: str, month: datetime) -> None:
    _known.add((table, month))
    _made.discard((table, month))


def _exists(cursor: Any, name: str) -> bool:
    cursor.execute("SELECT to_regclass(%s)", [name])
    return cursor.fetchone()[0] is not None


def _create(cursor: Any, table: str, name: str, month: datetime) -> bool:
    """Make a partition; whether it was this process that did.

    Two processes may want the same month at once; whoever comes second finds it made. Within a transaction it isn't to be
    seen before that ends, so that long the lock is held.
    """
    within = connection.in_atomic_block
    cursor.execute(f"SELECT pg_advisory_{'xact_' if within else ''}lock(%s)", [_ADVISORY_LOCK])
    try:
        if _exists(cursor, name):
            return False
        statement = "CREATE TABLE {name} PARTITION OF {table} FOR VALUES FROM ({start}) TO ({end})"
        cursor.execute(
            sql.SQL(statement).format(
                name=sql.Identifier(name),
                table=sql.Identifier(table),
                start=sql.Literal(month.isoformat()),
                end=sql.Literal(next_month(month).isoformat()),
            )
        )
    finally:
        if not within:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_ADVISORY_LOCK])
    return True


def drop_before(model: type[models.Model], limit: datetime) -> list[str]:
    """Drop the partitions that lie wholly before ``limit``; their names."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT child.relname FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid "
            "WHERE inhparent = %s::regclass ORDER BY 1",
            [table],
        )
        names = [name for (name,) in cursor.fetchall()]
        expired = [name for name in names if name < f"{table}_{limit:%Y_%m}"]
        for name in expired:
            cursor.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(name)))
    _known.difference_update({known for known in _known if known[0] == table})
    return expired
