from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="DwellRollup",
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
                        choices=[("quarter", "Quarter of an hour"), ("hour", "Hour"), ("day", "Day")], max_length=7
                    ),
                ),
                ("start", models.DateTimeField()),
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
        migrations.CreateModel(
            name="FootfallRollup",
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
                        choices=[("quarter", "Quarter of an hour"), ("hour", "Hour"), ("day", "Day")], max_length=7
                    ),
                ),
                ("start", models.DateTimeField()),
                ("is_open", models.BooleanField()),
                ("visitors_in", models.BigIntegerField()),
                ("visitors_out", models.BigIntegerField()),
                ("complete_quarters", models.BigIntegerField()),
                ("intervals", models.BigIntegerField()),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="OccupancyRollup",
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
                        choices=[("quarter", "Quarter of an hour"), ("hour", "Hour"), ("day", "Day")], max_length=7
                    ),
                ),
                ("start", models.DateTimeField()),
                ("is_open", models.BooleanField()),
                ("covered_us", models.BigIntegerField()),
                ("person_us", models.BigIntegerField()),
                ("capacity_us", models.BigIntegerField()),
                ("capacity_person_us", models.BigIntegerField()),
                ("peak", models.IntegerField(null=True)),
                ("peak_at", models.DateTimeField(null=True)),
                ("peak_utilisation", models.FloatField(null=True)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="PathRollup",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "store_id",
                        "from_zone_id",
                        "to_zone_id",
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
                ("from_zone_id", models.BigIntegerField()),
                ("to_zone_id", models.BigIntegerField()),
                (
                    "grain",
                    models.CharField(
                        choices=[("quarter", "Quarter of an hour"), ("hour", "Hour"), ("day", "Day")], max_length=7
                    ),
                ),
                ("start", models.DateTimeField()),
                ("is_open", models.BooleanField()),
                ("count", models.BigIntegerField()),
                ("intervals", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="QueueRollup",
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
                        choices=[("quarter", "Quarter of an hour"), ("hour", "Hour"), ("day", "Day")], max_length=7
                    ),
                ),
                ("start", models.DateTimeField()),
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
            ],
            options={
                "abstract": False,
            },
        ),
    ]
