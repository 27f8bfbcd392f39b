"""Requests of learners and content: what is delivered, and what is refused (SN NB, TB, SB, DB)."""

import pytest

from courses.player.sequencing.refusals import Reason, Refused
from tests.courses.player.sequencing.learner import (
    BY_CONTENT,
    FLOW,
    ORDER,
    Learner,
    item,
    leaving,
    objectives,
    post,
    pre,
    primary,
    reads,
    rollup,
    rules,
    writes,
)

FORWARD = '<controlMode choice="true" flow="true" forwardOnly="true"/>'
CHOICE = '<controlMode choice="true" flow="false"/>'


def three(root: str = FLOW) -> Learner:
    return Learner(item("A"), item("B"), item("C"), root=root)


def test_flow_goes_through_all_and_ends():
    learner = three()
    assert [learner.go("start"), learner.go("continue"), learner.go("continue")] == ["A", "B", "C"]
    assert learner.go("previous") == "B"
    assert learner.go("choice", "C") == "C"
    assert learner.go("continue") is None
    assert learner.tree.current is None
    assert learner.value("", "completed")
    assert learner.value("", "satisfied")


def test_headings_are_walked_through():
    learner = Learner(item("I", FLOW, item("A"), item("J", FLOW, item("B"))), item("C"))
    assert [learner.go("start"), learner.go("continue"), learner.go("continue")] == ["A", "B", "C"]
    assert [learner.go("previous"), learner.go("previous")] == ["B", "A"]
    assert learner.go("choice", "J") == "B"


@pytest.mark.parametrize(
    ("root", "request_", "target", "reason", "code"),
    [
        (CHOICE, "continue", "", Reason.ORDER, "NB.2.1-4"),
        (FORWARD, "previous", "", Reason.FORWARD, "NB.2.1-5"),
        (FORWARD, "choice", "A", Reason.FORWARD, "SB.2.4-2"),
        (ORDER, "choice", "C", Reason.ORDER, "NB.2.1-10"),
        (FLOW, "choice", "Z", Reason.NOTHING, "NB.2.1-11"),
        (FLOW, "choice", "", Reason.NOTHING, "NB.2.1-11"),
        (FLOW, "start", "", Reason.NOTHING, "NB.2.1-1"),
        (FLOW, "resumeAll", "", Reason.NOTHING, "NB.2.1-1"),
        (FLOW, "explode", "", Reason.NOTHING, "NB.2.1-13"),
    ],
)
def test_what_a_control_mode_forbids(root, request_, target, reason, code):
    learner = three(root)
    if root == CHOICE:
        learner.go("choice", "A")
    else:
        learner.go("start")
        learner.go("continue")
    before = learner.tree.state()
    with pytest.raises(Refused) as refused:
        learner.go(request_, target)
    assert (refused.value.reason, refused.value.code) == (reason, code)
    assert learner.tree.state() == before


def test_the_first_one_has_nothing_before_it():
    learner = three()
    for request in ("continue", "previous", "exit", "suspendAll", "resumeAll"):
        with pytest.raises(Refused):
            learner.go(request)
    learner.go("start")
    with pytest.raises(Refused, match=r"SB\.2\.1-3"):
        learner.go("previous")


def test_who_may_only_choose_cannot_start():
    learner = three(CHOICE)
    with pytest.raises(Refused, match=r"SB\.2\.2-1"):
        learner.go("start")
    assert learner.go("choice", "B") == "B"


def test_a_chapter_that_must_be_finished_cannot_be_left():
    learner = Learner(
        item("I", '<controlMode choice="true" choiceExit="false" flow="true"/>', item("A"), item("B")),
        item("C"),
    )
    learner.go("start")
    with pytest.raises(Refused) as refused:
        learner.go("choice", "C")
    assert refused.value.reason == Reason.UNFINISHED
    assert learner.go("choice", "B") == "B"
    assert learner.go("continue") == "C"


