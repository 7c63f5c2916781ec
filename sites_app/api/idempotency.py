"""``Idempotency-Key``: a POST that is sent again, since its answer was lost, does nothing twice.

What succeeded is kept for a day with what it answered, by caller and key, written in the same transaction as what it
did. What was refused has changed nothing and isn't kept: the same key can be used once the fault is mended.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any, overload

import msgspec
from django.db import transaction
from rest_framework.request import Request
from rest_framework.response import Response

from sites_app.authentication import caller_of
from sites_app.models import FirstAnswer
from sites_app.problems import Problem

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
KEPT_FOR = timedelta(days=1)
LEASE = timedelta(minutes=2)
"""How long a first answer may be worked out: after that whoever did has died, and the same key may try again."""
_MAX_LENGTH = 255
_KEPT_HEADERS = ("Location", "Retry-After")

Handler = Callable[..., Response]


@overload
def idempotent(handler: Handler) -> Handler: ...
@overload
def idempotent(*, atomic: bool) -> Callable[[Handler], Handler]: ...
def idempotent(handler: Handler | None = None, *, atomic: bool = True) -> Any:
    """Let a view's ``post`` take an ``Idempotency-Key``.

    What it does and its answer are written in one transaction; not with ``atomic=False``, for what asks a controller and
    must not hold a transaction meanwhile.
    """
    if handler is None:
        return functools.partial(idempotent, atomic=atomic)
    wanted = handler

    @functools.wraps(wanted)
    def once(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = _key_of(request)
        if key is None:
            return wanted(view, request, *args, **kwargs)
        now = datetime.now(UTC)
        claim = _claim(caller_of(request), key, _fingerprint(request), now)
        if claim.status is not None:
            return _again(claim)
        with _given_up(claim), transaction.atomic() if atomic else nullcontext():
            response = wanted(view, request, *args, **kwargs)
            _keep(claim, response)
        return response

    once.takes_idempotency_key = True  # type: ignore[attr-defined]  # read by the OpenAPI document
    return once


def _key_of(request: Request) -> str | None:
    given: str | None = request.headers.get(HEADER)
    key = given and given.strip()
    if key is not None and not (0 < len(key) <= _MAX_LENGTH and key.isascii() and key.isprintable()):
        raise Problem(400, f"An {HEADER} has 1 to {_MAX_LENGTH} printable ASCII characters; a UUID will do.")
    return key


def _fingerprint(request: Request) -> str:
    body = request.data
    content = body if isinstance(body, bytes) else msgspec.json.encode(body)
    asked = f"{request.method} {request.get_full_path()}".encode()
    return hashlib.sha256(asked + b"\n" + content).hexdigest()


def _claim(caller: str, key: str, fingerprint: str, now: datetime) -> FirstAnswer:
    """The caller's row of this key: with an answer, or without one and now ours to find it."""
    FirstAnswer.objects.filter(asked_at__lt=now - KEPT_FOR).delete()
    fresh = {"fingerprint": fingerprint, "asked_at": now}
    row, is_new = FirstAnswer.objects.get_or_create(caller=caller, key=key, defaults=fresh)
    if not is_new and row.fingerprint != fingerprint:
        raise Problem(422, f"This {HEADER} was used for another request: take a new one for each.")
    if is_new or row.status is not None:
        return row
    died = FirstAnswer.objects.filter(pk=row.pk, status=None, asked_at=row.asked_at, asked_at__lt=now - LEASE)
    if not died.update(asked_at=now):
        raise Problem(409, f"The first request with this {HEADER} is still being answered: try again.", wait=1)
    row.asked_at = now
    return row


def kept_without(response: Response, name: str) -> Response:
    """An answer of which one member, a secret that is shown once, isn't kept: whoever asks again gets null for it."""
    response.kept = {**response.data, name: None}  # type: ignore[attr-defined]
    return response


def _keep(claim: FirstAnswer, response: Response) -> None:
    if not 200 <= response.status_code < 300:
        FirstAnswer.objects.filter(pk=claim.pk).delete()
        return
    claim.status, claim.content = response.status_code, getattr(response, "kept", response.data)
    claim.headers = {name: response[name] for name in _KEPT_HEADERS if response.has_header(name)}
    claim.save(update_fields=["status", "content", "headers"])


def _again(claim: FirstAnswer) -> Response:
    return Response(claim.content, status=claim.status, headers={**claim.headers, REPLAYED: "true"})


@contextmanager
def _given_up(claim: FirstAnswer) -> Iterator[None]:
    """A claim that comes to nothing is given up at once."""
    try:
        yield
    except BaseException:
        FirstAnswer.objects.filter(pk=claim.pk, status=None).delete()
        raise
