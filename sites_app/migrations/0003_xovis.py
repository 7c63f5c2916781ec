from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sites_app", "0002_certificates_and_previous_keys"),
    ]

    operations = [
        migrations.AddField(
            model_name="sensor",
            name="clock",
            field=models.CharField(
                blank=True, help_text="What is wrong with its clock. Empty: nothing.", max_length=100
            ),
        ),
        migrations.AddField(
            model_name="zone",
            name="reversed",
            field=models.BooleanField(
                default=False, help_text="A Xovis sensor's line that was drawn the other way round: forward is out."
            ),
        ),
        migrations.AddIndex(
            model_name="zone",
            index=models.Index(condition=models.Q(("reversed", True)), fields=["id"], name="zone_reversed"),
        ),
    ]
