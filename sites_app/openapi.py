"""The OpenAPI document of the whole API: as JSON unless YAML is asked for by ``Accept``. Its query says nothing."""

from __future__ import annotations

from collections.abc import Iterator
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
        """The document, generated from the views."""
        generator: Any = self.generator_class()
        return Response(generator.get_schema(request=request, public=self.serve_public))
