"""What an alert says, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from alerts.models import Alert
from ingest.sentences import spoken


def sentence(alert: Alert) -> str:
    """What an alert is about, in one sentence without a full stop."""
    return _SENTENCES[alert.kind](alert)


def _queue(alert: Alert) -> str:
    return _("%(name)s: %(value)d people waiting, more than %(limit)g") % {
        "name": alert.name,
        "value": alert.value or 0,
        "limit": alert.limit or 0,
    }


def _occupancy(alert: Alert) -> str:
    return _("%(value)d people in the store, capacity %(limit)d") % {
        "value": alert.value or 0,
        "limit": alert.limit or 0,
    }


def _controller(alert: Alert) -> str:
    return _("%(controller)s can't be reached: %(detail)s") % {
        "controller": _called(alert.name),
        "detail": spoken(alert.detail),
    }


def _sensor(alert: Alert) -> str:
    return _("Sensor %(name)s is lost, says its controller %(detail)s") % {"name": alert.name, "detail": alert.detail}


def _gap(alert: Alert) -> str:
    return _("%(controller)s answers, but intervals are missing: %(detail)s") % {
        "controller": _called(alert.name),
        "detail": ", ".join(str(_STREAMS.get(kind, kind)) for kind in alert.detail.split(", ")),
    }


def _called(name: str) -> str:
    """A controller by its name, which mostly says already what it is."""
    return name if name.casefold().startswith("controller") else _("Controller %(name)s") % {"name": name}


_STREAMS = {"footfall": gettext_lazy("visitors"), "dwell": gettext_lazy("stays"), "paths": gettext_lazy("paths")}
_SENTENCES: dict[str, Callable[[Alert], str]] = {
    Alert.Kind.QUEUE: _queue,
    Alert.Kind.OCCUPANCY: _occupancy,
    Alert.Kind.CONTROLLER: _controller,
    Alert.Kind.SENSOR: _sensor,
    Alert.Kind.GAP: _gap,
}