def test_forward_only_chapters_are_entered_at_their_beginning_from_behind():
    learner = Learner(item("I", FORWARD, item("A"), item("B")), item("C"))
    learner.go("choice", "C")
    assert learner.go("previous") == "A"


def test_skipped_lessons_are_walked_past():
    learner = Learner(item("A"), item("B", rules(pre("skip", "always"))), item("C"))
    learner.go("start")
    assert learner.go("continue") == "C"
    assert learner.go("previous") == "A"


def test_very_many_skipped_lessons():
    skipped = [item(f"S{number}", rules(pre("skip", "always"))) for number in range(3000)]
    learner = Learner(item("A"), *skipped, item("Z"))
    learner.go("start")
    assert learner.go("continue") == "Z"


def test_disabled_lessons_are_not_opened_in_any_way():
    learner = Learner(item("A"), item("B", rules(pre("disabled", "always"))), item("C"))
    learner.go("start")
    for request in (("continue", ""), ("choice", "B"), ("jump", "B")):
        with pytest.raises(Refused) as refused:
            learner.go(*request)
        assert refused.value.reason == Reason.RULES
    assert learner.go("choice", "C") == "C"


def test_hidden_lessons_are_reached_by_flow_and_jump_only():
    learner = Learner(
        item("A"), item("I", FLOW, rules(pre("hiddenFromChoice", "always")), item("B")), item("C")
    )
    learner.go("start")
    with pytest.raises(Refused, match=r"SB\.2\.9-3"):
        learner.go("choice", "B")
    assert learner.go("continue") == "B"
    learner.go("choice", "A")
    assert learner.go("jump", "B") == "B"


def test_nobody_is_chosen_past_a_stop():
    stop = rules(pre("stopForwardTraversal", "not completed", "not activityProgressKnown", combine="any"))
    learner = Learner(item("A", stop, BY_CONTENT), item("B"), item("C"))
    learner.go("start")
    with pytest.raises(Refused, match=r"SB\.2\.4-1"):
        learner.go("choice", "C")
    assert learner.does("choice", "C", completed=True) == "C"
    assert learner.go("choice", "A") == "A"


def test_constrained_choice_reaches_only_what_is_next():
    constrained = "<adlseq:constrainedChoiceConsiderations constrainChoice='true'/>"
    learner = Learner(
        item("I", FLOW, constrained, item("A")), item("J", FLOW, item("B")), item("K", FLOW, item("C"))
    )
    learner.go("start")
    with pytest.raises(Refused, match=r"SB\.2\.9-8"):
        learner.go("choice", "C")
    assert learner.go("choice", "B") == "B"


def test_what_prevents_activation_is_not_chosen_into():
    prevents = "<adlseq:constrainedChoiceConsiderations preventActivation='true'/>"
    learner = Learner(item("I", FLOW, item("A")), item("J", FLOW, prevents, item("B"), item("C")))
    learner.go("start")
    with pytest.raises(Refused, match=r"SB\.2\.9-6"):
        learner.go("choice", "B")
    assert learner.go("continue") == "B"
    assert learner.go("choice", "C") == "C"


def test_attempts_are_counted_and_limited():
    learner = Learner(item("A", '<limitConditions attemptLimit="2"/>'), item("B"))
    learner.go("start")
    learner.go("continue")
    assert learner.go("choice", "A") == "A"
    learner.go("continue")
    with pytest.raises(Refused) as refused:
        learner.go("choice", "A")
    assert refused.value.reason == Reason.ATTEMPTS
    assert learner.tree.by_id["A"].attempts == 2


def test_a_suspended_attempt_is_not_another_one():
    learner = Learner(item("A", '<limitConditions attemptLimit="1"/>'), item("B"))
    learner.go("start")
    learner.tree.by_id["A"].is_suspended = True
    learner.says(progress=0.5)
    learner.go("continue")
    assert learner.go("choice", "A") == "A"
    assert learner.value("A", "progress") == 0.5
    assert learner.tree.by_id["A"].attempts == 1
    assert learner.value("A", "completed") is None


