"""The base of the registry's resources: a list that is filtered and added to, and one of its rows, read and changed.

Whatever a caller does starts with what it sees: another region's row isn't there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import ProtectedError, QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from sites_app.access import Principal
from sites_app.api import pages
from sites_app.api.endpoint import Endpoint
from sites_app.api.examples import SENT_ALONE
from sites_app.api.filters import Filter, narrowed
from sites_app.api.idempotency import idempotent
from sites_app.api.tags import check_match, tag_of_content, tagged
from sites_app.authentication import principal_of
from sites_app.models import Zone
from sites_app.problems import Problem


class Resource(Endpoint):
    """What a list and its rows have in common."""

    serializer: ClassVar[type[BaseSerializer[Any]]]

    def rows(self, principal: Principal) -> QuerySet[Any]:
        """All rows that this caller sees, with all that is written of them, in one query."""
        raise NotImplementedError

    def serialized(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """The serializer, which knows who asks."""
        return self.serializer(*args, context={"principal": principal_of(request), "request": request}, **kwargs)

    def answer(self, request: Request, pk: Any) -> dict[str, Any]:
        """A row as it's written, as it is in the database now."""
        content: dict[str, Any] = self.serialized(request, self.rows(principal_of(request)).get(pk=pk)).data
        return content


class ListOf(Resource):
    """A list, in pages."""

    order: ClassVar[tuple[str, ...]]
    filters: ClassVar[tuple[Filter, ...]] = ()

    def parameters_of(self, method: str) -> tuple[str, ...]:
        if method not in ("GET", "HEAD"):
            return ()
        return (*pages.PARAMETERS, *(filter.name for filter in self.filters))

    def get(self, request: Request) -> Response:
        """Those that you see."""
        found = narrowed(request, self.rows(principal_of(request)), self.filters)

        def write(rows: Sequence[Any]) -> list[Any]:
            written: list[Any] = self.serialized(request, rows, many=True).data
            return written

        return pages.page_of(request, found, self.order, write)


class GrowingList(ListOf):
    """A list that is added to."""

    @idempotent
    def post(self, request: Request) -> Response:
        """Add one."""
        serializer = self.serialized(request, data=request.data)
        serializer.is_valid(raise_exception=True)
        with transaction.atomic():
            made = serializer.save()
        content = self.answer(request, made.pk)
        response = Response(content, status=201, headers={"Location": self.address(request, made)})
        return tagged(response, tag_of_content(content, self.volatile))

    def address(self, request: Request, made: Any) -> str:
        """Where what was made is found."""
        name = made.code if hasattr(made, "code") else made.pk
        return f"{request.build_absolute_uri(request.path).rstrip('/')}/{name}"


class OneOf(Resource):
    """One row, by what its address says of it: ``lookups`` are the fields where they are called otherwise."""

    lookups: ClassVar[Mapping[str, str]] = {}

    def get(self, request: Request, **by: Any) -> Response:
        """One of them."""
        return Response(self.serialized(request, self.one(request, **by)).data)

    def one(self, request: Request, *, lock: bool = False, **by: Any) -> Any:
        """The row, if the caller sees it; locked for as long as it's being changed."""
        named = {self.lookups.get(name, name): value for name, value in by.items()}
        rows = self.rows(principal_of(request)).filter(**named)
        row = (rows.select_for_update(of=("self",)) if lock else rows).first()
        if row is None:
            raise NotFound
        return row


