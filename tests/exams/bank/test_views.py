"""Pages of the item bank, for each kind of person and for what they type."""

import pytest
from django.urls import reverse

from exams.bank import services
from exams.bank.models import Item, ItemStatus, ItemVersion
from learning.people.models import AuditEntry, Role
from tests.conftest import make_person
from tests.exams.bank.factories import fill_bank, make_bank, make_version

pytestmark = pytest.mark.django_db


@pytest.fixture
def author(db):
    return make_person(first_name="ผู้เขียนข้อ", roles=[(Role.REVIEWER, None)])


@pytest.fixture
def draft(bank, author):
    return make_version(bank, author=author, status=ItemStatus.DRAFT)


def url(name, version=None, *args):
    if version is None:
        return reverse(f"bank:{name}", args=["law", *args])
    return reverse(f"bank:{name}", args=["law", version.item_id, *args])


def step_url(version, name):
    return url("step", version, version.number, name)


def typed(bank, **changes):
    return {
        "topic": bank.topics.get(code="t2").pk,
        "section": "7",
        "paragraph": "วรรคสอง",
        "difficulty": "hard",
        "stem": "ข้อใดต้องลงพิมพ์",
        "option_1": "โครงสร้าง",
        "option_2": "แผนงาน",
        "option_3": "สัญญา",
        "key": "0",
        "explanation": "มาตรา 7 (1)",
        "number": "1",
        "revision": "0",
    } | changes


# -- Who may ----------------------------------------------------------------------------------------
def pages(draft):
    return {
        "banks": reverse("bank:banks"),
        "items": url("items"),
        "counts": url("counts"),
        "create": url("create"),
        "item": url("item", draft),
        "preview": url("preview", draft, 1),
        "upload": url("upload"),
        "template": url("template", None, "csv"),
    }


def test_exam_officers_and_reviewers_read_every_page(draft, signed_in, exam_officer, reviewer):
    for person in (exam_officer, reviewer):
        for name, address in pages(draft).items():
            response = signed_in(person).get(address, follow=True)
            assert response.status_code == 200, (person, name)


@pytest.mark.parametrize(
    "who", ["learner", "outsider", "agency_officer", "certificate_officer", "auditor", "administrator"]
)
def test_nobody_else_sees_an_item(draft, signed_in, request, who):
    client = signed_in(request.getfixturevalue(who))
    others = {
        "edit": url("edit", draft),
        "export": url("export", None, "xlsx"),
        "step": step_url(draft, "review"),
    }
    for name, address in (pages(draft) | others).items():
        assert client.get(address).status_code == 403, name
        assert client.post(address).status_code == 403, name


def test_an_anonymous_visitor_is_sent_to_sign_in(draft, signed_in):
    for address in [*pages(draft).values(), url("edit", draft), step_url(draft, "approve")]:
        response = signed_in(None).get(address)
        assert response.status_code == 302
        assert response["Location"].startswith(reverse("account_login"))


def test_only_its_author_edits_a_draft(draft, signed_in, author, reviewer, exam_officer):
    assert signed_in(author).get(url("edit", draft)).status_code == 200
    for person in (reviewer, exam_officer):
        assert signed_in(person).get(url("edit", draft)).status_code == 403
        page = signed_in(person).get(url("item", draft)).content.decode()
        assert url("edit", draft) not in page
        assert "กำลังจัดทำรุ่น 1" in page


def test_an_author_is_offered_no_review_of_their_own(draft, signed_in, author, reviewer):
    own = signed_in(author).get(url("item", draft)).content.decode()
    other = signed_in(reviewer).get(url("item", draft)).content.decode()
    for name in ("review", "send-back"):
        assert step_url(draft, name) not in own
        assert step_url(draft, name) in other
        assert signed_in(author).get(step_url(draft, name)).status_code == 403


