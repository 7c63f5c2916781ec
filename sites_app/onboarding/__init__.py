"""Onboarding: stores with their controllers from a CSV, all or nothing, with an error per cell.

``read`` understands the file (pure); ``compare`` sees what of it would change; ``apply`` writes that and nothing else.
"""

from sites_app.onboarding.applying import apply
from sites_app.onboarding.cells import CellError
from sites_app.onboarding.changes import ControllerChange, Plan, StoreChange, compare, told
from sites_app.onboarding.permitted import beyond
from sites_app.onboarding.table import COLUMNS, ControllerRow, StoreRow, Table, read

__all__ = [
    "COLUMNS",
    "CellError",
    "ControllerChange",
    "ControllerRow",
    "Plan",
    "StoreChange",
    "StoreRow",
    "Table",
    "apply",
    "beyond",
    "compare",
    "read",
    "told",
]
