"""Who changed what, to be looked at and nothing else."""

from __future__ import annotations

from auditlog.admin import LogEntryAdmin as AuditLogEntryAdmin
from auditlog.models import LogEntry
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.decorators import display

admin.site.unregister(LogEntry)

_ACTIONS = {"create": "success", "update": "info", "delete": "danger", "access": "info"}


@admin.register(LogEntry)
class LogEntryAdmin(AuditLogEntryAdmin, ModelAdmin):  # type: ignore[misc]  # both come without types
    """The audit log. Nobody adds to it by hand, changes it or takes from it."""

    list_display = ["timestamp", "who", "how", "resource_url", "msg_short"]
    list_filter = ["action", "content_type"]
    readonly_fields = ["created", "resource_url", "action", "who", "msg"]
    fieldsets = [(None, {"fields": ["created", "who", "resource_url", "action", "msg"]})]

    @display(description=gettext_lazy("By"))  # type: ignore[untyped-decorator]
    def who(self, entry: LogEntry) -> str:
        """The person or the program; else the platform itself, by a command or a task."""
        program = (entry.additional_data or {}).get("key")
        return str(entry.actor) if entry.actor else str(program or gettext_lazy("a command"))

    @display(description=gettext_lazy("Change"), label=_ACTIONS)  # type: ignore[untyped-decorator]
    def how(self, entry: LogEntry) -> str:
        """What was done, as a badge."""
        return str(entry.get_action_display())

    def has_delete_permission(self, request: HttpRequest, obj: LogEntry | None = None) -> bool:
        return False
