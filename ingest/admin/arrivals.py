"""What came in: streams with their cursors, backfills, quarantine.

Events and facts have composite keys, which the admin can't show; they are read by the API.
"""

from __future__ import annotations

from datetime import UTC, datetime

from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ingest import replaying
from ingest.models import Backfill, BackfillStep, HealedGap, Quarantine, Stream
from ingest.sentences import spoken
from sites_app.admin import ReadOnlyAdmin, ScopedAdmin


@admin.register(Stream)
class StreamAdmin(ReadOnlyAdmin, ScopedAdmin):
    store_lookup = "controller__store__in"
    list_display = [
        "controller",
        "kind",
        "due_at",
        "cursor",
        "last_success_at",
        "consecutive_failures",
        "what_is_wrong",
        "stopped",
        "lacks",
    ]
    list_filter = ["kind", "stopped", "last_error_code"]
    search_fields = ["controller__name", "controller__store__code", "controller__store__name"]
    list_select_related = ["controller__store"]

    @admin.display(description=gettext_lazy("Last error"), ordering="last_error")
    def what_is_wrong(self, stream: Stream) -> str:
        """The sentence in the reader's language."""
        return spoken(stream.last_error)


@admin.register(HealedGap)
class HealedGapAdmin(ReadOnlyAdmin, ScopedAdmin):
    store_lookup = "controller__store__in"
    list_display = ["controller", "kind", "start", "end", "healed_at"]
    list_filter = ["kind"]
    search_fields = ["controller__name", "controller__store__code", "controller__store__name"]
    list_select_related = ["controller__store"]


@admin.register(Backfill)
class BackfillAdmin(ReadOnlyAdmin):
    list_display = ["start", "end", "created_at", "created_by", "progress"]
    search_fields = ["created_by"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Backfill]:
        done = Q(steps__state=BackfillStep.State.DONE)
        failed = Q(steps__state=BackfillStep.State.FAILED)
        queryset: QuerySet[Backfill] = (
            super()
            .get_queryset(request)
            .annotate(total=Count("steps"), done=Count("steps", filter=done), failed=Count("steps", filter=failed))
        )
        return queryset

    @admin.display(description=gettext_lazy("Progress"))
    def progress(self, backfill: Backfill) -> str:
        """Steps done of all, and those that failed."""
        counts = {name: getattr(backfill, name) for name in ("done", "total", "failed")}
        said = (
            _("%(done)d of %(total)d steps, %(failed)d failed")
            if counts["failed"]
            else _("%(done)d of %(total)d steps")
        )
        return said % counts


@admin.register(Quarantine)
class QuarantineAdmin(ReadOnlyAdmin, ScopedAdmin):
    list_display = ["received_at", "controller", "source", "stream", "what", "why", "pointer", "replayed_at"]
    list_filter = ["source", "stream", "what", ("replayed_at", admin.EmptyFieldListFilter)]
    search_fields = ["reason", "controller__name", "controller__store__code"]
    list_select_related = ["controller__store"]
    exclude = ["reason", "body"]
    readonly_fields = ["why", "body_text"]
    actions = ["replay"]

    @admin.display(description=gettext_lazy("Reason"), ordering="reason")
    def why(self, fault: Quarantine) -> str:
        """The sentence in the reader's language."""
        return spoken(fault.reason)

    @admin.display(description=gettext_lazy("Body"))
    def body_text(self, fault: Quarantine) -> str:
        """The body as text, as far as it is any."""
        return bytes(fault.body).decode(errors="replace")

    def has_replay_permission(self, request: HttpRequest) -> bool:
        """Who may change figures."""
        return request.user.has_perm("ingest.change_quarantine")

    @admin.action(description=gettext_lazy("Replay: understand it anew"), permissions=["replay"])
    def replay(self, request: HttpRequest, faults: QuerySet[Quarantine]) -> None:
        """Replay the chosen faults, and say what came of it."""
        tally = replaying.replay(faults, now=datetime.now(UTC))
        level = messages.WARNING if tally.still else messages.SUCCESS
        said = _("Replayed %(replayed)d faults; %(still)d still can't be used.")
        self.message_user(request, said % {"replayed": tally.replayed, "still": tally.still}, level)
