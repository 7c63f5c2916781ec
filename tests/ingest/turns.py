"""A turn of polling as beat and workers take it, at an instant of the test's choice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

from ingest import outcomes, polling
from ingest.crew import Round
from ingest.models import Stream
from sites_app.models import Controller

NOW = datetime(2026, 6, 3, 12, 0, 30, tzinfo=UTC)  # a Wednesday, 14:00 in Berlin: stores in Europe are open


def poll(*, now: datetime = NOW) -> list[outcomes.Tally]:
    """Claim what is due, ask and write; what each chunk brought."""
    return [_take(chunk, now) for chunk in polling.chunks(polling.claim_due(now=now))]


def ask(controllers: Iterable[Controller], *kinds: str, now: datetime = NOW) -> outcomes.Tally:
    """Ask these controllers for these streams, due or not."""
    polling.ensure_streams(now=now)
    return _take({controller.pk: kinds or Stream.Kind.values for controller in controllers}, now)


def _take(chunk: Mapping[UUID, Sequence[str]], now: datetime) -> outcomes.Tally:
    work = polling.load(chunk)
    return outcomes.write(work, Round(polling.turns(work, now=now), lambda: now).all(), now=now)
