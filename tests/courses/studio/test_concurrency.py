"""Two at once: reviewers who decide, an author who still writes, two workers that publish."""

from __future__ import annotations

import pytest
from django.db import transaction

from courses.catalogue.errors import VersionFrozen
from courses.catalogue.models import CourseVersion, Unit, VersionStatus
from courses.studio.errors import ChangedMeanwhile, NotYourTurn, WrongStep
from courses.studio.models import Assignment, Letter, LetterKind
from courses.studio.services import letters, outline, publishing, reviews
from courses.studio.services.writing import unit_seen
from courses.studio.workflow import Outcome, Quorum, Verdict, stand
from tests.conftest import make_person
from tests.courses.catalogue.factories import NOON
from tests.courses.catalogue.test_concurrency import _Other, wait_until_somebody_waits_for_a_lock
from tests.courses.studio.factories import approve, make_version, name_reviewers, submit_to

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def version(department, agency_officer):
    return make_version(department, agency_officer)


@pytest.fixture
def second(department):
    return make_person(first_name="ผู้ตรวจสอง", agency=department)


def decide(person) -> None:
    reviews.decide(CourseVersion.objects.get(), Verdict.APPROVE, actor=person, now=NOON)


def test_without_the_lock_two_last_approvals_approve_nothing(
    version, department, agency_officer, reviewer, second
):
    """The proof that there is a race: each sees the other's verdict missing, and nobody closes the review."""
    name_reviewers(department, (Quorum.ALL, [reviewer, second]), actor=agency_officer)
    reviews.submit(version, actor=agency_officer, now=NOON)
    seen: list[Outcome] = []

    def give(person) -> None:
        Assignment.objects.filter(person=person).update(verdict=Verdict.APPROVE, decided_at=NOON)
        review = reviews.open_review(version)
        assert review is not None
        views = [reviews._view(stage) for stage in review.stages.all()]
        seen.append(stand(views)[0])

    with transaction.atomic():
        give(reviewer)
        other = _Other(lambda: give(second))
        other.thread.join(30)
    assert seen == [Outcome.OPEN, Outcome.OPEN]


def test_of_two_reviewers_at_once_the_second_closes_the_review(
    version, department, agency_officer, reviewer, second
):
    name_reviewers(department, (Quorum.ALL, [reviewer, second]), actor=agency_officer)
    reviews.submit(version, actor=agency_officer, now=NOON)
    with transaction.atomic():
        decide(reviewer)
        other = _Other(lambda: decide(second))
        wait_until_somebody_waits_for_a_lock()
    other.thread.join(30)
    assert other.refused == []
    assert CourseVersion.objects.get().status == VersionStatus.APPROVED
    assert Letter.objects.filter(kind=LetterKind.APPROVED).count() == 1


def test_where_one_approval_is_enough_the_second_comes_too_late(
    version, department, agency_officer, reviewer, second
):
    name_reviewers(department, (Quorum.ANY, [reviewer, second]), actor=agency_officer)
    reviews.submit(version, actor=agency_officer, now=NOON)
    with transaction.atomic():
        decide(reviewer)
        other = _Other(lambda: decide(second))
        wait_until_somebody_waits_for_a_lock()
    other.thread.join(30)
    assert [type(error) for error in other.refused] == [NotYourTurn]
    assert Assignment.objects.filter(verdict="").count() == 1


def test_who_withdraws_waits_for_who_begins(version, agency_officer, reviewer):
    submit_to(version, reviewer, actor=agency_officer)
    with transaction.atomic():
        reviews.begin(version, actor=reviewer)
        other = _Other(lambda: reviews.withdraw(version, actor=agency_officer, now=NOON))
        wait_until_somebody_waits_for_a_lock()
    other.thread.join(30)
    assert [type(error) for error in other.refused] == [WrongStep]


def test_who_writes_waits_for_who_submits(version, agency_officer, reviewer):
    unit = Unit.objects.get()
    seen = unit_seen(unit)
    with transaction.atomic():
        submit_to(version, reviewer, actor=agency_officer)
        other = _Other(lambda: outline.change_unit(unit, {"body": "ช้าไป"}, seen=seen, actor=agency_officer))
        wait_until_somebody_waits_for_a_lock()
    other.thread.join(30)
    assert [type(error) for error in other.refused] == [VersionFrozen]


def test_of_two_authors_at_once_the_second_is_told(version, agency_officer, second):
    unit = Unit.objects.get()
    seen = unit_seen(unit)
    with transaction.atomic():
        outline.change_unit(unit, {"body": "คนแรก"}, seen=seen, actor=agency_officer)
        other = _Other(lambda: outline.change_unit(unit, {"body": "คนที่สอง"}, seen=seen, actor=second))
        wait_until_somebody_waits_for_a_lock()
    other.thread.join(30)
    assert [type(error) for error in other.refused] == [ChangedMeanwhile]
    assert Unit.objects.get().body == "คนแรก"


def test_two_workers_publish_once_and_write_once(version, agency_officer, reviewer):
    submit_to(version, reviewer, actor=agency_officer)
    approve(version, reviewer)
    later = NOON.replace(year=2027)
    publishing.schedule(version, later, actor=agency_officer, now=NOON)
    with transaction.atomic():
        assert publishing.publish_due(now=later) == 1
        other = _Other(lambda: publishing.publish_due(now=later))
        wait_until_somebody_waits_for_a_lock()
    other.thread.join(30)
    assert other.refused == []
    assert Letter.objects.filter(kind=LetterKind.PUBLISHED).count() == 1
    assert not Letter.objects.filter(kind=LetterKind.NOT_PUBLISHED).exists()


def test_a_letter_that_another_worker_sends_is_left_to_it(version, agency_officer):
    letters.write(version, LetterKind.APPROVED, [agency_officer])
    sent: list[int] = []
    with transaction.atomic():
        Letter.objects.select_for_update(no_key=True).get()
        other = _Other(lambda: sent.append(letters.send_waiting(now=NOON)))
        other.thread.join(30)
    assert sent == [0]
    assert letters.send_waiting(now=NOON) == 1
