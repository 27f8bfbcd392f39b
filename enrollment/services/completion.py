"""Completion and its certificate: one step, taken once, for one learner or for a hundred thousand.

What was completed stays so, whatever becomes of the rule. Every way to completion ends in `complete`, which
holds the rows of the enrolments; who comes second finds nothing left to do.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import (
    BigIntegerField,
    Count,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
)
from django.db.models.functions import Coalesce
from django.utils import timezone

from certificates import kinds
from certificates.services import Due, issue_many
from courses.catalogue.contents import TestRole
from courses.catalogue.models import CompletionRule, CourseVersion, Unit, UnitKind
from courses.partners.models import Outcome
from courses.player.models import Registration, SurveyResponse, UnitProgress, UnitStatus
from courses.player.services.attempts import standing
from enrollment.completion import (
    Missing,
    Part,
    Rule,
    done_of,
    missing,
    part_of,
    rule_of,
    units_needed,
)
from enrollment.errors import NotLearning, NotMissing, ReasonMissing
from enrollment.models import Enrolment, EnrolmentState, Grounds, Waiver, WeighedRule
from enrollment.services import awards
from enrollment.services.statements import tell_completed
from learning import thai
from learning.people import audit
from learning.people.models import Person

_BATCH = 500
# Told how many enrolments have been dealt with, and of how many.
Progress = Callable[[int, int], None]


# -- One learner ------------------------------------------------------------------------------------
def lacks(registration: Registration) -> list[Missing]:
    """Return what is missing in a registration; five queries."""
    parts = parts_of(registration.version_id)
    done = {each.unit_id: done_of(each) for each in registration.progress.all()}
    answered = registration.surveys.values_list("unit", flat=True)
    waived = set(Waiver.objects.filter(enrolment__registration=registration).values_list("unit", flat=True))
    return missing(rule_of_version(registration.version_id), parts, done, answered, waived)


def excused(registration: Registration) -> Iterable[int]:
    """Return the units without which what comes after them opens: waived ones, and post-tests passed by now.

    A mark that was lowered may be reached by a result that was none when the test was taken.
    """
    waived = Waiver.objects.filter(enrolment__registration=registration).exclude(unit=None)
    reached = registration.progress.filter(
        unit__kind=UnitKind.TEST,
        unit__content__role=TestRole.POST,
        unit__topic__version__completion_rule__test_mark__gt=0,
        score__gte=F("unit__topic__version__completion_rule__test_mark"),
    )
    return [*waived.values_list("unit_id", flat=True), *reached.values_list("unit_id", flat=True)]


def out_of_tries(registration: Registration, missing: Iterable[Missing], *, now: datetime) -> set[int]:
    """Return which of the missing tests can be taken no more; three queries for each that is missing."""
    tests = [each.part.pk for each in missing if each.part is not None and each.part.role]
    units = Unit.objects.filter(pk__in=tests)
    return {unit.pk for unit in units if standing(registration, unit, now=now).is_spent}


def parts_of(version: int) -> list[Part]:
    """Return the units of a version in their order."""
    units = Unit.objects.filter(topic__version=version).order_by("topic__order", "order")
    return [part_of(unit) for unit in units.defer("body")]


def rule_of_version(version: int) -> Rule:
    """Return what a version asks for."""
    return rule_of(CompletionRule.objects.filter(version=version).first())


def weigh(registration: Registration) -> None:
    """Complete the enrolment of a registration that moved, if nothing is missing any more.

    Called by the player inside the transaction in which the progress was written: both stand or fall.
    """
    enrolment = Enrolment.objects.filter(registration=registration, state=EnrolmentState.ENROLLED).first()
    if enrolment is not None and not lacks(registration):
        complete([enrolment.pk], now=timezone.now())


def check_again(enrolment: Enrolment, *, now: datetime) -> list[Missing]:
    """Weigh an enrolment because its learner asks; return what is missing. Raises NotLearning."""
    if enrolment.state != EnrolmentState.ENROLLED or enrolment.registration is None:
        raise NotLearning
    found = lacks(enrolment.registration)
    if not found:
        complete([enrolment.pk], now=now)
    return found


# -- The one step -----------------------------------------------------------------------------------
@dataclass(frozen=True)
class Because:
    """Why enrolments are completed; an officer who grants it says so."""

    grounds: Grounds = Grounds.RULE
    actor: Person | None = None
    reason: str = ""


BY_RULE = Because()


@transaction.atomic
def complete(keys: Sequence[int], *, now: datetime, because: Because = BY_RULE) -> int:
    """Complete these enrolments and issue their certificates; return how many were not completed before."""
    found = list(
        Enrolment.objects.select_for_update(no_key=True, of=("self",))
        .filter(pk__in=keys, state=EnrolmentState.ENROLLED)
        .select_related("person", "round", "course__owner")
        # In one order, so that two that complete some of the same wait for each other and not in a circle.
        .order_by("pk")
    )
    if not found:
        return 0
    tell_completed(found, now=now)
    issued = issue_many(
        kinds.COURSE_COMPLETION,
        [Due(each.person, _facts(each, now), f"enrolment:{each.pk}") for each in found],
        issued_by=because.actor,
        now=now,
    )
    Enrolment.objects.filter(pk__in=[each.pk for each in found]).update(
        state=EnrolmentState.COMPLETED,
        completed_at=now,
        grounds=because.grounds,
        granted_by=because.actor if because.grounds == Grounds.GRANTED else None,
        grant_reason=because.reason,
    )
    for enrolment, certificate in zip(found, issued, strict=True):
        enrolment.certificate = certificate
    Enrolment.objects.bulk_update(found, ["certificate"])
    awards.award({each.person_id for each in found}, {each.course_id for each in found}, now=now)
    return len(found)


def _facts(enrolment: Enrolment, now: datetime) -> dict[str, object]:
    course = enrolment.course
    return {
        "test_name": course.name_th,
        "test_name_en": course.name_en,
        "round_name": enrolment.round.name,
        "code": course.code,
        "owner_name": course.owner.name_th,
        # Without the noughts of the column: 3, 1.5.
        "hours": Decimal(f"{course.hours.normalize():f}"),
        "completed_on": timezone.localdate(now),
    }


@transaction.atomic
def grant(enrolment: Enrolment, reason: str, *, actor: Person, now: datetime) -> None:
    """Complete an enrolment by an officer's decision. Raises ReasonMissing, NotLearning."""
    reason = thai.tidy(reason)
    if not reason:
        raise ReasonMissing
    if not complete([enrolment.pk], now=now, because=Because(Grounds.GRANTED, actor, reason)):
        raise NotLearning
    audit.record(actor, "enrollment.completion_granted", enrolment, person=enrolment.person_id, reason=reason)
    enrolment.refresh_from_db()


