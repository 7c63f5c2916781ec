"""Digital signs: what the screen shows, what can't be learned from it, and who may make and revoke one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from portal.models import Sign
from portal.signs import shown
from sites_app.models import Role, Store, Zone
from tests import chain, told
from tests.portal.looking import barriers_on, complaints_of
from tests.portal.people import logged_in, person

NOW = datetime(2026, 6, 3, 12, tzinfo=UTC)
# Of the screen's shorter side, 54 cm where it has 43 inches: capitals are 0.7 of that, and a letter of 4 cm is read from ten metres.
LETTERS = {"#do": 0.12, "#people": 0.24, "#capacity": 0.1}
SIZE = r"""one => {
  const style = getComputedStyle(one), box = document.createRange();
  box.selectNodeContents(one);
  const {left, right, top, bottom, height} = box.getBoundingClientRect();
  const inside = left >= 0 && right <= innerWidth && top >= 0 && bottom <= innerHeight;
  const letters = parseFloat(style.fontSize);
  return [letters, Math.round(height / letters / 1.1), one.textContent.trim().split(/\s+/).length, inside];
}"""


def floor_of(store: Store, people: int, at: datetime) -> Zone:
    zone = chain.zone(chain.controller(store), "floor")
    told.people_in(zone, people, at=at)
    return zone


def clerk() -> Client:
    user = person("clerk", None)
    User.objects.filter(pk=user.pk).update(is_staff=True)
    return logged_in(User.objects.get(pk=user.pk))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("people", "capacity", "age_s", "state"),
    [
        (10, 20, 0, "come_in"),
        (19, 20, 0, "come_in"),
        (20, 20, 0, "wait"),
        (500, None, 0, "come_in"),
        (1, 20, 181, "unknown"),
    ],
)
def test_it_says_what_to_do(people: int, capacity: int | None, age_s: int, state: str) -> None:
    store = chain.store(capacity=capacity)
    floor_of(store, people, NOW - timedelta(seconds=age_s))
    told_now = shown(store, now=NOW)
    assert told_now["state"] == state
    assert told_now["people"] == (None if state == "unknown" else people)
    assert told_now["holds_ms"] == (0 if state == "unknown" else 180_000)


@pytest.mark.django_db
def test_its_address_tells_four_things_and_no_more() -> None:
    now = datetime.now(UTC)
    store = chain.store(capacity=20)
    floor_of(store, 7, now)
    _sign, token = Sign.make(store, "Door", by="clerk", now=now)
    stranger = Client()
    answer = stranger.get(f"/signs/{token}/now")
    assert set(answer.json()) == {"people", "capacity", "state", "holds_ms"}
    page = stranger.get(f"/signs/{token}")
    for told_by in (answer, page):
        assert told_by["Referrer-Policy"] == "no-referrer"
        assert "no-store" in told_by["Cache-Control"]
        assert not told_by.cookies
    assert not re.search(r'href="/(?!static/)', page.content.decode())
    assert token not in str(list(Sign.objects.values()))


@pytest.mark.django_db
def test_a_revoked_one_is_as_one_that_never_was() -> None:
    now = datetime.now(UTC)
    sign, token = Sign.make(chain.store(), "Door", by="clerk", now=now)
    assert Client().get(f"/signs/{token}").status_code == 200
    sign.revoke(by="clerk", now=now)
    for unknown in (token, "A" * 43):
        assert Client().get(f"/signs/{unknown}").status_code == 404
        assert Client().get(f"/signs/{unknown}/now").status_code == 404


@pytest.mark.django_db
def test_it_is_made_and_revoked_by_who_may_change_the_registry() -> None:
    chain.store("BER")
    client = clerk()
    made = client.post("/signs/new", {"store": "BER", "name": "Door"}, follow=True).content.decode()
    [token] = set(re.findall(r"/signs/([\w-]{43})", made))
    assert Client().get(f"/signs/{token}").status_code == 200
    assert token not in client.get("/signs").content.decode()
    [sign] = Sign.objects.all()
    client.post(f"/signs/{sign.pk}/revoke")
    sign.refresh_from_db()
    assert sign.revoked_by == "clerk"
    made, revoked = LogEntry.objects.get_for_model(Sign).order_by("pk")
    assert str(made.actor) == str(revoked.actor) == "clerk"
    assert list(revoked.changes_dict) == ["revoked_at"]
    assert token not in str(made.changes)
    assert Client().get(f"/signs/{token}").status_code == 404


@pytest.mark.django_db
def test_others_see_them_within_their_region_and_change_nothing() -> None:
    berlin, tokyo = chain.store("BER"), chain.store("TYO", under="Asia")
    for store in (berlin, tokyo):
        Sign.make(store, f"Door of {store.code}", by="clerk", now=NOW)
    manager = logged_in(person("manager", berlin.region, role=Role.STORE_MANAGER))
    page = manager.get("/signs").content.decode()
    assert ("Door of BER" in page, "Door of TYO" in page) == (True, False)
    sign = Sign.objects.get(store=berlin)
    assert manager.post("/signs/new", {"store": "BER"}).status_code == 403
    assert manager.post(f"/signs/{sign.pk}/revoke").status_code == 403
    assert Client().post("/signs/new", {"store": "BER"}).status_code == 302
    assert Sign.objects.filter(revoked_at=None).count() == 2


@pytest.mark.django_db
def test_a_store_that_is_not_there_gets_none() -> None:
    answer = clerk().post("/signs/new", {"store": "NOWHERE"}, follow=True)
    assert "There is no store" in answer.content.decode()
    assert not Sign.objects.exists()


class TestScreen:
    """In a real browser."""

    pytestmark = pytest.mark.django_db(transaction=True)

    @pytest.fixture
    def store(self) -> Store:
        return chain.store(capacity=20, timezone="Asia/Kathmandu")

    @pytest.fixture
    def floor(self, store: Store) -> Zone:
        return floor_of(store, 7, datetime.now(UTC))

    @pytest.fixture
    def screen(self, browser: Browser, server: str, floor: Zone) -> Iterator[Page]:
        _sign, token = Sign.make(floor.store, "Door", by="clerk", now=datetime.now(UTC))
        with browser.new_context(viewport={"width": 1080, "height": 1920}) as context:
            context.clock.install()
            page = context.new_page()
            page.goto(f"{server}/signs/{token}")
            yield page

    def test_it_follows_what_happens_within_two_seconds(self, screen: Page, server: str, floor: Zone) -> None:
        complaints = complaints_of(screen, server)
        expect(screen.locator("#people")).to_have_text("7")
        expect(screen.locator("#do")).to_have_text("Come in")
        told.people_in(floor, 20, at=datetime.now(UTC))
        screen.clock.run_for(1000)
        expect(screen.locator("#people")).to_have_text("20")
        expect(screen.locator("#do")).to_have_text("Please wait")
        assert barriers_on(screen) == []
        assert complaints == []

    @pytest.mark.parametrize("size", [(1080, 1920), (1920, 1080), (320, 480)], ids=str)
    @pytest.mark.parametrize("language", ["en", "de"])
    @pytest.mark.parametrize(("people", "told"), [(7, "come_in"), (1234, "wait"), (None, "unknown")])
    def test_it_can_be_read_from_ten_metres(
        self, browser: Browser, server: str, floor: Zone, size: tuple[int, int], language: str, people: Any, told: str
    ) -> None:
        _sign, token = Sign.make(floor.store, "Door", by="clerk", now=datetime.now(UTC))
        width, height = size
        with browser.new_context(viewport={"width": width, "height": height}, locale=language) as context:
            screen = context.new_page()
            answer = {"people": people, "capacity": 1200, "state": told, "holds_ms": 60_000}
            screen.route("**/now", lambda route: route.fulfill(json=answer))
            screen.goto(f"{server}/signs/{token}")
            expect(screen.locator(f"#sign.{told}")).to_be_visible()
            expect(screen.locator("#people")).to_have_text("–" if people is None else re.compile(r"^7$|^1[.,]234$"))
            for name, least in LETTERS.items():
                letters, lines, words, inside = screen.locator(name).evaluate(SIZE)
                assert letters >= least * min(size), name
                assert inside, name
                assert lines <= (words if name == "#do" else 1), f"{name} is broken"
            assert barriers_on(screen) == []

    def test_without_a_network_it_shows_no_figure_and_says_since_when(self, screen: Page, floor: Zone) -> None:
        screen.clock.run_for(1000)
        expect(screen.locator("#people")).to_have_text("7")
        screen.context.set_offline(True)
        screen.clock.run_for(5000)
        since = {floor.store.local(datetime.now(UTC) - timedelta(minutes=ago)).strftime("%H:%M") for ago in (0, 1, 2)}
        expect(screen.locator("#notice")).to_have_text(re.compile(f"^No connection since ({'|'.join(since)})$"))
        expect(screen.locator("#people")).to_have_text("–")
        screen.context.set_offline(False)
        told.people_in(floor, 9, at=datetime.now(UTC))
        screen.clock.run_for(2000)
        expect(screen.locator("#people")).to_have_text("9")
        expect(screen.locator("#notice")).to_be_empty()

    def test_a_figure_is_gone_when_it_no_longer_holds(self, screen: Page) -> None:
        expect(screen.locator("#people")).to_have_text("7")
        screen.route("**/now", lambda _: None)  # never answered
        screen.clock.fast_forward("05:00")
        expect(screen.locator("#people")).to_have_text("–")

    def test_a_revoked_one_goes_dark_by_itself(self, screen: Page) -> None:
        Sign.objects.get().revoke(by="clerk", now=datetime.now(UTC))
        screen.clock.run_for(1000)
        expect(screen.locator("#notice")).to_have_text("This sign is switched off")
        expect(screen.locator("#people")).to_have_text("–")
