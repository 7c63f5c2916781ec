"""The same figures in every format; spreadsheets open with real dates and numbers, and no text becomes a formula."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import arro3.io
import openpyxl
import pytest

from reports.formats import FORMATS, Column, Kind, Row, Table, xlsx

COLUMNS = (
    Column("store", Kind.TEXT),
    Column("start", Kind.INSTANT),
    Column("average_occupancy", Kind.NUMBER, "people"),
    Column("peak_occupancy", Kind.WHOLE, "people"),
    Column("peak_at", Kind.INSTANT, "instant"),
    Column("coverage", Kind.SHARE, "share"),
)
ROWS: list[Row] = [
    ("S1", "2026-11-02T00:00:00+01:00", 41.27, 96, "2026-11-02T17:42:00.250000+01:00", 0.998),
    ("S2", "2026-03-29T03:00:00+02:00", 0.1, 0, None, 1.0),
    ("Café, \"West\"; 'B'", "2026-11-02T00:00:00+00:00", None, None, None, None),
]
HEAD = {"report": "occupancy", "start": "2026-11-02", "columns": []}
TOTALS = {"average_occupancy": 20.5, "peak_occupancy": 96, "peak_at": "2026-11-02T17:42:00.250000+01:00"}
STARTS_OF_FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1"]


def table(rows: Sequence[Row] = ROWS, columns: tuple[Column, ...] = COLUMNS) -> Table:
    return Table(HEAD, columns, iter(rows), TOTALS)


def written(name: str, wanted: Table) -> bytes:
    return b"".join(FORMATS[name].write(wanted, None))


def read_json(body: bytes) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(body)["rows"]
    return rows


def read_csv(body: bytes) -> list[dict[str, Any]]:
    return list(csv.DictReader(io.StringIO(body.decode(), newline="")))


def read_xlsx(body: bytes) -> list[dict[str, Any]]:
    header, *rows = openpyxl.load_workbook(io.BytesIO(body))["Report"].iter_rows(values_only=True)
    return [dict(zip(header, row, strict=True)) for row in rows]


def read_parquet(body: bytes) -> list[dict[str, Any]]:
    columns = arro3.io.read_parquet(io.BytesIO(body)).read_all()
    lists = {name: columns.column(name).to_pylist() for name in columns.column_names}
    return [dict(zip(lists, cells, strict=True)) for cells in zip(*lists.values(), strict=True)]


def test_csv_holds_what_json_holds() -> None:
    as_text = [
        {name: "" if cell is None else str(cell) for name, cell in row.items()}
        for row in read_json(written("json", table()))
    ]
    assert read_csv(written("csv", table())) == as_text


def test_a_spreadsheet_holds_what_json_holds_at_the_stores_own_clock() -> None:
    wanted = read_json(written("json", table()))
    for row in wanted:
        for name in ("start", "peak_at"):
            row[name] = row[name] and datetime.fromisoformat(row[name]).replace(tzinfo=None)
    assert read_xlsx(written("xlsx", table())) == wanted


def test_parquet_holds_what_json_holds_with_instants_in_utc() -> None:
    wanted = read_json(written("json", table()))
    for row in wanted:
        for name in ("start", "peak_at"):
            row[name] = row[name] and datetime.fromisoformat(row[name])
    rows = read_parquet(written("parquet", table()))
    assert rows == wanted
    assert rows[0]["start"].utcoffset() == datetime.now(UTC).utcoffset()
    assert [type(row["peak_occupancy"]) for row in rows[:2]] == [int, int]


@pytest.mark.parametrize("read", [("csv", read_csv), ("xlsx", read_xlsx), ("parquet", read_parquet)])
def test_times_may_come_as_text_or_as_times(read: tuple[str, Callable[[bytes], Any]]) -> None:
    name, reader = read
    as_times = [
        tuple(datetime.fromisoformat(cell) if place in (1, 4) and cell else cell for place, cell in enumerate(row))
        for row in ROWS
    ]
    assert reader(written(name, table(list(as_times)))) == reader(written(name, table()))


def test_times_of_several_stores_clocks_have_no_offset_anywhere() -> None:
    columns, rows = (Column("start", Kind.CLOCK),), [("2026-11-02T09:00:00",)]
    nine = datetime(2026, 11, 2, 9)  # noqa: DTZ001 - a clock's time
    assert read_csv(written("csv", table(rows, columns))) == [{"start": "2026-11-02T09:00:00"}]
    assert read_xlsx(written("xlsx", table(rows, columns))) == [{"start": nine}]
    assert read_parquet(written("parquet", table(rows, columns))) == [{"start": nine}]


def test_a_spreadsheet_shows_dates_as_dates_and_shares_as_per_cent() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(written("xlsx", table())))["Report"]
    assert [(cell.data_type, cell.number_format) for cell in sheet[2]] == [
        ("s", "General"),
        ("d", "yyyy-mm-dd hh:mm:ss"),
        ("n", "#,##0.00"),
        ("n", "#,##0"),
        ("d", "yyyy-mm-dd hh:mm:ss"),
        ("n", "0.00%"),
    ]
    assert sheet.freeze_panes == "A2"


def test_a_spreadsheet_tells_what_was_asked_and_the_totals() -> None:
    lines = list(openpyxl.load_workbook(io.BytesIO(written("xlsx", table())))["About"].iter_rows(values_only=True))
    assert ("report", "occupancy", None) in lines
    assert ("average_occupancy", "people", 20.5) in lines
    assert ("peak_at", "instant", datetime(2026, 11, 2, 17, 42, 0, 250000)) in lines  # noqa: DTZ001 - a spreadsheet's


@pytest.mark.parametrize("text", STARTS_OF_FORMULAS)
def test_no_text_can_start_a_formula(text: str) -> None:
    columns, rows = (Column("zone", Kind.TEXT), Column("change", Kind.NUMBER)), [(text, -0.5)]
    assert read_csv(written("csv", table(rows, columns))) == [{"zone": f"'{text}", "change": "-0.5"}]
    cells = openpyxl.load_workbook(io.BytesIO(written("xlsx", table(rows, columns))))["Report"][2]
    assert [cell.data_type for cell in cells] == ["s", "n"]
    assert cells[0].value.replace("_x000D_", "\r").replace("_x0009_", "\t") == text
    assert read_json(written("json", table(rows, columns))) == [{"zone": text, "change": -0.5}]


def test_columns_under_a_name_are_nested_in_json_and_prefixed_elsewhere() -> None:
    columns = (
        Column("store", Kind.TEXT),
        Column("visitors_in", Kind.WHOLE),
        Column("visitors_in", Kind.WHOLE, under="previous"),
        Column("visitors_in", Kind.SHARE, under="change"),
    )
    rows: list[Row] = [("S1", 12, 10, 0.2)]
    assert read_json(written("json", table(rows, columns))) == [
        {"store": "S1", "visitors_in": 12, "previous": {"visitors_in": 10}, "change": {"visitors_in": 0.2}}
    ]
    flat = {"store": "S1", "visitors_in": 12, "previous_visitors_in": 10, "change_visitors_in": 0.2}
    assert read_xlsx(written("xlsx", table(rows, columns))) == [flat]
    assert read_parquet(written("parquet", table(rows, columns))) == [flat]


@pytest.mark.parametrize("name", FORMATS)
def test_a_report_without_rows_has_its_columns_all_the_same(name: str) -> None:
    body = written(name, table([]))
    if name == "json":
        assert json.loads(body) == {**HEAD, "rows": [], "totals": TOTALS}
    elif name == "csv":
        assert body == b"store,start,average_occupancy,peak_occupancy,peak_at,coverage\r\n"
    else:
        assert {"xlsx": read_xlsx, "parquet": read_parquet}[name](body) == []


def test_rows_that_a_sheet_can_not_hold_go_on_in_the_next() -> None:
    rows: list[Row] = [(f"S{number}",) for number in range(5)]
    columns = (Column("store", Kind.TEXT),)
    book = openpyxl.load_workbook(io.BytesIO(b"".join(xlsx.write(table(rows, columns), sheet_rows=3))))
    assert book.sheetnames == ["Report", "Report 2", "Report 3", "About"]
    stores = [cell for name in book.sheetnames[:3] for (cell,) in list(book[name].iter_rows(values_only=True))[1:]]
    assert stores == [store for (store,) in rows]


@pytest.mark.parametrize(("name", "rows"), [("json", 5_000), ("csv", 5_000), ("xlsx", 1_000), ("parquet", 10_000)])
def test_memory_does_not_grow_with_the_rows(name: str, rows: int, tmp_path: Path) -> None:
    def peak(count: int) -> int:
        def made() -> Iterator[Row]:
            return (("S1", "2026-11-02T00:00:00+01:00", n / 3, n, None, 0.5) for n in range(count))

        tracemalloc.start()
        for _ in FORMATS[name].write(Table(HEAD, COLUMNS, made()), tmp_path):
            pass
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(1)
    assert peak(4 * rows) < 1.5 * peak(rows)
    assert not list(tmp_path.iterdir())
