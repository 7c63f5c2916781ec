"""Schedules: a person's own reports by e-mail, made, tried and given up by themselves."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime, timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from portal import asked, weekly
from portal.asked import Choices
from portal.models import Schedule
from sites_app.access import principal_of_user
from sites_app.models import Region, Store

MOST = 20
"""So many does one person have at most."""


@never_cache
@login_required
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """A person's own."""
    principal = principal_of_user(request.user)
    zones = Store.objects.visible_to(principal).order_by("timezone").values_list("timezone", flat=True).distinct()
    mine = Schedule.objects.filter(user__pk=request.user.pk or 0).select_related("region")
    content = {
        "rows": [(one, _on_its_clock(one)) for one in mine],
        "choices": Choices.of(principal),
        "zones": list(dict.fromkeys([*zones, "UTC"])),
        "email": getattr(request.user, "email", ""),
    }
    return render(request, "schedules/page.html", content)


def _on_its_clock(schedule: Schedule) -> dict[str, datetime | None]:
    zone = zoneinfo.ZoneInfo(schedule.timezone)
    return {"due": schedule.due_at.astimezone(zone), "sent": schedule.sent_at and schedule.sent_at.astimezone(zone)}


@login_required
@require_POST
def make(request: HttpRequest) -> HttpResponse:
    """One more."""
    user, now = get_object_or_404(User, pk=request.user.pk), datetime.now(UTC)
    principal = principal_of_user(user)
    zone, code = (asked.text(request.POST, name) for name in ("timezone", "region"))
    region = Region.objects.visible_to(principal).filter(code=code).first()
    if not user.email:
        messages.error(request, _("Your user has no e-mail address: an administrator can enter it."))
    elif zone not in zoneinfo.available_timezones() or (code and region is None):
        messages.error(request, _("Choose a region and a time zone from the lists."))
    elif Schedule.objects.filter(user=user).count() >= MOST:
        messages.error(request, _("You have as many as there can be: give one up first."))
    else:
        made = Schedule(user=user, region=region, tag=asked.text(request.POST, "tag"), timezone=zone, created_at=now)
        made.language, made.due_at = get_language() or "en", made.next_due(now)
        made.save()
        messages.success(request, _("From next Monday on you get it by e-mail."))
    return redirect("schedules")


@login_required
@require_POST
def give_up(request: HttpRequest, pk: int) -> HttpResponse:
    """No more of this one."""
    get_object_or_404(Schedule, pk=pk, user_id=request.user.pk).delete()
    messages.success(request, _("It's no longer sent."))
    return redirect("schedules")


@never_cache
@login_required
@require_safe
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """The letter on last week, as it would be sent: the plain text, which the page can show as it is."""
    schedule = get_object_or_404(Schedule.objects.select_related("user", "region"), pk=pk, user_id=request.user.pk)
    now = datetime.now(UTC)
    today = now.astimezone(zoneinfo.ZoneInfo(schedule.timezone)).date()
    letter = weekly.compose(schedule, monday=today - timedelta(days=today.weekday()), now=now)
    attached = [str(attachment[0]) for attachment in letter.attachments]
    content = {"subject": letter.subject, "text": letter.body, "attached": attached}
    return render(request, "schedules/preview.html", content)
