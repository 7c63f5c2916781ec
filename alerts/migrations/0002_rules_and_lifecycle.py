import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("alerts", "0001_initial"),
        ("sites_app", "0004_sensor_status_at"),
    ]

    operations = [
        migrations.CreateModel(
            name="AlertRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("queue_over_threshold", "Queue over its threshold"),
                            ("occupancy_critical", "Occupancy critical"),
                            ("controller_offline", "Controller offline"),
                            ("sensor_offline", "Sensor offline"),
                            ("data_gap", "Data missing"),
                        ],
                        max_length=30,
                    ),
                ),
                ("enabled", models.BooleanField(blank=True, null=True, verbose_name="watched")),
                (
                    "threshold",
                    models.FloatField(
                        blank=True,
                        help_text="A queue: people, more than which are too many (else the controller's own threshold). Occupancy: the share of the capacity from which a store is too full (else 0.95).",
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                    ),
                ),
                (
                    "clear_share",
                    models.FloatField(
                        blank=True,
                        help_text="The part of the threshold at or under which it's well again (else 0.8 of a queue's, 0.9 of a store's).",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(1),
                        ],
                    ),
                ),
                (
                    "open_after_minutes",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="How long it must have been so before an alert is opened.",
                        null=True,
                        validators=[django.core.validators.MaxValueValidator(1440)],
                    ),
                ),
                (
                    "resolve_after_minutes",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="How long it must have been well before that is resolved.",
                        null=True,
                        validators=[django.core.validators.MaxValueValidator(1440)],
                    ),
                ),
            ],
            options={
                "ordering": ["kind", "region", "store"],
            },
        ),
        migrations.CreateModel(
            name="Suspicion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("queue_over_threshold", "Queue over its threshold"),
                            ("occupancy_critical", "Occupancy critical"),
                            ("controller_offline", "Controller offline"),
                            ("sensor_offline", "Sensor offline"),
                            ("data_gap", "Data missing"),
                        ],
                        max_length=30,
                    ),
                ),
                ("subject", models.CharField(blank=True, max_length=320)),
                ("since", models.DateTimeField()),
            ],
        ),
        migrations.AlterModelOptions(
            name="alert",
            options={"ordering": ["-opened_at", "-id"]},
        ),
        migrations.AddField(
            model_name="alert",
            name="acknowledged_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="alert",
            name="acknowledged_by",
            field=models.CharField(blank=True, default="", max_length=200),
        ),
        migrations.AddField(
            model_name="alert",
            name="clear_since",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="alert",
            name="controller",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="alerts",
                to="sites_app.controller",
            ),
        ),
        migrations.AddField(
            model_name="alert",
            name="detail",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="alert",
            name="limit",
            field=models.FloatField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="alert",
            name="name",
            field=models.CharField(blank=True, max_length=320),
        ),
        migrations.AddField(
            model_name="alert",
            name="note",
            field=models.TextField(blank=True, default="", help_text="What whoever acknowledged it has to say."),
        ),
        migrations.AddField(
            model_name="alert",
            name="resolution",
            field=models.CharField(
                blank=True, choices=[("cleared", "Over"), ("unwatched", "No longer watched")], default="", max_length=10
            ),
        ),
        migrations.AddField(
            model_name="alert",
            name="since",
            field=models.DateTimeField(
                blank=True, help_text="Since when it had been so when it was opened, if not for longer.", null=True
            ),
        ),
        migrations.AddField(
            model_name="alert",
            name="value",
            field=models.FloatField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name="alert",
            name="kind",
            field=models.CharField(
                choices=[
                    ("queue_over_threshold", "Queue over its threshold"),
                    ("occupancy_critical", "Occupancy critical"),
                    ("controller_offline", "Controller offline"),
                    ("sensor_offline", "Sensor offline"),
                    ("data_gap", "Data missing"),
                ],
                max_length=30,
            ),
        ),
        migrations.AddField(
            model_name="alert",
            name="changed_at",
            field=models.DateTimeField(null=True, help_text="When it was last opened, acknowledged or resolved."),
        ),
        migrations.RunSQL(
            "UPDATE alerts_alert SET changed_at = coalesce(resolved_at, opened_at), name = subject",
            migrations.RunSQL.noop,
        ),
        # What was written has to be looked at by deferred constraints before the table can change.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="alert",
            name="changed_at",
            field=models.DateTimeField(help_text="When it was last opened, acknowledged or resolved."),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(fields=["-opened_at", "-id"], name="alert_newest"),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(fields=["store", "-opened_at"], name="alert_of_store"),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(fields=["-changed_at"], name="alert_changed"),
        ),
        migrations.AddField(
            model_name="alertrule",
            name="region",
            field=models.ForeignKey(
                blank=True,
                help_text="For all stores under it.",
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="sites_app.region",
            ),
        ),
        migrations.AddField(
            model_name="alertrule",
            name="store",
            field=models.ForeignKey(
                blank=True,
                help_text="For this store alone. Neither a region nor a store: for all stores.",
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="sites_app.store",
            ),
        ),
        migrations.AddField(
            model_name="suspicion",
            name="store",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="sites_app.store"
            ),
        ),
        migrations.AddConstraint(
            model_name="alertrule",
            constraint=models.UniqueConstraint(
                fields=("kind", "region", "store"),
                name="alert_rule_once",
                nulls_distinct=False,
                violation_error_message="There is a rule of this kind for this scope already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="alertrule",
            constraint=models.CheckConstraint(
                condition=models.Q(("region", None), ("store", None), _connector="OR"),
                name="alert_rule_one_scope",
                violation_error_message="Choose a region or a store, not both.",
            ),
        ),
        migrations.AddConstraint(
            model_name="alertrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("threshold", None), ("threshold__gte", 0), _connector="OR"),
                    models.Q(("clear_share", None), ("clear_share__range", (0, 1)), _connector="OR"),
                ),
                name="alert_rule_settings_sane",
                violation_error_message="A threshold is 0 or more, and a share lies between 0 and 1.",
            ),
        ),
        migrations.AddConstraint(
            model_name="suspicion",
            constraint=models.UniqueConstraint(
                fields=("store", "kind", "subject"),
                name="suspicion_once",
                violation_error_message="This is suspected already.",
            ),
        ),
    ]
