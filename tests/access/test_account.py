"""A person's own account: where they are logged in, and how they hear of alerts."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User
from django.test import Client

from alerts.models import MailPreference
from reports.stream.callers import Credential, principals_of
from sites_app.login import sessions
from tests.access.people import come_in, is_in
from tests.portal.people import person

pytestmark = pytest.mark.django_db

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1"


@pytest.fixture
def head() -> User:
    return person("head", None)


def at(device: str, name: str = "head") -> Client:
    """A browser in which this person has come in."""
    client = Client(headers={"User-Agent": device}, REMOTE_ADDR="192.0.2.7")
    come_in(client, name)
    return client


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        (FIREFOX, "Firefox, Windows"),
        (IPHONE, "Safari, iPhone"),
        (FIREFOX.replace("Firefox", "Chrome") + " Safari/537 Edg/128", "Edge, Windows"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", ""),
    ],
)
def test_a_device_is_called_as_people_call_it(user_agent: str, device: str) -> None:
    assert sessions.device_of(user_agent) == device


def test_each_device_is_listed_and_ended(head: User) -> None:
    desk, phone = at(FIREFOX), at(IPHONE)
    page = desk.get("/account").content.decode()
    assert all(told in page for told in ("Firefox, Windows", "Safari, iPhone", "192.0.2.7", "this one"))
    lost = UserSession.objects.get(user_agent=IPHONE)
    desk.post(f"/account/sessions/{lost.pk}/end")
    assert (is_in(desk), is_in(phone)) == (True, False)


def test_all_others_are_ended_at_once(head: User) -> None:
    desk, *others = at(FIREFOX), at(IPHONE), at(IPHONE)
    answer = desk.post("/account/sessions/others/end", follow=True)
    assert "2 other devices are logged out." in answer.content.decode()
    assert [is_in(one) for one in (desk, *others)] == [True, False, False]


def test_nobody_ends_another_persons(head: User) -> None:
    person("manager", None)
    desk = at(FIREFOX)
    session = UserSession.objects.get()
    assert at(IPHONE, "manager").post(f"/account/sessions/{session.pk}/end").status_code == 404
    assert is_in(desk)


def test_what_listens_by_a_session_that_is_ended_hears_no_more(head: User) -> None:
    key = at(FIREFOX).cookies["sessionid"].value
    listening = Credential(False, key)
    assert principals_of([listening])
    sessions.end(UserSession.objects.all())
    assert not principals_of([listening])


def test_the_last_use_is_noted_once_in_five_minutes(head: User) -> None:
    desk = at(FIREFOX)
    long_ago = datetime.now(UTC) - timedelta(hours=3)
    UserSession.objects.update(last_seen_at=long_ago)
    desk.get("/account")
    seen = UserSession.objects.get().last_seen_at
    assert seen - long_ago > timedelta(hours=2)
    desk.get("/account")
    assert UserSession.objects.get().last_seen_at == seen


def test_a_login_that_is_over_is_no_longer_listed(head: User) -> None:
    at(IPHONE).post("/logout")
    assert "Safari" not in at(FIREFOX).get("/account").content.decode()


def test_a_person_chooses_how_alerts_come(head: User) -> None:
    desk = at(FIREFOX)
    form = {
        "mode": "daily",
        "daily_at": "06:30",
        "timezone": "Europe/Berlin",
        "kinds": ["queue_over_threshold"],
        "language": "de",
    }
    answer = desk.post("/account/mail", form, follow=True)
    assert "as you have chosen" in answer.content.decode()
    chosen = MailPreference.objects.get(user=head)
    assert (chosen.mode, chosen.daily_at, chosen.timezone) == ("daily", time(6, 30), "Europe/Berlin")
    assert (chosen.kinds, chosen.when_resolved, chosen.language) == (["queue_over_threshold"], False, "de")
    page = answer.content.decode()
    assert 'value="06:30"' in page
    assert '<option value="daily" selected>' in page


def test_what_makes_no_sense_is_told(head: User) -> None:
    answer = at(FIREFOX).post("/account/mail", {"mode": "daily", "daily_at": "25:00", "timezone": "Mars/Olympus"})
    assert answer.status_code == 400
    assert "Mars/Olympus" in answer.content.decode()
    assert not MailPreference.objects.exists()
