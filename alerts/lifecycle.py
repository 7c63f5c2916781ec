"""The life of an alert: opened once, resolved by itself, acknowledged by a person.

What changes, and what is to be told of it to people and programs outside, are rows of one transaction (see ``outbox``):
when a process dies, either both are there or neither is, and the next review finds what there was to find.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from django.db import connection, transaction
from django.utils import translation

from alerts import outbox, policies, wording
from alerts.models import Alert, EventType, Suspicion
from alerts.rules import Key, Standing, Step, Watched, decide
from alerts.watching import Look, look

_LOCK = 0x616C65727473
"""Reviews take turns: of two at once, the second has nothing to do."""


class Reviewed(NamedTuple):
    """How many alerts were opened and resolved."""

    opened: int = 0
    resolved: int = 0


@dataclass(slots=True)
class _Plan:
    """What a review has decided to do."""

    suspect: list[Watched] = field(default_factory=list)
    drop: list[int] = field(default_factory=list)
    open: list[Watched] = field(default_factory=list)
    hope: list[Alert] = field(default_factory=list)
    despair: list[Alert] = field(default_factory=list)
    resolve: list[Alert] = field(default_factory=list)
    unwatched: list[Alert] = field(default_factory=list)


@transaction.atomic
def review(*, now: datetime) -> Reviewed:
    """Look at everything that there is a rule for, and bring the alerts in step with it."""
    if not _is_our_turn():
        return Reviewed()
    standing = {(alert.store_id, alert.kind, alert.subject): alert for alert in Alert.objects.open()}
    suspicions = {(s.store_id, s.kind, s.subject): s for s in Suspicion.objects.all()}
    looked = look(policies.load(), {key: Standing(a.clear_since) for key, a in standing.items()}, now=now)
    plan = _plan(looked, standing, suspicions, now)
    _note(plan, now)
    opened = _open(plan.open, now)
    resolved = _resolve(plan.resolve, Alert.Resolution.CLEARED, now)
    resolved += _resolve(plan.unwatched, Alert.Resolution.UNWATCHED, now)
    outbox.tell(EventType.OPENED, opened, now=now)
    outbox.tell(EventType.RESOLVED, resolved, now=now)
    return Reviewed(len(opened), len(resolved))


def acknowledge(alert: Alert, *, by: str, note: str = "", now: datetime) -> bool:
    """Somebody has taken note of an open alert; whether they are the first to. ``alert`` is as it's now afterwards."""
    fields = {"acknowledged_at": now, "acknowledged_by": by, "note": note, "changed_at": now}
    with transaction.atomic():
        first = bool(Alert.objects.open().filter(pk=alert.pk, acknowledged_at=None).update(**fields))
        alert.refresh_from_db()
        if first:
            outbox.tell(EventType.ACKNOWLEDGED, [alert], now=now)
    return first


def forget(*, before: datetime) -> int:
    """Delete alerts that were resolved before; how many."""
    return Alert.objects.filter(resolved_at__lt=before).delete()[0]


def _is_our_turn() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        return bool(cursor.fetchone()[0])


def _plan(looked: Look, standing: dict[Key, Alert], suspicions: dict[Key, Suspicion], now: datetime) -> _Plan:
    plan = _Plan()
    seen = set()
    for watched in looked.found:
        key = watched.key
        seen.add(key)
        alert, suspicion = standing.get(key), suspicions.get(key)
        known = Standing(alert.clear_since) if alert else None
        suspected = suspicion.since if suspicion else None
        step = decide(watched.verdict, watched.since, looked.policy(watched), known, suspected, now)
        _add(plan, step, watched, alert)
        if suspicion and step in (Step.DROP, Step.OPEN):
            plan.drop.append(suspicion.pk)
    plan.unwatched = [alert for key, alert in standing.items() if key not in seen]
    plan.drop += [suspicion.pk for key, suspicion in suspicions.items() if key not in seen]
    return plan


def _add(plan: _Plan, step: Step, watched: Watched, alert: Alert | None) -> None:
    if step is Step.SUSPECT:
        plan.suspect.append(watched)
    elif step is Step.OPEN:
        plan.open.append(watched)
    elif alert is not None and step in (Step.HOPE, Step.DESPAIR, Step.RESOLVE):
        {Step.HOPE: plan.hope, Step.DESPAIR: plan.despair, Step.RESOLVE: plan.resolve}[step].append(alert)


def _note(plan: _Plan, now: datetime) -> None:
    """Keep since when something has been so."""
    Suspicion.objects.filter(pk__in=plan.drop).delete()
    Suspicion.objects.bulk_create(
        Suspicion(store_id=one.store_id, kind=one.kind, subject=one.subject, since=now) for one in plan.suspect
    )
    Alert.objects.filter(pk__in=_keys(plan.hope)).update(clear_since=now)
    Alert.objects.filter(pk__in=_keys(plan.despair)).update(clear_since=None)


def _open(found: Sequence[Watched], now: datetime) -> list[Alert]:
    alerts = [_alert(watched, now) for watched in found]
    return Alert.objects.bulk_create(alerts, batch_size=1000)


def _alert(watched: Watched, now: datetime) -> Alert:
    alert = Alert(
        store_id=watched.store_id,
        kind=watched.kind,
        subject=watched.subject,
        name=watched.name,
        controller_id=watched.controller_id,
        detail=watched.detail,
        value=watched.value,
        limit=watched.limit,
        since=watched.since,
        opened_at=now,
        changed_at=now,
    )
    with translation.override(None):
        alert.message = wording.sentence(alert)
    return alert


def _resolve(alerts: Sequence[Alert], resolution: Alert.Resolution, now: datetime) -> list[Alert]:
    for alert in alerts:
        alert.resolved_at = alert.changed_at = now
        alert.resolution = resolution
    Alert.objects.bulk_update(alerts, ["resolved_at", "changed_at", "resolution"], batch_size=1000)
    return list(alerts)


def _keys(alerts: Iterable[Alert]) -> list[int]:
    return [alert.pk for alert in alerts]
