"""The overview: whose stores, which figures, and what it says where it knows none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from alerts.models import Alert
from sites_app.models import Region, Zone
from tests import chain, told
from tests.portal import seen
from tests.portal.people import logged_in, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def head_office(db: None) -> Client:
    return logged_in(person("head", None))


def area(code: str = "S1", people: int | None = 12, *, at: datetime, **fields: object) -> Zone:
    """A store of one area; without people the area has never been sampled."""
    zone = chain.zone(chain.controller(chain.store(code, **fields)), "floor")  # type: ignore[arg-type]
    if people is not None:
        told.people_in(zone, people, at=at)
    return zone


def opened(client: Client) -> str:
    answer = client.get("/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_stranger_is_sent_to_the_login_and_comes_back(db: None) -> None:
    answer = Client().get("/")
    assert (answer.status_code, answer["Location"]) == (302, "/login?next=/")


def test_a_refresh_after_the_session_has_ended_leads_to_the_login_and_shows_nothing(now: datetime) -> None:
    area(at=now)
    answer = Client().get("/overview/live")
    assert (answer["HX-Redirect"], answer.content) == ("/login", b"")


def test_nothing_of_it_is_kept_by_the_browser(head_office: Client) -> None:
    for address in ("/", "/overview/live"):
        assert "no-store" in head_office.get(address)["Cache-Control"]


def test_a_manager_sees_the_stores_under_the_region_and_nothing_of_others(now: datetime) -> None:
    for code, under, people in (
        ("DE1", "Europe/Germany", 11),
        ("DE2", "Europe/Germany/South", 20),
        ("JP1", "Asia", 70),
    ):
        zone = area(code, people, at=now, under=under)
        Alert.objects.create(store=zone.store, kind=Alert.Kind.OCCUPANCY, message=f"{code} is full", opened_at=now)
    page = opened(logged_in(person("manager", Region.objects.get(code="europe-germany"))))
    assert sorted(seen.codes_of(page)) == ["DE1", "DE2"]
    assert seen.tiles_of(page)["People now"].startswith("31 ")
    assert seen.tiles_of(page)["Open alerts"].startswith("2 ")
    assert "JP1" not in page


def test_the_figures_are_those_of_the_api(head_office: Client, now: datetime) -> None:
    floor = area("S1", 140, at=now, timezone=told.noon_zone(now), capacity=200)
    told.waiting_in(chain.zone(floor.controller, "till", "queue", name="Till"), 9, at=now, threshold=8)
    door = chain.zone(floor.controller, "door", "entrance")
    until = told.a_day_of_visitors(door, 30, now=now)
    told.a_day_of_visitors(door, 24, now=now, weeks_ago=1)
    told.roll_up()
    shown = seen.row_of(opened(head_office), "S1")

    [occupancy] = head_office.get("/api/v1/live/occupancy").json()["results"]
    assert (
        f"{occupancy['people']} of {occupancy['capacity']} {occupancy['utilisation']:.0%}".replace("%", " %")
        == (shown["People now"])
    )
    [queue] = head_office.get("/api/v1/live/queues").json()["results"]
    assert shown["Worst queue now"] == (
        f"{queue['people_waiting']} waiting over {queue['threshold']} {queue['name']}, 1 min 35 s on average"
    )
    for column, weeks in (("Visitors today", 0), ("Last week", 1)):
        start, end = (edge - timedelta(weeks=weeks) for edge in (midnight_of(floor, now), until))
        window = {"start": start.isoformat(), "end": end.isoformat(), "hours": "all"}
        [report] = head_office.get("/api/v1/reports/footfall", window).json()["rows"]
        assert shown[column].startswith(f"{report['visitors_in']:,} ")
    assert shown["Last week"].endswith(" +25.0 %")


def midnight_of(zone: Zone, now: datetime) -> datetime:
    return zone.store.local(now).replace(hour=0, minute=0, second=0, microsecond=0)


def test_what_no_longer_holds_is_unknown_since_then_and_in_no_sum(head_office: Client, now: datetime) -> None:
    old = now - timedelta(seconds=181)  # a sample of a controller that is polled every minute holds for 180 s
    floor = area("OLD", 7777, at=old, timezone=told.noon_zone(now))
    told.waiting_in(chain.zone(floor.controller, "till", "queue"), 6666, at=old)
    area("NEW", 5, at=now)
    page = opened(head_office)
    since = f"{floor.store.local(old + timedelta(seconds=180)):%H:%M}"
    shown = seen.row_of(page, "OLD")
    assert (shown["People now"], shown["Worst queue now"]) == (f"unknown since {since}",) * 2
    assert not any(number in page for number in ("7,777", "7777", "6,666", "6666"))
    assert seen.tiles_of(page)["People now"] == "5 in 1 of 2 stores; 1 unknown"
    assert seen.tiles_of(page)["Queues too long"].startswith("unknown")


def test_no_figure_at_all_is_unknown_and_never_nought(head_office: Client, now: datetime) -> None:
    floor = area("S1", None, at=now, timezone=told.noon_zone(now))
    chain.zone(floor.controller, "till", "queue")
    chain.zone(floor.controller, "door", "entrance")
    page = opened(head_office)
    shown = seen.row_of(page, "S1")
    assert shown["People now"] == shown["Worst queue now"] == "unknown no sample yet"
    assert shown["Visitors today"] == "unknown no count since midnight"
    tiles = seen.tiles_of(page)
    assert all(tiles[title].startswith("unknown") for title in ("People now", "Visitors today", "Queues too long"))


def test_visitors_that_stopped_hours_ago_are_not_shown_as_those_of_now(head_office: Client, now: datetime) -> None:
    door = chain.zone(chain.controller(chain.store(timezone=told.noon_zone(now))), "door", "entrance")
    midnight = midnight_of(door, now)
    told.visitors_through(door, 10, start=midnight, end=midnight + timedelta(hours=9))
    told.roll_up()
    page = opened(head_office)
    assert seen.row_of(page, "S1")["Visitors today"] == "360 only until 09:00"
    assert "1 incomplete" in seen.tiles_of(page)["Visitors today"]


def test_times_are_on_the_stores_own_clock_which_is_named(head_office: Client, now: datetime) -> None:
    kathmandu = area("NP", at=now, timezone="Asia/Kathmandu").store
    shown = seen.row_of(opened(head_office), "NP")["Store"]
    assert shown.endswith(" UTC+5:45")
    near = (f"{kathmandu.local(now + timedelta(minutes=minutes)):%H:%M}" for minutes in (0, 1))
    assert any(time in shown for time in near)


def test_stores_that_need_a_look_come_first_and_closed_ones_last(head_office: Client, now: datetime) -> None:
    shut = area("A", 0, at=now, timezone=told.noon_zone(now)).store
    chain.opens(shut, "18:00", "20:00")
    area("B", 10, at=now, capacity=100)
    area("C", at=now - timedelta(hours=1))
    area("D", 80, at=now, capacity=100)
    area("E", 120, at=now, capacity=100)
    till = chain.zone(area("F", 10, at=now, capacity=100).controller, "till", "queue")
    told.waiting_in(till, 9, at=now, threshold=8)
    page = opened(head_office)
    assert seen.codes_of(page) == ["E", "D", "F", "C", "B", "A"]
    assert seen.row_of(page, "E")["People now"] == "120 of 100 120 % over capacity"


def test_a_queue_over_its_threshold_is_worse_than_a_longer_one_that_is_not(head_office: Client, now: datetime) -> None:
    controller = area(at=now).controller
    for zone_id, people, threshold in (("long", 9, 20), ("over", 4, 3)):
        told.waiting_in(chain.zone(controller, zone_id, "queue"), people, at=now, threshold=threshold)
    chain.zone(controller, "silent", "queue")
    page = opened(head_office)
    assert seen.row_of(page, "S1")["Worst queue now"] == "4 waiting over 3 over, 1 min 35 s on average 1 of 3 unknown"
    assert seen.tiles_of(page)["Queues too long"].startswith("1 of 1 store over the threshold")


def test_a_store_that_was_closed_for_good_is_gone(head_office: Client, now: datetime) -> None:
    area("OLD", at=now - timedelta(days=30), closed_on=(now - timedelta(days=2)).date())
    area("NEW", at=now)
    assert seen.codes_of(opened(head_office)) == ["NEW"]


@pytest.mark.parametrize(
    ("regions", "sentence"),
    [([], "You have no stores yet"), (["asia"], "No stores in your region yet"), ([None], "No stores are registered")],
)
def test_who_sees_no_store_is_told_why(db: None, regions: list[str | None], sentence: str) -> None:
    asia = chain.region("Asia")
    assert sentence in opened(logged_in(person("somebody", *(asia if code else None for code in regions))))


def test_more_stores_take_no_more_queries(head_office: Client, now: datetime) -> None:
    def queries_with(*codes: str) -> int:
        for code in codes:
            door = chain.zone(area(code, at=now, timezone=told.noon_zone(now)).controller, "door", "entrance")
            told.a_day_of_visitors(door, 1, now=now)
        told.roll_up()
        with CaptureQueriesContext(connection) as queries:
            opened(head_office)
        return len(queries)

    opened(head_office)  # the first time a login is seen it's noted
    assert queries_with("S1") == queries_with("S2", "S3", "S4")
