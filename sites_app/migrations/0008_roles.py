from django.conf import settings
from django.db import migrations, models


def by_what_they_could(apps, schema_editor):
    """Until now who was staff could change what they saw, and the others could look at it."""
    staff = apps.get_model("sites_app", "Membership").objects.filter(user__is_staff=True)
    staff.filter(region=None).update(role="head_office")
    staff.filter(region__isnull=False, user__is_superuser=False).update(role="installer")


class Migration(migrations.Migration):
    dependencies = [
        ("sites_app", "0007_retired_zones_and_sensors_zones"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="membership",
            name="role",
            field=models.CharField(
                choices=[
                    ("head_office", "Head office"),
                    ("regional_manager", "Regional manager"),
                    ("store_manager", "Store manager"),
                    ("installer", "Installer"),
                    ("auditor", "Auditor"),
                ],
                db_default="regional_manager",
                default="regional_manager",
                max_length=20,
            ),
        ),
        migrations.RunPython(by_what_they_could, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("role", "head_office"), _negated=True), ("region", None), _connector="OR"),
                name="membership_head_office_of_all",
                violation_error_message="Head office looks after all stores: leave the region empty.",
            ),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("role", "store_manager"), _negated=True), ("region__isnull", False), _connector="OR"
                ),
                name="membership_store_manager_of_some",
                violation_error_message="A store manager has a store: choose its region.",
            ),
        ),
    ]
