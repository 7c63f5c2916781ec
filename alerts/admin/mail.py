"""How people want to hear of alerts, and the letters that they got."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display

from alerts import mail
from alerts.models import Alert, Mail, MailPreference, Notice
from sites_app.admin import ReadOnlyAdmin

_STATES = {Mail.State.WAITING: "info", Mail.State.SENT: "success", Mail.State.FAILED: "danger"}


@admin.register(MailPreference)
class MailPreferenceAdmin(ModelAdmin):  # type: ignore[misc]  # Unfold comes without types
    list_display = ["user", "mode", "daily_at", "timezone", "when_resolved", "language"]
    list_filter = ["mode"]
    search_fields = ["user__username", "user__email"]
    list_select_related = ["user"]
    autocomplete_fields = ["user"]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "kinds":
            return forms.MultipleChoiceField(
                label=capfirst(db_field.verbose_name),
                choices=Alert.Kind.choices,
                widget=forms.CheckboxSelectMultiple,
                required=False,
                help_text=db_field.help_text,
            )
        return super().formfield_for_dbfield(db_field, request, **kwargs)


class NoticeInline(TabularInline):  # type: ignore[misc]
    """What a letter told."""

    model = Notice
    extra = 0
    fields = readonly_fields = ["alert", "event", "due_at"]
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        return False


@admin.register(Mail)
class MailAdmin(ReadOnlyAdmin):
    list_display = ["address", "created_at", "shown_state", "attempts", "sent_at", "error"]
    list_filter = ["state"]
    search_fields = ["address", "subject", "text"]
    date_hierarchy = "created_at"
    inlines = [NoticeInline]
    actions = ["send_again"]

    @display(description=gettext_lazy("State"), label=_STATES)  # type: ignore[untyped-decorator]
    def shown_state(self, letter: Mail) -> tuple[str, str]:
        """The state, as a badge."""
        return letter.state, letter.get_state_display()

    def has_send_again_permission(self, request: HttpRequest) -> bool:
        """Who may change letters, though not in a form."""
        return request.user.has_perm("alerts.change_mail")

    @admin.action(description=gettext_lazy("Try again: letters that failed"), permissions=["send_again"])
    def send_again(self, request: HttpRequest, letters: QuerySet[Mail]) -> None:
        """Send what was given up."""
        again = mail.send_again(letters, now=datetime.now(UTC))
        said = _("To be sent again: %(count)d.") % {"count": again}
        self.message_user(request, said, messages.SUCCESS if again else messages.WARNING)
