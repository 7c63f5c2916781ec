"""What needs attention and who is told of it, in the admin; one file an idea."""

from alerts.admin import alerts, mail, webhooks

__all__ = ["alerts", "mail", "webhooks"]
