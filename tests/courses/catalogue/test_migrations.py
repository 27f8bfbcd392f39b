"""Rows that an earlier release wrote, after the migrations."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

pytestmark = pytest.mark.django_db(transaction=True)
BEFORE, AFTER = [("catalogue", "0002_packages_order_and_completion")], [("catalogue", "0004_one_file_a_unit")]


def test_films_and_documents_find_the_package_they_were_kept_as(department):
    executor = MigrationExecutor(connection)
    executor.migrate(BEFORE)
    try:
        old = executor.loader.project_state([*BEFORE, ("content", "0003_uploads")]).apps
        course = old.get_model("catalogue", "Course").objects.create(
            code="KD90", name_th="ก", owner_id=department.pk, category="KD", objective_th="ก", hours=1
        )
        version = old.get_model("catalogue", "CourseVersion").objects.create(course=course, number=1)
        topic = old.get_model("catalogue", "Topic").objects.create(
            version=version, order=0, name_th="ก", minutes=1
        )
        kept = {
            kind: old.get_model("content", "StoredPackage").objects.create(
                owner_id=department.pk,
                kind=kind,
                title="ก",
                file_name=f"a.{kind}",
                size=1,
                sha256=kind,
                report={},
                description={"units": [{"href": f"a.{kind}"}]},
            )
            for kind in ("mp4", "pdf", "html")
        }
        rows = (
            {"kind": "video", "file": f"packages/{kept['mp4'].pk}/a.mp4"},
            {"kind": "pdf", "file": f"packages/{kept['pdf'].pk}/a.pdf"},
            {"kind": "video", "file": f"packages/{uuid4()}/gone.mp4"},
            {"kind": "video", "file": "units/own.mp4"},
            {"kind": "package", "package": kept["mp4"]},
            {"kind": "package", "package": kept["html"]},
        )
        for order, row in enumerate(rows):
            old.get_model("catalogue", "Unit").objects.create(topic=topic, order=order, title="ก", **row)
    finally:
        executor = MigrationExecutor(connection)
        executor.migrate(executor.loader.graph.leaf_nodes())
    units = executor.loader.project_state(AFTER).apps.get_model("catalogue", "Unit").objects.order_by("order")
    found = [(unit.kind, unit.package and unit.package.kind, bool(unit.file)) for unit in units]
    assert found == [
        ("video", "mp4", False),
        ("pdf", "pdf", False),
        ("video", None, True),
        ("video", None, True),
        ("video", "mp4", False),
        ("package", "html", False),
    ]
