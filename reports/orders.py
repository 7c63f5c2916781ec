"""What can be ordered as a file: a report, or the one on the data itself; as it's kept, told, named and made."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from ingest.models import Measure
from reports import health, tables
from reports.formats import Format
from reports.large import LargeHealth, LargeReport
from reports.request import HealthRequest, ReportRequest
from sites_app.access import Principal

HEALTH = "health"
AnyRequest = ReportRequest | HealthRequest


def name_of(request: AnyRequest) -> str:
    """Which report it is."""
    return HEALTH if isinstance(request, HealthRequest) else request.measure.value


def large(request: AnyRequest, principal: Principal, now: datetime) -> LargeReport | LargeHealth:
    """The report, of any size. Raises ``TooLarge`` or ``Uncuttable``."""
    if isinstance(request, HealthRequest):
        return LargeHealth(request, principal, now)
    return LargeReport(request, principal, now)


def asked(request: AnyRequest) -> dict[str, Any]:
    """A request, in full, by the names that it's asked for with."""
    return health.asked(request) if isinstance(request, HealthRequest) else tables.asked(request)


def file_name(request: AnyRequest, format: Format) -> str:
    """What the file is called."""
    if isinstance(request, HealthRequest):
        return health.file_name(request, format)
    return tables.file_name(request, format)


def to_json(request: AnyRequest) -> dict[str, Any]:
    """The request as it's kept."""
    edges = {"start": request.start.isoformat(), "end": request.end.isoformat()}
    measure = {} if isinstance(request, HealthRequest) else {"measure": request.measure.value}
    return {**asdict(request), **edges, **measure}


def from_json(kept: dict[str, Any]) -> AnyRequest:
    """The request that was kept."""
    lists = {name: tuple(value) for name, value in kept.items() if isinstance(value, list)}
    fields = {**kept, **lists, **{name: _edge(kept[name]) for name in ("start", "end")}}
    if "measure" not in fields:
        return HealthRequest(**fields)
    return ReportRequest(**{**fields, "measure": Measure(fields["measure"])})


def _edge(text: str) -> date | datetime:
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
