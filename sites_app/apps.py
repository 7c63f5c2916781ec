"""What this floor is called in the admin, and that its changes are kept."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy


class SitesAppConfig(AppConfig):
    name = "sites_app"
    verbose_name = gettext_lazy("Stores and access")

    def ready(self) -> None:
        from sites_app import audit, roles
        from sites_app.login import noted

        audit.register()
        noted.listen()
        post_migrate.connect(roles.make_groups, dispatch_uid="roles")
