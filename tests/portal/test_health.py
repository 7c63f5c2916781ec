"""The page on the data itself: which stores to trust, and since when not."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.cache import cache
from django.test import Client

from ingest.models import HealedGap, Stream
from portal import trust
from sites_app.models import Store
from tests import chain, told
from tests.portal.people import logged_in, person
from tests.portal.seen import text_of

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 6, 10, 12, tzinfo=UTC)


def counted(code: str, first: date, *, without: date | None = None) -> None:
    """A store with an entrance that counted all of each day from the first on, but for one."""
    store = chain.store(code, timezone="UTC", opened_on=first)
    door = chain.zone(chain.controller(store), "door", "entrance")
    day = first
    while day <= NOON.date():
        start = datetime(day.year, day.month, day.day, tzinfo=UTC)
        if day != without:
            told.visitors_through(door, 1, start=start, end=min(start + timedelta(days=1), NOON))
        day += timedelta(days=1)


def test_a_store_is_trusted_where_all_of_every_day_is_known() -> None:
    counted("A", date(2026, 6, 1))
    counted("B", date(2026, 6, 1), without=date(2026, 6, 5))
    counted("C", date(2026, 6, 1), without=date(2026, 6, 9))
    told.roll_up()
    _as_of, items = trust.trust_in(Store.objects.all(), now=NOON)
    found = {item.code: item for item in items}
    assert list(found) == ["C", "B", "A"] or list(found) == ["C", "A", "B"]
    assert [found[code].since for code in "ABC"] == [None, None, date(2026, 6, 9)]
    assert found["B"].least == [("footfall", 0.0)]
    assert [day.looks for day in found["A"].days[-10:-1]] == ["whole"] * 9


def test_what_was_healed_is_told(client: Client) -> None:
    now = datetime.now(UTC)
    controller = chain.controller(chain.store("A", timezone=told.noon_zone(now)))
    HealedGap.objects.create(
        controller=controller,
        kind=Stream.Kind.FOOTFALL,
        start=now - timedelta(hours=5),
        end=now - timedelta(hours=3),
        healed_at=now,
    )
    page = text_of(logged_in(person("head", None)).get("/health").content.decode())
    assert "1 gap 2 h 00 min" in page


def test_a_manager_finds_only_their_stores_by_any_filter() -> None:
    germany = chain.store("BER").region
    chain.store("TYO", under="Asia")
    manager = logged_in(person("manager", germany))
    for asked in ({}, {"q": "TYO"}, {"region": "asia"}, {"tag": "x"}, {"only": "1"}):
        page = manager.get("/health", asked)
        assert page.status_code == 200
        assert "Store TYO" not in page.content.decode()


def test_a_day_that_is_not_over_misses_no_intervals_until_they_are_a_gap() -> None:
    counted("A", date(2026, 6, 1), without=date(2026, 6, 10))
    told.roll_up()
    _as_of, [item] = trust.trust_in(Store.objects.all(), now=NOON)
    assert (item.since, item.days[-1].share) == (None, None)


def test_of_many_stores_it_is_kept_and_each_sees_their_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trust, "AT_ONCE", 1)
    cache.clear()
    germany = chain.store("BER").region
    for code, under in (("HAM", "Europe/Germany"), ("TYO", "Asia")):
        chain.store(code, under=under)
    now = datetime.now(UTC)
    assert trust.refresh(now=now)
    assert not trust.refresh(now=now + timedelta(minutes=4))
    as_of, items = trust.trust_in(Store.objects.under([germany.pk]), now=now + timedelta(minutes=4))
    assert (as_of, [item.code for item in items]) == (now, ["BER", "HAM"])
    assert trust.refresh(now=now + timedelta(minutes=6))
    as_of, _items = trust.trust_in(Store.objects.all(), now=now + timedelta(hours=1))
    assert as_of == now + timedelta(hours=1)
    cache.clear()
