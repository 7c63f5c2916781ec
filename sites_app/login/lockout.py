"""How often somebody may be wrong, and until when: django-allauth counts, by account and by address; this tells the time."""

from __future__ import annotations

import math
import time

from allauth.core.internal import ratelimit
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import ngettext

_WHERE = {"app": "allauth.account", "action": "login_failed"}


def wait_s(request: HttpRequest, *, key: str) -> float:
    """In how many seconds this account may be tried again from this address; 0 for now."""
    now, longest = time.time(), 0.0
    for rate in ratelimit.get_rates(**_WHERE):
        # The latest come first, each as an instant.
        history = cache.get(ratelimit.get_cache_key(request, rate=rate, key=key, **_WHERE), [])
        if len(history) >= rate.amount:
            longest = max(longest, history[rate.amount - 1] + rate.duration - now)
    return longest


def sentence(seconds: float) -> str:
    """What to tell whoever has to wait."""
    minutes = max(1, math.ceil(seconds / 60))
    told = ngettext(
        "Too many wrong attempts. Try again in %(count)d minute.",
        "Too many wrong attempts. Try again in %(count)d minutes.",
        minutes,
    )
    return told % {"count": minutes}
