"""What the OpenAPI document says of every endpoint, so that none has to say it: problems, entity tags, the headers."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import build_parameter_type, is_serializer
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, PolymorphicProxySerializer
from rest_framework import serializers

from sites_app.api.idempotency import HEADER as IDEMPOTENCY_KEY
from sites_app.problems import MEDIA_TYPE, problem


class ProblemErrorSerializer(serializers.Serializer[object]):
    """What of the request can't be used, and why."""

    parameter = serializers.CharField(required=False, help_text="The query parameter that can't be used.")
    pointer = serializers.CharField(required=False, help_text="JSON pointer to the field that can't be used.")
    line = serializers.IntegerField(required=False, help_text="The line of an imported file.")
    column = serializers.CharField(required=False, allow_blank=True, help_text="The column of an imported file.")
    value = serializers.CharField(required=False, allow_blank=True, help_text="What stands there; never a key.")
    detail = serializers.CharField(help_text="Why, and what to do.")


# By hand, as a serializer has an attribute 'errors' of its own.
ProblemSerializer = type(
    "ProblemSerializer",
    (serializers.Serializer,),
    {
        "__doc__": "RFC 9457.",
        "type": serializers.CharField(help_text="about:blank: the status says it."),
        "title": serializers.CharField(help_text="The status in words."),
        "status": serializers.IntegerField(help_text="The status."),
        "detail": serializers.CharField(help_text="What is wrong, in a sentence."),
        "errors": ProblemErrorSerializer(many=True, required=False, help_text="What of the request can't be used."),
    },
)

_FAULT = {"parameter": "regoin", "detail": "There is no parameter 'regoin'; did you mean 'region'?"}
_SAID: dict[int, tuple[str, str, list[dict[str, str]]]] = {
    400: ("The request can't be used; `errors` names what of it.", _FAULT["detail"], [_FAULT]),
    401: ("No key, or one that is not known, has expired or was revoked.", "Send 'Authorization: Apikey KEY'.", []),
    403: ("The key may not do this.", "This key may not do this: it takes one of scope 'write'.", []),
    404: ("It isn't there, or not to be seen.", "There is nothing here, or nothing that you can see.", []),
    406: ("There is no answer of the form that was asked for.", "Could not satisfy the request Accept header.", []),
    409: ("It can't be done as things stand.", "It still has stores: delete or move them first.", []),
    410: ("It was there, and is no longer.", "The file has expired. Order it again.", []),
    412: ("It has been changed since the `If-Match` was read.", "It has been changed since you read it.", []),
    413: ("The body is too long.", "The body has more than 1,048,576 bytes.", []),
    415: ("The body is of a type that isn't taken.", 'Unsupported media type "text/plain" in request.', []),
    422: ("The `Idempotency-Key` was used for another request.", "Take a new one for each request.", []),
    429: (
        "The key has used up its limit; see `Retry-After`.",
        "The key has used up its requests of this minute: try again in 21 s.",
        [],
    ),
    503: ("It can't be answered now: try again.", "This server runs without the live stream.", []),
}


def described(status: int) -> OpenApiResponse:
    """A problem, with an example."""
    description, detail, errors = _SAID[status]
    example = OpenApiExample(str(status), problem(status, detail, errors), response_only=True)
    return OpenApiResponse(ProblemSerializer, description=description, examples=[example])


