"""The feed behind the stream: nothing is missed, the slow and the revoked are let go, and processes agree."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.db.backends.utils import CursorWrapper
from django.test import Client

from reports.stream import changes, events, feed, listeners
from reports.stream.audience import Filters
from reports.stream.callers import Credential, principals_of
from reports.stream.feed import Feed
from reports.stream.listeners import Listener
from sites_app.access import Principal
from sites_app.models import ApiKey, Membership, Region, Zone
from tests import chain
from tests.reports.listening import in_thread, key, people
from xovis_platform.database import conninfo

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
ALL = Principal("test", frozenset({"read"}), sees_all=True)


@pytest.fixture
def floor() -> Zone:
    return chain.zone(chain.controller(chain.store("S1", under="Europe/North")), "floor")


def listener(stores: set[int] | None = None) -> Listener:
    return Listener(Credential(True, "digest"), ALL, Filters(), frozenset(stores or {1}))


def sent(to: Listener) -> list[bytes | None]:
    return [to.waiting.get_nowait() for _ in range(to.waiting.qsize())]


@pytest.mark.django_db(transaction=True)
def test_a_change_that_is_committed_late_is_not_missed(floor: Zone) -> None:
    people(floor, 1)
    with psycopg.connect(conninfo()) as writer:
        writer.execute("UPDATE ingest_zonestate SET people = 2")  # begun before the look, committed after it
        people(chain.zone(floor.controller, "yard"), 5)
        first = changes.look(changes.first_look().mark, [])
        writer.commit()
    second = changes.look(first.mark, [])
    assert [current.answer["zones"][0]["people"] for current in second.currents] == [2]


@pytest.mark.django_db(transaction=True)
def test_a_renamed_store_and_a_zone_set_by_hand_are_changes(floor: Zone) -> None:
    people(floor, 1)
    mark = changes.first_look().mark
    floor.store.name = "Flagship"
    floor.store.save()
    look = changes.look(mark, [])
    assert [current.answer["name"] for current in look.currents] == ["Flagship"]
    Zone.objects.update(counts_by_hand=False)
    assert [current.answer["people"] for current in changes.look(look.mark, []).currents] == [None]


def test_a_listener_that_takes_nothing_is_let_go_and_told_so() -> None:
    slow = listener()
    for number in range(listeners.MAX_WAITING + 5):
        slow.send(b"%d" % number)
    assert slow.ended
    assert sent(slow) == [b": too slow; connect again with Last-Event-ID\n\n", None]


def test_listeners_of_the_same_stores_share_what_they_are_sent() -> None:
    everyone, one, other = listener({1, 2}), listener({1}), listener({2})
    hearing = listeners.Listeners()
    for who in (everyone, one, other):
        hearing.add(who)
    log = events.Replay(AT)
    hearing.spread([log.add("occupancy", store_id, {"store": store_id}, AT) for store_id in (1, 2, 3)])
    both = sent(everyone)[0]
    assert both == (sent(one)[0] or b"") + (sent(other)[0] or b"")
    hearing.remove(one)
    hearing.move(other, frozenset({1}))
    hearing.spread([log.add("occupancy", 1, {}, AT)])
    assert (len(sent(everyone)), len(sent(one)), len(sent(other))) == (1, 0, 1)


def test_a_process_resumes_the_streams_of_another_with_some_seconds_to_spare() -> None:
    ours, theirs = events.Replay(AT), events.Replay(AT)
    for second in range(20):
        for log in (ours, theirs):
            log.add("occupancy", second, {}, AT + timedelta(seconds=second))
    given = [event.store_id for event in theirs.after(ours.id_at(AT + timedelta(seconds=15))) or ()]
    assert given == list(range(10, 20))
    assert list(ours.after(ours.id_at(AT)) or ()) == []  # its own ids are exact
    late = events.Replay(AT + timedelta(seconds=12))
    assert late.after(ours.id_at(AT + timedelta(seconds=15))) is None


def test_what_is_older_than_the_replayed_time_is_forgotten() -> None:
    log = events.Replay(AT)
    begun = log.id_at(AT)
    log.add("occupancy", 1, {}, AT)
    first = log.id_at(AT)
    log.add("occupancy", 2, {}, AT + timedelta(seconds=1))
    assert [event.store_id for event in log.after(begun) or ()] == [1, 2]
    log.forget(AT + timedelta(seconds=events.REPLAYED_S, milliseconds=500))
    assert log.after(begun) is None
    assert [event.store_id for event in log.after(first) or ()] == [2]


@pytest.mark.django_db
def test_who_listens_is_looked_up_in_as_many_queries_for_many_as_for_one(django_assert_num_queries: Any) -> None:
    keys = [Credential.of({b"authorization": key("Europe/North")["Authorization"].encode()}) for _ in range(5)]
    people_ = [get_user_model().objects.create_user(f"manager {number}") for number in range(5)]
    sessions = []
    for user in people_:
        Membership.objects.create(user=user, region=chain.region("Europe/North"))
        browser = Client()
        browser.force_login(user)
        sessions.append(Credential.of({b"cookie": f"sessionid={browser.cookies['sessionid'].value}".encode()}))
    with django_assert_num_queries(5):
        found = principals_of([credential for credential in (*keys, *sessions) if credential])
    assert len(found) == 10
    assert {principal.region_ids for principal in found.values()} == {(chain.region("Europe/North").pk,)}


@pytest.mark.django_db
def test_a_login_ends_with_its_session_its_password_and_its_person() -> None:
    user = get_user_model().objects.create_user("manager", password="of the north")
    browser = Client()
    browser.force_login(user)
    credential = Credential(False, browser.cookies["sessionid"].value)
    assert principals_of([credential]).keys() == {credential}
    get_user_model().objects.update(is_active=False)
    assert principals_of([credential]) == {}
    user.set_password("of the south")
    user.save()
    assert principals_of([credential]) == {}
    browser.force_login(user)
    credential = Credential(False, browser.cookies["sessionid"].value)
    assert principals_of([credential]).keys() == {credential}
    Session.objects.update(expire_date=AT - timedelta(days=365))
    assert principals_of([credential]) == {}


async def heard(to: Listener) -> bytes:
    """What is sent next."""
    return await asyncio.wait_for(to.waiting.get(), 10) or b""


def with_feed(
    scenario: Callable[[Feed], Awaitable[None]], monkeypatch: pytest.MonkeyPatch, *, recheck_every_s: float = 0.0
) -> None:
    """Run a scenario beside a feed that rechecks at every look, or less often."""
    monkeypatch.setattr(feed, "RECHECK_EVERY_S", recheck_every_s)

    async def run() -> None:
        running = Feed()
        await running.ready()
        await scenario(running)
        await running.close()

    asyncio.run(run())


async def join(running: Feed, headers: dict[str, str], filters: Filters | None = None) -> Listener:
    credential = Credential.of({b"authorization": headers["Authorization"].encode()})
    assert credential is not None
    principal = await running.callers.of(credential)
    assert principal is not None
    wanted = filters or Filters()
    joined = Listener(credential, principal, wanted, await running.stores_of(principal, wanted))
    running.join(joined, "")
    return joined


@pytest.mark.django_db(transaction=True)
def test_a_revoked_key_ends_its_stream(floor: Zone, monkeypatch: pytest.MonkeyPatch) -> None:
    people(floor, 1)
    revoked, kept = key(), key()

    async def scenario(running: Feed) -> None:
        ended, goes_on = await join(running, revoked), await join(running, kept)
        assert b'"people":1' in await heard(ended)
        assert b'"people":1' in await heard(goes_on)
        prefix = revoked["Authorization"].split()[1][:10]
        await in_thread(ApiKey.objects.filter(prefix=prefix).update, revoked_at=AT)
        assert b"no longer valid" in await heard(ended)
        assert ended.waiting.get_nowait() is None
        await in_thread(people, floor, 2)
        assert b'"people":2' in await heard(goes_on)

    with_feed(scenario, monkeypatch)


@pytest.mark.django_db(transaction=True)
def test_a_store_that_moves_is_heard_where_it_is_now(floor: Zone, monkeypatch: pytest.MonkeyPatch) -> None:
    people(floor, 1)
    chain.region("Europe/South")
    north, south = key("Europe/North"), key("Europe/South")

    async def scenario(running: Feed) -> None:
        before, after = await join(running, north), await join(running, south)
        assert b'"people":1' in await heard(before)
        floor.store.region = await in_thread(Region.objects.get, code="europe-south")
        await in_thread(floor.store.save)
        assert b'"people":1' in await heard(after)
        await in_thread(people, floor, 2)
        while b'"people":2' not in await heard(after):
            pass
        assert before.waiting.empty()

    with_feed(scenario, monkeypatch)


@pytest.mark.django_db(transaction=True)
def test_a_thousand_listeners_ask_the_database_what_one_asks(floor: Zone, monkeypatch: pytest.MonkeyPatch) -> None:
    people(floor, 1)
    asked: list[str] = []
    execute = CursorWrapper.execute

    def counted(cursor: CursorWrapper, sql: Any, params: Any = None) -> Any:
        if threading.current_thread().name.startswith("live-stream"):
            asked.append(sql)
        return execute(cursor, sql, params)

    async def scenario(running: Feed) -> None:
        told = []
        for count in (1, 999):
            listening = [await join(running, headers) for headers in [key_of_all] * count]
            for each in listening:
                assert b'"people":' in await heard(each)
            asked.clear()
            await in_thread(people, floor, 1 + count)
            for each in listening:
                assert b'"people":%d,' % (1 + count) in await heard(each)
            told.append(Counter(asked))
        one, thousand = told
        assert one.keys() == thousand.keys()
        # A second look may fall in between, however many listen.
        assert all(thousand[statement] <= 2 * times for statement, times in one.items())

    key_of_all = key()
    monkeypatch.setattr(CursorWrapper, "execute", counted)
    with_feed(scenario, monkeypatch, recheck_every_s=60.0)


@pytest.mark.django_db(transaction=True)
def test_streams_end_when_the_database_can_not_be_read(floor: Zone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "GIVE_UP_AFTER_S", 0.0)
    people(floor, 1)
    headers = key()

    async def scenario(running: Feed) -> None:
        joined = await join(running, headers)
        await heard(joined)
        monkeypatch.setattr(changes, "look", lambda *_: 1 / 0)
        assert b"the feed has ended" in await heard(joined)
        monkeypatch.setattr(changes, "first_look", lambda: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            await running.ready()

    with_feed(scenario, monkeypatch)
