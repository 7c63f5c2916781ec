"""Exports: any report as a file, made once by whichever worker lives, and only for who ordered it."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import LazySettings
from django.contrib.auth import get_user_model
from django.test import Client

from reports import exports
from reports.formats import FORMATS
from reports.large import LargeReport
from reports.lease import Lease, Superseded
from reports.models import Export
from sites_app.models import ApiKey, Membership, Region, Store
from tests import chain
from tests.reports.doors import came_in, door, roll_up
from tests.reports.test_formats import read_csv, read_json, read_parquet, read_xlsx

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ASKED = {"report": "footfall", "start": "2026-11-02", "end": "2026-11-03", "granularity": "hour"}
URL = "/api/v1/exports"


@pytest.fixture(autouse=True)
def directory(settings: LazySettings, tmp_path: Path) -> Path:
    settings.EXPORT_DIR = tmp_path
    return tmp_path


@pytest.fixture(autouse=True)
def _stores() -> None:
    came_in(door("S1", under="Europe/North"), range(8))
    came_in(door("S2", under="Europe/South"), range(10, 18))
    roll_up()


def key(*regions: str) -> tuple[ApiKey, Client]:
    """A key that sees the stores of these regions, or all, and a program that calls with it."""
    made, plain = ApiKey.generate("BI", scopes=["read"])
    made.save()
    made.regions.set([chain.region(region) for region in regions])
    return made, Client(headers={"Authorization": f"Apikey {plain}"})


@pytest.fixture
def client() -> Client:
    return key()[1]


def order(client: Client, **asked: Any) -> Any:
    return client.post(URL, {**ASKED, **asked}, content_type="application/json")


def work(*, now: datetime | None = None) -> list[UUID]:
    """What the workers do with what is due."""
    due = exports.claim_due(now=now or datetime.now(UTC))
    for export_id in due:
        exports.make(export_id, lambda: now or datetime.now(UTC))
    return due


def content_of(response: Any) -> bytes:
    return response.getvalue()  # type: ignore[no-any-return]  # to its end, which closes the file


def fetched(client: Client, job: dict[str, Any]) -> bytes:
    response = client.get(job["url"] + "/file")
    assert response.status_code == 200
    return content_of(response)


@pytest.mark.parametrize(
    ("name", "read"), [("json", read_json), ("csv", read_csv), ("xlsx", read_xlsx), ("parquet", read_parquet)]
)
def test_an_export_is_the_report_as_a_file(client: Client, name: str, read: Any) -> None:
    ordered = order(client, format=name)
    assert ordered.status_code == 202
    job = ordered.json()
    assert (job["state"], job["progress"], job["file"], job["rows"]) == ("waiting", 0, None, None)
    assert ordered.headers["Location"] == job["url"]
    assert client.get(f"{URL}/{job['id']}/file").status_code == 404
    work()
    done = client.get(job["url"]).json()
    assert (done["state"], done["progress"], done["rows"]) == ("done", 1, 48)
    response = client.get(done["file"])
    body = content_of(response)
    assert len(body) == done["size_bytes"] == int(response.headers["Content-Length"])
    assert response.headers["Content-Type"].split(";")[0] == FORMATS[name].media_type
    disposition = f'attachment; filename="footfall_2026-11-02_2026-11-03_by-store.{name}"'
    assert response.headers["Content-Disposition"] == disposition
    url = "/api/v1/reports/footfall?start=2026-11-02&end=2026-11-03&granularity=hour"
    assert read(body) == read(content_of(client.get(f"{url}&format={name}")))
    assert client.get(done["file"], headers={"If-None-Match": response.headers["ETag"]}).status_code == 304


@pytest.mark.parametrize("name", ["json", "csv"])
def test_the_report_on_the_data_itself_can_be_ordered(client: Client, name: str) -> None:
    window = {"start": "2026-11-02", "end": "2026-11-04"}
    response = client.post(URL, {"report": "health", "format": name, **window}, content_type="application/json")
    assert response.status_code == 202, response.content
    job = response.json()
    assert (job["report"], job["asked"]["report"], job["asked"]["start"]) == ("health", "health", "2026-11-02")
    work()
    done = client.get(job["url"]).json()
    assert (done["state"], done["rows"]) == ("done", 4)
    file = client.get(done["file"])
    disposition = f'attachment; filename="health_2026-11-02_2026-11-04_by-store.{name}"'
    assert file.headers["Content-Disposition"] == disposition
    shown = client.get("/api/v1/reports/health", {**window, "format": name})
    read = {"json": read_json, "csv": read_csv}[name]
    assert read(content_of(file)) == read(content_of(shown))


def test_the_report_on_the_data_itself_takes_what_it_takes_when_it_is_asked_for(client: Client) -> None:
    asked = {"report": "health", "start": "2026-11-02", "end": "2026-11-04", "granularity": "hour"}
    response = client.post(URL, asked, content_type="application/json")
    assert response.status_code == 400
    assert "granularity" in response.json()["detail"]


def test_json_has_the_head_and_the_totals_of_the_report(client: Client) -> None:
    job = order(client, by="zone", region=["europe-south"], tag=None).json()
    work()
    answer = json.loads(fetched(client, job))
    assert (answer["report"], answer["by"], answer["granularity"]) == ("footfall", "zone", "hour")
    assert answer["totals"]["visitors_in"] == sum(range(10, 18))
    assert {row["store"] for row in answer["rows"]} == {"S2"}


def test_an_export_is_seen_by_its_owner_alone(client: Client) -> None:
    job = order(client).json()
    work()
    user = get_user_model().objects.create_superuser("head", password="of the office")
    browser = Client()
    browser.force_login(user)
    for other in (key()[1], browser):
        assert other.get(job["url"]).status_code == 404
        assert other.get(job["url"] + "/file").status_code == 404
        assert other.get(URL).json()["results"] == []
    own = order(browser).json()
    assert [listed["id"] for listed in browser.get(URL).json()["results"]] == [own["id"]]
    assert [listed["id"] for listed in client.get(URL).json()["results"]] == [job["id"]]
    assert Client().get(job["url"]).status_code == 401


def test_stores_are_those_that_the_owner_sees_when_the_file_is_made(client: Client) -> None:
    owner, program = key("Europe/North", "Europe/South")
    job = order(program).json()
    owner.regions.set([chain.region("Europe/North")])
    work()
    assert {row["store"] for row in json.loads(fetched(program, job))["rows"]} == {"S1"}


def test_a_file_with_stores_that_the_owner_no_longer_sees_is_not_given_out() -> None:
    user = get_user_model().objects.create_user("manager", password="of the south")
    Membership.objects.create(user=user, region=chain.region("Europe"))
    browser = Client()
    browser.force_login(user)
    job = order(browser).json()
    work()
    assert fetched(browser, job)
    Membership.objects.update(region=Region.objects.get(code="europe-south"))
    refused = browser.get(job["url"] + "/file")
    assert (refused.status_code, refused.json()["status"]) == (404, 404)
    assert "no longer see" in refused.json()["detail"]
    Store.objects.update(region=Region.objects.get(code="europe-south"))
    assert fetched(browser, job)


def test_a_revoked_key_gets_nothing_made() -> None:
    owner, program = key()
    order(program)
    ApiKey.objects.filter(pk=owner.pk).update(revoked_at=NOW)
    work()
    export = Export.objects.get()
    assert (export.state, "revoked" in export.error) == ("failed", True)
    assert not exports.path_of(export).exists()


def test_a_dead_workers_export_is_made_by_the_next(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    job = order(client, format="csv").json()
    now = datetime.now(UTC) + timedelta(seconds=1)
    with monkeypatch.context() as patch:
        patch.setattr(LargeReport, "table", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            work(now=now)
    assert client.get(job["url"]).json()["state"] == "running"
    assert exports.claim_due(now=now) == []
    assert len(work(now=now + exports.LEASE)) == 1
    assert client.get(job["url"]).json()["state"] == "done"
    assert Export.objects.get().attempts == 2


def test_an_export_that_keeps_killing_workers_is_given_up(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LargeReport, "table", lambda *_: 1 / 0)
    job = order(client).json()
    now = datetime.now(UTC) + timedelta(seconds=1)
    for _ in range(exports.MAX_ATTEMPTS):
        with pytest.raises(ZeroDivisionError):
            work(now=now)
        now += exports.LEASE
    assert work(now=now) == []
    failed = client.get(job["url"]).json()
    assert (failed["state"], "3 times" in failed["error"]) == ("failed", True)


def test_two_workers_never_make_the_same_export(client: Client) -> None:
    order(client)
    (export_id,) = exports.claim_due(now=NOW + timedelta(days=30))
    slow = Export.objects.get()
    Export.objects.update(state="running", attempts=1)
    slow.attempts = 1
    exports.make(export_id, lambda: NOW)  # the message came twice
    assert Export.objects.get().attempts == 1
    with Lease(slow, exports.LEASE, lambda: NOW) as lease:
        lease.write(progress=0.5)
        Export.objects.update(attempts=2)  # its lease had run out, and another took it
        with pytest.raises(Superseded):
            lease.write(progress=0.6)
    assert Export.objects.get().progress == 0.5


def test_so_many_are_made_at_once_as_are_allowed(client: Client, settings: LazySettings) -> None:
    jobs = [order(client).json()["id"] for _ in range(3)]
    now = datetime.now(UTC) + timedelta(seconds=1)
    assert [str(export_id) for export_id in exports.claim_due(now=now)] == jobs[:1]
    assert exports.claim_due(now=now) == []
    settings.EXPORTS_AT_ONCE = 2
    assert [str(export_id) for export_id in exports.claim_due(now=now)] == jobs[1:2]


def test_files_are_kept_for_some_days_and_then_swept(client: Client, directory: Path) -> None:
    job = order(client, format="csv").json()
    work()
    stray, draft, old = (directory / name for name in ("stray.csv", "new.1.part", "old.1.part"))
    for path in (stray, draft, old):
        path.write_bytes(b"x")
    yesterday = (datetime.now(UTC) - timedelta(days=2)).timestamp()
    os.utime(old, (yesterday, yesterday))
    now = datetime.now(UTC)
    assert exports.sweep(now=now) == 2
    assert sorted(path.name for path in directory.iterdir()) == sorted([f"{job['id']}.csv", "new.1.part"])
    assert fetched(client, job)
    exports.sweep(now=now + timedelta(days=7, minutes=1))
    assert not (directory / f"{job['id']}.csv").exists()
    assert client.get(job["url"]).json()["state"] == "expired"
    assert client.get(job["url"] + "/file").status_code == 410
    exports.sweep(now=now + timedelta(days=60))
    assert client.get(job["url"]).status_code == 404


@pytest.mark.parametrize(
    ("asked", "pointer"),
    [
        ({"report": "sales"}, "/report"),
        ({"format": "pdf"}, "/format"),
        ({"start": "yesterday"}, "/start"),
        ({"stroe": "S1"}, "/stroe"),
        ({"store": ["S1", "S9"]}, "/store"),
        ({"granularity": ["day"]}, "/granularity"),
        ({"store": [{"code": "S1"}]}, "/store"),
    ],
)
def test_a_wrong_order_is_refused_with_a_pointer_to_the_fault(
    client: Client, asked: dict[str, Any], pointer: str
) -> None:
    response = order(client, **asked)
    assert (response.status_code, response.headers["Content-Type"]) == (400, "application/problem+json")
    assert [error["pointer"] for error in response.json()["errors"]] == [pointer]
    assert not Export.objects.exists()


def test_an_order_that_is_no_object_is_refused(client: Client) -> None:
    assert client.post(URL, [1], content_type="application/json").status_code == 400


def test_lists_come_in_pages_the_latest_first(client: Client) -> None:
    ordered = [order(client).json()["id"] for _ in range(3)]
    first = client.get(f"{URL}?limit=2").json()
    second = client.get(first["next"]).json()
    assert [job["id"] for job in first["results"] + second["results"]] == ordered[::-1]
    assert second["next"] is None
    assert client.get(f"{URL}?limit=0").status_code == 400
    assert client.get(f"{URL}?page=2").status_code == 400
    tag = client.get(URL).headers["ETag"]
    assert client.get(URL, headers={"If-None-Match": tag}).status_code == 304
