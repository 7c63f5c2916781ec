"""A forgotten password: a link by mail to whoever has a password here, and not a word to anybody else."""

from __future__ import annotations

import json
import logging
import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from auditlog.models import LogEntry
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client

from sites_app.tasks import mail_password_links
from tests.access.people import come_in, is_in, with_app
from tests.portal.people import person
from xovis_platform.logs import without_keys

pytestmark = pytest.mark.django_db
NEW = "quite another one"


@pytest.fixture
def head() -> User:
    user = person("head", None)
    user.email = "Head@example.com"
    user.save()
    return user


def link_for(address: str, language: str = "en") -> str:
    """Where the letter to this address leads, once a worker has written it."""
    mail_password_links(address=address, language=language)
    found = re.search(r"http://\S+(/login/forgotten/\S+)", str(mail.outbox[-1].body))
    assert found
    return found[1]


def set_anew(client: Client, link: str, password: str = NEW) -> Any:
    """Open the link, and send the form that it leads to."""
    form = client.get(link, follow=True)
    assert link not in form.request["PATH_INFO"]
    return client.post(form.request["PATH_INFO"], {"password1": password, "password2": password}, follow=True)


def test_the_link_sets_a_password_once_and_ends_all_logins(client: Client, head: User) -> None:
    elsewhere = Client()
    come_in(elsewhere, "head")
    link = link_for("head@example.com")
    assert "Your password is changed" in set_anew(client, link).content.decode()
    assert (is_in(client), is_in(elsewhere)) == (False, False)
    come_in(client, "head", NEW)
    assert is_in(client)
    assert "no longer valid" in Client().get(link, follow=True).content.decode()
    entry = LogEntry.objects.get_for_object(head).latest("pk")
    assert NEW not in json.dumps(entry.changes)


def test_a_weak_one_is_told_and_changes_nothing(client: Client, head: User) -> None:
    answer = set_anew(client, link_for("head@example.com"), "short")
    assert "at least 10 characters" in answer.content.decode()
    come_in(client, "head", "short")
    assert not is_in(client)


def test_who_has_a_second_factor_is_still_asked_for_it(client: Client, head: User) -> None:
    with_app(head)
    set_anew(client, link_for("head@example.com"))
    assert come_in(client, "head", NEW)["Location"].startswith("/login/second-factor")
    assert not is_in(client)


def test_the_letter_says_whose_password_it_is_and_in_the_asker_s_language(head: User) -> None:
    link_for("head@example.com", "de")
    assert mail.outbox[0].to == ["Head@example.com"]
    assert "neues Passwort für head" in mail.outbox[0].body
    assert "3 Stunden" in mail.outbox[0].body


@pytest.mark.parametrize("gone", [{"is_active": False}, {"password": "!"}])
def test_who_is_switched_off_or_comes_by_single_sign_on_gets_none(head: User, gone: dict[str, Any]) -> None:
    User.objects.filter(pk=head.pk).update(**gone)
    mail_password_links(address="head@example.com", language="en")
    assert not mail.outbox


def test_each_person_of_a_shared_address_gets_their_own(head: User) -> None:
    User.objects.create_user("deputy", "head@example.com", "correct horse battery")
    mail_password_links(address="head@example.com", language="en")
    assert {re.findall(r"for (\w+)\.", str(letter.body))[0] for letter in mail.outbox} == {"head", "deputy"}


def test_the_page_answers_alike_whether_somebody_is_known_or_not(head: User) -> None:
    known, unknown = (
        Client().post("/login/forgotten", {"email": address}, follow=True)
        for address in ("head@example.com", "nobody@example.com")
    )
    assert "a link is on its way" in known.content.decode()
    assert known.redirect_chain == unknown.redirect_chain
    assert not EmailAddress.objects.exists()


def test_the_fourth_within_minutes_is_told_to_wait(head: User) -> None:
    answers = [Client().post("/login/forgotten", {"email": "head@example.com"}).status_code for _ in range(4)]
    assert answers == [302, 302, 302, 429]


def test_no_log_has_what_opens_it(head: User) -> None:
    link = link_for("head@example.com")
    event = without_keys(logging.getLogger(), "warning", {"request": f"GET {link}", "code": 500})
    assert event == {"request": "GET /login/forgotten/…", "code": 500}