class ChangingOne(OneOf):
    """One row, which is changed, also in part."""

    def patch(self, request: Request, **by: Any) -> Response:
        """Change what is sent, and leave the rest."""
        return self._change(request, by, partial=True)

    def put(self, request: Request, **by: Any) -> Response:
        """Change all of it; what isn't sent and isn't required is left."""
        return self._change(request, by, partial=False)

    def _change(self, request: Request, by: dict[str, Any], *, partial: bool) -> Response:
        with transaction.atomic():
            row = self.one(request, lock=True, **by)
            self.check_match(request, row)
            serializer = self.serialized(request, row, data=request.data, partial=partial)
            serializer.is_valid(raise_exception=True)
            serializer.save()
            content = self.answer(request, row.pk)
        return tagged(Response(content), tag_of_content(content, self.volatile))

    def check_match(self, request: Request, row: Any) -> None:
        """Refuse to change another state than the caller knows, if it says which it knows."""
        if "If-Match" in request.headers:
            check_match(request, tag_of_content(self.serialized(request, row).data, self.volatile))


class OneThatGoes(ChangingOne):
    """One row, which can be deleted, too."""

    remedy: ClassVar[str] = ""
    """What to do instead where figures hang on it, which stay."""

    def delete(self, request: Request, **by: Any) -> Response:
        """Delete it, if nothing hangs on it."""
        with transaction.atomic():
            row = self.one(request, lock=True, **by)
            self.check_match(request, row)
            try:
                row.delete()
            except ProtectedError as error:
                if self.remedy and any(isinstance(one, Zone) for one in error.protected_objects):
                    raise Problem(409, self.remedy) from error
                raise
        return Response(status=204)


def describe(
    noun: str,
    plural: str,
    tag: str,
    example: Mapping[str, Any],
    *,
    added: tuple[type[Any], Mapping[str, Any]] | None = None,
) -> Any:
    """Describe a resource's view in the OpenAPI document, by what it has: a class decorator.

    ``added`` is how one that was just added is answered, with an example, where that's more than is answered later.
    """
    name = plural.replace(" ", "_")

    def described(view: type[Any]) -> type[Any]:
        serializer, is_list = view.serializer, issubclass(view, ListOf)
        made, as_made = added or (serializer, example)
        shown = _shown(noun, example, as_made, is_list=is_list, read_only=_read_only(serializer))
        filters = [filter.described for filter in getattr(view, "filters", ())]
        many = {"responses": pages.described(serializer), "parameters": [*filters, *pages.DESCRIBED]} if is_list else {}
        methods: dict[str, Any] = {
            "get": {"responses": serializer, "summary": f"All {plural}" if is_list else f"One {noun}", **many},
            "post": {"request": serializer, "responses": {201: made}, "summary": f"Add a {noun}"},
            "patch": {"request": serializer, "responses": serializer, "summary": f"Change some of a {noun}"},
            "put": {"request": serializer, "responses": serializer, "summary": f"Change a {noun}"},
            "delete": {"responses": {204: None}, "summary": f"Delete a {noun}"},
        }
        ids = {"get": "list" if is_list else "one", "post": "add", "patch": "change", "put": "replace"}
        wanted = {
            method: extend_schema(
                operation_id=f"{name}_{ids.get(method, method)}", tags=[tag], examples=shown, **described
            )
            for method, described in methods.items()
            if hasattr(view, method)
        }
        result: type[Any] = extend_schema_view(**wanted)(view)
        return result

    return described


def _read_only(serializer: type[Any]) -> set[str]:
    return {name for name, field in serializer().fields.items() if field.read_only}


def _shown(
    noun: str, example: Mapping[str, Any], as_made: Mapping[str, Any], *, is_list: bool, read_only: Collection[str]
) -> list[OpenApiExample]:
    """The example as it's answered, alone or on a page, and as it's sent."""
    sent = {name: value for name, value in example.items() if name not in read_only} | SENT_ALONE.get(noun, {})
    page = {"next": None, "previous": None, "results": [example]}
    answers = (
        [
            OpenApiExample("a page", page, response_only=True, status_codes=["200"]),
            OpenApiExample(f"a {noun}", as_made, response_only=True, status_codes=["201"]),
        ]
        if is_list
        else [OpenApiExample(f"a {noun}", example, response_only=True, status_codes=["200"])]
    )
    return [*answers, OpenApiExample(f"a {noun}, as it is sent", sent, request_only=True)]
