"""Recorded answers: what controllers once answered to polls, taken in the way a poll's answer is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from django.db import transaction

from ingest import facts, quarantine
from ingest.models import Quarantine
from ingest.quarantine import Fault
from ingest.readings import Reading, future_limit, occupancy_readings, queue_readings
from ingest.resolve import ZoneDirectory, resolve
from ingest.wire.errors import BadAnswer
from ingest.xcs.payloads import Occupancy, QueueStatus, parse_answer
from sites_app.models import Controller

BATCH_ROWS = 40_000


class RecordedAnswer(msgspec.Struct):
    """One line: which controller, by its address, answered what."""

    base_url: str
    path: str
    body: msgspec.Raw


@dataclass(slots=True)
class Tally:
    """What was taken in."""

    answers: int = 0
    facts: int = 0
    faults: int = 0


@dataclass(slots=True)
class _Batch:
    rows: facts.Facts
    faults: list[Fault]


def take_in(lines: Iterable[bytes], *, received_at: datetime) -> Tally:
    """Take in all lines, in batches; lines of unknown controllers or paths are counted as faults."""
    controllers = {controller.base_url.rstrip("/"): controller for controller in Controller.objects.all()}
    directory = ZoneDirectory.of([controller.pk for controller in controllers.values()])
    decoder = msgspec.json.Decoder(RecordedAnswer)
    tally, batch = Tally(), _Batch(facts.Facts(), [])
    for line in lines:
        if not line.strip():
            continue
        try:
            recorded = decoder.decode(line)
        except msgspec.DecodeError:
            tally.faults += 1
            continue
        controller = controllers.get(recorded.base_url.rstrip("/"))
        if controller is None:
            tally.faults += 1
            continue
        _understand(recorded, controller, directory, batch, received_at)
        tally.answers += 1
        if len(batch.rows) >= BATCH_ROWS:
            batch = _write(batch, tally, received_at)
    _write(batch, tally, received_at)
    return tally


def _write(batch: _Batch, tally: Tally, received_at: datetime) -> _Batch:
    with transaction.atomic():
        facts.write(batch.rows)
        quarantine.keep(batch.faults, received_at=received_at)
    tally.facts += len(batch.rows)
    tally.faults += len(batch.faults)
    return _Batch(facts.Facts(), [])


def _understand(
    recorded: RecordedAnswer, controller: Controller, directory: ZoneDirectory, batch: _Batch, received_at: datetime
) -> None:
    body = bytes(recorded.body)

    def fault(reason: str, pointer: str, raw: bytes) -> Fault:
        return Fault(controller.store_id, controller.pk, Quarantine.Source.POLL, "live", reason, pointer, raw)

    try:
        readings, rejected = _readings(recorded.path, body)
    except BadAnswer as error:
        batch.faults.append(fault(str(error), "", body))
        return
    kept, too_early = future_limit(readings, received_at=received_at)
    resolved = resolve(
        kept, directory, store_id=controller.store_id, controller_id=controller.pk, received_at=received_at
    )
    batch.rows.add(resolved.facts)
    batch.faults += [fault(item.reason, item.pointer, item.raw) for item in (*rejected, *too_early)]
    batch.faults += [fault("A zone that the controller lists nowhere.", "", body) for _ in resolved.unknown[:1]]


def _readings(path: str, body: bytes) -> tuple[list[Reading], list[Any]]:
    if path == "/occupancy/current":
        occupancy = parse_answer(body, Occupancy)
        return list(occupancy_readings(occupancy)), occupancy.rejected
    if path == "/queue/status":
        queues = parse_answer(body, QueueStatus)
        return list(queue_readings(queues)), queues.rejected
    raise BadAnswer(f"'{path}' is no path whose answers are samples.")
