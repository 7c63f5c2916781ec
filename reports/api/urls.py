"""The report and live API. No trailing slash is needed, and one does no harm."""

from django.urls import re_path

from ingest.models import Measure
from reports.api import views

urlpatterns = [
    re_path(r"^live/occupancy/?$", views.LiveOccupancy.as_view(), name="live-occupancy"),
    re_path(r"^live/queues/?$", views.LiveQueues.as_view(), name="live-queues"),
    *(
        re_path(rf"^reports/{measure.value}/?$", views.report_view(measure), name=f"report-{measure.value}")
        for measure in (Measure.FOOTFALL, Measure.OCCUPANCY, Measure.QUEUES, Measure.DWELL, Measure.PATHS)
    ),
]
