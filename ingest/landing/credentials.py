"""Who may post: controllers and their webhook keys, cached for a few seconds, and read for many posts at once."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from uuid import UUID

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from sites_app.secrets import Secret

CACHE_SECONDS = 5.0
"""How long a key that was changed in the registry can still be taken for valid."""

MOST_KNOWN = 50_000
"""More than a chain has controllers: what a stranger who tries ids can make a process remember."""

SIGNATURE_TOLERANCE_S = 300
_MOST_SIGNATURES = 8

_QUERY = """
    SELECT id, kind, store_id, webhook_key,
           CASE WHEN previous_webhook_key_until > now() THEN previous_webhook_key ELSE '' END
    FROM sites_app_controller WHERE id = ANY(%s) AND enabled
"""

_Row = tuple[UUID, str, int, str, str]
"""A controller's id, kind and store, and both its keys as they're stored."""


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
    """The controllers' credentials, read from the registry when they're older than ``CACHE_SECONDS``.

    Those that posts in flight ask for are read by one query: with thousands of controllers hardly one posts so often that
    its key is still known.
    """

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection]) -> None:
        self._pool = pool
        self._cache: dict[tuple[UUID, str], tuple[float, Credential | None]] = {}
        self._wanted: dict[UUID, asyncio.Future[_Row | None]] = {}
        self._reader: asyncio.Task[None] | None = None

    async def of(self, controller_id: UUID, kind: str) -> Credential | None:
        """The credential of an enabled controller of this kind, or None. Raises what the database raised."""
        cached = self._cache.get((controller_id, kind))
        if cached and cached[0] > time.monotonic():
            return cached[1]
        known_until = time.monotonic() + CACHE_SECONDS
        row = await self._read(controller_id)
        credential = _credential(row) if row and row[1] == kind else None
        if len(self._cache) > MOST_KNOWN:
            self._cache.clear()
        self._cache[controller_id, kind] = known_until, credential
        return credential

    async def _read(self, controller_id: UUID) -> _Row | None:
        wanted = self._wanted.get(controller_id)
        if wanted is None:
            wanted = self._wanted[controller_id] = asyncio.get_running_loop().create_future()
        if self._reader is None or self._reader.done():
            self._reader = asyncio.create_task(self._read_wanted())
        return await asyncio.shield(wanted)  # several may wait for it, and one of them be cancelled

    async def _read_wanted(self) -> None:
        """Read what is asked for, as much at once as has come while the last was being read."""
        while self._wanted:
            wanted, self._wanted = self._wanted, {}
            try:
                async with self._pool.connection() as connection:
                    rows = await (await connection.execute(_QUERY, [list(wanted)])).fetchall()
            except Exception as error:  # each that waits is told
                for waiting in wanted.values():
                    waiting.set_exception(error)
            else:
                found: dict[UUID, _Row] = {row[0]: row for row in rows}
                for controller_id, waiting in wanted.items():
                    waiting.set_result(found.get(controller_id))


def _credential(row: _Row) -> Credential:
    controller_id, _, store_id, key, previous_key = row
    return Credential(controller_id, store_id, _revealed(key), _revealed(previous_key))


@lru_cache(maxsize=MOST_KNOWN)
def _revealed(token: str) -> str:
    """The key of a token; from memory where it is the same as before, for decrypting costs more than reading does."""
    return Secret(token).reveal()


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
