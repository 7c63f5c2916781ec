"""What acts on controllers, and their events. No trailing slash is needed, and one does no harm."""

from django.urls import re_path

from ingest.api import actions, backfills, events

_PK = "(?P<pk>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})"

urlpatterns = [
    re_path(rf"^controllers/{_PK}/test/?$", actions.TestController.as_view(), name="controller-test"),
    re_path(rf"^controllers/{_PK}/discover/?$", actions.DiscoverController.as_view(), name="controller-discover"),
    re_path(rf"^controllers/{_PK}/poll/?$", actions.PollController.as_view(), name="controller-poll"),
    re_path(rf"^controllers/{_PK}/backfill/?$", backfills.BackfillController.as_view(), name="controller-backfill"),
    re_path(rf"^backfills/{_PK}/?$", backfills.OneBackfill.as_view(), name="backfill"),
    re_path(r"^events/?$", events.Events.as_view(), name="events"),
]
