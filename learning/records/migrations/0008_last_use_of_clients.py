"""When a client was here last, so that credentials nobody uses can be found and revoked."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One column, empty for all there are."""

    dependencies = [("records", "0007_statement_client")]

    operations = [
        migrations.AddField(
            model_name="client",
            name="last_used_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
