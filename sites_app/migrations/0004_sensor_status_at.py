from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sites_app", "0003_xovis"),
    ]

    operations = [
        migrations.AddField(
            model_name="sensor",
            name="status_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]
