"""What needs attention, and who is told of it: one file an idea."""

from alerts.models.alerts import Alert, AlertQuerySet, Suspicion
from alerts.models.rules import AlertRule

__all__ = ["Alert", "AlertQuerySet", "AlertRule", "Suspicion"]