def test_only_exam_officers_export_and_retire_what_others_wrote(draft, signed_in, reviewer, exam_officer):
    assert signed_in(reviewer).get(url("export", None, "csv")).status_code == 403
    assert signed_in(exam_officer).get(url("export", None, "csv")).status_code == 200
    assert signed_in(reviewer).get(step_url(draft, "retire")).status_code == 403
    assert signed_in(exam_officer).get(step_url(draft, "retire")).status_code == 200


def test_a_version_of_another_bank_or_number_is_not_found(draft, signed_in, exam_officer):
    make_bank("other")
    client = signed_in(exam_officer)
    assert client.get(reverse("bank:item", args=["other", draft.item_id])).status_code == 404
    assert client.get(url("preview", draft, 9)).status_code == 404
    assert client.get(step_url(draft, "dance")).status_code == 404
    assert client.get(reverse("bank:items", args=["nowhere"])).status_code == 404


# -- Lists ------------------------------------------------------------------------------------------
def found(response):
    return [version.item.code for version in response.context["page"]]


def test_a_single_bank_is_gone_to_and_several_are_listed(bank, signed_in, exam_officer):
    client = signed_in(exam_officer)
    assert client.get(reverse("bank:banks"))["Location"] == url("items")
    make_bank("other")
    assert "คลัง other" in client.get(reverse("bank:banks")).content.decode()


def test_without_a_bank_the_page_says_what_to_do(signed_in, exam_officer):
    assert "load_item_bank" in signed_in(exam_officer).get(reverse("bank:banks")).content.decode()


def test_the_list_is_searched_and_filtered(bank, signed_in, exam_officer):
    one = make_version(bank, stem="ผู้ใดเป็นผู้รักษาการ", section=5)
    two = make_version(bank, topic=bank.topics.get(code="t2"), difficulty="hard", section=26)
    gone = make_version(bank, status=ItemStatus.RETIRED)
    client = signed_in(exam_officer)

    def codes(**query):
        return found(client.get(url("items"), query))

    assert codes() == [one.item.code, two.item.code]
    assert codes(q="รักษาการ") == [one.item.code]
    assert codes(topic=two.topic_id) == codes(difficulty="hard") == codes(section="26") == [two.item.code]
    assert codes(status="retired") == [gone.item.code]
    assert codes(q="ไม่มีคำนี้") == []
    # What cannot be read is ignored.
    assert codes(topic="x", section="y", difficulty="z") == [one.item.code, two.item.code]


def test_an_empty_list_says_what_to_do(bank, signed_in, exam_officer):
    client = signed_in(exam_officer)
    assert "เริ่มด้วยการเขียนข้อสอบใหม่" in client.get(url("items")).content.decode()
    assert "ลองใช้คำน้อยลง" in client.get(url("items"), {"q": "ก"}).content.decode()


def test_the_list_has_pages_that_keep_the_filter(bank, signed_in, exam_officer):
    fill_bank(bank, per_cell=5)
    response = signed_in(exam_officer).get(url("items"), {"status": "approved", "page": 2})
    assert len(found(response)) == 5
    assert "?status=approved&amp;page=1" in response.content.decode()


def test_the_list_takes_the_same_queries_however_long_it_is(
    bank, signed_in, exam_officer, django_assert_num_queries
):
    client = signed_in(exam_officer)
    make_version(bank)
    with django_assert_num_queries(8):
        client.get(url("items"))
    fill_bank(bank, per_cell=3)
    with django_assert_num_queries(8):
        client.get(url("items"))


def test_the_item_page_takes_the_same_queries_however_long_its_history(
    bank, draft, author, reviewer, signed_in, exam_officer, django_assert_num_queries
):
    client = signed_in(exam_officer)
    with django_assert_num_queries(6):
        client.get(url("item", draft))
    for number in range(3):
        services.send_back(draft, reviewer=reviewer, revision=number, note="แก้")
    make_version(bank, item=draft.item, number=2)
    with django_assert_num_queries(6):
        client.get(url("item", draft))


