"""``POST /stores/import``: the onboarding CSV, all or nothing, with an error per cell."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from sites_app import onboarding
from sites_app.api.bodies import CsvBody, CsvFile
from sites_app.api.endpoint import Endpoint
from sites_app.api.examples import CONTROLLER
from sites_app.api.idempotency import idempotent
from sites_app.authentication import principal_of
from sites_app.problems import Problem, parameter_problem

MOST_ERRORS = 1_000
CHANGES = ["created", "changed", "unchanged"]
_CSV = """store_code,store_name,region,timezone,base_url,api_key,opening_hours
S001,Köln Mitte,Europe/Germany,Europe/Berlin,https://xcs.s001.example.com/api/v1,KEY,Mo-Sa 09:00-20:00
"""


_IMPORTED = {
    "dry_run": False,
    "created": 2,
    "changed": 0,
    "unchanged": 0,
    "regions_created": 1,
    "stores": [{"code": "S001", "change": "created"}],
    "controllers": [
        {name: CONTROLLER[name] for name in ("store", "name", "id", "webhook_url")} | {"change": "created"},
    ],
}


class ImportedStoreSerializer(serializers.Serializer[Any]):
    """What became of a store of the file."""

    code = serializers.CharField(help_text="The retailer's own.")
    change = serializers.ChoiceField(CHANGES, help_text="What became of it.")


class ImportedControllerSerializer(serializers.Serializer[Any]):
    """What became of a controller of the file, and what to type into it."""

    store = serializers.CharField(help_text="The code of its store.")
    name = serializers.CharField(help_text="As the file has it, or as it was given one.")
    id = serializers.UUIDField(help_text="Ours.")
    webhook_url = serializers.URLField(help_text="To type into XCS.")
    change = serializers.ChoiceField(CHANGES, help_text="What became of it.")


class ImportedSerializer(serializers.Serializer[Any]):
    """What an import has done, or with `dry_run` would do."""

    dry_run = serializers.BooleanField(help_text="Whether nothing was written.")
    created = serializers.IntegerField(help_text="How many stores and controllers.")
    changed = serializers.IntegerField(help_text="How many differed.")
    unchanged = serializers.IntegerField(help_text="How many were so already.")
    regions_created = serializers.IntegerField(help_text="How many regions were missing.")
    stores = ImportedStoreSerializer(many=True, help_text="In the order of the file.")
    controllers = ImportedControllerSerializer(many=True, help_text="In the order of the file.")


class StoreImport(Endpoint):
    """Stores with their controllers, many at once."""

    parser_classes = [CsvBody, CsvFile]

    def parameters_of(self, method: str) -> tuple[str, ...]:
        return ("dry_run",)

    @extend_schema(
        operation_id="stores_import",
        summary="Import stores with their controllers",
        request={CsvBody.media_type: OpenApiTypes.STR, CsvFile.media_type: OpenApiTypes.BINARY},
        parameters=[
            OpenApiParameter("dry_run", OpenApiTypes.BOOL, description="Say what would be done, and do nothing.")
        ],
        responses=ImportedSerializer,
        examples=[
            OpenApiExample("one store", _CSV, request_only=True, media_type=CsvBody.media_type),
            OpenApiExample("one store", _CSV, request_only=True, media_type=CsvFile.media_type),
            OpenApiExample("one store, imported", _IMPORTED, response_only=True, status_codes=["200"]),
        ],
        tags=["Registry"],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Take the onboarding CSV: all of it, or nothing and an error for each cell that can't be used."""
        dry_run = _flag(request)
        content: Any = request.data
        table = onboarding.read(content if isinstance(content, bytes) else b"", today=datetime.now(UTC).date())
        _refuse(table.errors)
        with transaction.atomic():
            plan = onboarding.compare(table)
            _refuse(onboarding.beyond(plan, principal_of(request)))
            _refuse(plan.errors)
            if not dry_run:
                onboarding.apply(plan)
        return Response({"dry_run": dry_run, **onboarding.told(plan)})


def _flag(request: Request) -> bool:
    value = request.query_params.get("dry_run", "false")
    if value not in ("true", "false"):
        raise parameter_problem("dry_run", f"'{value}' is neither 'true' nor 'false'.")
    return value == "true"


def _refuse(errors: Sequence[onboarding.CellError]) -> None:
    if errors:
        more = f", of which the first {MOST_ERRORS:,} are named" if len(errors) > MOST_ERRORS else ""
        raise Problem(
            400,
            f"Nothing was imported: {len(errors):,} cells can't be used{more}.",
            [
                {
                    "pointer": f"/{error.line}/{error.column}" if error.column else f"/{error.line}",
                    "line": error.line,
                    "column": error.column,
                    "value": error.value,
                    "detail": error.detail,
                }
                for error in errors[:MOST_ERRORS]
            ],
        )
