"""What an installer is told who asks a controller by the API: in one sentence, what is wrong and what to do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from ingest import backfilling
from ingest.models import FootfallInterval, Measure, OccupancySample
from ingest.wire.sockets import Limits
from reports import rollups
from sites_app.models import Controller, Region, Sensor, Zone
from tests import chain
from tests.caller import Caller, problem_of, with_key, writer
from tests.fleet import Fleet
from tests.ingest.xcs.controller import running
from tests.ingest.xcs.test_tls import certificate, served_with

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller() -> Caller:
    return writer()


@pytest.fixture
def controller(fleet: Fleet) -> Controller:
    return chain.registered(fleet.site())


def ask(caller: Caller, controller: Controller, action: str = "test") -> dict[str, Any]:
    response = caller.send("post", f"controllers/{controller.pk}/{action}")
    assert response.status_code == 200, response.content
    told: dict[str, Any] = response.json()
    assert told["ok"] == (told["code"] == "ok")
    return told


def test_one_that_is_well_is_tried_out_and_nothing_is_kept(caller: Caller, controller: Controller) -> None:
    told = ask(caller, controller)
    assert told["ok"], told
    assert told["zones"] > 0
    assert str(told["zones"]) in told["message"]
    assert abs(told["clock_skew_ms"]) < 5000
    assert not Zone.objects.exists()
    controller.refresh_from_db()
    assert controller.state == "new"


@pytest.mark.parametrize(
    ("base_url", "code", "said"),
    [
        ("http://no-such-host.invalid/api/v1", "unreachable", "isn't found"),
        ("http://127.0.0.1:9/api/v1", "unreachable", "refused the connection"),
        ("http://169.254.169.254/api/v1", "refused_address", "no controller can have"),
    ],
)
def test_an_address_that_leads_nowhere(caller: Caller, base_url: str, code: str, said: str) -> None:
    told = ask(caller, chain.controller(chain.store(), base_url=base_url))
    assert told["code"] == code
    assert said in told["message"]


@pytest.mark.parametrize(
    ("fault", "code", "said"),
    [
        ({"timeout": True}, "timed_out", "didn't come in time"),
        ({"html": True}, "bad_answer", ""),
        ({"status": 500}, "server_failed", "fault of its own"),
        ({"status": 429}, "rate_limited", "Asked too often"),
        ({"redirect": True}, "redirected", "another address"),
        ({"truncated": True}, "bad_answer", "cut off"),
        ({"clock_skew_s": 420}, "clock_off", "7 minutes ahead"),
        ({"clock_skew_s": -7200}, "clock_off", "2 hours behind"),
    ],
)
def test_a_controller_that_misbehaves(
    caller: Caller,
    fleet: Fleet,
    controller: Controller,
    monkeypatch: pytest.MonkeyPatch,
    fault: dict[str, Any],
    code: str,
    said: str,
) -> None:
    monkeypatch.setattr("ingest.xcs.client.Limits", lambda: Limits(read_s=0.5, total_s=2))
    fleet.fault(fleet.site(), **fault)
    told = ask(caller, controller)
    assert told["code"] == code
    assert said in told["message"]


def test_a_key_that_is_rejected(caller: Caller, fleet: Fleet) -> None:
    told = ask(caller, chain.registered(fleet.site(), api_key="another-key"))
    assert told["code"] == "unauthorized"
    assert "The key was rejected" in told["message"]
    assert "another-key" not in str(told)


def test_a_certificate_of_another_name_and_one_that_nobody_signed(caller: Caller, tmp_path: Path) -> None:
    for name, said in (("elsewhere", "made out to another name"), ("localhost", "signed by nobody known here")):
        file = certificate(tmp_path, name)
        with running(served_with(file)) as server:
            public = file.read_text().partition("-----BEGIN CERTIFICATE-----")
            pem = "".join(public[1:]) if name == "elsewhere" else ""
            wrong = chain.controller(chain.store(name), base_url=server.base_url, ca_certificate=pem)
            told = ask(caller, wrong)
        assert told["code"] == "tls_failed"
        assert said in told["message"]


def test_discovery_keeps_what_it_finds(caller: Caller, controller: Controller, fleet: Fleet) -> None:
    told = ask(caller, controller, "discover")
    assert told["ok"], told
    assert told["zones"] == Zone.objects.count() == len(fleet.site().kinds)
    assert told["sensors"] == Sensor.objects.count() > 0


def test_polling_keeps_what_is_new(caller: Caller, controller: Controller) -> None:
    assert ask(caller, controller, "poll")["ok"]
    assert OccupancySample.objects.exists()
    assert FootfallInterval.objects.exists()
    assert caller.get(f"controllers/{controller.pk}")["health"]["state"] == "online"


def test_what_is_wrong_when_it_is_polled_is_told_as_when_it_is_tried(
    caller: Caller, controller: Controller, fleet: Fleet
) -> None:
    fleet.fault(fleet.site(), status=401)
    told = ask(caller, controller, "poll")
    assert (told["ok"], told["code"]) == (False, "unauthorized")
    assert caller.get(f"controllers/{controller.pk}")["health"]["state"] == "unauthorized"


def test_one_that_is_switched_off_is_not_polled(caller: Caller, controller: Controller) -> None:
    Controller.objects.update(enabled=False)
    problem_of(caller.send("post", f"controllers/{controller.pk}/poll"), 409)


@pytest.mark.parametrize("action", ["test", "discover", "poll", "backfill"])
def test_only_who_may_change_a_controller_may_have_it_asked(
    caller: Caller, controller: Controller, action: str
) -> None:
    path = f"controllers/{controller.pk}/{action}"
    problem_of(with_key().send("post", path), 403)
    problem_of(caller.ask(path), 405)
    elsewhere = writer(chain.region("Europe/France"))
    problem_of(elsewhere.send("post", path), 404)
    problem_of(caller.send("post", f"controllers/{uuid4()}/{action}"), 404)


def test_a_backfill_is_a_job_that_tells_how_far_it_is(caller: Caller, controller: Controller) -> None:
    ask(caller, controller, "discover")
    end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    window = {"start": (end - timedelta(hours=6)).isoformat(), "end": end.isoformat()}
    response = caller.send("post", f"controllers/{controller.pk}/backfill", window)
    assert response.status_code == 202, response.content
    job = response.json()
    assert (job["state"], job["progress"], job["steps"]) == ("running", 0.0, {"total": 3, "done": 0, "failed": 0})
    assert response["Location"] == job["url"]
    assert backfilling.run_batch(lambda: datetime.now(UTC)) == 3
    assert FootfallInterval.objects.exists()
    path = job["url"].partition("/api/v1/")[2]
    told = caller.get(path)
    assert (told["state"], told["progress"]) == ("running", 1.0), "reports don't show it yet"
    while sum(rollups.drain(measure) for measure in Measure):
        pass
    told = caller.get(path)
    assert (told["state"], told["progress"], told["failures"]) == ("done", 1.0, [])
    with_key(Region.objects.get(code="europe-germany")).get(path)
    with_key(chain.region("Europe/France")).problem(path, status=404)


def test_a_day_of_a_backfill_is_the_store_s_own(caller: Caller) -> None:
    controller = chain.controller(chain.store(timezone="Asia/Kathmandu"))
    window = {"start": "2025-11-02", "end": "2025-11-04T00:00:00+01:00"}
    job = caller.send("post", f"controllers/{controller.pk}/backfill", window).json()
    assert (job["start"], job["end"]) == ("2025-11-01T18:15:00+00:00", "2025-11-03T23:00:00+00:00")


@pytest.mark.parametrize(
    ("window", "pointer"),
    [
        ({}, "/start"),
        ({"start": "2025-11-02", "end": "2025-11-02"}, "/end"),
        ({"start": "2025-11-02", "end": "2025-11-01"}, "/end"),
        ({"start": "yesterday", "end": "2025-11-01"}, "/start"),
        ({"start": "2025-11-02T00:00:00", "end": "2025-11-03"}, "/start"),
        ({"start": "0001-01-01", "end": "2025-11-03"}, "/start"),
        ({"start": "9999-12-31", "end": "9999-12-31"}, "/start"),
        ({"start": 5, "end": ["x"]}, "/end"),
        ({"start": "2025-11-01", "end": "2025-11-02", "until": "2025-11-03"}, "/until"),
    ],
)
def test_a_window_that_can_t_be_used_is_named(caller: Caller, window: dict[str, Any], pointer: str) -> None:
    controller = chain.controller(chain.store())
    response = caller.send("post", f"controllers/{controller.pk}/backfill", window)
    assert pointer in {error["pointer"] for error in problem_of(response, 400)["errors"]}
