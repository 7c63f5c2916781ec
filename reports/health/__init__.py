"""The report on the data itself: by store and day how much of it is there, what was missing and is no longer, and what of
it can't be right.

It reads rollups, and the small tables of gaps and clocks, never the facts.
"""

from reports.health.clocks import note_clocks
from reports.health.report import ORDER_NAMES, HealthReport, run, sums
from reports.health.table import asked, file_name, table_of

__all__ = ["ORDER_NAMES", "HealthReport", "asked", "file_name", "note_clocks", "run", "sums", "table_of"]
