"""Enrolling, waiting, approving, withdrawing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from courses.catalogue.models import VersionStatus
from courses.catalogue.services.courses import retire_course
from courses.player.models import Registration
from enrollment.errors import (
    AlreadyEnrolled,
    AlreadyLearning,
    CourseNotOffered,
    InvalidRound,
    NotEligible,
    NothingToWithdraw,
    NotRequested,
    ReasonMissing,
    RegistrationClosed,
    RoundFull,
    RoundInUse,
    SupervisorMissing,
    TooFewSeats,
)
from enrollment.models import Enrolment, EnrolmentState
from enrollment.services import enrolments, rounds
from learning.people.models import Agency, AgencyLevel, PersonnelGroup
from tests.conftest import make_person
from tests.courses.catalogue.factories import NOON, make_course
from tests.enrollment.factories import DAY, enrol, make_round

pytestmark = pytest.mark.django_db


def states(round_) -> list[str]:
    return list(round_.enrolments.order_by("queued_at", "pk").values_list("state", flat=True))


# -- Enrolling --------------------------------------------------------------------------------------
def test_who_enrols_gets_a_registration_within_the_dates_of_the_round(learner):
    round_ = make_round(access_opens_at=NOON + DAY, access_closes_at=NOON + 9 * DAY)
    enrolment = enrol(round_, learner)
    assert enrolment.state == EnrolmentState.ENROLLED
    assert enrolment.enrolled_at == NOON
    assert enrolment.registration is not None
    assert enrolment.registration.version.status == VersionStatus.PUBLISHED
    assert enrolment.registration.opens_at == NOON + DAY
    assert enrolment.registration.closes_at == NOON + 9 * DAY


def test_nobody_enrols_twice(learner):
    round_ = make_round()
    enrol(round_, learner)
    with pytest.raises(AlreadyEnrolled):
        enrol(round_, learner)
    assert Registration.objects.count() == 1


def test_nobody_is_in_two_rounds_of_a_course(learner):
    first = make_round()
    enrol(first, learner)
    with pytest.raises(AlreadyLearning):
        enrol(make_round(first.course), learner)


@pytest.mark.parametrize("late", [timedelta(days=-2), timedelta(days=1), timedelta(days=9)])
def test_nobody_enrols_before_or_after_the_window(learner, late):
    round_ = make_round(registration_closes_at=NOON + DAY)
    with pytest.raises(RegistrationClosed):
        enrol(round_, learner, now=NOON + late)
    assert not Enrolment.objects.exists()


def test_a_retired_course_takes_nobody(learner):
    round_ = make_round()
    retire_course(round_.course, actor=None, now=NOON)
    with pytest.raises(CourseNotOffered):
        enrol(round_, learner)


def test_who_does_not_meet_a_condition_is_told_which(learner, department):
    round_ = make_round(groups=[PersonnelGroup.CIVIL_SERVANT], agencies=[department])
    with pytest.raises(NotEligible) as refused:
        enrol(round_, learner)
    assert str(refused.value) == "รุ่นนี้เปิดเฉพาะ ข้าราชการพลเรือนสามัญ รุ่นนี้เปิดเฉพาะบุคลากรของ กรมทดสอบ"


def test_staff_of_a_division_are_staff_of_the_ministry(ministry, department):
    division = Agency.objects.create(
        code="T010101", name_th="กองทดสอบ", level=AgencyLevel.DIVISION, parent=department
    )
    round_ = make_round(agencies=[ministry])
    assert enrol(round_, make_person(agency=division)).state == EnrolmentState.ENROLLED


def test_a_course_that_must_come_first(learner):
    first = make_round()
    second = make_round(make_course(), prerequisites=[first.course])
    with pytest.raises(NotEligible, match=first.course.code):
        enrol(second, learner)


# -- Seats ------------------------------------------------------------------------------------------
def test_a_full_round_without_a_waiting_list_refuses_and_keeps_nothing(learner, outsider):
    round_ = make_round(capacity=1, has_waiting_list=False)
    enrol(round_, learner)
    with pytest.raises(RoundFull):
        enrol(round_, outsider)
    assert states(round_) == ["enrolled"]


def test_who_waits_longest_is_next(learner, outsider):
    round_ = make_round(capacity=1)
    first = enrol(round_, learner)
    third = make_person()
    enrol(round_, third, now=NOON + 2 * DAY)
    enrol(round_, outsider, now=NOON + DAY)
    assert states(round_) == ["enrolled", "waiting", "waiting"]
    enrolments.withdraw(first, now=NOON + 3 * DAY)
    assert states(round_) == ["withdrawn", "enrolled", "waiting"]
    assert round_.enrolments.get(person=outsider).registration is not None
    assert [waiting.person for waiting in rounds.waiting(round_)] == [third]


def test_new_seats_go_to_who_waits(learner, outsider, agency_officer):
    round_ = make_round(capacity=1)
    enrol(round_, learner)
    enrol(round_, outsider)
    rounds.change_round(round_, {"capacity": 5}, actor=agency_officer, now=NOON)
    assert states(round_) == ["enrolled", "enrolled"]


def test_a_round_never_gets_fewer_seats_than_are_taken(learner, outsider, agency_officer):
    round_ = make_round(capacity=2)
    enrol(round_, learner)
    enrol(round_, outsider)
    with pytest.raises(TooFewSeats):
        rounds.change_round(round_, {"capacity": 1}, actor=agency_officer, now=NOON)


# -- Withdrawing ------------------------------------------------------------------------------------
def test_who_withdraws_learns_no_more_and_goes_on_later_where_they_were(learner):
    round_ = make_round()
    enrolment = enrol(round_, learner)
    enrolments.withdraw(enrolment, now=NOON)
    registration = Registration.objects.get()
    assert registration.closes_at == NOON
    again = enrol(round_, learner, now=NOON + DAY)
    assert again.pk == enrolment.pk
    assert again.registration == registration
    registration.refresh_from_db()
    assert registration.closes_at is None


def test_nobody_withdraws_twice(learner):
    enrolment = enrol(make_round(), learner)
    enrolments.withdraw(enrolment, now=NOON)
    with pytest.raises(NothingToWithdraw):
        enrolments.withdraw(enrolment, now=NOON)


def test_after_a_withdrawal_another_round_is_free(learner):
    first = make_round()
    enrolments.withdraw(enrol(first, learner), now=NOON)
    assert enrol(make_round(first.course), learner).state == EnrolmentState.ENROLLED


# -- Approval ---------------------------------------------------------------------------------------
@pytest.fixture
def supervisor(department):
    return make_person(first_name="หัวหน้า", agency=department)


@pytest.fixture
def subordinate(department):
    return make_person(first_name="ลูกน้อง", agency=department)


def test_a_request_waits_for_the_supervisor(subordinate, supervisor):
    enrolment = enrol(make_round(needs_approval=True), subordinate, supervisor=supervisor)
    assert enrolment.state == EnrolmentState.REQUESTED
    assert enrolment.registration is None
    enrolments.approve(enrolment, actor=supervisor, now=NOON + DAY)
    assert enrolment.state == EnrolmentState.ENROLLED
    assert enrolment.decided_by == supervisor


def test_an_approval_takes_the_place_of_the_day_it_was_asked_for(subordinate, supervisor, learner, outsider):
    round_ = make_round(needs_approval=True, capacity=1)
    early = enrol(round_, subordinate, supervisor=supervisor)
    colleague = make_person(agency=supervisor.agency)
    late = enrol(round_, colleague, supervisor=supervisor, now=NOON + DAY)
    third = enrol(round_, make_person(agency=supervisor.agency), supervisor=supervisor, now=NOON - DAY)
    for request in (third, late, early):
        enrolments.approve(request, actor=supervisor, now=NOON + 2 * DAY)
    assert [each.person for each in rounds.waiting(round_)] == [subordinate, colleague]


def test_a_refusal_says_why_and_leaves_the_way_open(subordinate, supervisor):
    round_ = make_round(needs_approval=True)
    enrolment = enrol(round_, subordinate, supervisor=supervisor)
    with pytest.raises(ReasonMissing):
        enrolments.refuse(enrolment, " ", actor=supervisor, now=NOON)
    enrolments.refuse(enrolment, "ติดภารกิจ", actor=supervisor, now=NOON)
    assert (enrolment.state, enrolment.reason) == ("refused", "ติดภารกิจ")
    with pytest.raises(NotRequested):
        enrolments.approve(enrolment, actor=supervisor, now=NOON)
    assert enrol(round_, subordinate, supervisor=supervisor).state == EnrolmentState.REQUESTED


def test_only_somebody_above_can_be_asked(subordinate, supervisor, ministry, other_department):
    round_ = make_round(needs_approval=True)
    unfit = [
        None,
        subordinate,
        make_person(),
        make_person(agency=other_department),
        make_person(agency=supervisor.agency, is_active=False),
    ]
    for person in unfit:
        with pytest.raises(SupervisorMissing):
            enrol(round_, subordinate, supervisor=person)
    assert enrol(round_, subordinate, supervisor=make_person(agency=ministry)).state == "requested"


# -- Rounds -----------------------------------------------------------------------------------------
def test_new_dates_hold_for_who_is_in(learner, agency_officer):
    round_ = make_round()
    enrol(round_, learner)
    rounds.change_round(round_, {"access_closes_at": NOON + DAY}, actor=agency_officer, now=NOON)
    assert Registration.objects.get().closes_at == NOON + DAY


def test_new_dates_open_nothing_for_who_has_withdrawn(learner, agency_officer):
    round_ = make_round()
    enrolments.withdraw(enrol(round_, learner), now=NOON)
    rounds.change_round(round_, {"access_closes_at": NOON + DAY}, actor=agency_officer, now=NOON)
    assert Registration.objects.get().closes_at == NOON


@pytest.mark.parametrize(
    "values",
    [
        {"registration_closes_at": NOON - 2 * DAY},
        {"access_opens_at": NOON, "access_closes_at": NOON},
        {"capacity": 0},
        {"name": ""},
    ],
)
def test_what_cannot_be_a_round_is_refused(values):
    with pytest.raises(InvalidRound):
        make_round(**values)


def test_two_rounds_of_a_course_have_two_names():
    first = make_round(name="2569/9")
    with pytest.raises(InvalidRound):
        make_round(first.course, name="2569/9")
    assert rounds.next_name(first.course, NOON) == "2569/1"


def test_a_round_is_deleted_only_while_nobody_was_in_it(learner, agency_officer):
    unused, used = make_round(), make_round()
    enrolments.withdraw(enrol(used, learner), now=NOON)
    rounds.delete_round(unused, actor=agency_officer)
    with pytest.raises(RoundInUse):
        rounds.delete_round(used, actor=agency_officer)
