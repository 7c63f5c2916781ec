"""``poll_now``, ``discover`` and ``backfill``: what they did stands in the last line, or in one JSON object; failure in the code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from ingest.models import Backfill, FootfallInterval, OccupancySample, Stream
from sites_app.models import Controller, Zone
from tests import chain
from tests.fleet import Fleet

pytestmark = pytest.mark.django_db
MANAGE = Path(__file__).resolve().parents[2] / "manage.py"


@pytest.fixture
def two(fleet: Fleet) -> list[Controller]:
    return [chain.registered(fleet.site("S001")), chain.registered(fleet.site("S002"))]


def said(*command: str, returncode: int = 0) -> list[str]:
    """The lines that a command wrote; that it failed, if it was to."""
    out = StringIO()
    if not returncode:
        call_command(*command, stdout=out)
    else:
        with pytest.raises(CommandError) as caught:
            call_command(*command, stdout=out)
        assert caught.value.returncode == returncode
    return out.getvalue().splitlines()


def told(*command: str, returncode: int = 0) -> Any:
    """What a command told as JSON, on the one line that it wrote."""
    [line] = said(*command, "--json", returncode=returncode)
    return json.loads(line)


def test_poll_now_asks_for_everything_and_says_what_came_of_it(two: list[Controller]) -> None:
    assert said("poll_now") == ["S001/Controller 1: ok", "S002/Controller 1: ok", "Asked 2 controllers; 0 failed."]
    assert set(OccupancySample.objects.values_list("store__code", flat=True)) == {"S001", "S002"}
    assert FootfallInterval.objects.exists()


def test_poll_now_names_what_failed_and_ends_with_one(two: list[Controller], fleet: Fleet) -> None:
    fleet.fault(fleet.site("S001"), status=401)
    lines = said("poll_now", returncode=1)
    assert lines[0].startswith("S001/Controller 1: The key was rejected")
    assert lines[1:] == ["S002/Controller 1: ok", "Asked 2 controllers; 1 failed."]
    done = told("poll_now", returncode=1)
    assert (done["asked"], done["failed"]) == (2, 1)
    assert [(one["store"], one["state"], bool(one["error"])) for one in done["controllers"]] == [
        ("S001", "unauthorized", True),
        ("S002", "online", False),
    ]


def test_a_store_can_be_chosen_and_an_unknown_one_ends_the_command(two: list[Controller]) -> None:
    assert told("poll_now", "--store", "S002")["asked"] == 1
    assert told("discover", "--store", "S001", "--store", "S002")["asked"] == 2
    for command in (["poll_now"], ["discover"], ["backfill", "--start", "2026-06-01", "--end", "2026-06-02"]):
        with pytest.raises(CommandError, match="there is no store 'S999'"):
            call_command(*command, "--store", "S999")


def test_disabled_controllers_are_left_alone(two: list[Controller]) -> None:
    Controller.objects.filter(store__code="S001").update(enabled=False)
    assert [one["store"] for one in told("poll_now")["controllers"]] == ["S002"]


def test_discover_says_how_many_zones_there_are(two: list[Controller]) -> None:
    assert said("discover")[-1] == "Asked 2 controllers, which have 14 zones; 0 failed."
    assert told("discover")["zones"] == Zone.objects.count() == 14
    assert not Stream.objects.filter(last_success_at=None, kind=Stream.Kind.DISCOVERY).exists()
    assert not FootfallInterval.objects.exists()


def test_discover_ends_with_one_where_a_controller_is_gone(two: list[Controller]) -> None:
    Controller.objects.filter(store__code="S001").update(base_url="http://127.0.0.1:9/api/v1")
    assert told("discover", returncode=1)["failed"] == 1


BACKFILL = ("backfill", "--start", "2026-06-01", "--end", "2026-06-02")


def test_backfill_hands_its_steps_to_the_workers(two: list[Controller]) -> None:
    done = told(*BACKFILL)
    assert (done["controllers"], done["steps"], done["done"], done["finished"]) == (2, 6, 0, False)
    assert str(Backfill.objects.get().pk) == done["id"]
    last = said(*BACKFILL)[-1]
    assert last.startswith("Handed to the workers: 0 of 6 steps for 2 controllers; 0 failed.")


def test_backfill_waits_until_all_is_done_also_without_workers(two: list[Controller]) -> None:
    done = told(*BACKFILL, "--wait")
    assert (done["done"], done["failed"], done["finished"]) == (6, 0, True)
    assert (
        FootfallInterval.objects.filter(start__gte="2026-06-01T00:00Z", start__lt="2026-06-02T00:00Z").count() == 4 * 96
    )
    assert said(*BACKFILL, "--wait")[-1].startswith("Done: 6 of 6 steps for 2 controllers; 0 failed.")


def test_backfill_ends_with_one_where_steps_failed(two: list[Controller], fleet: Fleet) -> None:
    fleet.fault(fleet.site("S001"), status=401)
    done = told(*BACKFILL, "--wait", returncode=1)
    assert (done["done"], done["failed"]) == (3, 3)


@pytest.mark.parametrize(
    ("start", "end", "what"),
    [("yesterday", "2026-06-02", "is not a date"), ("2026-06-02", "2026-06-01", "start must lie before end")],
)
def test_a_window_that_is_none_is_named(two: list[Controller], start: str, end: str, what: str) -> None:
    with pytest.raises(CommandError, match=what):
        call_command("backfill", "--start", start, "--end", end)
    assert not Backfill.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_process_writes_nothing_but_json_and_ends_with_its_code(two: list[Controller], fleet: Fleet) -> None:
    fleet.fault(fleet.site("S001"), status=500)
    database_url = urlsplit(settings.DATABASE_URL)._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    ended = subprocess.run(
        [sys.executable, str(MANAGE), "poll_now", "--json"],
        env={**os.environ, "XOVIS_DATABASE_URL": database_url},
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert ended.returncode == 1
    assert json.loads(ended.stdout)["failed"] == 1
    assert "CommandError: 1 failed." in ended.stderr
    assert "Traceback" not in ended.stderr
    assert all(site.api_key not in ended.stdout + ended.stderr for site in (fleet.site("S001"), fleet.site("S002")))


def test_a_controller_that_was_just_polled_is_not_due_before_its_turn(two: list[Controller]) -> None:
    said("poll_now")
    for stream in Stream.objects.filter(kind=Stream.Kind.LIVE):
        assert timedelta() < stream.due_at - (stream.last_success_at or stream.due_at) <= timedelta(seconds=60)
