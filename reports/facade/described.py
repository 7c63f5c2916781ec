"""The façade in the OpenAPI document: a controller's answers and refusals, told once for a store and once for the chain."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers

from reports.facade.refusals import CODES

TAG = "The chain as one XCS"
SENSOR_STATUSES = ("online", "offline", "degraded")
OCCUPANCY_STATUSES = ("normal", "warning", "critical")
QUEUE_STATUSES = ("normal", "exceeded")
ERROR_CODES = tuple(sorted(set(CODES.values())))
_AT = "2026-11-02T16:42:07Z"
_HOUR = {"start": "2026-11-02T16:00:00Z", "end": "2026-11-02T17:00:00Z"}
_REFUSALS = {
    400: ("The request is wrong: never try it again.", "start is missing."),
    401: ("The key is missing, wrong or revoked.", "Send 'Authorization: Apikey KEY'."),
    403: ("Path Analytics is enabled nowhere here; or the key may not read.", "Path Analytics isn't enabled in XCS."),
    404: ("There is no such store or zone that the key sees.", "There is no zone 'entrance_z'."),
    429: ("The key has used up its limit; see `Retry-After`.", "Request was throttled."),
    503: ("Nothing of what was asked for is known now.", "Nothing of this is known now: nothing was told yet."),
}


class XcsErrorSerializer(serializers.Serializer[object]):
    """What is wrong."""

    code = serializers.ChoiceField(ERROR_CODES, help_text="For programs.")
    message = serializers.CharField(help_text="For people.")


class XcsRefusalSerializer(serializers.Serializer[object]):
    """A controller's error."""

    status = serializers.ChoiceField(["error"], help_text="Always `error`.")
    timestamp = serializers.DateTimeField(help_text="When it was answered.")
    error = XcsErrorSerializer(help_text="What is wrong.")


class _Envelope(serializers.Serializer[object]):
    status = serializers.ChoiceField(["success"], help_text="Always `success`.")
    timestamp = serializers.DateTimeField(help_text="When it was answered, and of when snapshots are.")


def _zone_id() -> Any:
    return serializers.CharField(help_text="The zone: as its controllers have it, of the chain as `STORE_CODE/zoneId`.")


def _name() -> Any:
    return serializers.CharField(help_text="The zone's name.")


def _edge(which: str) -> Any:
    return serializers.DateTimeField(help_text=f"When the interval {which}, in UTC.")


def _whole(text: str, **more: Any) -> Any:
    return serializers.IntegerField(help_text=text, **more)


_ROWS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "sensors": (
        "All sensors, as their controllers last described them",
        {
            "sensorId": serializers.CharField(help_text="Its own."),
            "name": serializers.CharField(allow_blank=True, help_text="As its controller has it."),
            "type": serializers.CharField(allow_blank=True, help_text="Its model."),
            "status": serializers.ChoiceField(SENSOR_STATUSES, help_text="How it is."),
            "firmware": serializers.CharField(allow_blank=True, help_text="Its version."),
            "zones": serializers.ListField(child=serializers.CharField(), help_text="The zones that it serves."),
        },
        {
            "sensorId": "80:1F:12:D5:00:01",
            "name": "Door left",
            "type": "PC2SE",
            "status": "online",
            "firmware": "5.9.2",
            "zones": ["entrance_a"],
        },
    ),
    "occupancy": (
        "The people in each zone now",
        {
            "zoneId": _zone_id(),
            "name": _name(),
            "current_people": _whole("How many are in it."),
            "capacity": _whole("How many may be.", allow_null=True),
            "utilization_percentage": serializers.FloatField(allow_null=True, help_text="Of its capacity, in percent."),
            "status": serializers.ChoiceField(OCCUPANCY_STATUSES, help_text="How full it is."),
        },
        {
            "zoneId": "entrance_a",
            "name": "Main Entrance",
            "current_people": 47,
            "capacity": 100,
            "utilization_percentage": 47.0,
            "status": "normal",
        },
    ),
    "queues": (
        "Each queue now",
        {
            "zoneId": _zone_id(),
            "name": _name(),
            "people_waiting": _whole("How many wait."),
            "average_wait_ms": _whole("The mean wait of those now waiting.", allow_null=True),
            "longest_wait_ms": _whole("The longest of them.", allow_null=True),
            "threshold": _whole("More than so many are too many.", allow_null=True),
            "status": serializers.ChoiceField(QUEUE_STATUSES, help_text="`exceeded`: over its threshold."),
        },
        {
            "zoneId": "checkout_1",
            "name": "Checkout 1",
            "people_waiting": 4,
            "average_wait_ms": 95000,
            "longest_wait_ms": 180000,
            "threshold": 10,
            "status": "normal",
        },
    ),
    "counts": (
        "Footfall by intervals",
        {
            "zoneId": _zone_id(),
            "name": _name(),
            "start": _edge("begins"),
            "end": _edge("ends"),
            "in": _whole("How many came in."),
            "out": _whole("How many went out."),
            "complete": serializers.BooleanField(help_text="Whether it's over, and all of it is known."),
        },
        {"zoneId": "entrance_a", "name": "Main Entrance", **_HOUR, "in": 31, "out": 27, "complete": True},
    ),
    "dwell": (
        "The average stay in a zone by intervals",
        {
            "zoneId": _zone_id(),
            "start": _edge("begins"),
            "end": _edge("ends"),
            "average_dwell_ms": _whole("How long people stayed, in milliseconds."),
            "visits": _whole("How many stays it's the mean of; null where that isn't known.", allow_null=True),
        },
        {"zoneId": "promo_table", **_HOUR, "average_dwell_ms": 41500, "visits": 212},
    ),
    "paths": (
        "How many went from zone to zone by intervals",
        {
            "fromZoneId": serializers.CharField(allow_null=True, help_text="Null is the outside of the store."),
            "toZoneId": serializers.CharField(allow_null=True, help_text="Null is the outside of the store."),
            "start": _edge("begins"),
            "end": _edge("ends"),
            "count": _whole("How many did."),
        },
        {"fromZoneId": "entrance_a", "toZoneId": "promo_table", **_HOUR, "count": 64},
    ),
}
_LOCATION = OpenApiParameter(
    "locationId",
    OpenApiTypes.STR,
    description="Only this zone; of the chain a store's code, or `STORE_CODE/zoneId`.",
    examples=[OpenApiExample("a zone", "entrance_a"), OpenApiExample("a store of the chain", "S001")],
)


