"""How often a result that the learning records were told of was withdrawn: never, of all there are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One column with a default that the database knows, so that no row is written."""

    dependencies = [("results", "0002_told_to_learning_records")]

    operations = [
        migrations.AddField(
            model_name="examresult",
            name="withdrawals",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
    ]
