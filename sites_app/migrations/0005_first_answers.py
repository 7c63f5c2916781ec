import django.core.serializers.json
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sites_app", "0004_sensor_status_at"),
    ]

    operations = [
        migrations.CreateModel(
            name="FirstAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("caller", models.CharField(max_length=40)),
                ("key", models.CharField(max_length=255)),
                ("fingerprint", models.CharField(help_text="SHA-256 of what was asked.", max_length=64)),
                ("asked_at", models.DateTimeField()),
                ("status", models.PositiveSmallIntegerField(null=True)),
                ("headers", models.JSONField(default=dict)),
                ("content", models.JSONField(encoder=django.core.serializers.json.DjangoJSONEncoder, null=True)),
            ],
            options={
                "indexes": [models.Index(fields=["asked_at"], name="first_answer_asked")],
                "constraints": [models.UniqueConstraint(fields=("caller", "key"), name="first_answer_once")],
            },
        ),
    ]
