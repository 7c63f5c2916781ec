"""Until when live figures stay as they are: what lets a reader be told "as you have it" without making them again.

A tag says as of which transaction the figures were read, of how many rows, and when the first of them stops to hold. As long
as that's ahead, no row was written since and none has gone, they are the same. Whatever was under way at that moment counts
as written since; then the figures are made again, and told apart by their digest.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from reports.live.instants import us_of
from reports.live.places import Scope

LONGEST = timedelta(minutes=10)
"""For so long a tag is good at most, also where nothing is known that could stop to hold."""
_TAG = re.compile(r"(\d{1,19})-(\d{1,12})-(\d{1,17})-([0-9a-f]{16})-([0-9a-f]{16})")


@dataclass(frozen=True, slots=True)
class Validity:
    """Of which transaction, rows and stores figures are, and until when they can hold."""

    mark: str
    rows: int
    until_us: int
    of: str

    @classmethod
    def begin(cls, what: str, scope: Scope, *, now: datetime) -> Validity:
        """To be begun before the figures are read: what is written in between counts as written since."""
        [(mark, rows, next_turn_us)] = scope.rows("live_mark", now=now)
        longest = us_of(now + LONGEST)
        return cls(mark, rows, longest if next_turn_us is None else min(longest, next_turn_us), _of(what, scope))

    def tag(self, figures: Any, until_us: int | None) -> str:
        """The entity tag of the figures, the first of which stops to hold then."""
        until_us = self.until_us if until_us is None else min(self.until_us, until_us)
        digest = hashlib.sha256(msgspec.json.encode(figures)).hexdigest()[:16]
        return f'W/"{self.mark}-{self.rows}-{until_us}-{self.of}-{digest}"'


def unchanged_tag(tags: str, what: str, scope: Scope, *, now: datetime) -> str | None:
    """The one of a reader's tags (``If-None-Match``) whose figures are still those of now; None where none is."""
    for mark, rows, until_us, of, digest in _TAG.findall(tags):
        if of == _of(what, scope) and us_of(now) < int(until_us):
            [(is_unchanged,)] = scope.rows("live_unchanged", mark=mark, rows=int(rows))
            return f'W/"{mark}-{rows}-{until_us}-{of}-{digest}"' if is_unchanged else None
    return None


def are_same(tags: str, tag: str) -> bool:
    """Whether one of a reader's tags is of the same figures as this one, whenever it was made."""
    [(*_, of, digest)] = _TAG.findall(tag)
    return tags.strip() == "*" or any(known[-2:] == (of, digest) for known in _TAG.findall(tags))


def _of(what: str, scope: Scope) -> str:
    """The figures and the stores that a tag is of, in a few letters."""
    return hashlib.sha256(f"{what} {scope.store_ids}".encode()).hexdigest()[:16]
