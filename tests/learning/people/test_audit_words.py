"""What the details of audit entries are called: whatever an app writes has a name that people read."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.utils import translation

from learning.people import audit
from learning.people.audit_words import LABELS

APPS = ("learning", "certificates", "exams", "courses", "enrollment")


def keys_written() -> Iterator[tuple[str, str]]:
    """The keys that calls of `audit.record` name, with the file."""
    for app in APPS:
        for path in sorted((settings.BASE_DIR / app).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "audit.record":
                    yield from ((word.arg, path.name) for word in node.keywords if word.arg)


def test_every_key_that_is_written_has_a_name():
    nameless = {(key, name) for key, name in keys_written() if key not in LABELS}
    assert not nameless


@pytest.mark.django_db
def test_details_are_told_in_words(administrator, learner):
    entry = audit.record(
        administrator,
        "x.y",
        None,
        person=learner.pk,
        in_use=True,
        fields=["name_th", "hours"],
        note="",
        other=3,
    )
    with translation.override("th"):
        (found,) = audit.details([entry])
    assert found == [
        ("บุคคล", learner.full_name),
        ("เปิดใช้งาน", "ใช่"),
        ("ช่องข้อมูลที่แก้ไข", "name_th, hours"),
        ("หมายเหตุ", "–"),
        ("other", "3"),
    ]
