"""Lists in pages, by cursor: what is added or removed meanwhile makes no row come twice or not at all.

A cursor says after or before which row a page lies. It's signed, so that one that was made up is refused, not tried.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from typing import Any, TypeVar

from django.core.signing import BadSignature, Signer
from django.db.models import Model, Q, QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from sites_app.problems import parameter_problem

MAX_PAGE = 1_000
DEFAULT_PAGE = 100
PARAMETERS = ("limit", "cursor")
DESCRIBED = [
    OpenApiParameter(
        "limit",
        {"type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": DEFAULT_PAGE},
        description="How many a page has.",
    ),
    OpenApiParameter(
        "cursor",
        OpenApiTypes.STR,
        description="Where the page begins, as `next` and `previous` have it.",
        examples=[OpenApiExample("a cursor", "WzAsWyJTMTAwIl1d:1vFZ2k")],
    ),
]

RowT = TypeVar("RowT", bound=Model)


@dataclass(frozen=True, slots=True)
class _Cursor:
    backwards: bool
    position: list[Any]


def page_of(
    request: Request, rows: QuerySet[RowT], order: Sequence[str], write: Callable[[Sequence[RowT]], list[Any]]
) -> Response:
    """One page of these rows, in one query.

    ``order`` are fields that together are unique, all ascending or all with ``-``; a field of a related row
    (``store__code``) is to be fetched along. ``write`` makes the results of a page's rows.
    """
    limit, pages = _limit(request), _Pages(request, order)
    found = list(pages.within(rows)[: limit + 1])
    page, has_more = found[:limit], len(found) > limit
    if pages.backwards:
        page.reverse()
    has_next = has_more if not pages.backwards else True
    has_previous = has_more if pages.backwards else pages.cursor is not None
    return Response(
        {
            "next": pages.link(page[-1], backwards=False) if page and has_next else None,
            "previous": pages.link(page[0], backwards=True) if page and has_previous else None,
            "results": write(page),
        }
    )


def described(row: type[serializers.BaseSerializer[Any]]) -> type[serializers.BaseSerializer[Any]]:
    """A page of these rows, for the OpenAPI document."""
    name = row.__name__.removesuffix("Serializer")
    link: dict[str, Any] = {
        "allow_null": True,
        "help_text": "Where the page after (or before) this one is; null where there is none.",
    }
    fields = {
        "next": serializers.URLField(**link),
        "previous": serializers.URLField(**link),
        "results": row(many=True, help_text="Those of this page."),
    }
    about = {"__doc__": "A page of a list."}
    return type(f"{name}PageSerializer", (serializers.Serializer,), about | fields)


class _Pages:
    """The pages of one list, from where a request's cursor stands."""

    def __init__(self, request: Request, order: Sequence[str]) -> None:
        self._fields = [field.removeprefix("-") for field in order]
        self._descending = order[0].startswith("-")
        self._signer = Signer(salt=f"cursor {request.path.rstrip('/')} {','.join(order)}")
        self._url = remove_query_param(request.build_absolute_uri(), "cursor")
        self.cursor = self._read(_once(request, "cursor"))
        self.backwards = self.cursor is not None and self.cursor.backwards

    def within(self, rows: QuerySet[RowT]) -> QuerySet[RowT]:
        """The rows from the cursor on, in the direction in which it goes."""
        descending = self._descending != self.backwards
        if self.cursor is not None:
            rows = rows.filter(_beyond(self._fields, self.cursor.position, "lt" if descending else "gt"))
        return rows.order_by(*(f"-{field}" if descending else field for field in self._fields))

    def link(self, row: Model, *, backwards: bool) -> str:
        """The address of the page after or before a row."""
        position = [_plain(reduce(getattr, field.split("__"), row)) for field in self._fields]
        text = self._signer.sign_object([int(backwards), position])
        return replace_query_param(self._url, "cursor", text)

    def _read(self, text: str | None) -> _Cursor | None:
        if text is None:
            return None
        try:
            backwards, position = self._signer.unsign_object(text)
        except (BadSignature, ValueError) as error:
            detail = "This cursor isn't of this list: take 'next' or 'previous' of a page as they are."
            raise parameter_problem("cursor", detail) from error
        return _Cursor(bool(backwards), position)


def _beyond(fields: Sequence[str], position: Sequence[Any], way: str) -> Q:
    """The rows beyond a position: by the first field that differs. The first alone is said once more, for its index."""
    condition = Q()
    for number, field in enumerate(fields):
        alike = Q(**dict(zip(fields[:number], position, strict=False)))
        condition |= alike & Q(**{f"{field}__{way}": position[number]})
    return Q(**{f"{fields[0]}__{way}e": position[0]}) & condition


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return value if isinstance(value, int) else str(value)


def _once(request: Request, name: str) -> str | None:
    values = request.query_params.getlist(name)
    if len(values) > 1:
        raise parameter_problem(name, f"'{name}' is given {len(values)} times; say it once.")
    return values[0] if values else None


def _limit(request: Request) -> int:
    text = _once(request, "limit")
    if text is None:
        return DEFAULT_PAGE
    if not (text.isascii() and text.isdigit() and len(text) < 9 and 1 <= int(text) <= MAX_PAGE):
        raise parameter_problem("limit", f"'{text}' is no whole number from 1 to {MAX_PAGE:,}.")
    return int(text)
