"""The onboarding CSV over the API: all or nothing, an error per cell, nothing outside of the caller's regions."""

from __future__ import annotations

import time
from typing import Any

import pytest

from sites_app.models import Controller, Region, Store
from tests import chain
from tests.caller import Caller, problem_of, with_key, writer

pytestmark = pytest.mark.django_db
HEAD = "store_code,store_name,region,timezone,base_url,api_key"


def row(code: str, region: str = "Europe/Germany", url: str = "http://10.0.0.1/api/v1", key: str = "s3cret") -> str:
    return f"{code},Store {code},{region},Europe/Berlin,{url},{key}"


def send(caller: Caller, *rows: str, query: str = "", content_type: str = "text/csv", **more: Any) -> Any:
    body = "\n".join([HEAD, *rows]).encode()
    return caller.send("post", f"stores/import{query}", body, content_type=content_type, **more)


@pytest.fixture
def caller() -> Caller:
    return writer()


def test_stores_come_with_their_controllers_and_regions(caller: Caller) -> None:
    told = send(caller, row("S1"), row("S1", url="http://10.0.0.2/api/v1"), row("S2")).json()
    assert {name: told[name] for name in ("dry_run", "created", "changed", "unchanged", "regions_created")} == {
        "dry_run": False,
        "created": 5,
        "changed": 0,
        "unchanged": 0,
        "regions_created": 2,
    }
    known = {str(controller.pk): controller.webhook_url for controller in Controller.objects.all()}
    assert {item["id"]: item["webhook_url"] for item in told["controllers"]} == known
    again = send(caller, row("S1"), row("S1", url="http://10.0.0.2/api/v1"), row("S2")).json()
    assert (again["created"], again["changed"], again["unchanged"]) == (0, 0, 5)


def test_a_dry_run_says_what_would_be_and_does_nothing(caller: Caller) -> None:
    told = send(caller, row("S1"), query="?dry_run=true").json()
    assert (told["dry_run"], told["created"]) == (True, 2)
    assert not Store.objects.exists()


def test_one_bad_cell_and_nothing_is_done(caller: Caller) -> None:
    problem = problem_of(send(caller, row("S1"), row("S2", url="nowhere"), row("a b")), 400)
    told = {(error["line"], error["column"], error["pointer"]) for error in problem["errors"]}
    assert told == {(3, "base_url", "/3/base_url"), (4, "store_code", "/4/store_code")}
    assert "2 cells" in problem["detail"]
    assert problem["errors"][0]["value"] == "nowhere"
    assert not Store.objects.exists()


def test_a_key_is_never_repeated(caller: Caller) -> None:
    response = send(caller, row("S1", key="s3cret\x01"))
    assert b"s3cret" not in response.content
    assert problem_of(response, 400)["errors"][0]["column"] == "api_key"


def test_a_region_s_key_imports_into_its_region_alone(caller: Caller) -> None:
    chain.store("F1", under="Europe/France")
    german = writer(chain.region("Europe/Germany"))
    for line, column in (
        (row("S1", "Europe/France"), "region"),
        (row("S1", "Asia"), "region"),
        (row("F1"), "store_code"),
        (row("F1", "Europe/France"), "store_code"),
    ):
        told = problem_of(send(german, line), 400)["errors"]
        assert [(error["line"], error["column"]) for error in told] == [(2, column)]
    assert send(german, row("S1", "Europe/Germany/South")).status_code == 200
    assert Region.objects.get(code="europe-germany-south").parent == Region.objects.get(code="europe-germany")


def test_only_who_may_write_imports_and_only_csv(caller: Caller) -> None:
    problem_of(send(with_key(), row("S1")), 403)
    assert "text/csv" in problem_of(send(caller, row("S1"), content_type="application/json"), 415)["detail"]
    assert problem_of(send(caller, row("S1"), query="?dryrun=true"), 400)["errors"][0]["parameter"] == "dryrun"
    assert problem_of(send(caller, row("S1"), query="?dry_run=1"), 400)["errors"][0]["parameter"] == "dry_run"


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"\x00", b"a;b", b'"', b"\n\n"])
def test_what_is_no_such_file_is_a_problem(caller: Caller, body: bytes) -> None:
    problem_of(caller.send("post", "stores/import", body, content_type="text/csv"), 400)


def test_an_import_that_is_sent_again_is_done_once(caller: Caller) -> None:
    first, again = (send(caller, row("S1"), headers={"Idempotency-Key": "k"}) for _ in range(2))
    assert first.json() == again.json()
    assert again["Idempotent-Replayed"] == "true"


def test_a_thousand_stores_are_on_board_well_within_a_minute(caller: Caller) -> None:
    rows = [
        row(f"S{number:04}", f"Europe/Germany/D{number % 20}", f"http://10.0.0.{number}/api/v1")
        for number in range(1000)
    ]
    began = time.perf_counter()
    told = send(caller, *(line.replace(f"10.0.0.{number}/", f"h{number}/") for number, line in enumerate(rows)))
    assert told.status_code == 200, told.content
    assert told.json()["created"] == 2000
    assert time.perf_counter() - began < 30
