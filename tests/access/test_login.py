"""Coming in by user name and password: the one door, for the portal and the admin alike."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import NoReverseMatch, reverse

from tests.access.people import come_in, confirm, is_in
from tests.portal.people import PASSWORD, person

pytestmark = pytest.mark.django_db


def test_who_comes_in_goes_where_they_wanted_to(client: Client) -> None:
    person("head", None)
    answer = come_in(client, "head", next="/alerts")
    assert (answer.status_code, answer["Location"]) == (302, "/alerts")
    assert is_in(client)


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_nobody_is_led_to_another_host(client: Client, elsewhere: str) -> None:
    person("head", None)
    assert come_in(client, "head", next=elsewhere)["Location"] == "/"


def test_a_stranger_and_a_wrong_password_are_answered_alike(client: Client) -> None:
    person("head", None)
    wrong, nobody = (come_in(client, name, "wrong password").content.decode() for name in ("head", "nobody"))
    assert "don&#x27;t match" in wrong
    assert wrong.replace("head", "") == nobody.replace("nobody", "")[: len(wrong)] or "don&#x27;t match" in nobody
    assert not is_in(client)


def test_who_is_switched_off_stays_out(client: Client) -> None:
    User.objects.filter(pk=person("gone", None).pk).update(is_active=False)
    come_in(client, "gone")
    assert not is_in(client)


def test_nobody_makes_an_account_for_themselves(client: Client) -> None:
    for name in ("account_signup", "socialaccount_signup", "mfa_signup_webauthn"):
        with pytest.raises(NoReverseMatch):
            reverse(name)
    assert client.get("/login/signup").status_code == 404


def test_the_admin_has_no_door_of_its_own(client: Client) -> None:
    User.objects.create_superuser("root", password=PASSWORD)
    answer = client.get("/admin/login/?next=/admin/auth/user/")
    assert (answer.status_code, answer["Location"]) == (302, "/login?next=%2Fadmin%2Fauth%2Fuser%2F")
    posted = client.post("/admin/login/", {"username": "root", "password": PASSWORD})
    assert (posted.status_code, posted["Location"][:7]) == (302, "/login?")
    assert not is_in(client)


def test_who_is_in_without_being_staff_is_told_so_by_the_admin(client: Client) -> None:
    client.force_login(person("manager", None))
    assert client.get("/admin/", follow=True).status_code == 403


def test_a_password_is_changed_and_ends_all_other_logins(client: Client) -> None:
    person("head", None)
    elsewhere = Client()
    for one in (client, elsewhere):
        come_in(one, "head")
    form = {"oldpassword": PASSWORD, "password1": "another good one", "password2": "another good one"}
    answer = client.post("/account/password", form, follow=True)
    assert "Your other logins have ended." in answer.content.decode()
    assert (is_in(client), is_in(elsewhere)) == (True, False)
    come_in(elsewhere, "head", "another good one")
    assert is_in(elsewhere)


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"oldpassword": "wrong"}, "isn&#x27;t your present password"),
        ({"password2": "something else"}, "same password each time"),
        ({"password1": "short", "password2": "short"}, "too short"),
        ({"password1": "headquarter", "password2": "headquarter"}, "too similar"),
    ],
)
def test_a_password_that_will_not_do_says_why(client: Client, form: dict[str, str], told: str) -> None:
    User.objects.filter(pk=person("headquarters", None).pk).update(email="x@example.com")
    come_in(client, "headquarters")
    good = {"oldpassword": PASSWORD, "password1": "another good one", "password2": "another good one"}
    assert told in client.post("/account/password", {**good, **form}).content.decode()


def test_who_has_no_password_here_gets_none(client: Client) -> None:
    user = person("sso", None)
    user.set_unusable_password()
    user.save()
    client.force_login(user)
    assert client.get("/account/password")["Location"] == "/account"


def test_confirming_takes_ones_own_password_and_no_other(client: Client) -> None:
    person("head", None)
    come_in(client, "head")
    assert client.get("/account/app")["Location"].startswith("/account/confirm?")
    assert "isn&#x27;t your password" in confirm(client, "wrong").content.decode()
    assert client.get("/account/app").status_code == 302
    confirm(client)
    assert client.get("/account/app").status_code == 200
