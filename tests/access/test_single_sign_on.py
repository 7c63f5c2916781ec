"""Single sign-on with a real OpenID Connect provider: who is let in as whom, and what they see then."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from allauth.socialaccount.models import SocialToken
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Browser, expect

from sites_app.models import Role
from tests import chain
from tests.access.people import is_in, with_app
from tests.access.provider import provider, through
from tests.portal.people import person
from tests.server import web_server

pytestmark = pytest.mark.django_db
GROUPS = {
    "Ops North": {"role": "installer", "regions": ["europe-north"]},
    "Audit": {"role": "auditor"},
}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with provider() as url:
        yield url


@pytest.fixture(autouse=True)
def configured(settings: Any, url: str) -> None:
    app = {"provider_id": "sso", "name": "Example ID", "client_id": "xovis", "secret": "s"}
    configured = {"OAUTH_PKCE_ENABLED": True, "APPS": [{**app, "settings": {"server_url": url}}]}
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": configured}
    settings.OIDC_GROUPS = {}


def named(name: str, email: str) -> User:
    user = person(name, None)
    User.objects.filter(pk=user.pk).update(email=email)
    return user


def test_the_login_page_offers_it(client: Client) -> None:
    page = client.get("/login?next=/alerts").content.decode()
    assert 'href="/login/sso?process=login&amp;next=%2Falerts"' in page
    assert "Example ID" in page


def test_who_is_registered_comes_in_by_the_verified_address_and_goes_on(client: Client) -> None:
    user = named("a.beck", "anna@example.com")
    answer = through(client, "anna", next_url="/alerts")
    assert (answer.status_code, answer["Location"]) == (302, "/alerts")
    assert client.session["_auth_user_id"] == str(user.pk)
    # Then by what the provider calls them, also where the address changes.
    User.objects.filter(pk=user.pk).update(email="anna.beck@example.com")
    through(again := Client(), "anna")
    assert again.session["_auth_user_id"] == str(user.pk)
    user.refresh_from_db()
    assert user.has_usable_password()
    assert not SocialToken.objects.exists()


def test_who_is_new_is_made_and_sees_nothing_yet(client: Client) -> None:
    through(client, "nobody")
    made = User.objects.get(email="nobody@example.com")
    assert (made.has_usable_password(), made.is_staff, made.memberships.count()) == (False, False, 0)
    chain.store("S1")
    assert "S1" not in client.get("/").content.decode()


@pytest.mark.parametrize("name", ["eve", "mallory"])
def test_an_address_that_is_not_verified_lets_nobody_in(client: Client, name: str) -> None:
    named("a.beck", "anna@example.com")
    answer = through(client, name)
    assert (answer.status_code, "no verified e-mail address" in answer.content.decode()) == (403, True)
    assert not is_in(client)
    assert User.objects.count() == 1


def test_an_address_that_several_have_lets_nobody_in(client: Client) -> None:
    named("anna", "anna@example.com")
    named("office", "ANNA@example.com")
    assert "Several users" in through(client, "ANNA").content.decode()
    assert not is_in(client)


def test_who_is_switched_off_stays_out(client: Client) -> None:
    User.objects.filter(pk=named("a.beck", "anna@example.com").pk).update(is_active=False)
    assert through(client, "anna")["Location"] == "/login/inactive"
    assert not is_in(client)


def test_who_gives_up_at_the_provider_is_told_so(client: Client) -> None:
    answer = through(client, "", form=[("action", "deny")])
    page = client.get(answer["Location"]) if answer.status_code == 302 else answer
    assert "given up" in page.content.decode()
    assert not is_in(client)


def test_an_answer_that_nobody_asked_for_is_refused(client: Client) -> None:
    answer = client.get("/login/sso/callback?code=stolen&state=made-up")
    assert answer.status_code in (401, 403)
    assert not is_in(client)


def test_groups_give_role_and_regions_anew_at_each_login(client: Client, settings: Any) -> None:
    chain.store("N1", under="Europe/North")
    chain.store("S1", under="Europe/South")
    settings.OIDC_GROUPS = GROUPS
    through(client, "anna")
    user = User.objects.get(email="anna@example.com")
    [place] = user.memberships.all()
    assert (place.role, place.region and place.region.code, user.is_staff) == (Role.INSTALLER, "europe-north", True)
    seen = client.get("/api/v1/stores").json()["results"]
    assert [store["code"] for store in seen] == ["N1"]
    settings.OIDC_GROUPS = {"Ops North": {"role": "store_manager", "regions": ["europe-south"]}}
    through(client, "anna")
    [place] = user.memberships.all()
    user.refresh_from_db()
    assert (place.role, place.region and place.region.code, user.is_staff) == ("store_manager", "europe-south", False)


def test_a_group_without_regions_is_of_all_stores_and_no_group_of_none(client: Client, settings: Any) -> None:
    settings.OIDC_GROUPS = GROUPS
    through(client, "paula")
    paula = User.objects.get(email="paula@example.com")
    assert [(one.role, one.region) for one in paula.memberships.all()] == [(Role.AUDITOR, None)]
    assert (paula.first_name, paula.last_name) == ("Paula", "Prüfer")
    named("known", "nobody@example.com")
    through(client, "nobody")
    assert not User.objects.get(username="known").memberships.exists()


def test_the_provider_asks_for_the_second_factor_where_one_is_obligatory(client: Client, settings: Any) -> None:
    settings.MFA_REQUIRED = "everybody"
    named("a.beck", "anna@example.com")
    through(client, "anna")
    assert is_in(client)


def test_who_has_a_second_factor_here_is_asked_for_it_all_the_same(client: Client) -> None:
    with_app(named("a.beck", "anna@example.com"))
    assert through(client, "anna")["Location"] == "/login/second-factor"


@pytest.mark.django_db(transaction=True)
def test_the_whole_way_in_a_browser(browser: Browser, url: str) -> None:
    named("a.beck", "anna@example.com")
    with (
        web_server(XOVIS_OIDC_URL=url, XOVIS_OIDC_CLIENT_ID="xovis", XOVIS_OIDC_CLIENT_SECRET="s") as here,
        browser.new_context(locale="en-GB") as context,
    ):
        page = context.new_page()
        page.goto(f"{here}/login")
        page.get_by_role("link", name="Single sign-on").click()
        page.wait_for_url(f"{url}/**")
        page.get_by_text("anna", exact=True).first.click()
        page.wait_for_url(f"{here}/")
        expect(page.get_by_role("link", name="a.beck")).to_be_visible()
