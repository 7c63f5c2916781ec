"""The places in a store: its queues, how long people stay in its zones, and how they go from one to another."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from ingest.models import Measure
from portal import charts, writing
from portal.charts import Chart
from portal.figures import Row
from portal.panels.basis import Basis
from sites_app.models import Zone

FLOWS_DRAWN = 24


@dataclass(frozen=True, slots=True)
class Place:
    """A zone by its name, its figures, and the length of its bar in per cent."""

    name: str
    row: Row
    share: int = 0


def queues(basis: Basis) -> list[Place]:
    """The queues on the day, those first that kept their threshold least."""
    rows = basis.of_day(basis.day, Measure.QUEUES, by="zone")
    names = _names(basis)
    rows = [row for row in rows if row["average_length"] is not None]
    rows.sort(key=lambda row: (row["service_level"] is None, row["service_level"] or 0))
    return [Place(_name(row["zone"], names), row) for row in rows]


def dwell(basis: Basis) -> list[Place]:
    """How long people stay in each zone, the longest first."""
    rows = [row for row in basis.of_past(Measure.DWELL, by="zone") if row["average_dwell_ms"] is not None]
    names = _names(basis)
    rows.sort(key=lambda row: -row["average_dwell_ms"])
    longest = rows[0]["average_dwell_ms"] if rows else None
    return [Place(_name(row["zone"], names), row, charts.bar_share(row["average_dwell_ms"], longest)) for row in rows]


def paths(basis: Basis) -> Chart | None:
    """How many went from one zone to another; None where no controller of the store tells it."""
    names = _names(basis)
    flows = [
        (_name(row["from_zone"], names), _name(row["to_zone"], names), row["count"], row["share"])
        for row in basis.of_past(Measure.PATHS)
        if row["count"]
    ]
    if not flows:
        return None
    flows.sort(key=lambda flow: -flow[2])
    return Chart(
        _("Paths through the store"),
        charts.sankey([flow[:3] for flow in flows[:FLOWS_DRAWN]]),
        [_("From – to"), _("People"), _("Share")],
        [
            (f"{source} – {target}", writing.whole(count), writing.figure(share, "share"))
            for source, target, count, share in flows
        ],
    )


def _name(code: str | None, names: dict[str, str]) -> str:
    return _("Outside") if code is None else names.get(code, code)


def _names(basis: Basis) -> dict[str, str]:
    """What people call the zones, by what reports call them."""
    zones = Zone.objects.filter(store=basis.store).values_list("code", "name")
    return {f"{basis.store.code}/{code}": name or code for code, name in zones}
