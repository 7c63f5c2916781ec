"""What processes have used, as Linux tells it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Used:
    """Seconds of the processor, and megabytes of memory that no other process shares."""

    cpu_s: float = 0.0
    memory_mb: float = 0.0

    def __add__(self, other: Used) -> Used:
        return Used(self.cpu_s + other.cpu_s, self.memory_mb + other.memory_mb)

    def __sub__(self, other: Used) -> Used:
        return Used(self.cpu_s - other.cpu_s, self.memory_mb - other.memory_mb)


def used_by(pids: Iterable[int]) -> Used:
    """What these processes have used up to now; those that are gone, nothing."""
    total = Used()
    for pid in pids:
        try:
            total += Used(_cpu_s(pid), _private_mb(pid))
        except OSError:
            continue
    return total


def _cpu_s(pid: int) -> float:
    """Its own, and that of its children that have ended."""
    fields = (PROC / str(pid) / "stat").read_text().rsplit(")", 1)[1].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def _private_mb(pid: int) -> float:
    lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1024
