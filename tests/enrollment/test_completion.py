"""What completes a course, in every part of the rule; and that one query says the same of thousands."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from certificates.models import Certificate, CertificateStatus
from courses.catalogue.models import CompletionRule, CourseVersion
from courses.player.models import Registration
from courses.player.services import progress
from enrollment.completion import Done, Lack, Missing, Part, Rule, missing
from enrollment.errors import NothingToWithdraw, NotLearning, NotMissing, ReasonMissing
from enrollment.models import Enrolment, EnrolmentState, Grounds, Waiver, WeighedRule
from enrollment.services import completion, enrolments
from learning.people.models import AuditEntry
from tests.conftest import make_person
from tests.courses.catalogue.factories import NOON, make_agency, published_version
from tests.enrollment.factories import (
    answered,
    did,
    enrol,
    learning,
    make_round,
    make_taught,
    quiz,
    survey,
    text,
    units,
)

READ, OPTIONAL = Part(1, "อ่าน", "text"), Part(2, "อ่านเพิ่ม", "text", is_required=False)
PRE, POST = Part(3, "ก่อนเรียน", "test", "pre"), Part(4, "หลังเรียน", "test", "post")
ASK = Part(5, "แบบประเมิน", "survey", is_required=False)
ALL = [PRE, READ, OPTIONAL, POST, ASK]
DONE = Done(is_completed=True)


def lacks(
    rule: Rule, done: dict[int, Done], surveys: tuple[int, ...] = (), parts: Any = ALL, waived: Any = ()
) -> list[Any]:
    found = missing(rule, parts, done, surveys, waived)
    return [(each.lack, each.part and each.part.pk) for each in found]


# -- The rule ---------------------------------------------------------------------------------------
def test_without_a_rule_every_required_unit_is_needed_and_no_pre_test():
    assert lacks(Rule(), {}) == [(Lack.UNIT, 1), (Lack.UNIT, 4)]
    assert lacks(Rule(), {1: DONE, 4: DONE}) == []


def test_a_failed_test_is_not_done():
    assert lacks(Rule(), {1: DONE, 4: Done(is_completed=True, is_passed=False)}) == [(Lack.UNIT, 4)]


def test_so_many_of_the_units():
    parts = [Part(n, f"บท {n}", "text") for n in (1, 2, 3)]
    assert missing(Rule(units_needed=2), parts, {2: DONE}) == [
        Missing(Lack.UNITS, None, 1, 2, (parts[0], parts[2]))
    ]
    assert lacks(Rule(units_needed=2), {1: DONE, 3: DONE}, parts=parts) == []
    assert lacks(Rule(units_needed=9), {1: DONE, 3: DONE}, parts=parts) == [(Lack.UNIT, 2)]


def test_the_mark_of_the_rule_stands_over_the_tests_own():
    rule = Rule(test_mark=Decimal("0.8"))
    assert lacks(rule, {1: DONE, 4: Done(is_completed=True, is_passed=True, score=Decimal("0.7"))}) == [
        (Lack.TEST, 4)
    ]
    assert lacks(rule, {1: DONE, 4: Done(is_completed=True, is_passed=False, score=Decimal("0.8"))}) == []
    # Under "so many of" the post-test is asked for by itself.
    assert lacks(Rule(units_needed=1, test_mark=Decimal("0.8")), {1: DONE}) == [(Lack.TEST, 4)]


def test_learning_time_counts_in_every_unit():
    rule = Rule(min_minutes=10)
    done = {
        1: Done(is_completed=True, seconds=300),
        4: Done(is_completed=True, seconds=200),
        3: Done(seconds=99),
    }
    assert missing(rule, ALL, done) == [Missing(Lack.TIME, None, 599, 600)]
    assert missing(rule, ALL, done | {3: Done(seconds=100)}) == []


def test_a_survey_is_asked_for_where_the_rule_says_so():
    done = {1: DONE, 4: DONE}
    assert lacks(Rule(needs_survey=True), done) == [(Lack.SURVEY, 5)]
    assert lacks(Rule(needs_survey=True), done, (5,)) == []
    required = [Part(5, "แบบประเมิน", "survey")]
    assert lacks(Rule(needs_survey=True), {}, parts=required) == [(Lack.SURVEY, 5)]


def test_what_is_waived_is_not_missing():
    rule = Rule(min_minutes=1, test_mark=Decimal("0.6"), needs_survey=True)
    everything = [(Lack.UNIT, 1), (Lack.TEST, 4), (Lack.SURVEY, 5), (Lack.TIME, None)]
    assert lacks(rule, {}) == everything
    for number, (_lack, unit) in enumerate(everything):
        left = everything[:number] + everything[number + 1 :]
        assert lacks(rule, {}, waived={unit}) == left
    assert lacks(rule, {}, waived={1, 4, 5, None}) == []


def test_a_waived_unit_is_one_of_so_many():
    parts = [Part(n, f"บท {n}", "text") for n in (1, 2, 3)]
    (left,) = missing(Rule(units_needed=2), parts, {}, (), {2})
    assert (left.have, left.need, left.waivable) == (1, 2, (parts[0], parts[2]))


def test_a_course_in_which_there_is_nothing_to_do_is_not_completed_by_itself():
    assert lacks(Rule(), {}, parts=[]) == [(Lack.RULE, None)]
    assert lacks(Rule(), {}, parts=[PRE, OPTIONAL]) == [(Lack.RULE, None)]


# -- One learner ------------------------------------------------------------------------------------
@pytest.fixture
def course(department):
    return make_taught(quiz("pre"), text("บทที่ 1"), quiz("post"), code="KD10", owner=department)


@pytest.fixture
def enrolment(course, learner):
    return enrol(make_round(course), learner)


def finish(enrolment: Enrolment) -> None:
    """Do what is needed, through the player."""
    _pre, read, post = units(enrolment.course)
    progress.advance(learning(enrolment), read, completed=True)
    progress.advance(learning(enrolment), post, completed=True, passed=True, score=Decimal(1))


def test_the_last_step_completes_and_certifies(enrolment, learner):
    finish(enrolment)
    enrolment.refresh_from_db()
    assert enrolment.state == EnrolmentState.COMPLETED
    assert enrolment.grounds == Grounds.RULE
    certificate = enrolment.certificate
    assert (certificate.kind, certificate.person) == ("course-completion", learner)
    award = certificate.facts["award"]
    assert (award["test_name"], award["hours"], award["code"]) == (enrolment.course.name_th, "1.5", "KD10")


def test_before_the_last_step_it_names_what_is_missing(enrolment):
    _pre, read, post = units(enrolment.course)
    progress.advance(learning(enrolment), read, completed=True)
    assert [each.part and each.part.pk for each in completion.lacks(learning(enrolment))] == [post.pk]
    enrolment.refresh_from_db()
    assert enrolment.state == EnrolmentState.ENROLLED


def test_progress_and_completion_stand_or_fall_together(enrolment, monkeypatch):
    """A crash between the two: neither is there, and the same step later brings both."""
    _pre, read, post = units(enrolment.course)
    progress.advance(learning(enrolment), read, completed=True)
    with monkeypatch.context() as broken:
        broken.setattr(Enrolment.objects, "bulk_update", lambda *_args, **_kwargs: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            progress.advance(learning(enrolment), post, completed=True, passed=True)
    assert not Certificate.objects.exists()
    assert not learning(enrolment).progress.filter(unit=post).exists()
    progress.advance(learning(enrolment), post, completed=True, passed=True)
    assert Certificate.objects.count() == 1


def test_what_was_completed_stays_so_under_another_rule(enrolment, course):
    finish(enrolment)
    CompletionRule.objects.create(version=published_version(course), min_minutes=600)
    completion.weigh_changed(now=NOON)
    enrolment.refresh_from_db()
    assert enrolment.state == EnrolmentState.COMPLETED
    with pytest.raises(NothingToWithdraw):
        enrolments.withdraw(enrolment, now=NOON)


def test_completing_twice_gives_one_certificate(enrolment):
    finish(enrolment)
    assert completion.complete([enrolment.pk], now=NOON) == 0
    assert Certificate.objects.count() == 1


def test_whoever_has_withdrawn_completes_nothing(enrolment):
    _pre, read, post = units(enrolment.course)
    enrolments.withdraw(enrolment, now=NOON)
    progress.advance(learning(enrolment), read, completed=True)
    progress.advance(learning(enrolment), post, completed=True, passed=True)
    enrolment.refresh_from_db()
    assert enrolment.state == EnrolmentState.WITHDRAWN


def test_a_learner_may_have_it_checked_again(enrolment):
    _pre, read, post = units(enrolment.course)
    assert len(completion.check_again(enrolment, now=NOON)) == 2
    did(learning(enrolment), read)
    did(learning(enrolment), post, passed=True)
    assert completion.check_again(enrolment, now=NOON) == []
    enrolment.refresh_from_db()
    assert enrolment.state == EnrolmentState.COMPLETED
    with pytest.raises(NotLearning):
        completion.check_again(enrolment, now=NOON)


# -- Granted ----------------------------------------------------------------------------------------
def test_an_officer_grants_with_a_reason_that_is_kept(enrolment, agency_officer):
    with pytest.raises(ReasonMissing):
        completion.grant(enrolment, " ", actor=agency_officer, now=NOON)
    completion.grant(enrolment, "อบรมในห้องเรียนแล้ว", actor=agency_officer, now=NOON)
    assert (enrolment.state, enrolment.grounds) == ("completed", "granted")
    assert enrolment.certificate.status == CertificateStatus.VALID
    entry = AuditEntry.objects.get(action="enrollment.completion_granted")
    assert (entry.actor, entry.data["reason"]) == (agency_officer, "อบรมในห้องเรียนแล้ว")
    with pytest.raises(NotLearning):
        completion.grant(enrolment, "อีกครั้ง", actor=agency_officer, now=NOON)


# -- Waived -----------------------------------------------------------------------------------------
def waive(enrolment: Enrolment, unit: int | None, actor: Any, reason: str = "อบรมมาแล้ว") -> bool:
    return completion.waive(enrolment, unit, reason, actor=actor, now=NOON)


def test_a_waiver_is_kept_with_its_reason_and_the_last_one_completes(enrolment, agency_officer):
    _pre, read, post = units(enrolment.course)
    with pytest.raises(ReasonMissing):
        waive(enrolment, read.pk, agency_officer, " ")
    assert not waive(enrolment, read.pk, agency_officer)
    entry = AuditEntry.objects.get(action="enrollment.requirement_waived")
    assert (entry.actor, entry.data["unit"], entry.data["reason"]) == (agency_officer, read.pk, "อบรมมาแล้ว")
    assert waive(enrolment, post.pk, agency_officer)
    assert (enrolment.state, enrolment.grounds) == ("completed", "rule")
    assert Certificate.objects.count() == 1
    with pytest.raises(NotLearning):
        waive(enrolment, read.pk, agency_officer)


def test_only_what_is_missing_is_waived(enrolment, agency_officer):
    pre, read, _post = units(enrolment.course)
    did(learning(enrolment), read)
    for unit in (pre.pk, read.pk, None, 0):
        with pytest.raises(NotMissing):
            waive(enrolment, unit, agency_officer)


def test_learning_time_can_be_waived_for_one_learner(course, enrolment, agency_officer):
    CompletionRule.objects.create(version=published_version(course), min_minutes=90)
    other = enrol(enrolment.round, make_person())
    waive(enrolment, None, agency_officer)
    finish(enrolment)
    finish(other)
    states = Enrolment.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["completed", "enrolled"]


def test_what_comes_after_a_waived_unit_opens(course, enrolment, agency_officer):
    CourseVersion.objects.update(is_sequential=True)
    _pre, read, post = units(course)
    done = Registration.objects.get(pk=learning(enrolment).pk)
    progress.advance(done, _pre, completed=True)
    assert not progress.is_open(done, post, now=NOON)
    waive(enrolment, read.pk, agency_officer)
    assert progress.is_open(done, post, now=NOON)


def test_what_comes_after_a_test_opens_when_its_mark_is_lowered_to_what_was_reached(learner):
    course = make_taught(quiz("post"), survey(), test_mark="0.80")
    CourseVersion.objects.update(is_sequential=True)
    post, asked = units(course)
    registration = Registration.objects.get(pk=learning(enrol(make_round(course), learner)).pk)
    did(registration, post, completed=False, passed=False, score="0.7")
    assert not progress.is_open(registration, asked, now=NOON)
    CompletionRule.objects.update(test_mark="0.70")
    assert progress.is_open(registration, asked, now=NOON)


# -- Many learners ----------------------------------------------------------------------------------
def test_an_easier_rule_completes_who_has_enough_by_then(course):
    round_ = make_round(course)
    first, second = enrol(round_, make_person()), enrol(round_, make_person())
    did(learning(first), units(course)[1])
    rule = CompletionRule.objects.create(version=published_version(course), units_needed=1)
    assert completion.weigh_changed(now=NOON) == 1
    assert completion.weigh_changed(now=NOON) == 0
    assert WeighedRule.objects.get().revision == rule.revision
    assert [each.state for each in Enrolment.objects.order_by("pk")] == ["completed", "enrolled"]
    assert second.state == "enrolled"


def test_the_night_finds_what_was_not_noticed(enrolment):
    _pre, read, post = units(enrolment.course)
    did(learning(enrolment), read)
    did(learning(enrolment), post, passed=True)
    assert completion.weigh_all(now=NOON) == 1
    assert completion.weigh_all(now=NOON) == 0


def test_register_numbers_of_many_follow_each_other(course, django_assert_max_num_queries):
    round_ = make_round(course)
    made = [enrol(round_, make_person()) for _number in range(7)]
    told: list[tuple[int, int]] = []
    for each in made:
        did(learning(each), units(course)[1])
        did(learning(each), units(course)[2], passed=True)
    with django_assert_max_num_queries(25):
        assert (
            completion.weigh_version(
                published_version(course), now=NOON, on_progress=lambda *n: told.append(n)
            )
            == 7
        )
    assert sorted(Certificate.objects.values_list("number", flat=True)) == list(range(1, 8))
    assert told == [(7, 7)]


_parts = st.lists(
    st.sampled_from(["text", "optional", "pre", "check", "post", "survey", "asked"]), min_size=1, max_size=5
)
_done: Any = st.builds(
    dict,
    completed=st.booleans(),
    passed=st.sampled_from([None, False, True]),
    score=st.sampled_from([None, "0", "0.59", "0.6", "1"]),
    seconds=st.sampled_from([0, 59, 60, 120]),
)
_rules: Any = st.builds(
    dict,
    units_needed=st.sampled_from([None, 0, 1, 2, 9]),
    min_minutes=st.sampled_from([0, 1, 2]),
    test_mark=st.sampled_from([Decimal(0), Decimal("0.6")]),
    needs_survey=st.booleans(),
)


# For the first of the people, and so on: what is waived, by its place among the units; 0 is the time.
_waived = st.lists(st.lists(st.integers(0, 5), max_size=3), max_size=3)
_people = st.lists(st.lists(st.none() | _done, min_size=5, max_size=5), max_size=3)


class TheQueryAndTheFunctionAgree(TestCase):
    """Over random courses, rules and learners."""

    @settings(max_examples=60)
    @given(kinds=_parts, rule=st.none() | _rules, people=_people, replies=st.booleans(), waived=_waived)
    def test_they_complete_the_same_people(self, kinds, rule, people, replies, waived):
        make_agency()
        officer = make_person()
        plans = {
            "text": text(),
            "optional": text(is_required=False),
            "survey": survey(is_required=False),
            "asked": survey(),
        }
        course = make_taught(*(plans.get(kind) or quiz(kind) for kind in kinds), **rule or {})
        round_ = make_round(course)
        expected = []
        for steps in people:
            enrolment = enrol(round_, make_person())
            for unit, step in zip(units(course), steps, strict=False):
                if step is not None:
                    did(learning(enrolment), unit, **step)
                if unit.kind == "survey" and replies:
                    answered(learning(enrolment), unit)
            keys = [None, *(unit.pk for unit in units(course))]
            for place in waived.pop(0) if waived else ():
                Waiver.objects.get_or_create(
                    enrolment=enrolment, unit_id=keys[place % len(keys)], reason="เหตุ", waived_by=officer
                )
            if not completion.lacks(learning(enrolment)):
                expected.append(enrolment.pk)
        assert completion.completable(published_version(course)) == expected
