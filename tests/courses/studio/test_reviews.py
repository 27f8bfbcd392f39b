"""A version on its way: who decides, who is told, what is kept."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail

from courses.catalogue.errors import CourseRetired, VersionInWork
from courses.catalogue.models import CourseVersion, Unit, VersionStatus
from courses.catalogue.services.courses import retire_course
from courses.player.models import Registration
from courses.player.services import progress, registrations
from courses.studio.errors import (
    CommentsClosed,
    InvalidReviewers,
    NoReviewers,
    NoteNeeded,
    NotReady,
    NotYourTurn,
    OwnWork,
    TooLate,
    WrongStep,
)
from courses.studio.history import LABELS, history
from courses.studio.models import Assignment, Letter, LetterKind, Schedule
from courses.studio.services import comments, copying, letters, outline, publishing, reviews, stages
from courses.studio.services.writing import unit_seen
from courses.studio.workflow import Outcome, Quorum, Verdict
from learning.people.models import AuditEntry
from tests.conftest import make_person
from tests.courses.catalogue.factories import NOON
from tests.courses.studio.factories import approve, make_version, name_reviewers, submit_to

pytestmark = pytest.mark.django_db


@pytest.fixture
def version(department, agency_officer):
    return make_version(department, agency_officer)


@pytest.fixture
def colleague(department):
    return make_person(first_name="ผู้ตรวจสอง", agency=department)


def status(version: CourseVersion) -> str:
    version.refresh_from_db()
    return version.status


def told(kind: LetterKind) -> list[str]:
    return sorted(Letter.objects.filter(kind=kind).values_list("person__first_name", flat=True))


def test_from_draft_to_published(version, agency_officer, reviewer):
    submit_to(version, reviewer, actor=agency_officer)
    assert status(version) == VersionStatus.SUBMITTED
    assert told(LetterKind.REVIEW_WANTED) == [reviewer.first_name]
    assert reviews.begin(version, actor=reviewer)
    assert not reviews.begin(version, actor=reviewer)
    assert status(version) == VersionStatus.IN_REVIEW
    assert reviews.decide(version, Verdict.APPROVE, actor=reviewer, now=NOON) is Outcome.APPROVED
    assert status(version) == VersionStatus.APPROVED
    assert told(LetterKind.APPROVED) == [agency_officer.first_name]
    publishing.publish(version, actor=agency_officer, now=NOON)
    assert status(version) == VersionStatus.PUBLISHED
    assert told(LetterKind.PUBLISHED) == [agency_officer.first_name]
    shown = [event.label for event in reversed(history(version.course, version=version))]
    assert [str(label) for label in shown[-5:]] == [
        str(LABELS[name])
        for name in (
            "studio.submitted",
            "studio.review_begun",
            "studio.verdict_approve",
            "studio.review_approved",
            "catalogue.version_published",
        )
    ]


def test_every_step_has_its_words(version, agency_officer, reviewer):
    submit_to(version, reviewer, actor=agency_officer)
    reviews.withdraw(version, actor=agency_officer, now=NOON)
    submit_to(version, reviewer, actor=agency_officer)
    approve(version, reviewer)
    publishing.schedule(version, NOON + timedelta(days=1), actor=agency_officer, now=NOON)
    publishing.unschedule(version, actor=agency_officer)
    reviews.reopen(version, actor=agency_officer)
    actions = set(
        AuditEntry.objects.filter(target__contains="courseversion").values_list("action", flat=True)
    )
    assert actions <= set(LABELS)


def test_changes_are_asked_for_and_made_and_reviewed_again(version, agency_officer, reviewer):
    submit_to(version, reviewer, actor=agency_officer)
    unit = Unit.objects.get()
    with pytest.raises(NoteNeeded):
        reviews.decide(version, Verdict.CHANGES, actor=reviewer, now=NOON)
    comments.say(version, "แก้ย่อหน้าแรก", unit=unit, actor=reviewer)
    assert (
        reviews.decide(version, Verdict.CHANGES, note="ดูข้อคิดเห็น", actor=reviewer, now=NOON)
        is Outcome.CHANGES_ASKED
    )
    assert status(version) == VersionStatus.CHANGES_ASKED
    assert told(LetterKind.CHANGES_ASKED) == [agency_officer.first_name]
    outline.change_unit(unit, {"body": "แก้แล้ว"}, seen=unit_seen(unit), actor=agency_officer)
    (thread,) = comments.threads(version)
    comments.answer(thread.comment, "แก้แล้วครับ", actor=agency_officer)
    comments.resolve(thread.comment, actor=agency_officer, now=NOON)
    (thread,) = comments.threads(version)
    assert thread.is_resolved
    assert [answer.text for answer in thread.answers] == ["แก้แล้วครับ"]
    comments.unresolve(thread.comment, actor=reviewer)
    assert not comments.threads(version)[0].is_resolved
    reviews.submit(version, actor=agency_officer, now=NOON)
    # Anew: nobody has approved what has been changed since.
    assert reviews.may_decide(version, reviewer)
    approve(version, reviewer)
    assert status(version) == VersionStatus.APPROVED


def test_a_comment_without_a_note_is_word_enough(version, agency_officer, reviewer):
    submit_to(version, reviewer, actor=agency_officer)
    comments.say(version, "แก้คำผิด", actor=reviewer)
    assert reviews.decide(version, Verdict.CHANGES, actor=reviewer, now=NOON) is Outcome.CHANGES_ASKED


def test_two_stages_one_after_the_other(version, department, agency_officer, reviewer, colleague):
    third = make_person(first_name="ผู้ตรวจสาม", agency=department)
    name_reviewers(
        department,
        (Quorum.ALL, [reviewer, colleague]),
        (Quorum.ANY, [colleague, third]),
        actor=agency_officer,
    )
    reviews.submit(version, actor=agency_officer, now=NOON)
    assert told(LetterKind.REVIEW_WANTED) == sorted([reviewer.first_name, colleague.first_name])
    with pytest.raises(NotYourTurn):
        reviews.decide(version, Verdict.APPROVE, actor=third, now=NOON)
    assert reviews.decide(version, Verdict.APPROVE, actor=reviewer, now=NOON) is Outcome.OPEN
    with pytest.raises(NotYourTurn):
        reviews.decide(version, Verdict.APPROVE, actor=reviewer, now=NOON)
    assert reviews.decide(version, Verdict.APPROVE, actor=colleague, now=NOON) is Outcome.OPEN
    assert told(LetterKind.REVIEW_WANTED) == sorted(
        [reviewer.first_name, colleague.first_name, colleague.first_name, third.first_name]
    )
    assert reviews.decide(version, Verdict.APPROVE, actor=third, now=NOON) is Outcome.APPROVED
    with pytest.raises(NotYourTurn):
        reviews.decide(version, Verdict.CHANGES, note="ช้าไป", actor=colleague, now=NOON)
    assert status(version) == VersionStatus.APPROVED


def test_nobody_reviews_their_own_work(version, department, agency_officer, reviewer, colleague):
    with pytest.raises(NoReviewers):
        submit_to(version, agency_officer, actor=agency_officer)
    # Named, and has written: left out.
    unit = Unit.objects.get()
    outline.change_unit(unit, {"body": "ช่วยแก้"}, seen=unit_seen(unit), actor=colleague)
    name_reviewers(department, (Quorum.ALL, [reviewer, colleague]), actor=agency_officer)
    reviews.submit(version, actor=agency_officer, now=NOON)
    assert list(Assignment.objects.values_list("person", flat=True)) == [reviewer.pk]
    with pytest.raises(NotYourTurn):
        reviews.decide(version, Verdict.APPROVE, actor=colleague, now=NOON)


def test_who_submits_does_not_review_either(version, department, agency_officer, reviewer):
    second = make_person(agency=department)
    name_reviewers(department, (Quorum.ANY, [second]), actor=agency_officer)
    with pytest.raises(NoReviewers, match="ขั้นที่ 1"):
        reviews.submit(version, actor=second, now=NOON)


def test_without_reviewers_or_content_nothing_is_submitted(version, agency_officer, reviewer):
    with pytest.raises(NoReviewers):
        reviews.submit(version, actor=agency_officer, now=NOON)
    outline.remove_topic(version.topics.get(), actor=agency_officer)
    with pytest.raises(NotReady):
        submit_to(version, reviewer, actor=agency_officer)
    assert status(version) == VersionStatus.DRAFT


def test_stages_come_from_the_nearest_agency(
    version, ministry, department, agency_officer, reviewer, colleague
):
    name_reviewers(ministry, (Quorum.ALL, [colleague]), actor=agency_officer)
    assert [each.name for each in reviews.stages_for(department)] == ["ขั้นที่ 1"]
    name_reviewers(department, (Quorum.ALL, [reviewer]), (Quorum.ALL, [colleague]), actor=agency_officer)
    assert len(reviews.stages_for(department)) == 2
    stages.set_stages(department, [], seen=stages.stages_seen(department), actor=agency_officer)
    assert len(reviews.stages_for(department)) == 1


def test_a_running_review_keeps_its_reviewers(version, department, agency_officer, reviewer, colleague):
    submit_to(version, reviewer, actor=agency_officer)
    name_reviewers(department, (Quorum.ALL, [colleague]), actor=agency_officer)
    assert reviews.may_decide(version, reviewer)
    assert not reviews.may_decide(version, colleague)


def test_a_reviewer_is_replaced(version, agency_officer, reviewer, colleague):
    submit_to(version, reviewer, actor=agency_officer)
    assignment = Assignment.objects.get()
    with pytest.raises(OwnWork):
        reviews.replace_reviewer(assignment, agency_officer, actor=agency_officer)
    reviews.replace_reviewer(assignment, colleague, actor=agency_officer)
    assert told(LetterKind.REVIEW_WANTED) == sorted([reviewer.first_name, colleague.first_name])
    with pytest.raises(NotYourTurn):
        reviews.decide(version, Verdict.APPROVE, actor=reviewer, now=NOON)
    approve(version, colleague)
    with pytest.raises(NotYourTurn):
        reviews.replace_reviewer(assignment, reviewer, actor=agency_officer)


def test_a_reviewer_who_left_cannot_decide(version, agency_officer, reviewer):
    submit_to(version, reviewer, actor=agency_officer)
    reviewer.is_active = False
    reviewer.save()
    with pytest.raises(NotYourTurn):
        reviews.decide(version, Verdict.APPROVE, actor=reviewer, now=NOON)


def test_withdrawing_only_until_somebody_reads(version, agency_officer, reviewer):
    submit_to(version, reviewer, actor=agency_officer)
    reviews.withdraw(version, actor=agency_officer, now=NOON)
    assert status(version) == VersionStatus.DRAFT
    assert told(LetterKind.WITHDRAWN) == [reviewer.first_name]
    assert reviews.open_review(version) is None
    submit_to(version, reviewer, actor=agency_officer)
    reviews.begin(version, actor=reviewer)
    with pytest.raises(WrongStep):
        reviews.withdraw(version, actor=agency_officer, now=NOON)


def test_stages_need_persons_and_have_an_end(department, agency_officer, reviewer):
    seen = stages.stages_seen(department)
    with pytest.raises(InvalidReviewers):
        stages.set_stages(department, [stages.StagePlan("ก", "all", ())], seen=seen, actor=agency_officer)
    plans = [stages.StagePlan(f"{n}", "all", (reviewer,)) for n in range(6)]
    with pytest.raises(InvalidReviewers):
        stages.set_stages(department, plans, seen=seen, actor=agency_officer)


# -- Publishing -------------------------------------------------------------------------------------
def test_a_version_is_published_when_its_time_has_come(version, agency_officer, reviewer):
    with pytest.raises(WrongStep):
        publishing.schedule(version, NOON + timedelta(days=1), actor=agency_officer, now=NOON)
    submit_to(version, reviewer, actor=agency_officer)
    approve(version, reviewer)
    with pytest.raises(TooLate):
        publishing.schedule(version, NOON, actor=agency_officer, now=NOON)
    publishing.schedule(version, NOON + timedelta(days=1), actor=agency_officer, now=NOON)
    assert publishing.publish_due(now=NOON) == 0
    assert publishing.publish_due(now=NOON + timedelta(days=1)) == 1
    assert publishing.publish_due(now=NOON + timedelta(days=1)) == 0
    assert status(version) == VersionStatus.PUBLISHED
    assert not Schedule.objects.exists()


def test_what_cannot_be_published_is_told(version, agency_officer, reviewer):
    submit_to(version, reviewer, actor=agency_officer)
    approve(version, reviewer)
    publishing.schedule(version, NOON + timedelta(days=1), actor=agency_officer, now=NOON)
    retire_course(version.course, actor=agency_officer, now=NOON)
    assert publishing.publish_due(now=NOON + timedelta(days=2)) == 0
    assert status(version) == VersionStatus.APPROVED
    assert told(LetterKind.NOT_PUBLISHED) == [agency_officer.first_name]
    assert not Schedule.objects.exists()
    with pytest.raises(CourseRetired):
        publishing.publish(version, actor=agency_officer, now=NOON)


def test_opening_again_voids_the_approval_and_the_date(version, agency_officer, reviewer):
    submit_to(version, reviewer, actor=agency_officer)
    approve(version, reviewer)
    publishing.schedule(version, NOON + timedelta(days=1), actor=agency_officer, now=NOON)
    reviews.reopen(version, actor=agency_officer)
    assert status(version) == VersionStatus.DRAFT
    assert not Schedule.objects.exists()
    assert told(LetterKind.REOPENED) == [reviewer.first_name]
    assert publishing.publish_due(now=NOON + timedelta(days=9)) == 0


def test_a_new_version_does_not_disturb_who_learns_in_the_old_one(version, agency_officer, reviewer, learner):
    submit_to(version, reviewer, actor=agency_officer)
    approve(version, reviewer)
    publishing.publish(version, actor=agency_officer, now=NOON)
    unit = Unit.objects.get()
    registration = registrations.register(learner, version)
    progress.advance(registration, unit, completed=True, position=7)

    following = copying.start(version.course, actor=agency_officer)
    with pytest.raises(VersionInWork):
        copying.start(version.course, actor=agency_officer)
    copied = Unit.objects.get(topic__version=following)
    outline.change_unit(copied, {"body": "ฉบับใหม่"}, seen=unit_seen(copied), actor=agency_officer)
    outline.remove_topic(following.topics.get(), actor=agency_officer)
    topic = outline.add_topic(following, {"name_th": "ใหม่", "minutes": 5}, actor=agency_officer)
    outline.add_unit(topic, "text", {"title": "ใหม่", "body": "ใหม่"}, actor=agency_officer)
    submit_to(following, reviewer, actor=agency_officer)
    approve(following, reviewer)
    publishing.publish(following, actor=agency_officer, now=NOON)

    assert status(version) == VersionStatus.RETIRED
    registration = Registration.objects.get(person=learner)
    assert registration.version == version
    unit.refresh_from_db()
    assert unit.body == "# อ่าน\n\nเนื้อหา\n"
    done = registration.progress.get()
    assert (done.unit, done.status, done.position) == (unit, "completed", 7)
    # And they can go on in it.
    progress.advance(registration, unit, position=9)
    assert registration.progress.get().position == 9


def test_comments_end_with_publication(version, agency_officer, reviewer):
    submit_to(version, reviewer, actor=agency_officer)
    approve(version, reviewer)
    publishing.publish(version, actor=agency_officer, now=NOON)
    with pytest.raises(CommentsClosed):
        comments.say(version, "ช้าไป", actor=reviewer)


def test_a_copy_is_a_course_of_its_own(version, other_department, agency_officer):
    made = copying.copy_course(
        version.course, version, code="KD91", name_th="สำเนา", owner=other_department, actor=agency_officer
    )
    draft = made.versions.get()
    assert (draft.status, draft.author) == (VersionStatus.DRAFT, agency_officer)
    assert [unit.title for unit in Unit.objects.filter(topic__version=draft)] == ["อ่านก่อนเริ่ม"]
    unit = Unit.objects.get(topic__version=draft)
    outline.change_unit(unit, {"body": "ต่าง"}, seen=unit_seen(unit), actor=agency_officer)
    assert Unit.objects.get(topic__version=version).body != "ต่าง"


# -- Letters ----------------------------------------------------------------------------------------
def test_letters_are_sent_once_in_thai(version, agency_officer, reviewer):
    submit_to(version, reviewer, actor=agency_officer)
    assert letters.send_waiting(now=NOON) == 1
    assert letters.send_waiting(now=NOON) == 0
    (letter,) = mail.outbox
    assert letter.to == [reviewer.email]
    assert "KD90" in letter.subject
    assert "รอการตรวจ" in letter.subject
    assert f"/studio/KD90/{version.number}/" in letter.body
    assert "โปรดตรวจ" in letter.body


@pytest.mark.parametrize("kind", LetterKind.values)
def test_every_kind_of_letter_can_be_written(version, agency_officer, kind):
    letters.write(version, LetterKind(kind), [agency_officer], note="<b>&</b>")
    assert letters.send_waiting(now=NOON) == 1
    assert "<b>&</b>" in mail.outbox[0].body
    assert mail.outbox[0].subject


def test_a_letter_that_is_refused_is_tried_again(version, agency_officer, settings):
    letters.write(version, LetterKind.APPROVED, [agency_officer])
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    assert letters.send_waiting(now=NOON) == 0
    assert Letter.objects.get().failures == 1
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert letters.send_waiting(now=NOON) == 1


def test_who_has_no_address_is_not_written_to(version, agency_officer):
    letters.write(version, LetterKind.APPROVED, [make_person(email=""), agency_officer, agency_officer])
    assert Letter.objects.count() == 1
