"""``GET /events``: what controllers sent by webhook, as they sent it, the newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ingest.models import Event
from sites_app.api import pages
from sites_app.api.endpoint import Endpoint
from sites_app.api.filters import identifier, instant, narrowed, read_instant, region_filter, store_filter, text
from sites_app.authentication import principal_of
from sites_app.models import Store
from sites_app.problems import parameter_problem

ORDER = ("-observed_at", "-store_id", "-controller_id", "-event_id")
FILTERS = (
    store_filter("store"),
    region_filter("store__region"),
    identifier("controller", "controller_id", "Only of these controllers."),
    text("type", "event__in", "Only of these types.", "queue.threshold_exceeded"),
    instant("start", "observed_at__gte", "Only from this instant on, by the controller's time."),
    instant("end", "observed_at__lt", "Only before this instant, by the controller's time."),
)


class EventSerializer(serializers.Serializer[Any]):
    """An event of a controller."""

    id = serializers.CharField(help_text="The controller's own id of it.")
    type = serializers.CharField(help_text="Such as queue.threshold_exceeded.")
    store = serializers.CharField(help_text="The code of the store.")
    controller = serializers.UUIDField(help_text="Who sent it.")
    observed_at = serializers.DateTimeField(help_text="The controller's time, with the store's own offset.")
    received_at = serializers.DateTimeField(help_text="Ours, likewise.")
    body = serializers.DictField(help_text="All that the controller sent.")


_PAGE = {
    "next": "https://xovis.example.com/api/v1/events?cursor=eyJ",
    "previous": None,
    "results": [
        {
            "id": "6a1f0a52-0c3f-4c0f-8a53-1f1c2f4f7a11",
            "type": "queue.threshold_exceeded",
            "store": "S001",
            "controller": "5f0c8a52-6d0e-4f0b-9a53-1f1c2f4f7a10",
            "observed_at": "2026-11-02T14:02:10+01:00",
            "received_at": "2026-11-02T14:02:11+01:00",
            "body": {"event": "queue.threshold_exceeded", "data": {"zoneId": "checkout_1", "people_waiting": 7}},
        }
    ],
}


class Events(Endpoint):
    """Events."""

    parameters = (*pages.PARAMETERS, *(filter.name for filter in FILTERS))

    @extend_schema(
        operation_id="events_list",
        parameters=[*(filter.described for filter in FILTERS), *pages.DESCRIBED],
        responses=pages.described(EventSerializer),
        examples=[OpenApiExample("a page", _PAGE, response_only=True, status_codes=["200"])],
        tags=["Events"],
    )
    def get(self, request: Request) -> Response:
        """What controllers sent by webhook, the newest first."""
        _check_window(request.query_params)
        seen = principal_of(request)
        rows = Event.objects.select_related("store")
        if not seen.sees_all:
            rows = rows.filter(store__in=Store.objects.visible_to(seen))
        return pages.page_of(request, narrowed(request, rows, FILTERS), ORDER, _written)


def _check_window(given: Mapping[str, Any]) -> None:
    """An end that lies before the start is a mistake, not a window in which nothing happened."""
    if "start" in given and "end" in given:
        start, end = (read_instant(name, given[name]) for name in ("start", "end"))
        if end <= start:
            raise parameter_problem("end", "'end' must lie after 'start'.")


def _written(rows: Sequence[Event]) -> list[dict[str, Any]]:
    return [
        {
            "id": row.event_id,
            "type": row.event,
            "store": row.store.code,
            "controller": str(row.controller_id),
            "observed_at": row.store.local(row.observed_at).isoformat(),
            "received_at": row.store.local(row.received_at).isoformat(),
            "body": msgspec.json.decode(bytes(row.body)),
        }
        for row in rows
    ]
