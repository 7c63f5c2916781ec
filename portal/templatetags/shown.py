"""How figures are written on pages."""

from __future__ import annotations

import re
from datetime import datetime

from django import template
from django.utils.dateformat import format as write_date

from sites_app.models import Store

register = template.Library()


@register.simple_tag
def clock(instant: datetime, store: Store, now: datetime) -> str:
    """An instant on the store's own clock: ``14:02``, or ``23 Nov 14:02`` where it isn't of the store's today.

    Not by the ``date`` filter alone, which would put every instant into the server's zone.
    """
    local = store.local(instant)
    return write_date(local, "H:i" if local.date() == store.local(now).date() else "j M H:i")


@register.simple_tag
def zone_name(store: Store, now: datetime) -> str:
    """What the store's time is called: ``CET``, or ``UTC+5:45`` where it has only a number."""
    name = store.local(now).tzname() or ""
    offset = re.fullmatch(r"([+-])(\d\d)(\d\d)?", name)
    if not offset:
        return name
    sign, hours, minutes = offset.groups()
    return f"UTC{'−' if sign == '-' else '+'}{int(hours)}{f':{minutes}' if minutes else ''}"


@register.filter
def signed_percent(change: float) -> str:
    """A change as a signed percentage: ``+3.4 %``."""
    # What rounds to nothing has no sign.
    rounded = round(change, 3) or 0.0
    return f"{rounded:+.1%}".replace("+0.0%", "0.0%").replace("%", " %").replace("-", "−")


@register.filter
def percent(share: float) -> str:
    """A share as a whole percentage: ``45 %``."""
    return f"{share:.0%}".replace("%", " %")


@register.filter
def duration(milliseconds: int) -> str:
    """Milliseconds as minutes and seconds: ``1 min 35 s``."""
    minutes, seconds = divmod(round(milliseconds / 1000), 60)
    return f"{minutes} min {seconds:02} s" if minutes else f"{seconds} s"


@register.filter
def trend(change: float) -> str:
    """``up``, ``down`` or ``flat``, for the looks of a change."""
    if abs(change) < 0.005:
        return "flat"
    return "up" if change > 0 else "down"
