"""Figures into shapes: pure.

What ECharts draws is told as plain options. Colours are the page's tokens, ``var(--fill)``, and formatters go by name, so that
the browser draws both in the reader's scheme and language (``static/portal/charts.js``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

WIDTH, HEIGHT, MARGIN = 120, 32, 2


def spark_path(values: Sequence[int | None], *, highest: int) -> str:
    """An SVG path over a day: each value has its place, and where one isn't known there is a gap, never a bridge."""
    step = (WIDTH - 2 * MARGIN) / max(1, len(values) - 1)
    drawn = HEIGHT - 2 * MARGIN

    def point(number: int, value: int) -> str:
        return f"{MARGIN + number * step:.1f} {HEIGHT - MARGIN - value / max(1, highest) * drawn:.1f}"

    # A value alone between gaps is a dot: a line of no length with round ends.
    return " ".join(
        "M" + " L".join(point(*item) for item in stretch) + ("h0" if len(stretch) == 1 else "")
        for stretch in _stretches(values)
    )


def _stretches(values: Sequence[int | None]) -> Iterator[list[tuple[int, int]]]:
    numbered = list(enumerate(values))
    for known, group in groupby(numbered, key=lambda item: item[1] is not None):
        if known:
            yield [(number, value) for number, value in group if value is not None]


def bar_share(value: float | None, capacity: int | None) -> int:
    """How much of a bar is filled, in whole per cent, never over 100."""
    return 0 if not value or not capacity else min(100, round(100 * value / capacity))


Known = float | int | None
Options = dict[str, Any]
_TOKENS = ("fill", "series-2", "series-3", "series-4", "series-5", "series-6")
HEAT_LEVELS = 5


@dataclass(frozen=True, slots=True)
class Line:
    """A curve: a value for each label, None where nothing is known. A ``faint`` one is what others are held against."""

    name: str
    values: Sequence[Known]
    faint: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart with all that is needed by those who don't see it: a title, and its figures as a table."""

    title: str
    options: Options
    head: Sequence[str] = ()
    rows: Sequence[Sequence[Any]] = ()
    gaps: Sequence[tuple[str, str]] = field(default=())

    @property
    def json(self) -> str:
        """Its options, for an attribute of the page."""
        return json.dumps(self.options, separators=(",", ":"), ensure_ascii=False)


def curves(
    labels: Sequence[str],
    lines: Sequence[Line],
    *,
    unit: str,
    limit: tuple[str, float] | None = None,
    by_day: bool = False,
) -> Options:
    """Curves over the same labels; a gap is never bridged. ``unit`` is a formatter's name, ``limit`` a named level.

    ``by_day``: the labels are hours of many days, of which the axis names the midnights alone, by their day.
    """
    series = [_series(line, number) for number, line in enumerate(lines)]
    if limit and series:
        series[0]["markLine"] = _limit_line(*limit)
    return {
        "animation": False,
        "grid": {"left": 8, "right": 16, "top": 34, "bottom": 4, "containLabel": True},
        "legend": {"top": 0, "left": 0, "textStyle": {"color": "var(--text)"}, "itemWidth": 12, "itemHeight": 12, "icon": "roundRect", "type": "scroll"},
        "tooltip": {"trigger": "axis", "renderMode": "richText", "confine": True, "valueFormatter": unit, **_PAPER},
        "xAxis": {"type": "category", "data": list(labels), "boundaryGap": False, **_AXIS, "axisLabel": _LABEL | (_MIDNIGHTS if by_day else {})},
        "yAxis": {"type": "value", "min": 0, "max": _top(lines, limit), "axisLabel": {"color": "var(--muted)", "formatter": unit}, **_GRID},
        "series": series,
    }  # fmt: skip


_PAPER = {"backgroundColor": "var(--card)", "borderColor": "var(--line)", "textStyle": {"color": "var(--text)"}}
# The outermost labels stand inside: centred on the ends of the axis they would be cut at the picture's edges.
_LABEL = {"color": "var(--muted)", "hideOverlap": True, "alignMinLabel": "left", "alignMaxLabel": "right"}
_MIDNIGHTS = {"interval": 0, "formatter": "midnight"}
_AXIS = {
    "axisLine": {"lineStyle": {"color": "var(--line)"}},
    "axisTick": {"show": False},
}
_GRID = {"splitLine": {"lineStyle": {"color": "var(--line)"}}}


