"""A store's hours, as the API takes and gives them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Model, OuterRef
from django.db.models.functions import JSONObject
from rest_framework import serializers

from sites_app.api.fields import ClockField, KnownFields
from sites_app.models import OpeningHours, SpecialHours, Store
from sites_app.models.stores import validate_day

WEEKLY = ("weekday", "opens", "closes")
SPECIAL = ("date", "opens", "closes")
_TIMES = ("opens", "closes")
MOST_WEEKLY, MOST_SPECIAL = 7 * 12, 5000


class OpeningHoursSerializer(KnownFields):
    """A stretch of a weekday when the store trades."""

    weekday = serializers.IntegerField(min_value=1, max_value=7, help_text="1 (Monday) to 7 (Sunday).")
    opens = ClockField(help_text="HH:MM, by the store's clock.")
    closes = ClockField(help_text="At or before `opens`: past midnight.")


class SpecialHoursSerializer(KnownFields):
    """The hours of one date, in place of the weekly ones; null for both where the store is closed that day."""

    date = serializers.DateField(validators=[validate_day], help_text="The store's own day.")
    opens = ClockField(allow_null=True, help_text="HH:MM, or null.")
    closes = ClockField(allow_null=True, help_text="HH:MM, or null.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if (attrs["opens"] is None) != (attrs["closes"] is None):
            missing = "opens" if attrs["opens"] is None else "closes"
            raise serializers.ValidationError({missing: "Give both times, or null for both on a closed day."})
        return attrs


def fetched(model: type[Model], fields: Sequence[str]) -> ArraySubquery:
    """All hours of a store, fetched along with it."""
    rows = model._default_manager.filter(store=OuterRef("pk")).order_by(*fields[:2])
    return ArraySubquery(rows.values(row=JSONObject(**{field: field for field in fields})))


def shown(row: dict[str, Any]) -> dict[str, Any]:
    """A stretch as it's written: times without the seconds that they don't have."""
    return {name: value.removesuffix(":00") if name in _TIMES and value else value for name, value in row.items()}


def check_once(hours: Sequence[dict[str, Any]], day: str) -> None:
    """No stretch begins twice, and a closed date has no other hours."""
    seen: set[tuple[Any, Any]] = set()
    faults: dict[int, Any] = {}
    for number, row in enumerate(hours):
        start = row[day], row["opens"]
        if start in seen or (row[day], None) in seen or (row["opens"] is None and row[day] in {d for d, _ in seen}):
            faults[number] = {"opens": f"There are other hours of this {day} that begin then, or that say it's closed."}
        seen.add(start)
    if faults:
        raise serializers.ValidationError([faults.get(number, {}) for number in range(len(hours))])


def replace(store: Store, weekly: Sequence[dict[str, Any]] | None, special: Sequence[dict[str, Any]] | None) -> None:
    """Put these hours in the place of the store's; None leaves them."""
    if weekly is not None:
        store.opening_hours.all().delete()
        OpeningHours.objects.bulk_create(OpeningHours(store=store, **row) for row in weekly)
    if special is not None:
        store.special_hours.all().delete()
        SpecialHours.objects.bulk_create(SpecialHours(store=store, **row) for row in special)