@transaction.atomic
def waive(enrolment: Enrolment, unit: int | None, reason: str, *, actor: Person, now: datetime) -> bool:
    """Ask one missing thing of a learner no more; return whether that completed the course.

    `unit` is None for the learning time. Raises ReasonMissing, NotLearning, NotMissing.
    """
    reason = thai.tidy(reason)
    if not reason:
        raise ReasonMissing
    rows = Enrolment.objects.select_for_update(no_key=True, of=("self",)).select_related("registration")
    held = rows.get(pk=enrolment.pk)
    if held.state != EnrolmentState.ENROLLED or held.registration is None:
        raise NotLearning
    can = {part and part.pk for each in lacks(held.registration) for part in each.waivable}
    if unit not in can:
        raise NotMissing
    Waiver.objects.create(enrolment=held, unit_id=unit, reason=reason, waived_by=actor, waived_at=now)
    audit.record(
        actor, "enrollment.requirement_waived", held, person=held.person_id, unit=unit, reason=reason
    )
    weigh(held.registration)
    enrolment.refresh_from_db()
    return enrolment.state == EnrolmentState.COMPLETED


@transaction.atomic
def reported(outcomes: Sequence[Outcome]) -> None:
    """Complete the enrolments of persons whose completion a partner reported."""
    persons = [outcome.person_id for outcome in outcomes]
    courses = {outcome.course_id for outcome in outcomes}
    now = timezone.now()
    for start in range(0, len(persons), _BATCH):
        keys = Enrolment.objects.filter(
            person__in=persons[start : start + _BATCH], course__in=courses, state=EnrolmentState.ENROLLED
        ).values_list("pk", flat=True)
        complete(list(keys), now=now, because=Because(Grounds.REPORTED))
        # Whoever went there without enrolling has completed it as well, for a curriculum.
        awards.award(persons[start : start + _BATCH], courses, now=now)


