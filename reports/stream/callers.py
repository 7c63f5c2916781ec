"""Who listens: programs by their key, people by the browser's session; looked up many at once, and again and again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.sessions.models import Session
from django.http.cookie import parse_cookie
from django.utils.crypto import constant_time_compare

from sites_app.access import READ, Principal, principal_of_key, principal_of_user
from sites_app.login import second_factor
from sites_app.models import ApiKey
from sites_app.models.access import digest_of

CACHE_S = 5.0


@dataclass(frozen=True, slots=True)
class Credential:
    """What a caller shows: a key's digest, or a session's key. Neither is a secret that could be shown elsewhere."""

    is_key: bool
    value: str

    @classmethod
    def of(cls, headers: Mapping[bytes, bytes]) -> Credential | None:
        """By ``Authorization: Apikey KEY`` or ``Bearer KEY``, else by the session's cookie."""
        scheme, _, given = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
        if scheme.lower() in ("apikey", "bearer"):
            return cls(True, digest_of(given.strip()))
        session = parse_cookie(headers.get(b"cookie", b"").decode("latin-1")).get(settings.SESSION_COOKIE_NAME)
        return cls(False, session) if session else None


def principals_of(credentials: Collection[Credential]) -> dict[Credential, Principal]:
    """Those of the credentials that may read, with what they see: a few queries for any number of them."""
    now = datetime.now(UTC)
    keys = [credential.value for credential in credentials if credential.is_key]
    sessions = [credential.value for credential in credentials if not credential.is_key]
    found = {**(_of_keys(keys, now) if keys else {}), **(_of_sessions(sessions, now) if sessions else {})}
    return {credential: principal for credential, principal in found.items() if READ in principal.scopes}


def _of_keys(digests: list[str], now: datetime) -> dict[Credential, Principal]:
    keys = ApiKey.objects.valid_among(digests, now=now)
    ApiKey.objects.note_use(keys.values(), now=now)
    return {Credential(True, digest): principal_of_key(key) for digest, key in keys.items()}


def _of_sessions(session_keys: list[str], now: datetime) -> dict[Credential, Principal]:
    sessions = Session.objects.filter(session_key__in=session_keys, expire_date__gt=now)
    logins = {session.session_key: session.get_decoded() for session in sessions}
    ids = {login[SESSION_KEY] for login in logins.values() if SESSION_KEY in login}
    users = get_user_model().objects.filter(pk__in=ids, is_active=True).prefetch_related("memberships")
    by_id = {str(user.pk): user for user in users}
    found: dict[Credential, Principal] = {}
    for session_key, login in logins.items():
        user = by_id.get(str(login.get(SESSION_KEY)))
        # As Django does: a changed password ends the sessions that began with the old one.
        if (
            user
            and constant_time_compare(str(login.get(HASH_SESSION_KEY, "")), user.get_session_auth_hash())
            and not second_factor.is_missing(user, login)
        ):
            found[Credential(False, session_key)] = principal_of_user(user)
    return found


class Callers:
    """Looks up who has come: all that come while one look-up runs share the next."""

    def __init__(self, in_thread: Callable[..., Awaitable[dict[Credential, Principal]]]) -> None:
        self._in_thread = in_thread
        self._cache: dict[Credential, tuple[float, Principal | None]] = {}
        self._asked: dict[Credential, asyncio.Future[Principal | None]] = {}
        self._looking: asyncio.Task[None] | None = None

    async def of(self, credential: Credential) -> Principal | None:
        """Who this is, as of a few seconds ago; None for nobody who may read."""
        cached = self._cache.get(credential)
        if cached and cached[0] > time.monotonic():
            return cached[1]
        if credential not in self._asked:
            self._asked[credential] = asyncio.get_running_loop().create_future()
        answer = self._asked[credential]
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        return await asyncio.shield(answer)

    async def _look(self) -> None:
        while self._asked:
            asked, self._asked = self._asked, {}
            try:
                found = await self._in_thread(principals_of, list(asked))
            except Exception as error:  # each caller must be told
                for answer in asked.values():
                    answer.set_exception(error)
                continue
            if len(self._cache) > 10_000:  # a stranger trying keys mustn't fill the memory
                self._cache.clear()
            for credential, answer in asked.items():
                self._cache[credential] = (time.monotonic() + CACHE_S, found.get(credential))
                answer.set_result(found.get(credential))