def test_counts_are_shown_per_topic_status_and_difficulty(
    bank, signed_in, exam_officer, django_assert_num_queries
):
    fill_bank(bank, per_cell=2)
    make_version(bank, status=ItemStatus.DRAFT, difficulty="hard")
    client = signed_in(exam_officer)
    with django_assert_num_queries(6):
        response = client.get(url("counts"))
    first, second, total = response.context["rows"]

    def counts(row):
        return [cell.count for cell in row.cells]

    assert counts(first) == [0, 0, 1, 0, 0, 0, 2, 2, 2, 0, 0, 0]
    assert counts(second) == [0, 0, 0, 0, 0, 0, 2, 2, 2, 0, 0, 0]
    assert counts(total) == [0, 0, 1, 0, 0, 0, 4, 4, 4, 0, 0, 0]
    assert total.topic is None


# -- Writing ----------------------------------------------------------------------------------------
def test_a_new_item_is_written_in_one_form(bank, signed_in, author):
    response = signed_in(author).post(url("create"), typed(bank, code="LAW-X", option_4=" ", option_5=""))
    version = ItemVersion.objects.get()
    assert response["Location"] == url("item", version)
    assert (version.item.code, version.author, version.status) == ("LAW-X", author, ItemStatus.DRAFT)
    assert version.options == ["โครงสร้าง", "แผนงาน", "สัญญา"]
    assert (version.section, version.paragraph, version.key) == (7, "วรรคสอง", 0)


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"key": ""}, "key", "เลือกว่าตัวเลือกใดเป็นคำตอบที่ถูก"),
        ({"key": "4"}, "key", "ตัวเลือกที่กำหนดให้เป็นคำตอบที่ถูกยังว่างอยู่"),
        ({"option_3": " แผนงาน "}, "option_3", "ตัวเลือก 3 ซ้ำกับตัวเลือก 2"),
        ({"option_2": "", "option_3": ""}, "option_2", "ข้อสอบต้องมี 2 ถึง 5 ตัวเลือก"),
        ({"option_2": ""}, "option_2", "ตัวเลือกนี้ว่างอยู่"),
        ({"section": "44"}, "section", "ไม่มีมาตรา 44"),
        ({"section": "สิบ"}, "section", ""),
        ({"topic": ""}, "topic", "เลือกหัวข้อ"),
        ({"topic": "999999"}, "topic", ""),
        ({"stem": "  "}, "stem", "กรอกคำถาม"),
        ({"difficulty": ""}, "difficulty", "เลือกระดับความยาก"),
    ],
)
def test_what_is_wrong_is_said_in_thai_beside_its_field(bank, signed_in, author, changes, field, sentence):
    response = signed_in(author).post(url("create"), typed(bank, **changes))
    form = response.context["form"]
    assert list(form.errors) == [field]
    assert sentence in form.errors[field][0]
    page = response.content.decode()
    assert "error-summary" in page
    assert f'href="#id_{field}' in page
    # What was typed is still there.
    assert "มาตรา 7 (1)" in page
    assert not Item.objects.exists()


def test_an_empty_form_says_everything_at_once(bank, signed_in, author):
    response = signed_in(author).post(url("create"), {})
    assert set(response.context["form"].errors) == {"topic", "difficulty", "stem", "option_1", "key"}


def test_a_code_that_is_taken_is_said_at_the_code(bank, draft, signed_in, author):
    response = signed_in(author).post(url("create"), typed(bank, code=draft.item.code))
    assert "อยู่แล้ว" in response.context["form"].errors["code"][0]


def test_the_author_edits_the_draft(bank, draft, signed_in, author):
    assert draft.stem in signed_in(author).get(url("edit", draft)).content.decode()
    signed_in(author).post(url("edit", draft), typed(bank))
    draft.refresh_from_db()
    assert (draft.stem, draft.number) == ("ข้อใดต้องลงพิมพ์", 1)


