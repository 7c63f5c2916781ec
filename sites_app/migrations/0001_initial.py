import re
import uuid

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import sites_app.models.controllers
import sites_app.models.stores
import sites_app.secrets


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Controller",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=100)),
                (
                    "kind",
                    models.CharField(
                        choices=[("xcs", "XCS controller"), ("xovis", "Xovis sensor")], default="xcs", max_length=10
                    ),
                ),
                (
                    "base_url",
                    models.CharField(max_length=300, validators=[sites_app.models.controllers.validate_base_url]),
                ),
                ("api_key", sites_app.secrets.SecretField(help_text="Encrypted at rest; never shown again.")),
                (
                    "webhook_key",
                    sites_app.secrets.SecretField(
                        blank=True, default="", help_text="What the controller sends with its webhooks."
                    ),
                ),
                ("enabled", models.BooleanField(default=True)),
                (
                    "poll_interval_s",
                    models.PositiveIntegerField(
                        default=60,
                        help_text="Seconds.",
                        validators=[
                            django.core.validators.MinValueValidator(5),
                            django.core.validators.MaxValueValidator(3600),
                        ],
                    ),
                ),
                ("verify_tls", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("new", "New"),
                            ("online", "Online"),
                            ("degraded", "Degraded"),
                            ("offline", "Offline"),
                            ("unauthorized", "Key rejected"),
                        ],
                        default="new",
                        editable=False,
                        max_length=15,
                    ),
                ),
                ("last_success_at", models.DateTimeField(editable=False, null=True)),
                ("last_error", models.TextField(blank=True, default="", editable=False)),
                ("consecutive_failures", models.PositiveIntegerField(default=0, editable=False)),
                ("clock_skew_ms", models.BigIntegerField(editable=False, null=True)),
                (
                    "path_analytics",
                    models.BooleanField(editable=False, help_text="Unknown until it was asked.", null=True),
                ),
            ],
            options={
                "ordering": ["store", "name"],
            },
        ),
        migrations.CreateModel(
            name="Region",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "code",
                    models.CharField(
                        max_length=100,
                        unique=True,
                        validators=[
                            django.core.validators.RegexValidator(
                                re.compile("^[-a-zA-Z0-9_]+\\Z"),
                                "Enter a valid “slug” consisting of letters, numbers, underscores or hyphens.",
                                "invalid",
                            )
                        ],
                    ),
                ),
                ("name", models.CharField(max_length=100)),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="sites_app.region",
                    ),
                ),
            ],
            options={
                "ordering": ["code"],
            },
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "region",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: all stores.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to="sites_app.region",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ApiKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100)),
                (
                    "prefix",
                    models.CharField(editable=False, help_text="The key's beginning, to tell it by.", max_length=12),
                ),
                ("digest", models.CharField(editable=False, max_length=64, unique=True)),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(choices=[("read", "Read"), ("write", "Write")], max_length=10),
                        default=list,
                        size=None,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                ("last_used_at", models.DateTimeField(editable=False, null=True)),
                ("regions", models.ManyToManyField(blank=True, help_text="None: all stores.", to="sites_app.region")),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="Sensor",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sensor_id", models.CharField(max_length=200)),
                ("name", models.CharField(blank=True, max_length=200)),
                ("type", models.CharField(blank=True, max_length=100)),
                ("status", models.CharField(blank=True, max_length=20)),
                ("firmware", models.CharField(blank=True, max_length=100)),
                ("last_seen_at", models.DateTimeField(null=True)),
                (
                    "controller",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="sensors", to="sites_app.controller"
                    ),
                ),
            ],
            options={
                "ordering": ["controller", "sensor_id"],
            },
        ),
        migrations.CreateModel(
            name="Store",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "code",
                    models.CharField(
                        max_length=40,
                        unique=True,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Za-z0-9._-]+\\Z", "Letters, digits, '.', '_' and '-' only."
                            )
                        ],
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                ("timezone", models.CharField(max_length=64, validators=[sites_app.models.stores.validate_timezone])),
                ("country", models.CharField(blank=True, help_text="ISO 3166, two letters.", max_length=2)),
                ("city", models.CharField(blank=True, max_length=100)),
                ("latitude", models.DecimalField(blank=True, decimal_places=5, max_digits=8, null=True)),
                ("longitude", models.DecimalField(blank=True, decimal_places=5, max_digits=8, null=True)),
                (
                    "capacity",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="People. Empty: the sum of the capacities of the zones that count.",
                        null=True,
                    ),
                ),
                ("floor_area_m2", models.DecimalField(blank=True, decimal_places=2, max_digits=9, null=True)),
                (
                    "opened_on",
                    models.DateField(blank=True, help_text="Nothing before it is expected in reports.", null=True),
                ),
                ("closed_on", models.DateField(blank=True, null=True)),
                (
                    "tags",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), blank=True, default=list, size=None
                    ),
                ),
                (
                    "region",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="stores", to="sites_app.region"
                    ),
                ),
            ],
            options={
                "ordering": ["code"],
            },
        ),
        migrations.CreateModel(
            name="SpecialHours",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("date", models.DateField()),
                ("opens", models.TimeField(blank=True, null=True)),
                ("closes", models.TimeField(blank=True, null=True)),
                (
                    "store",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="special_hours", to="sites_app.store"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "special hours",
                "ordering": ["store", "date", "opens"],
            },
        ),
        migrations.CreateModel(
            name="OpeningHours",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "weekday",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (1, "Monday"),
                            (2, "Tuesday"),
                            (3, "Wednesday"),
                            (4, "Thursday"),
                            (5, "Friday"),
                            (6, "Saturday"),
                            (7, "Sunday"),
                        ]
                    ),
                ),
                ("opens", models.TimeField()),
                ("closes", models.TimeField()),
                (
                    "store",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="opening_hours", to="sites_app.store"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "opening hours",
                "ordering": ["store", "weekday", "opens"],
            },
        ),
        migrations.AddField(
            model_name="controller",
            name="store",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="controllers", to="sites_app.store"
            ),
        ),
        migrations.CreateModel(
            name="Zone",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("zone_id", models.CharField(max_length=200)),
                ("code", models.CharField(max_length=310)),
                ("name", models.CharField(blank=True, max_length=200)),
                (
                    "kind",
                    models.CharField(
                        choices=[("entrance", "Entrance"), ("area", "Area"), ("queue", "Queue")], max_length=10
                    ),
                ),
                ("kind_by_hand", models.BooleanField(default=False)),
                (
                    "capacity",
                    models.PositiveIntegerField(
                        blank=True, help_text="People. Set by hand, it goes before what the controller says.", null=True
                    ),
                ),
                ("capacity_by_hand", models.BooleanField(default=False)),
                (
                    "has_occupancy",
                    models.BooleanField(default=False, help_text="Stands in the controller's occupancy snapshot."),
                ),
                (
                    "has_dwell",
                    models.BooleanField(default=False, help_text="Its controller has told dwell times of it."),
                ),
                (
                    "counts_by_hand",
                    models.BooleanField(
                        blank=True,
                        help_text="Whether it counts toward the store's occupancy; unknown: by the rule.",
                        null=True,
                    ),
                ),
                (
                    "appeared_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="Since when the controller has it. Empty: as long as the store is watched.",
                        null=True,
                    ),
                ),
                (
                    "retired_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="Since when the controller no longer has it. Empty: it still has.",
                        null=True,
                    ),
                ),
                (
                    "controller",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="zones", to="sites_app.controller"
                    ),
                ),
                (
                    "store",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="zones", to="sites_app.store"
                    ),
                ),
            ],
            options={
                "ordering": ["store", "code"],
            },
        ),
        migrations.AddConstraint(
            model_name="region",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("parent__isnull", True), models.Q(("parent", models.F("id")), _negated=True), _connector="OR"
                ),
                name="region_not_its_own_parent",
                violation_error_message="A region can't lie in itself.",
            ),
        ),
        migrations.AddConstraint(
            model_name="region",
            constraint=models.UniqueConstraint(
                fields=("parent", "name"),
                name="region_name_unique_among_siblings",
                nulls_distinct=False,
                violation_error_message="There is a region of this name here already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.UniqueConstraint(
                fields=("user", "region"),
                name="membership_once",
                nulls_distinct=False,
                violation_error_message="This person has this region already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="apikey",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("scopes__contained_by", ["read", "write"]), models.Q(("scopes", []), _negated=True)
                ),
                name="api_key_scopes_known",
                violation_error_message="Scopes are read and write, at least one.",
            ),
        ),
        migrations.AddConstraint(
            model_name="sensor",
            constraint=models.UniqueConstraint(
                fields=("controller", "sensor_id"), name="sensor_id_unique_at_controller"
            ),
        ),
        migrations.AddConstraint(
            model_name="store",
            constraint=models.CheckConstraint(
                condition=models.Q(("capacity__isnull", True), ("capacity__gt", 0), _connector="OR"),
                name="store_capacity_positive",
                violation_error_message="A capacity is at least 1, or empty where it isn't known.",
            ),
        ),
        migrations.AddConstraint(
            model_name="store",
            constraint=models.CheckConstraint(
                condition=models.Q(("floor_area_m2__isnull", True), ("floor_area_m2__gt", 0), _connector="OR"),
                name="store_floor_area_positive",
                violation_error_message="A floor area is greater than 0, or empty where it isn't known.",
            ),
        ),
        migrations.AddConstraint(
            model_name="store",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("closed_on__isnull", True),
                    ("opened_on__isnull", True),
                    ("closed_on__gte", models.F("opened_on")),
                    _connector="OR",
                ),
                name="store_closed_after_opened",
                violation_error_message="closed_on lies before opened_on.",
            ),
        ),
        migrations.AddConstraint(
            model_name="store",
            constraint=models.CheckConstraint(
                condition=models.Q(("latitude__isnull", True), ("latitude__range", (-90, 90)), _connector="OR"),
                name="store_latitude_on_earth",
                violation_error_message="A latitude lies between -90 and 90.",
            ),
        ),
        migrations.AddConstraint(
            model_name="store",
            constraint=models.CheckConstraint(
                condition=models.Q(("longitude__isnull", True), ("longitude__range", (-180, 180)), _connector="OR"),
                name="store_longitude_on_earth",
                violation_error_message="A longitude lies between -180 and 180.",
            ),
        ),
        migrations.AddConstraint(
            model_name="specialhours",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closes__isnull", True), ("opens__isnull", True)),
                    models.Q(("closes__isnull", False), ("opens__isnull", False)),
                    _connector="OR",
                ),
                name="special_hours_both_times_or_none",
                violation_error_message="Give both times, or neither for a closed day.",
            ),
        ),
        migrations.AddConstraint(
            model_name="specialhours",
            constraint=models.UniqueConstraint(
                fields=("store", "date", "opens"),
                name="special_hours_start_once",
                nulls_distinct=False,
                violation_error_message="These hours begin twice on this date.",
            ),
        ),
        migrations.AddConstraint(
            model_name="openinghours",
            constraint=models.CheckConstraint(
                condition=models.Q(("weekday__range", (1, 7))),
                name="opening_hours_weekday_iso",
                violation_error_message="A weekday is 1 (Monday) to 7 (Sunday).",
            ),
        ),
        migrations.AddConstraint(
            model_name="openinghours",
            constraint=models.UniqueConstraint(
                fields=("store", "weekday", "opens"),
                name="opening_hours_start_once",
                violation_error_message="These hours begin twice on this weekday.",
            ),
        ),
        migrations.AddConstraint(
            model_name="controller",
            constraint=models.UniqueConstraint(
                fields=("store", "name"),
                name="controller_name_unique_in_store",
                violation_error_message="This store has a controller of this name already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="controller",
            constraint=models.CheckConstraint(
                condition=models.Q(("poll_interval_s__range", (5, 3600))),
                name="controller_poll_interval_sane",
                violation_error_message="A poll interval lies between 5 and 3600 seconds.",
            ),
        ),
        migrations.AddConstraint(
            model_name="controller",
            constraint=models.CheckConstraint(
                condition=models.Q(("base_url__regex", "^https?://[^/]")),
                name="controller_base_url_http",
                violation_error_message="Write the address as http(s)://HOST[:PORT]/api/v1.",
            ),
        ),
        migrations.AddConstraint(
            model_name="zone",
            constraint=models.UniqueConstraint(fields=("controller", "zone_id"), name="zone_id_unique_at_controller"),
        ),
        migrations.AddConstraint(
            model_name="zone",
            constraint=models.UniqueConstraint(fields=("store", "code"), name="zone_code_unique_in_store"),
        ),
        migrations.AddConstraint(
            model_name="zone",
            constraint=models.CheckConstraint(
                condition=models.Q(("capacity__isnull", True), ("capacity__gt", 0), _connector="OR"),
                name="zone_capacity_positive",
                violation_error_message="A capacity is at least 1, or empty where it isn't known.",
            ),
        ),
    ]
