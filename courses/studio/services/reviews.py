"""A version before its reviewers: submitted, withdrawn, decided on.

Every step locks the version first, so that of two reviewers who decide at once the second sees what the
first decided. Which step leads where is in ``workflow.py``.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from courses.catalogue.models import CourseVersion, VersionStatus
from courses.studio.errors import NoReviewers, NoteNeeded, NotReady, NotYourTurn, OwnWork, ReviewsAlready
from courses.studio.models import (
    AgencyStage,
    Assignment,
    Comment,
    LetterKind,
    Review,
    ReviewStage,
    Schedule,
)
from courses.studio.services import letters, readiness
from courses.studio.services.writing import is_contributor, lock
from courses.studio.workflow import Outcome, StageView, Step, Verdict, after, stand
from learning.people import audit
from learning.people.models import Agency, Person


def stages_for(agency: Agency) -> list[AgencyStage]:
    """Return the stages of an agency; those of the next agency above where it has none of its own."""
    for each in agency.ancestry:
        stages = list(AgencyStage.objects.filter(agency=each).prefetch_related("reviewers"))
        if stages:
            return stages
    return []


def open_review(version: CourseVersion) -> Review | None:
    """Return the review that is going on, with its stages and reviewers."""
    return (
        Review.objects.filter(version=version, closed_at=None)
        .prefetch_related("stages__assignments__person")
        .first()
    )


def stage_in_turn(review: Review) -> ReviewStage | None:
    """Return the stage whose turn it is."""
    stages = list(review.stages.all())
    _outcome, place = stand([_view(stage) for stage in stages])
    return None if place is None else stages[place]


def may_decide(version: CourseVersion, person: Person) -> bool:
    """Say whether it is the person's turn to decide."""
    review = open_review(version)
    return review is not None and _assignment(review, person) is not None


def authors(version: CourseVersion) -> list[Person]:
    """Return who wrote in the version."""
    found = {each.person_id: each.person for each in version.contributors.select_related("person")}
    if version.author is not None:
        found.setdefault(version.author.pk, version.author)
    return list(found.values())


# -- Steps ------------------------------------------------------------------------------------------
@transaction.atomic
def submit(version: CourseVersion, *, note: str = "", actor: Person, now: datetime) -> Review:
    """Hand a version to the reviewers that its agency names; from here on nothing in it changes.

    Raises WrongStep, NotReady, NoReviewers.
    """
    locked = lock(version)
    status = after(locked.status, Step.SUBMIT)
    if found := readiness.problems(locked):
        raise NotReady(found)
    plan = _reviewers(locked, actor)
    review = Review.objects.create(version=locked, submitted_by=actor, submitted_at=now, note=note)
    for order, (stage, persons) in enumerate(plan):
        row = ReviewStage.objects.create(review=review, order=order, name=stage.name, quorum=stage.quorum)
        Assignment.objects.bulk_create(Assignment(stage=row, person=person) for person in persons)
    _move(locked, status)
    version.status = status
    audit.record(actor, "studio.submitted", locked, note=note)
    letters.write(locked, LetterKind.REVIEW_WANTED, plan[0][1], note=note)
    return review


def _reviewers(version: CourseVersion, actor: Person) -> list[tuple[AgencyStage, list[Person]]]:
    """Return each stage with who reviews in it: those named, without whoever worked on the version."""
    own = {person.pk for person in authors(version)} | {actor.pk}
    plan = []
    for stage in stages_for(version.course.owner):
        persons = [person for person in stage.reviewers.all() if person.is_active and person.pk not in own]
        if not persons:
            raise NoReviewers(stage.name)
        plan.append((stage, persons))
    if not plan:
        raise NoReviewers
    return plan


@transaction.atomic
def withdraw(version: CourseVersion, *, actor: Person, now: datetime) -> None:
    """Take a version back that no reviewer has begun to read. Raises WrongStep."""
    locked = lock(version)
    status = after(locked.status, Step.WITHDRAW)
    review = open_review(locked)
    _move(locked, status)
    version.status = status
    audit.record(actor, "studio.withdrawn", locked)
    if review is not None:
        stage = stage_in_turn(review)
        _close(review, Outcome.OPEN, now)
        if stage is not None:
            letters.write(locked, LetterKind.WITHDRAWN, _persons(stage))


@transaction.atomic
def begin(version: CourseVersion, *, actor: Person) -> bool:
    """Note that a reviewer reads, and say whether they are the first. Raises NotYourTurn, OwnWork."""
    locked = lock(version)
    _turn_of(locked, actor)
    if locked.status == VersionStatus.IN_REVIEW:
        return False
    status = after(locked.status, Step.BEGIN)
    _move(locked, status)
    version.status = status
    audit.record(actor, "studio.review_begun", locked)
    return True


