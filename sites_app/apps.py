"""What this floor is called in the admin, that its changes are kept, and that there is one door."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy


class SitesAppConfig(AppConfig):
    name = "sites_app"
    verbose_name = gettext_lazy("Stores and access")

    def ready(self) -> None:
        from allauth.account.decorators import secure_admin_login
        from django.contrib import admin

        from sites_app import audit, roles
        from sites_app.login import noted

        # One door: who comes to the admin logs in where everybody does. Here, as the admin's addresses take it as it is then.
        admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
        audit.register()
        noted.listen()
        post_migrate.connect(roles.make_groups, dispatch_uid="roles")
