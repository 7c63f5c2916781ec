"""How figures and times are written: in the reader's language, times on the store's own clock."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.utils.dateformat import format as write_date
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from sites_app.models import Store

UNKNOWN = "–"


def clock(instant: datetime, store: Store, now: datetime) -> str:
    """An instant on the store's own clock: ``14:02``, or ``23 Nov 14:02`` where it isn't of the store's today.

    Not by the ``date`` filter alone, which would put every instant into the server's zone.
    """
    local = store.local(instant)
    if local.date() == store.local(now).date():
        return write_date(local, "H:i")
    form = pgettext("date format", "j M") if local.year == store.local(now).year else pgettext("date format", "j M Y")
    return write_date(local, f"{form} H:i")


def day(date: date) -> str:
    """A day: ``2 Nov 2026``."""
    return write_date(date, pgettext("date format", "j M Y"))


def short_day(date: date) -> str:
    """A day of a year that is known: ``Mon 2 Nov``."""
    return write_date(date, pgettext("date format", "D j M"))


def moment(instant: datetime) -> str:
    """An instant on the clock that it carries: ``Mon 2 Nov 07:00``. Not by the ``date`` filter, as in ``clock``."""
    return f"{short_day(instant.date())} {instant:%H:%M}"


def zone_name(store: Store, now: datetime) -> str:
    """What the store's time is called: ``CET``, or ``UTC+5:45`` where it has only a number."""
    name = store.local(now).tzname() or ""
    offset = re.fullmatch(r"([+-])(\d\d)(\d\d)?", name)
    if not offset:
        return name
    sign, hours, minutes = offset.groups()
    return f"UTC{'−' if sign == '-' else '+'}{int(hours)}{f':{minutes}' if minutes else ''}"


def signed_percent(change: float) -> str:
    """A change as a signed percentage: ``+3.4 %``."""
    # What rounds to nothing has no sign.
    rounded = round(100 * change, 1)
    sign = "+" if rounded > 0 else "−" if rounded < 0 else ""
    return f"{sign}{number_format(abs(rounded), 1)} %"


def percent(share: float) -> str:
    """A share as a whole percentage: ``45 %``. What is less than all never reads as all."""
    return f"{number_format(_nearly(share, 0), 0)} %"


def fine_percent(share: float) -> str:
    """A share to a tenth of a per cent; all of it has no decimals."""
    return f"{number_format(_nearly(share, 1), 0 if share in (0, 1) else 1)} %"  # Django cuts, it doesn't round


def _nearly(share: float, decimals: int) -> float:
    rounded = round(100 * share, decimals)
    return 100 - 10**-decimals if share < 1 and rounded == 100 else rounded


def duration(milliseconds: float) -> str:
    """Milliseconds as minutes and seconds: ``1 min 35 s``; from an hour on as hours and minutes."""
    minutes, seconds = divmod(round(milliseconds / 1000), 60)
    if minutes >= 60:
        return _("%(hours)d h %(minutes)02d min") % {"hours": minutes // 60, "minutes": minutes % 60}
    return f"{minutes} min {seconds:02} s" if minutes else f"{seconds} s"


def whole(value: float) -> str:
    """A whole number, with its thousands apart."""
    return number_format(round(value), 0, force_grouping=True)


def number(value: float) -> str:
    """A number: as a whole one where it's large or is one, else with a decimal or two."""
    decimals = 0 if abs(value) >= 100 or value == round(value) else 1 if abs(value) >= 10 else 2
    return number_format(round(value, decimals), decimals, force_grouping=True)


WRITERS: dict[str, Callable[[Any], str]] = {"number": number, "share": fine_percent, "duration": duration}
"""By what charts call them, too."""


def figure(value: float | None, unit: str) -> str:
    """A figure of a unit; a dash where it isn't known."""
    return UNKNOWN if value is None else WRITERS[unit](value)


def trend(change: float) -> str:
    """``up``, ``down`` or ``flat``, for the looks of a change."""
    if abs(change) < 0.005:
        return "flat"
    return "up" if change > 0 else "down"
