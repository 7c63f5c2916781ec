"""A back-up of a running platform, restored into an empty one, gives the same answers; one that isn't empty is left alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import requests
from cryptography.fernet import Fernet

from tests.operations.databases import empty_database, manage, python
from tests.operations.releasing import API_KEY, CONTROLLER_KEY
from tests.server import web_server
from xovis_platform.upgrades import released

DAY = "start=2025-11-03&end=2025-11-04"
ASKED = [
    f"/api/v1/reports/footfall?{DAY}&granularity=15m&format=csv",
    f"/api/v1/reports/occupancy?{DAY}&granularity=hour&format=csv",
    f"/api/v1/reports/health?{DAY}&format=csv",
    "/api/v1/reports/footfall?start=2019-03-04&end=2019-03-05&granularity=day&format=csv",
    "/api/v1/stores",
    "/api/v1/zones",
    "/api/v1/controllers",
    "/api/v1/regions",
    "/api/v1/alerts",
    "/xcs/S1/api/v1/counts/interval?start=2025-11-03T00:00:00Z&end=2025-11-04T00:00:00Z",
]


def answers(database_url: str) -> dict[str, bytes]:
    """What the API answers on a database, byte for byte; the one instant that is now is taken out."""
    with web_server(XOVIS_DATABASE_URL=database_url) as url:
        told = {
            path: requests.get(url + path, headers={"Authorization": f"Apikey {API_KEY}"}, timeout=30) for path in ASKED
        }
        assert {path: answer.status_code for path, answer in told.items() if not answer.ok} == {}
        # The façade says when it answered, as a controller does.
        return {path: answer.content.split(b'"data"')[-1] for path, answer in told.items()}


@pytest.fixture(scope="module")
def original() -> Iterator[str]:
    """A database with a store, its facts and their rollups."""
    with empty_database() as url:
        names = [".".join(name) for name in released.newest_of_each(released.on_disk())]
        done = python(url, "-m", "tests.operations.releasing", *names)
        assert done.returncode == 0, done.stderr[-2000:]
        manage(url, "migrate", "--noinput")
        manage(url, "rebuild_rollups", "--start", "2025-11-01")
        yield url


@pytest.fixture(scope="module")
def file(original: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("backup") / "xovis.dump"
    told = json.loads(manage(original, "backup", str(path), "--json"))
    assert told == {"file": str(path), "bytes": path.stat().st_size}
    return path


def test_the_restored_platform_gives_the_same_answers(original: str, file: Path) -> None:
    before = answers(original)
    assert b"4321" in b"".join(before.values())  # there is something in them
    with empty_database() as url:
        manage(url, "migrate", "--noinput")  # as a stack that was just installed is
        said = manage(url, "restore", str(file)).splitlines()[-1]
        assert said == "Restored 1 stores; all secrets can be read."
        assert answers(url) == before


def test_a_database_that_holds_anything_is_refused_and_left(original: str, file: Path) -> None:
    with empty_database() as url:
        manage(url, "migrate", "--noinput")
        with psycopg.connect(url, autocommit=True) as database:
            database.execute("INSERT INTO sites_app_region (code, name) VALUES ('mine', 'Mine')")
            done = python(url, "manage.py", "restore", str(file))
            assert done.returncode == 1
            assert "The database isn't empty (sites_app_region): restore into a new one" in done.stderr
            assert database.execute("SELECT code FROM sites_app_region").fetchall() == [("mine",)]


def test_secrets_are_encrypted_in_it_and_their_keys_are_not_there(file: Path) -> None:
    with empty_database() as url:
        said = manage(url, "restore", str(file), XOVIS_ENCRYPTION_KEYS=Fernet.generate_key().decode())
        assert said.splitlines()[-1] == "Restored 1 stores; 1 SECRETS CAN'T BE READ: give back their keys."
        with psycopg.connect(url) as database:
            [token] = database.execute("SELECT api_key FROM sites_app_controller").fetchone() or [""]
    assert token.startswith("gAAAA")
    assert CONTROLLER_KEY not in token


def test_what_is_no_back_up_changes_nothing(tmp_path: Path) -> None:
    nothing = tmp_path / "nothing"
    nothing.write_text("not a dump")
    with empty_database() as url:
        manage(url, "migrate", "--noinput")
        assert (
            "pg_restore: error: input file does not appear to be a valid archive"
            in python(url, "manage.py", "restore", str(nothing)).stderr
        )
        assert "[ ]" not in manage(url, "showmigrations", "sites_app")
    assert (
        "There is no file"
        in python("postgresql://127.0.0.1:1/x", "manage.py", "restore", str(tmp_path / "none")).stderr
    )


def test_a_back_up_that_fails_leaves_the_one_before(tmp_path: Path) -> None:
    kept = tmp_path / "xovis.dump"
    kept.write_text("the one before")
    done = python("postgresql://who:planted-pass@127.0.0.1:1/x", "manage.py", "backup", str(kept))
    assert done.returncode == 1
    assert "pg_dump: error: connection to server" in done.stderr
    assert "planted-pass" not in done.stderr
    assert [path.read_text() for path in tmp_path.iterdir()] == ["the one before"]
