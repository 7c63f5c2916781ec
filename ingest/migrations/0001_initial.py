import uuid

import django.db.models.deletion
from django.db import migrations, models

from ingest.partitions import CreatePartitionedModel


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("sites_app", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Backfill",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("start", models.DateTimeField()),
                ("end", models.DateTimeField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("created_by", models.CharField(blank=True, max_length=150)),
            ],
            options={
                "ordering": ["-created_at"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("start__lt", models.F("end"))),
                        name="backfill_window_not_empty",
                        violation_error_message="start must lie before end.",
                    )
                ],
            },
        ),
        CreatePartitionedModel(
            name="DwellInterval",
            partitioned_by="start",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "store_id", "zone_id", "start", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("start", models.DateTimeField()),
                ("end", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
                ("average_dwell_ms", models.BigIntegerField()),
                ("visits", models.IntegerField(null=True)),
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
        ),
        CreatePartitionedModel(
            name="FootfallInterval",
            partitioned_by="start",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "store_id", "zone_id", "start", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("start", models.DateTimeField()),
                ("end", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
                ("count_in", models.IntegerField()),
                ("count_out", models.IntegerField()),
                ("complete", models.BooleanField()),
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
        ),
        CreatePartitionedModel(
            name="OccupancySample",
            partitioned_by="observed_at",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "store_id",
                        "zone_id",
                        "observed_at",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("observed_at", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
                ("people", models.IntegerField()),
                ("capacity", models.IntegerField(null=True)),
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
        ),
        CreatePartitionedModel(
            name="PathInterval",
            partitioned_by="start",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "store_id",
                        "from_zone_id",
                        "to_zone_id",
                        "start",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("from_zone_id", models.BigIntegerField()),
                ("to_zone_id", models.BigIntegerField()),
                ("start", models.DateTimeField()),
                ("end", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
                ("count", models.IntegerField()),
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
            ],
        ),
        CreatePartitionedModel(
            name="QueueSample",
            partitioned_by="observed_at",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "store_id",
                        "zone_id",
                        "observed_at",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("observed_at", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
                ("people", models.IntegerField()),
                ("average_wait_ms", models.BigIntegerField(null=True)),
                ("longest_wait_ms", models.BigIntegerField(null=True)),
                ("threshold", models.IntegerField(null=True)),
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
        ),
        migrations.CreateModel(
            name="BackfillStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("live", "Occupancy and queues"),
                            ("footfall", "Footfall"),
                            ("dwell", "Dwell"),
                            ("paths", "Paths"),
                            ("discovery", "Sensors and zones"),
                        ],
                        max_length=10,
                    ),
                ),
                ("start", models.DateTimeField()),
                ("end", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("done", "Done"), ("failed", "Failed")],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("due_at", models.DateTimeField()),
                ("error", models.TextField(blank=True)),
                (
                    "backfill",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="steps", to="ingest.backfill"
                    ),
                ),
                (
                    "controller",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="sites_app.controller"
                    ),
                ),
            ],
            options={
                "ordering": ["start"],
                "indexes": [
                    models.Index(condition=models.Q(("state", "waiting")), fields=["due_at"], name="backfill_step_due")
                ],
            },
        ),
        migrations.CreateModel(
            name="Dirty",
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
                ("quarter", models.DateTimeField()),
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
            ],
            options={
                "verbose_name_plural": "dirty quarters",
                "indexes": [models.Index(fields=["measure", "id"], name="dirty_measure_id")],
            },
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "store_id",
                        "controller_id",
                        "event_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("event_id", models.CharField(max_length=200)),
                ("event", models.CharField(max_length=100)),
                ("observed_at", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
                ("body", models.BinaryField()),
                ("digested_at", models.DateTimeField(null=True)),
                (
                    "controller",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="sites_app.controller",
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
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("digested_at", None)), fields=["received_at"], name="event_undigested"
                    ),
                    models.Index(fields=["store", "-observed_at"], name="event_of_store"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Quarantine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("received_at", models.DateTimeField()),
                ("source", models.CharField(choices=[("poll", "Poll"), ("webhook", "Webhook")], max_length=10)),
                (
                    "stream",
                    models.CharField(blank=True, help_text="Which answer or event it was part of.", max_length=20),
                ),
                ("reason", models.TextField()),
                ("pointer", models.CharField(blank=True, help_text="JSON pointer to the fault.", max_length=300)),
                ("body", models.BinaryField()),
                (
                    "digest",
                    models.CharField(
                        help_text="MD5 of the body: a fault that is sent again is kept once.", max_length=32
                    ),
                ),
                ("replayed_at", models.DateTimeField(null=True)),
                (
                    "controller",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="quarantine",
                        to="sites_app.controller",
                    ),
                ),
                (
                    "store",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="sites_app.store"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "quarantine",
                "ordering": ["-received_at"],
                "indexes": [models.Index(fields=["controller", "-received_at"], name="quarantine_of_controller")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("controller", "stream", "pointer", "digest"), name="quarantine_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Stream",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("live", "Occupancy and queues"),
                            ("footfall", "Footfall"),
                            ("dwell", "Dwell"),
                            ("paths", "Paths"),
                            ("discovery", "Sensors and zones"),
                        ],
                        max_length=10,
                    ),
                ),
                ("due_at", models.DateTimeField()),
                ("cursor", models.DateTimeField(null=True)),
                ("last_success_at", models.DateTimeField(null=True)),
                ("consecutive_failures", models.PositiveIntegerField(default=0)),
                ("last_error_code", models.CharField(blank=True, max_length=30)),
                ("last_error", models.TextField(blank=True)),
                (
                    "stopped",
                    models.BooleanField(default=False, help_text="Not asked until the controller's key changes."),
                ),
                (
                    "stopped_key",
                    models.CharField(
                        blank=True, help_text="MD5 of the stored, encrypted key it stopped with.", max_length=32
                    ),
                ),
                (
                    "controller",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="streams", to="sites_app.controller"
                    ),
                ),
            ],
            options={
                "ordering": ["controller", "kind"],
                "indexes": [models.Index(condition=models.Q(("stopped", False)), fields=["due_at"], name="stream_due")],
                "constraints": [
                    models.UniqueConstraint(fields=("controller", "kind"), name="stream_once_per_controller")
                ],
            },
        ),
        migrations.CreateModel(
            name="ZoneState",
            fields=[
                (
                    "zone",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="state",
                        serialize=False,
                        to="sites_app.zone",
                    ),
                ),
                ("occupancy_at", models.DateTimeField(null=True)),
                ("occupancy_received_at", models.DateTimeField(null=True)),
                ("people", models.IntegerField(null=True)),
                ("capacity", models.IntegerField(null=True)),
                ("queue_at", models.DateTimeField(null=True)),
                ("queue_received_at", models.DateTimeField(null=True)),
                ("people_waiting", models.IntegerField(null=True)),
                ("average_wait_ms", models.BigIntegerField(null=True)),
                ("longest_wait_ms", models.BigIntegerField(null=True)),
                ("threshold", models.IntegerField(null=True)),
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
            ],
            options={
                "indexes": [models.Index(fields=["store"], name="zone_state_store")],
            },
        ),
    ]
