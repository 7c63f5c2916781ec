"""``/xcs/api/v1/…`` is the chain, ``/xcs/STORE_CODE/api/v1/…`` one store. What no endpoint answers is refused here, too."""

from __future__ import annotations

from django.urls import re_path

from reports.facade import views

_BASES = (("chain", r"^api/v1"), ("store", r"^(?P<store>[^/]+)/api/v1"))
_ENDPOINTS = (
    (r"/sensors", views.Sensors),
    (r"/occupancy/current", views.Occupancy),
    (r"/queue/status", views.Queues),
    (r"/counts/interval", views.Counts),
    (r"/zones/(?P<zone>.+)/dwell", views.Dwell),
    (r"/analytics/paths", views.Paths),
    (r"(?P<path>(?s:/.*)?)", views.Nothing),
)

urlpatterns = [
    re_path(rf"{base}{path}\Z", view.as_view(), name=f"xcs-{of}-{view.__name__.lower()}")
    for of, base in _BASES
    for path, view in _ENDPOINTS
]
