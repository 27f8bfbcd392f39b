"""Permissions over rounds and enrolments."""

from typing import Any

import rules

from courses.catalogue.models import Course
from courses.catalogue.rules import is_officer_of_owner
from enrollment.models import CourseRound, Enrolment, Job
from learning.people.access import is_administrator, is_agency_officer, is_officer_of, is_signed_in
from learning.people.models import Person


@rules.predicate
def is_own(user: Any, enrolment: Enrolment | None) -> bool:
    """Whether the enrolment is the user's."""
    return enrolment is not None and isinstance(user, Person) and enrolment.person_id == user.pk


@rules.predicate
def is_supervisor_asked(user: Any, enrolment: Enrolment | None) -> bool:
    """Whether the learner named the user as the one to approve; never oneself."""
    return (
        enrolment is not None
        and isinstance(user, Person)
        and enrolment.supervisor_id == user.pk
        and enrolment.person_id != user.pk
    )


@rules.predicate
def is_officer_of_learner(user: Any, enrolment: Enrolment | None) -> bool:
    """Whether the user is officer of the learner's agency, and not the learner."""
    return (
        enrolment is not None
        and isinstance(user, Person)
        and enrolment.person_id != user.pk
        and is_officer_of(user, enrolment.person.agency)
    )


@rules.predicate
def is_officer_of_round(user: Any, round_: CourseRound | None) -> bool:
    """Whether the user looks after the course of the round; without one, after any."""
    return bool(is_officer_of_owner(user, round_.course if round_ else None))


@rules.predicate
def is_officer_of_course_of(user: Any, enrolment: Enrolment | None) -> bool:
    """Whether the user looks after the course of the enrolment, and is not its learner."""
    return (
        enrolment is not None
        and isinstance(user, Person)
        and enrolment.person_id != user.pk
        and is_officer_of(user, enrolment.course.owner)
    )


@rules.predicate
def is_somebody_elses(user: Any, enrolment: Enrolment | None) -> bool:
    """Whether the enrolment is of another person."""
    return enrolment is not None and isinstance(user, Person) and enrolment.person_id != user.pk


@rules.predicate
def is_officer_of_course(user: Any, course: Course | None) -> bool:
    """Whether the user looks after the course; without one, after any."""
    return bool(is_officer_of_owner(user, course))


@rules.predicate
def is_own_job(user: Any, job: Job | None) -> bool:
    """Whether the user asked for the job, and still looks after its course: lists name its learners."""
    return (
        job is not None
        and isinstance(user, Person)
        and job.asked_by_id == user.pk
        and user.has_perm("enrollment.manage_rounds", job.course)
    )


rules.add_perm("enrollment.watch_job", is_signed_in & is_own_job)
rules.add_perm("enrollment.enrol", is_signed_in)
rules.add_perm("enrollment.use_own", is_signed_in & is_own)
rules.add_perm("enrollment.decide", is_supervisor_asked | (is_agency_officer & is_officer_of_learner))
rules.add_perm("enrollment.manage_rounds", is_administrator | (is_agency_officer & is_officer_of_course))
rules.add_perm("enrollment.manage_round", is_administrator | (is_agency_officer & is_officer_of_round))
# Officers enrol their own staff in any round that is open to them.
rules.add_perm("enrollment.enrol_staff", is_administrator | is_agency_officer)
_decides_for_others = (is_administrator & is_somebody_elses) | (is_agency_officer & is_officer_of_course_of)
rules.add_perm("enrollment.grant_completion", _decides_for_others)
rules.add_perm("enrollment.waive", _decides_for_others)
