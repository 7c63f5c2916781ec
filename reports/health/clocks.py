"""How far controllers' clocks are off: kept day by day, since the registry only has the present."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from django.db import connection

from reports.models import ClockSkew
from reports.queries.scope import Scope
from reports.request import HealthRequest
from sites_app.models import Store

_NOTE = (Path(__file__).parent.parent / "sql" / "note_clocks.sql").read_text()
_FRESH = timedelta(minutes=15)
"""A skew that was measured longer ago is not the present one."""

Day = tuple[int, int]
"""A store, and a local day of it by its ordinal."""


def note_clocks(*, now: datetime) -> None:
    """Keep how far controllers' clocks are off on the stores' present days: the furthest of each."""
    timezones = list(Store.objects.order_by().values_list("timezone", flat=True).distinct())
    days = [now.astimezone(ZoneInfo(name)).date() for name in timezones]
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, {"timezones": timezones, "days": days, "since": now - _FRESH})


def clocks(request: HealthRequest, scope: Scope) -> dict[Day, int]:
    """How far clocks were off, in milliseconds."""
    known = ClockSkew.objects.filter(day__gte=request.start, day__lt=request.end)
    if scope.store_ids is not None:
        known = known.filter(store_id__in=scope.store_ids)
    return {(store_id, day.toordinal()): ms for store_id, day, ms in known.values_list("store_id", "day", "skew_ms")}
