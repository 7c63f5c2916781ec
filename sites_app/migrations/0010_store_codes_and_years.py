import django.core.validators
from django.db import migrations, models

import sites_app.models.stores


class Migration(migrations.Migration):
    dependencies = [
        ("sites_app", "0009_audit_log_stands"),
    ]

    operations = [
        migrations.AlterField(
            model_name="specialhours",
            name="date",
            field=models.DateField(validators=[sites_app.models.stores.validate_day]),
        ),
        migrations.AlterField(
            model_name="store",
            name="closed_on",
            field=models.DateField(blank=True, null=True, validators=[sites_app.models.stores.validate_day]),
        ),
        migrations.AlterField(
            model_name="store",
            name="code",
            field=models.CharField(
                max_length=40,
                unique=True,
                validators=[
                    django.core.validators.RegexValidator(
                        "^[A-Za-z0-9._-]+\\Z", "Letters, digits, '.', '_' and '-' only."
                    ),
                    sites_app.models.stores.validate_code,
                ],
            ),
        ),
        migrations.AlterField(
            model_name="store",
            name="opened_on",
            field=models.DateField(
                blank=True,
                help_text="Nothing before it is expected in reports.",
                null=True,
                validators=[sites_app.models.stores.validate_day],
            ),
        ),
    ]