class Schema(AutoSchema):
    """Describes one endpoint."""

    def get_summary(self) -> str | None:
        return super().get_summary() or str(self.get_description()).partition(".")[0]

    def _resolve_path_parameters(self, variables: Any) -> Any:
        parameters = super()._resolve_path_parameters(variables)  # type: ignore[no-untyped-call]
        return [{**one, **self._told_of(one["name"]), "schema": self._in_path(one)} for one in parameters]

    def _told_of(self, name: str) -> dict[str, Any]:
        """What is said of a part of the path; with an example, unless it's an id."""
        description, example = _IN_PATHS.get(name, ("Its id.", None))
        example = _OF_LISTS.get((self.path.split("/")[3], name), example)
        return {"description": description, **({"example": example} if example else {})}

    def _in_path(self, parameter: Any) -> Any:
        """The schema of a part of the path: an id's is the one that answers have of it."""
        serializer = getattr(self.view, "serializer", None)
        field = serializer().fields.get(parameter["name"]) if serializer else None
        if isinstance(field, serializers.IntegerField):
            return {"type": "integer", "minimum": 0, "maximum": 10**18 - 1}
        given = parameter["schema"]
        return {"type": "string", "format": "uuid"} if _UUID in given.get("pattern", "") else given

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Any:
        """What is answered has all its fields; what is sent needn't."""
        schema = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        if direction == "response" and isinstance(serializer, serializers.ModelSerializer):
            schema["required"] = sorted(schema["properties"])
        return schema

    def _process_override_parameters(self, direction: str = "request") -> Any:
        ours = {(name, "header"): _header(name, text) for name, text in self._headers().items()}
        return {**ours, **super()._process_override_parameters(direction)}  # type: ignore[no-untyped-call]

    def _headers(self) -> dict[str, str]:
        """The headers that this method takes."""
        if self.method == "GET":
            return {
                "If-None-Match": 'The `ETag` of an answer that the caller has, such as `W/"5d41402a"`: it isn\'t sent again.'
            }
        if self.method in ("PATCH", "PUT", "DELETE"):
            return {"If-Match": "The `ETag` of what was read: where it has been changed since, nothing is done."}
        takes_key = hasattr(getattr(self.view, "post", None), "takes_idempotency_key")
        return {IDEMPOTENCY_KEY: _AGAIN} if takes_key else {}

    def _get_request_body(self, direction: Any = "request") -> Any:
        body = super()._get_request_body(direction)  # type: ignore[no-untyped-call]
        # Fields say of theirs whether there must be any; of what has none, a file say, there must be.
        sent = self.get_request_serializer() if body else None
        has_fields = is_serializer(sent) and not isinstance(sent, PolymorphicProxySerializer)
        return {**body, "required": True} if body and not has_fields else body

    def _get_response_bodies(self, direction: Any = "response") -> Any:
        bodies = super()._get_response_bodies(direction)
        for status in self._problems():
            if str(status) not in bodies:
                bodies[str(status)] = self._get_response_for_code(  # type: ignore[no-untyped-call]
                    described(status), str(status), [MEDIA_TYPE], direction
                )
        if self.method == "GET":
            bodies["304"] = {"description": "The caller has this answer already, by its entity tag."}
        for code, body in bodies.items():
            body["description"] = body["description"] or _GOOD.get(code, "As asked.")
            if headers := self._answered_headers(code):
                body["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in headers}
        return dict(sorted(bodies.items()))

    def _answered_headers(self, code: str) -> list[str]:
        """The headers of its answers of a status."""
        headers = ["ETag"] if code in ("200", "304") and self.method == "GET" else []
        headers += ["Idempotent-Replayed"] if code[0] == "2" and IDEMPOTENCY_KEY in self._headers() else []
        headers += _BY_STATUS.get(code, [])
        return headers + (["RateLimit", "RateLimit-Policy"] if self.view.throttle_classes and code != "401" else [])

    def _problems(self) -> list[int]:
        """The problems that this method may be answered with."""
        view: Any = self.view
        if view.only_problems:
            return list(view.only_problems)
        problems = [400, 401, 403, 406, 429, *view.problems]
        problems += [404] if "{" in self.path else []
        problems += [413, 415] if self.method in ("POST", "PUT", "PATCH") else []
        problems += [412] if self.method in ("PUT", "PATCH", "DELETE") else []
        problems += [409] if self.method != "GET" else []
        return problems + ([422] if IDEMPOTENCY_KEY in self._headers() else [])


_BY_STATUS = {
    "201": ["Location"],
    "202": ["Location", "Retry-After"],
    "401": ["WWW-Authenticate"],
    "429": ["Retry-After"],
    "503": ["Retry-After"],
}
_OF_LISTS = {("regions", "code"): "europe-germany", ("alerts", "id"): "4711"}
_UUID = "{8}(?:-[0-9a-f"
_GOOD = {"201": "Made; `Location` is where.", "202": "Begun; its address tells how far it is.", "204": "Gone."}
_IN_PATHS = {
    "code": ("The retailer's own code.", "S001"),
    "controller": ("The controller's id.", None),
    "key": ("The controller's webhook key, percent-encoded.", "its-webhook-key"),
    "store": ("The store's code.", "S001"),
    "zone": ("The zone's id in its store, percent-encoded.", "entrance_a"),
}
_AGAIN = "A text of your own, such as a UUID: sent again with it, the request does nothing twice."

_KEY = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^[!-~]([ -~]*[!-~])?$"}


def _header(name: str, description: str) -> Any:
    written = _KEY if name == IDEMPOTENCY_KEY else {"type": "string"}
    return build_parameter_type(name, written, OpenApiParameter.HEADER, description=description)
