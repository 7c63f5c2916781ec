"""Exports: ordered by a key or a person, made by one worker at a time, kept as a file, swept when they expire.

The table is the truth: who ordered what, and how far it has come. What is due is claimed from it by a conditional
update, so a lost message or a dead worker costs time and nothing else. Which stores the owner sees is looked at when
the file is made, and again when it's fetched.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F

from reports import orders, queries
from reports.formats import FORMATS
from reports.large import TooLarge
from reports.lease import Lease, Superseded
from reports.models import Export
from reports.models.exports import Owner, owner_field
from reports.orders import AnyRequest
from reports.slices import Uncuttable
from sites_app.access import Principal, principal_of_key, principal_of_user
from sites_app.models import ApiKey, Store

MAX_ATTEMPTS = 3
LEASE = timedelta(minutes=1)
_REMEMBERED = timedelta(days=30)
_LONGEST_DRAFT = timedelta(days=1)

Clock = Callable[[], datetime]


class OwnerGone(Exception):
    """Whoever ordered an export may see nothing any more."""


_REASONS = (OwnerGone, TooLarge, Uncuttable, queries.TooManyRows)
"""Why an export can't be made, in words for its owner; trying again wouldn't help."""


def order(request: AnyRequest, format: str, owner: Owner, principal: Principal, *, now: datetime) -> Export:
    """Order an export. Raises ``TooLarge`` or ``Uncuttable`` where it could never be made."""
    orders.large(request, principal, now)
    asked = orders.to_json(request)
    export = Export(report=orders.name_of(request), format=format, asked=asked, created_at=now, due_at=now)
    setattr(export, owner_field(owner), owner)
    export.save()
    return export


def claim_due(*, now: datetime) -> list[UUID]:
    """The exports to be handed to workers now; a claim that comes to nothing is due again by itself.

    Only so many are in hand at once: exports are long, and the same workers have rollups to make in between.
    """
    unfinished = Export.objects.unfinished()
    unfinished.filter(attempts__gte=MAX_ATTEMPTS, due_at__lte=now).update(
        state=Export.State.FAILED,
        error=f"Its worker ended {MAX_ATTEMPTS} times before the file was made. Order less at once.",
        **_settled(now),
    )
    with transaction.atomic():
        free = max(0, settings.EXPORTS_AT_ONCE - unfinished.filter(due_at__gt=now).count())
        due = unfinished.filter(due_at__lte=now).order_by("due_at").select_for_update(skip_locked=True)
        ids = list(due.values_list("pk", flat=True)[:free])
        Export.objects.filter(pk__in=ids).update(state=Export.State.WAITING, due_at=now + LEASE)
    return ids


def make(export_id: UUID, clock: Clock) -> None:
    """Make an export's file, unless another worker does or did."""
    now = clock()
    claimed = Export.objects.filter(pk=export_id, state=Export.State.WAITING).update(
        state=Export.State.RUNNING, attempts=F("attempts") + 1, started_at=now, progress=0.0, due_at=now + LEASE
    )
    if not claimed:
        return
    export = Export.objects.select_related("owner_key", "owner_user").get(pk=export_id)
    try:
        with Lease(export, LEASE, clock) as lease:
            _make(export, lease, clock)
    except Superseded:
        return
    finally:
        _draft(export).unlink(missing_ok=True)


def _make(export: Export, lease: Lease, clock: Clock) -> None:
    try:
        report = orders.large(orders.from_json(export.asked), principal_now(export.owner, now=clock()), clock())
        table = report.table(lambda share: lease.write(progress=share))
        _save(FORMATS[export.format].write(table, directory()), _draft(export))
    except _REASONS as reason:
        lease.write(state=Export.State.FAILED, error=str(reason), **_settled(clock()))
        return
    size = _draft(export).stat().st_size
    _draft(export).replace(path_of(export))
    done = {"progress": 1.0, "rows": report.rows_done, "size_bytes": size, "store_ids": report.store_ids}
    lease.write(state=Export.State.DONE, **done, **_settled(clock()))


def _save(chunks: Iterable[bytes], path: Path) -> None:
    with path.open("wb") as file:
        file.writelines(chunks)
        file.flush()
        os.fsync(file.fileno())


def _settled(now: datetime) -> dict[str, datetime]:
    return {"finished_at": now, "expires_at": now + timedelta(days=settings.EXPORT_DAYS)}


def sweep(*, now: datetime) -> int:
    """Delete the files of exports that have expired, and those that nobody knows of; how many."""
    Export.objects.filter(state=Export.State.DONE, expires_at__lte=now).update(state=Export.State.EXPIRED)
    Export.objects.filter(expires_at__lte=now - _REMEMBERED).delete()
    files = list(directory().iterdir())  # before the table is read: a file that is there has its row there
    known = Export.objects.exclude(state__in=(Export.State.EXPIRED, Export.State.FAILED))
    kept = {f"{pk}.{format}" for pk, format in known.values_list("pk", "format")}
    gone = [path for path in files if path.name not in kept and not _is_being_made(path, now)]
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)


def _is_being_made(path: Path, now: datetime) -> bool:
    try:
        return path.suffix == ".part" and now.timestamp() - path.stat().st_mtime < _LONGEST_DRAFT.total_seconds()
    except FileNotFoundError:
        return True


def principal_now(owner: Owner, *, now: datetime) -> Principal:
    """What the owner may see by now. Raises ``OwnerGone``."""
    if isinstance(owner, ApiKey):
        if not owner.is_valid(now):
            raise OwnerGone("The key that ordered this export has expired or was revoked.")
        return principal_of_key(owner)
    if not owner.is_active:
        raise OwnerGone("The person who ordered this export can no longer log in.")
    return principal_of_user(owner)


def may_have(export: Export, principal: Principal) -> bool:
    """Whether this reader still sees all stores that are in the file."""
    inside = export.store_ids or []
    return principal.sees_all or Store.objects.visible_to(principal).filter(pk__in=inside).count() == len(inside)


def directory() -> Path:
    """Where the files are, for web and workers alike; made if it's missing."""
    path = Path(settings.EXPORT_DIR)
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def path_of(export: Export) -> Path:
    """The export's file."""
    return directory() / f"{export.pk}.{export.format}"


def _draft(export: Export) -> Path:
    return directory() / f"{export.pk}.{export.attempts}.part"
