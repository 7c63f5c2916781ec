"""Sensors and zones, as discovery finds them."""

from __future__ import annotations

from datetime import UTC, datetime

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from sites_app.admin.scope import ScopedAdmin
from sites_app.models import Sensor, Zone


@admin.register(Sensor)
class SensorAdmin(ScopedAdmin):
    store_lookup = "controller__store__in"

    list_display = ["sensor_id", "name", "controller", "type", "status", "clock", "firmware", "last_seen_at"]
    list_filter = ["status"]
    search_fields = ["sensor_id", "name", "controller__store__code"]
    list_select_related = ["controller__store"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Sensor | None = None) -> bool:
        return False


@admin.register(Zone)
class ZoneAdmin(ScopedAdmin):
    """Zones come from discovery; what a person sets here stays as it was set."""

    list_display = ["code", "name", "store", "controller", "kind", "capacity", "counts_by_hand"]
    list_filter = ["kind"]
    search_fields = ["code", "name", "store__code", "store__name"]
    list_select_related = ["store", "controller__store"]
    fields = ["code", "name", "kind", "reversed", "capacity", "counts_by_hand", "appeared_at", "retired_at", "history"]
    readonly_fields = ["code", "name", "history"]  # the controller's own: the next discovery would set it back

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @display(description=gettext_lazy("Retired and returned"))  # type: ignore[untyped-decorator]
    def history(self, zone: Zone) -> str:
        """When it was, and on whose word."""
        return (
            format_html_join(mark_safe("<br>"), "{}: {}", ((change, change.detail) for change in zone.changes.all()))
            or "–"
        )

    def save_model(self, request: HttpRequest, obj: Zone, form: forms.ModelForm[Zone], change: bool) -> None:
        obj.kind_by_hand = obj.kind_by_hand or "kind" in form.changed_data
        if "capacity" in form.changed_data:
            obj.capacity_by_hand = obj.capacity is not None
        if "retired_at" in form.changed_data:
            obj.retire(obj.retired_at)
        super().save_model(request, obj, form, change)
        if "retired_at" in form.changed_data:
            obj.note_retirement(by=request.user.get_username(), now=datetime.now(UTC))
