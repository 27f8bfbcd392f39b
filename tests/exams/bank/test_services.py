"""An item's life: who may do what to it, in which order, and what stays of it."""

from dataclasses import replace

import pytest
from django.db import IntegrityError, transaction

from exams.bank import errors, services
from exams.bank.content import Content
from exams.bank.models import ItemStatus, ItemVersion
from learning.people.models import AuditEntry
from tests.conftest import make_person
from tests.exams.bank.factories import make_bank, make_version

pytestmark = pytest.mark.django_db


@pytest.fixture
def bank():
    return make_bank()


@pytest.fixture
def content(bank):
    return Content(
        topic=bank.topics.get(code="t1").pk,
        difficulty="easy",
        stem="ข้อใดถูก",
        options=("หนึ่ง", "สอง", "สาม"),
        key=1,
        explanation="มาตรา 4",
        section=4,
    )


@pytest.fixture
def author(db):
    return make_person(first_name="ผู้แต่ง")


@pytest.fixture
def draft(bank, content, author):
    return services.create_item(bank, content, author=author)


@pytest.fixture
def approved(draft, reviewer, exam_officer):
    services.review(draft, reviewer=reviewer, revision=draft.revision)
    return services.approve(draft, approver=exam_officer, revision=draft.revision)


def actions() -> list[str]:
    return list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))


def test_a_new_item_is_a_draft_with_the_next_code(bank, content, author):
    make_version(bank)
    version = services.create_item(bank, content, author=author)
    assert (version.status, version.number, version.author) == (ItemStatus.DRAFT, 1, author)
    assert version.item.code == "LAW-0002"
    assert services.content_of(version) == content
    assert actions() == ["bank.item_created"]


def test_a_code_is_given_once_in_a_bank(bank, content, author, draft):
    with pytest.raises(errors.CodeTaken, match=draft.item.code):
        services.create_item(bank, content, author=author, code=draft.item.code)
    other = make_bank("other")
    elsewhere = replace(content, topic=other.topics.get(code="t1").pk)
    assert services.create_item(other, elsewhere, author=author, code=draft.item.code).number == 1


def test_an_item_without_a_key_is_refused(bank, content, author):
    with pytest.raises(errors.InvalidItem) as caught:
        services.create_item(bank, replace(content, key=None), author=author)
    assert [problem.field for problem in caught.value.problems] == ["key"]
    assert not ItemVersion.objects.exists()


def test_a_topic_of_another_bank_is_refused(bank, content, author):
    foreign = make_bank("other").topics.get(code="t1")
    with pytest.raises(errors.InvalidItem):
        services.create_item(bank, replace(content, topic=foreign.pk), author=author)


def test_the_author_edits_a_draft_in_place(draft, content, author):
    services.edit(draft, replace(content, stem="ข้อใดผิด"), author=author, revision=0)
    draft.refresh_from_db()
    assert (draft.stem, draft.number, draft.revision) == ("ข้อใดผิด", 1, 1)


def test_nobody_else_edits_a_draft(draft, content, reviewer):
    with pytest.raises(errors.NotTheAuthor):
        services.edit(draft, content, author=reviewer, revision=0)


def test_of_two_editors_the_second_is_told(draft, content, author):
    services.edit(draft, replace(content, stem="แก้ครั้งแรก"), author=author, revision=0)
    with pytest.raises(errors.EditConflict):
        services.edit(draft, replace(content, stem="แก้ครั้งที่สอง"), author=author, revision=0)
    draft.refresh_from_db()
    assert draft.stem == "แก้ครั้งแรก"


def test_an_author_neither_reviews_nor_approves_their_own(draft, author, reviewer):
    with pytest.raises(errors.SecondPersonNeeded):
        services.review(draft, reviewer=author, revision=0)
    with pytest.raises(errors.SecondPersonNeeded):
        services.send_back(draft, reviewer=author, revision=0, note="แก้")
    services.review(draft, reviewer=reviewer, revision=0)
    with pytest.raises(errors.SecondPersonNeeded):
        services.approve(draft, approver=author, revision=draft.revision)


