"""Every address, every method, every kind of caller: what each may do stands in a table, and nothing else is let in.

An address that isn't in the table fails here, so that none is added without saying whom it's for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from sites_app.models import Controller, Role
from tests import chain
from tests.api.world import World
from tests.caller import person

pytestmark = pytest.mark.django_db
METHODS = ("get", "post", "put", "patch", "delete")
CALLERS = (
    "anonymous",
    "a read key",
    "a write key",
    "a write key of another region",
    "a manager of another region",
    "a regional manager",
    "a store manager",
    "an installer",
    "an auditor",
    "head office",
)

MEANING: dict[str, Callable[[Any], bool]] = {
    "+": lambda answer: 200 <= answer.status_code < 300,
    "?": lambda answer: answer.status_code == 401,
    "-": lambda answer: answer.status_code == 403,
    "x": lambda answer: answer.status_code == 404,
    "m": lambda answer: answer.status_code == 405,
    "!": lambda answer: answer.status_code == 400,
    ">": lambda answer: answer.status_code == 302,
    "0": lambda answer: answer.status_code == 410,
    "~": lambda answer: "HX-Redirect" in answer,
    "=": lambda answer: answer.status_code == 302 and not answer["Location"].startswith("/login"),
}
"""May; has to say who it is; may not; isn't there for it; nobody may; names what isn't there for it; its file is gone; is
sent to another page, also by a script; has done it, and is sent on."""

EVERYBODY = "++++++++++"
LIST = "?+++++++++"
"""A list or a report, also as a file: each sees its own stores in it."""
ONE = "?++xx+++++"
"""One row: for another region it isn't there."""
OWN = "?xxxxxxxx+"
"""What belongs to who made it."""
CHANGE = "?-+x---+-+"
"""Of the registry: programs that may write, installers and head office."""
ADD = "?-+!---+-+"
"""A row under a region: of another region's, the region isn't there."""
SEE_TO = "?-+xx+++-+"
"""An alert: whoever looks after the store."""
TELL = "?-+x-----+"
"""Where the outside is told, and by which secret."""
ADD_TOLD = "?-+!-----+"
XCS_CHAIN, XCS_STORE = "?+++??????", "?++x??????"
"""A controller knows keys alone."""
NOWHERE = "?mmmmmmmmm"
"""What no endpoint does."""

