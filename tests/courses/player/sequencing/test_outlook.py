"""What a learner may do next, and what is told of what is locked."""

import sys

from courses.player.sequencing.outlook import needed_first
from courses.player.sequencing.refusals import Reason
from courses.player.sequencing.tree import is_sequenced
from tests.courses.player.sequencing.learner import (
    BY_CONTENT,
    FLOW,
    ORDER,
    Learner,
    item,
    objectives,
    package,
    post,
    pre,
    primary,
    reads,
    rules,
    writes,
)

NEEDS_A = rules(pre("disabled", "not satisfied before", "not objectiveStatusKnown before", combine="any"))
BEFORE = objectives(primary(), f'<objective objectiveID="before">{reads("a")}</objective>')


def in_order() -> Learner:
    return Learner(
        item("A", BY_CONTENT, objectives(primary(writes("a")))), item("B", NEEDS_A, BEFORE), item("C")
    )


def test_what_is_locked_names_what_comes_first():
    learner = in_order()
    learner.go("start")
    refused = learner.outlook().choices["B"]
    assert refused is not None
    assert refused.reason == Reason.RULES
    assert needed_first(learner.tree, refused) == ["บทที่ A"]
    assert learner.open_choices() == "AC"
    assert not learner.outlook().onward.is_open


def test_a_wrapper_that_nobody_sees_is_named_by_its_lessons():
    wrapper = item("W", FLOW, objectives(primary(writes("a"))), item("A"), item("D"), is_visible=False)
    learner = Learner(wrapper, item("B", NEEDS_A, BEFORE))
    learner.go("start")
    refused = learner.outlook().choices["B"]
    assert refused is not None
    assert needed_first(learner.tree, refused) == ["บทที่ A", "บทที่ D"]


def test_what_would_be_reached_by_leaving_counts():
    learner = in_order()
    learner.go("start")
    learner.says(satisfied=True)
    outlook = learner.outlook()
    assert learner.open_choices() == "ABC"
    assert outlook.onward.target is not None
    assert outlook.onward.target.id == "B"
    assert not outlook.backward.is_open


def test_looking_ahead_changes_nothing():
    learner = in_order()
    learner.go("start")
    before = learner.tree.state()
    learner.outlook()
    assert learner.tree.state() == before


def test_the_last_lesson_leads_to_the_end():
    learner = Learner(item("A"))
    learner.go("start")
    onward = learner.outlook().onward
    assert onward.is_open
    assert onward.target is None


def test_nothing_is_chosen_in_an_order():
    learner = Learner(item("A"), item("B"), root=ORDER)
    learner.go("start")
    assert learner.open_choices() == ""
    assert learner.outlook().onward.is_open


def test_attempts_that_are_used_up():
    learner = Learner(item("A", '<limitConditions attemptLimit="1"/>'), item("B"))
    learner.go("start")
    learner.go("continue")
    refused = learner.outlook().choices["A"]
    assert refused is not None
    assert (refused.reason, needed_first(learner.tree, refused)) == (Reason.ATTEMPTS, [])


def test_only_rules_that_matter_make_a_package_sequenced():
    plain = FLOW + BY_CONTENT
    assert not is_sequenced(package(item("A", plain)))
    assert is_sequenced(package(item("A", plain), item("B")))
    assert is_sequenced(package(item("A", '<limitConditions attemptLimit="1"/>')))
    assert is_sequenced(package(item("A", rules(post("retry", "not satisfied")))))


def test_looking_ahead_asks_little_of_each_lesson():
    """A page with two thousand lessons would take minutes if each of them were compared with all."""

    def calls(count: int) -> int:
        lessons = [[item(f"{chapter}-{each}") for each in range(20)] for chapter in range(count // 20)]
        chapters = [item(f"{chapter}", FLOW, *each) for chapter, each in enumerate(lessons)]
        learner = Learner(*chapters)
        learner.go("start")
        made = 0

        def count_call(_frame: object, event: str, _argument: object) -> None:
            nonlocal made
            made += event == "call"

        sys.setprofile(count_call)
        try:
            learner.outlook()
        finally:
            sys.setprofile(None)
        return made

    assert calls(400) < 5 * calls(100)
