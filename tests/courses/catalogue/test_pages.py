"""Pages of the catalogue: what they show, and to whom."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db.models import F
from django.test import Client

from courses.catalogue.models import CurriculumCourse
from courses.catalogue.services.courses import retire_course, set_cover
from courses.catalogue.services.curricula import Place, write_curriculum
from courses.catalogue.services.versions import TopicPlan, UnitPlan
from exams.registration.portraits import portrait
from tests.conftest import make_person
from tests.courses.catalogue.factories import (
    NOON,
    make_agency,
    make_course,
    make_curriculum,
    make_draft,
    make_external,
)

pytestmark = pytest.mark.django_db


def sign_in(client: Client, person: Any) -> Client:
    client.force_login(person, settings.AUTHENTICATION_BACKENDS[-1])
    return client


def statuses(client: Client, path: str, *persons: Any) -> list[int]:
    """The status for each person, None being nobody."""
    found = []
    for person in persons:
        client.logout()
        if person is not None:
            sign_in(client, person)
        found.append(client.get(path).status_code)
    return found


def names(response) -> list[str]:
    return [course.code for course in response.context["courses"]]


def search(client: Client, **asked: Any) -> list[str]:
    return names(client.get("/courses/", asked))


# -- The list ---------------------------------------------------------------------------------------
def test_anyone_reads_the_catalogue(client, learner, agency_officer, administrator):
    course = make_course("KD10")
    for path in ("/courses/", "/courses/suggest/?q=KD", "/courses/KD10/", "/courses/curricula/"):
        assert statuses(client, path, None, learner, agency_officer, administrator) == [200] * 4
    assert course.name in client.get("/courses/").text


def test_the_empty_catalogue_says_so(client):
    text = client.get("/courses/").text
    assert "ยังไม่มีรายวิชา" in text


def test_a_search_finds_and_filters(client):
    make_course("KD10", name_th="พระราชบัญญัติข้อมูลข่าวสาร")
    make_course("DS01", name_th="รัฐบาลดิจิทัลกับข้อมูล", hours=8)
    make_external("DS02", name_th="ข้อมูลเปิด")
    assert search(client, q="พรบ ข้อมูล") == ["KD10"]
    assert search(client, q="ดิจิตอล") == ["DS01"]
    assert search(client, q="ข้อมูล") == ["DS02", "KD10", "DS01"]
    assert search(client, q="ข้อมูล", category="DS") == ["DS02", "DS01"]
    assert search(client, q="ข้อมูล", category=["DS", "KD"], offered="here") == ["KD10", "DS01"]
    make_course("KD12", name_th="แผนของปีหน้า", topics=[TopicPlan("บทนำ", 30)])
    # Of courses published together those that can be learnt come first.
    assert search(client) == ["KD10", "DS01", "DS02", "KD12"]
    assert search(client, offered="not-yet") == ["KD12"]
    assert "KD12" not in search(client, offered="here")
    assert search(client, hours="more") == ["DS01"]
    assert search(client, q="kd ๑๐") == ["KD10"]


def test_a_search_by_instructor_and_by_agency(client):
    owner = make_agency("T09", "กระทรวงดอกไม้", name_en="Ministry of Flowers")
    make_course("KD10", owner=owner, instructors=[("ดร. มานะ รักเรียน", "")])
    make_course("KD11")
    assert search(client, q="มานะ") == search(client, q="flowers") == search(client, agency="T09") == ["KD10"]


def test_what_cannot_be_read_in_the_address_is_left_aside(client):
    make_course("KD10")
    path = "/courses/?category=XX&hours=9&agency=nowhere&sort=%00&page=-1&offered=&language=xx&q=%00"
    assert names(client.get(path)) == ["KD10"]


def test_nothing_found_says_what_to_do(client):
    make_course("KD10")
    assert "คำที่สั้นลง" in client.get("/courses/", {"q": "ไม่มีแน่นอน"}).text


def test_counts_stand_at_the_filters(client):
    make_course("KD10")
    make_course("DS01")
    page = client.get("/courses/", {"category": "DS"})
    options = {option.value: option for option in page.context["filters"][0].options}
    assert (options["KD"].count, options["KD"].is_chosen) == (1, False)
    assert (options["DS"].count, options["DS"].is_chosen) == (1, True)


def test_a_chosen_filter_is_taken_away_by_its_link(client):
    make_course("KD10")
    page = client.get("/courses/?q=KD&category=KD&category=DS&page=1")
    queries = {str(each.label): each.query for each in page.context["chosen"]}
    assert sorted(queries.values()) == ["q=KD&category=DS", "q=KD&category=KD"]


def test_a_question_is_shown_and_not_run(client):
    text = client.get("/courses/", {"q": "<script>alert(1)</script>"}).text
    assert "<script>alert" not in text
    assert "&lt;script&gt;" in text


def test_orders(client):
    make_course("KD10", name_th="ข", hours=1, now=NOON)
    make_course("KD11", name_th="เก", hours=3, now=NOON + timedelta(days=1))
    assert search(client) == ["KD11", "KD10"]
    assert search(client, sort="name") == ["KD11", "KD10"]
    assert search(client, sort="hours") == ["KD10", "KD11"]


def test_the_order_of_the_list_does_not_stay_with_the_next_question(client):
    make_course("KD10", name_th="การใช้ข้อมูล", now=NOON + timedelta(days=1))
    make_course("KD11", name_th="ข้อมูลเปิด")
    page = client.get("/courses/")
    chosen = [value for value, _label, is_chosen in page.context["orders"] if is_chosen]
    assert chosen == [""]
    assert search(client, q="ข้อมูล", sort="") == ["KD11", "KD10"]
    assert search(client, q="ข้อมูล", sort="newest") == ["KD10", "KD11"]


def test_the_list_has_pages(client):
    for number in range(21):
        make_course(f"KD{number:03}")
    assert len(search(client)) == 20
    assert len(search(client, page=2)) == 1
    assert len(search(client, page=99)) == 1


def test_the_page_is_english_when_asked(client):
    make_course("KD10", name_th="ไทย", name_en="Official Information")
    client.cookies["django_language"] = "en"
    text = client.get("/courses/").text
    assert "Official Information" in text
    assert "Knowledge development" in text
    assert "ไทย" not in text.split("<main")[1].split("</main>")[0]


def test_thai_numerals_are_kept_to(client):
    make_course("KD10", hours=3)
    client.cookies["numerals"] = "thai"
    assert "๓ ชั่วโมง" in client.get("/courses/").text


def test_the_list_costs_the_same_for_one_as_for_many(client, learner, django_assert_num_queries):
    make_course("KD10")
    client.get("/courses/")
    with django_assert_num_queries(2):
        client.get("/courses/", {"q": "วิชา"})
    for number in range(11, 30):
        make_course(f"KD{number}", owner=make_agency(f"T{number}", f"กระทรวง {number}"))
    client.get("/courses/")
    with django_assert_num_queries(2):
        client.get("/courses/", {"q": "วิชา", "category": "KD"})
    sign_in(client, learner)
    with django_assert_num_queries(5):
        client.get("/courses/")


# -- Suggestions ------------------------------------------------------------------------------------
def test_suggestions_are_the_best_few(client):
    for number in range(10, 20):
        make_course(f"KD{number}", name_th=f"ข้อมูล {number}")
    response = client.get("/courses/suggest/", {"q": "ขอมู"})
    assert len(names(response)) == 8
    assert 'role="listbox"' in response.text
    assert 'data-address="/courses/KD10/"' in response.text


def test_no_suggestions_without_a_question_or_a_hit(client):
    make_course("KD10")
    for asked in ("", "   ", "ไม่มี"):
        assert client.get("/courses/suggest/", {"q": asked}).text.strip() == ""


def test_suggestions_take_two_queries(client, django_assert_num_queries):
    make_course("KD10")
    client.get("/courses/")
    with django_assert_num_queries(2):
        client.get("/courses/suggest/", {"q": "KD"})


# -- A course ---------------------------------------------------------------------------------------
def test_a_course_page_tells_what_one_decides_by(client):
    make_course(
        "KD10",
        instructors=[("ดร. มานะ รักเรียน", "วิทยากร")],
        assessment="ทดสอบหลังเรียนร้อยละ 60",
        target_group="ข้าราชการบรรจุใหม่",
        hours=2,
    )
    text = client.get("/courses/KD10/").text
    for expected in (
        "เพื่อให้ผู้เรียนเข้าใจ",
        "บทนำ",
        "30 นาที",
        "1 ชั่วโมง 30 นาที",
        "ดร. มานะ รักเรียน",
        "ทดสอบหลังเรียนร้อยละ 60",
        "ข้าราชการบรรจุใหม่",
        "กระทรวงทดสอบ",
        "2 ชั่วโมง",
    ):
        assert expected in text


def test_an_external_course_says_that_its_link_leaves(client):
    make_external("DS02", provider="มหาวิทยาลัยเปิด")
    text = client.get("/courses/DS02/").text
    assert 'href="/partners/open/DS02/"' in text
    assert "https://learn.example/c/1" in text
    assert "ออกจากเว็บไซต์นี้" in text


def test_a_code_in_small_letters_leads_to_the_page(client):
    make_course("KD10")
    response = client.get("/courses/kd10/")
    assert (response.status_code, response["Location"]) == (301, "/courses/KD10/")


def test_a_course_that_is_not_there(client):
    assert client.get("/courses/KD99/").status_code == 404


def test_a_draft_is_seen_by_who_looks_after_it(
    client, department, agency_officer, other_agency_officer, administrator, learner
):
    colleague = make_person(agency=department)
    make_draft("KD10", owner=department)
    persons = (agency_officer, administrator, colleague, other_agency_officer, learner, None)
    assert statuses(client, "/courses/KD10/", *persons) == [200, 200, 404, 404, 404, 404]
    sign_in(client, agency_officer)
    assert "ยังไม่มีฉบับใดเผยแพร่" in client.get("/courses/KD10/").text


def test_a_retired_course_keeps_its_page(client):
    course = make_external("DS02")
    retire_course(course, actor=None, now=NOON)
    text = client.get("/courses/DS02/").text
    assert "ไม่เปิดสอนแล้วตั้งแต่" in text
    assert "https://learn.example" not in text


def test_a_course_page_costs_the_same_however_much_is_in_it(client, django_assert_num_queries):
    course = make_course("KD10", instructors=[("ก", ""), ("ข", "")])
    make_curriculum("C1", [course])
    make_curriculum("C2", [course])
    with django_assert_num_queries(8):
        client.get("/courses/KD10/")


def test_a_course_without_lessons_says_so(client):
    make_course("KD10")
    make_course("KD11", topics=[TopicPlan("บทนำ", 30)])
    make_external("DS02")
    said = "บทเรียนยังไม่เปิดในระบบ"
    pages = [client.get(f"/courses/{code}/").text for code in ("KD10", "KD11", "DS02")]
    assert [said in page for page in pages] == [False, True, False]


def test_a_cover_is_given_to_anyone_and_kept_by_browsers(client):
    course = make_course("KD10")
    set_cover(course, portrait(1), actor=None)
    path = f"/courses/covers/{course.cover_name}"
    assert path in client.get("/courses/").text
    response = client.get(path)
    assert response["Content-Type"] == "image/png"
    assert "immutable" in response["Cache-Control"]
    assert b"".join(response.streaming_content).startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["x.png", "..%2F..%2Fsettings.py", f"{'0' * 32}.png", f"{'0' * 32}.svg"])
def test_no_other_file_is_given(client, name):
    assert client.get(f"/courses/covers/{name}").status_code == 404


# -- Curricula --------------------------------------------------------------------------------------
def test_no_curricula_yet(client):
    assert "ยังไม่มีหลักสูตร" in client.get("/courses/curricula/").text


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"rule": "all"}, "ครบทั้ง 2 รายวิชา"),
        ({"rule": "count", "rule_count": 1}, "1 จาก 2 รายวิชา"),
        ({"rule": "hours", "rule_hours": 2}, "อย่างน้อย 2 ชั่วโมง จากทั้งหมด 3 ชั่วโมง"),
    ],
)
def test_a_curriculum_says_what_completes_it(client, fields, sentence):
    courses = [make_course("KD10"), make_course("KD11")]
    curriculum = make_curriculum("001M", courses, **fields)
    text = client.get("/courses/curricula/001M/").text
    assert sentence in text
    assert courses[1].name in text
    assert curriculum.name in client.get("/courses/curricula/").text
    assert curriculum.name in client.get("/courses/KD10/").text


def test_a_course_in_preparation_has_no_link(client):
    make_curriculum("001M", [make_course("KD10"), make_draft("KD11")])
    text = client.get("/courses/curricula/001M/").text
    assert "/courses/KD10/" in text
    assert "/courses/KD11/" not in text


def test_the_courses_of_a_curriculum_stand_in_its_order_under_one_heading_each(client):
    courses = [make_course(f"KD{number}") for number in (12, 10, 11)]
    places = [Place(courses[1], "หมวดสอง"), Place(courses[0], "หมวดหนึ่ง"), Place(courses[2], "หมวดหนึ่ง")]
    values = {"name_th": "หลักสูตร", "owner": courses[0].owner, "rule": "all"}
    write_curriculum("C1", values, places, actor=None)
    # Not as the rows were made, which is how they happen to come without an order.
    CurriculumCourse.objects.update(order=10 - F("order"))
    groups = client.get("/courses/curricula/C1/").context["groups"]
    assert [(name, [entry.course for entry in entries]) for name, entries in groups] == [
        ("หมวดหนึ่ง", [courses[2], courses[0]]),
        ("หมวดสอง", [courses[1]]),
    ]


def test_curricula_are_listed_by_their_code(client):
    courses = [make_course("KD10")]
    for code in ("C2", "C1"):
        make_curriculum(code, courses)
    assert [each.code for each in client.get("/courses/curricula/").context["curricula"]] == ["C1", "C2"]


def test_a_curriculum_says_which_courses_have_no_lessons_yet(client):
    make_curriculum("C1", [make_course("KD10", topics=[TopicPlan("หัวข้อ", 30)])])
    assert "ยังไม่เปิดบทเรียน" in client.get("/courses/curricula/C1/").text
    topics = [TopicPlan("หัวข้อ", 30, units=(UnitPlan("text", "บท", "เนื้อหา"),))]
    make_curriculum("C2", [make_course("KD11", topics=topics)])
    assert "ยังไม่เปิดบทเรียน" not in client.get("/courses/curricula/C2/").text


def test_curricula_cost_the_same_for_many(client, django_assert_num_queries):
    courses = [make_course(f"KD{number}") for number in range(10, 16)]
    make_curriculum("C1", courses)
    make_curriculum("C2", courses[:2])
    with django_assert_num_queries(1):
        client.get("/courses/curricula/")
    with django_assert_num_queries(2):
        client.get("/courses/curricula/C1/")


# -- Home, search engines ----------------------------------------------------------------------------
def test_home_leads_to_the_courses(client):
    assert "find-a-course" not in client.get("/").text
    make_course("KD10")
    text = client.get("/").text
    assert 'href="/courses/"' in text
    assert "/courses/?category=KD" in text


def test_search_engines_find_courses_and_not_every_filter(client):
    rules = client.get("/robots.txt").text.splitlines()
    assert {"Allow: /courses/", "Allow: /courses/?page=", "Disallow: /courses/?"} <= set(rules)


def test_links_with_thai_words_work(client):
    make_course("KD10", name_th="ข้อมูล")
    assert names(client.get(f"/courses/?q={quote('ข้อมูล')}")) == ["KD10"]


# -- Guesses -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("-hv,^]", "จึงแสดงผลการค้นหาคำว่า “ข้อมูล”"),
        ("ข้อมลข่าวสาร", "จึงแสดงรายวิชาที่มีคำสะกดใกล้เคียง"),
    ],
)
def test_who_mistyped_is_told_what_was_looked_for_instead(client, db, typed, said):
    make_course("KD90", name_th="ข้อมูลข่าวสารของราชการ")
    assert said in client.get("/courses/", {"q": typed}).text
    assert "KD90" in client.get("/courses/suggest/", {"q": typed}).text


def test_who_finds_some_of_the_words_is_told_which_none_has(client, db):
    make_course("DS03", name_th="การใช้ตารางคำนวณ")
    page = client.get("/courses/", {"q": "excel ขั้นสูง"}).text
    assert "ไม่พบรายวิชาที่มีครบทุกคำใน “excel ขั้นสูง”" in page
    assert "ไม่มีรายวิชาใดในจำนวนนี้ที่มีคำว่า “ขั้นสูง”" in page
    assert "DS03" in page
    suggestions = client.get("/courses/suggest/", {"q": "excel ขั้นสูง"}).text
    assert suggestions.count("ไม่พบรายวิชาที่มีครบทุกคำ") == 2  # seen, and said
    assert "DS03" in suggestions


def test_words_of_a_question_are_shown_as_text(client, db):
    make_course("DS03", name_th="การใช้ตารางคำนวณ")
    page = client.get("/courses/", {"q": "excel <b>ก้อง"}).text
    assert "<b>ก้อง" not in page
    assert "&lt;b&gt;" in page
