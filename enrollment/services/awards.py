"""Certificates of curricula, given in the transaction in which the last course was completed."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from certificates import kinds
from certificates.services import Due, issue_many
from courses.catalogue.models import Curriculum, CurriculumCourse
from courses.partners.models import Outcome
from enrollment.curricula import Place, Rule, Standing, standing
from enrollment.models import CurriculumCompletion, Enrolment, EnrolmentState
from enrollment.services.statements import tell_curriculum_completed
from learning.people.models import Person

_BATCH = 500


def award(persons: Collection[int], courses: Collection[int], *, now: datetime) -> int:
    """Certify the curricula with one of these courses that these persons have completed by now.

    Called in a transaction; a fixed number of queries for each such curriculum. Return how many were not
    certified before.
    """
    curricula = list(_offered().filter(entries__course__in=courses).distinct())
    if not curricula:
        return 0
    # Held before anything is read: of the two last courses, completed at once, one sees the other.
    holders = Person.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=persons)
    held = {person.pk: person for person in holders.order_by("pk")}
    return sum(_award(curriculum, held, now) for curriculum in curricula)


def award_all(*, now: datetime) -> int:
    """Certify whoever has completed a curriculum and was not noticed, as after a change of its rule."""
    awarded = 0
    for curriculum in _offered():
        courses = list(curriculum.entries.values_list("course", flat=True))
        learners = Enrolment.objects.filter(course__in=courses, state=EnrolmentState.COMPLETED).exclude(
            person__in=CurriculumCompletion.objects.filter(curriculum=curriculum).values("person")
        )
        persons = list(learners.order_by("person").values_list("person", flat=True).distinct())
        for start in range(0, len(persons), _BATCH):
            with transaction.atomic():
                awarded += award(persons[start : start + _BATCH], courses, now=now)
    return awarded


def _offered() -> QuerySet[Curriculum]:
    return Curriculum.objects.filter(retired_at=None).select_related("owner").order_by("pk")


def _award(curriculum: Curriculum, persons: Mapping[int, Person], now: datetime) -> int:
    entries = list(CurriculumCourse.objects.filter(curriculum=curriculum).select_related("course"))
    places = [Place(entry.course_id, entry.course.hours, entry.is_required) for entry in entries]
    rule = Rule(curriculum.rule, curriculum.rule_count or 0, curriculum.rule_hours or Decimal(0))
    completed = _completed(persons, [place.course for place in places])
    reached: dict[int, Standing] = {}
    for person in persons:
        result = standing(places, rule, completed[person])
        if places and result.is_complete:
            reached[person] = result
    if not reached:
        return 0
    there = set(
        CurriculumCompletion.objects.filter(curriculum=curriculum, person__in=reached).values_list(
            "person", flat=True
        )
    )
    due = [person for key, person in persons.items() if key in reached and key not in there]
    subject = f"curriculum:{curriculum.pk}"
    tell_curriculum_completed(curriculum, due, now=now)
    certificates = issue_many(
        kinds.CURRICULUM_COMPLETION,
        [
            Due(person, _facts(curriculum, reached[person.pk], now), f"{subject}:{person.pk}")
            for person in due
        ],
        now=now,
    )
    CurriculumCompletion.objects.bulk_create(
        CurriculumCompletion(person=person, curriculum=curriculum, completed_at=now, certificate=certificate)
        for person, certificate in zip(due, certificates, strict=True)
    )
    return len(due)


def _completed(persons: Collection[int], courses: Collection[int]) -> dict[int, set[int]]:
    """Return which of these courses each person has completed, here or at a partner's."""
    here = Enrolment.objects.filter(
        person__in=persons, course__in=courses, state=EnrolmentState.COMPLETED
    ).order_by()
    there = Outcome.objects.filter(
        person__in=persons, course__in=courses, completed_at__isnull=False
    ).order_by()
    found: dict[int, set[int]] = defaultdict(set)
    for rows in (here, there):
        for person, course in rows.values_list("person", "course"):
            found[person].add(course)
    return found


def _facts(curriculum: Curriculum, result: Standing, now: datetime) -> dict[str, object]:
    return {
        "test_name": curriculum.name_th,
        "test_name_en": curriculum.name_en,
        "code": curriculum.code,
        "owner_name": curriculum.owner.name_th,
        "hours": Decimal(f"{result.hours_done.normalize():f}"),
        "completed_on": timezone.localdate(now),
    }
