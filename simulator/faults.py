"""How a controller misbehaves on demand."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Annotated, Any

import msgspec

from simulator.wire import Reply

Seconds = Annotated[float, msgspec.Meta(ge=0, le=7 * 86_400)]
Row = dict[str, Any]

_OVERSIZE_BYTES = 17 * 1024 * 1024
_PAGE = (
    b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please sign in to the guest network.</body></html>"
)

CODES = {
    400: "INVALID_PARAMETER",
    401: "UNAUTHORIZED",
    403: "FEATURE_DISABLED",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    429: "RATE_LIMITED",
    500: "INTERNAL",
}
"""The code of each error's status; any other of the 5xx is ``UNAVAILABLE``."""


class Faults(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to go wrong at a controller. Without any argument: nothing."""

    latency_ms: Annotated[int, msgspec.Meta(ge=0, le=600_000)] = 0
    timeout: bool = False
    """Requests are never answered."""
    status: Annotated[int, msgspec.Meta(ge=400, le=599)] | None = None
    retry_after: Annotated[int, msgspec.Meta(ge=0)] | Annotated[str, msgspec.Meta(pattern=r"^[ -~]*$")] | None = None
    """With ``status``: the header, as seconds or as it is (an HTTP date, or nonsense)."""
    share: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1.0
    """The part of the requests that all of the above and below happens to, evenly spread."""
    html: bool = False
    empty: bool = False
    truncated: bool = False
    redirect: bool | Annotated[str, msgspec.Meta(pattern=r"^[!-~]+$")] = False
    wrong_types: bool = False
    nan: bool = False
    negative: bool = False
    duplicate_zone: bool = False
    gone: tuple[str, ...] = ()
    """Zones that were removed in XCS: they stand in no answer."""
    oversize: bool = False
    clock_skew_s: Annotated[float, msgspec.Meta(ge=-(10**9), le=10**9)] = 0.0
    """How far the controller's clock is ahead; whatever the share."""

    repeat: Annotated[int, msgspec.Meta(ge=0, le=100)] = 0
    """How often an event that was delivered is sent once more."""
    late_s: Seconds = 0.0
    """How long events are held back."""
    shuffle: bool = False
    """Events go out of order."""
    bad_signature: bool = False
    """Signature and key of the webhook are wrong."""
    garbage: bool = False
    """The body of the webhook isn't JSON."""


NONE = Faults()


def hits(share: float, request: int) -> bool:
    """Whether the ``request``-th request (from 0) is one of the share."""
    return math.floor((request + 1) * share) > math.floor(request * share)


def spoil(faults: Faults, reply: Reply, error: Callable[[int], bytes]) -> Reply:
    """The reply as it leaves a controller with these faults. ``error`` makes the body of a status."""
    reply.delay_s, reply.silent = faults.latency_ms / 1000, faults.timeout
    if faults.redirect:
        target = faults.redirect if isinstance(faults.redirect, str) else "http://127.0.0.1:1/login"
        reply.status, reply.body, reply.headers = 302, b"", (("Location", target),)
    elif faults.status is not None:
        reply.status, reply.body = faults.status, error(faults.status)
        reply.headers = () if faults.retry_after is None else (("Retry-After", str(faults.retry_after)),)
    elif reply.status == 200:
        _spoil_rows(faults, reply)
    if faults.html:
        reply.body, reply.content_type = _PAGE, "text/html; charset=utf-8"
    if faults.empty:
        reply.body = b""
    reply.cut = faults.truncated
    return reply


def _spoil_rows(faults: Faults, reply: Reply) -> None:
    if faults.gone:
        body = json.loads(reply.body)
        body["data"] = [row for row in body["data"] if row.get("zoneId") not in faults.gone]
        reply.body = json.dumps(body).encode()
    spoilers = [_SPOILERS[name] for name in _SPOILERS if getattr(faults, name)]
    if not spoilers and not faults.oversize:
        return
    body = json.loads(reply.body)
    for spoiler in spoilers:
        spoiler(body["data"])
    if faults.oversize:
        body["padding"] = "x" * _OVERSIZE_BYTES
    reply.body = json.dumps(body).encode()


def _each_count(rows: list[Row], change: Callable[[int], object]) -> None:
    """Change each row's counts, whatever they are called."""
    for row in rows:
        for name, value in row.items():
            if isinstance(value, int) and not isinstance(value, bool):
                row[name] = change(value)


def _wrong_types(rows: list[Row]) -> None:
    _each_count(rows, lambda value: {"value": str(value)})


def _nan(rows: list[Row]) -> None:
    _each_count(rows, lambda _: math.nan)


def _negative(rows: list[Row]) -> None:
    _each_count(rows, lambda value: -value - 1)


def _duplicate_zone(rows: list[Row]) -> None:
    """The first row a second time, with other counts."""
    if rows:
        again = dict(rows[0])
        _each_count([again], lambda value: value + 1)
        rows.append(again)


_SPOILERS: dict[str, Callable[[list[Row]], None]] = {
    "duplicate_zone": _duplicate_zone,
    "wrong_types": _wrong_types,
    "nan": _nan,
    "negative": _negative,
}
