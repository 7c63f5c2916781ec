"""Who may post: controllers and their webhook keys, cached for a few seconds."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from sites_app.secrets import Secret

CACHE_SECONDS = 5.0
"""How long a key that was changed in the registry can still be taken for valid."""

SIGNATURE_TOLERANCE_S = 300
_MOST_SIGNATURES = 8

_QUERY = """
    SELECT store_id, webhook_key, CASE WHEN previous_webhook_key_until > now() THEN previous_webhook_key ELSE '' END
    FROM sites_app_controller WHERE id = %s AND enabled AND kind = %s
"""


@dataclass(frozen=True, slots=True)
class Credential:
    """A controller that may post. Its key, and for a day the one before, if there is any; neither shows in the repr."""

    controller_id: UUID
    store_id: int
    key: str = field(repr=False)
    previous_key: str = field(repr=False, default="")

    @property
    def keys(self) -> tuple[str, ...]:
        """All that are valid."""
        return tuple(key for key in (self.key, self.previous_key) if key)


class Credentials:
    """The controllers' credentials, read from the registry when they're older than ``CACHE_SECONDS``."""

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection]) -> None:
        self._pool = pool
        self._cache: dict[tuple[UUID, str], tuple[float, Credential | None]] = {}

    async def of(self, controller_id: UUID, kind: str) -> Credential | None:
        """The credential of an enabled controller of this kind, or None."""
        cached = self._cache.get((controller_id, kind))
        if cached and cached[0] > time.monotonic():
            return cached[1]
        async with self._pool.connection() as connection:
            row = await (await connection.execute(_QUERY, [controller_id, kind])).fetchone()
        credential = Credential(controller_id, row[0], *(Secret(token).reveal() for token in row[1:])) if row else None
        if len(self._cache) > 50_000:  # a stranger trying ids mustn't fill the memory
            self._cache.clear()
        self._cache[controller_id, kind] = (time.monotonic() + CACHE_SECONDS, credential)
        return credential


def authentic(credential: Credential, headers: Mapping[bytes, bytes], body: bytes, *, now_s: float) -> bool:
    """Whether a post is the controller's: by its key, or by a signature over the body not older than five minutes.

    Where both are given both must be right. A controller without a webhook key can't post.
    """
    authorization, signature = headers.get(b"authorization"), headers.get(b"x-xcs-signature")
    if authorization is None and signature is None:
        return False
    right_key = authorization is None or _right_key(credential.keys, authorization)
    right_signature = signature is None or _right_signature(credential.keys, signature, body, now_s)
    return right_key and right_signature


def _right_key(keys: Sequence[str], authorization: bytes) -> bool:
    scheme, _, given = authorization.partition(b" ")
    known = scheme.lower() in (b"apikey", b"bearer")
    return known and any(hmac.compare_digest(given.strip(), key.encode()) for key in keys)


def _right_signature(keys: Sequence[str], header: bytes, body: bytes, now_s: float) -> bool:
    """``t=UNIX SECONDS,v1=HEX`` where v1 is HMAC-SHA256 of ``t.body``; several ``v1`` are allowed."""
    parts = [part.strip().partition(b"=") for part in header.split(b",")]
    stamp = next((value for name, _, value in parts if name == b"t"), b"")
    if not stamp.isdigit() or len(stamp) > 12 or abs(now_s - int(stamp)) > SIGNATURE_TOLERANCE_S:
        return False
    given = [value for name, _, value in parts if name == b"v1"][:_MOST_SIGNATURES]
    expected = [hmac.new(key.encode(), stamp + b"." + body, hashlib.sha256).hexdigest().encode() for key in keys]
    return any(hmac.compare_digest(value, wanted) for value in given for wanted in expected)
