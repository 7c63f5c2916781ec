"""E-mail: those responsible are told of each state of an alert, once, as they want it and in their language."""

from __future__ import annotations

import smtplib
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail as outgoing
from django.core.exceptions import ValidationError
from django.core.mail.backends.locmem import EmailBackend

from alerts import composing, lifecycle, mail
from alerts.models import Alert, Mail, MailPreference, Notice
from sites_app.models import Zone
from tests import chain
from tests.alerts.happening import MINUTE, NOW, waited
from tests.caller import person

pytestmark = pytest.mark.django_db
HOUR = 60 * MINUTE


@pytest.fixture
def till() -> Zone:
    return chain.zone(chain.controller(chain.store("S1"), state="online"), "till", "queue", name="Checkout 1")


def somebody(name: str, *regions: Any, **fields: Any) -> User:
    return person(name, *regions, **{"email": f"{name}@example.com", **fields})


def opened(*tills: Zone, until: datetime = NOW) -> None:
    for till in tills:
        waited(till, [12] * 6, until=until)
    lifecycle.review(now=until)


def resolved(*tills: Zone, until: datetime) -> None:
    for till in tills:
        waited(till, [1] * 3, until=until)
    lifecycle.review(now=until)


def send(now: datetime = NOW) -> list[Any]:
    """The letters that went out by this."""
    before = len(outgoing.outbox)
    mail.gather(now=now)
    mail.send_due(clock=lambda: now)
    return outgoing.outbox[before:]


def test_the_people_of_a_region_are_told_at_once_in_the_store_s_own_time(till: Zone) -> None:
    somebody("anna", till.store.region)
    opened(till)
    (letter,) = send()
    assert letter.to == ["anna@example.com"]
    assert letter.subject == "Store S1 (S1): Checkout 1: 12 people waiting, more than 10"
    assert "3 Jun 2026 14:00 CEST (Europe/Berlin)" in letter.body
    ((html, kind),) = letter.alternatives
    assert kind == "text/html"
    assert "<strong>Store S1 (S1)</strong>" in html
    resolved(till, until=NOW + 10 * MINUTE)
    (letter,) = send(NOW + 10 * MINUTE)
    assert letter.subject.startswith("Over: Store S1 (S1)")
    assert "14:10 CEST (Europe/Berlin)" in letter.body


def test_nobody_is_told_twice_whoever_sends_and_however_often(till: Zone) -> None:
    somebody("anna", till.store.region, till.store.region.parent)
    opened(till)
    assert len(send()) == 1
    assert send() == []
    assert send(NOW + 48 * HOUR) == []
    assert Notice.objects.count() == Mail.objects.filter(state="sent").count() == 1


def test_those_of_a_region_above_are_told_and_those_of_another_are_not(till: Zone) -> None:
    somebody("above", chain.region("Europe"))
    somebody("elsewhere", chain.region("Asia"))
    somebody("gone", till.store.region, is_active=False)
    somebody("unreachable", till.store.region, email="")
    opened(till)
    assert [letter.to for letter in send()] == [["above@example.com"]]


def test_head_office_is_told_once_a_day_unless_it_wants_otherwise(till: Zone) -> None:
    somebody("boss", None)
    opened(till)
    assert send() == []
    assert send(datetime(2026, 6, 4, 6, 59, tzinfo=UTC)) == []
    assert len(send(datetime(2026, 6, 4, 7, tzinfo=UTC))) == 1


@pytest.mark.parametrize(
    ("mode", "due"),
    [
        ("at_once", datetime(2026, 6, 3, 12, tzinfo=UTC)),
        ("hourly", datetime(2026, 6, 3, 13, tzinfo=UTC)),
        ("daily", datetime(2026, 6, 3, 22, 30, tzinfo=UTC)),
    ],
)
def test_letters_come_when_each_person_wants_them(mode: str, due: datetime) -> None:
    preference = MailPreference(mode=mode, daily_at=time(7, 30), timezone="Asia/Tokyo")
    assert mail.due_at(preference, NOW) == due


def test_a_digest_tells_each_alert_once_with_all_that_happened_to_it(till: Zone) -> None:
    MailPreference.objects.create(user=somebody("anna", till.store.region), mode="hourly")
    desk = chain.zone(till.controller, "desk", "queue", name="Desk")
    opened(till, desk)
    resolved(desk, until=NOW + 10 * MINUTE)
    assert send(NOW + 59 * MINUTE) == []
    (letter,) = send(NOW + HOUR)
    assert letter.subject == "2 alerts, 1 of them open"
    assert letter.body.count("Desk") == 1
    assert letter.body.count("Over:") == 1


