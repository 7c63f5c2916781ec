"""The live stream in the OpenAPI document. ``reports.stream`` serves it, before a request gets to Django."""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
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


class ChangeSerializer(serializers.Serializer[object]):
    """A server-sent event."""

    id = serializers.CharField(help_text="What to go on from, as `Last-Event-ID`.")
    event = serializers.ChoiceField(["occupancy", "queue"], help_text="What has changed.")
    # The framework takes fields out of the class, so its own ``data`` stays what it is.
    data = serializers.CharField(help_text="An item of `results` of the live answers, as JSON.")  # type: ignore[assignment]


_ANSWER = OpenApiResponse(
    ChangeSerializer,
    description=(
        "Server-sent events: all that is current first, then an `occupancy` or `queue` event for each change. "
        "Its data is an item of `results` of `/live/occupancy` or `/live/queues`. "
        "A comment comes when nothing has changed for 15 seconds."
    ),
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
