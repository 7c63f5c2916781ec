"""That changes of what people make here are kept."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "portal"

    def ready(self) -> None:
        from auditlog.registry import auditlog

        from portal.models import Schedule, Sign

        auditlog.register(Sign, include_fields=["store", "name", "revoked_at"])
        auditlog.register(Schedule, include_fields=["user", "region", "tag", "timezone", "language"])
