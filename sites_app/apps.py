"""What this floor is called in the admin."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy


class SitesAppConfig(AppConfig):
    name = "sites_app"
    verbose_name = gettext_lazy("Stores and access")