def test_what_somebody_does_not_want_to_hear_of_is_not_told(till: Zone) -> None:
    region = till.store.region
    MailPreference.objects.create(user=somebody("off", region), mode="off")
    MailPreference.objects.create(user=somebody("sensors", region), kinds=["sensor_offline"])
    MailPreference.objects.create(user=somebody("beginnings", region), when_resolved=False)
    opened(till)
    resolved(till, until=NOW + 10 * MINUTE)
    assert [(notice.user.username, notice.event) for notice in Notice.objects.all()] == [("beginnings", "opened")]


def test_a_letter_is_in_its_reader_s_language(till: Zone, settings: Any) -> None:
    MailPreference.objects.create(user=somebody("anna", till.store.region), language="de")
    opened(till)
    (letter,) = send()
    assert "3. Juni 2026 14:00" in letter.body
    assert '<html lang="de">' in letter.alternatives[0][0]


def test_a_language_or_a_clock_that_there_is_not_is_refused() -> None:
    preference = MailPreference(user=somebody("anna"), language="xx", timezone="Mars/Olympus")
    with pytest.raises(ValidationError) as told:
        preference.full_clean()
    assert set(told.value.message_dict) == {"language", "timezone"}


class Unwilling(EmailBackend):
    """A mail server that fails as the test says, until it's told to go on."""

    error: Exception | None = None

    def send_messages(self, messages: Any) -> int:
        if Unwilling.error:
            raise Unwilling.error
        return super().send_messages(messages)


@pytest.fixture
def unwilling(settings: Any) -> Any:
    settings.EMAIL_BACKEND = "tests.alerts.test_mail.Unwilling"
    yield Unwilling
    Unwilling.error = None


@pytest.mark.parametrize("error", [ConnectionRefusedError("no"), smtplib.SMTPServerDisconnected("bye"), TimeoutError()])
def test_a_letter_that_the_server_did_not_take_is_sent_later_with_the_same_id(
    till: Zone, unwilling: Any, error: Exception
) -> None:
    somebody("anna", till.store.region)
    opened(till)
    unwilling.error = error
    assert send() == []
    letter = Mail.objects.get()
    assert (letter.state, letter.attempts, letter.due_at) == ("waiting", 1, NOW + MINUTE)
    unwilling.error = None
    assert send(NOW + MINUTE / 2) == []
    (sent,) = send(NOW + MINUTE)
    assert sent.extra_headers["Message-ID"].startswith(f"<{letter.pk}@")


def test_a_letter_that_will_never_be_taken_is_given_up(till: Zone, unwilling: Any) -> None:
    somebody("anna", till.store.region)
    opened(till)
    unwilling.error = smtplib.SMTPRecipientsRefused({"anna@example.com": (550, b"No such user")})
    assert send() == []
    assert Mail.objects.get().state == "failed"


def test_a_letter_that_cannot_be_written_keeps_no_other_waiting(till: Zone, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("anna", "bert"):
        somebody(name, till.store.region)
    opened(till)
    compose = composing.compose

    def fails_for_anna(letter: Mail) -> Any:
        assert letter.address != "anna@example.com"
        return compose(letter)

    monkeypatch.setattr(composing, "compose", fails_for_anna)
    assert [letter.to for letter in send()] == [["bert@example.com"]]
    assert Mail.objects.get(address="anna@example.com").due_at == NOW + MINUTE


def test_a_letter_of_yesterday_is_given_up(till: Zone, unwilling: Any) -> None:
    somebody("anna", till.store.region)
    opened(till)
    unwilling.error = OSError()
    send()
    send(NOW + timedelta(hours=25))
    assert Mail.objects.get().state == "failed"


def test_a_letter_in_another_worker_s_hands_is_left_to_it_until_its_lease_is_over(till: Zone) -> None:
    somebody("anna", till.store.region)
    opened(till)
    mail.gather(now=NOW)
    (claimed,) = mail._claim(NOW)
    assert send(NOW + MINUTE) == []
    assert len(send(NOW + mail.LEASE)) == 1
    assert mail._send(claimed, outgoing.get_connection(), lambda: NOW) is False  # overtaken: it's noted as sent already
    assert Mail.objects.get().state == "sent"


def test_what_is_due_to_somebody_who_left_is_dropped(till: Zone) -> None:
    somebody("anna", till.store.region)
    opened(till)
    User.objects.update(is_active=False)
    assert send() == []
    assert not Notice.objects.exists()


def test_old_letters_are_forgotten_but_not_what_an_open_alert_has_told(till: Zone) -> None:
    somebody("anna", till.store.region)
    opened(till)
    send()
    assert mail.forget(before=NOW + HOUR) == 0
    resolved(till, until=NOW + 10 * MINUTE)
    send(NOW + 10 * MINUTE)
    assert mail.forget(before=NOW + HOUR) == 2
    assert Alert.objects.count() == 1
