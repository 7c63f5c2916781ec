"""What a person does with controllers of a list: discover, poll now, fetch a window again, give a new webhook key."""

from __future__ import annotations

import secrets
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.widgets import UnfoldAdminTextInputWidget

from ingest import asking, asking_now, backfilling, replaying
from ingest.models import Stream
from ingest.sentences import spoken
from sites_app.models import Controller

MOST_AT_ONCE = 200
"""How many controllers are asked while a person waits."""
_NAMED = 10

if TYPE_CHECKING:
    from sites_app.admin import ControllerAdmin as _Admin
else:
    _Admin = object


class WindowForm(forms.Form):
    """The days to fetch again, each store's own."""

    first = forms.DateField(label=gettext_lazy("First day"), widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}))
    last = forms.DateField(label=gettext_lazy("Last day"), widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}))

    def clean_first(self) -> date:
        """Not before what is kept."""
        first: date = self.cleaned_data["first"]
        oldest = datetime.now(UTC).date() - timedelta(days=settings.INTERVAL_RETENTION_DAYS)
        if first < oldest:
            raise forms.ValidationError(_("Figures are kept since %(day)s: begin there.") % {"day": oldest.isoformat()})
        return first

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and last < first:
            self.add_error("last", _("It lies before the first day."))
        if first and first > datetime.now(UTC).date() + timedelta(days=1):
            self.add_error("first", _("It lies in the future."))
        return cleaned


class ActingAdmin(_Admin):
    """Actions on controllers that were chosen in the list."""

    actions = ["discover", "poll_now", "backfill", "new_webhook_keys"]

    @admin.action(description=gettext_lazy("Discover: ask for sensors and zones"), permissions=["change"])
    def discover(self, request: HttpRequest, queryset: QuerySet[Controller]) -> None:
        """Ask for sensors and zones."""
        self._ask(request, queryset, [Stream.Kind.DISCOVERY])
        replaying.replay_found(now=datetime.now(UTC))

    @admin.action(description=gettext_lazy("Poll now: ask for all that is new"), permissions=["change"])
    def poll_now(self, request: HttpRequest, queryset: QuerySet[Controller]) -> None:
        """Ask for all that is new."""
        self._ask(request, queryset.filter(enabled=True), None)

    @admin.action(description=gettext_lazy("Backfill: fetch days again …"), permissions=["change"])
    def backfill(self, request: HttpRequest, queryset: QuerySet[Controller]) -> HttpResponse | None:
        """Ask for the days, then leave the fetching to the workers."""
        form = WindowForm(request.POST if "first" in request.POST else None)
        if form.is_valid():
            return self._begin(request, list(queryset.select_related("store")), **form.cleaned_data)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Fetch days again"),
            "opts": self.model._meta,
            "form": form,
            "controllers": queryset.select_related("store"),
            "checkbox": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/ingest/backfill.html", context)

    @admin.action(description=gettext_lazy("New webhook keys, shown once"), permissions=["change"])
    def new_webhook_keys(self, request: HttpRequest, queryset: QuerySet[Controller]) -> None:
        """Give each another webhook key; the one before is accepted for another day."""
        for controller in queryset.select_related("store"):
            plain = secrets.token_urlsafe(32)
            controller.change_webhook_key(plain)
            controller.save(update_fields=["webhook_key", "previous_webhook_key", "previous_webhook_key_until"])
            said = _("%(controller)s: its webhook key, shown only this once: %(key)s – for %(url)s")
            shown = {"controller": controller, "key": plain, "url": controller.webhook_url}
            messages.success(request, said % shown)

    def _ask(self, request: HttpRequest, queryset: QuerySet[Controller], kinds: list[str] | None) -> None:
        """Ask side by side, and say who answered and what was wrong with the others."""
        controllers = list(queryset[: MOST_AT_ONCE + 1])
        if len(controllers) > MOST_AT_ONCE:
            messages.error(request, _("Choose at most %(most)d at once.") % {"most": MOST_AT_ONCE})
            return
        results: list[dict[str, Any]] = []
        for kind in Controller.Kind:
            of_kind = [controller for controller in controllers if controller.kind == kind]
            results += asking_now.ask(of_kind, kinds or asking.streams_of(kind))
        if not results:
            messages.warning(request, _("None of them is switched on: there was nobody to ask."))
        wrong = [result for result in results if result["error"]]
        if answered := len(results) - len(wrong):
            said = ngettext("%(count)d controller answered.", "%(count)d controllers answered.", answered)
            messages.success(request, said % {"count": answered})
        for result in wrong[:_NAMED]:
            messages.error(request, f"{result['store']} {result['name']}: {spoken(result['error'])}")
        if len(wrong) > _NAMED:
            messages.error(request, _("… and %(count)d others.") % {"count": len(wrong) - _NAMED})

    def _begin(self, request: HttpRequest, controllers: list[Controller], first: date, last: date) -> HttpResponse:
        now, jobs = datetime.now(UTC), 0
        for zone in {controller.store.zone_info for controller in controllers}:
            start = datetime.combine(first, time(), zone).astimezone(UTC)
            end = datetime.combine(last + timedelta(days=1), time(), zone).astimezone(UTC)
            of_zone = [controller for controller in controllers if controller.store.zone_info == zone]
            backfilling.plan(of_zone, start=start, end=min(end, now), now=now, created_by=request.user.get_username())
            jobs += 1
        said = ngettext("A backfill has begun; its progress is below.", "%(count)d backfills have begun.", jobs)
        messages.success(request, said % {"count": jobs})
        return HttpResponseRedirect(reverse("admin:ingest_backfill_changelist"))
