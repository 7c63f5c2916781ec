"""Rollup tables are partitioned by grain, and stores lie apart from their zones, so that what is read together lies dense.

A chain's days are a small part of its rollups, and its stores' days a small part of those: a report over all stores reads
just them, by the local time on their clocks. What is read of single stores is found by the primary key.
"""

from __future__ import annotations

from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

STORE_GRAINS = ("quarter", "hour", "day", "month")
REGION_GRAINS = ("hour", "day")
# Rows are written over and over while their bucket fills: with room in their page they are updated in place.
_FILL = "fillfactor = 80"


class CreateRollup(migrations.CreateModel):
    """A ``CreateModel`` whose table is partitioned by grain; with ``zoned``, stores and zones apart within each."""

    def __init__(
        self, name: str, fields: list[Any], grains: tuple[str, ...], zoned: bool = False, **kwargs: Any
    ) -> None:
        self.grains, self.zoned = tuple(grains), zoned
        super().__init__(name, fields, **kwargs)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        name, args, kwargs = super().deconstruct()
        return name, list(args), {**kwargs, "grains": self.grains, "zoned": self.zoned}

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        plain = schema_editor.sql_create_table
        schema_editor.sql_create_table = f"{plain} PARTITION BY LIST (grain)"
        try:
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        finally:
            schema_editor.sql_create_table = plain
        table = to_state.apps.get_model(app_label, self.name)._meta.db_table
        for grain in self.grains:
            for statement in self._partition(table, grain):
                schema_editor.execute(statement)

    def _partition(self, table: str, grain: str) -> list[str]:
        name = f"{table}_{grain}"
        head = f"CREATE TABLE {name} PARTITION OF {table} FOR VALUES IN ('{grain}')"
        if not self.zoned:
            return [f"{head} WITH ({_FILL})", f"CREATE INDEX {name}_local ON {name} (local)"]
        parts = [f"{head} PARTITION BY RANGE (zone_id)"]
        for part, start, end in (("store", "0", "1"), ("zones", "1", "MAXVALUE")):
            parts.append(
                f"CREATE TABLE {name}_{part} PARTITION OF {name} FOR VALUES FROM ({start}) TO ({end}) WITH ({_FILL})"
            )
            # Quarters and hours of zones are read of single stores only.
            if part == "store" or grain in ("day", "month"):
                parts.append(f"CREATE INDEX {name}_{part}_local ON {name}_{part} (local)")
        return parts
