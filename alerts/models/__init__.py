"""What needs attention, and who is told of it: one file an idea."""

from alerts.models.alerts import Alert, AlertQuerySet, Suspicion
from alerts.models.mail import Mail, MailPreference, Notice
from alerts.models.rules import AlertRule
from alerts.models.webhooks import EventType, WebhookDelivery, WebhookEndpoint, WebhookMessage
from sites_app.wording import in_all_languages

__all__ = [
    "Alert",
    "AlertQuerySet",
    "AlertRule",
    "EventType",
    "Mail",
    "MailPreference",
    "Notice",
    "Suspicion",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookMessage",
]

in_all_languages(
    Alert, AlertRule, Mail, MailPreference, Notice, Suspicion, WebhookDelivery, WebhookEndpoint, WebhookMessage
)
