"""Endpoints of a resource with nothing to it but what all resources have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response

from sites_app.api import pages
from sites_app.api.endpoint import Endpoint
from sites_app.api.idempotency import idempotent
from sites_app.models import Region
from sites_app.problems import Problem


def _names(regions: Sequence[Region]) -> list[Any]:
    return [region.code for region in regions]


class Upwards(Endpoint):
    """Regions by name, of which many are alike, then by code."""

    parameters = pages.PARAMETERS

    def get(self, request: Request) -> Response:
        return pages.page_of(request, Region.objects.all(), ("name", "code"), _names)

    @idempotent
    def post(self, request: Request) -> Response:
        body: Any = request.data
        code = body["code"]
        if code == "refused":
            raise Problem(409, "Not now.")
        region = Region.objects.create(code=code, name=code)
        if code == "broken":
            raise RuntimeError
        return Response({"id": region.pk}, status=201, headers={"Location": f"/regions/{code}"})


class Downwards(Endpoint):
    """The same, the last first."""

    parameters = pages.PARAMETERS

    def get(self, request: Request) -> Response:
        return pages.page_of(request, Region.objects.all(), ("-name", "-code"), _names)


urlpatterns = [path("api/v1/up", Upwards.as_view()), path("api/v1/down", Downwards.as_view())]
handler400 = "sites_app.problems.bad_request"