def test_the_database_too_refuses_an_author_as_reviewer_or_approver(draft, author, reviewer):
    for fields in (
        {"reviewed_by": author},
        {"reviewed_by": reviewer, "approved_by": author},
        {"status": ItemStatus.APPROVED},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            ItemVersion.objects.filter(pk=draft.pk).update(**fields)


def test_review_then_approval_put_a_version_into_use(approved, reviewer, exam_officer):
    assert approved.status == ItemStatus.APPROVED
    assert (approved.reviewed_by, approved.approved_by) == (reviewer, exam_officer)
    assert approved.reviewed_at <= approved.approved_at
    assert actions() == ["bank.item_created", "bank.item_reviewed", "bank.item_approved"]


def test_an_unreviewed_draft_is_not_approved(draft, exam_officer):
    with pytest.raises(errors.WrongStatus):
        services.approve(draft, approver=exam_officer, revision=0)


def test_an_item_without_an_explanation_is_not_approved(bank, content, author, reviewer, exam_officer):
    draft = services.create_item(bank, replace(content, explanation=""), author=author)
    services.review(draft, reviewer=reviewer, revision=0)
    with pytest.raises(errors.InvalidItem) as caught:
        services.approve(draft, approver=exam_officer, revision=draft.revision)
    assert [problem.field for problem in caught.value.problems] == ["explanation"]


def test_a_reviewer_states_what_they_saw_and_nothing_newer(draft, content, author, reviewer):
    services.edit(draft, replace(content, stem="เปลี่ยนทีหลัง"), author=author, revision=0)
    with pytest.raises(errors.EditConflict):
        services.review(draft, reviewer=reviewer, revision=0)


def test_editing_a_reviewed_version_voids_the_review(draft, content, author, reviewer, exam_officer):
    services.review(draft, reviewer=reviewer, revision=0)
    services.edit(draft, replace(content, stem="ใหม่"), author=author, revision=draft.revision)
    assert (draft.status, draft.reviewed_by, draft.reviewed_at) == (ItemStatus.DRAFT, None, None)
    with pytest.raises(errors.WrongStatus):
        services.approve(draft, approver=exam_officer, revision=draft.revision)


@pytest.mark.parametrize("is_reviewed", [False, True])
def test_sending_back_needs_a_note_and_gives_a_draft(draft, reviewer, is_reviewed):
    if is_reviewed:
        services.review(draft, reviewer=reviewer, revision=0)
    with pytest.raises(errors.NoteNeeded):
        services.send_back(draft, reviewer=reviewer, revision=draft.revision, note="  ")
    services.send_back(draft, reviewer=reviewer, revision=draft.revision, note="ตัวเลือก 2 ก็ถูก")
    assert (draft.status, draft.review_note, draft.reviewed_by) == (
        ItemStatus.DRAFT,
        "ตัวเลือก 2 ก็ถูก",
        None,
    )


def test_an_approved_version_is_never_edited(approved, content, author):
    with pytest.raises(errors.WrongStatus):
        services.edit(approved, content, author=author, revision=approved.revision)


def test_a_new_version_leaves_the_old_in_use_until_it_is_approved(
    approved, content, author, reviewer, exam_officer
):
    successor = services.revise(approved.item, replace(content, stem="ถ้อยคำใหม่"), author=reviewer)
    approved.refresh_from_db()
    assert (successor.number, successor.status) == (2, ItemStatus.DRAFT)
    assert approved.status == ItemStatus.APPROVED

    services.review(successor, reviewer=author, revision=0)
    services.approve(successor, approver=exam_officer, revision=successor.revision)

    approved.refresh_from_db()
    assert (approved.status, successor.status) == (ItemStatus.RETIRED, ItemStatus.APPROVED)
    assert AuditEntry.objects.get(action="bank.item_approved", data__version=2).data["replaced"] == [1]


def test_an_item_has_one_version_in_work_at_a_time(approved, content, author, reviewer):
    services.revise(approved.item, replace(content, stem="หนึ่ง"), author=reviewer)
    with pytest.raises(errors.VersionInWork):
        services.revise(approved.item, replace(content, stem="สอง"), author=author)


def test_a_new_version_that_says_the_same_is_refused(approved, content, author):
    with pytest.raises(errors.NothingChanged):
        services.revise(approved.item, replace(content, stem=f" {content.stem} "), author=author)


def test_retiring_needs_a_reason_and_is_for_good(approved, content, exam_officer, reviewer):
    revision = approved.revision
    with pytest.raises(errors.NoteNeeded):
        services.retire(approved, actor=exam_officer, revision=revision, reason="")
    services.retire(approved, actor=exam_officer, revision=revision, reason="กฎหมายเปลี่ยน")
    assert approved.status == ItemStatus.RETIRED
    with pytest.raises(errors.WrongStatus):
        services.retire(approved, actor=exam_officer, revision=approved.revision, reason="อีกครั้ง")
    with pytest.raises(errors.WrongStatus):
        services.review(approved, reviewer=reviewer, revision=approved.revision)
    again = services.revise(approved.item, content, author=reviewer)
    assert (again.number, again.status) == (2, ItemStatus.DRAFT)


def test_a_refused_step_leaves_no_trace(draft, author):
    before = actions()
    with pytest.raises(errors.WrongStatus):
        services.approve(draft, approver=make_person(), revision=0)
    assert actions() == before


def test_an_item_is_found_by_thai_words_in_code_stem_options_or_explanation(bank):
    version = make_version(
        bank,
        stem="ผู้ใดเป็นผู้รักษาการตามพระราชบัญญัติ",
        options=["นายกรัฐมนตรี", "รัฐมนตรี"],
        key=0,
        explanation="มาตรา 5",
    )
    make_version(bank)
    for text in ("รักษาการ", "นายก", "มาตรา 5", version.item.code, "รักษาการ นายก"):
        assert list(ItemVersion.objects.matching(text)) == [version], text
    assert ItemVersion.objects.matching("").count() == 2
    assert not ItemVersion.objects.matching("ไม่มีคำนี้").exists()
