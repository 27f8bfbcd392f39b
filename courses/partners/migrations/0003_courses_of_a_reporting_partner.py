"""A partner knows the courses it reports of; nothing changes in the database."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """A name for the way back."""

    dependencies = [("partners", "0002_reported_activities"), ("records", "0008_last_use_of_clients")]

    operations = [
        migrations.AlterField(
            model_name="reportedactivity",
            name="client",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reported_activities",
                to="records.client",
            ),
        ),
    ]
