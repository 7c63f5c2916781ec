"""Reports by e-mail: each Monday at seven on a clock of one's own, once, and tried again where they weren't taken."""

from __future__ import annotations

import io
import re
import smtplib
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client
from openpyxl import load_workbook

from portal import sending
from portal.models import Schedule
from sites_app.models import Store
from tests import chain, told
from tests.portal.people import logged_in, person
from tests.portal.seen import text_of

pytestmark = pytest.mark.django_db
MONDAY = date(2026, 6, 8)
SEVEN = datetime(2026, 6, 8, 7, tzinfo=ZoneInfo("Europe/Berlin"))


@pytest.fixture
def berlin() -> Store:
    """A store with 10 visitors in each quarter of an hour last week, and 8 the week before."""
    store = chain.store("BER")
    door = chain.zone(chain.controller(store), "door", "entrance")
    start = datetime(2026, 5, 25, tzinfo=ZoneInfo("Europe/Berlin"))
    week = timedelta(weeks=1)
    told.visitors_through(door, 8, start=start.astimezone(UTC), end=(start + week).astimezone(UTC))
    told.visitors_through(door, 10, start=(start + week).astimezone(UTC), end=(start + 2 * week).astimezone(UTC))
    told.roll_up()
    return store


def reader(name: str, *regions: Any) -> User:
    user = person(name, *regions)
    user.email = f"{name}@example.org"
    user.save()
    return user


def schedule(user: User, **fields: Any) -> Schedule:
    values = {"timezone": "Europe/Berlin", "created_at": SEVEN, "due_at": SEVEN, **fields}
    return Schedule.objects.create(user=user, **values)


def sent_at(now: datetime) -> int:
    mail.outbox.clear()
    return sending.send_due(clock=lambda: now)


def test_it_tells_the_week_before_and_brings_a_workbook(berlin: Store) -> None:
    schedule(reader("anna", berlin.region))
    assert sent_at(SEVEN) == 1
    [letter] = mail.outbox
    assert letter.to == ["anna@example.org"]
    assert letter.subject == "All stores, Mon 1 Jun – 7 Jun 2026"
    assert "Visitors: 6,720 (week before: 5,376, +25.0 %)" in letter.body
    assert "Store BER: 6,720 (+25.0 %)" in letter.body
    assert "Average wait: –" in letter.body  # there are no queues, which isn't nought
    [(name, workbook, _type)] = [tuple(attachment) for attachment in letter.attachments]
    assert name == "visitors-2026-06-01.xlsx"
    sheet = load_workbook(io.BytesIO(workbook)).worksheets[0]
    assert [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)] == ["BER"] * 7


def test_nobody_is_told_of_stores_that_they_do_not_see(berlin: Store) -> None:
    asia = chain.store("TYO", under="Asia").region
    schedule(reader("ken", asia), region=berlin.region)
    assert sent_at(SEVEN) == 1
    assert "Visitors: – " in mail.outbox[0].body


def test_it_comes_once_a_week_and_not_before(berlin: Store) -> None:
    one = schedule(reader("anna", berlin.region))
    assert sent_at(SEVEN - timedelta(minutes=1)) == 0
    assert sent_at(SEVEN) == 1
    assert sent_at(SEVEN + timedelta(hours=2)) == 0
    one.refresh_from_db()
    assert (one.due_at, one.week) == (SEVEN + timedelta(weeks=1), MONDAY)
    # A lease that ran out after the letter had gone, or a clock that was put back: still one.
    Schedule.objects.update(due_at=SEVEN)
    assert sent_at(SEVEN + timedelta(hours=3)) == 0


def test_it_is_in_the_person_s_language(berlin: Store) -> None:
    schedule(reader("anna", berlin.region), language="de")
    sent_at(SEVEN)
    assert "Besucher: 6.720 (Woche davor: 5.376, +25,0 %)" in mail.outbox[0].body


class Unwilling(EmailBackend):
    def send_messages(self, messages: Any) -> int:
        raise smtplib.SMTPServerDisconnected("not now")


@pytest.fixture
def unwilling(settings: Any) -> None:
    settings.EMAIL_BACKEND = "tests.portal.test_schedules.Unwilling"


def test_what_was_not_taken_is_tried_again(berlin: Store, unwilling: None, settings: Any) -> None:
    one = schedule(reader("anna", berlin.region))
    assert sent_at(SEVEN) == 0
    one.refresh_from_db()
    assert (one.due_at, one.week, one.error) == (SEVEN + timedelta(minutes=2), None, "SMTPServerDisconnected: not now")
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert sent_at(SEVEN + timedelta(minutes=2)) == 1


def test_who_has_left_gets_nothing(berlin: Store) -> None:
    schedule(reader("anna", berlin.region))
    User.objects.update(is_active=False)
    assert sent_at(SEVEN) == 0
    assert Schedule.objects.get().due_at == SEVEN + timedelta(weeks=1)


@pytest.mark.parametrize(
    ("zone", "now", "due"),
    [
        ("Europe/Berlin", "2026-06-08T04:59:00+00:00", "2026-06-08T07:00:00+02:00"),
        ("Europe/Berlin", "2026-06-08T05:00:00+00:00", "2026-06-15T07:00:00+02:00"),
        ("Europe/Berlin", "2026-10-20T00:00:00+00:00", "2026-10-26T07:00:00+01:00"),  # the clock is put back between
        ("Asia/Tokyo", "2026-06-07T21:59:00+00:00", "2026-06-08T07:00:00+09:00"),
    ],
)
def test_monday_at_seven_is_that_of_its_clock(zone: str, now: str, due: str) -> None:
    assert Schedule(timezone=zone).next_due(datetime.fromisoformat(now)) == datetime.fromisoformat(due)


def test_people_make_see_and_give_up_their_own(berlin: Store) -> None:
    anna = logged_in(reader("anna", berlin.region))
    made = anna.post("/schedules/new", {"region": "europe-germany", "timezone": "Europe/Berlin"}, follow=True)
    assert "From next Monday on" in made.content.decode()
    one = Schedule.objects.get()
    assert one.due_at.astimezone(ZoneInfo("Europe/Berlin")).strftime("%a %H:%M") == "Mon 07:00"
    assert re.search(r"Mon \d+ \w+ 07:00 Europe/Berlin", text_of(made.content.decode()))
    assert "workbook" in anna.get(f"/schedules/{one.pk}").content.decode()
    stranger = logged_in(reader("ken", None))
    assert "Germany" not in stranger.get("/schedules").content.decode().partition("<tbody>")[2]
    for answer in (stranger.get(f"/schedules/{one.pk}"), stranger.post(f"/schedules/{one.pk}/give-up")):
        assert answer.status_code == 404
    anna.post(f"/schedules/{one.pk}/give-up")
    assert not Schedule.objects.exists()


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"timezone": "Mars/Olympus"}, "Choose a region and a time zone"),
        ({"timezone": "UTC", "region": "asia"}, "Choose a region and a time zone"),
    ],
)
def test_what_can_not_be_is_said(berlin: Store, asked: dict[str, str], sentence: str) -> None:
    chain.region("Asia")
    answer = logged_in(reader("anna", berlin.region)).post("/schedules/new", asked, follow=True)
    assert sentence in answer.content.decode()
    assert not Schedule.objects.exists()


def test_without_an_address_there_is_no_form(client: Client) -> None:
    page = logged_in(person("anna", None)).get("/schedules").content.decode()
    assert "has no e-mail address" in page
