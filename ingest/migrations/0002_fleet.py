import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ingest", "0001_initial"),
        ("sites_app", "0002_certificates_and_previous_keys"),
    ]

    operations = [
        migrations.CreateModel(
            name="HealedGap",
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
                ("healed_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["-healed_at"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="quarantine",
            name="quarantine_once",
        ),
        migrations.AddField(
            model_name="quarantine",
            name="answered_at",
            field=models.DateTimeField(help_text="The controller's time of the answer that a row is of.", null=True),
        ),
        migrations.AddField(
            model_name="quarantine",
            name="awaits",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="The zone that it waits for; replayed when that is found.",
                max_length=200,
            ),
        ),
        migrations.AddField(
            model_name="quarantine",
            name="shape",
            field=models.CharField(
                blank=True, db_default="", default="", help_text="Which answer it is, or is a row of.", max_length=20
            ),
        ),
        migrations.AddField(
            model_name="quarantine",
            name="truncated",
            field=models.BooleanField(
                db_default=False, default=False, help_text="The body was longer than what is kept."
            ),
        ),
        migrations.AddField(
            model_name="quarantine",
            name="what",
            field=models.CharField(
                blank=True,
                choices=[
                    ("body", "A webhook's body"),
                    ("event", "An event"),
                    ("answer", "An answer"),
                    ("row", "A row of an answer"),
                ],
                db_default="",
                default="",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="stream",
            name="lacks",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Answers that this firmware doesn't have; asked for once a day.",
                max_length=100,
            ),
        ),
        migrations.AddField(
            model_name="stream",
            name="lacks_at",
            field=models.DateTimeField(help_text="When that was last tried.", null=True),
        ),
        migrations.AddField(
            model_name="stream",
            name="watched_from",
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
        ),
        migrations.AlterField(
            model_name="quarantine",
            name="digest",
            field=models.CharField(
                help_text="MD5 of the whole body: a fault that is sent again is kept once.", max_length=32
            ),
        ),
        migrations.AlterField(
            model_name="quarantine",
            name="stream",
            field=models.CharField(blank=True, help_text="Which stream or event it was part of.", max_length=20),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["-observed_at"], name="event_newest"),
        ),
        migrations.AddIndex(
            model_name="event",
            index=django.contrib.postgres.indexes.BrinIndex(
                autosummarize=True, fields=["received_at"], name="event_received"
            ),
        ),
        migrations.AddIndex(
            model_name="quarantine",
            index=models.Index(fields=["received_at"], name="quarantine_received"),
        ),
        migrations.AddIndex(
            model_name="quarantine",
            index=models.Index(
                condition=models.Q(("replayed_at", None), models.Q(("awaits", ""), _negated=True)),
                fields=["controller", "awaits"],
                name="quarantine_awaits",
            ),
        ),
        migrations.AddIndex(
            model_name="stream",
            index=models.Index(condition=models.Q(("stopped", True)), fields=["id"], name="stream_stopped"),
        ),
        migrations.AddConstraint(
            model_name="quarantine",
            constraint=models.UniqueConstraint(
                fields=("controller", "stream", "pointer", "digest", "answered_at"),
                name="quarantine_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddField(
            model_name="healedgap",
            name="controller",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="healed_gaps", to="sites_app.controller"
            ),
        ),
        migrations.AddIndex(
            model_name="healedgap",
            index=models.Index(fields=["controller", "-end"], name="healed_gap_of_controller"),
        ),
        migrations.AddIndex(
            model_name="healedgap",
            index=models.Index(fields=["-healed_at"], name="healed_gap_newest"),
        ),
    ]
