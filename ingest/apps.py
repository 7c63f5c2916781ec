"""What this floor is called in the admin."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy


class IngestConfig(AppConfig):
    name = "ingest"
    verbose_name = gettext_lazy("What comes in")
