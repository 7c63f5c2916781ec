import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


def by_hand(apps, schema_editor):
    """Until now only a person could retire a zone."""
    apps.get_model("sites_app", "Zone").objects.exclude(retired_at=None).update(retired_by_hand=True)


class Migration(migrations.Migration):
    dependencies = [
        ("sites_app", "0006_key_rotation_and_limits"),
    ]

    operations = [
        migrations.AddField(
            model_name="sensor",
            name="zones",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=200),
                blank=True,
                default=list,
                help_text="Those that it serves, by zone_id.",
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="zone",
            name="missed",
            field=models.PositiveSmallIntegerField(
                default=0, editable=False, help_text="In how many discoveries in a row its controller hasn't had it."
            ),
        ),
        migrations.AddField(
            model_name="zone",
            name="missing_since",
            field=models.DateTimeField(editable=False, help_text="When the first of them was.", null=True),
        ),
        migrations.AddField(
            model_name="zone",
            name="retired_by_hand",
            field=models.BooleanField(default=False, help_text="A person's word: discovery leaves it so."),
        ),
        migrations.RunPython(by_hand, migrations.RunPython.noop),
        migrations.CreateModel(
            name="ZoneChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                (
                    "kind",
                    models.CharField(choices=[("retired", "Retired"), ("returned", "There again")], max_length=10),
                ),
                ("detail", models.TextField(blank=True)),
                (
                    "zone",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="changes", to="sites_app.zone"
                    ),
                ),
            ],
            options={
                "ordering": ["zone", "-at", "-id"],
            },
        ),
    ]
