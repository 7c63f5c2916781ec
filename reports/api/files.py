"""Reports and exports as files: which format was asked for, and an answer that streams it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header
from drf_spectacular.types import OpenApiTypes
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request

from reports.formats import FORMATS, Format
from sites_app.problems import parameter_problem


class _FileRenderer(JSONRenderer):
    """Names a format for the negotiation. What it renders itself is errors, which are JSON whatever was asked for."""


RENDERERS: list[type[BaseRenderer]] = [
    type(
        f"{format.name.capitalize()}Renderer",
        (_FileRenderer,),
        {"format": format.name, "media_type": format.media_type},
    )
    for format in FORMATS.values()
]


class FormatNegotiation(DefaultContentNegotiation):
    """By ``format=``, whatever ``Accept`` says; else by ``Accept``."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        wanted = request.query_params.get("format")
        if wanted is None:
            chosen: tuple[BaseRenderer, str] = super().select_renderer(request, renderers, format_suffix)
            return chosen
        for renderer in renderers:
            if renderer.format == wanted:
                return renderer, renderer.media_type
        raise parameter_problem("format", f"'{wanted}' is not known; choose one of {', '.join(FORMATS)}.")


def format_of(request: Request) -> Format:
    """The format that was negotiated."""
    return FORMATS[request.accepted_renderer.format]


def stream(request: Request, chunks: Iterable[bytes], format: Format, name: str) -> StreamingHttpResponse:
    """An answer that sends the chunks as they are made, to be saved."""
    response = StreamingHttpResponse(_begun(chunks), content_type=content_type(format))
    response["Content-Disposition"] = content_disposition_header(True, name) or ""
    if not format.is_text:
        leave_uncompressed(request)
    return response


def shown(body: bytes, format: Format, name: str) -> HttpResponse:
    """An answer that is shown where it's asked for, and has a name to be saved by."""
    response = HttpResponse(body, content_type=content_type(format))
    response["Content-Disposition"] = content_disposition_header(False, name) or ""
    return response


def leave_uncompressed(request: Request) -> None:
    """Ask the middleware not to compress what is compressed in itself."""
    request._request.META.pop("HTTP_ACCEPT_ENCODING", None)


def content_type(format: Format) -> str:
    """The format as a header names it."""
    return f"{format.media_type}; charset=utf-8" if format.name == "csv" else format.media_type


def _begun(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The chunks, the first of them made now: what fails at once becomes an error, not half a file."""
    made = iter(chunks)
    return chain([next(made, b"")], made)


def described(good: Any) -> dict[Any, Any]:
    """The good answers of a report for the OpenAPI document, by media type."""
    files = {
        (200, format.media_type): OpenApiTypes.STR if format.is_text else OpenApiTypes.BINARY
        for format in FORMATS.values()
    }
    return {**files, (200, FORMATS["json"].media_type): good}
