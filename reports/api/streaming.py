"""The live stream in the OpenAPI document. ``reports.stream`` serves it, before a request gets to Django."""

from __future__ import annotations

import json

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from reports.api import schemas
from reports.api.examples import OCCUPANCY_NOW
from sites_app.api.endpoint import Endpoint
from sites_app.problems import Problem

_LAST_ID = OpenApiParameter(
    "Last-Event-ID",
    OpenApiTypes.STR,
    location=OpenApiParameter.HEADER,
    description="The last event that was heard: those after it are sent first, or all that is current after too long.",
)


_CHANGE = f"id: 1762084921000-41-5f0c8a52\nevent: occupancy\ndata: {json.dumps(OCCUPANCY_NOW)}\n\n"
# 3.1 knows no streams: to who reads it as a whole it's text, to who reads events each of them is an object.
_EVENT = {
    "title": "Change",
    "type": "object",
    "description": "An event of the stream.",
    "properties": {
        "id": {"type": "string", "description": "What to go on from, as `Last-Event-ID`."},
        "event": {"type": "string", "enum": ["occupancy", "queue"], "description": "What has changed."},
        "data": {"type": "string", "description": "An item of `results` of the live answers, as JSON."},
    },
    "required": ["id", "event", "data"],
}
_ANSWER = OpenApiResponse(
    {"oneOf": [{"type": "string"}, _EVENT]},
    description=(
        "Server-sent events: all that is current first, then an `occupancy` or `queue` event for each change. "
        "Its `data` is an item of `results` of `/live/occupancy` or `/live/queues`, its `id` what to go on from. "
        "A comment comes when nothing has changed for 15 seconds."
    ),
    examples=[OpenApiExample("a change", _CHANGE, media_type="text/event-stream")],
)


class LiveStream(Endpoint):
    """Live figures as they change."""

    problems = (503,)

    @extend_schema(
        operation_id="live_stream",
        parameters=[*schemas.FILTERS, _LAST_ID],
        responses={(200, "text/event-stream"): _ANSWER},
        summary="Live figures as they change",
        tags=["Live"],
    )
    def get(self, request: Request) -> Response:
        """Live figures as they change, as server-sent events."""
        raise Problem(503, "This server runs without the live stream: start it by xovis_platform.asgi.")
