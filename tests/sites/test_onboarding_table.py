"""The onboarding CSV, cell by cell: what can be read is read alike, what can't is named, and never half a file is taken."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from sites_app import onboarding
from sites_app.models.controllers import validate_base_url
from sites_app.onboarding import table

TODAY = date(2026, 11, 24)
GOOD = {
    "store_code": "S1",
    "store_name": "One",
    "region": "Europe/Germany",
    "timezone": "Europe/Berlin",
    "base_url": "http://10.0.0.1/api/v1",
    "api_key": "k",
}


def read(*rows: dict[str, str], delimiter: str = ",", end: str = "\n") -> onboarding.Table:
    """A file with these rows, each a change of a good one; a row's own columns stand in the header."""
    names = list(dict.fromkeys(name for row in (GOOD, *rows) for name in row))
    lines = [names, *([{**GOOD, **row}.get(name, "") for name in names] for row in rows)]
    text = end.join(delimiter.join(f'"{cell}"' if cell else "" for cell in line) for line in lines)
    return onboarding.read(text.encode(), today=TODAY)


def errors(found: onboarding.Table) -> list[tuple[int, str]]:
    return [(error.line, error.column) for error in found.errors]


def second(**fields: str) -> dict[str, str]:
    """A second controller of the store, with the store's fields left empty."""
    empty = {"store_name": "", "region": "", "timezone": ""}
    return {**empty, "base_url": "http://10.0.0.2/api/v1", **fields}


@pytest.mark.parametrize("delimiter", [",", ";"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_comma_or_semicolon_and_either_line_end(delimiter: str, end: str) -> None:
    found = read({"city": "Zürich, Altstadt; Kreis 1"}, second(), delimiter=delimiter, end=end)
    assert found.errors == []
    assert found.stores["S1"].fields["city"] == "Zürich, Altstadt; Kreis 1"
    assert [row.base_url for row in found.controllers] == ["http://10.0.0.1/api/v1", "http://10.0.0.2/api/v1"]


def test_all_columns_are_understood() -> None:
    found = read(
        {
            "country": "ch",
            "city": "Zürich",
            "capacity": "250",
            "floor_area_m2": "1250.5",
            "opened_on": "2014-05-22",
            "opening_hours": "Mo-Sa 09:00-20:00",
            "tags": " premium | city |premium",
            "controller_name": "Front",
            "webhook_key": "h",
            "poll_interval_s": "30",
        }
    )
    assert found.errors == []
    assert found.stores["S1"].fields == {
        "timezone": "Europe/Berlin",
        "country": "CH",
        "city": "Zürich",
        "capacity": 250,
        "floor_area_m2": Decimal("1250.50"),
        "opened_on": date(2014, 5, 22),
        "tags": ["city", "premium"],
    }
    [controller] = found.controllers
    assert (controller.name, controller.api_key, controller.webhook_key, controller.poll_interval_s) == (
        "Front",
        "k",
        "h",
        30,
    )


def test_a_stores_further_rows_may_leave_its_fields_empty_or_say_the_same_again() -> None:
    same = {"city": "Berlin", "capacity": "250", "tags": "city", "opening_hours": "24/7"}
    assert read(same, second(), second(**same, base_url="http://10.0.0.3/api/v1")).errors == []


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("store_name", "Two"),
        ("region", "Europe"),
        ("timezone", "Europe/Paris"),
        ("country", "FR"),
        ("city", "Paris"),
        ("capacity", "99"),
        ("floor_area_m2", "99"),
        ("opened_on", "2020-01-01"),
        ("opening_hours", "24/7"),
        ("tags", "mall"),
    ],
)
def test_a_stores_further_row_that_says_something_else_is_named(column: str, value: str) -> None:
    found = read({}, second(**{column: value}))
    assert errors(found) == [(3, column)]
    assert "first row (line 2)" in found.errors[0].detail


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("store_code", "S" * 41),
        ("store_name", "x" * 201),
        ("region", "x" * 101),
        ("region", "Europe/" + "/".join(["Germany"] * 20)),
        ("region", "Europe//Germany"),
        ("region", "Europe/-"),
        ("timezone", "CET+1"),
        ("country", "DEU"),
        ("country", "ÄÖ"),
        ("capacity", "0"),
        ("capacity", "1.5"),
        ("capacity", "٣"),
        ("floor_area_m2", "NaN"),
        ("floor_area_m2", "sNaN"),
        ("floor_area_m2", "Infinity"),
        ("floor_area_m2", "-1"),
        ("floor_area_m2", "0.001"),
        ("floor_area_m2", "1e9"),
        ("opened_on", "22.05.2014"),
        ("opened_on", "0001-01-01"),
        ("opening_hours", "9999 Dec 25 off"),
        ("store_code", "import"),
        ("timezone", "Factory"),
        ("tags", "city|" + "x" * 41),
        ("controller_name", "x" * 101),
        ("poll_interval_s", "4"),
        ("poll_interval_s", "3601"),
        ("webhook_key", "x" * 501),
        ("store_name", "a\x00b"),
        ("city", "a\x1bb"),
        ("tags", "a\nb"),
    ],
)
def test_a_cell_that_cannot_be_stored_is_named(column: str, value: str) -> None:
    found = read({column: value})
    assert {error.column for error in found.errors} == {column}


