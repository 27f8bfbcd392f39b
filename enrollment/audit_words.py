"""What the audit log calls the steps of enrolment, and what they were done to."""

from collections.abc import Collection, Iterable
from typing import TypeVar
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from enrollment.models import CourseRound, Enrolment, Job

Key = TypeVar("Key", int, UUID)
ACTIONS: dict[str, Promise] = {
    "enrollment.round_created": _("Course round made"),
    "enrollment.round_changed": _("Course round changed"),
    "enrollment.round_deleted": _("Course round deleted"),
    "enrollment.staff_enrolled": _("Staff enrolled from a list"),
    "enrollment.approved": _("Request to learn approved"),
    "enrollment.refused": _("Request to learn not approved"),
    "enrollment.requirement_waived": _("Something missing waived for a learner"),
    "enrollment.completion_granted": _("Completion granted to a learner"),
    "enrollment.weigh_asked": _("Completions checked again"),
    "enrollment.export_asked": _("List of learners asked for"),
}


def round_names(keys: Collection[int]) -> dict[int, str]:
    """Return what rounds are called in the audit log."""
    found = CourseRound.objects.filter(pk__in=keys).select_related("course")
    return dict(_named((each.pk, each) for each in found))


def enrolment_names(keys: Collection[int]) -> dict[int, str]:
    """Return what enrolments are called in the audit log: by their round; the entry names the person."""
    found = Enrolment.objects.filter(pk__in=keys).select_related("round__course")
    return dict(_named((each.pk, each.round) for each in found))


def job_names(keys: Collection[UUID]) -> dict[UUID, str]:
    """Return what jobs are called in the audit log: by their round, or by the course."""
    found = Job.objects.filter(pk__in=keys).select_related("course", "round__course")
    rounds = dict(_named((each.pk, each.round) for each in found if each.round))
    return {each.pk: rounds.get(each.pk) or str(each.course) for each in found}


def _named(rounds: Iterable[tuple[Key, CourseRound]]) -> Iterable[tuple[Key, str]]:
    for key, round_ in rounds:
        yield key, gettext("%(course)s, round %(name)s") % {"course": round_.course, "name": round_.name}
