"""Onboarding by CSV: all or nothing, an error per cell, and the same file again changes nothing."""

from __future__ import annotations

import contextlib
import json
from datetime import date, time
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from sites_app import onboarding
from sites_app.hours import Opening, Special
from sites_app.models import Controller, Region, Store
from sites_app.osm_hours import HoursError, parse
from tests.fleet import Fleet

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 24)

HEADER = (
    "store_code,store_name,region,timezone,capacity,opening_hours,tags,controller_name,base_url,api_key,webhook_key"
)
FILE = f"""{HEADER}
S001,Berlin Mitte,Europe/Germany/North,Europe/Berlin,250,"Mo-Sa 09:00-20:00; Dec 25 off",flagship|city,Front,http://10.0.0.1/api/v1,secret-one,hook-one
S001,,,,,,,Back,http://10.0.0.2/api/v1,secret-two,
S002,Kathmandu,Asia/Nepal,Asia/Kathmandu,,,,,http://10.0.1.1/api/v1,secret-three,
"""


def imported(tmp_path: Path, content: str, *options: str) -> dict[str, Any]:
    file = tmp_path / "stores.csv"
    file.write_text(content)
    out = StringIO()
    with contextlib.suppress(CommandError):
        call_command("import_stores", str(file), "--json", *options, stdout=out)
    answer: dict[str, Any] = json.loads(out.getvalue())
    return answer


