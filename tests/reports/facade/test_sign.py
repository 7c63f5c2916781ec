"""The example of a digital sign runs unchanged against a controller, against a store and against the chain."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.reports.facade.stores import STORES, Facade

pytestmark = pytest.mark.django_db
SIGN = Path("docs/examples/sign.py").absolute()


def shown(base_url: str, key: str, tmp_path: Path, **variables: str) -> str:
    """The first line that the program shows."""
    environment = {**os.environ, "XCS_URL": base_url, "XCS_KEY": key, **variables}
    command = [sys.executable, str(SIGN)]
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True) as program:
        try:
            assert program.stdout is not None
            return program.stdout.readline()
        finally:
            program.terminate()


def test_a_sign_shows_the_same_of_a_controller_its_store_and_the_chain(facade: Facade, tmp_path: Path) -> None:
    controller, store, chain = facade.fleet.subject("S001/Controller 1"), facade.store("S001"), facade.key
    inside = sum(row["current_people"] for row in controller.rows("/occupancy/current"))
    expected = f"{inside} people in {len(controller.occupied)} zones\n"
    assert inside > 0
    assert shown(controller.base_url, controller.key, tmp_path) == expected
    assert shown(store.base_url, store.key, tmp_path) == expected
    assert shown(f"{facade.url}/xcs/api/v1", chain, tmp_path, XCS_LOCATION="S001") == expected


def test_a_sign_shows_the_whole_chain(facade: Facade, tmp_path: Path) -> None:
    controllers = [name for name in facade.fleet.controllers if name.partition("/")[0] in STORES]
    told = [row for name in controllers for row in facade.fleet.subject(name).rows("/occupancy/current")]
    inside = sum(row["current_people"] for row in told)
    expected = f"{inside} people in {len(told)} zones\n"
    assert shown(f"{facade.url}/xcs/api/v1", facade.key, tmp_path) == expected


def test_a_sign_shows_no_number_where_none_is_known(facade: Facade, tmp_path: Path) -> None:
    assert shown(f"{facade.url}/xcs/S001/api/v1", "wrong", tmp_path).startswith("Not known: 401")