def test_a_new_attempt_begins_with_nothing_known():
    learner = Learner(item("A", BY_CONTENT), item("B"))
    learner.go("start")
    learner.does("continue", completed=True, satisfied=False, measure=0.2)
    assert learner.value("A", "satisfied") is False
    learner.go("choice", "A")
    assert learner.value("A", "satisfied") is None


def test_suspend_all_and_resume_all():
    learner = Learner(item("I", FLOW, item("A"), item("B")))
    learner.go("start")
    learner.go("continue")
    assert learner.go("suspendAll") is None
    assert learner.tree.current is None
    assert learner.go("resumeAll") == "B"
    assert learner.tree.by_id["B"].attempts == learner.tree.by_id[""].attempts == 1


def test_after_suspending_another_lesson_may_be_chosen():
    learner = Learner(item("I", FLOW, item("A"), item("B")), item("C"))
    learner.go("start")
    learner.go("suspendAll")
    assert learner.go("choice", "C") == "C"
    assert learner.tree.suspended is None
    assert learner.go("choice", "A") == "A"
    assert learner.tree.by_id["A"].attempts == learner.tree.by_id[""].attempts == 1


def test_exit_leaves_the_choice_to_the_learner():
    learner = three()
    learner.go("start")
    assert learner.go("exit") is None
    assert learner.tree.current is learner.tree.by_id["A"]
    with pytest.raises(Refused, match=r"NB\.2\.1-12"):
        learner.go("exit")
    assert learner.go("continue") == "B"


def test_exit_all_ends_and_start_begins_anew():
    learner = three()
    learner.go("start")
    assert learner.go("exitAll") is None
    assert learner.tree.current is None
    assert learner.go("start") == "A"
    assert learner.tree.by_id[""].attempts == 2


def test_who_chooses_after_the_end_goes_on_with_what_there_is():
    learner = three()
    learner.go("start")
    learner.go("exitAll")
    assert learner.go("choice", "B") == "B"
    assert learner.tree.by_id[""].attempts == 1
    assert learner.value("A", "completed")


@pytest.mark.parametrize("request_", ["abandon", "abandonAll"])
def test_what_is_abandoned_is_not_completed(request_):
    learner = three()
    learner.go("start")
    assert learner.go(request_) is None
    assert learner.value("A", "completed") is None
    assert (learner.tree.current is None) == (request_ == "abandonAll")


# -- Rules for the end of an activity (TB.2.1, TB.2.2) ------------------------------------------------
def test_a_failed_test_is_tried_again():
    again = rules(post("retry", "not satisfied"))
    learner = Learner(item("A"), item("T", again, BY_CONTENT), item("B"))
    learner.go("start")
    learner.go("continue")
    assert learner.does("continue", satisfied=False) == "T"
    assert learner.tree.by_id["T"].attempts == 2
    assert learner.does("continue", satisfied=True) == "B"


def test_a_failed_test_leads_through_the_chapter_again():
    chapter = item(
        "I",
        ORDER,
        rules(post("retry", "not satisfied")),
        item("A"),
        item("T", BY_CONTENT, rules(post("exitParent", "always"))),
    )
    learner = Learner(chapter, item("B"), root=ORDER)
    assert learner.go("start") == "A"
    assert learner.go("continue") == "T"
    assert learner.does("continue", satisfied=False, completed=True) == "A"
    assert learner.tree.by_id["I"].attempts == 2
    assert learner.go("continue") == "T"
    assert learner.does("continue", satisfied=True, completed=True) == "B"


def test_the_whole_is_begun_again():
    learner = Learner(item("A"), item("T", BY_CONTENT, rules(post("retryAll", "not satisfied"))))
    learner.go("start")
    learner.go("continue")
    assert learner.does("continue", satisfied=False) == "A"
    assert learner.tree.by_id[""].attempts == 2


