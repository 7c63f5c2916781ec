"""The page that compares: by what its address says, within one's stores."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from portal import periods
from tests import chain, told
from tests.portal.people import logged_in, person
from tests.portal.seen import text_of
from tests.portal.stage import Stage, filled


@pytest.fixture(scope="module")
def stage(django_db_setup: None, django_db_blocker: Any) -> Iterator[Stage]:
    with filled(django_db_blocker) as stage:
        yield stage


@pytest.fixture
def client(stage: Stage, db: None) -> Client:
    return logged_in(User.objects.get(username="head"))


def opened(client: Client, **asked: Any) -> str:
    answer = client.get("/compare", {"period": "today", **asked})
    assert answer.status_code == 200
    return answer.content.decode()


def names_of(page: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="/stores/(\w+)"', page)


def test_the_league_is_that_of_the_api(client: Client, stage: Stage) -> None:
    day = stage.berlin.local(stage.now).date()
    window = {"start": day.isoformat(), "end": (day + periods.DAY).isoformat(), "compare": "previous_year_weekday"}
    report = client.get("/api/v1/reports/footfall", {**window, "order": "-visitors_in"}).json()
    page = opened(client, compare="previous_year_weekday")
    assert names_of(page) == [row["store"] for row in report["rows"]]
    assert f"Berlin BER · Germany {report['rows'][0]['visitors_in']:,}" in text_of(page)
    assert f"All together {report['totals']['visitors_in']:,}" in text_of(page)


@pytest.mark.parametrize(
    ("asked", "order"),
    [
        ({"order": "value"}, ["HAM", "BER", "TYO"]),
        ({"order": "-name"}, ["TYO", "HAM", "BER"]),
        ({"order": "nonsense", "metric": "?", "compare": "?", "per": "?", "page": "-1"}, ["BER", "HAM", "TYO"]),
        ({"tag": "city"}, ["BER", "HAM"]),
        ({"region": "asia"}, ["TYO"]),
        ({"q": "hamb"}, ["HAM"]),
        ({"q": "nowhere"}, []),
        ({"region": "nowhere"}, []),
        ({"per": "m2"}, ["BER"]),
        ({"metric": "service_level"}, ["BER", "HAM", "TYO"]),
    ],
)
def test_the_address_says_what_and_in_which_order(client: Client, asked: dict[str, str], order: list[str]) -> None:
    assert sorted(names_of(opened(client, **asked))) == sorted(order)
    if asked.get("metric") != "service_level":
        assert names_of(opened(client, **asked)) == order


def test_per_square_metre_and_trading_hour(client: Client, stage: Stage) -> None:
    day = stage.berlin.local(stage.now).date()
    asked = {"start": day.isoformat(), "end": (day + periods.DAY).isoformat(), "store": "BER"}
    [row] = client.get("/api/v1/reports/footfall", asked).json()["rows"]
    of_store = text_of(opened(client, per="m2", q="BER"))
    assert f"BER · Germany {row['visitors_in'] / 1200:.2f}" in of_store
    assert "2 stores have no floor area" in text_of(opened(client, per="m2"))
    by_hour = re.search(r"BER · Germany ([\d.]+)", text_of(opened(client, per="hour", q="BER")))
    assert by_hour
    assert float(by_hour[1]) == pytest.approx(120, abs=12)


def test_stores_side_by_side_are_those_in_sight(client: Client, stage: Stage) -> None:
    page = opened(client, store=["BER", "HAM", "TYO"])
    assert text_of(page).count("Figures as a table") == 1
    assert all(f'<th scope="col" class="number">{name}</th>' in page for name in ("Berlin", "Hamburg", "Store TYO"))
    assert "Choose two to 6 stores" in text_of(opened(client, store="BER"))
    manager = logged_in(User.objects.get(username="manager"))
    assert "Store TYO" not in opened(manager, store=["BER", "HAM", "TYO"])


def test_exports_are_of_what_is_shown(client: Client) -> None:
    page = opened(client, region="europe", tag="city")
    [address] = re.findall(r'href="(/api/v1/reports/[^"]*format=csv)"', page)
    answer = client.get(address.replace("&amp;", "&"))
    assert answer.status_code == 200
    assert [line.partition(b",")[0] for line in b"".join(answer).splitlines()[1:]] == [b"BER", b"HAM"]


def test_like_for_like_that_leaves_nothing_says_why(client: Client) -> None:
    page = text_of(opened(client, like_for_like="1", compare="previous_year"))
    assert "Try without like for like" in page


@pytest.mark.django_db
def test_a_period_of_which_little_is_known_is_shown_and_not_compared() -> None:
    """Half a day against a whole one isn't growth."""
    now = datetime.now(UTC)
    doors = {
        code: chain.zone(chain.controller(chain.store(code, timezone=told.noon_zone(now))), "door", "entrance")
        for code in ("GAPPY", "WHOLE")
    }
    midnight = doors["WHOLE"].store.local(now).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
    for code, known in (("GAPPY", timedelta(hours=6)), ("WHOLE", timedelta(days=1))):
        told.a_day_of_visitors(doors[code], 5, now=now)
        told.visitors_through(doors[code], 4, start=midnight - periods.DAY, end=midnight - periods.DAY + known)
    told.roll_up()
    rows = opened(logged_in(person("whole", None)), compare="previous_period").split("<tr")
    gappy, whole = (text_of(next(f"<tr{row}" for row in rows if f"/stores/{code}" in row)) for code in doors)
    assert "25.0 % known" in gappy
    assert "+" not in gappy
    assert "known" not in whole
    assert re.search(r"[+−]\d+", whole)


def test_a_manager_compares_their_stores_alone(stage: Stage, db: None) -> None:
    manager = logged_in(User.objects.get(username="manager"))
    assert names_of(opened(manager)) == ["BER", "HAM"]
    assert names_of(opened(manager, region="asia")) == []


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("today", date(2026, 3, 1), date(2026, 3, 2)),
        ("last_7_days", date(2026, 2, 22), date(2026, 3, 1)),
        ("this_week", date(2026, 2, 23), date(2026, 3, 2)),
        ("last_week", date(2026, 2, 16), date(2026, 2, 23)),
        ("last_month", date(2026, 2, 1), date(2026, 3, 1)),
        ("last_365_days", date(2025, 3, 1), date(2026, 3, 1)),
    ],
)
def test_periods_are_what_people_mean(name: str, start: date, end: date) -> None:
    period = periods.named(name, date(2026, 3, 1))  # a Sunday
    assert (period.start, period.end) == (start, end)


def test_days_of_ones_own_are_taken_where_they_make_sense() -> None:
    today = date(2026, 3, 1)
    mine = periods.asked("custom", "2026-01-05", "2026-01-06", today, "today")
    assert (mine.start, mine.end, mine.days, mine.step) == (date(2026, 1, 5), date(2026, 1, 7), 2, "15m")
    for start, last in (("2026-01-06", "2026-01-05"), ("", ""), ("x", "2026-01-05"), ("2000-01-01", "2026-01-01")):
        assert periods.asked("custom", start, last, today, "today").name == "today"
