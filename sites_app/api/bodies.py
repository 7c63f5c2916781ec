"""Bodies of requests, held to a size: JSON, and CSV."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

import msgspec
from rest_framework.parsers import BaseParser

from sites_app.problems import Problem

JSON_BYTES = 1024 * 1024


class JsonBody(BaseParser):
    """JSON (RFC 8259), always in UTF-8."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        body = held_to(stream, JSON_BYTES)
        try:
            return msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise malformed(f"The body is no JSON: {error}.") from error
        except RecursionError as error:
            raise malformed("The body is nested too deeply.") from error


class CsvBody(BaseParser):
    """A CSV file, as its bytes."""

    media_type = "text/csv"
    limit = 32 * 1024 * 1024

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        return held_to(stream, self.limit)


class CsvFile(CsvBody):
    """The same, from who says of a file only that it is one, as many programs do."""

    media_type = "application/octet-stream"


def held_to(stream: IO[Any], limit: int) -> bytes:
    """All of a body, if it isn't too long."""
    body: bytes = stream.read(limit + 1)
    if len(body) > limit:
        raise Problem(413, f"The body has more than {limit:,} bytes.")
    return body


def malformed(detail: str) -> Problem:
    """A body that can't be read at all."""
    return Problem(400, detail, [{"pointer": "", "detail": detail}])
