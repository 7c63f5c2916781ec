import django.db.models.deletion
from django.db import migrations, models

import reports.models
from reports.partitions import REGION_GRAINS, STORE_GRAINS, CreateRollup


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("sites_app", "0001_initial"),
    ]

    operations = [
        CreateRollup(
            name="DwellRegionRollup",
            grains=REGION_GRAINS,
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "region_id",
                        "grain",
                        "local",
                        "is_open",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("region_id", models.BigIntegerField()),
                (
                    "grain",
                    models.CharField(
                        choices=[
                            ("quarter", "Quarter of an hour"),
                            ("hour", "Hour"),
                            ("day", "Day"),
                            ("month", "Month"),
                        ],
                        max_length=7,
                    ),
                ),
                ("local", reports.models.ClockField()),
                ("is_open", models.BooleanField()),
                ("intervals", models.BigIntegerField()),
                ("weighted_ms", models.BigIntegerField()),
                ("weight", models.BigIntegerField()),
                ("visits", models.BigIntegerField(null=True)),
            ],
            options={
                "abstract": False,
            },
        ),
        CreateRollup(
            name="DwellRollup",
            grains=STORE_GRAINS,
            zoned=True,
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "store_id",
                        "zone_id",
                        "grain",
                        "start",
                        "is_open",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("store_id", models.BigIntegerField()),
                ("zone_id", models.BigIntegerField()),
                (
                    "grain",
                    models.CharField(
                        choices=[
                            ("quarter", "Quarter of an hour"),
                            ("hour", "Hour"),
                            ("day", "Day"),
                            ("month", "Month"),
                        ],
                        max_length=7,
                    ),
                ),
                ("start", models.DateTimeField()),
                ("is_open", models.BooleanField()),
                ("local", reports.models.ClockField()),
                ("intervals", models.BigIntegerField()),
                ("weighted_ms", models.BigIntegerField()),
                ("weight", models.BigIntegerField()),
                ("visits", models.BigIntegerField(null=True)),
            ],
            options={
                "abstract": False,
            },
        ),
        CreateRollup(
            name="FootfallRegionRollup",
            grains=REGION_GRAINS,
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "region_id",
                        "grain",
                        "local",
                        "is_open",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("region_id", models.BigIntegerField()),
                (
                    "grain",
                    models.CharField(
                        choices=[
                            ("quarter", "Quarter of an hour"),
                            ("hour", "Hour"),
                            ("day", "Day"),
                            ("month", "Month"),
                        ],
                        max_length=7,
                    ),
                ),
                ("local", reports.models.ClockField()),
                ("is_open", models.BooleanField()),
                ("visitors_in", models.BigIntegerField()),
                ("visitors_out", models.BigIntegerField()),
                ("complete_quarters", models.BigIntegerField()),
                ("intervals", models.BigIntegerField()),
                ("healed", models.BigIntegerField()),
            ],
            options={
                "abstract": False,
            },
        ),
        CreateRollup(
            name="FootfallRollup",
            grains=STORE_GRAINS,
            zoned=True,
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "store_id",
                        "zone_id",
                        "grain",
                        "start",
                        "is_open",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("store_id", models.BigIntegerField()),
                ("zone_id", models.BigIntegerField()),
                (
                    "grain",
                    models.CharField(
                        choices=[
                            ("quarter", "Quarter of an hour"),
                            ("hour", "Hour"),
                            ("day", "Day"),
                            ("month", "Month"),
                        ],
                        max_length=7,
                    ),
                ),
                ("start", models.DateTimeField()),
                ("is_open", models.BooleanField()),
                ("local", reports.models.ClockField()),
                ("visitors_in", models.BigIntegerField()),
                ("visitors_out", models.BigIntegerField()),
                ("complete_quarters", models.BigIntegerField()),
                ("intervals", models.BigIntegerField()),
                ("healed", models.BigIntegerField()),
            ],
            options={
                "abstract": False,
            },
        ),
        CreateRollup(
            name="OccupancyRegionRollup",
            grains=REGION_GRAINS,
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "region_id",
                        "grain",
                        "local",
                        "is_open",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("region_id", models.BigIntegerField()),
                (
                    "grain",
                    models.CharField(
                        choices=[
                            ("quarter", "Quarter of an hour"),
                            ("hour", "Hour"),
                            ("day", "Day"),
                            ("month", "Month"),
                        ],
                        max_length=7,
                    ),
                ),
                ("local", reports.models.ClockField()),
                ("is_open", models.BooleanField()),
                ("covered_us", models.BigIntegerField()),
                ("person_us", models.BigIntegerField()),
                ("capacity_us", models.BigIntegerField()),
                ("capacity_person_us", models.BigIntegerField()),
                ("peak", models.IntegerField(null=True)),
                ("peak_at", models.DateTimeField(null=True)),
                ("peak_utilisation", models.FloatField(null=True)),
                ("lowest", models.IntegerField(null=True)),
                ("peak_store_id", models.BigIntegerField(null=True)),
            ],
            options={
                "abstract": False,
            },
        ),
        CreateRollup(
            name="OccupancyRollup",
            grains=STORE_GRAINS,
            zoned=True,
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "store_id",
                        "zone_id",
                        "grain",
                        "start",
                        "is_open",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("store_id", models.BigIntegerField()),
                ("zone_id", models.BigIntegerField()),
                (
                    "grain",
                    models.CharField(
                        choices=[
                            ("quarter", "Quarter of an hour"),
                            ("hour", "Hour"),
                            ("day", "Day"),
                            ("month", "Month"),
                        ],
                        max_length=7,
                    ),
                ),
                ("start", models.DateTimeField()),
                ("is_open", models.BooleanField()),
                ("local", reports.models.ClockField()),
                ("covered_us", models.BigIntegerField()),
                ("person_us", models.BigIntegerField()),
                ("capacity_us", models.BigIntegerField()),
                ("capacity_person_us", models.BigIntegerField()),
                ("peak", models.IntegerField(null=True)),
                ("peak_at", models.DateTimeField(null=True)),
                ("peak_utilisation", models.FloatField(null=True)),
                ("lowest", models.IntegerField(null=True)),
            ],
            options={
                "abstract": False,
            },
        ),
        CreateRollup(
            name="PathRollup",
            grains=STORE_GRAINS,
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "store_id",
                        "grain",
                        "start",
                        "from_zone_id",
                        "to_zone_id",
                        "is_open",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("store_id", models.BigIntegerField()),
                (
                    "grain",
                    models.CharField(
                        choices=[
                            ("quarter", "Quarter of an hour"),
                            ("hour", "Hour"),
                            ("day", "Day"),
                            ("month", "Month"),
                        ],
                        max_length=7,
                    ),
                ),
                ("start", models.DateTimeField()),
                ("from_zone_id", models.BigIntegerField()),
                ("to_zone_id", models.BigIntegerField()),
                ("is_open", models.BooleanField()),
                ("local", reports.models.ClockField()),
                ("count", models.BigIntegerField()),
                ("intervals", models.BigIntegerField()),
            ],
        ),
        CreateRollup(
            name="QueueRegionRollup",
            grains=REGION_GRAINS,
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "region_id",
                        "grain",
                        "local",
                        "is_open",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("region_id", models.BigIntegerField()),
                (
                    "grain",
                    models.CharField(
                        choices=[
                            ("quarter", "Quarter of an hour"),
                            ("hour", "Hour"),
                            ("day", "Day"),
                            ("month", "Month"),
                        ],
                        max_length=7,
                    ),
                ),
                ("local", reports.models.ClockField()),
                ("is_open", models.BooleanField()),
                ("covered_us", models.BigIntegerField()),
                ("person_us", models.BigIntegerField()),
                ("peak", models.IntegerField(null=True)),
                ("peak_at", models.DateTimeField(null=True)),
                ("wait_person_us", models.DecimalField(decimal_places=0, max_digits=38)),
                ("waited_person_us", models.BigIntegerField()),
                ("longest_wait_ms", models.BigIntegerField(null=True)),
                ("over_us", models.BigIntegerField()),
                ("threshold_us", models.BigIntegerField()),
                ("breaches", models.BigIntegerField()),
                ("peak_store_id", models.BigIntegerField(null=True)),
            ],
            options={
                "abstract": False,
            },
        ),
        CreateRollup(
            name="QueueRollup",
            grains=STORE_GRAINS,
            zoned=True,
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "store_id",
                        "zone_id",
                        "grain",
                        "start",
                        "is_open",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("store_id", models.BigIntegerField()),
                ("zone_id", models.BigIntegerField()),
                (
                    "grain",
                    models.CharField(
                        choices=[
                            ("quarter", "Quarter of an hour"),
                            ("hour", "Hour"),
                            ("day", "Day"),
                            ("month", "Month"),
                        ],
                        max_length=7,
                    ),
                ),
                ("start", models.DateTimeField()),
                ("is_open", models.BooleanField()),
                ("local", reports.models.ClockField()),
                ("covered_us", models.BigIntegerField()),
                ("person_us", models.BigIntegerField()),
                ("peak", models.IntegerField(null=True)),
                ("peak_at", models.DateTimeField(null=True)),
                ("wait_person_us", models.DecimalField(decimal_places=0, max_digits=38)),
                ("waited_person_us", models.BigIntegerField()),
                ("longest_wait_ms", models.BigIntegerField(null=True)),
                ("over_us", models.BigIntegerField()),
                ("threshold_us", models.BigIntegerField()),
                ("breaches", models.BigIntegerField()),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="StoreBasis",
            fields=[
                (
                    "store",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="report_basis",
                        serialize=False,
                        to="sites_app.store",
                    ),
                ),
                ("region_id", models.BigIntegerField()),
                ("hours", models.TextField()),
                ("hours_digest", models.CharField(max_length=32)),
                ("occupancy", models.CharField(max_length=32)),
                ("queues", models.CharField(max_length=32)),
                ("footfall", models.CharField(max_length=32)),
            ],
            options={
                "verbose_name_plural": "store bases",
                "indexes": [
                    models.Index(fields=["region_id"], name="store_basis_region"),
                    models.Index(fields=["hours_digest"], name="store_basis_hours"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Recut",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "measure",
                    models.CharField(
                        choices=[
                            ("occupancy", "Occupancy"),
                            ("queues", "Queues"),
                            ("footfall", "Footfall"),
                            ("dwell", "Dwell"),
                            ("paths", "Paths"),
                        ],
                        max_length=10,
                    ),
                ),
                ("day", models.DateField()),
                (
                    "store",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="sites_app.store",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["measure", "id"], name="recut_measure_id")],
            },
        ),
    ]
