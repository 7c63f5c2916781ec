"""Filters of lists: each narrows what the caller sees anyway, and each is described where it's made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from rest_framework.request import Request

from sites_app.access import Principal
from sites_app.authentication import principal_of
from sites_app.models import Region, Store
from sites_app.problems import parameter_problem

Narrow = Callable[[Principal, list[str]], Q]
"""A condition of a parameter's values; raises a problem that names it."""


@dataclass(frozen=True, slots=True)
class Filter:
    """A query parameter, what it narrows a list to, and what the OpenAPI document says of it."""

    name: str
    narrow: Narrow
    description: str
    schema: Mapping[str, Any]
    many: bool = False
    example: str | None = None

    @property
    def described(self) -> OpenApiParameter:
        schema = {"type": "array", "items": dict(self.schema)} if self.many else dict(self.schema)
        examples = [OpenApiExample(f"a {self.name}", [self.example] if self.many else self.example)]
        shown = examples if self.example else []
        return OpenApiParameter(self.name, schema, description=self.description, examples=shown)


def narrowed(request: Request, rows: QuerySet[Any], filters: Sequence[Filter]) -> QuerySet[Any]:
    """The rows that all given filters let through. A repeated parameter means any of its values."""
    principal = principal_of(request)
    for filter in filters:
        values = request.query_params.getlist(filter.name)
        if len(values) > 1 and not filter.many:
            raise parameter_problem(filter.name, f"'{filter.name}' is to be given once.")
        if values:
            rows = rows.filter(filter.narrow(principal, values))
    return rows


def store_filter(field: str) -> Filter:
    """By the store's code."""

    def narrow(principal: Principal, codes: list[str]) -> Q:
        visible = Store.objects.visible_to(principal).filter(code__in=codes)
        found = dict(visible.values_list("code", "pk"))
        _check("store", codes, found)
        return Q(**{f"{field}__in": list(found.values())})

    return Filter("store", narrow, "Only of these stores, by code.", {"type": "string"}, many=True, example="S001")


def region_filter(field: str) -> Filter:
    """By regions, with all under them."""

    def narrow(principal: Principal, codes: list[str]) -> Q:
        found = dict(Region.objects.visible_to(principal).filter(code__in=codes).values_list("code", "pk"))
        _check("region", codes, found)
        return Q(**{f"{field}__in": Region.objects.under(found.values())})

    said = "Only in these regions and all under them, by code."
    return Filter("region", narrow, said, {"type": "string"}, many=True, example="europe-germany")


def search(*fields: str) -> Filter:
    """By a piece of text, in any of these fields."""

    def narrow(principal: Principal, values: list[str]) -> Q:
        return reduce(or_, (Q(**{f"{field}__icontains": values[0].strip()}) for field in fields))

    named = ", ".join(field.rpartition("__")[0] + " " * ("__" in field) + field.rpartition("__")[2] for field in fields)
    return Filter("search", narrow, f"Only with this text in one of: {named}.", {"type": "string"}, example="Berlin")


def choice(name: str, field: str, choices: Sequence[str], description: str) -> Filter:
    """By one of a few words."""

    def narrow(principal: Principal, values: list[str]) -> Q:
        for value in values:
            if value not in choices:
                raise parameter_problem(name, f"'{value}' is not known; choose one of {', '.join(choices)}.")
        return Q(**{f"{field}__in": values})

    return Filter(name, narrow, description, {"type": "string", "enum": list(choices)}, many=True)


def flag(name: str, field: str, description: str) -> Filter:
    """By true or false."""

    def narrow(principal: Principal, values: list[str]) -> Q:
        if values[0] not in ("true", "false"):
            raise parameter_problem(name, f"'{values[0]}' is neither 'true' nor 'false'.")
        return Q(**{field: values[0] == "true"})

    return Filter(name, narrow, description, {"type": "boolean"})


def absence(name: str, field: str, description: str) -> Filter:
    """By whether a field has a value."""

    def narrow(principal: Principal, values: list[str]) -> Q:
        if values[0] not in ("true", "false"):
            raise parameter_problem(name, f"'{values[0]}' is neither 'true' nor 'false'.")
        return Q(**{f"{field}__isnull": values[0] == "false"})

    return Filter(name, narrow, description, {"type": "boolean"})


def text(name: str, lookup: str, description: str, example: str, *, written: Callable[[str], str] = str) -> Filter:
    """By a text as it is; ``written`` makes of what is asked for what is stored."""

    def narrow(principal: Principal, values: list[str]) -> Q:
        return Q(**{lookup: [written(value) for value in values]})

    return Filter(name, narrow, description, {"type": "string"}, many=True, example=example)


def identifier(name: str, field: str, description: str) -> Filter:
    """By a UUID."""

    def narrow(principal: Principal, values: list[str]) -> Q:
        try:
            ids = [UUID(value) for value in values]
        except ValueError as error:
            raise parameter_problem(name, f"'{values[0]}' is no UUID.") from error
        return Q(**{f"{field}__in": ids})

    return Filter(name, narrow, description, {"type": "string", "format": "uuid"}, many=True)


def instant(name: str, lookup: str, description: str) -> Filter:
    """By an instant with its offset."""

    def narrow(principal: Principal, values: list[str]) -> Q:
        return Q(**{lookup: read_instant(name, values[0])})

    shape = {"type": "string", "format": "date-time"}
    return Filter(name, narrow, description, shape, example="2025-11-03T09:00:00+01:00")


def read_instant(name: str, value: str) -> datetime:
    """An instant as RFC 3339 has it."""
    try:
        at = datetime.fromisoformat(value.replace(" ", "+"))  # a '+' that wasn't encoded comes as a space
        if at.tzinfo is not None and at.utcoffset() is not None and 1 < at.year < 9999:
            return at
    except ValueError:
        pass
    raise parameter_problem(name, f"'{value}' is no instant with its offset, such as 2026-11-02T09:00:00+01:00.")


def _check(name: str, given: Sequence[str], found: Mapping[str, int]) -> None:
    missing = sorted(set(given) - set(found))
    if missing:
        raise parameter_problem(name, f"There is no {name} '{missing[0]}' that you can see.")
