"""How figures are written on pages: ``portal.writing``, for templates."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from django import template
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from alerts import wording
from alerts.models import Alert
from ingest import sentences
from portal import writing
from sites_app.models import Controller

register = template.Library()

for tag in (writing.clock, writing.zone_name, writing.figure):
    register.simple_tag(tag)
for writer in (
    writing.day,
    writing.duration,
    writing.fine_percent,
    writing.moment,
    writing.percent,
    writing.short_day,
    writing.signed_percent,
    writing.trend,
):
    register.filter(writer)
register.filter("spoken", sentences.spoken)


@register.simple_tag
def alert_sentence(alert: Alert) -> str:
    """What an alert says, in the reader's language."""
    return wording.sentence(alert)


@register.simple_tag
def this_minute() -> str:
    """When a page was made, for whoever holds it on paper."""
    now = datetime.now(UTC)
    return f"{writing.day(now.date())} {now:%H:%M} UTC"


@register.simple_tag
def address_of(request: HttpRequest) -> str:
    """A page's whole address, as people outside type it."""
    return settings.PUBLIC_URL + request.get_full_path()


@register.simple_tag
def controller_state(controller: Controller) -> str:
    """How a controller is doing, in the reader's language."""
    return _STATES[controller.state]()


_STATES: dict[str, Callable[[], str]] = {
    Controller.State.NEW: lambda: _("new"),
    Controller.State.ONLINE: lambda: _("online"),
    Controller.State.DEGRADED: lambda: _("degraded"),
    Controller.State.OFFLINE: lambda: _("offline"),
    Controller.State.UNAUTHORIZED: lambda: _("key rejected"),
}


@register.simple_tag
def stream_name(stream: str) -> str:
    """What a stream tells, in the reader's language."""
    return _STREAMS[stream]()


_STREAMS: dict[str, Callable[[], str]] = {
    "occupancy": lambda: _("people"),
    "queues": lambda: _("queues"),
    "footfall": lambda: _("visitors"),
    "dwell": lambda: _("stays"),
    "paths": lambda: _("paths"),
}


@register.filter
def whole_percent(share: float) -> str:
    """A share as a whole number of per cents that never says 100 of less."""
    return str(int(100 * share))


@register.filter
def milliseconds(value: int) -> str:
    """How far a clock is off, either way."""
    return writing.duration(abs(value))


@register.filter
def seconds(value: int) -> str:
    """A length of time."""
    return writing.duration(1000 * value)


@register.simple_tag
def change_looks(change: float, less_is_better: bool) -> str:
    """``up`` for what is good, ``down`` for what isn't, ``flat`` for what is as it was."""
    return writing.trend(-change if less_is_better else change)
