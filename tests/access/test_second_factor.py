"""A second factor: an app's codes, codes on paper, and whom the settings oblige to have one."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.test import Client

from reports.stream.callers import Credential, principals_of
from tests.access.people import code_of, come_in, confirm, is_in, secret_on, with_app
from tests.portal.people import PASSWORD, person

pytestmark = pytest.mark.django_db


def test_an_app_is_set_up_and_asked_for_from_then_on(client: Client) -> None:
    person("head", None)
    come_in(client, "head")
    confirm(client)
    secret = secret_on(client.get("/account/app").content.decode())
    assert "isn&#x27;t right" in client.post("/account/app", {"code": "000000"}).content.decode()
    client.post("/account/app", {"code": code_of(secret)})
    paper = client.get("/account/codes").content.decode()
    assert paper.count("<li><code>") == 10

    other = Client()
    assert come_in(other, "head")["Location"] == "/login/second-factor"
    assert not is_in(other)
    wrong = other.post("/login/second-factor", {"code": "123456"})
    assert "isn&#x27;t right" in wrong.content.decode()
    # The one that was just used isn't taken again: the next is.
    assert not is_in(other)
    other.post("/login/second-factor", {"code": code_of(secret, steps=1)})
    assert is_in(other)


def test_a_code_lets_in_once(client: Client) -> None:
    secret = with_app(person("head", None))
    code, other = code_of(secret), Client()
    for one in (client, other):
        come_in(one, "head")
        one.post("/login/second-factor", {"code": code})
    assert (is_in(client), is_in(other)) == (True, False)


def test_a_code_on_paper_lets_in_once(client: Client) -> None:
    user, other = person("head", None), Client()
    with_app(user)
    code = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()[0]
    for one in (client, other):
        come_in(one, "head")
        one.post("/login/second-factor", {"code": code})
    assert (is_in(client), is_in(other)) == (True, False)
    assert "9 are left" in client.get("/account").content.decode()


def test_secrets_rest_encrypted(client: Client) -> None:
    secret = with_app(person("head", None))
    app, paper = Authenticator.objects.order_by("-type")
    assert app.data["secret"].startswith("gAAAA")
    assert paper.data["seed"].startswith("gAAAA")
    assert secret not in str(Authenticator.objects.values())


def test_the_app_is_removed_by_who_says_who_they_are(client: Client) -> None:
    user = person("head", None)
    with_app(user)
    client.force_login(user)
    assert client.post("/account/app/remove")["Location"].startswith("/account/confirm")
    confirm(client)
    client.post("/account/app/remove")
    assert not Authenticator.objects.exists()


def test_the_admins_door_asks_for_it_too(client: Client) -> None:
    with_app(User.objects.create_superuser("root", password=PASSWORD))
    come_in(client, "root", next="/admin/")
    assert client.get("/admin/").status_code == 302


def test_the_picture_of_the_secret_needs_nothing_that_the_policy_refuses(client: Client) -> None:
    user = person("head", None)
    client.force_login(user)
    confirm(client)
    page = client.get("/account/app").content.decode()
    assert "<svg" in page
    assert "data:" not in page
    assert "style=" not in page


@pytest.mark.parametrize(
    ("required", "staff", "manager"), [("", True, True), ("staff", False, True), ("everybody", False, False)]
)
def test_whom_the_setting_obliges(settings: Any, required: str, staff: bool, manager: bool) -> None:
    settings.MFA_REQUIRED = required
    office = person("office", None)
    User.objects.filter(pk=office.pk).update(is_staff=True)
    person("manager", None)
    for name, may in (("office", staff), ("manager", manager)):
        client = Client()
        come_in(client, name)
        assert is_in(client) is may
        assert (client.get("/api/v1/stores").status_code == 200) is may
        assert client.get("/account").status_code == 200


def test_who_is_obliged_is_led_to_where_it_is_set_up_and_goes_on(client: Client, settings: Any) -> None:
    settings.MFA_REQUIRED = "everybody"
    person("head", None)
    page = come_in(client, "head", next="/alerts")
    page = client.get(page["Location"], follow=True)
    assert page.redirect_chain == [("/account", 302)]
    assert "You must have one" in page.content.decode()
    problem = client.get("/api/v1/stores")
    assert (problem.status_code, "/account" in problem.json()["detail"]) == (403, True)
    confirm(client)
    secret = secret_on(client.get("/account/app").content.decode())
    client.post("/account/app", {"code": code_of(secret)})
    assert is_in(client)


def test_the_live_stream_is_not_open_without_it_either(client: Client, settings: Any) -> None:
    user = person("head", None)
    come_in(client, "head")
    listening = Credential(False, client.cookies["sessionid"].value)
    settings.MFA_REQUIRED = "everybody"
    assert not principals_of([listening])
    with_app(user)
    assert principals_of([listening])


def test_programs_are_not_asked(settings: Any) -> None:
    from tests.caller import with_key

    settings.MFA_REQUIRED = "everybody"
    assert with_key().ask("stores").status_code == 200
