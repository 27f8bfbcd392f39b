"""Pages on which versions go from draft to published."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from courses.catalogue.models import CourseVersion, Unit, VersionStatus
from courses.player.models import Purpose, Registration
from courses.studio.models import AgencyStage, Assignment, Comment, Schedule
from courses.studio.services import comments, drawing, outline, publishing, reviews, rules
from courses.studio.services.writing import rule_seen, unit_seen
from courses.studio.workflow import Quorum, Verdict
from exams.bank.models import ItemStatus
from tests.conftest import make_person
from tests.courses.catalogue.factories import NOON
from tests.courses.studio.factories import (
    QUESTION,
    V,
    add_unit,
    approve,
    make_version,
    name_reviewers,
    sign_in,
    submit_to,
)
from tests.exams.bank.factories import make_bank
from tests.exams.bank.factories import make_version as make_item

pytestmark = pytest.mark.django_db


def test_the_way_of_a_version_through_its_pages(
    client, officer, version, department, agency_officer, reviewer
):
    stages = {
        "stages-TOTAL_FORMS": "1",
        "stages-INITIAL_FORMS": "0",
        "stages-0-name": "ตรวจเนื้อหา",
        "stages-0-quorum": "any",
        "stages-0-reviewers": reviewer.email.upper(),
    }
    page = officer.get(f"/studio/agencies/{department.pk}/")
    path = f"/studio/agencies/{department.pk}/"
    assert officer.post(path, stages | {"seen": page.context["seen"]}).status_code == 302
    assert AgencyStage.objects.get().reviewers.get() == reviewer
    # Somebody else saved in the meantime.
    assert officer.post(path, stages | {"seen": page.context["seen"]}).status_code == 422

    assert officer.post(f"{V}steps/submit/", {"note": "โปรดดูบทที่ 1"}).status_code == 302
    assert officer.get(f"{V}units/{Unit.objects.get().pk}/").context.get("form") is None
    assert officer.post(f"{V}units/{Unit.objects.get().pk}/", {}).status_code == 409
    assert officer.post(f"{V}verdict/", {"verdict": "approve"}).status_code == 403

    sign_in(client, reviewer)
    assert "โปรดดูบทที่ 1" in client.get(V).text
    unit = Unit.objects.get()
    response = client.post(f"{V}comments/", {"text": "แก้คำผิด", "unit": str(unit.pk), "back": "unit"})
    comment = Comment.objects.get()
    assert response["Location"] == f"{V}units/{unit.pk}/#comment-{comment.pk}"
    version.refresh_from_db()
    assert version.status == VersionStatus.IN_REVIEW
    assert client.post(f"{V}verdict/", {"verdict": "changes"}).status_code == 302

    sign_in(client, agency_officer)
    assert "แก้คำผิด" in client.get(f"{V}units/{unit.pk}/").text
    client.post(f"{V}comments/{comment.pk}/resolve/")
    assert client.post(f"{V}steps/submit/").status_code == 302
    sign_in(client, reviewer)
    assert client.post(f"{V}verdict/", {"verdict": "approve"}).status_code == 302
    sign_in(client, agency_officer)
    assert client.post(f"{V}steps/publish/").status_code == 302
    version.refresh_from_db()
    assert version.status == VersionStatus.PUBLISHED
    assert client.get("/courses/KD90/").status_code == 200
    assert "เผยแพร่" in client.get(f"{V}history/").text
    assert client.post("/studio/KD90/start/").status_code == 302
    assert client.get("/studio/KD90/2/changes/1/").context["is_same"]


def test_a_reviewer_sees_of_a_unit_what_it_holds_and_nothing_else(
    client, version, reviewer, agency_officer, exam_officer
):
    bank = make_bank()
    make_item(bank, status=ItemStatus.APPROVED)
    drawing.set_open_banks([bank.pk], actor=exam_officer)
    draw = {"bank": bank.code, "count": 1, "topics": []}
    drawn = add_unit(version, "test", agency_officer, content={"draw": draw, "role": "post"})
    own = add_unit(version, "test", agency_officer, content={"items": [QUESTION], "role": "check"})
    submit_to(version, reviewer, actor=agency_officer)
    sign_in(client, reviewer)
    shown = client.get(f"{V}units/{drawn.pk}/").text
    assert bank.name_th in shown
    assert '<ol class="measure">' not in shown
    shown = client.get(f"{V}units/{own.pk}/").text
    assert QUESTION["stem"] in shown
    assert shown.count('<ol class="measure">') == 1


def test_a_reviewer_reads_what_a_test_asks_for_and_how_a_survey_is_answered(
    client, version, reviewer, agency_officer
):
    content = {"items": [QUESTION], "role": "post", "pass_percent": 70, "tries": 3, "minutes": 0}
    test = add_unit(version, "test", agency_officer, content=content)
    questions = [
        {"id": "a", "text": "พอใจ", "kind": "scale", "is_required": True},
        {"id": "b", "text": "ข้อเสนอ", "kind": "comment", "is_required": False},
    ]
    survey = add_unit(version, "survey", agency_officer, content={"questions": questions})
    submit_to(version, reviewer, actor=agency_officer)
    sign_in(client, reviewer)
    shown = client.get(f"{V}units/{test.pk}/").text
    for said in ("<dd>70</dd>", "<dd>3</dd>", "<dd>ไม่จำกัด</dd>"):
        assert said in shown, said
    shown = client.get(f"{V}units/{survey.pk}/").text
    for said in ("ให้คะแนน 5 ระดับ", "ตอบด้วยข้อความ · ไม่บังคับตอบ"):
        assert said in shown, said


def test_asking_for_changes_without_a_word_is_refused(client, version, named):
    response = sign_in(client, named).post(f"{V}verdict/", {"verdict": "changes"})
    assert response.status_code == 422
    assert "ระบุสิ่งที่ต้องแก้ไข" in response.text
    assert not Assignment.objects.get().verdict


def test_reviewers_that_nobody_is_are_named(officer, department):
    path = f"/studio/agencies/{department.pk}/"
    stages = {
        "stages-TOTAL_FORMS": "1",
        "stages-INITIAL_FORMS": "0",
        "stages-0-name": "ตรวจเนื้อหา",
        "stages-0-reviewers": "nobody@example.org",
        "seen": officer.get(path).context["seen"],
    }
    response = officer.post(path, stages)
    assert response.status_code == 422
    assert "nobody@example.org" in response.text
    # An outsider is no reviewer, and is not told apart from nobody.
    outsider = make_person()
    response = officer.post(path, stages | {"stages-0-reviewers": outsider.email})
    assert response.status_code == 422
    # The summary says in which stage, and leads there.
    assert '<a href="#id_stages-0-reviewers">ขั้นตอนที่ 1 – ' in response.text


def test_without_reviewers_the_refusal_says_what_to_do(officer, version):
    assert "กำหนดผู้ตรวจ" in officer.get(f"{V}steps/submit/").text
    response = officer.post(f"{V}steps/submit/", {"note": "ฉบับแรก"})
    assert response.status_code == 422
    assert "กำหนดผู้ตรวจ" in response.text
    # On the page where it was asked, with what was typed.
    assert "ฉบับแรก" in response.text


def test_what_is_missing_is_listed_where_submitting_was_tried(officer, version, named, agency_officer):
    reviews.withdraw(version, actor=agency_officer, now=NOON)
    outline.add_topic(version, {"name_th": "ภาคสอง", "name_en": "", "minutes": 5}, actor=agency_officer)
    response = officer.post(f"{V}steps/submit/", {"note": "ฉบับแรก"})
    assert response.status_code == 422
    summary = response.text.partition('class="error-summary"')[2].partition("</div>")[0]
    assert "ภาคสอง" in summary
    assert "ฉบับแรก" in response.text


def test_a_date_of_publication(officer, version, agency_officer, reviewer):
    submit_to(version, reviewer, actor=agency_officer)
    assert officer.post(f"{V}schedule/", {"day": "1/1/2590", "clock": "08:30"}).status_code == 409
    approve(version, reviewer)
    assert officer.post(f"{V}schedule/", {"day": "1/1/2560", "clock": "08:30"}).status_code == 422
    assert officer.post(f"{V}schedule/", {"day": "31/2/2590", "clock": "08:30"}).status_code == 422
    # There is nothing to take away yet.
    assert 'name="remove"' not in officer.get(f"{V}schedule/").text
    assert officer.post(f"{V}schedule/", {"day": "1/1/2590", "clock": "08:45"}).status_code == 302
    assert "1 มกราคม 2590" in officer.get(V).text
    page = officer.get(f"{V}schedule/").text
    assert 'name="remove"' in page
    assert "2590" in page
    assert "08:45" in page
    assert officer.post(f"{V}schedule/", {"remove": "1"}).status_code == 302
    assert not Schedule.objects.exists()


def test_a_reviewer_is_replaced_by_the_officer(officer, version, named, department):
    path = f"{V}reviewers/{Assignment.objects.get().pk}/"
    second = make_person(agency=department)
    assert officer.post(path, {"reviewers": "x@example.org"}).status_code == 422
    assert officer.post(path, {"reviewers": second.email}).status_code == 302
    assert Assignment.objects.get().person == second


def test_nobody_reviews_twice_in_a_stage(officer, version, reviewer, department, agency_officer):
    second = make_person(agency=department)
    name_reviewers(department, (Quorum.ALL, [reviewer, second]), actor=agency_officer)
    reviews.submit(version, actor=agency_officer, now=NOON)
    path = f"{V}reviewers/{Assignment.objects.get(person=reviewer).pk}/"
    response = officer.post(path, {"reviewers": second.email})
    assert response.status_code == 422
    assert "เป็นผู้ตรวจในขั้นนี้อยู่แล้ว" in response.text
    assert reviews.may_decide(version, reviewer)


def test_the_history_says_who_reviews_instead_of_whom(officer, version, named, department):
    second = make_person(first_name="สอง", agency=department)
    officer.post(f"{V}reviewers/{Assignment.objects.get().pk}/", {"reviewers": second.email})
    shown = officer.get(f"{V}history/").text
    assert f"{second.full_name} ตรวจแทน {named.full_name}" in shown


def test_a_preview_opens_as_a_learner_sees_it_and_begins_anew(client, version, named):
    response = sign_in(client, named).post(f"{V}preview/")
    registration = Registration.objects.get()
    assert (registration.purpose, registration.person) == (Purpose.PREVIEW, named)
    assert response["Location"] == f"/learn/{registration.pk}/"
    text = client.get(response["Location"]).text
    assert "อ่านก่อนเริ่ม" in text
    # Back to the comments with one click.
    assert f'href="{V}"' in text or f'href="{V}#comments"' in text
    assert client.post(f"{V}preview/reset/").status_code == 302


def test_a_reviewer_who_was_replaced_previews_no_more(client, version, named, department, agency_officer):
    where = sign_in(client, named).post(f"{V}preview/")["Location"]
    assert client.get(where).status_code == 200
    reviews.replace_reviewer(Assignment.objects.get(), make_person(agency=department), actor=agency_officer)
    assert client.get(where).status_code == 403


def _submitted_again_to_others(version, department, actor, *, others):
    reviews.withdraw(version, actor=actor, now=NOON)
    name_reviewers(department, (Quorum.ALL, others), actor=actor)
    reviews.submit(version, actor=actor, now=NOON)


def test_a_reviewer_of_before_who_said_nothing_reads_no_more(
    client, version, named, department, agency_officer
):
    sign_in(client, named)
    assert client.get(V).status_code == 200
    _submitted_again_to_others(version, department, agency_officer, others=[make_person(agency=department)])
    assert client.get(V).status_code == 403
    assert client.post(f"{V}preview/").status_code == 403
    assert client.post(f"{V}comments/", {"text": "ยังอยู่"}).status_code == 403
    assert "KD90" not in client.get("/studio/").text


def test_a_reviewer_of_before_who_commented_sees_what_became_of_it(
    client, version, named, department, agency_officer
):
    comments.say(version, "ตัวอย่างยังไม่ชัด", actor=named)
    _submitted_again_to_others(version, department, agency_officer, others=[make_person(agency=department)])
    sign_in(client, named)
    assert "ตัวอย่างยังไม่ชัด" in client.get(V).text
    assert "KD90" in client.get("/studio/").text
    # It is not theirs to decide any more.
    assert client.post(f"{V}verdict/", {"verdict": "approve"}).status_code == 403


def test_a_reviewer_of_before_who_decided_sees_what_became_of_it(
    client, version, named, department, agency_officer
):
    reviews.decide(version, Verdict.CHANGES, note="ขอตัวอย่างเพิ่ม", actor=named, now=NOON)
    other = make_person(agency=department)
    name_reviewers(department, (Quorum.ALL, [other]), actor=agency_officer)
    reviews.submit(version, actor=agency_officer, now=NOON)
    assert sign_in(client, named).get(V).status_code == 200


def test_what_changed_between_two_versions_is_shown(officer, version, agency_officer, reviewer):
    submit_to(version, reviewer, actor=agency_officer)
    approve(version, reviewer)
    publishing.publish(version, actor=agency_officer, now=NOON)
    officer.post("/studio/KD90/start/")
    second = CourseVersion.objects.get(number=2)
    unit = Unit.objects.get(topic__version=second)
    outline.change_unit(unit, {"body": "# อ่าน\n\nเนื้อหาใหม่\n"}, seen=unit_seen(unit), actor=agency_officer)
    add_unit(second, "link", agency_officer, "ลิงก์ใหม่", address="https://example.org/")
    text = officer.get("/studio/KD90/2/changes/1/").text
    assert "เนื้อหาใหม่" in text
    assert "ลิงก์ใหม่" in text
    assert officer.get("/studio/KD90/2/changes/9/").status_code == 404


def test_another_rule_is_a_change_too(officer, version, agency_officer, reviewer):
    submit_to(version, reviewer, actor=agency_officer)
    approve(version, reviewer)
    publishing.publish(version, actor=agency_officer, now=NOON)
    officer.post("/studio/KD90/start/")
    assert "เวลาเรียนที่นับได้อย่างน้อย" not in officer.get("/studio/KD90/2/changes/1/").text
    second = CourseVersion.objects.get(number=2)
    rule = {"units_needed": None, "min_minutes": 45, "test_mark": 0, "needs_survey": False}
    rules.set_rule(second, rule, is_sequential=False, seen=rule_seen(second), actor=agency_officer)
    text = officer.get("/studio/KD90/2/changes/1/").text
    assert text.count("ต้องเรียนบทเรียนบังคับจบทุกบท") == 2
    assert text.count("เวลาเรียนที่นับได้อย่างน้อย 45 นาที") == 1


def test_comments_are_text_and_nothing_else(officer, version):
    officer.post(f"{V}comments/", {"text": "<script>alert(1)</script>"})
    assert "<script>alert" not in officer.get(V).text
    assert officer.post(f"{V}comments/", {"text": " "}).status_code == 422


def test_pages_ask_the_database_a_constant_number_of_times(
    officer, version, agency_officer, department, django_assert_max_num_queries
):
    for number in range(12):
        add_unit(version, "text", agency_officer, f"บท {number}", body="x")
        comments.say(version, "ดี", actor=agency_officer)
    with django_assert_max_num_queries(40):
        officer.get(V)
    for number in range(12):
        make_version(department, agency_officer, f"KD{200 + number}")
    with django_assert_max_num_queries(25):
        officer.get("/studio/")


def test_publication_is_due_within_the_task(version, agency_officer, reviewer):
    from courses.studio import tasks

    submit_to(version, reviewer, actor=agency_officer)
    approve(version, reviewer)
    publishing.schedule(
        version, timezone.now() + timedelta(hours=1), actor=agency_officer, now=timezone.now()
    )
    assert tasks.publish_due() == 0
    Schedule.objects.update(at=timezone.now() - timedelta(minutes=1))
    assert tasks.publish_due() == 1
    assert tasks.send_letters() >= 2
    assert reviews.open_review(version) is None
    name_reviewers(version.course.owner, (Quorum.ALL, [reviewer]), actor=agency_officer)
