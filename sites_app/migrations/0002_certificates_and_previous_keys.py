from django.db import migrations, models

import sites_app.models.controllers
import sites_app.secrets


class Migration(migrations.Migration):
    dependencies = [
        ("sites_app", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="controller",
            name="ca_certificate",
            field=models.TextField(
                blank=True,
                default="",
                help_text="PEM. What to trust instead of the public authorities, where the controller's certificate is the company's own.",
                validators=[sites_app.models.controllers.validate_certificates],
                verbose_name="CA certificate",
            ),
        ),
        migrations.AddField(
            model_name="controller",
            name="previous_webhook_key",
            field=sites_app.secrets.SecretField(blank=True, default="", editable=False),
        ),
        migrations.AddField(
            model_name="controller",
            name="previous_webhook_key_until",
            field=models.DateTimeField(
                editable=False,
                help_text="Until when the webhook key before the present one is accepted, too.",
                null=True,
            ),
        ),
    ]
