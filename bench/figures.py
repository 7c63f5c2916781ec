"""What a benchmark measures, and the table that says how far it's from its limit."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing that was measured, and the least of it that will do; the most of it where less is better."""

    what: str
    measured: float
    limit: float
    unit: str
    less_is_better: bool = False

    @property
    def ratio(self) -> float:
        """How many times as good as the limit; under 1 it was missed."""
        good, bad = (self.limit, self.measured) if self.less_is_better else (self.measured, self.limit)
        return good / bad if bad else float("inf")

    @property
    def row(self) -> str:
        bound = "≤" if self.less_is_better else "≥"
        limit = f"{bound} {number(self.limit)} {self.unit}"
        return _row(self.what, f"{number(self.measured)} {self.unit}", limit, f"{number(self.ratio)} ×")


HEAD = "\n".join((f"{'what':<64} | {'measured':>15} | {'limit':>15} | {'ratio':>8}", "-" * 112))


def _row(what: str, measured: str, limit: str, ratio: str) -> str:
    return f"{what:<64} | {measured:>15} | {limit:>15} | {ratio:>8}"


def number(value: float) -> str:
    """With as many digits as can matter."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def machine() -> str:
    """What the figures are worth only with: cores and their present load, memory, system, Python, date."""
    memory_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    cores, load = os.cpu_count(), os.getloadavg()[0]
    python = f"{platform.python_implementation()} {platform.python_version()}"
    now = f"{datetime.now(UTC):%Y-%m-%d %H:%MZ}"
    return f"{now}, {cores} cores (load {load:.1f}), {memory_gb:.0f} GB, {platform.system()} {platform.machine()}, {python}"