def _series(line: Line, number: int) -> Options:
    colour = "var(--muted)" if line.faint else f"var(--{_TOKENS[number % len(_TOKENS)]})"
    return {
        "type": "line",
        "name": line.name,
        "data": list(_with_dots(line.values)),
        "connectNulls": False,
        "symbol": "none",
        "showSymbol": True,
        "color": colour,
        "lineStyle": {"width": 1.5 if line.faint else 2.5, "type": "dotted" if line.faint else "solid"},
    }


def _with_dots(values: Sequence[Known]) -> Iterator[Any]:
    """A value alone between gaps has no line to stand on: it's a dot."""
    for number, value in enumerate(values):
        beside = [*values[max(0, number - 1) : number], *values[number + 1 : number + 2]]
        alone = value is not None and all(other is None for other in beside)
        yield {"value": value, "symbol": "circle", "symbolSize": 5} if alone else value


def _limit_line(name: str, value: float) -> Options:
    return {
        "silent": True,
        "symbol": "none",
        "data": [{"yAxis": value, "name": name}],
        "label": {"formatter": "{b}", "position": "insideEndTop", "color": "var(--bad)"},
        "lineStyle": {"color": "var(--fill-bad)", "type": "dashed"},
    }


def _top(lines: Sequence[Line], limit: tuple[str, float] | None) -> float | None:
    """The axis' end, where the limit would else lie beyond it."""
    highest = max((value for line in lines for value in line.values if value is not None), default=0)
    return limit[1] * 1.1 if limit and limit[1] >= highest else None


def gaps(labels: Sequence[str], values: Sequence[Known], *, end: str) -> list[tuple[str, str]]:
    """Stretches where nothing is known, between the first and the last label that the values reach to."""
    edges = [*labels, end]
    found = []
    for known, group in groupby(enumerate(values), key=lambda item: item[1] is not None):
        numbers = [number for number, _ in group]
        if not known:
            found.append((edges[numbers[0]], edges[numbers[-1] + 1]))
    return found


def sankey(flows: Sequence[tuple[str, str, int]]) -> Options:
    """How many went from where to where. What they left stands on the left and where they went on the right, so that
    going back and forth between two places is two bands and no circle.
    """
    sources = list(dict.fromkeys(source for source, _, _ in flows))
    targets = list(dict.fromkeys(target for _, target, _ in flows))
    nodes = [_node(f"from {name}", name, "right", number) for number, name in enumerate(sources)]
    nodes += [_node(f"to {name}", name, "left", number) for number, name in enumerate(targets)]
    return {
        "animation": False,
        "tooltip": {"show": False},
        "series": [
            {
                "type": "sankey",
                "left": 4,
                "right": 4,
                "top": 8,
                "bottom": 8,
                "nodeGap": 10,
                "nodeWidth": 12,
                "draggable": False,
                "emphasis": {"focus": "adjacency"},
                "data": nodes,
                "links": [
                    {"source": f"from {source}", "target": f"to {target}", "value": count}
                    for source, target, count in flows
                ],
                "lineStyle": {"color": "source", "opacity": 0.35},
            }
        ],
    }


def _node(name: str, shown: str, side: str, number: int) -> Options:
    halo = {"textBorderColor": "var(--card)", "textBorderWidth": 3}
    label = {"position": side, "color": "var(--text)", **halo, "formatter": shown.replace("{", "(").replace("}", ")")}
    return {"name": name, "itemStyle": {"color": f"var(--{_TOKENS[number % len(_TOKENS)]})"}, "label": label}


def heat_level(value: Known, highest: float) -> str:
    """The class of a cell of a heat map: ``none`` where nothing is known, ``h0`` for nothing, to ``h5``."""
    if value is None:
        return "none"
    return f"h{min(HEAT_LEVELS, -(-round(HEAT_LEVELS * 1000 * value / highest) // 1000)) if highest else 0}"