TABLE: dict[str, dict[str, str]] = {
    "regions": {"get": LIST, "post": ADD},
    "region": {"get": ONE, "put": CHANGE, "patch": CHANGE, "delete": CHANGE},
    "stores": {"get": LIST, "post": ADD},
    "stores-import": {"post": ADD},
    "store": {"get": ONE, "put": CHANGE, "patch": CHANGE, "delete": CHANGE},
    "controllers": {"get": LIST, "post": ADD},
    "controller": {"get": ONE, "put": CHANGE, "patch": CHANGE, "delete": CHANGE},
    "controller-retire": {"post": CHANGE},
    "controller-test": {"post": CHANGE},
    "controller-discover": {"post": CHANGE},
    "controller-poll": {"post": CHANGE},
    "controller-backfill": {"post": CHANGE},
    "backfill": {"get": ONE},
    "sensors": {"get": LIST},
    "sensor": {"get": ONE},
    "zones": {"get": LIST},
    "zone": {"get": ONE, "put": CHANGE, "patch": CHANGE},
    "events": {"get": LIST},
    "alerts": {"get": LIST},
    "alert": {"get": ONE},
    "alert-acknowledge": {"post": SEE_TO},
    "webhook-endpoints": {"get": LIST, "post": ADD_TOLD},
    "webhook-endpoint": {"get": ONE, "put": TELL, "patch": TELL, "delete": TELL},
    "webhook-rotate-secret": {"post": TELL},
    "webhook-test": {"post": TELL},
    "webhook-deliveries": {"get": ONE},
    "delivery": {"get": ONE},
    "delivery-replay": {"post": TELL},
    "exports": {"get": LIST, "post": LIST},
    "export": {"get": OWN},
    "export-file": {"get": "?xxxxxxxx0"},
    "live-occupancy": {"get": LIST},
    "live-queues": {"get": LIST},
    **{f"report-{name}": {"get": LIST} for name in ("footfall", "occupancy", "queues", "dwell", "paths", "health")},
    "schema": {"get": EVERYBODY},
    "api-docs": {"get": EVERYBODY},
    **{f"xcs-chain-{name}": {"get": XCS_CHAIN} for name in ("sensors", "occupancy", "queues", "counts", "paths")},
    **{
        f"xcs-store-{name}": {"get": XCS_STORE}
        for name in ("sensors", "occupancy", "queues", "counts", "dwell", "paths")
    },
    "xcs-chain-dwell": {"get": XCS_STORE},
    "xcs-chain-nothing": {"get": "?xxx??????"},
    "xcs-store-nothing": {"get": "?xxx??????"},
}
PAGE = ">>>>++++++"
OWN_FACTORS = (
    "mfa_index",
    "mfa_list_webauthn",
    "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn",
    "mfa_activate_totp",
    "mfa_add_webauthn",
    "mfa_generate_recovery_codes",
)
"""A person's own; who has no such thing, or hasn't just said who they are, is sent to where they do."""
NOT_MADE = {
    "mfa_deactivate_totp": ">>>>xxxxxx",
    "mfa_edit_webauthn": ">>>>>>>>>>",
    "mfa_remove_webauthn": ">>>>>>>>>>",
    "mfa_view_recovery_codes": ">>>>xxxxxx",
    "mfa_download_recovery_codes": ">>>>xxxxxx",
}
"""Of second factors that the callers haven't got."""
PAGE_OF_STORE = ">>>>x+++++"
BY_PEOPLE = {
    **dict.fromkeys(("overview", "compare", "alerts-page", "health-page", "schedules", "signs"), PAGE),
    "overview-live": "~~~~++++++",
    "store-page": PAGE_OF_STORE,
    "store-live": "~~~~x+++++",
    "preview-schedule": ">>>>xxxxx+",
    "account": PAGE,
    "account_login": "++++>>>>>>",
    "account_inactive": EVERYBODY,
    "account_reset_password": EVERYBODY,
    "account_reset_password_from_key": EVERYBODY,
    "account_change_password": PAGE,
    "account_reauthenticate": PAGE,
    **dict.fromkeys(OWN_FACTORS, ">>>>>>>>>>"),
    "mfa_authenticate": ">>>>>>>>>>",
    "mfa_login_webauthn": ">>>>>>>>>>",
    "openid_connect_login": "xxxxxxxxxx",
    "openid_connect_callback": "xxxxxxxxxx",
    "socialaccount_login_cancelled": EVERYBODY,
    "socialaccount_login_error": "??????????",
    **NOT_MADE,
    "sign": EVERYBODY,
    "sign-now": EVERYBODY,
}
DONE_BY_PEOPLE = {
    "acknowledge": ">>>>x===-=",
    "make-schedule": ">>>>======",
    "give-up-schedule": ">>>>xxxxx=",
    "make-sign": ">>>>==-=-=",
    "revoke-sign": ">>>>x=-=-=",
    "set_language": "==========",
    "change-mail": ">>>>!!!!!!",
    "end-session": ">>>>xxxxxx",
    "end-other-sessions": ">>>>======",
}
"""Sent by the forms of pages."""
ELSEWHERE = {
    "live-stream": "an application of its own: tests/reports/test_stream.py",
    "ingest-xcs": "an application of its own: tests/ingest/test_landing.py",
    "ingest-xovis": "likewise: tests/ingest/xovis/test_landing.py",
    "ingest-xovis-by-address": "likewise",
    "account_logout": "by POST: tests/portal/test_pages.py",
    None: "of machines, without a name: healthz, readyz, metrics, favicon.ico",
}
WINDOW = {"start": "2025-11-03T08:00:00Z", "end": "2025-11-03T09:00:00Z"}


def patterns(of: Any = None) -> Iterator[URLPattern]:
    """All addresses but the admin's."""
    for pattern in (of or get_resolver()).url_patterns:
        if isinstance(pattern, URLPattern):
            yield pattern
        elif isinstance(pattern, URLResolver) and pattern.app_name != "admin":
            yield from patterns(pattern)


@pytest.fixture
def world() -> World:
    return World(TABLE)


def test_every_address_is_in_the_table() -> None:
    named = {pattern.name for pattern in patterns()}
    assert named - TABLE.keys() - BY_PEOPLE.keys() - DONE_BY_PEOPLE.keys() == ELSEWHERE.keys()
    assert len([pattern for pattern in patterns() if pattern.name is None]) == 4


@pytest.mark.parametrize("name", TABLE)
def test_each_may_do_what_the_table_says_and_nothing_else(world: World, name: str) -> None:
    wrong = []
    for method in METHODS:
        expected = TABLE[name].get(method, NOWHERE)
        if name in ("schema", "api-docs") and method != "get":
            expected = "m" * len(CALLERS)
        elif name.startswith("xcs-") and method != "get":
            expected = "?mmm??????"
        for caller, sign in zip(CALLERS, expected, strict=True):
            with transaction.atomic():
                answer = ask(world, name, method, caller)
                transaction.set_rollback(True)
            if not MEANING[sign](answer):
                wrong.append(f"{method} {name} by {caller}: {answer.status_code} {answer.content[:200]!r}, not {sign}")
    assert wrong == []


