"""What a lesson says becomes what its activity knows, and the other way round."""

from decimal import Decimal
from typing import Any

import pytest

from courses.player.sequencing.runtime import Said, give, take
from tests.courses.player.sequencing.learner import (
    BY_CONTENT,
    Learner,
    item,
    objectives,
    primary,
    reads,
    writes,
)


def learner() -> Learner:
    second = f'<objective objectiveID="second">{writes("shared")}</objective>'
    found = Learner(item("A", BY_CONTENT, objectives(primary(id="P"), second)), item("B", BY_CONTENT))
    found.go("start")
    return found


def says(found: Learner, cmi: dict[str, Any], **more: Any) -> None:
    take(found.tree, found.tree.by_id["A"], Said(cmi, has_ended=True), **more)


def test_status_and_score():
    found = learner()
    says(found, {"completion_status": "completed", "success_status": "failed", "score": {"scaled": "-0.5"}})
    assert [found.value("A", name) for name in ("completed", "satisfied", "measure")] == [True, False, -0.5]
    says(found, {"completion_status": "unknown", "success_status": "unknown"})
    assert found.value("A", "satisfied") is False


def test_objectives_by_their_id():
    found = learner()
    listed = {
        "0": {"id": "second", "success_status": "passed", "score": {"raw": "8", "min": "0", "max": "10"}},
        "1": {"id": "of nobody", "success_status": "passed"},
        "2": "no objective",
    }
    says(found, {"objectives": listed})
    assert found.value("A", "satisfied", "second") is True
    assert found.value("A", "measure", "second") == 0.8
    assert found.value("A", "satisfied") is None
    assert found.tree.shared["shared"]["satisfied"] is True


def test_the_mastery_score_and_the_progress_decide():
    found = learner()
    said = {"success_status": "passed", "score": {"scaled": "0.5"}, "progress_measure": "0.4"}
    says(found, said | {"completion_status": "completed"}, mastery=Decimal("0.6"), threshold=Decimal("0.5"))
    assert (found.value("A", "satisfied"), found.value("A", "completed")) == (False, False)


@pytest.mark.parametrize(
    ("cmi", "has_ended", "is_suspended"),
    [
        ({"exit": "suspend", "completion_status": "completed"}, True, True),
        ({"exit": "normal", "completion_status": "incomplete"}, True, False),
        ({"completion_status": "incomplete"}, True, True),
        ({"completion_status": "unknown"}, True, False),
        ({"completion_status": "unknown"}, False, True),
        ({"completion_status": "completed"}, False, False),
    ],
)
def test_which_attempts_go_on(cmi, has_ended, is_suspended):
    assert Said(cmi, has_ended=has_ended).is_suspended is is_suspended


@pytest.mark.parametrize(
    "cmi",
    [
        {"objectives": 7, "score": []},
        {"score": {"scaled": "NaN"}, "progress_measure": "2"},
        {"score": {"scaled": True}, "success_status": ["passed"]},
        {"objectives": {"0": {"id": {}}, "1": {"id": ["P"]}}},
    ],
)
def test_what_is_no_value_is_not_said(cmi):
    found = learner()
    says(found, cmi)
    assert (
        found.value("A", "satisfied") is found.value("A", "measure") is found.value("A", "progress") is None
    )


def test_a_lesson_is_told_what_others_reached():
    shared = f'<objective objectiveID="other">{reads("g")}</objective>'
    found = Learner(
        item("A", BY_CONTENT, objectives(primary(writes("g")))),
        item("B", objectives(primary(id="mine"), shared)),
    )
    found.go("start")
    found.does("continue", satisfied=True, measure=0.75)
    told = give(found.tree, found.tree.by_id["B"], {"objectives": {"0": {"id": "own", "description": "x"}}})
    assert told == {
        "0": {"id": "own", "description": "x"},
        "1": {"id": "mine"},
        "2": {"id": "other", "success_status": "passed", "score": {"scaled": "0.75"}},
    }
