"""Where everything is."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.decorators.http import conditional_page
from drf_spectacular.views import SpectacularSwaggerView

from sites_app.openapi import OpenApiDocument
from xovis_platform import observability

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/v1/", include("sites_app.api.urls")),
    path("api/v1/", include("ingest.api.urls")),
    path("api/v1/", include("reports.api.urls")),
    path("api/v1/", include("alerts.api.urls")),
    path("ingest/", include("ingest.api.arriving")),
    path("xcs/", include("reports.facade.urls")),
    re_path(r"^api/v1/schema/?$", conditional_page(OpenApiDocument.as_view()), name="schema"),
    re_path(r"^api/docs/?$", SpectacularSwaggerView.as_view(url_name="schema"), name="api-docs"),
    path("healthz", observability.healthz),
    path("readyz", observability.readyz),
    path("metrics", observability.metrics),
    # Last, as its many addresses have no beginning in common: programs needn't be held against each of them.
    path("", include("portal.urls")),
]

handler400 = "sites_app.problems.bad_request"
handler403 = "sites_app.problems.permission_denied"
handler404 = "sites_app.problems.not_found"
handler429 = "sites_app.problems.too_many"
handler500 = "sites_app.problems.server_error"
