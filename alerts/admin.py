"""Alerts in the admin: to be read."""

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from alerts.models import Alert


@admin.register(Alert)
class AlertAdmin(ModelAdmin):  # type: ignore[misc]  # Unfold comes without types
    list_display = ["store", "kind", "subject", "message", "opened_at", "resolved_at"]
    list_filter = ["kind"]
    search_fields = ["store__code", "store__name", "subject", "message"]
    list_select_related = ["store"]
    date_hierarchy = "opened_at"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Alert | None = None) -> bool:
        return False
