"""How figures are written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from portal import writing as shown
from sites_app.models import Store

WINTER = datetime(2026, 1, 7, 12, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("timezone", "name"),
    [("Europe/Berlin", "CET"), ("America/Sao_Paulo", "UTC−3"), ("Asia/Kathmandu", "UTC+5:45"), ("Asia/Dubai", "UTC+4")],
)
def test_a_zone_is_named_as_people_name_it(timezone: str, name: str) -> None:
    assert shown.zone_name(Store(timezone=timezone), WINTER) == name


def test_a_time_of_another_day_tells_its_day() -> None:
    store = Store(timezone="Asia/Tokyo")
    assert shown.clock(WINTER, store, WINTER) == "21:05"
    assert shown.clock(WINTER - timedelta(hours=22), store, WINTER) == "6 Jan 23:05"


def test_changes_have_a_sign_but_for_none() -> None:
    changes = (0.034, -0.1186, 0.0002, -0.0002, 1.5)
    assert [shown.signed_percent(change) for change in changes] == ["+3.4 %", "−11.9 %", "0.0 %", "0.0 %", "+150.0 %"]


def test_waits_are_in_minutes_and_seconds() -> None:
    assert [shown.duration(wait) for wait in (0, 59_400, 95_000)] == ["0 s", "59 s", "1 min 35 s"]


def test_what_is_nearly_all_is_not_called_all() -> None:
    shares = [0.4449, 0.996, 0.9998, 1, 1.0004, 0.0001]
    assert [shown.percent(share) for share in shares] == ["44 %", "99 %", "99 %", "100 %", "100 %", "0 %"]
    fine = [shown.fine_percent(share) for share in shares]
    assert fine == ["44.5 %", "99.6 %", "99.9 %", "100 %", "100.0 %", "0.0 %"]
