import django.db.models.deletion
from django.db import migrations, models

import ingest.models.records
from ingest.partitions import CreatePartitionedModel


class Migration(migrations.Migration):
    dependencies = [
        ("ingest", "0002_fleet"),
        ("sites_app", "0003_xovis"),
    ]

    operations = [
        migrations.CreateModel(
            name="ReversedZone",
            fields=[
                (
                    "zone",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="sites_app.zone",
                    ),
                ),
            ],
        ),
        CreatePartitionedModel(
            name="LineRecord",
            partitioned_by="start",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "store_id",
                        "zone_id",
                        "start",
                        "end",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("start", models.DateTimeField()),
                ("end", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
                ("forward", models.IntegerField()),
                ("backward", models.IntegerField()),
                ("complete", models.BooleanField()),
                (
                    "spills",
                    models.GeneratedField(
                        db_persist=True,
                        expression=ingest.models.records.Spills("15 minutes"),
                        output_field=models.BooleanField(),
                    ),
                ),
                (
                    "store",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="sites_app.store",
                    ),
                ),
                (
                    "zone",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="sites_app.zone",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("spills", True)), fields=["zone", "start"], name="line_record_spills"
                    )
                ],
            },
        ),
        CreatePartitionedModel(
            name="StayRecord",
            partitioned_by="start",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "store_id",
                        "zone_id",
                        "start",
                        "end",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("start", models.DateTimeField()),
                ("end", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
                ("average_dwell_ms", models.BigIntegerField()),
                ("visits", models.IntegerField(null=True)),
                ("complete", models.BooleanField()),
                (
                    "spills",
                    models.GeneratedField(
                        db_persist=True,
                        expression=ingest.models.records.Spills("1 hour"),
                        output_field=models.BooleanField(),
                    ),
                ),
                (
                    "store",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="sites_app.store",
                    ),
                ),
                (
                    "zone",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="sites_app.zone",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("spills", True)), fields=["zone", "start"], name="stay_record_spills"
                    )
                ],
            },
        ),
    ]
