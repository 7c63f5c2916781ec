"""Tables as answers: in the format that was asked for, with an entity tag."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from django.http import HttpResponse, HttpResponseBase
from rest_framework.request import Request

from reports.api import files
from reports.formats import FORMATS, Format, Table
from sites_app.api.tags import is_known, tag_of, tagged


def answer(request: Request, table: Table, named: Callable[[Format], str], *, of: str) -> HttpResponseBase:
    """The table, tagged by all but the moment at which it was made; ``of`` is what it's a table of."""
    format = files.format_of(request)
    table = replace(table, rows=list(table.rows))  # they are passed through for the tag, and for the answer
    body = list(FORMATS["json"].write(table, None))
    tag = tag_of([format.name.encode(), of.encode(), *body[1:]])
    if is_known(request, tag):
        return tagged(HttpResponse(status=304), tag)
    if format.name == "json":
        return tagged(files.shown(b"".join(body), format, named(format)), tag)
    return tagged(files.stream(request, format.write(table, None), format, named(format)), tag)
