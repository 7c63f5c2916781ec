"""Exports over the API: ordered, watched and fetched by whoever ordered them, and by nobody else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import structlog
from celery import current_app
from django.http import FileResponse, HttpResponse, HttpResponseBase, QueryDict
from django.utils.http import content_disposition_header
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from kombu.exceptions import OperationalError
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from ingest.models import Measure
from reports import exports, orders
from reports.api import examples, export_schemas, files, parameters, schemas
from reports.formats import FORMATS
from reports.large import TooLarge
from reports.models import Export
from reports.models.exports import Owner
from reports.orders import AnyRequest
from reports.slices import Uncuttable
from sites_app.access import READ, Principal
from sites_app.api import pages
from sites_app.api.endpoint import Endpoint
from sites_app.api.idempotency import idempotent
from sites_app.api.tags import is_known, tag_of, tagged
from sites_app.authentication import HasScope, principal_of
from sites_app.models import ApiKey
from sites_app.problems import Problem

log = structlog.get_logger(__name__)


class MayRead(HasScope):
    """Ordering an export changes nothing that others see: whoever may read may order."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        super().has_permission(request, view)
        return READ in principal_of(request).scopes


class Exports(Endpoint):
    """Reports as files, of any size."""

    permission_classes = [MayRead]
    parameters = pages.PARAMETERS

    @extend_schema(
        operation_id="exports_list",
        parameters=pages.DESCRIBED,
        responses=pages.described(export_schemas.ExportSerializer),
        summary="All exports",
        examples=examples.EXPORT_PAGE,
        tags=["Exports"],
    )
    def get(self, request: Request) -> Response:
        """The exports that you ordered, the latest first."""
        owned = Export.objects.owned_by(_owner(request)).defer("store_ids")

        def write(page: Sequence[Export]) -> list[dict[str, Any]]:
            return [_answer(export, request) for export in page]

        return pages.page_of(request, owned, ("-created_at", "-id"), write)

    @extend_schema(
        operation_id="exports_order",
        request=export_schemas.ExportOrderSerializer,
        responses={202: export_schemas.ExportSerializer},
        summary="Order an export",
        examples=examples.EXPORT_ORDERED,
        tags=["Exports"],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Order a report as a file. It takes what the report takes, and ``report`` and ``format``."""
        principal = principal_of(request)
        report, format, given = _ordered(request.data)
        try:
            wanted = _wanted(report, cast(Request, _Asked(given)), principal)
            export = exports.order(wanted, format, _owner(request), principal, now=datetime.now(UTC))
        except (TooLarge, Uncuttable) as error:
            raise Problem(400, str(error)) from error
        except Problem as problem:
            raise Problem(problem.status_code, str(problem.detail), _as_pointers(problem.errors)) from problem
        _hurry()
        answer = _answer(export, request)
        return Response(answer, status=202, headers={"Location": answer["url"], "Retry-After": "2"})


class OneExport(Endpoint):
    """An export."""

    @extend_schema(
        operation_id="exports_one",
        summary="How far an export is",
        responses=export_schemas.ExportSerializer,
        examples=examples.EXPORT,
        tags=["Exports"],
    )
    def get(self, request: Request, export_id: UUID) -> Response:
        """How far an export has come; once it's done, ``file`` is where it's fetched."""
        return Response(_answer(_export(request, export_id), request))


class ExportFile(Endpoint):
    """An export's file."""

    renderer_classes = files.RENDERERS
    problems = (410,)

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[Any, str]:
        """The format was chosen with the order: whatever is accepted now, there is one file."""
        return super().perform_content_negotiation(request, force=True)

    @extend_schema(
        operation_id="exports_file",
        summary="An export's file",
        responses=dict(reversed(files.described(OpenApiTypes.OBJECT).items())),
        examples=examples.EXPORT_FILE,
        tags=["Exports"],
    )
    def get(self, request: Request, export_id: UUID) -> HttpResponseBase:
        """The file, until the export expires."""
        export = _export(request, export_id)
        _check_there(export, principal_of(request))
        tag = tag_of([export.pk.bytes, str(export.attempts).encode()])
        if is_known(request, tag):
            return tagged(HttpResponse(status=304), tag)
        return tagged(_file(request, export), tag)


def _file(request: Request, export: Export) -> HttpResponseBase:
    format = FORMATS[export.format]
    try:
        file = exports.path_of(export).open("rb")
    except FileNotFoundError as error:
        log.exception("export_file_missing", export=str(export.pk))
        raise Problem(410, "The file is no longer there. Order it again.") from error
    response = FileResponse(file, content_type=files.content_type(format))
    response.block_size = 256 * 1024
    name = orders.file_name(orders.from_json(export.asked), format)
    response["Content-Disposition"] = content_disposition_header(True, name) or ""
    if not format.is_text:
        files.leave_uncompressed(request)
    return response


def _check_there(export: Export, principal: Principal) -> None:
    if export.state == Export.State.EXPIRED:
        raise Problem(410, "The file has expired. Order it again.")
    if export.state != Export.State.DONE:
        raise Problem(404, f"There is no file (yet): the export is {export.state}. {export.error}".strip())
    if not exports.may_have(export, principal):
        raise Problem(404, "The file holds stores that you no longer see. Order it again.")


def _owner(request: Request) -> Owner:
    """Who asks: the key itself, or the person."""
    return request.auth if isinstance(request.auth, ApiKey) else cast(Owner, request.user)


def _export(request: Request, export_id: UUID) -> Export:
    export = Export.objects.owned_by(_owner(request)).filter(pk=export_id).first()
    if export is None:
        raise NotFound
    return export


def _answer(export: Export, request: Request) -> dict[str, Any]:
    """An export as the API writes it."""

    def url(name: str) -> str:
        return reverse(name, kwargs={"export_id": export.pk}, request=request)

    done = export.state == Export.State.DONE
    times = {name: getattr(export, name) for name in ("created_at", "started_at", "finished_at", "expires_at")}
    return {
        "id": str(export.pk),
        "url": url("export"),
        "report": export.report,
        "format": export.format,
        "asked": orders.asked(orders.from_json(export.asked)),
        "state": export.state,
        "progress": round(export.progress, 4),
        "rows": export.rows,
        "size_bytes": export.size_bytes,
        "error": export.error or None,
        **{name: at and at.isoformat() for name, at in times.items()},
        "file": url("export-file") if done else None,
    }


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a report's parameters are read from, in place of a request's query."""

    query_params: QueryDict


_FILTERS = ("store", "region", "tag", "zone")


def _wanted(report: str, given: Request, principal: Principal) -> AnyRequest:
    if report == orders.HEALTH:
        return parameters.health_request(given, principal)
    return parameters.report_request(given, Measure(report), principal)


def _ordered(body: Any) -> tuple[str, str, QueryDict]:
    """The report and the format that were ordered, and the rest as the query parameters that it would be."""
    if not isinstance(body, Mapping):
        raise Problem(400, "Send a JSON object.", [{"pointer": "", "detail": "Send a JSON object."}])
    report = _one_of(body, "report", list(schemas.EXPORTED))
    format = _one_of(body, "format", list(FORMATS), default=next(iter(FORMATS)))
    given = QueryDict(mutable=True)
    for name, value in body.items():
        if name not in ("report", "format") and value is not None:
            given.setlist(name, _texts(name, value))
    return report, format, given


def _one_of(body: Mapping[str, Any], name: str, choices: list[str], default: str | None = None) -> str:
    value = body.get(name, default)
    if value not in choices:
        detail = f"Choose one of {', '.join(choices)}."
        raise Problem(400, f"'{name}' is not known. {detail}", [{"pointer": f"/{name}", "detail": detail}])
    return str(value)


def _texts(name: str, value: Any) -> list[str]:
    """A member's value as a query would have it; only filters may be lists."""
    values = value if isinstance(value, list) and name in _FILTERS else [value]
    if not all(isinstance(item, str | int) for item in values):
        detail = "Write text, a whole number, or for a filter a list of texts."
        raise Problem(400, f"'{name}' can't be read. {detail}", [{"pointer": f"/{name}", "detail": detail}])
    return [str(item).lower() if isinstance(item, bool) else str(item) for item in values]


def _as_pointers(errors: list[dict[str, str]]) -> list[dict[str, str]]:
    """Faults of a body, not of a query."""
    return [
        {"pointer": f"/{error['parameter']}", "detail": error["detail"]} if "parameter" in error else error
        for error in errors
    ]


def _hurry() -> None:
    """Have exports begun at once. Without the broker this one waits for its turn, as any that is due."""
    try:
        current_app.send_task("reports.tasks.dispatch_exports", expires=10, retry=False)
    except OperationalError:
        log.warning("export_waits_for_the_broker")
