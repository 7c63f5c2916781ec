"""Where a person is logged in: which device, when it was last used, and how such a session is ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest, HttpResponse

from sites_app import audit

NOTED_EVERY_S = 300.0
_MOST_KNOWN = 10_000


class LastUse:
    """Notes that a session is used, to a few minutes. Programs, which have a key and no session, cost nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._noted: dict[str, float] = {}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        if key and self._noted.get(key, 0.0) < time.monotonic():
            self._note(request, key)
        return self.get_response(request)

    def _note(self, request: HttpRequest, key: str) -> None:
        if not request.user.is_authenticated:
            return
        if len(self._noted) > _MOST_KNOWN:
            self._noted.clear()
        self._noted[key] = time.monotonic() + NOTED_EVERY_S
        known = UserSession.objects.filter(session_key=key, user_id=request.user.pk)
        if not known.update(last_seen_at=datetime.now(UTC)):
            UserSession.objects.create_from_request(request)


def sessions_of(user: User) -> list[UserSession]:
    """A person's, those aside that are over; the one used last comes first."""
    return sorted(UserSession.objects.purge_and_list(user), key=lambda session: session.last_seen_at, reverse=True)


def end(sessions: Iterable[UserSession]) -> int:
    """Log out there; how many. What listens by such a session hears nothing more within seconds."""
    ended = 0
    for session in sessions:
        SessionStore().delete(session.session_key)
        session.delete()
        audit.happened("login ended", session.user, detail=device_of(session.user_agent))
        ended += 1
    return ended


_BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def device_of(user_agent: str) -> str:
    """``Firefox, Windows``: what a person knows a device by; what it calls itself where that is none of these."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return ", ".join(filter(None, (browser, system))) or user_agent[:40]
