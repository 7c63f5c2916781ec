"""Pushes that are set aside: nobody else waits for them, and what a later version understands is used then."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

import pytest
import requests

from ingest import digest, logics, replaying
from ingest.models import Event, FootfallInterval, Quarantine
from ingest.wire import decoding
from ingest.xovis import pushes
from sites_app.models import Controller
from tests import chain
from tests.ingest.xovis.conftest import Push
from tests.ingest.xovis.examples import LIVE, LOGICS, line, logics_push, record
from tests.ingest.xovis.landed import land

MALFORMED = json.dumps(LOGICS).encode()[:-1] + b",}"


def replay() -> tuple[int, int]:
    now = datetime.now(UTC)
    tally = replaying.replay(Quarantine.objects.all(), now=now)
    digest.digest_batch(now=now)
    return tally.replayed, tally.still


def counted_in() -> dict[str, int]:
    return dict(FootfallInterval.objects.values_list("zone__zone_id", "count_in"))


@pytest.mark.django_db
def test_a_push_that_cannot_be_digested_holds_up_no_other_and_is_replayed(sensor: Controller, push: Push) -> None:
    right = logics.of_records

    def choking(found: Any, pointer: str) -> logics.Meaning:
        if any(logic.id == 13 for logic in found):
            raise ArithmeticError
        return right(found, pointer)

    land(sensor, logics_push(line(record(fw=3, bw=0), number=13)), datetime.now(UTC))
    with patch.object(logics, "of_records", choking):
        push(logics_push(line(record(fw=7, bw=0), number=1)))
    assert counted_in() == {"logic:1": 7}
    assert Quarantine.objects.get().reason == "Digesting it failed: ArithmeticError."
    assert replay() == (1, 0)
    assert counted_in() == {"logic:1": 7, "logic:13": 3}
    assert replay() == (0, 0)
    assert not Event.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_malformed_push_is_used_once_a_version_can_read_it(server: str) -> None:
    controller = chain.controller(chain.store(), kind="xovis")
    assert requests.post(address(server, controller), data=MALFORMED, timeout=10).status_code == 400
    assert replay() == (0, 1)
    with patch.object(pushes, "load", lambda body: decoding.load(body[:-2] + b"}")):
        assert replay() == (1, 0)
    assert counted_in() == {"logic:1": 7}


@pytest.mark.django_db(transaction=True)
def test_of_a_malformed_push_nothing_of_persons_is_kept_and_nothing_replayed(server: str) -> None:
    controller = chain.controller(chain.store(), kind="xovis")
    assert requests.post(address(server, controller), data=json.dumps(LIVE)[:-1], timeout=10).status_code == 400
    assert b"position" not in bytes(Quarantine.objects.get().body)
    assert replay() == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_the_key_before_is_a_sensors_key_for_a_day_too(server: str) -> None:
    controller = chain.controller(chain.store(), kind="xovis")
    assert controller.change_webhook_key("new-key")
    controller.save()
    for key in ("hook-key", "new-key"):
        assert requests.post(address(server, controller, key), json=LOGICS, timeout=10).status_code == 204
    assert requests.post(address(server, controller, "no-key"), json=LOGICS, timeout=10).status_code == 401


def address(server: str, controller: Controller, key: str = "hook-key") -> str:
    return f"{server}/ingest/xovis/{controller.pk}/{key}"
