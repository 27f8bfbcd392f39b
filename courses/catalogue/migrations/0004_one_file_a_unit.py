"""Say which units hold a package. Apart from the migration before: PostgreSQL alters no table with rows just moved."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0003_films_hold_their_package")]

    operations = [
        migrations.AddConstraint(
            model_name="unit",
            constraint=models.CheckConstraint(
                name="unit_package_only_where_shown",
                condition=Q(kind="package", package__isnull=False)
                | Q(kind__in=("video", "pdf"))
                | (~Q(kind="package") & Q(package=None)),
            ),
        ),
        migrations.AddConstraint(
            model_name="unit",
            constraint=models.CheckConstraint(name="unit_one_file", condition=Q(file="") | Q(package=None)),
        ),
    ]