def test_of_two_editors_the_second_sees_both_texts_and_may_save_again(bank, draft, signed_in, author):
    client = signed_in(author)
    client.post(url("edit", draft), typed(bank, stem="ข้อความของคนแรก"))
    response = client.post(url("edit", draft), typed(bank, stem="ข้อความของคนที่สอง"))
    page = response.content.decode()
    assert "มีการแก้ไขข้อสอบนี้หลังจากที่ท่านเปิดดู" in page
    assert "ข้อความของคนแรก" in page
    assert ">\nข้อความของคนที่สอง</textarea>" in page
    revision = response.context["form"]["revision"].value()
    client.post(url("edit", draft), typed(bank, stem="ข้อความของคนที่สอง", revision=revision))
    draft.refresh_from_db()
    assert draft.stem == "ข้อความของคนที่สอง"


def test_of_two_who_revise_an_item_the_second_keeps_what_they_typed(
    bank, signed_in, author, reviewer, exam_officer
):
    approved = make_version(bank)
    signed_in(author).post(url("edit", approved), typed(bank, stem="ข้อความของคนแรก"))
    response = signed_in(reviewer).post(url("edit", approved), typed(bank, stem="ข้อความของคนที่สอง"))
    page = response.content.decode()
    assert "มีรุ่นใหม่ที่กำลังจัดทำอยู่แล้ว" in page
    assert "ข้อความของคนแรก" in page
    assert "ข้อความของคนที่สอง" in page

    first = approved.item.versions.get(number=2)
    services.review(first, reviewer=reviewer, revision=0)
    services.approve(first, approver=exam_officer, revision=first.revision)
    response = signed_in(reviewer).post(url("edit", approved), typed(bank, stem="ข้อความของคนที่สอง"))
    assert "มีการแก้ไขข้อสอบนี้หลังจากที่ท่านเปิดดู" in response.content.decode()
    assert approved.item.versions.count() == 2


def test_editing_somebody_elses_draft_by_post_is_forbidden(bank, draft, signed_in, reviewer):
    assert signed_in(reviewer).post(url("edit", draft), typed(bank)).status_code == 403
    draft.refresh_from_db()
    assert draft.revision == 0


def test_editing_an_approved_item_writes_the_next_version(bank, signed_in, author):
    approved = make_version(bank)
    page = signed_in(author).get(url("edit", approved)).content.decode()
    assert "จะใช้ต่อไปจนกว่ารุ่นที่ท่านกำลังเขียนจะได้รับอนุมัติ" in page
    signed_in(author).post(url("edit", approved), typed(bank))
    versions = approved.item.versions.order_by("number").values_list("number", "status", "author")
    assert list(versions) == [(1, "approved", approved.author_id), (2, "draft", author.pk)]


def test_a_new_version_that_changes_nothing_is_refused(bank, signed_in, author):
    approved = make_version(bank)
    form = signed_in(author).get(url("edit", approved)).context["form"]
    same = {name: "" if value is None else value for name, value in form.initial.items()}
    response = signed_in(author).post(url("edit", approved), same)
    assert "ไม่มีการแก้ไข" in response.content.decode()
    assert approved.item.versions.count() == 1


def test_a_bank_that_is_not_about_a_law_asks_for_no_section(signed_in, author):
    other = make_bank("plain", max_section=None)
    address = reverse("bank:create", args=["plain"])
    assert 'name="section"' not in signed_in(author).get(address).content.decode()
    signed_in(author).post(address, typed(other))
    assert ItemVersion.objects.get().section is None


def test_the_preview_shows_neither_key_nor_explanation(draft, signed_in, reviewer):
    page = signed_in(reviewer).get(url("preview", draft, 1)).content.decode()
    assert draft.stem in page
    assert draft.explanation not in page
    assert "คำตอบที่ถูก" not in page