def _window(*, required: bool, finest: str) -> list[OpenApiParameter]:
    return [
        OpenApiParameter(
            "start",
            OpenApiTypes.DATETIME,
            required=required,
            description="From then on.",
            examples=[OpenApiExample("a start", "2025-11-03T08:00:00Z")],
        ),
        OpenApiParameter(
            "end",
            OpenApiTypes.DATETIME,
            required=required,
            description="Before then; at most 7 days after `start`.",
            examples=[OpenApiExample("an end", "2025-11-03T10:00:00Z")],
        ),
        OpenApiParameter(
            "interval",
            OpenApiTypes.STR,
            description="How long an interval is, as ISO 8601 has it: cuts a day evenly, and is a multiple of the shortest.",
            default=finest,
            examples=[OpenApiExample("an interval", "PT1H")],
        ),
    ]


_PARAMETERS = {
    "sensors": [],
    "occupancy": [_LOCATION],
    "queues": [_LOCATION],
    "counts": [*_window(required=True, finest="PT15M"), _LOCATION],
    "dwell": _window(required=False, finest="PT1H"),
    "paths": [*_window(required=True, finest="PT1H"), _LOCATION],
}


def described(view: type[Any]) -> type[Any]:
    """Describe an endpoint by its name: a class decorator."""
    name = view.__name__.lower()
    summary, fields, example = _ROWS[name]
    row = type(f"Xcs{view.__name__}RowSerializer", (serializers.Serializer,), {"__doc__": f"{summary}.", **fields})
    data = {"data": row(many=True, help_text="What is known of it.")}
    answer = type(f"Xcs{view.__name__}Serializer", (_Envelope,), {"__doc__": f"{summary}.", **data})
    shown = {"status": "success", "timestamp": _AT, "data": [example]}
    view.schema = FacadeSchema()
    describe = extend_schema(
        summary=summary,
        description=f"{summary}, as a controller answers it. What isn't known is left out.",
        parameters=_PARAMETERS[name],
        responses=answer,
        examples=[OpenApiExample("an answer", shown, response_only=True, status_codes=["200"])],
        tags=[TAG],
    )
    return describe(view)


class XcsKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the document names the key of a caller that takes the platform for a controller."""

    target_class = "reports.facade.views.XcsKey"
    name = "XcsKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Apikey KEY`, as an XCS has it.",
        }


class FacadeSchema(AutoSchema):
    """An endpoint of a controller: none of what endpoints of the platform's own API have in common."""

    def get_operation_id(self) -> str:
        return f"xcs_{'store' if '{store}' in self.path else 'chain'}_{self.view.__class__.__name__.lower()}"

    def _resolve_path_parameters(self, variables: Any) -> Any:
        zone = "entrance_a" if "{store}" in self.path else "S001/entrance_a"
        told = {"store": ("The store's code.", "S001"), "zone": ("The zone's id, percent-encoded.", zone)}
        parameters = super()._resolve_path_parameters(variables)  # type: ignore[no-untyped-call]
        return [{**one, **dict(zip(("description", "example"), told[one["name"]], strict=True))} for one in parameters]

    def _get_response_bodies(self, direction: Any = "response") -> Any:
        bodies = super()._get_response_bodies(direction)
        bodies["200"]["description"] = "In the envelope."
        for status in self._refusals():
            description, message = _REFUSALS[status]
            error = {"code": CODES[status], "message": message}
            bodies[str(status)] = self._get_response_for_code(  # type: ignore[no-untyped-call]
                XcsRefusalSerializer, str(status), ["application/json"], direction
            )
            content = bodies[str(status)]["content"]["application/json"]
            content["examples"] = {"refused": {"value": {"status": "error", "timestamp": _AT, "error": error}}}
            bodies[str(status)]["description"] = description
        return bodies

    def _refusals(self) -> list[int]:
        takes = {parameter["name"] for parameter in self._get_parameters()}
        refusals = {
            401,
            403,
            429,
            *((400,) if "start" in takes else ()),
            *((404,) if takes & {"store", "zone", "locationId"} else ()),
        }
        return sorted(refusals | ({503} if not takes & {"start"} else set()))
