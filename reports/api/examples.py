"""Examples of reports, live answers and exports, as the OpenAPI document shows them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample

from ingest.models import Measure
from reports.measures import SPECS
from reports.queries import figures_of

_WINDOW = {"start": "2026-11-02", "end": "2026-11-03"}
_DAY = {"start": "2026-11-02T00:00:00+01:00", "end": "2026-11-03T00:00:00+01:00"}
_AS_OF = "2026-11-03T06:00:03+00:00"
_ASKED = {
    **_WINDOW,
    "granularity": "day",
    "by": "store",
    "hours": "open",
    "store": [],
    "region": ["europe-germany"],
    "tag": [],
    "order": None,
    "limit": None,
}
_OF_REPORTS: dict[str, Any] = {"zone": [], "compare": None, "like_for_like": False}
_FIGURES: dict[Measure, dict[str, Any]] = {
    Measure.FOOTFALL: {"visitors_in": 812, "visitors_out": 809},
    Measure.OCCUPANCY: {
        "average_occupancy": 41.27,
        "peak_occupancy": 96,
        "peak_at": "2026-11-02T17:42:00+01:00",
        "average_utilisation": 0.2751,
        "peak_utilisation": 0.64,
        "person_hours": 453.97,
    },
    Measure.QUEUES: {
        "average_length": 2.31,
        "peak_length": 14,
        "peak_at": "2026-11-02T17:40:00+01:00",
        "average_wait_ms": 81000,
        "longest_wait_ms": 412000,
        "seconds_over_threshold": 540,
        "service_level": 0.9864,
        "breaches": 3,
    },
    Measure.DWELL: {"average_dwell_ms": 1104000, "visits": 797, "dwell_hours": 244.41},
    Measure.PATHS: {"count": 214},
}
_PATH = {"from_zone": "S001/entrance_a", "to_zone": "S001/promo_table"}


def _answer(content: Any, *, media_type: str = "application/json", status: str = "200") -> OpenApiExample:
    return OpenApiExample("an answer", content, response_only=True, status_codes=[status], media_type=media_type)


def report(measure: Measure) -> list[OpenApiExample]:
    """A store's day, as JSON and as CSV."""
    columns, figures = figures_of(SPECS[measure]), _FIGURES[measure]
    path, share = (_PATH, {"share": 0.2731}) if measure == Measure.PATHS else ({}, {})
    row = {"store": "S001", **path, **_DAY, **figures, **share, "coverage": 0.998}
    peak = {"peak_store": "S001"} if SPECS[measure].peaks else {}
    content = {
        "report": measure.value,
        **_ASKED,
        **_OF_REPORTS,
        "as_of": _AS_OF,
        "columns": [{"name": column.name, "unit": column.unit} for column in columns],
        "rows": [row],
        "totals": {**figures, **peak, "coverage": 0.998},
    }
    return [_answer(content), _answer(_csv(row), media_type="text/csv")]


def _csv(row: dict[str, Any]) -> str:
    return f"{','.join(row)}\r\n{','.join(map(str, row.values()))}\r\n"


_HEALTH = {
    "night_occupancy": 0,
    "night_coverage": 1.0,
    "clock_skew_ms": -420,
    "gaps_healed": 1,
    "gaps_healed_s": 5400,
    "gaps_open": 0,
    "gaps_open_s": 0,
    "coverage": {"occupancy": 0.993, "queues": 0.993, "footfall": 1.0, "dwell": 1.0, "paths": None},
}
HEALTH = [
    _answer(
        {
            "report": "health",
            **_ASKED,
            "as_of": _AS_OF,
            "columns": [{"name": "night_occupancy", "unit": "people"}, {"name": "coverage.footfall", "unit": "share"}],
            "rows": [{"store": "S001", **_DAY, **_HEALTH}],
            "totals": _HEALTH,
        }
    ),
    _answer("store,start,coverage.footfall\r\nS001,2026-11-02T00:00:00+01:00,1.0\r\n", media_type="text/csv"),
]
_NOW = {"as_of": "2026-11-02T17:42:00+01:00", "age_s": 7}
OCCUPANCY_NOW = {
    "store": "S001",
    "name": "Köln Mitte",
    "people": 96,
    "capacity": 150,
    "utilisation": 0.64,
    "status": "normal",
    **_NOW,
    "zones": [{"zone": "S001/sales_floor", "name": "Sales Floor", "people": 96, "capacity": 150, **_NOW}],
}
LIVE_OCCUPANCY = [_answer({"as_of": "2026-11-02T16:42:07+00:00", "results": [OCCUPANCY_NOW]})]
LIVE_QUEUES = [
    _answer(
        {
            "as_of": "2026-11-02T16:42:07+00:00",
            "results": [
                {
                    "store": "S001",
                    "zone": "S001/checkout_1",
                    "name": "Checkout 1",
                    "people_waiting": 12,
                    "average_wait_ms": 95000,
                    "longest_wait_ms": 180000,
                    "threshold": 10,
                    "status": "exceeded",
                    **_NOW,
                }
            ],
        }
    )
]
EXPORT_ORDER = OpenApiExample(
    "a week by quarters",
    {"report": "footfall", "format": "csv", "start": "2026-11-02", "end": "2026-11-09", "granularity": "15m"},
    request_only=True,
)
_AT = "https://xovis.example.com/api/v1/exports/0d0f1c2e-7a5b-4e0c-9a4d-2b1f6c7d8e90"
_EXPORT = {
    "id": "0d0f1c2e-7a5b-4e0c-9a4d-2b1f6c7d8e90",
    "url": _AT,
    "report": "footfall",
    "format": "csv",
    "asked": {"report": "footfall", **_ASKED, **_OF_REPORTS, "end": "2026-11-09", "granularity": "15m"},
    "state": "done",
    "progress": 1.0,
    "rows": 6720,
    "size_bytes": 541233,
    "error": None,
    "created_at": "2026-11-09T06:00:00+00:00",
    "started_at": "2026-11-09T06:00:01+00:00",
    "finished_at": "2026-11-09T06:00:04+00:00",
    "expires_at": "2026-11-16T06:00:04+00:00",
    "file": f"{_AT}/file",
}
_ORDERED = dict.fromkeys(("rows", "size_bytes", "started_at", "finished_at", "expires_at", "file"))
EXPORT = [_answer(_EXPORT)]
EXPORT_PAGE = [_answer({"next": None, "previous": None, "results": [_EXPORT]})]
EXPORT_ORDERED = [EXPORT_ORDER, _answer({**_EXPORT, **_ORDERED, "state": "waiting", "progress": 0.0}, status="202")]
EXPORT_FILE = report(Measure.FOOTFALL)
