"""``POST /controllers/{id}/backfill``: intervals fetched again, as a job; and how far that has come."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from ingest import backfilling
from ingest.api.actions import controller_of
from ingest.models import Backfill, BackfillStep
from sites_app.api.endpoint import Endpoint
from sites_app.api.fields import KnownFields
from sites_app.api.idempotency import idempotent
from sites_app.authentication import caller_of, principal_of
from sites_app.models import Controller, Store

STATES = ("running", "done", "failed")
_MOST_ERRORS = 10
_EDGE = "A date (the store's own local day), or an instant with its offset."


class WindowSerializer(KnownFields):
    """The window to fetch, half-open."""

    start = serializers.CharField(help_text=_EDGE)
    end = serializers.CharField(help_text=f"{_EDGE} It isn't in the window itself.")

    def validate_start(self, text: str) -> datetime:
        """Not before what is kept."""
        start = self._edge(text)
        if start < self.context["now"] - timedelta(days=settings.INTERVAL_RETENTION_DAYS):
            raise serializers.ValidationError(
                f"Figures are kept for {settings.INTERVAL_RETENTION_DAYS} days: begin later."
            )
        if start >= self.context["now"]:
            raise serializers.ValidationError("It lies in the future.")
        return start

    def validate_end(self, text: str) -> datetime:
        return self._edge(text)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["end"] <= attrs["start"]:
            raise serializers.ValidationError({"end": "It lies at or before 'start'."})
        return attrs

    def _edge(self, text: str) -> datetime:
        try:
            if len(text) == len("2026-11-02"):
                return datetime.combine(date.fromisoformat(text), time(), self.context["store"].zone_info).astimezone(
                    UTC
                )
            at = datetime.fromisoformat(text)
            if at.tzinfo is not None:
                return at.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        raise serializers.ValidationError("Write a date such as 2026-11-02, or an instant with its offset.")


class StepsSerializer(serializers.Serializer[Any]):
    """A step is one kind of figures over at most seven days."""

    total = serializers.IntegerField(help_text="How many there are.")
    done = serializers.IntegerField(help_text="How many are fetched and written.")
    failed = serializers.IntegerField(help_text="How many were given up; see `failures`.")


class BackfillSerializer(serializers.Serializer[Any]):
    """A backfill: what it fetches, and how far it has come."""

    id = serializers.UUIDField(help_text="The job's.")
    url = serializers.URLField(help_text="Where it tells how far it is.")
    controllers = serializers.ListField(child=serializers.UUIDField(), help_text="Who is asked.")
    start = serializers.DateTimeField(help_text="The window's, as an instant.")
    end = serializers.DateTimeField(help_text="Likewise; it isn't in the window.")
    created_at = serializers.DateTimeField(help_text="When it was begun.")
    state = serializers.ChoiceField(
        STATES,
        help_text="`done`: all is fetched, and reports show it. `failed`: it has ended, and not all could be fetched.",
    )
    progress = serializers.FloatField(min_value=0, max_value=1, help_text="The share of its steps that have ended.")
    steps = StepsSerializer(help_text="How many of its steps have ended.")
    failures = serializers.ListField(child=serializers.CharField(), help_text="What went wrong, each once.")


_EXAMPLE = OpenApiExample("a week", {"start": "2026-11-02", "end": "2026-11-09"}, request_only=True)


def _begun(status: str) -> OpenApiExample:
    job = {
        "id": "6a1f0a52-0c3f-4c0f-8a53-1f1c2f4f7a11",
        "url": "https://xovis.example.com/api/v1/backfills/6a1f0a52-0c3f-4c0f-8a53-1f1c2f4f7a11",
        "controllers": ["5f0c8a52-6d0e-4f0b-9a53-1f1c2f4f7a10"],
        "start": "2026-11-01T23:00:00+00:00",
        "end": "2026-11-08T23:00:00+00:00",
        "created_at": "2026-11-09T08:00:00+00:00",
        "state": "running",
        "progress": 0.3333,
        "steps": {"total": 3, "done": 1, "failed": 0},
        "failures": [],
    }
    return OpenApiExample("a week, begun", job, response_only=True, status_codes=[status])


class BackfillController(Endpoint):
    """Backfills of a controller."""

    @extend_schema(
        operation_id="controllers_backfill",
        summary="Fetch a window again",
        request=WindowSerializer,
        responses={202: BackfillSerializer},
        examples=[_EXAMPLE, _begun("202")],
        tags=["Controllers"],
    )
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Fetch footfall, dwell and paths of a window again. The workers do it; `url` tells how far they are."""
        controller, now = controller_of(principal_of(request), pk), datetime.now(UTC)
        window = WindowSerializer(data=request.data, context={"store": controller.store, "now": now})
        window.is_valid(raise_exception=True)
        start, end = window.validated_data["start"], window.validated_data["end"]
        job = backfilling.plan([controller], start=start, end=end, now=now, created_by=caller_of(request))
        answer = _answer(request, job, [controller])
        return Response(answer, status=202, headers={"Location": answer["url"], "Retry-After": "5"})


class OneBackfill(Endpoint):
    """A backfill."""

    @extend_schema(
        operation_id="backfills_one",
        summary="How far a backfill is",
        responses=BackfillSerializer,
        examples=[_begun("200")],
        tags=["Controllers"],
    )
    def get(self, request: Request, pk: UUID) -> Response:
        """How far a backfill has come. It's seen by who sees all of its stores."""
        job = Backfill.objects.filter(pk=pk).first()
        controllers = list(
            Controller.objects.filter(pk__in=BackfillStep.objects.filter(backfill=pk).values("controller"))
        )
        stores = {controller.store_id for controller in controllers}
        visible = Store.objects.visible_to(principal_of(request)).filter(pk__in=stores).count()
        if job is None or visible < len(stores) or not (stores or principal_of(request).sees_all):
            raise NotFound
        return Response(_answer(request, job, controllers))


def _answer(request: Request, job: Backfill, controllers: list[Controller]) -> dict[str, Any]:
    progress = backfilling.progress(job.pk)
    failed = BackfillStep.objects.filter(backfill=job, state=BackfillStep.State.FAILED)
    state = (
        "running" if not (progress.finished and backfilling.is_shown(job)) else "failed" if progress.failed else "done"
    )
    return {
        "id": str(job.pk),
        "url": reverse("backfill", kwargs={"pk": job.pk}, request=request),
        "controllers": [str(controller.pk) for controller in controllers],
        "start": job.start.isoformat(),
        "end": job.end.isoformat(),
        "created_at": job.created_at.isoformat(),
        "state": state,
        "progress": round((progress.done + progress.failed) / progress.total, 4) if progress.total else 1.0,
        "steps": {"total": progress.total, "done": progress.done, "failed": progress.failed},
        "failures": list(failed.order_by("error").values_list("error", flat=True).distinct()[:_MOST_ERRORS]),
    }
