"""The OpenAPI document of the whole API: as JSON unless YAML is asked for by ``Accept``. Its query says nothing."""

from __future__ import annotations

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


class OpenApiDocument(SpectacularAPIView):
    """The document."""

    renderer_classes = [OpenApiJsonRenderer2, OpenApiJsonRenderer, OpenApiYamlRenderer2, OpenApiYamlRenderer]

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The document, generated from the views."""
        generator: Any = self.generator_class()
        return Response(generator.get_schema(request=request, public=self.serve_public))
