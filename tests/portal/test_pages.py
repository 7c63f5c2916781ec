"""What all pages share: who may load what, and how it looks when something goes wrong."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from sites_app import problems
from tests.portal.people import PASSWORD, logged_in, person
from xovis_platform import policy


@pytest.mark.django_db
def test_the_portals_pages_need_nothing_inline_and_no_other_host() -> None:
    client = logged_in(person("head", None))
    for answer in (client.get("/"), client.get("/overview/live"), Client().get("/login"), Client().get("/no/such")):
        assert answer["Content-Security-Policy"] == policy.STRICT
        page = answer.content.decode()
        assert not re.search(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son\w+=|javascript:", page)
        assert not re.search(r'(?:src|href|action)="(?:https?:)?//', page)
    assert "unsafe" not in policy.STRICT


def test_admin_and_api_docs_load_from_here_alone(admin_client: Client) -> None:
    for name, expected in (("admin:index", policy.ADMIN), ("api-docs", policy.API_DOCS)):
        answer = admin_client.get(reverse(name))
        assert answer["Content-Security-Policy"] == expected
        assert "http" not in expected
        assert not re.search(r'<(?:script|link|img)[^>]*(?:src|href)="(?:https?:)?//', answer.content.decode())


@pytest.mark.django_db
def test_a_page_that_is_not_there_says_so_in_the_portals_looks_and_the_api_by_a_problem() -> None:
    page = logged_in(person("head", None)).get("/no/such")
    assert (page.status_code, "nothing here" in page.content.decode()) == (404, True)
    assert "Log out" in page.content.decode()
    assert Client().get("/api/v1/no/such")["Content-Type"] == problems.MEDIA_TYPE


@pytest.mark.django_db
def test_a_form_that_is_out_of_date_says_what_to_do() -> None:
    answer = Client(enforce_csrf_checks=True).post("/login", {"login": "a", "password": "b"})
    assert (answer.status_code, "load the page again" in answer.content.decode()) == (403, True)


def test_an_error_is_shown_even_where_the_database_is_what_is_broken() -> None:
    def look_up() -> Any:
        raise OperationalError("the database has gone")

    request = RequestFactory().get("/")
    request.user = SimpleLazyObject(look_up)  # type: ignore[assignment]
    answer = problems.server_error(request)
    assert (answer.status_code, "It has been logged" in answer.content.decode()) == (500, True)
    assert problems.server_error(RequestFactory().get("/api/v1/stores"))["Content-Type"] == problems.MEDIA_TYPE


@pytest.mark.django_db
def test_coming_in_and_going_out() -> None:
    person("head", None)
    client = Client()
    wrong = client.post("/login", {"login": "head", "password": "wrong", "next": "/"})
    assert "don&#x27;t match" in wrong.content.decode() or "don't match" in wrong.content.decode()
    inside = client.post("/login", {"login": "head", "password": PASSWORD, "next": "/"})
    assert (inside.status_code, inside["Location"]) == (302, "/")
    assert client.get("/logout").status_code == 405
    outside = client.post("/logout", follow=True)
    assert "You are logged out." in outside.content.decode()
    assert client.get("/").status_code == 302
