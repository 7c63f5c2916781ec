"""Trying a controller out, as an installer does who has just typed in its address: what is wrong, in one sentence.

Nothing that it answers is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ingest import asking
from ingest.models import Stream
from ingest.sentences import spoken
from sites_app.models import Controller

CLOCK_MAY_DIFFER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a controller did. ``code`` is ``ok``, ``clock_off``, or that of the ``ControllerError``."""

    code: str
    message: str
    clock_skew_ms: int | None = None
    zones: int | None = None
    sensors: int | None = None

    @property
    def ok(self) -> bool:
        return self.code == "ok"


def try_out(controller: Controller, clock: asking.Clock) -> Verdict:
    """Ask it for its sensors and zones, and say how it went."""
    turn = asking.Turn.of(controller, frozenset(), [asking.Question(Stream.Kind.DISCOVERY)])
    outcome = asking.take(turn, clock)
    skew_ms = None if outcome.clock_skew is None else round(outcome.clock_skew.total_seconds() * 1000)
    error = outcome.answers[-1].error
    if error is not None:
        return Verdict(error.code, spoken(str(error)), skew_ms)
    found = outcome.found
    zones, sensors = (len(found.zones), len(found.sensors)) if found else (0, 0)
    if wrong := clock_fault(skew_ms):
        return Verdict("clock_off", wrong, skew_ms, zones, sensors)
    has = _("It answers, with %(zones)s and %(sensors)s.")
    return Verdict("ok", has % _counted(zones, sensors), skew_ms, zones, sensors)


def verdict(result: Mapping[str, Any], zones: int, sensors: int) -> Verdict:
    """How a controller did that was asked at once (see ``asking_now``), and has so many zones and sensors now."""
    skew_ms = result["clock_skew_ms"]
    if result["error"]:
        return Verdict(result["code"], spoken(result["error"]), skew_ms, zones, sensors)
    if wrong := clock_fault(skew_ms):
        return Verdict("clock_off", wrong, skew_ms, zones, sensors)
    has = _("It answered, and has %(zones)s and %(sensors)s.")
    return Verdict("ok", has % _counted(zones, sensors), skew_ms, zones, sensors)


def clock_fault(skew_ms: int | None) -> str:
    """What is wrong with a controller's clock that is so far ahead of ours; empty where it will do."""
    skew = timedelta(milliseconds=skew_ms or 0)
    if abs(skew) < CLOCK_MAY_DIFFER:
        return ""
    said = (
        _("Its clock is %(length)s ahead, and so would all its figures be: let it keep time by NTP.")
        if skew > timedelta()
        else _("Its clock is %(length)s behind, and so would all its figures be: let it keep time by NTP.")
    )
    return said % {"length": _length(abs(skew))}


def _counted(zones: int, sensors: int) -> dict[str, str]:
    return {
        "zones": ngettext("%(count)d zone", "%(count)d zones", zones) % {"count": zones},
        "sensors": ngettext("%(count)d sensor", "%(count)d sensors", sensors) % {"count": sensors},
    }


def _length(span: timedelta) -> str:
    """A span as people say it, rounded."""
    if span >= timedelta(days=0.95):
        count = round(span / timedelta(days=1))
        return ngettext("%(count)d day", "%(count)d days", count) % {"count": count}
    if span >= timedelta(hours=0.95):
        count = round(span / timedelta(hours=1))
        return ngettext("%(count)d hour", "%(count)d hours", count) % {"count": count}
    count = round(span / timedelta(minutes=1))
    return ngettext("%(count)d minute", "%(count)d minutes", count) % {"count": count}