@transaction.atomic
def decide(
    version: CourseVersion, verdict: Verdict, *, note: str = "", actor: Person, now: datetime
) -> Outcome:
    """Give a reviewer's verdict, and return what the review comes to with it.

    Raises NotYourTurn, OwnWork, NoteNeeded.
    """
    locked = lock(version)
    assignment = _turn_of(locked, actor)
    review = assignment.stage.review
    if verdict == Verdict.CHANGES and not note.strip() and not _commented(review, actor):
        raise NoteNeeded
    begin(locked, actor=actor)
    assignment.verdict, assignment.note, assignment.decided_at = verdict, note, now
    assignment.save(update_fields=["verdict", "note", "decided_at"])
    audit.record(actor, f"studio.verdict_{verdict}", locked, note=note, stage=assignment.stage.name)
    outcome = _conclude(locked, assignment.stage, now=now)
    version.status = locked.status
    return outcome


def _conclude(version: CourseVersion, decided: ReviewStage, *, now: datetime) -> Outcome:
    """Close the review if it has come to something, or call the reviewers of the next stage."""
    review = open_review(version)
    assert review is not None
    stages = list(review.stages.all())
    outcome, place = stand([_view(stage) for stage in stages])
    if outcome is Outcome.OPEN:
        if place is not None and stages[place].pk != decided.pk:
            letters.write(version, LetterKind.REVIEW_WANTED, _persons(stages[place]), note=review.note)
        return outcome
    step = Step.APPROVE if outcome is Outcome.APPROVED else Step.ASK_CHANGES
    _move(version, after(version.status, step))
    _close(review, outcome, now)
    kind = LetterKind.APPROVED if outcome is Outcome.APPROVED else LetterKind.CHANGES_ASKED
    notes = "\n\n".join(
        assignment.note for stage in stages for assignment in stage.assignments.all() if assignment.note
    )
    letters.write(version, kind, [review.submitted_by, *authors(version)], note=notes)
    audit.record(None, f"studio.review_{outcome}", version)
    return outcome


@transaction.atomic
def reopen(version: CourseVersion, *, actor: Person) -> None:
    """Go back to writing an approved version; its approval is void. Raises WrongStep."""
    locked = lock(version)
    status = after(locked.status, Step.REOPEN)
    _move(locked, status)
    version.status = status
    Schedule.objects.filter(version=locked).delete()
    audit.record(actor, "studio.reopened", locked)
    last = locked.reviews.order_by("-pk").prefetch_related("stages__assignments__person").first()
    if last is not None:
        letters.write(locked, LetterKind.REOPENED, _all_persons(last))


@transaction.atomic
def replace_reviewer(assignment: Assignment, person: Person, *, actor: Person) -> None:
    """Name somebody else for a reviewer who has not decided. Raises NotYourTurn, OwnWork, ReviewsAlready."""
    locked = lock(assignment.stage.review.version)
    stored = Assignment.objects.select_related("stage__review", "person").get(pk=assignment.pk)
    review = stored.stage.review
    if review.closed_at is not None or stored.verdict:
        raise NotYourTurn
    if person.pk == actor.pk or is_contributor(locked, person) or review.submitted_by_id == person.pk:
        raise OwnWork
    if stored.stage.assignments.filter(person=person).exists():
        raise ReviewsAlready
    before = stored.person
    stored.person = person
    stored.save(update_fields=["person"])
    audit.record(
        actor,
        "studio.reviewer_replaced",
        locked,
        stage=stored.stage.name,
        before=before.pk,
        after=person.pk,
    )
    current = open_review(locked)
    turn = stage_in_turn(current) if current else None
    if turn is not None and turn.pk == stored.stage_id:
        letters.write(locked, LetterKind.REVIEW_WANTED, [person], note=review.note)


# -- Helpers ----------------------------------------------------------------------------------------
def _view(stage: ReviewStage) -> StageView:
    return StageView(stage.quorum, tuple(each.verdict for each in stage.assignments.all()))


def _persons(stage: ReviewStage) -> list[Person]:
    return [each.person for each in stage.assignments.all() if not each.verdict]


def _all_persons(review: Review) -> Iterable[Person]:
    return (each.person for stage in review.stages.all() for each in stage.assignments.all())


def _assignment(review: Review, person: Person) -> Assignment | None:
    """Return the person's undecided part in the stage whose turn it is."""
    stage = stage_in_turn(review)
    if stage is None:
        return None
    return next(
        (each for each in stage.assignments.all() if each.person_id == person.pk and not each.verdict), None
    )


def _turn_of(version: CourseVersion, person: Person) -> Assignment:
    review = open_review(version)
    assignment = _assignment(review, person) if review is not None else None
    if assignment is None or not person.is_active:
        raise NotYourTurn
    # Named before they wrote: an officer may have had them help afterwards.
    if is_contributor(version, person):
        raise OwnWork
    return assignment


def _commented(review: Review, person: Person) -> bool:
    return Comment.objects.filter(
        version=review.version_id, author=person, created_at__gte=review.submitted_at, resolved_at=None
    ).exists()


def _move(version: CourseVersion, status: str) -> None:
    version.status = status
    version.save(update_fields=["status"])


def _close(review: Review, outcome: Outcome, now: datetime) -> None:
    review.outcome, review.closed_at = outcome.value, now
    review.save(update_fields=["outcome", "closed_at"])