# -- Steps ------------------------------------------------------------------------------------------
def test_an_item_goes_from_draft_to_retired_through_the_pages(draft, signed_in, reviewer, exam_officer):
    def take(person, name, **data):
        draft.refresh_from_db()
        client = signed_in(person)
        assert client.get(step_url(draft, name)).status_code == 200
        response = client.post(step_url(draft, name), {"revision": draft.revision, "note": ""} | data)
        assert response["Location"] == url("item", draft)
        draft.refresh_from_db()

    take(reviewer, "send-back", note="ตัวเลือก 2 กำกวม")
    assert (draft.status, draft.review_note) == (ItemStatus.DRAFT, "ตัวเลือก 2 กำกวม")
    take(reviewer, "review")
    assert draft.status == ItemStatus.REVIEWED
    take(exam_officer, "approve")
    assert draft.status == ItemStatus.APPROVED
    take(exam_officer, "retire", note="กฎหมายเปลี่ยน")
    assert draft.status == ItemStatus.RETIRED
    page = signed_in(reviewer).get(url("item", draft)).content.decode()
    for word in ("ส่งคืน", "ตัวเลือก 2 กำกวม", "ตรวจทานแล้ว", "อนุมัติแล้ว", "กฎหมายเปลี่ยน"):
        assert word in page


@pytest.mark.parametrize("name", ["send-back", "retire"])
def test_a_step_that_needs_a_note_asks_for_it(draft, signed_in, exam_officer, name):
    response = signed_in(exam_officer).post(step_url(draft, name), {"revision": 0, "note": " "})
    assert response.context["form"].errors["note"]
    draft.refresh_from_db()
    assert draft.status == ItemStatus.DRAFT


def test_approving_without_an_explanation_is_refused_in_words(bank, author, signed_in, exam_officer):
    version = make_version(bank, author=author, status=ItemStatus.REVIEWED, explanation="")
    response = signed_in(exam_officer).post(step_url(version, "approve"), {"revision": 0})
    assert "ข้อสอบที่ไม่มีคำอธิบายจะอนุมัติไม่ได้" in response.content.decode()


def test_a_step_from_the_wrong_status_is_answered_with_an_error_page(draft, signed_in, exam_officer):
    response = signed_in(exam_officer).post(step_url(draft, "approve"), {"revision": 0})
    assert response.status_code == 409
    assert "สถานะ “ร่าง” แล้ว" in response.content.decode()


def test_a_review_of_a_text_that_has_changed_since_shows_the_new_text(
    bank, draft, signed_in, author, reviewer
):
    signed_in(author).post(url("edit", draft), typed(bank, stem="ข้อความใหม่"))
    client = signed_in(reviewer)
    response = client.post(step_url(draft, "review"), {"revision": 0})
    page = response.content.decode()
    assert "มีการแก้ไขข้อสอบนี้หลังจากที่ท่านเปิดดู" in page
    assert "ข้อความใหม่" in page
    draft.refresh_from_db()
    assert draft.status == ItemStatus.DRAFT
    client.post(step_url(draft, "review"), {"revision": response.context["form"]["revision"].value()})
    draft.refresh_from_db()
    assert draft.status == ItemStatus.REVIEWED


def test_a_step_is_taken_by_post_only(draft, signed_in, reviewer):
    signed_in(reviewer).get(step_url(draft, "review"), {"revision": 0})
    draft.refresh_from_db()
    assert draft.status == ItemStatus.DRAFT
    assert not AuditEntry.objects.exists()


# -- Staff page -------------------------------------------------------------------------------------
def test_the_navigation_leads_item_staff_to_the_bank(bank, signed_in, reviewer, learner):
    home = reverse("portal:home")
    assert reverse("bank:banks") in signed_in(reviewer).get(home).content.decode()
    assert reverse("bank:banks") not in signed_in(learner).get(home).content.decode()


def test_the_staff_panel_counts_what_waits(bank, draft, rf, reviewer):
    from exams.bank.panels import staff_panel

    make_version(bank)
    panel = staff_panel(rf.get("/"))
    assert panel is not None
    shown = panel["banks"][0]  # type: ignore[index]
    assert (shown.drafts, shown.reviewed, shown.approved) == (1, 0, 1)
