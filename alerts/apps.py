"""What this floor is called in the admin, and that its settings' changes are kept."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy


class AlertsConfig(AppConfig):
    name = "alerts"
    verbose_name = gettext_lazy("Alerts")

    def ready(self) -> None:
        from auditlog.registry import auditlog

        from alerts.models import AlertRule, MailPreference, WebhookEndpoint

        auditlog.register(AlertRule)
        auditlog.register(MailPreference)
        auditlog.register(
            WebhookEndpoint,
            include_fields=["name", "url", "event_types", "contact_email", "enabled", "secret"],
            mask_fields=["secret"],
            m2m_fields={"regions"},
        )
