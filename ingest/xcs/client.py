"""Asking one controller: six questions, each with a typed answer or a ``ControllerError``.

Callers never see that HTTP is spoken, or how.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self
from urllib.parse import quote

from ingest.wire.decoding import RowT
from ingest.wire.errors import EXCERPT_BYTES, BadAnswer, Unauthorized
from ingest.wire.http import Wire
from ingest.wire.replies import Reply
from ingest.wire.sockets import Limits
from ingest.xcs.payloads import Answer, Counts, Dwell, Occupancy, PathCount, QueueStatus, SensorInfo, parse_answer
from ingest.xcs.refusals import refusal

_KEY = re.compile(r"[\x21-\x7e]+( +[\x21-\x7e]+)*")
_HIDDEN = b"***"


class XcsClient:
    """Speaks to one controller over one kept connection. Used by one thread; a context manager.

    ``base_url`` is ``http(s)://HOST[:PORT]/api/v1``; ``verify_tls`` may be certificates (PEM) to trust; ``clock`` gives our
    own time, aware. Making one asks nothing and raises nothing: every fault is a ``ControllerError`` of the first question.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        clock: Callable[[], datetime],
        verify_tls: bool | str = True,
        limits: Limits | None = None,
    ) -> None:
        self._key = api_key
        self._clock = clock
        self._wire = Wire(base_url, verify_tls, limits or Limits())
        self.clock_skew: timedelta | None = None
        """How far the controller's clock was ahead of ours (to a second, or half the answer's time) when it last answered."""

    def __repr__(self) -> str:
        return f"<XcsClient {self._wire.host}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the connection."""
        self._wire.close()

    def begin(self, clock: Callable[[], datetime]) -> None:
        """A new turn, over the connection as it was kept."""
        self._clock, self.clock_skew = clock, None

    def sensors(self) -> Answer[SensorInfo]:
        """The sensors that are connected to the controller."""
        return self._ask("/sensors", SensorInfo)

    def occupancy(self) -> Answer[Occupancy]:
        """The people in each zone, at the answer's ``timestamp``."""
        return self._ask("/occupancy/current", Occupancy)

    def queues(self) -> Answer[QueueStatus]:
        """The people in each queue, at the answer's ``timestamp``."""
        return self._ask("/queue/status", QueueStatus)

    def counts(self, start: datetime, end: datetime, interval: str = "PT15M") -> Answer[Counts]:
        """Who came and went by each entrance in ``[start, end)``, at most seven days."""
        return self._ask("/counts/interval", Counts, _window(start, end, interval))

    def dwell(self, zone_id: str, start: datetime, end: datetime, interval: str = "PT1H") -> Answer[Dwell]:
        """How long people stayed in a zone in ``[start, end)``, at most seven days."""
        return self._ask(f"/zones/{quote(zone_id, safe='')}/dwell", Dwell, _window(start, end, interval))

    def paths(self, start: datetime, end: datetime, interval: str = "PT1H") -> Answer[PathCount]:
        """How many went from zone to zone in ``[start, end)``. ``FeatureDisabled`` where that isn't enabled."""
        return self._ask("/analytics/paths", PathCount, _window(start, end, interval))

    def _ask(self, path: str, shape: type[RowT], params: Mapping[str, str] | None = None) -> Answer[RowT]:
        if not _KEY.fullmatch(self._key):
            raise Unauthorized("The key is empty, or has characters that none has: type in the one that XCS shows.")
        sent = self._clock()
        reply = self._wire.get(path, params, {"Authorization": f"Apikey {self._key}"})
        came = self._clock()
        if reply.status != 200:
            raise refusal(self._without_key(reply), came)
        try:
            answer = parse_answer(reply.body, shape)
        except BadAnswer as error:
            body = self._without_key(reply).body
            error.excerpt, error.body = body[:EXCERPT_BYTES], body if error.body else b""
            raise
        self.clock_skew = answer.timestamp - (sent + (came - sent) / 2)
        return answer

    def _without_key(self, reply: Reply) -> Reply:
        """The reply as it may be kept and shown: a server can echo what it was sent."""
        return replace(reply, body=reply.body.replace(self._key.encode(), _HIDDEN))


def _window(start: datetime, end: datetime, interval: str) -> dict[str, str]:
    return {"start": _rfc3339(start), "end": _rfc3339(end), "interval": interval}


def _rfc3339(instant: datetime) -> str:
    if instant.tzinfo is None:
        raise ValueError("An instant needs a time zone.")
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
