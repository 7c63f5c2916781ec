"""Entity tags: a reader that has the answer already gets 304, a writer that doesn't know the latest gets 412."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import msgspec
from django.http import HttpResponseBase
from rest_framework.request import Request

from sites_app.problems import Problem

AnyResponse = TypeVar("AnyResponse", bound=HttpResponseBase)
_LENGTH = 32
_VOLATILE = re.compile(r'\.[0-9a-f]+"')


def tag_of(parts: Iterable[bytes]) -> str:
    """A weak tag of what stays the same while the answer does."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return f'W/"{digest.hexdigest()[:_LENGTH]}"'


def tag_of_content(content: Any, volatile: Iterable[str] = ()) -> str:
    """The tag of content as it's written.

    ``volatile`` are members that change by themselves, such as a controller's health: who changes the others needn't
    know the latest of them, so they make a part of the tag of their own.
    """
    apart = {name: content[name] for name in volatile if name in content} if isinstance(content, Mapping) else {}
    stable = {name: value for name, value in content.items() if name not in apart} if apart else content
    return f'W/"{_digest(stable)}.{_digest(apart)}"' if apart else f'W/"{_digest(stable)}"'


def is_known(request: Request, tag: str) -> bool:
    """Whether the reader says that it has this answer. A proxy may have made a strong tag weak, or the other way."""
    return _names(request.headers.get("If-None-Match", ""), tag)


def check_match(request: Request, tag: str) -> None:
    """Refuse a change that was made on another state than the present one. Without ``If-Match`` anything goes."""
    wanted = request.headers.get("If-Match")
    if wanted is not None and not _names(_stable(wanted), _stable(tag)):
        raise Problem(
            412, "It has been changed since you read it. Read it again, and send your change with its new ETag."
        )


def tagged(response: AnyResponse, tag: str) -> AnyResponse:
    """The response with its tag; kept by nobody but its reader, and asked for again each time."""
    response["ETag"] = tag
    response["Vary"] = "Accept, Authorization, Cookie"
    response["Cache-Control"] = "private, no-cache"
    return response


def _names(header: str, tag: str) -> bool:
    known = [part.strip().removeprefix("W/") for part in header.split(",")]
    return tag.removeprefix("W/") in known or known == ["*"]


def _stable(tags: str) -> str:
    """Tags without what changes by itself."""
    return _VOLATILE.sub('"', tags)


def _digest(content: Any) -> str:
    return hashlib.sha256(msgspec.json.encode(content, enc_hook=str)).hexdigest()[:_LENGTH]
