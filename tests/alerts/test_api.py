"""Alerts over the API: each caller sees those of its own stores, filters them, and acknowledges."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alerts.models import Alert
from sites_app.models import Store
from tests import chain
from tests.alerts.happening import MINUTE, NOW
from tests.caller import Caller, person, problem_of, with_key, writer

pytestmark = pytest.mark.django_db


def an_alert(code: str, kind: str = "data_gap", **fields: Any) -> Alert:
    fields = {"opened_at": NOW, "message": f"{code} {kind}", **fields}
    under = fields.pop("under", "Europe/Germany")
    store = Store.objects.filter(code=code).first() or chain.store(code, under=under)
    return Alert.objects.create(store=store, kind=kind, **fields)


def shown(caller: Caller, **parameters: Any) -> list[str]:
    return [alert["message"] for alert in caller.get("alerts", **parameters)["results"]]


def test_an_alert_is_shown_with_its_store_s_own_time() -> None:
    alert = an_alert("S1", "queue_over_threshold", subject="till", value=12, limit=10, since=NOW - 5 * MINUTE)
    caller = with_key()
    content = caller.get(f"alerts/{alert.pk}")
    assert content == caller.get("alerts")["results"][0]
    assert (content["state"], content["zone"], content["value"]) == ("open", "S1/till", 12)
    assert content["opened_at"] == "2026-06-03T14:00:00+02:00"


def test_alerts_are_filtered_by_all_that_tells_them_apart() -> None:
    an_alert("S1", "data_gap")
    an_alert("S1", "sensor_offline", resolved_at=NOW + MINUTE, changed_at=NOW + MINUTE, opened_at=NOW - MINUTE)
    an_alert("S2", "controller_offline", acknowledged_at=NOW, opened_at=NOW - 2 * MINUTE, changed_at=NOW)
    an_alert("P1", "data_gap", under="Europe/France", opened_at=NOW - timedelta(days=1))
    caller = with_key()
    assert shown(caller) == ["S1 data_gap", "S1 sensor_offline", "S2 controller_offline", "P1 data_gap"]
    assert shown(caller, state="open") == ["S1 data_gap", "S2 controller_offline", "P1 data_gap"]
    assert shown(caller, state="resolved") == ["S1 sensor_offline"]
    assert shown(caller, state="open", acknowledged="false") == ["S1 data_gap", "P1 data_gap"]
    assert shown(caller, kind=["data_gap", "sensor_offline"], store="S1") == ["S1 data_gap", "S1 sensor_offline"]
    assert shown(caller, region="europe-france") == ["P1 data_gap"]
    assert len(shown(caller, region="europe")) == 4
    assert shown(caller, since=(NOW + MINUTE).isoformat()) == ["S1 sensor_offline"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("state", "closed"), ("kind", "fire"), ("store", "S9"), ("region", "mars"), ("since", "yesterday"),
     ("acknowledged", "maybe"), ("stat", "open")],
)  # fmt: skip
def test_a_filter_that_cannot_be_used_is_named(name: str, value: str) -> None:
    parameters: dict[str, Any] = {name: value}
    assert with_key().problem("alerts", **parameters)["errors"][0]["parameter"] == name


def test_pages_hold_each_alert_once_and_cost_three_queries_whatever_their_size() -> None:
    for number in range(12):
        an_alert(f"S{number}", opened_at=NOW - number // 3 * MINUTE)
    caller = with_key()
    with CaptureQueriesContext(connection) as small:
        page = caller.get("alerts", limit=2)
    with CaptureQueriesContext(connection) as large:
        assert len(caller.get("alerts", limit=1000)["results"]) == 12
    assert len(large) <= max(3, len(small))
    seen = [alert["id"] for alert in page["results"]]
    while page["next"]:
        page = caller.client.get(page["next"], headers=caller.headers).json()
        seen += [alert["id"] for alert in page["results"]]
    assert len(seen) == len(set(seen)) == 12


def test_another_region_s_alert_is_not_there() -> None:
    here, there = an_alert("S1"), an_alert("P1", under="Europe/France")
    caller = writer(here.store.region)
    assert shown(caller) == ["S1 data_gap"]
    caller.problem(f"alerts/{there.pk}", status=404)
    problem_of(caller.send("post", f"alerts/{there.pk}/acknowledge"), 404)
    there.refresh_from_db()
    assert there.acknowledged_at is None


def test_an_alert_is_acknowledged_in_a_person_s_name() -> None:
    alert = an_alert("S1")
    caller = writer()
    answer = caller.send("post", f"alerts/{alert.pk}/acknowledge", {"note": "A second till", "by": "Anna"})
    assert answer.status_code == 200
    content = answer.json()
    assert (content["note"], content["state"]) == ("A second till", "open")
    assert content["acknowledged_by"].startswith("Anna (key xk_")
    again = problem_of(caller.send("post", f"alerts/{alert.pk}/acknowledge"), 409)
    assert "Anna" in again["detail"]


def test_who_is_logged_in_acknowledges_as_themselves() -> None:
    alert = an_alert("S1")
    caller = Caller(user=person("anna", None, is_staff=True))
    answer = caller.send("post", f"alerts/{alert.pk}/acknowledge", {"by": "Somebody else"})
    assert answer.json()["acknowledged_by"] == "anna"


def test_what_is_resolved_is_acknowledged_no_more() -> None:
    alert = an_alert("S1", resolved_at=NOW)
    told = problem_of(writer().send("post", f"alerts/{alert.pk}/acknowledge", {}), 409)
    assert "resolved" in told["detail"]


def test_the_same_acknowledgement_again_gets_the_first_answer_again() -> None:
    alert = an_alert("S1")
    caller, key = writer(), {"Idempotency-Key": "once"}
    first, again = (caller.send("post", f"alerts/{alert.pk}/acknowledge", {"note": "x"}, headers=key) for _ in range(2))
    assert (first.status_code, first.json()) == (again.status_code, again.json())


def test_a_key_that_only_reads_acknowledges_nothing() -> None:
    problem_of(with_key().send("post", f"alerts/{an_alert('S1').pk}/acknowledge"), 403)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"note": 3 * ["x"]}, "/note"),
        ({"notes": "x"}, "/notes"),
        ({"by": "x" * 101}, "/by"),
        ([1], ""),
        ({"note": None}, "/note"),
    ],
)
def test_a_body_that_cannot_be_used_is_named(body: Any, pointer: str) -> None:
    told = problem_of(writer().send("post", f"alerts/{an_alert('S1').pk}/acknowledge", body), 400)
    assert told["errors"][0]["pointer"] == pointer
