"""How long jobs take, one beside the other."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median, quantiles
from time import perf_counter
from typing import Any

_TIMES = 15


def alternately(*jobs: Callable[[], Any]) -> list[list[float]]:
    """How many milliseconds each takes, one after the other time and again, so that what disturbs one disturbs all."""
    for job in jobs:
        job()
    taken: list[list[float]] = [[] for _ in jobs]
    for _ in range(_TIMES):
        for of_job, job in zip(taken, jobs, strict=True):
            began = perf_counter()
            job()
            of_job.append((perf_counter() - began) * 1_000)
    return taken


def ratio(ours: list[float], theirs: list[float]) -> float:
    return median(ours) / median(theirs)


def p95(taken: list[float]) -> float:
    return quantiles(taken, n=20, method="inclusive")[-1]
