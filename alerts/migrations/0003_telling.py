import datetime
import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import alerts.models.mail
import sites_app.models.stores
import sites_app.secrets


class Migration(migrations.Migration):
    dependencies = [
        ("alerts", "0002_rules_and_lifecycle"),
        ("sites_app", "0004_sensor_status_at"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Mail",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("address", models.EmailField(max_length=254)),
                (
                    "subject",
                    models.CharField(
                        blank=True, default="", help_text="Of a letter that isn't about alerts.", max_length=300
                    ),
                ),
                ("text", models.TextField(blank=True, default="")),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("sent", "Sent"), ("failed", "Failed")],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("created_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(null=True)),
                ("error", models.TextField(blank=True, default="")),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at"],
            },
        ),
        migrations.CreateModel(
            name="MailPreference",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "mode",
                    models.CharField(
                        choices=[
                            ("at_once", "At once"),
                            ("hourly", "Once an hour"),
                            ("daily", "Once a day"),
                            ("off", "Never"),
                        ],
                        default="at_once",
                        max_length=10,
                    ),
                ),
                ("daily_at", models.TimeField(default=datetime.time(7, 0), help_text="When the daily one comes.")),
                (
                    "timezone",
                    models.CharField(
                        default="UTC",
                        help_text="On whose clock that is (IANA).",
                        max_length=64,
                        validators=[sites_app.models.stores.validate_timezone],
                    ),
                ),
                (
                    "kinds",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("queue_over_threshold", "Queue over its threshold"),
                                ("occupancy_critical", "Occupancy critical"),
                                ("controller_offline", "Controller offline"),
                                ("sensor_offline", "Sensor offline"),
                                ("data_gap", "Data missing"),
                            ],
                            max_length=30,
                        ),
                        blank=True,
                        default=list,
                        help_text="None: all.",
                        size=None,
                    ),
                ),
                ("when_resolved", models.BooleanField(default=True, help_text="Tell when it's over, too.")),
                (
                    "language",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="de, say. Empty: the platform's own.",
                        max_length=10,
                        validators=[alerts.models.mail.validate_language],
                    ),
                ),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="alert_mail",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["user"],
            },
        ),
        migrations.CreateModel(
            name="Notice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("event", models.CharField(choices=[("opened", "Opened"), ("resolved", "Resolved")], max_length=10)),
                ("due_at", models.DateTimeField()),
                (
                    "alert",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="notices", to="alerts.alert"
                    ),
                ),
                (
                    "mail",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="notices", to="alerts.mail"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["-due_at"],
            },
        ),
        migrations.CreateModel(
            name="WebhookEndpoint",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(blank=True, max_length=100)),
                ("url", models.CharField(max_length=500)),
                (
                    "event_types",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40),
                        blank=True,
                        default=list,
                        help_text="None: all.",
                        size=None,
                    ),
                ),
                (
                    "contact_email",
                    models.EmailField(blank=True, help_text="Who is told when it is switched off.", max_length=254),
                ),
                ("enabled", models.BooleanField(default=True)),
                ("secret", sites_app.secrets.SecretField(editable=False)),
                ("previous_secret", sites_app.secrets.SecretField(blank=True, default="", editable=False)),
                ("previous_secret_until", models.DateTimeField(editable=False, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("failing_since", models.DateTimeField(editable=False, null=True)),
                ("last_success_at", models.DateTimeField(editable=False, null=True)),
                ("disabled_at", models.DateTimeField(editable=False, null=True)),
                ("disabled_reason", models.TextField(blank=True, default="", editable=False)),
                (
                    "owner_key",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="sites_app.apikey",
                    ),
                ),
                (
                    "owner_user",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "regions",
                    models.ManyToManyField(
                        blank=True, help_text="None: all stores.", related_name="+", to="sites_app.region"
                    ),
                ),
            ],
            options={
                "ordering": ["created_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="WebhookMessage",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("alert.opened", "An alert was opened"),
                            ("alert.acknowledged", "An alert was acknowledged"),
                            ("alert.resolved", "An alert was resolved"),
                            ("endpoint.test", "A test"),
                        ],
                        max_length=40,
                    ),
                ),
                ("occurred_at", models.DateTimeField()),
                ("body", models.TextField(help_text="The JSON, byte for byte as it's signed and sent.")),
                (
                    "store",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="sites_app.store"
                    ),
                ),
            ],
            options={
                "ordering": ["-occurred_at"],
            },
        ),
        migrations.CreateModel(
            name="WebhookDelivery",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("delivered", "Delivered"), ("failed", "Failed")],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("created_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("give_up_at", models.DateTimeField()),
                ("attempted_at", models.DateTimeField(null=True)),
                ("duration_ms", models.PositiveIntegerField(null=True)),
                ("status", models.PositiveSmallIntegerField(help_text="What the endpoint answered last.", null=True)),
                ("error", models.TextField(blank=True, default="", help_text="Why the last attempt failed.")),
                ("delivered_at", models.DateTimeField(null=True)),
                (
                    "endpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="alerts.webhookendpoint",
                    ),
                ),
                (
                    "message",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="alerts.webhookmessage",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "webhook deliveries",
                "ordering": ["-created_at", "-id"],
            },
        ),
        migrations.AddIndex(
            model_name="mail",
            index=models.Index(condition=models.Q(("state", "waiting")), fields=["due_at"], name="mail_due"),
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(condition=models.Q(("mail", None)), fields=["due_at"], name="notice_due"),
        ),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.UniqueConstraint(
                fields=("user", "alert", "event"),
                name="notice_once",
                violation_error_message="This person is told of this already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookendpoint",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("event_types__contained_by", ["alert.opened", "alert.acknowledged", "alert.resolved"])
                ),
                name="webhook_endpoint_events_known",
                violation_error_message="An event type isn't known.",
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookendpoint",
            constraint=models.CheckConstraint(
                condition=models.Q(("url__regex", "^https?://[^/]")),
                name="webhook_endpoint_url_http",
                violation_error_message="Write the address as https://HOST[:PORT]/PATH.",
            ),
        ),
        migrations.AddIndex(
            model_name="webhookmessage",
            index=models.Index(fields=["occurred_at"], name="webhook_message_occurred"),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(
                condition=models.Q(("state", "waiting")), fields=["due_at"], name="webhook_delivery_due"
            ),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(fields=["endpoint", "-created_at", "-id"], name="webhook_delivery_newest"),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.UniqueConstraint(
                fields=("endpoint", "message"),
                name="webhook_delivery_once",
                violation_error_message="This endpoint is told of this already.",
            ),
        ),
    ]
