"""E-mail to those responsible: at once, or gathered into one letter an hour or a day, as each of them wants it.

Each state of an alert is one row for each person, so that nobody is told of it twice. What is due is gathered into letters;
letters are claimed, sent and, where the mail server didn't take them, tried again. Only a process that dies between the
server's word and ours can send one twice, with the same Message-ID, by which mail systems know it again.
"""

from __future__ import annotations

import smtplib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from django.contrib.auth.models import User
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import models, transaction
from django.db.models import F

from alerts import composing
from alerts.models import Alert, Mail, MailPreference, Notice
from alerts.responsible import Responsible

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=10)
PATIENCE = timedelta(hours=24)
AT_ONCE = 20
BUSY = timedelta(seconds=20)
"""A round that takes longer leaves the rest to the next: webhooks are waiting for the same worker."""
_FIRST, _LONGEST = timedelta(minutes=1), timedelta(hours=1)
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_MODES = MailPreference.Mode
_OF_ONE_LETTER = (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError)
"""What says something of this letter, not of the server. All of the library's errors are ``OSError``."""

Clock = Callable[[], datetime]


def notices(event: Notice.Event, alerts: Sequence[Alert], people: Responsible, *, now: datetime) -> Iterator[Notice]:
    """Whom to tell of these alerts, and when."""
    for alert in alerts:
        for user, is_head_office in people.of(alert.store.region_id):
            wanted = preference_of(user, is_head_office)
            if _wants(wanted, event, alert):
                yield Notice(user=user, alert=alert, event=event, due_at=due_at(wanted, now))


def preference_of(user: User, is_head_office: bool) -> MailPreference:
    """A person's own, or as it comes: head office hears of all stores, which at once would be too much."""
    own: MailPreference | None = getattr(user, "alert_mail", None)
    return own or MailPreference(user=user, mode=_MODES.DAILY if is_head_office else _MODES.AT_ONCE)


def _wants(preference: MailPreference, event: Notice.Event, alert: Alert) -> bool:
    if preference.mode == _MODES.OFF or (preference.kinds and alert.kind not in preference.kinds):
        return False
    return event == Notice.Event.OPENED or preference.when_resolved


def due_at(preference: MailPreference, now: datetime) -> datetime:
    """When the next letter goes to somebody with this preference."""
    if preference.mode == _MODES.HOURLY:
        return now.replace(minute=0, second=0, microsecond=0) + _HOUR
    if preference.mode == _MODES.DAILY:
        clock = now.astimezone(ZoneInfo(preference.timezone))
        today = datetime.combine(clock.date(), preference.daily_at, clock.tzinfo)
        return today if today > clock else datetime.combine(clock.date() + _DAY, preference.daily_at, clock.tzinfo)
    return now


@transaction.atomic
def gather(*, now: datetime) -> int:
    """Make letters of what is due, one for each person; how many."""
    due: dict[User, list[int]] = defaultdict(list)
    rows = Notice.objects.filter(mail=None, due_at__lte=now).select_for_update(of=("self",), skip_locked=True)
    for notice in rows.select_related("user"):
        due[notice.user].append(notice.pk)
    reachable = {user: ids for user, ids in due.items() if user.is_active and user.email}
    for user, ids in reachable.items():
        letter = Mail.objects.create(user=user, address=user.email, created_at=now, due_at=now)
        Notice.objects.filter(pk__in=ids).update(mail=letter)
    Notice.objects.filter(pk__in=[pk for user in due.keys() - reachable.keys() for pk in due[user]]).delete()
    return len(reachable)


def send_due(*, clock: Clock) -> int:
    """Send the letters that are due; how many were taken by the mail server."""
    sent, until = 0, clock() + BUSY
    while clock() < until and (letters := _claim(clock())):
        sent += _send_all(letters, clock)
    return sent


@transaction.atomic
def _claim(now: datetime) -> list[Mail]:
    due = Mail.objects.filter(state=Mail.State.WAITING, due_at__lte=now).order_by("due_at")
    ids = list(due.select_for_update(skip_locked=True).values_list("pk", flat=True)[:AT_ONCE])
    Mail.objects.filter(pk__in=ids).update(due_at=now + LEASE, attempts=F("attempts") + 1)
    return list(Mail.objects.filter(pk__in=ids).select_related("user__alert_mail").order_by("created_at"))


def _send_all(letters: Sequence[Mail], clock: Clock) -> int:
    """Send these over one connection; how many were taken."""
    try:
        with get_connection() as server:
            return sum(_send(letter, server, clock) for letter in letters)
    except OSError as error:  # the server isn't there, or not for long: what it hasn't taken is put off
        for letter in letters:
            _put_off(letter, error, clock())
    return 0


def _send(letter: Mail, server: BaseEmailBackend, clock: Clock) -> bool:
    try:
        message = composing.compose(letter)
        message.connection = server
        message.send()
    except Exception as error:
        if isinstance(error, OSError) and not isinstance(error, _OF_ONE_LETTER):
            raise
        _put_off(letter, error, clock())
        return False
    return bool(_in_hand(letter).update(state=Mail.State.SENT, sent_at=clock(), error=""))


def _put_off(letter: Mail, error: Exception, now: datetime) -> None:
    """Try again later, unless the server has said that it never will take it, or it's too old to be of use."""
    told = f"{type(error).__name__}: {error}"[:500]
    log.warning("mail_failed", mail=str(letter.pk), error=type(error).__name__)
    if _is_permanent(error) or now >= letter.created_at + PATIENCE:
        _in_hand(letter).update(state=Mail.State.FAILED, error=told)
    else:
        wait: timedelta = min(_FIRST * 2 ** min(letter.attempts - 1, 10), _LONGEST)
        _in_hand(letter).update(due_at=now + wait, error=told)


def _in_hand(letter: Mail) -> models.QuerySet[Mail]:
    """The letter's row, as long as it's still ours to send."""
    return Mail.objects.filter(pk=letter.pk, attempts=letter.attempts, state=Mail.State.WAITING)


def _is_permanent(error: Exception) -> bool:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    return isinstance(error, smtplib.SMTPResponseException | smtplib.SMTPSenderRefused) and error.smtp_code >= 550


def forget(*, before: datetime) -> int:
    """Forget letters of before; how many. What they told of stays noted with its alerts, so that it's not told again."""
    Notice.objects.filter(mail__created_at__lt=before, alert__resolved_at__lt=before).delete()
    return Mail.objects.filter(created_at__lt=before, notices=None).delete()[0]


def send_again(letters: models.QuerySet[Mail], *, now: datetime) -> int:
    """Try those again that were given up, for another day; how many."""
    failed = letters.filter(state=Mail.State.FAILED)
    return failed.update(state=Mail.State.WAITING, attempts=0, created_at=now, due_at=now, error="")
