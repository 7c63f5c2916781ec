"""Reports of any size as one table, made slice by slice: never more of it in memory than one slice."""

from reports.large.health import LargeHealth
from reports.large.report import LargeReport
from reports.large.slicewise import TooLarge

__all__ = ["LargeHealth", "LargeReport", "TooLarge"]
