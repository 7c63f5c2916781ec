"""Recorded answers: a past that nobody can be asked for any more, taken in as a poll's answer is."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from ingest.models import OccupancySample, Quarantine, QueueSample, Stream
from sites_app.models import Controller
from tests import chain
from tests.fleet import Fleet
from tests.ingest.turns import NOW, ask

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def imported(source: str) -> Any:
    out = StringIO()
    call_command("import_answers", source, "--json", stdout=out)
    return json.loads(out.getvalue())


def line(controller: Controller, path: str = "/occupancy/current", at: datetime = NOW, **row: Any) -> str:
    body = {"status": "success", "timestamp": at.isoformat(), "data": [row]}
    return json.dumps({"base_url": controller.base_url, "path": path, "body": body})


def test_the_fleets_past_comes_in_as_it_was(fleet: Fleet) -> None:
    fleet.stop_clock(NOW)
    site = fleet.site("S002")
    ask([chain.registered(site)], Stream.Kind.DISCOVERY)
    done = imported(fleet.recorded("S002", NOW - 30 * MINUTE, NOW, 180))
    assert (done["answers"], done["faults"]) == (20, 0)
    for at in (NOW - 30 * MINUTE, NOW - 3 * MINUTE):
        told = dict(OccupancySample.objects.filter(observed_at=at).values_list("zone__zone_id", "people"))
        told |= dict(QueueSample.objects.filter(observed_at=at).values_list("zone__zone_id", "people"))
        assert told == fleet.people(site, at)
    assert OccupancySample.objects.count() + QueueSample.objects.count() == done["facts"] == 40


def test_what_cannot_be_used_is_counted_and_stops_nothing(tmp_path: Path) -> None:
    controller = chain.controller(chain.store())
    chain.zone(controller, "floor")
    stranger = Controller(base_url="http://10.9.9.9/api/v1")
    ahead = datetime.now(UTC) + timedelta(days=1)
    lines = [
        "no JSON",
        "",
        line(stranger, zoneId="floor", current_people=1),
        line(controller, "/counts/interval", zoneId="floor"),
        line(controller, zoneId="floor", current_people="many"),
        line(controller, zoneId="cellar", current_people=1),
        line(controller, zoneId="floor", current_people=2, at=ahead),
        line(controller, zoneId="floor", current_people=3),
    ]
    file = tmp_path / "answers.ndjson"
    file.write_text("\n".join(lines))
    done = imported(str(file))
    assert (done["answers"], done["facts"], done["faults"]) == (5, 1, 6)
    assert OccupancySample.objects.get().people == 3
    assert set(Quarantine.objects.values_list("pointer", flat=True)) == {"", "/data/0/current_people", "/timestamp"}


@pytest.mark.parametrize("source", ["/no/such/file", "http://127.0.0.1:9/snapshots"])
def test_a_source_that_is_not_there_is_told_in_a_line(source: str) -> None:
    with pytest.raises(CommandError, match="can't be read"):
        imported(source)


def test_an_address_that_answers_otherwise_is_told_in_a_line(fleet: Fleet) -> None:
    with pytest.raises(CommandError, match="answered 404"):
        imported(fleet.recorded("S999", NOW - MINUTE, NOW, 60))
