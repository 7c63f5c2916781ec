"""The OpenAPI document of the whole API: as JSON unless YAML is asked for by ``Accept``. Its query says nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from drf_spectacular.renderers import (
    OpenApiJsonRenderer,
    OpenApiJsonRenderer2,
    OpenApiYamlRenderer,
    OpenApiYamlRenderer2,
)
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.request import Request
from rest_framework.response import Response

Endpoint = tuple[str, str, str, Any]
"""Path, its pattern, method and view."""


def without_slashes(endpoints: list[Endpoint]) -> list[Endpoint]:
    """Paths as they are to be called: both forms answer, the document has the one without a slash at its end."""
    return [(path.rstrip("/"), pattern, method, view) for path, pattern, method, view in endpoints]


def with_named_choices(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Parameters' choices by the name that fields have for them: who generates a client gets one type for each, not many."""
    schemas = result["components"]["schemas"]
    names = {frozenset(schema["enum"]): name for name, schema in sorted(schemas.items()) if "enum" in schema}
    for operation in _operations(result):
        for parameter in operation.get("parameters", ()):
            schema = parameter["schema"]
            within = schema.get("items", schema)
            name = names.get(frozenset(within.get("enum", ())))
            if name is not None:
                del within["enum"], within["type"]
                within["allOf"] = [{"$ref": f"#/components/schemas/{name}"}]
    return result


def with_headers(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """What the headers of answers say, once for all that have them."""
    result["components"]["headers"] = {
        name: {"schema": {"type": "string"}, "description": text} for name, text in HEADERS.items()
    }
    return result


def with_links(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """What can be asked next of what was made: the operations whose path its name or id completes."""
    for path, methods in result["paths"].items():
        answers = methods.get("post", {}).get("responses", {})
        for status in _MADE & answers.keys():
            made_at = _MADE_ELSEWHERE.get(path, path)
            links = {
                operation["operationId"]: {"operationId": operation["operationId"], "parameters": {name: expression}}
                for name, expression, operation in _completed(result, made_at)
            }
            if links:
                answers[status]["links"] = links
    return result


def _completed(document: dict[str, Any], collection: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The operations on one of a collection: what its path calls it, where an answer says that, and the operation."""
    for path, methods in document["paths"].items():
        if one := re.match(re.escape(collection) + r"/\{(\w+)\}(?:/\w+)*$", path):
            member = "code" if one[1] == "code" else "id"
            for operation in methods.values():
                yield one[1], f"$response.body#/{member}", operation


_MADE = {"201", "202"}
_MADE_ELSEWHERE = {
    "/api/v1/controllers/{id}/backfill": "/api/v1/backfills",
    "/api/v1/deliveries/{id}/replay": "/api/v1/deliveries",
}
HEADERS = {
    "ETag": "The entity tag: for `If-None-Match`, and for `If-Match` where it can be changed.",
    "Idempotent-Replayed": "`true` where it's the first answer to this `Idempotency-Key`, again.",
    "Location": "The address of what was made.",
    "RateLimit": "What is left of the key's limit: `\"key\";r=REMAINING;t=SECONDS`. A person's session has none.",
    "RateLimit-Policy": 'The key\'s limit: `"key";q=QUOTA;w=SECONDS`.',
    "Retry-After": "In how many seconds to ask again.",
    "WWW-Authenticate": "How to say who asks.",
}


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for methods in document["paths"].values():
        yield from methods.values()


class OpenApiDocument(SpectacularAPIView):
    """The document."""

    renderer_classes = [OpenApiJsonRenderer2, OpenApiJsonRenderer, OpenApiYamlRenderer2, OpenApiYamlRenderer]

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The document, generated from the views: once for each process, since anybody may ask, and that takes a second."""
        return Response(_document())


@cache
def _document() -> Any:
    generator: Any = OpenApiDocument.generator_class
    return generator().get_schema(request=None, public=True)
