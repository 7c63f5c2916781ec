"""A typed request to rows: figures by store, zone, region or chain, from the coarsest rollups that answer.

Every report begins with the stores that its reader may see; filters only narrow them. Rollups are read set-based,
whatever the number of stores; averages are made of merged totals, never of averages.
"""

from reports.queries.report import ROW_LIMIT, Report, ReportColumn, TooManyRows, figures_of
from reports.queries.running import order_names, run
from reports.queries.showing import named

__all__ = ["ROW_LIMIT", "Report", "ReportColumn", "TooManyRows", "figures_of", "named", "order_names", "run"]
