"""How figures are written on pages."""

from __future__ import annotations

from django import template

register = template.Library()


@register.filter
def signed_percent(change: float | None) -> str:
    """A change as a signed percentage: ``+3.4 %``; a dash where it isn't known."""
    if change is None:
        return "–"
    return f"{change:+.1%}".replace("%", " %").replace("-", "−")


@register.filter
def duration(milliseconds: int | None) -> str:
    """Milliseconds as minutes and seconds: ``1:35 min``."""
    if milliseconds is None:
        return ""
    minutes, seconds = divmod(round(milliseconds / 1000), 60)
    return f"{minutes}:{seconds:02} min"


@register.filter
def trend(change: float | None) -> str:
    """``up``, ``down`` or ``flat``, for the looks of a change."""
    if change is None or abs(change) < 0.005:
        return "flat"
    return "up" if change > 0 else "down"
