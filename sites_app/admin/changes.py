"""Who changed what, to be looked at and nothing else."""

from __future__ import annotations

from typing import Any

from auditlog.admin import LogEntryAdmin as AuditLogEntryAdmin
from auditlog.models import LogEntry
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.decorators import display

from sites_app.access import Principal, principal_of_user
from sites_app.models import Controller, OpeningHours, Region, SpecialHours, Store, Zone

admin.site.unregister(LogEntry)

_ACTIONS = {"create": "success", "delete": "danger", "login failed": "warning", "wrong code": "warning"}


@admin.register(LogEntry)
class LogEntryAdmin(AuditLogEntryAdmin, ModelAdmin):  # type: ignore[misc]  # both come without types
    """The audit log. Nobody adds to it by hand, changes it or takes from it."""

    list_display = ["timestamp", "who", "how", "resource_url", "said", "remote_addr"]
    list_filter = ["action", "content_type"]
    readonly_fields = ["created", "resource_url", "how", "who", "remote_addr", "msg"]
    fieldsets = [(None, {"fields": ["created", "who", "remote_addr", "resource_url", "how", "msg"]})]

    @display(description=gettext_lazy("By"))  # type: ignore[untyped-decorator]
    def who(self, entry: LogEntry) -> str:
        """The person or the program; else the platform itself, by a command or a task."""
        program = (entry.additional_data or {}).get("key")
        return str(entry.actor) if entry.actor else str(program or gettext_lazy("a command"))

    @display(description=gettext_lazy("Change"), label=_ACTIONS)  # type: ignore[untyped-decorator]
    def how(self, entry: LogEntry) -> str:
        """What was done, as a badge."""
        return str((entry.additional_data or {}).get("event") or entry.get_action_display())

    @display(description=gettext_lazy("What"))  # type: ignore[untyped-decorator]
    def said(self, entry: LogEntry) -> str:
        """The fields that changed, or what is to be said of what happened."""
        return str((entry.additional_data or {}).get("detail") or (self.msg_short(entry) if entry.changes else ""))

    def get_queryset(self, request: HttpRequest) -> QuerySet[LogEntry]:
        """Of those who don't see all stores: what was changed of theirs."""
        queryset: QuerySet[LogEntry] = super().get_queryset(request)
        principal = principal_of_user(request.user)
        return queryset if principal.sees_all else queryset.filter(_of_theirs(principal))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: LogEntry | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: LogEntry | None = None) -> bool:
        return False


def _of_theirs(principal: Principal) -> Q:
    """Entries on the places and the equipment that somebody sees; what belongs to no store isn't among them."""
    stores = Store.objects.visible_to(principal)
    rows: list[tuple[type[Model], QuerySet[Any]]] = [
        (Region, Region.objects.visible_to(principal)),
        (Store, stores),
        (Controller, Controller.objects.visible_to(principal)),
        (Zone, Zone.objects.visible_to(principal)),
        (OpeningHours, OpeningHours.objects.filter(store__in=stores)),
        (SpecialHours, SpecialHours.objects.filter(store__in=stores)),
    ]
    theirs = Q(pk__in=[])
    for model, visible in rows:
        keys = visible.annotate(key=Cast("pk", TextField())).values("key")
        theirs |= Q(content_type=ContentType.objects.get_for_model(model), object_pk__in=keys)
    return theirs
