"""Fact tables are partitioned by month: made ahead of need, dropped whole when they are past their retention."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, migrations, models, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from psycopg import sql

_ADVISORY_LOCK = 7_301_001  # any number that nothing else of this database locks
_seen: set[tuple[str, datetime]] = set()


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
    return instant.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def next_month(month: datetime) -> datetime:
    """The month after."""
    return month_of(month + timedelta(days=32))


def ensure(model: type[models.Model], months: Iterable[datetime]) -> list[str]:
    """Make the partitions of these months (see ``month_of``) where they are missing; the names of those made.

    What there is, is looked up each time: another process may have dropped what this one has made.
    """
    wanted = {_name(model, month): month for month in months}
    if not wanted or wanted.keys() <= set(existing(model)):
        return []
    with transaction.atomic(), connection.cursor() as cursor:
        # Two processes may want the same month at once. Whoever comes second waits until it's really there.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ADVISORY_LOCK])
        names = sorted(wanted.keys() - set(existing(model)))
        for name in names:
            cursor.execute(_attach(model._meta.db_table, name, wanted[name]))
    return names


def expect(model: type[models.Model], months: Iterable[datetime]) -> None:
    """``ensure`` months, but look only for those that this process hasn't seen.

    Another process may have dropped one since, or the transaction that made it may have been rolled back: then the insert
    fails, and is to be tried again after ``forget``.
    """
    unseen = {month for month in months if (model._meta.db_table, month) not in _seen}
    if unseen:
        ensure(model, unseen)
        _seen.update((model._meta.db_table, month) for month in unseen)


def forget() -> None:
    """Believe in no month that was seen before."""
    _seen.clear()


def existing(model: type[models.Model]) -> list[str]:
    """The partitions of a fact table, by name, in order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT child.relname FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid "
            "WHERE inhparent = %s::regclass ORDER BY 1",
            [model._meta.db_table],
        )
        return [name for (name,) in cursor.fetchall()]


def _name(model: type[models.Model], month: datetime) -> str:
    return f"{model._meta.db_table}_{month:%Y_%m}"


def _attach(table: str, name: str, month: datetime) -> sql.Composed:
    """A table of its own, then attached: made as a partition at once, it would wait for all who use the others."""
    return sql.SQL(
        "CREATE TABLE {name} (LIKE {table} INCLUDING ALL); "
        "ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ({start}) TO ({end})"
    ).format(
        name=sql.Identifier(name),
        table=sql.Identifier(table),
        start=sql.Literal(month.isoformat()),
        end=sql.Literal(next_month(month).isoformat()),
    )


def drop_before(model: type[models.Model], limit: datetime, *, if_idle: bool = False) -> list[str]:
    """Drop the partitions that lie wholly before ``limit``, with ``if_idle`` only where nothing came since; their names."""
    expired = [name for name in existing(model) if name < _name(model, limit)]
    with connection.cursor() as cursor:
        if if_idle:
            expired = [name for name in expired if not _came_since(cursor, name, limit)]
        for name in expired:
            cursor.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(name)))
    return expired


def _came_since(cursor: Any, name: str, limit: datetime) -> bool:
    statement = sql.SQL("SELECT EXISTS (SELECT FROM {} WHERE received_at >= %s)").format(sql.Identifier(name))
    cursor.execute(statement, [limit])
    return bool(cursor.fetchone()[0])
