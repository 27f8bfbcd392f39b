"""What the details of audit entries are called: whatever an app writes has a name that people read."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

import pytest
from django.conf import settings
from django.utils import translation

from learning.people import audit
from learning.people.audit_words import LABELS

APPS = ("learning", "certificates", "exams", "courses", "enrollment")


# Those that have named what they do.
NAMED = ("learning/records", "courses", "enrollment")


def entries_written(apps: Iterable[str]) -> Iterator[tuple[ast.Call, str]]:
    """The calls of `audit.record`, with the file."""
    for app in apps:
        for path in sorted((settings.BASE_DIR / app).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "audit.record":
                    yield node, path.name


def test_every_key_that_is_written_has_a_name():
    nameless = {
        (word.arg, name)
        for call, name in entries_written(APPS)
        for word in call.keywords
        if word.arg and word.arg not in LABELS
    }
    assert not nameless


def test_every_action_that_is_written_out_has_a_name():
    written = [(call.args[1], name) for call, name in entries_written(NAMED)]
    actions = {(str(action.value), name) for action, name in written if isinstance(action, ast.Constant)}
    assert actions
    assert not {(action, name) for action, name in actions if not audit.action_name(action)}


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
