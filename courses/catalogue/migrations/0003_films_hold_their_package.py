"""Films and documents that agencies brought hold the package they were kept as, no longer a file inside it.

Units made from the command line, which held such a package as `package`, become what they show.
"""

from uuid import UUID

from django.db import migrations

_SHOWN_AS = {"mp4": "video", "pdf": "pdf"}


def _hold_packages(apps, _schema):
    units = apps.get_model("catalogue", "Unit").objects
    kept = set(apps.get_model("content", "StoredPackage").objects.values_list("pk", flat=True))
    for pk, name in units.filter(package=None, file__startswith="packages/").values_list("pk", "file").iterator():
        package = UUID(name.split("/")[1])
        # Where it was thrown away, the name stays and says which it was.
        if package in kept:
            units.filter(pk=pk).update(package=package, file="")
    for kind, shown_as in _SHOWN_AS.items():
        units.filter(kind="package", package__kind=kind).update(kind=shown_as)


def _hold_files(apps, _schema):
    units = apps.get_model("catalogue", "Unit").objects
    shown = units.filter(kind__in=_SHOWN_AS.values()).exclude(package=None).select_related("package")
    for unit in shown.iterator():
        href = unit.package.description["units"][0]["href"]
        units.filter(pk=unit.pk).update(package=None, file=f"packages/{unit.package_id}/{href}")


class Migration(migrations.Migration):
    dependencies = [
        ("catalogue", "0002_packages_order_and_completion"),
        ("content", "0001_kept_packages"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="unit", name="unit_package_exactly_of_packages"),
        migrations.RunPython(_hold_packages, _hold_files),
    ]
