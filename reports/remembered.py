"""What is worked out of windows again and again, kept within a room that is counted in buckets.

Windows differ in size as a week by days and a year by quarters do, so that a number of them says nothing of memory.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sized
from threading import Lock
from typing import Any, ParamSpec, TypeVar

from cachetools import LRUCache, cached

_P = ParamSpec("_P")
_Found = TypeVar("_Found", bound=Sized)


def remembered(buckets: int) -> Callable[[Callable[_P, _Found]], Callable[_P, _Found]]:
    """Keep what a pure function of hashable arguments has found, those used last, of so many buckets (``len``) together.

    What is larger by itself is found anew each time. A look costs some two microseconds: it's for what is asked once a
    report, not once a row.
    """
    found: LRUCache[Hashable, Any] = LRUCache(buckets, getsizeof=lambda one: max(1, len(one)))
    return cached(found, lock=Lock())
