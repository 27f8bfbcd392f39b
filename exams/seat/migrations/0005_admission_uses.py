from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('seat', '0004_admitted_at'),
    ]

    operations = [
        migrations.AddField(
            model_name='admission',
            name='uses',
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
    ]
