"""Zones' states are updated with every poll: where their pages have room, no index has to be touched for it."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("ingest", "0004_replay_pushes"),
    ]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE ingest_zonestate SET (fillfactor = 50)",
            "ALTER TABLE ingest_zonestate RESET (fillfactor)",
        ),
    ]
