"""A live answer that a reader has already isn't made again; but what has changed, or no longer holds, is never called unchanged."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.db import connection

from ingest.models import ZoneState
from reports import live
from sites_app.models import Controller, Store, Zone
from tests import chain
from tests.caller import Caller, with_key
from tests.reports.listening import people
from xovis_platform.database import conninfo

pytestmark = pytest.mark.django_db(transaction=True)
ALL = live.Scope(None)


@pytest.fixture
def floor() -> Zone:
    floor = chain.zone(chain.controller(chain.store("S1", under="Europe/North")), "floor")
    people(floor, 40)
    return floor


@pytest.fixture
def caller() -> Caller:
    return with_key()


def alone(tag: str) -> str:
    """The tag as it is while nothing else is under way in the cluster: other tests' transactions hold its mark back."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text")
        [mark] = cursor.fetchone()
    return f'W/"{mark}-{tag.partition("-")[2]}'


def tag_of(caller: Caller, path: str = "live/occupancy") -> str:
    return alone(caller.ask(path)["ETag"])


def again(caller: Caller, tag: str, path: str = "live/occupancy") -> int:
    """The status for a reader that has what this tag was of."""
    return int(caller.ask(path, headers={"If-None-Match": tag}).status_code)


def tag_at(now: datetime, scope: live.Scope = ALL) -> str:
    validity = live.Validity.begin("occupancy", scope, now=now)
    items = live.occupancy(scope, now=now)
    return alone(validity.tag(items, live.occupancy_until_us(items)))


def still(tag: str, now: datetime, scope: live.Scope = ALL) -> bool:
    return live.unchanged_tag(tag, "occupancy", scope, now=now) is not None


@pytest.mark.parametrize("path", ["live/occupancy", "live/queues"])
def test_what_a_reader_has_is_not_sent_again(caller: Caller, floor: Zone, path: str) -> None:
    tag = tag_of(caller, path)
    answer = caller.ask(path, headers={"If-None-Match": f'"another", {tag}'})
    assert (answer.status_code, answer.content, answer["ETag"]) == (304, b"", tag)


def a_sample(floor: Zone) -> None:
    people(floor, 41)


def a_name(floor: Zone) -> None:
    Store.objects.update(name="Flagship")


def a_capacity(floor: Zone) -> None:
    Zone.objects.update(capacity=3, capacity_by_hand=True)


def a_slower_poll(floor: Zone) -> None:
    Controller.objects.update(poll_interval_s=5)


def a_zone_more(floor: Zone) -> None:
    chain.zone(floor.controller, "yard")


def a_zone_less(floor: Zone) -> None:
    ZoneState.objects.all().delete()
    Zone.objects.all().delete()


@pytest.mark.parametrize("change", [a_sample, a_name, a_capacity, a_slower_poll, a_zone_more, a_zone_less])
def test_whatever_changes_is_told(caller: Caller, floor: Zone, change: Callable[[Zone], None]) -> None:
    tag = tag_of(caller)
    change(floor)
    assert again(caller, tag) == 200


def test_a_number_that_no_longer_holds_is_not_called_unchanged(floor: Zone) -> None:
    now = datetime.now(UTC)
    [store] = live.occupancy(ALL, now=now)
    assert store.as_of is not None
    ends = store.as_of + floor.controller.hold
    tag = tag_at(now)
    assert still(tag, ends - timedelta(milliseconds=1))
    assert not still(tag, ends)
    assert [item.people for item in live.occupancy(ALL, now=ends)] == [None]


def test_it_is_the_first_number_to_go_that_counts(floor: Zone) -> None:
    slow = chain.controller(chain.store("S2"))
    Controller.objects.filter(pk=slow.pk).update(poll_interval_s=3_600)
    people(chain.zone(slow, "floor"), 5)
    now = datetime.now(UTC)
    assert not still(tag_at(now), now + floor.controller.hold)


def test_a_zone_that_is_to_come_or_to_go_ends_what_was_told(floor: Zone) -> None:
    now = datetime.now(UTC)
    Zone.objects.update(retired_at=now + timedelta(seconds=30))
    tag = tag_at(now)
    assert (still(tag, now + timedelta(seconds=29)), still(tag, now + timedelta(seconds=30))) == (True, False)
    Zone.objects.update(retired_at=None)
    chain.zone(floor.controller, "yard", appeared_at=now + timedelta(seconds=20))
    assert not still(tag_at(now), now + timedelta(seconds=20))


def test_what_was_under_way_as_figures_were_read_counts_as_written_since(caller: Caller, floor: Zone) -> None:
    with psycopg.connect(conninfo()) as writer:
        writer.execute("UPDATE ingest_zonestate SET people = 2")
        tag = caller.ask("live/occupancy")["ETag"]
        writer.commit()
    assert again(caller, tag) == 200


def test_a_store_that_comes_into_sight_or_leaves_it_is_told(floor: Zone) -> None:
    north = with_key(chain.region("Europe/North"))
    tag = tag_of(north)
    assert again(north, tag) == 304
    other = chain.region("Europe/South")
    Store.objects.update(region=other)
    assert again(north, tag) == 200
    assert north.get("live/occupancy")["results"] == []


def test_a_change_elsewhere_does_not_concern_a_reader(floor: Zone) -> None:
    north = with_key(chain.region("Europe/North"))
    tag = tag_of(north)
    people(chain.zone(chain.controller(chain.store("S2", under="Europe/South")), "floor"), 5)
    assert again(north, tag) == 304


def test_a_tag_is_good_for_its_own_question_and_reader_alone(caller: Caller, floor: Zone) -> None:
    tag = tag_of(caller)
    assert again(caller, tag, "live/queues") == 200
    assert again(caller, tag, "live/occupancy?store=S1") == 200
    assert again(with_key(chain.region("Europe/North")), tag) == 200


@pytest.mark.parametrize("mark", ["9999999999999999999", "0"])
def test_a_mark_of_another_cluster_says_nothing(caller: Caller, floor: Zone, mark: str) -> None:
    _, _, rest = caller.ask("live/occupancy")["ETag"].removeprefix('W/"').partition("-")
    other_figures = rest[:-17] + "0" * 16
    assert again(caller, f'W/"{mark}-{other_figures}"') == 200


def test_what_was_written_again_as_it_was_is_not_sent_again(caller: Caller, floor: Zone) -> None:
    tag = tag_of(caller)
    ZoneState.objects.update(people=40)
    answer = caller.ask("live/occupancy", headers={"If-None-Match": tag})
    assert answer.status_code == 304
    assert answer["ETag"] != tag  # so that the next look is a cheap one again
