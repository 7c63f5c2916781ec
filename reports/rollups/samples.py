"""Samples of zones, from the database as columns of numbers, and what was worked out of them on the way back.

A day of a chain is millions of samples. They are read zone by zone in the order of their primary key, a row a zone, and
worked out as columns (`steps`), several times quicker than window functions and grouping in the database.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from reports.models import WHOLE_STORE
from reports.rollups import steps, wire
from reports.rollups.stores import Run, ZoneBasis
from reports.rollups.wire import Numbers, numbers

_STATEMENT = (Path(__file__).parent.parent / "sql" / "samples.sql").read_text()
UNKNOWN = -1
"""A value that is null."""
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


@dataclass(frozen=True, slots=True)
class Source:
    """A table of samples, and pairs of its columns: whole numbers from 0 on, of fewer than 32 bits, or null.

    A pair is sent as one number: to make the arrays and to send them is most of what reading takes.
    """

    table: str
    pairs: tuple[tuple[str, str], ...]

    @property
    def statement(self) -> str:
        """What reads it, given the lines."""
        arrays = (f"array_agg({_known(one)} << 32 | ({_known(other)} & 4294967295))" for one, other in self.pairs)
        return _STATEMENT.format(table=self.table, arrays=", ".join(arrays))

    def unpacked(self, packed: Iterable[Numbers]) -> Iterator[tuple[str, Numbers]]:
        """The columns by their names, from the numbers that they were sent as."""
        for (one, other), both in zip(self.pairs, packed, strict=True):
            yield one, both >> 32
            yield other, both << 32 >> 32


def _known(column: str) -> str:
    return f"coalesce({column}, {UNKNOWN})::bigint"


class Line(NamedTuple):
    """A zone over a stretch of quarters, by the stretch's number."""

    number: int
    run: Run
    zone: ZoneBasis


def lines_of(stretches: Sequence[Run], zones: Iterable[ZoneBasis]) -> list[Line]:
    """The zones of the stretches' stores, in order of these."""
    of_store: dict[int, list[ZoneBasis]] = defaultdict(list)
    for zone in zones:
        of_store[zone.store_id].append(zone)
    return [Line(number, run, zone) for number, run in enumerate(stretches) for zone in of_store[run.store_id]]


def basis(lines: Sequence[Line]) -> steps.Lines:
    """When these lines are asked for, and how long a sample of each holds."""
    return steps.Lines(
        numbers(line.run.start * steps.QUARTER_US for line in lines),
        numbers(line.run.end * steps.QUARTER_US for line in lines),
        numbers(_us(line.zone.hold) for line in lines),
    )


def read(connection: Any, source: Source, lines: Sequence[Line], of_lines: steps.Lines) -> steps.Samples:
    """All samples that bear on these lines."""
    found = sorted(_arrays(connection, source, lines, of_lines), key=itemgetter(0)) if lines else []
    number = np.repeat(numbers(row[0] for row in found), numbers(len(row[1]) for row in found))
    at, *packed = (
        np.concatenate([numbers(()), *(row[column] for row in found)]) for column in range(1, 2 + len(source.pairs))
    )
    return steps.Samples(number, at, dict(source.unpacked(packed)))


def _arrays(connection: Any, source: Source, lines: Sequence[Line], of_lines: steps.Lines) -> list[Any]:
    since, until = of_lines.starts - of_lines.hold, of_lines.ends
    with wire.cursor(connection) as cursor:
        cursor.execute(
            source.statement,
            {
                "store_ids": numbers(line.zone.store_id for line in lines),
                "zone_ids": numbers(line.zone.pk for line in lines),
                "since": wire.instants(since),
                "until": wire.instants(until),
                "earliest": _EPOCH + timedelta(microseconds=int(since.min())),
                "latest": _EPOCH + timedelta(microseconds=int(until.max())),
            },
        )
        return cursor.fetchall()


def rows(
    stretches: Sequence[Run], lines: Sequence[Line], of_zones: steps.Quarters, of_stores: steps.Quarters
) -> dict[str, Any]:
    """Quarters of zones, by line, and of stores, by stretch, as parameters: their key, the stores' clocks, and all figures."""
    parts = (of_zones, of_stores)
    number = np.concatenate((numbers(line.number for line in lines)[of_zones.line], of_stores.line))
    of_no_zone = np.full(len(of_stores.line), WHOLE_STORE)
    quarter = np.concatenate([part.quarter for part in parts])
    starts = quarter * steps.QUARTER_US
    first = numbers(run.start for run in stretches)
    is_open = np.frombuffer("".join(run.bits for run in stretches).encode(), np.uint8) == ord("1")
    before = np.cumsum([0, *(len(run.bits) for run in stretches)])
    one, other = (part.figures | steps.peaks(part) for part in parts)
    figures = {name: np.concatenate((one[name], other[name])) for name in one}
    return {
        **figures,
        "store_ids": numbers(run.store_id for run in stretches)[number],
        "zone_ids": np.concatenate((numbers(line.zone.pk for line in lines)[of_zones.line], of_no_zone)),
        "starts": wire.instants(starts),
        "is_open": is_open[before[number] + quarter - first[number]],
        "locals": wire.instants(starts + numbers(run.ahead_s * 1_000_000 for run in stretches)[number]),
        "peak_at": wire.instants(figures["peak_at"]),
    }


def instant(at: datetime) -> int:
    """Microseconds since 1970."""
    return _us(at - _EPOCH)


def _us(span: timedelta) -> int:
    return span // timedelta(microseconds=1)
