"""The live stream in the OpenAPI document. ``reports.stream`` serves it, before a request gets to Django."""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from reports.api import schemas
from sites_app.api.endpoint import Endpoint
from sites_app.problems import Problem

_LAST_ID = OpenApiParameter(
    "Last-Event-ID",
    OpenApiTypes.STR,
    location=OpenApiParameter.HEADER,
    description="The last event that was heard: those after it are sent first, or all that is current after too long.",
)


_CHANGE = """id: 1762084921000-41-5f0c8a52
event: occupancy
data: {"store": "S001", "name": "Köln Mitte", "people": 47, "capacity": 200, "utilisation": 0.235, "status": "normal"}

"""
_ANSWER = OpenApiResponse(
    OpenApiTypes.STR,
    description=(
        "Server-sent events: all that is current first, then an `occupancy` or `queue` event for each change. "
        "Its `data` is an item of `results` of `/live/occupancy` or `/live/queues`, its `id` what to go on from. "
        "A comment comes when nothing has changed for 15 seconds."
    ),
    examples=[OpenApiExample("a change", _CHANGE, media_type="text/event-stream")],
)


class LiveStream(Endpoint):
    """Live figures as they change."""

    @extend_schema(
        operation_id="live_stream",
        parameters=[*schemas.FILTERS, _LAST_ID],
        responses={(200, "text/event-stream"): _ANSWER},
        tags=["Live"],
    )
    def get(self, request: Request) -> Response:
        """Live figures as they change, as server-sent events."""
        raise Problem(503, "This server runs without the live stream: start it by xovis_platform.asgi.")
