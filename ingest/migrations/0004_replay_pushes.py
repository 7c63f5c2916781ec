from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ingest", "0003_xovis_records"),
    ]

    operations = [
        migrations.AlterField(
            model_name="quarantine",
            name="what",
            field=models.CharField(
                blank=True,
                choices=[
                    ("body", "A webhook's body"),
                    ("event", "An event"),
                    ("answer", "An answer"),
                    ("row", "A row of an answer"),
                    ("push", "A sensor's push"),
                ],
                db_default="",
                default="",
                max_length=10,
            ),
        ),
    ]
