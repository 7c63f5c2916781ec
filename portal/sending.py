"""Reports by e-mail: claimed when due, sent, and tried again where the mail server didn't take them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from django.db import transaction
from django.db.models import F, QuerySet

from portal import weekly
from portal.models import Schedule

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=10)
BUSY = timedelta(seconds=40)
"""A round that takes longer leaves the rest to the next: webhooks and alerts wait for the same worker."""
_FIRST, _LONGEST, _PATIENCE = timedelta(minutes=2), timedelta(hours=1), 20

Clock = Callable[[], datetime]


def send_due(*, clock: Clock) -> int:
    """Send what is due; how many were taken by the mail server."""
    sent, until = 0, clock() + BUSY
    while clock() < until and (schedule := _claim(clock())):
        sent += _send(schedule, clock)
    return sent


@transaction.atomic
def _claim(now: datetime) -> Schedule | None:
    due = Schedule.objects.filter(due_at__lte=now).order_by("due_at").select_for_update(skip_locked=True)
    pk = due.values_list("pk", flat=True).first()
    if pk is None:
        return None
    Schedule.objects.filter(pk=pk).update(due_at=now + LEASE, attempts=F("attempts") + 1)
    return Schedule.objects.filter(pk=pk).select_related("user", "region").first()


def _send(schedule: Schedule, clock: Clock) -> bool:
    now = clock()
    clock_day = now.astimezone(ZoneInfo(schedule.timezone)).date()
    monday = clock_day - timedelta(days=clock_day.weekday())
    if schedule.week == monday or not schedule.user.is_active or not schedule.user.email:
        _done(schedule, now)
        return False
    try:
        weekly.compose(schedule, monday=monday, now=now).send()
    except Exception as error:
        _put_off(schedule, error, now)
        return False
    _done(schedule, now, week=monday, sent_at=clock())
    return True


def _done(schedule: Schedule, now: datetime, **fields: Any) -> None:
    _in_hand(schedule).update(due_at=schedule.next_due(now), attempts=0, error="", **fields)


def _put_off(schedule: Schedule, error: Exception, now: datetime) -> None:
    log.warning("schedule_failed", schedule=schedule.pk, error=type(error).__name__)
    told = f"{type(error).__name__}: {error}"[:500]
    if schedule.attempts >= _PATIENCE:
        _in_hand(schedule).update(due_at=schedule.next_due(now), attempts=0, error=told)
    else:
        wait: timedelta = min(_FIRST * 2 ** (schedule.attempts - 1), _LONGEST)
        _in_hand(schedule).update(due_at=now + wait, error=told)


def _in_hand(schedule: Schedule) -> QuerySet[Schedule]:
    """Its row, as long as it's still ours to send."""
    return Schedule.objects.filter(pk=schedule.pk, attempts=schedule.attempts)
