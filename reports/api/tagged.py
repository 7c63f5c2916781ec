"""Entity tags: a reader that has the answer already gets 304."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TypeVar

from django.http import HttpResponseBase
from rest_framework.request import Request

AnyResponse = TypeVar("AnyResponse", bound=HttpResponseBase)


def tag_of(parts: Iterable[bytes]) -> str:
    """A weak tag of what stays the same while the answer does."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return f'W/"{digest.hexdigest()[:32]}"'


def is_known(request: Request, tag: str) -> bool:
    """Whether the reader says that it has this answer. A proxy may have made a strong tag weak, or the other way."""
    known = [part.strip().removeprefix("W/") for part in request.headers.get("If-None-Match", "").split(",")]
    return tag.removeprefix("W/") in known or known == ["*"]


def tagged(response: AnyResponse, tag: str) -> AnyResponse:
    """The response with its tag; kept by nobody but its reader, and asked for again each time."""
    response["ETag"] = tag
    response["Vary"] = "Accept, Authorization, Cookie"
    response["Cache-Control"] = "private, no-cache"
    return response