# -- Many learners ----------------------------------------------------------------------------------
def completable(version: CourseVersion) -> list[int]:
    """Return the enrolments of a version in which nothing is missing any more.

    Says the same as `completion.missing`, which the tests prove over random courses. Those with a waiver are
    few and looked at one by one; one query finds all others.
    """
    return sorted({*_complete(version).order_by().values_list("pk", flat=True), *_by_waiver(version)})


def _complete(version: CourseVersion) -> QuerySet[Enrolment]:
    rule, parts = rule_of_version(version.pk), parts_of(version.pk)
    counted = [part for part in parts if part.counts]
    surveys = [part.pk for part in parts if part.kind == UnitKind.SURVEY] if rule.needs_survey else []
    posts = [part.pk for part in parts if part.role == TestRole.POST] if rule.test_mark else []
    found = Enrolment.objects.filter(registration__version=version, state=EnrolmentState.ENROLLED)
    if not (counted or surveys or posts or rule.min_minutes):
        return found.none()
    by_mark = [part.pk for part in counted if part.pk in posts]
    by_completion = [part.pk for part in counted if part.pk not in posts]
    reached = Q(unit__in=posts, score__gte=rule.test_mark)
    done = (Q(unit__in=by_mark) & reached) | (
        Q(unit__in=by_completion, status=UnitStatus.COMPLETED) & (Q(is_passed=None) | Q(is_passed=True))
    )
    progress = UnitProgress.objects.filter(registration=OuterRef("registration"))
    if needed := units_needed(rule, len(counted)):
        found = found.alias(done_units=_per_registration(progress.filter(done), Count("pk"))).filter(
            done_units__gte=needed
        )
    if posts:
        found = found.alias(reached=_per_registration(progress.filter(reached), Count("pk"))).filter(
            reached=len(posts)
        )
    if rule.min_minutes:
        found = found.alias(spent=_per_registration(progress, Sum("seconds"))).filter(
            spent__gte=rule.min_minutes * 60
        )
    for survey in surveys:
        answers = SurveyResponse.objects.filter(registration=OuterRef("registration"), unit=survey)
        found = found.filter(Exists(answers))
    return found


def _per_registration(rows: QuerySet[UnitProgress], of: Count | Sum) -> Coalesce:
    counted = rows.order_by().values("registration").annotate(value=of).values("value")
    return Coalesce(Subquery(counted, output_field=BigIntegerField()), 0)


def _by_waiver(version: CourseVersion) -> Iterator[int]:
    learning = Enrolment.objects.filter(registration__version=version, state=EnrolmentState.ENROLLED)
    waived = learning.filter(Exists(Waiver.objects.filter(enrolment=OuterRef("pk"))))
    for each in waived.select_related("registration"):
        if each.registration is not None and not lacks(each.registration):
            yield each.pk


def weigh_version(version: CourseVersion, *, now: datetime, on_progress: Progress | None = None) -> int:
    """Complete everybody in a version who has all it asks for now; return how many.

    May be run again at any time: each portion is a transaction of its own, and who is completed is not
    looked at again.
    """
    keys = completable(version)
    completed = 0
    for start in range(0, len(keys), _BATCH):
        completed += complete(keys[start : start + _BATCH], now=now)
        if on_progress is not None:
            on_progress(min(start + _BATCH, len(keys)), len(keys))
    return completed


def weigh_changed(*, now: datetime) -> int:
    """Weigh again whoever learns a version whose rule has changed since it was last looked at."""
    completed = 0
    for rule in _unweighed():
        completed += weigh_version(rule.version, now=now)
        WeighedRule.objects.update_or_create(
            version=rule.version, defaults={"revision": rule.revision, "at": now}
        )
    return completed


def _unweighed() -> Iterator[CompletionRule]:
    weighed = WeighedRule.objects.filter(version=OuterRef("version"), revision__gte=OuterRef("revision"))
    learning = Enrolment.objects.filter(
        registration__version=OuterRef("version"), state=EnrolmentState.ENROLLED
    )
    rules = CompletionRule.objects.filter(~Exists(weighed), Exists(learning))
    return rules.select_related("version").order_by("pk").iterator()


def weigh_all(*, now: datetime) -> int:
    """Weigh everybody: whatever kept a completion from being noticed, a night later it is there."""
    learning = Enrolment.objects.filter(registration__version=OuterRef("pk"), state=EnrolmentState.ENROLLED)
    completed = sum(
        weigh_version(version, now=now) for version in CourseVersion.objects.filter(Exists(learning))
    )
    awards.award_all(now=now)
    return completed
