"""The page of alerts: filtered, within one's stores, acknowledged in one's name."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import Client

from alerts.models import Alert
from sites_app.models import Store
from tests import chain
from tests.portal.people import logged_in, person
from tests.portal.seen import text_of

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 6, 3, 12, tzinfo=UTC)


def alert(store: Store, kind: str = Alert.Kind.OCCUPANCY, **fields: object) -> Alert:
    values: dict[str, object] = {"value": 99, "limit": 90, "opened_at": NOW, "message": "full"}
    return Alert.objects.create(store=store, kind=kind, **{**values, **fields})


@pytest.fixture
def berlin() -> Store:
    return chain.store("BER")


@pytest.fixture
def manager(berlin: Store) -> Client:
    return logged_in(person("manager", berlin.region))


def read(client: Client, **asked: str) -> str:
    answer = client.get("/alerts", asked)
    assert answer.status_code == 200
    return text_of(answer.content.decode())


def test_a_manager_sees_the_open_ones_of_their_stores(manager: Client, berlin: Store) -> None:
    alert(berlin)
    alert(berlin, Alert.Kind.QUEUE, name="Till", resolved_at=NOW)
    alert(chain.store("TYO", under="Asia"))
    page = read(manager)
    assert "1 alert;" in page
    assert "99 people in the store, capacity 90" in page
    assert "Store TYO" not in page
    assert "2 alerts;" in read(manager, state="all")


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ({"kind": "queue_over_threshold"}, 1),
        ({"q": "ber"}, 2),
        ({"q": "nowhere"}, 0),
        ({"tag": "city"}, 0),
        ({"region": "europe"}, 2),
        ({"region": "asia", "kind": "nonsense", "state": "?", "page": "x"}, 0),
    ],
)
def test_the_address_says_which(manager: Client, berlin: Store, asked: dict[str, str], count: int) -> None:
    alert(berlin)
    alert(berlin, Alert.Kind.QUEUE, name="Till")
    assert f"{count} alert" in read(manager, **asked)


def test_acknowledging_is_done_in_ones_name_and_leads_back(manager: Client, berlin: Store) -> None:
    one = alert(berlin)
    answer = manager.post(f"/alerts/{one.pk}/acknowledge", {"note": "I go there", "next": "/alerts?q=BER"})
    assert answer["Location"] == "/alerts?q=BER"
    one.refresh_from_db()
    assert (one.acknowledged_by, one.note) == ("manager", "I go there")
    assert "manager, " in read(manager)
    again = manager.post(f"/alerts/{one.pk}/acknowledge", {"next": "https://elsewhere.example/"}, follow=True)
    assert again.redirect_chain == [("/alerts", 302)]
    assert "Somebody has acknowledged it before" in again.content.decode()


def test_nobody_acknowledges_what_they_do_not_see(manager: Client) -> None:
    elsewhere = alert(chain.store("TYO", under="Asia"))
    assert manager.post(f"/alerts/{elsewhere.pk}/acknowledge").status_code == 404
    assert Client().post(f"/alerts/{elsewhere.pk}/acknowledge").status_code == 302
    assert manager.get(f"/alerts/{elsewhere.pk}/acknowledge").status_code == 405
    elsewhere.refresh_from_db()
    assert elsewhere.acknowledged_at is None


def test_many_come_in_pages(manager: Client, berlin: Store) -> None:
    for number in range(55):
        alert(berlin, subject=str(number))
    assert "1–50 of 55" in read(manager)
    assert "51–55 of 55" in read(manager, page="2")
    assert "51–55 of 55" in read(manager, page="99")


def test_what_controllers_and_decoders_said_is_told_in_the_readers_language(manager: Client, berlin: Store) -> None:
    said = "The answer isn't an XCS's: Expected integer, got string."
    alert(berlin, Alert.Kind.CONTROLLER, name="C1", detail=said)
    alert(berlin, Alert.Kind.GAP, name="C2", detail="footfall, paths")
    german = text_of(manager.get("/alerts", headers={"Accept-Language": "de"}).content.decode())
    assert (
        "C1 ist nicht erreichbar: Die Antwort ist nicht die eines XCS: Erwartet: ganze Zahl; gekommen: Text." in german
    )
    assert "fehlen Intervalle: Besucher, Wege" in german
    assert f"can't be reached: {said}" in read(manager)
