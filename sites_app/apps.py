"""What this floor is called in the admin, and that its changes are kept."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy


class SitesAppConfig(AppConfig):
    name = "sites_app"
    verbose_name = gettext_lazy("Stores and access")

    def ready(self) -> None:
        from sites_app import audit

        audit.register()
