"""The report and live API. No trailing slash is needed, and one does no harm."""

from django.urls import re_path

from ingest.models import Measure
from reports.api import exports, health, streaming, views

_EXPORT = r"^exports/(?P<export_id>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})"

urlpatterns = [
    re_path(r"^exports/?$", exports.Exports.as_view(), name="exports"),
    re_path(_EXPORT + r"/?$", exports.OneExport.as_view(), name="export"),
    re_path(_EXPORT + r"/file/?$", exports.ExportFile.as_view(), name="export-file"),
    re_path(r"^live/occupancy/?$", views.LiveOccupancy.as_view(), name="live-occupancy"),
    re_path(r"^live/queues/?$", views.LiveQueues.as_view(), name="live-queues"),
    re_path(r"^live/stream/?$", streaming.LiveStream.as_view(), name="live-stream"),
    re_path(r"^reports/health/?$", health.Health.as_view(), name="report-health"),
    *(
        re_path(rf"^reports/{measure.value}/?$", views.report_view(measure), name=f"report-{measure.value}")
        for measure in (Measure.FOOTFALL, Measure.OCCUPANCY, Measure.QUEUES, Measure.DWELL, Measure.PATHS)
    ),
]
