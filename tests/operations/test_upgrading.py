"""An installation of a release before, with its data, is upgraded to what is here; and what the next releases may not do."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.operations.databases import empty_database, manage, python
from tests.operations.releasing import API_KEY, CONTROLLER_KEY, LONG_AGO, MONDAY, PEOPLE, VISITORS, VISITORS_LONG_AGO
from tests.server import web_server
from xovis_platform.upgrades import lint, released
from xovis_platform.upgrades.released import Name

BEFORE_ANY_RELEASE: list[Name] = [
    ("sites_app", "0006_key_rotation_and_limits"),
    ("ingest", "0003_xovis_records"),
    ("reports", "0002_export"),
    ("alerts", "0002_rules_and_lifecycle"),
    ("portal", "0001_initial"),
]
"""What there was some steps before the first release: an upgrade that has something to do, whatever the last release is."""

FROM = {"before any release": BEFORE_ANY_RELEASE} | {
    version: released.newest_of_each(released.released(version)) for version in released.versions()
}
READ_BACK = """
from sites_app.models import Controller, Zone
print(Controller.objects.get().api_key.reveal(), Zone.objects.get(zone_id="old").retired_by_hand)
"""


def report(url: str, name: str, **parameters: str) -> dict[str, Any]:
    answer = requests.get(
        f"{url}/api/v1/reports/{name}", params=parameters, headers={"Authorization": f"Apikey {API_KEY}"}, timeout=30
    )
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told["rows"][0]  # type: ignore[no-any-return]


@pytest.mark.parametrize("version", FROM)
def test_an_installation_with_data_is_upgraded_and_its_figures_are_right(version: str) -> None:
    with empty_database() as url:
        installed = python(url, "-m", "tests.operations.releasing", *(".".join(name) for name in FROM[version]))
        assert installed.returncode == 0, installed.stderr[-2000:]
        assert "[ ]" in manage(url, "showmigrations") or version == released.versions()[-1]
        manage(url, "migrate", "--noinput")
        assert "[ ]" not in manage(url, "showmigrations")
        # All that can be made anew of facts is; what only a rollup is left of stays.
        manage(url, "rebuild_rollups", "--start", "2025-11-01")
        # A zone that was retired before discovery could do so was retired by a person.
        by_hand = version != "before any release"
        assert manage(url, "shell", "-v", "0", "-c", READ_BACK).split() == [CONTROLLER_KEY, str(not by_hand)]
        with web_server(XOVIS_DATABASE_URL=url) as server:
            day = {"start": f"{MONDAY:%Y-%m-%d}", "end": "2025-11-04"}
            footfall = report(server, "footfall", **day)
            assert (footfall["visitors_in"], footfall["coverage"]) == (96 * VISITORS, 1)
            occupancy = report(server, "occupancy", **day)
            assert (occupancy["peak_occupancy"], occupancy["average_occupancy"]) == (PEOPLE, PEOPLE)
            past = report(server, "footfall", start=f"{LONG_AGO:%Y-%m-%d}", end="2019-03-05", granularity="day")
            assert past["visitors_in"] == VISITORS_LONG_AGO


@pytest.mark.parametrize("version", released.versions())
def test_a_process_of_the_release_before_reads_and_writes_what_is_upgraded_already(version: str) -> None:
    with empty_database() as url:
        written = python(
            url, "-m", "tests.operations.releasing", "--upgraded", *(".".join(name) for name in FROM[version])
        )
        assert written.returncode == 0, written.stderr[-2000:]
        assert "[ ]" not in manage(url, "showmigrations")
        manage(url, "rebuild_rollups", "--start", "2025-11-01")
        with web_server(XOVIS_DATABASE_URL=url) as server:
            day = {"start": f"{MONDAY:%Y-%m-%d}", "end": "2025-11-04"}
            assert report(server, "footfall", **day)["visitors_in"] == 96 * VISITORS
            assert report(server, "occupancy", **day)["average_occupancy"] == PEOPLE


def test_every_migration_of_a_release_is_still_there() -> None:
    for version in released.versions():
        assert set(released.released(version)) <= set(released.on_disk())


@pytest.mark.django_db
def test_what_the_code_before_cannot_live_with_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    """Of the migrations before the first release, when nobody had to live with them."""
    wrong = lint.lint([("sites_app", "0003_xovis"), ("sites_app", "0004_sensor_status_at"), ("ingest", "0002_fleet")])
    assert wrong == [("sites_app", "0003_xovis"), ("ingest", "0002_fleet")]
    told = capsys.readouterr().out
    assert "sites_app_zone.reversed is NOT NULL and has no default" in told
    assert "ADDING unique constraint" in told


@pytest.mark.django_db
def test_a_column_without_a_default_is_found_beside_a_new_table() -> None:
    """The linter alone takes the new table's identity column for the default."""
    assert lint.lint([("sites_app", "0007_retired_zones_and_sensors_zones")])


def test_a_column_may_be_added_with_a_default_that_stays_or_to_a_new_table() -> None:
    add, bare = 'ALTER TABLE "a" ADD COLUMN "b" ', 'ALTER TABLE "a" ALTER COLUMN "b" DROP DEFAULT;'
    assert lint.unfilled([add + "integer NOT NULL;"]) == ["a.b"]
    assert lint.unfilled([add + "integer DEFAULT 0 NOT NULL;", bare]) == ["a.b"]
    assert lint.unfilled([add + "integer DEFAULT 0 NOT NULL;"]) == []
    assert lint.unfilled([add + "integer NULL;"]) == []
    assert lint.unfilled(['CREATE TABLE "a" ("id" bigint);', add + "integer NOT NULL;"]) == []


def test_a_release_that_lost_a_migration_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(lint, "on_disk", lambda: released.on_disk()[1:])
    assert lint.main() == 1
    assert "0001_initial')] were released and are gone" in capsys.readouterr().out
