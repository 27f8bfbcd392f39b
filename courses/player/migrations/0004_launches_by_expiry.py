"""Launches are looked for by their end: those that nobody ended are told as abandoned."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One index."""

    dependencies = [("player", "0003_registrations_by_activity")]

    operations = [
        migrations.AddIndex(
            model_name="launch",
            index=models.Index(models.F("expires_at"), name="launch_by_expiry"),
        ),
    ]