def stored_keys() -> list[Any]:
    """The keys as the database has them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT api_key, webhook_key FROM sites_app_controller ORDER BY id")
        return list(cursor.fetchall())


def test_stores_regions_hours_and_controllers_come_from_one_file(tmp_path: Path) -> None:
    done = imported(tmp_path, FILE)
    assert (done["created"], done["errors"]) == (5, [])
    store = Store.objects.get(code="S001")
    assert (store.name, store.capacity, store.tags) == ("Berlin Mitte", 250, ["city", "flagship"])
    assert store.region.code == "europe-germany-north"
    assert store.region.parent is not None
    assert store.region.parent.name == "Germany"
    assert store.opening_hours.count() == 6
    assert [(c.name, c.api_key.reveal()) for c in store.controllers.all()] == [
        ("Back", "secret-two"),
        ("Front", "secret-one"),
    ]
    assert Controller.objects.get(store__code="S002").name == "Controller 1"
    assert done["controllers"][0]["webhook_url"].endswith(f"/ingest/xcs/{done['controllers'][0]['id']}")


def test_the_same_file_again_changes_nothing(tmp_path: Path) -> None:
    imported(tmp_path, FILE)
    tokens = stored_keys()
    done = imported(tmp_path, FILE)
    assert (done["created"], done["changed"], done["unchanged"]) == (0, 0, 5)
    assert stored_keys() == tokens


def test_another_file_changes_what_differs_and_nothing_else(tmp_path: Path) -> None:
    imported(tmp_path, FILE)
    Store.objects.filter(code="S002").update(capacity=77)
    done = imported(
        tmp_path,
        "store_code,store_name,region,timezone,base_url,api_key\nS002,Kathmandu Thamel,Asia/Nepal,Asia/Kathmandu,http://10.0.1.1/api/v1,secret-three\n",
    )
    assert [item["change"] for item in (*done["stores"], *done["controllers"])] == ["changed", "unchanged"]
    store = Store.objects.get(code="S002")
    assert (store.name, store.capacity) == ("Kathmandu Thamel", 77)


def test_semicolons_and_a_byte_order_mark_are_as_good(tmp_path: Path) -> None:
    content = "\ufeffstore_code;store_name;region;timezone;base_url;api_key\nS9;Zürich;Europe/Switzerland;Europe/Zurich;https://10.1.1.1/api/v1;k\n"
    assert imported(tmp_path, content)["errors"] == []
    assert Store.objects.get(code="S9").name == "Zürich"


@pytest.mark.parametrize(
    ("column", "value", "part_of_the_remedy"),
    [
        ("timezone", "Europe/Berlinn", "IANA"),
        ("capacity", "-3", "whole number"),
        ("base_url", "ftp://10.0.0.1", "http"),
        ("base_url", "http://user:pw@10.0.0.1/api/v1", "Leave out"),
        ("opening_hours", "Mo-Sa nine to five", "09:00-20:00"),
        ("opening_hours", "PH off", "dates"),
        ("region", "", "required"),
        ("store_code", "S 1", "Letters"),
        ("api_key", "", "required"),
    ],
)
def test_a_bad_cell_is_named_with_its_remedy_and_nothing_is_written(
    tmp_path: Path, column: str, value: str, part_of_the_remedy: str
) -> None:
    names = HEADER.split(",")
    good = dict(
        zip(
            names,
            ["S1", "One", "Europe", "Europe/Berlin", "10", "", "", "", "http://10.0.0.1/api/v1", "k", ""],
            strict=True,
        )
    )
    rows = [HEADER, ",".join({**good, column: value}.values()), ",".join({**good, "store_code": "S2"}.values())]
    done = imported(tmp_path, "\n".join(rows))
    assert [(error["line"], error["column"]) for error in done["errors"]] == [(2, column)]
    assert part_of_the_remedy in done["errors"][0]["detail"]
    assert not Store.objects.exists()
    assert not Region.objects.exists()


def test_a_key_never_stands_in_an_error_nor_plain_in_the_database(tmp_path: Path) -> None:
    long_key = "s3cret" * 100
    done = imported(tmp_path, FILE.replace("secret-one", long_key))
    assert [error["column"] for error in done["errors"]] == ["api_key"]
    assert "s3cret" not in json.dumps(done)
    imported(tmp_path, FILE)
    assert "secret-" not in str(stored_keys())
    assert "secret-one" not in repr(list(Controller.objects.values()))


def test_a_dry_run_says_what_would_change_and_changes_nothing(tmp_path: Path) -> None:
    assert imported(tmp_path, FILE, "--dry-run")["created"] == 5
    assert not Store.objects.exists()


def test_a_thousand_stores_take_a_handful_of_statements(django_assert_max_num_queries: Any) -> None:
    rows = [
        f"S{n:04},Store {n},Europe/R{n % 9},Europe/Berlin,100,Mo-Sa 09:00-20:00,,,http://10.0.{n // 250}.{n % 250}/api/v1,k{n},"
        for n in range(1000)
    ]
    with django_assert_max_num_queries(60):
        table = onboarding.read("\n".join([HEADER, *rows]).encode(), today=TODAY)
        onboarding.apply(onboarding.compare(table))
    assert Store.objects.count() == 1000


REQUIRED = "store_code,store_name,region,timezone,base_url,api_key"


def test_the_fleets_own_file_is_taken_whole_and_again_changes_nothing(tmp_path: Path, fleet: Fleet) -> None:
    first, again = imported(tmp_path, fleet.csv()), imported(tmp_path, fleet.csv())
    assert (first["created"], first["errors"]) == (24 + 27, [])
    assert (again["created"], again["changed"], again["unchanged"]) == (0, 0, 24 + 27)
    assert (first["regions_created"], again["regions_created"]) == (Region.objects.count(), 0)


def test_each_thing_that_differs_is_changed_and_nothing_else(tmp_path: Path) -> None:
    imported(tmp_path, FILE)
    before = {controller.name: controller for controller in Controller.objects.filter(store__code="S001")}
    changed = FILE.replace("secret-two", "new-key").replace("Dec 25 off", "Dec 26 off").replace("|city", "|mall")
    done = imported(tmp_path, changed)
    assert [(one["code"], one["change"]) for one in done["stores"]] == [("S001", "changed"), ("S002", "unchanged")]
    assert [one["change"] for one in done["controllers"]] == ["unchanged", "changed", "unchanged"]
    store = Store.objects.get(code="S001")
    assert store.tags == ["flagship", "mall"]
    assert {hours.date.day for hours in store.special_hours.all()} == {26}
    after = {controller.name: controller for controller in store.controllers.all()}
    assert after["Back"].api_key.reveal() == "new-key"
    assert after["Front"].api_key.token == before["Front"].api_key.token
    assert {name: one.pk for name, one in after.items()} == {name: one.pk for name, one in before.items()}


def test_a_store_moves_to_another_region_and_the_old_one_stays(tmp_path: Path) -> None:
    imported(tmp_path, FILE)
    done = imported(tmp_path, FILE.replace("Europe/Germany/North", "Europe/Germany/South"))
    assert (done["changed"], done["regions_created"]) == (1, 1)
    assert Store.objects.get(code="S001").region.code == "europe-germany-south"
    assert Region.objects.filter(code="europe-germany-north").exists()


def test_a_region_is_found_by_its_path_whatever_its_code(tmp_path: Path) -> None:
    europe = Region.objects.create(code="EU", name="Europe")
    Region.objects.create(code="DE", name="Germany", parent=europe)
    assert imported(tmp_path, FILE)["errors"] == []
    region = Store.objects.get(code="S001").region
    assert (region.code, region.parent and region.parent.code) == ("europe-germany-north", "DE")
    assert Region.objects.filter(name="Europe").count() == 1


def test_a_region_that_was_renamed_by_hand_is_still_the_same(tmp_path: Path) -> None:
    imported(tmp_path, FILE)
    Region.objects.filter(code="europe-germany").update(name="Deutschland")
    done = imported(tmp_path, FILE)
    assert (done["changed"], done["regions_created"]) == (0, 0)


def test_a_path_with_the_code_of_another_region_is_an_error_of_that_cell(tmp_path: Path) -> None:
    imported(tmp_path, FILE)
    done = imported(tmp_path, f"{REQUIRED}\nS9,Nine,Europe/Germany North,Europe/Berlin,http://10.9.0.1/api/v1,k")
    assert [(error["column"], error["detail"][:44]) for error in done["errors"]] == [
        ("region", "Its code is that of 'Europe/Germany/North': ")
    ]
    assert not Store.objects.filter(code="S9").exists()


def test_controllers_without_a_name_are_known_by_their_address(tmp_path: Path) -> None:
    rows = [f"S1,One,Europe,Europe/Berlin,http://10.0.0.{n}/api/v1,key-{n}" for n in (1, 2, 3)]
    imported(tmp_path, "\n".join([REQUIRED, *rows]))
    names = dict(Controller.objects.values_list("base_url", "name"))
    assert sorted(names.values()) == ["Controller 1", "Controller 2", "Controller 3"]
    done = imported(tmp_path, "\n".join([REQUIRED, rows[2], rows[0]]))
    assert [(one["name"], one["change"]) for one in done["controllers"]] == [
        ("Controller 3", "unchanged"),
        ("Controller 1", "unchanged"),
    ]
    moved = rows[1].replace("10.0.0.2", "10.0.0.9")
    done = imported(tmp_path, "\n".join([REQUIRED, rows[0], moved, rows[2]]))
    assert [(one["name"], one["change"]) for one in done["controllers"]][1] == ("Controller 2", "changed")
    assert dict(Controller.objects.values_list("base_url", "name")) == {
        names_url.replace("10.0.0.2", "10.0.0.9"): name for names_url, name in names.items()
    }


def test_names_given_by_hand_are_not_taken_by_controllers_without_one(tmp_path: Path) -> None:
    header = f"{REQUIRED},controller_name"
    rows = [
        "S1,One,Europe,Europe/Berlin,http://10.0.0.1/api/v1,k,Controller 2",
        "S1,,,,http://10.0.0.2/api/v1,k,",
        "S1,,,,http://10.0.0.3/api/v1,k,",
    ]
    for changes in ("created", "unchanged"):
        done = imported(tmp_path, "\n".join([header, *rows]))
        assert [(one["name"], one["change"]) for one in done["controllers"]] == [
            ("Controller 2", changes),
            ("Controller 1", changes),
            ("Controller 3", changes),
        ]


def test_a_store_that_closed_before_the_file_says_it_opened_is_an_error_of_that_cell(tmp_path: Path) -> None:
    imported(tmp_path, FILE)
    Store.objects.filter(code="S002").update(closed_on=date(2020, 1, 31))
    row = "S002,Kathmandu,Asia/Nepal,Asia/Kathmandu,http://10.0.1.1/api/v1,secret-three,2021-05-01"
    done = imported(tmp_path, f"{REQUIRED},opened_on\n{row}")
    assert [(error["line"], error["column"], error["value"]) for error in done["errors"]] == [
        (2, "opened_on", "2021-05-01")
    ]
    assert Store.objects.get(code="S002").opened_on is None


def test_a_file_that_cannot_be_written_whole_is_not_written_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Controller.objects, "bulk_create", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        imported(tmp_path, FILE)
    assert not Store.objects.exists()
    assert not Region.objects.exists()


def test_opening_hours_are_read_as_openstreetmap_writes_them() -> None:
    hours = parse(
        "Mo-Fr 09:00-12:30,14:00-20:00; Sa-Su 10:00-02:00; Su off; Dec 25 off; 2026 Dec 24 09:00-13:00", today=TODAY
    )
    assert hours.weekly[:2] == (Opening(1, time(9), time(12, 30)), Opening(1, time(14), time(20)))
    assert [opening for opening in hours.weekly if opening.weekday >= 6] == [Opening(6, time(10), time(2))]
    assert hours.special[0] == Special(date(2026, 12, 24), time(9), time(13))
    assert [item.date.year for item in hours.special if item.date.day == 25] == [2026, 2027, 2028, 2029]
    assert parse("", today=TODAY).weekly == ()


@pytest.mark.parametrize("text", ["Mo 25:00-26:00", "Xx 09:00-10:00", "Mo 09:00-12:00,11:00-13:00", "Feb 30 off", "Mo"])
def test_hours_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(HoursError):
        parse(text, today=TODAY)


def test_an_address_of_a_sensor_makes_a_sensor(tmp_path: Path) -> None:
    sensor = "S001,,,,,,,Door,https://10.0.0.3/api/v5,admin:password,\n"
    assert imported(tmp_path, FILE + sensor)["errors"] == []
    assert {c.name: c.kind for c in Controller.objects.filter(store__code="S001")} == {
        "Front": "xcs",
        "Back": "xcs",
        "Door": "xovis",
    }
