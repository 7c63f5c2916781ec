"""Reports as files over the API: chosen by name or by ``Accept``, named, tagged, and errors that stay readable."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from ingest import facts
from ingest.models import Measure
from reports import rollups
from reports.formats import FORMATS
from sites_app.models import ApiKey
from tests import chain
from tests.reports.test_formats import read_csv, read_json, read_parquet, read_xlsx

pytestmark = pytest.mark.django_db

START = datetime(2026, 11, 2, 8, tzinfo=UTC)
URL = "/api/v1/reports/footfall?start=2026-11-02&end=2026-11-04&granularity=day"


@pytest.fixture
def client() -> Client:
    for number, code in enumerate(("S1", "-S2"), start=1):
        door = chain.zone(chain.controller(chain.store(code)), "door", "entrance")
        quarter = timedelta(minutes=15)
        rows = [
            facts.FootfallRow(door.store_id, door.pk, START + n * quarter, START, START + (n + 1) * quarter, True, n, 1)
            for n in range(4 * number)
        ]
        facts.write(facts.Facts(footfall=rows))
    while rollups.drain(Measure.FOOTFALL):
        pass
    key, plain = ApiKey.generate("BI", scopes=["read"])
    key.save()
    return Client(headers={"Authorization": f"Apikey {plain}"})


def body_of(response: Any) -> bytes:
    return response.getvalue()  # type: ignore[no-any-return]


def test_every_format_has_the_same_figures(client: Client) -> None:
    rows = read_json(body_of(client.get(URL)))
    assert [(row["store"], row["visitors_in"]) for row in rows] == [("-S2", 28), ("-S2", None), ("S1", 6), ("S1", None)]
    figures = [(row["visitors_in"], row["visitors_out"], row["coverage"]) for row in rows]
    for name, read in (("xlsx", read_xlsx), ("parquet", read_parquet)):
        other = read(body_of(client.get(f"{URL}&format={name}")))
        assert [(row["visitors_in"], row["visitors_out"], row["coverage"]) for row in other] == figures
        assert [row["store"] for row in other] == ["-S2", "-S2", "S1", "S1"]
    as_csv = read_csv(body_of(client.get(f"{URL}&format=csv")))
    assert [row["visitors_in"] for row in as_csv] == ["28", "", "6", ""]
    assert as_csv[0]["store"] == "'-S2"
    assert [row["start"] for row in as_csv] == [row["start"] for row in rows]


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_is_chosen_by_its_name_or_by_accept(client: Client, name: str) -> None:
    by_name = client.get(f"{URL}&format={name}", headers={"Accept": "text/html"})
    by_accept = client.get(URL, headers={"Accept": f"{FORMATS[name].media_type}, */*;q=0.1"})
    for response in (by_name, by_accept):
        assert response.status_code == 200
        assert response.headers["Content-Type"].split(";")[0] == FORMATS[name].media_type
        assert response.headers["Content-Disposition"].endswith(
            f'filename="footfall_2026-11-02_2026-11-04_by-store.{name}"'
        )


def test_a_file_of_instants_is_called_so_that_it_can_be_saved_anywhere(client: Client) -> None:
    url = (
        "/api/v1/reports/footfall?start=2026-11-02T08:00:00%2B01:00&end=2026-11-02T09:00:00%2B01:00&by=chain&format=csv"
    )
    name = client.get(url).headers["Content-Disposition"]
    assert name == 'attachment; filename="footfall_2026-11-02T080000+0100_2026-11-02T090000+0100_by-chain.csv"'


@pytest.mark.parametrize("name", FORMATS)
def test_what_the_reader_has_is_not_sent_again(client: Client, name: str) -> None:
    tag = client.get(f"{URL}&format={name}").headers["ETag"]
    again = client.get(f"{URL}&format={name}", headers={"If-None-Match": tag})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    others = {client.get(f"{URL}&format={other}").headers["ETag"] for other in FORMATS if other != name}
    assert tag not in others


def test_an_unknown_format_is_named_and_unacceptable_types_are_refused(client: Client) -> None:
    unknown = client.get(f"{URL}&format=pdf")
    assert (unknown.status_code, unknown.headers["Content-Type"]) == (400, "application/problem+json")
    assert unknown.json()["errors"][0]["parameter"] == "format"
    assert client.get(URL, headers={"Accept": "application/pdf"}).status_code == 406


@pytest.mark.parametrize("name", FORMATS)
def test_errors_are_problems_whatever_format_was_asked_for(client: Client, name: str) -> None:
    wrong = client.get(f"{URL}&format={name}&granularity=week-ish")
    assert (wrong.status_code, wrong.headers["Content-Type"]) == (400, "application/problem+json")
    assert wrong.json()["errors"][0]["parameter"] == "granularity"


def test_too_many_rows_point_to_the_exports(client: Client) -> None:
    url = "/api/v1/reports/footfall?start=2024-11-02&end=2026-11-02&granularity=15m&format=csv"
    response = client.get(url)
    assert response.status_code == 400
    assert "/api/v1/exports" in response.json()["detail"]


def test_files_are_compressed_only_where_that_makes_them_smaller(client: Client) -> None:
    encodings = {
        name: client.get(f"{URL}&format={name}", headers={"Accept-Encoding": "gzip"}).headers.get("Content-Encoding")
        for name in FORMATS
    }
    assert encodings == {"json": "gzip", "csv": "gzip", "xlsx": None, "parquet": None}