def test_two_paths_of_regions_that_would_have_one_code_are_told_apart() -> None:
    found = read(
        {"region": "Europe/Germany/South"},
        {"store_code": "S2", "region": "Europe/Germany South"},
        {"store_code": "S3", "region": "Europe/Germany/South"},
    )
    assert errors(found) == [(3, "region")]
    assert "Europe/Germany/South" in found.errors[0].detail


def test_every_bad_cell_is_named_at_once() -> None:
    found = read({"capacity": "many", "poll_interval_s": "0"}, {"store_code": "S2", "timezone": ""}, {"store_code": ""})
    assert errors(found) == [(2, "capacity"), (2, "poll_interval_s"), (3, "timezone"), (4, "store_code")]


def test_one_controller_of_a_store_stands_in_a_file_once() -> None:
    named = {"controller_name": "Front"}
    assert errors(read(named, second(**named))) == [(3, "controller_name")]
    assert errors(read({}, second(base_url="http://10.0.0.1/api/v1/"))) == [(3, "base_url")]
    assert errors(read(named, {"store_code": "S2", **named})) == []


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "missing from the header"),
        (b"store_code,store_name,region,timezone,base_url\n", "'api_key' is missing"),
        (b"store_code,store_name,region,timezone,base_url,api_key\n", "no rows"),
        (b"store_code,store_name,region,timezone,base_url,api_key,colour\n", "no column 'colour'"),
        (b"store_code,store_name,region,timezone,base_url,api_key,api_key\n", "twice"),
        ("store_code,store_name,region,timezone,base_url,api_key\nS1,Zürich".encode("latin-1"), "UTF-8"),
        (b'store_code,store_name,region,timezone,base_url,api_key\nS1,"One', "no valid CSV"),
        (
            b"store_code,store_name,region,timezone,base_url,api_key\nS1,a,b,Europe/Berlin,http://h/api/v1,k,more\n",
            "more cells",
        ),
    ],
)
def test_a_file_that_is_none_is_told_so(content: bytes, told: str) -> None:
    found = onboarding.read(content, today=TODAY)
    assert any(told in error.detail for error in found.errors), found.errors


def test_a_file_that_is_too_large_is_refused_and_not_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "_BYTES_LIMIT", 200)
    found = read(*({"store_code": f"S{n}"} for n in range(10)))
    assert [error.line for error in found.errors] == [1]
    assert found.stores == {}


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.1/api/v1",
        "https://10.0.0.1:8443/api/v1",
        "http://xcs-berlin/api/v1",
        "http://xcs_1.stores.internal:8080/api/v1",
        "http://[fd00::17]:8080/api/v1",
        "https://münchen.example/api/v1",
    ],
)
def test_an_address_is_a_host_as_there_are_in_a_retailers_network(url: str) -> None:
    validate_base_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "10.0.0.1/api/v1",
        "ftp://10.0.0.1/api/v1",
        "HTTP://10.0.0.1/api/v1",
        "http:///api/v1",
        "http://:80/api/v1",
        "http://10.0.0.1:99999/api/v1",
        "http://10.0.0.1:http/api/v1",
        "http://10.0.0.1 /api/v1",
        "http://[fd00::/api/v1",
        "http://user:password@10.0.0.1/api/v1",
        "http://10.0.0.1/api/v1?key=1",
        "http://10.0.0.1/api/v1#top",
    ],
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        validate_base_url(url)
