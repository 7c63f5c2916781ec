"""Alerts and their rules. What is open can be acknowledged; it resolves by itself."""

from __future__ import annotations

from datetime import UTC, datetime

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.decorators import display

from alerts import lifecycle
from alerts.models import Alert, AlertRule, Suspicion
from sites_app.admin import ReadOnlyAdmin, ScopedAdmin

_STATES = {"open": "danger", "acknowledged": "warning", "resolved": "success"}


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin, ScopedAdmin):
    list_display = ["store", "kind", "message", "how", "opened_at", "acknowledged_by", "resolved_at"]
    list_filter = ["kind", ("resolved_at", admin.EmptyFieldListFilter), ("acknowledged_at", admin.EmptyFieldListFilter)]
    search_fields = ["store__code", "store__name", "subject", "message", "note"]
    list_select_related = ["store"]
    date_hierarchy = "opened_at"
    actions = ["acknowledge"]

    @display(description=gettext_lazy("State"), label=_STATES)  # type: ignore[untyped-decorator]
    def how(self, alert: Alert) -> tuple[str, str]:
        """The state, as a badge."""
        if alert.resolved_at:
            return "resolved", _("resolved")
        return ("acknowledged", _("acknowledged")) if alert.acknowledged_at else ("open", _("open"))

    def has_acknowledge_permission(self, request: HttpRequest) -> bool:
        """Who may change alerts, though not in a form."""
        return request.user.has_perm("alerts.change_alert")

    @admin.action(description=gettext_lazy("Acknowledge: somebody sees to it"), permissions=["acknowledge"])
    def acknowledge(self, request: HttpRequest, alerts: QuerySet[Alert]) -> None:
        """Take note of the chosen alerts in the person's name."""
        now, by = datetime.now(UTC), request.user.get_username()
        done = sum(lifecycle.acknowledge(alert, by=by, now=now) for alert in alerts)
        left = len(alerts) - done
        said = _("Acknowledged: %(count)d.") % {"count": done}
        said += " " + _("Acknowledged or resolved before: %(count)d.") % {"count": left} if left else ""
        self.message_user(request, said, messages.WARNING if left else messages.SUCCESS)


@admin.register(AlertRule)
class AlertRuleAdmin(ModelAdmin):  # type: ignore[misc]  # Unfold comes without types
    """When something becomes an alert. What a rule leaves empty is as in the next wider scope."""

    list_display = ["kind", "region", "store", "enabled", "threshold", "open_after_minutes", "resolve_after_minutes"]
    list_filter = ["kind"]
    search_fields = ["store__code", "store__name", "region__code", "region__name"]
    list_select_related = ["region", "store"]
    autocomplete_fields = ["region", "store"]


@admin.register(Suspicion)
class SuspicionAdmin(ReadOnlyAdmin, ScopedAdmin):
    """What will be an alert if it stays so."""

    list_display = ["store", "kind", "subject", "since"]
    list_filter = ["kind"]
    search_fields = ["store__code", "store__name", "subject"]
    list_select_related = ["store"]
