"""Rollups: whole buckets recomputed from the facts, many stores in one statement.

Quarters come from the facts; hours come from quarters, days from hours, months from days, and the sums of regions from
those of their stores. What is to be recomputed stands in the dirty table, left there by whoever wrote facts; it's taken
and worked off in one transaction, so that nothing is lost with the worker.
"""

from reports.rollups.draining import drain, recompute
from reports.rollups.pacing import work_off

__all__ = ["drain", "recompute", "work_off"]