def test_a_passed_pre_test_ends_all():
    learner = Learner(item("T", BY_CONTENT, rules(post("exitAll", "satisfied"))), item("A"))
    learner.go("start")
    assert learner.does("continue", satisfied=True) is None
    assert learner.tree.current is None


@pytest.mark.parametrize(("action", "leads_to"), [("continue", "C"), ("previous", "A")])
def test_a_rule_overrules_what_was_asked_for(action, leads_to):
    learner = Learner(item("A"), item("B", rules(post(action, "always"))), item("C"))
    learner.go("start")
    learner.go("continue")
    assert learner.go("choice", "A") == leads_to


def test_rules_wait_for_a_suspended_lesson():
    learner = Learner(item("A", rules(post("exitAll", "always"))), item("B"))
    learner.go("start")
    learner.tree.by_id["A"].is_suspended = True
    assert learner.go("continue") == "B"


def test_a_chapter_ends_when_its_rule_says_so():
    enough = f"<rollupRules>{rollup('satisfied', 'satisfied', 'any')}</rollupRules>"
    learner = Learner(item("I", FLOW, rules(leaving("satisfied")), enough, item("A"), item("B")), item("C"))
    learner.go("start")
    assert learner.go("continue") == "C"


# -- Objectives that activities share (SN 3.10) -------------------------------------------------------
def test_a_lesson_opens_when_another_one_was_passed():
    needs = rules(pre("disabled", "not satisfied before", "not objectiveStatusKnown before", combine="any"))
    learner = Learner(
        item("A", objectives(primary(writes("a"))), BY_CONTENT),
        item("B", needs, objectives(primary(), f'<objective objectiveID="before">{reads("a")}</objective>')),
        root=FLOW,
    )
    learner.go("start")
    with pytest.raises(Refused):
        learner.go("continue")
    assert learner.does("continue", satisfied=True) == "B"


@pytest.mark.parametrize(("shares", "known"), [(True, True), (False, None)])
def test_shared_objectives_outlive_an_attempt_at_the_whole(shares, known):
    learner = Learner(item("A", objectives(primary(writes("a"), id="P"))), shares_objectives=shares)
    learner.go("start")
    learner.does("exitAll", satisfied=True)
    learner.go("start")
    assert learner.value("A", "satisfied") is known


def test_what_is_not_tracked_knows_nothing():
    learner = Learner(item("A", '<deliveryControls tracked="false"/>'), item("B"))
    learner.go("start")
    learner.says(satisfied=True)
    learner.go("continue")
    assert learner.value("A", "satisfied") is None
    assert learner.tree.by_id["A"].attempts == 0
    assert learner.does("continue") is None
    assert learner.value("", "completed")


# -- Drawn at random (SR) -----------------------------------------------------------------------------
def test_children_are_drawn_once_and_kept():
    drawn = (
        f'{FLOW}<randomizationControls selectionTiming="once" selectCount="2" randomizationTiming="once"'
        ' reorderChildren="true"/>'
    )
    ways = set()
    for seed in range(20):
        learner = Learner(item("A"), item("B"), item("C"), root=drawn, seed=seed)
        way = [learner.go("start"), learner.go("continue"), learner.go("continue")]
        assert way[2] is None
        assert learner.go("start") == way[0]
        ways.add(tuple(way))
    assert len(ways) == 6


def test_a_new_attempt_draws_anew_where_that_is_asked():
    drawn = f'{FLOW}<randomizationControls selectionTiming="onEachNewAttempt" selectCount="1"/>'
    learner = Learner(item("A"), item("B"), item("C"), root=drawn)
    first = {learner.go("start")}
    for _attempt in range(20):
        learner.go("exitAll")
        first.add(learner.go("start"))
    assert first == {"A", "B", "C"}
    with pytest.raises(Refused):
        learner.go("choice", "B" if learner.tree.current is learner.tree.by_id["A"] else "A")
