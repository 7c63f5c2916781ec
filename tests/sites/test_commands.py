"""``create_api_key`` and ``import_stores`` at the terminal: the last line, ``--json``, and the code that they end with."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from sites_app.models import ApiKey, Store
from tests import chain

pytestmark = pytest.mark.django_db
FILE = """store_code,store_name,region,timezone,base_url,api_key
S1,One,Europe/Germany,Europe/Berlin,http://10.0.0.1/api/v1,secret
"""


def said(*command: str) -> list[str]:
    """The lines that a command wrote."""
    out = StringIO()
    call_command(*command, stdout=out)
    return out.getvalue().splitlines()


def refused(*command: str) -> tuple[str, str]:
    """What a command wrote, and the line that it ended with, having failed."""
    out = StringIO()
    with pytest.raises(CommandError) as caught:
        call_command(*command, stdout=out)
    assert caught.value.returncode == 1
    return out.getvalue(), str(caught.value)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "stores.csv"
    path.write_text(FILE)
    return path


def test_a_key_is_shown_once_in_the_last_line_and_works() -> None:
    chain.store()
    last = said("create_api_key", "BI")[-1]
    assert last.startswith("API key 'BI' (read), not shown again: xk_")
    key = last.rpartition(" ")[2]
    answer = Client().get("/api/v1/live/occupancy", headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code == 200
    assert key not in str(ApiKey.objects.values())


def test_a_key_is_limited_as_it_was_told() -> None:
    chain.region("Europe/Germany")
    chain.region("Asia")
    options = ["--region", "europe-germany", "--region", "asia", "--scope", "write", "--expires", "2199-12-31"]
    [line] = said("create_api_key", "BI", *options, "--json")
    done = json.loads(line)
    key = ApiKey.objects.get()
    assert done == {"name": "BI", "key": done["key"], "scopes": ["write"], "regions": ["asia", "europe-germany"]}
    assert {region.code for region in key.regions.all()} == {"asia", "europe-germany"}
    last_second, midnight = datetime(2199, 12, 31, 23, 59, 59, 999_999, UTC), datetime(2200, 1, 1, tzinfo=UTC)
    assert ApiKey.objects.valid(done["key"], now=last_second) == key
    assert ApiKey.objects.valid(done["key"], now=midnight) is None


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["BI", "--region", "atlantis"], "there is no region 'atlantis'"),
        (["BI", "--scope", "admin"], "invalid choice: 'admin'"),
        (["BI", "--expires", "tomorrow"], "'tomorrow' is not a date"),
        (["BI", "--expires", "2020-01-01"], "lies in the past"),
        ([""], "name"),
        (["x" * 101], "100 characters"),
    ],
)
def test_a_key_that_cannot_be_made_is_not_made(options: list[str], told: str) -> None:
    assert told in refused("create_api_key", *options)[1]
    assert not ApiKey.objects.exists()


def test_an_import_says_in_its_last_line_what_it_did(file: Path) -> None:
    assert said("import_stores", str(file), "--dry-run")[-1] == (
        "Would have created 2, changed 0 and left 0 of 1 stores and 1 controllers."
    )
    assert not Store.objects.exists()
    assert said("import_stores", str(file))[-1] == "Has created 2, changed 0 and left 0 of 1 stores and 1 controllers."
    assert said("import_stores", str(file))[-1] == "Has created 0, changed 0 and left 2 of 1 stores and 1 controllers."


def test_an_import_reads_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(FILE.encode())))
    said("import_stores", "-")
    assert Store.objects.get().code == "S1"


def test_an_import_that_fails_names_each_cell_and_that_nothing_was_written(file: Path) -> None:
    file.write_text(FILE.replace("Europe/Berlin", "Berlin").replace("http:", "gopher:"))
    written, last = refused("import_stores", str(file))
    assert [line.partition(":")[0] for line in written.splitlines()] == ["line 2, timezone", "line 2, base_url"]
    assert "(it says 'Berlin')" in written
    assert last == "Nothing was written: 2 cells can't be used."
    done: dict[str, Any] = json.loads(refused("import_stores", str(file), "--json")[0])
    assert [(error["line"], error["column"], error["value"]) for error in done["errors"]] == [
        (2, "timezone", "Berlin"),
        (2, "base_url", "gopher://10.0.0.1/api/v1"),
    ]
    assert not Store.objects.exists()


def test_a_file_that_is_not_there_is_told_in_a_line(tmp_path: Path) -> None:
    assert "can't be read: No such file" in refused("import_stores", str(tmp_path / "none.csv"))[1]
