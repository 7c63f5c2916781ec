"""What controllers send, in the OpenAPI document. ``ingest.landing`` takes it, before a request gets to Django.

Where a post gets here after all, the landing isn't running: 503 makes controllers send it again.
"""

from __future__ import annotations

from typing import Any

from django.urls import re_path
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, PolymorphicProxySerializer, extend_schema
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from rest_framework.response import Response

from sites_app.api.endpoint import Endpoint
from sites_app.problems import Problem

TAG = "Incoming"
_EVENT = {
    "eventId": "01HYE2Q5",
    "event": "queue.threshold_exceeded",
    "timestamp": "2026-11-02T16:40:07Z",
    "data": {"zoneId": "checkout_1", "name": "Checkout 1", "people_waiting": 11, "threshold": 10},
}


class ByKey(BaseAuthentication):
    """A controller's webhook key. The landing looks at it."""

    def authenticate(self, request: Request) -> None:
        return None


class BySignature(ByKey):
    """A signature by that key, likewise."""


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the document names the key."""

    target_class = "ingest.api.arriving.ByKey"
    name = "ControllerKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        said = (
            "`Apikey WEBHOOK_KEY`, as it was typed into XCS; a Xovis sensor sends `Basic`, or the key in the address."
        )
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": said}


class SignatureScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the document names the signature."""

    target_class = "ingest.api.arriving.BySignature"
    name = "ControllerSignature"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        said = "`t=SECONDS,v1=HEX`: the HMAC-SHA256 of `SECONDS.BODY` by the webhook key, in place of the key or beside it."
        return {"type": "apiKey", "in": "header", "name": "X-XCS-Signature", "description": said}


class XcsEventSerializer(serializers.Serializer[Any]):
    """An event of a controller."""

    eventId = serializers.CharField(help_text="Unique at the controller: what comes twice is kept once.")
    event = serializers.CharField(help_text="Such as `queue.threshold_exceeded`, `sensor.offline`.")
    timestamp = serializers.DateTimeField(help_text="The controller's time.")
    # The framework takes fields out of the class, so its own ``data`` stays what it is.
    data = serializers.DictField(help_text="Of a queue or zone as its row, of a sensor its id.")  # type: ignore[assignment]


class XcsEventsSerializer(serializers.Serializer[Any]):
    """Many events."""

    events = XcsEventSerializer(many=True, max_length=1000, help_text="Up to 1,000.")  # type: ignore[call-arg]


class LandedErrorSerializer(serializers.Serializer[Any]):
    """An event that couldn't be read."""

    pointer = serializers.CharField(help_text="JSON pointer to what couldn't be read.")
    detail = serializers.CharField(help_text="Why.")


LandedSerializer = type(
    "LandedSerializer",
    (serializers.Serializer,),
    {
        "__doc__": "What became of the events, once that is durable.",
        "accepted": serializers.IntegerField(help_text="How many are new."),
        "duplicates": serializers.IntegerField(help_text="How many were there already."),
        "quarantined": serializers.IntegerField(
            required=False, help_text="How many couldn't be read; they are kept, to be looked at in the admin."
        ),
        "errors": LandedErrorSerializer(many=True, required=False, help_text="Which, and why."),
    },
)


class _Landing(Endpoint):
    authentication_classes: list[Any] = [ByKey]
    permission_classes = []
    throttle_classes = []
    only_problems = (400, 401, 404, 413, 415, 429, 503)

    def _refuse(self) -> Response:
        raise Problem(503, "This server takes no posts of controllers: start it by xovis_platform.asgi.", wait=5)


class XcsPosts(_Landing):
    """The webhooks of an XCS controller."""

    authentication_classes = [ByKey, BySignature]

    @extend_schema(
        operation_id="ingest_xcs",
        summary="Take a controller's webhooks",
        request=PolymorphicProxySerializer(
            component_name="XcsPost",
            serializers=[XcsEventSerializer, XcsEventsSerializer],
            resource_type_field_name=None,
        ),
        responses={202: LandedSerializer},
        examples=[
            OpenApiExample("an event", _EVENT, request_only=True),
            OpenApiExample("events", {"events": [_EVENT]}, request_only=True),
            OpenApiExample("taken", {"accepted": 1, "duplicates": 0}, response_only=True, status_codes=["202"]),
        ],
        tags=[TAG],
    )
    def post(self, request: Request, controller: str) -> Response:
        """Take one event, or many, also with `Content-Encoding: gzip`. The good ones are accepted beside the bad."""
        return self._refuse()


class XovisPosts(_Landing):
    """The pushes of a bare Xovis sensor."""

    @extend_schema(
        operation_id="ingest_xovis",
        summary="Take a Xovis sensor's pushes",
        request=OpenApiTypes.OBJECT,
        responses={204: None},
        examples=[OpenApiExample("a push", {"logics_data": {"package_info": {"id": 1}}}, request_only=True)],
        tags=[TAG],
    )
    def post(self, request: Request, controller: str) -> Response:
        """Take what a push agent of version 5 sends as JSON: logics, live data, status; also with `Content-Encoding: gzip`."""
        return self._refuse()


class XovisPostsByAddress(_Landing):
    """The pushes of a bare Xovis sensor that can't send a key."""

    authentication_classes = []

    @extend_schema(
        operation_id="ingest_xovis_by_address",
        summary="Take a Xovis sensor's pushes, with the key in the address",
        request=OpenApiTypes.OBJECT,
        responses={204: None},
        examples=[OpenApiExample("a push", {"logics_data": {"package_info": {"id": 1}}}, request_only=True)],
        tags=[TAG],
    )
    def post(self, request: Request, controller: str, key: str) -> Response:
        """The same, for a push agent that can't send a header."""
        return self._refuse()


_ID = "(?P<controller>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})"

urlpatterns = [
    re_path(rf"^xcs/{_ID}/?$", XcsPosts.as_view(), name="ingest-xcs"),
    re_path(rf"^xovis/{_ID}/?$", XovisPosts.as_view(), name="ingest-xovis"),
    re_path(rf"^xovis/{_ID}/(?P<key>[^/]+)/?$", XovisPostsByAddress.as_view(), name="ingest-xovis-by-address"),
]
