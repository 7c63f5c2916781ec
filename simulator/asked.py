"""What the control API is asked, read strictly: whatever can't be understood is refused by the name of its field."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec
from aiohttp import web

from simulator import clock

T = TypeVar("T")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_UNFIT_FIELD = re.compile(r"(unknown|required) field `(?P<field>[^`]*)`")
_AT = re.compile(r" - at `\$\.?(?P<field>[^`]*)`")


class Bad(Exception):
    """What was asked can't be done: becomes a 400, or another status."""

    def __init__(self, message: str, *, field: str | None = None, status: int = 400) -> None:
        super().__init__(message)
        self.field, self.status = field, status


def answer(value: object, status: int = 200) -> web.Response:
    """As JSON."""
    return web.Response(body=msgspec.json.encode(value), status=status, content_type="application/json")


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answers what was refused: ``{"error": {"message": …, "field": …}}``, with a null field where it was none."""
    try:
        return await handler(request)
    except Bad as bad:
        return answer({"error": {"message": str(bad), "field": bad.field}}, bad.status)
    except web.HTTPException as error:
        return answer({"error": {"message": error.reason, "field": None}}, error.status)


async def body(request: web.Request, shape: type[T]) -> T:
    """The JSON that was sent. Raises ``Bad`` if it isn't of that shape."""
    try:
        return msgspec.json.decode(await request.read(), type=shape)
    except msgspec.ValidationError as error:
        raise Bad(str(error), field=_field(str(error))) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Bad(f"The body isn't JSON: {error}") from None


def _field(message: str) -> str | None:
    at, unfit = _AT.search(message), _UNFIT_FIELD.search(message)
    parts = [found["field"] for found in (at, unfit) if found and found["field"]]
    return ".".join(parts) or None


def parameters(request: web.Request, *known: str) -> dict[str, str]:
    """The query's. Raises ``Bad`` for any but the known ones."""
    for name in request.query:
        if name not in known:
            raise Bad(f"There is no parameter {name!r} here.", field=name)
    return dict(request.query)


def window(parameters: dict[str, str]) -> tuple[int, int]:
    """``start`` and ``end`` in seconds since 1970. Raises ``Bad``."""
    start, end = instant(parameters, "start"), instant(parameters, "end")
    if end <= start:
        raise Bad("end doesn't lie after start.", field="end")
    return start, end


def instant(parameters: dict[str, str], name: str) -> int:
    """A time in seconds since 1970. Raises ``Bad``."""
    if name not in parameters:
        raise Bad(f"{name} is missing.", field=name)
    try:
        return clock.instant(parameters[name])
    except ValueError as error:
        raise Bad(f"{name}: {error}", field=name) from None


def whole(parameters: dict[str, str], name: str, default: int) -> int:
    """A whole number above 0. Raises ``Bad``."""
    text = parameters.get(name, str(default))
    if not re.fullmatch(r"[1-9]\d{0,6}", text, re.ASCII):
        raise Bad(f"{name} isn't a whole number above 0.", field=name)
    return int(text)