def ask(world: World, name: str, method: str, caller: str) -> Any:
    """One request, as well made as it can be."""
    client, headers = world.callers[caller]
    arguments = world.arguments.get(name, {})
    if name.startswith("xcs-store"):
        arguments = {"store": "S1"}
    if name.startswith("xcs-") and name.endswith("-dwell"):
        arguments = {**arguments, "zone": "S1/floor" if "chain" in name else "floor"}
    if name.endswith("-nothing"):
        arguments = {**arguments, "path": "/doors"}
    if name in ("export", "export-file"):
        arguments = {"export_id": world.export(world.callers["head office"][0])}
    url = reverse(name, kwargs=arguments)
    query = ""
    if method == "get" and re.search("report-|counts|xcs-.*-paths", name):
        query = f"?start={WINDOW['start']}&end={WINDOW['end']}"
    if name == "report-health":
        query = "?start=2025-11-03&end=2025-11-04"
    if name == "stores-import" and method != "get":
        csv = "store_code,store_name,region,timezone,base_url,api_key\nS1,New,Europe/North,Europe/Berlin,http://h/api/v1,k\n"
        return getattr(client, method)(url, data=csv, content_type="text/csv", headers=headers)
    if method == "get":
        return client.get(url + query, headers=headers)
    if method == "delete" and name in ("store", "region", "controller"):
        return client.delete(free(world, name), headers=headers)
    return getattr(client, method)(url, data=world.body(name, method), content_type="application/json", headers=headers)


def free(world: World, name: str) -> str:
    """One of these on which nothing hangs, beside the others."""
    if name == "region":
        return reverse(name, kwargs={"code": chain.region("Europe/North/Empty").code})
    empty = chain.store("S8", under="Europe/North")
    if name == "store":
        return reverse(name, kwargs={"code": empty.code})
    alone: Controller = chain.controller(empty)
    return reverse(name, kwargs={"pk": alone.pk})


@pytest.mark.parametrize("name", BY_PEOPLE)
def test_pages_are_for_people_who_are_logged_in(world: World, name: str) -> None:
    for caller, sign in zip(CALLERS, BY_PEOPLE[name], strict=True):
        client, headers = world.callers[caller]
        answer = client.get(reverse(name, kwargs=world.arguments.get(name)), headers=headers)
        assert MEANING[sign](answer), f"{name} by {caller}: {answer.status_code}"


@pytest.mark.parametrize("name", DONE_BY_PEOPLE)
def test_forms_do_what_the_one_who_sends_them_may(world: World, name: str) -> None:
    for caller, sign in zip(CALLERS, DONE_BY_PEOPLE[name], strict=True):
        client, headers = world.callers[caller]
        with transaction.atomic():
            form = {"store": "S1", "timezone": "Europe/Berlin", "language": "de"}
            answer = client.post(reverse(name, kwargs=world.arguments.get(name)), form, headers=headers)
            transaction.set_rollback(True)
        assert MEANING[sign](answer), f"{name} by {caller}: {answer.status_code}"


def test_the_admin_is_for_staff_alone(world: World) -> None:
    [of_admin] = [one for one in get_resolver().url_patterns if getattr(one, "app_name", "") == "admin"]
    paths = {re.sub(r"<[^>]*>", "1", path) for path in _paths(of_admin)} - {"/admin/login/"}
    assert len(paths) > 100
    for path in sorted(paths):
        if "(" in path or "static" in path:
            continue
        for caller in CALLERS[:7]:
            client, headers = world.callers[caller]
            answer = client.get(path, headers=headers)
            assert answer.status_code in (302, 404, 405), f"{path} by {caller}: {answer.status_code}"
            assert "Traceback" not in answer.content.decode()


ADMIN: dict[str, str] = {
    **dict.fromkeys(("region", "store", "controller"), "+o+"),
    **dict.fromkeys(("zone", "sensor"), "ooo"),
    **dict.fromkeys(("stream", "healedgap", "quarantine", "alert", "suspicion"), "ooo"),
    "logentry": "-oo",
    **dict.fromkeys(("alertrule", "mailpreference", "webhookendpoint", "apikey", "user"), "--+"),
    **dict.fromkeys(("mail", "webhookdelivery", "backfill", "group"), "--o"),
}
"""What an installer, an auditor and head office may: add to it, look at it, nothing."""


def test_roles_may_in_the_admin_what_the_table_says(world: World) -> None:
    assert {str(model._meta.model_name) for model in admin.site._registry} == ADMIN.keys()
    wrong = []
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        for caller, sign in zip(CALLERS[-3:], ADMIN[str(model._meta.model_name)], strict=True):
            client, _ = world.callers[caller]
            told = tuple(client.get(reverse(f"{name}_{page}")).status_code for page in ("changelist", "add"))
            if told != {"+": (200, 200), "o": (200, 403), "-": (403, 403)}[sign]:
                wrong.append(f"{name} by {caller}: {told}, not {sign}")
    assert wrong == []


def test_an_auditor_of_all_stores_also_sees_what_is_no_store_s(world: World) -> None:
    client, _ = world.person(person("of-all", None, role=Role.AUDITOR, is_staff=True))
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        told = tuple(client.get(reverse(f"{name}_{page}")).status_code for page in ("changelist", "add"))
        assert told == (200, 403), name


def _paths(of: Any, prefix: str = "/") -> Iterator[str]:
    prefix += str(of.pattern)
    for pattern in of.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from _paths(pattern, prefix)
        else:
            yield prefix + str(pattern.pattern)
