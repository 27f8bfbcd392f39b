"""What lessons make of their chapters and of the whole (SN RB.1)."""

from decimal import Decimal
from typing import Any

import pytest

from tests.courses.player.sequencing.learner import (
    BY_CONTENT,
    FLOW,
    Learner,
    item,
    objectives,
    post,
    pre,
    primary,
    rollup,
    rules,
    writes,
)


def rolled(
    root: str, *said: dict[str, Any], names: str = "ABC", rules_of: dict[str, str] | None = None
) -> Learner:
    """Three lessons, each of which says something."""
    learner = Learner(
        *(item(name, BY_CONTENT, (rules_of or {}).get(name, "")) for name in names), root=FLOW + root
    )
    for name, values in zip(names, said, strict=False):
        learner.go("choice", name)
        learner.says(**values)
    return learner


def test_by_default_all_children_make_their_parent():
    done = {"completed": True, "satisfied": True}
    learner = rolled("", done, done)
    assert learner.value("", "completed") is learner.value("", "satisfied") is None
    learner.go("choice", "C")
    learner.says(completed=False, satisfied=False)
    assert learner.value("", "completed") is learner.value("", "satisfied") is False
    learner.says(completed=True, satisfied=True)
    assert learner.value("", "completed") is learner.value("", "satisfied") is True


@pytest.mark.parametrize(
    ("rule", "satisfied"),
    [
        (rollup("satisfied", "satisfied", "any"), True),
        (rollup("satisfied", "satisfied", "all"), None),
        (rollup("satisfied", "completed", "all"), True),
        (rollup("notSatisfied", "attempted", "all"), False),
        (rollup("satisfied", "satisfied", "atLeastCount", minimumCount=2), None),
        (rollup("satisfied", "satisfied", "atLeastPercent", minimumPercent=0.3), True),
        (rollup("satisfied", "attemptLimitExceeded", "none"), True),
        (rollup("notSatisfied", "attempted", "all") + rollup("satisfied", "completed", "all"), True),
        (rollup("sideways", "satisfied", "any"), None),
    ],
)
def test_rules_of_its_own(rule, satisfied):
    said = [{"completed": True, "satisfied": True}, {"completed": True}, {"completed": True}]
    learner = rolled(f"<rollupRules>{rule}</rollupRules>", *said)
    assert learner.value("", "satisfied") is satisfied


def test_the_measure_is_a_weighted_mean_and_decides():
    weights = {
        "A": '<rollupRules objectiveMeasureWeight="0"/>',
        "B": '<rollupRules objectiveMeasureWeight="0.5"/>',
    }
    learner = rolled(
        objectives(primary(by_measure="0.6")),
        {"measure": 0.0}, {"measure": 0.2}, {"measure": 1.0},
        rules_of=weights,
    )  # fmt: skip
    assert learner.value("", "measure") == pytest.approx(1.1 / 1.5)
    assert learner.value("", "satisfied") is True


def test_without_a_measure_nothing_is_decided_by_it():
    learner = rolled(objectives(primary(by_measure="0.6")), {"satisfied": True}, {"satisfied": True})
    assert learner.value("", "satisfied") is None


def test_a_lesson_that_is_judged_by_measure():
    learner = Learner(item("A", BY_CONTENT, objectives(primary(by_measure="0.6", id="P"))))
    learner.go("start")
    learner.says(measure=0.5, satisfied=True)
    assert learner.value("A", "satisfied") is False


def test_what_is_not_required_is_left_out():
    learner = rolled(
        "",
        {"completed": False, "satisfied": False},
        {"completed": True, "satisfied": True},
        names="AB",
        rules_of={"A": '<rollupRules rollupObjectiveSatisfied="false" rollupProgressCompletion="false"/>'},
    )
    assert learner.value("", "satisfied") is learner.value("", "completed") is True


@pytest.mark.parametrize(
    ("required", "completed"), [("always", None), ("ifAttempted", True), ("ifNotSkipped", True)]
)
def test_what_is_required_only_sometimes(required, completed):
    skipped = rules(pre("skip", "always"))
    considered = f'<adlseq:rollupConsiderations requiredForCompleted="{required}"/>'
    learner = rolled("", {"completed": True}, names="AB", rules_of={"B": skipped + considered})
    assert learner.value("", "completed") is completed


def test_progress_adds_up_to_completion():
    learner = Learner(
        item(
            "I",
            FLOW,
            item("A", BY_CONTENT, progress_weight=3),
            item("B", BY_CONTENT),
            completion_threshold=0.75,
        )
    )
    learner.go("start")
    learner.says(progress=0.9)
    assert learner.value("I", "completed") is False
    learner.says(progress=1.0)
    assert learner.value("I", "completed") is True


def test_the_whole_is_completed_by_progress_where_its_author_says_so():
    learner = Learner(item("A", BY_CONTENT), item("B", BY_CONTENT), completion_threshold=Decimal("0.5"))
    learner.go("start")
    learner.says(progress=0.9, completed=True)
    assert learner.value("", "completed") is False
    learner.says(progress=1.0)
    assert learner.value("", "completed") is True


def test_lessons_that_say_nothing_are_done_when_they_end():
    learner = Learner(item("A"), item("B", BY_CONTENT))
    learner.go("start")
    assert learner.value("A", "completed") is None
    learner.go("continue")
    assert learner.value("A", "completed") is learner.value("A", "satisfied") is True
    learner.go("exit")
    assert learner.value("B", "completed") is None


def test_the_fourth_edition_shares_completion():
    shared = (
        '<adlseq:objectives><adlseq:objective objectiveID="P">'
        '<adlseq:mapInfo targetObjectiveID="g" writeCompletionStatus="true"/>'
        "</adlseq:objective></adlseq:objectives>"
    )
    learner = Learner(item("A", objectives(primary(id="P")), shared))
    learner.go("start")
    learner.says(completed=True)
    assert learner.tree.shared["g"] == {"completed": True}


def test_remediation_until_all_is_mastered():
    """Lessons and tests are skipped once mastered; the rest is gone through again."""

    def mastered(name: str) -> str:
        return objectives(primary(writes(f"g-{name}"), id="P"))

    def read_only(name: str) -> str:
        return objectives(primary(f'<mapInfo targetObjectiveID="g-{name}"/>', id="P"))

    skip = rules(pre("skip", "satisfied"))
    last = rules(pre("skip", "satisfied"), post("exitParent", "always"))
    out = '<rollupRules rollupObjectiveSatisfied="false" rollupProgressCompletion="false"/>'
    again = rules(
        post("retry", "not satisfied", "not objectiveStatusKnown", combine="any"),
        post("exitAll", "satisfied"),
    )
    keeps = '<controlMode choice="false" flow="true" useCurrentAttemptObjectiveInfo="false"/>'
    learner = Learner(
        item(
            "W",
            keeps,
            again,
            item("A", skip, out, BY_CONTENT, read_only("1")),
            item("B", skip, out, BY_CONTENT, read_only("2")),
            item("S", skip, BY_CONTENT, mastered("1")),
            item("T", last, BY_CONTENT, mastered("2")),
        ),
        root='<controlMode choice="false" flow="true"/>',
    )
    assert learner.go("start") == "A"
    assert learner.does("continue", completed=True) == "B"
    assert learner.does("continue", completed=True) == "S"
    assert learner.does("continue", completed=True, satisfied=True) == "T"
    assert learner.does("continue", completed=True, satisfied=False) == "B"
    assert learner.does("continue", completed=True) == "T"
    assert learner.does("continue", completed=True, satisfied=True) is None
    assert learner.tree.current is None
    assert learner.value("", "satisfied") is True
