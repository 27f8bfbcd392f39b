"""Who may open what of the player, and what the pages of units say and take."""

import json
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from courses.catalogue.services.versions import UnitPlan
from courses.player.models import Evidence, Registration, UnitStatus
from courses.player.pages import Page
from courses.player.services import registrations
from courses.player.services.progress import progress_of
from tests.courses.catalogue.factories import make_draft
from tests.courses.player.factories import make_registration, units
from tests.courses.player.packages import kept, scorm

pytestmark = pytest.mark.django_db
TEXT = UnitPlan("text", "บทอ่าน", "# บทอ่าน\n\nเนื้อหา **สำคัญ** <script>alert(1)</script>")
SLIDES = UnitPlan("slides", "สไลด์", "# หนึ่ง\n\n---\n\n# สอง\n\n---\n\n# สาม")
LINK = UnitPlan("link", "อ่านต่อ", address="https://www.example.go.th/read")
VIDEO = UnitPlan(
    "video", "วิดีโอ", "## ฉากที่ 1\n\nคำบรรยาย", content={"captions": "WEBVTT\n\n1\n00:00.000 --> 00:02.000\nคำ"}
)
QUESTION = {"stem": "คำถาม", "options": ["ก", "ข"], "key": 1, "explanation": ""}


@pytest.fixture
def registration(learner, department):
    return make_registration(learner, TEXT, SLIDES, LINK, VIDEO)


@pytest.fixture
def signed_in(client, learner):
    client.force_login(learner)
    return client


def address(registration: Registration, number: int = 0, name: str = "unit") -> str:
    return reverse(f"player:{name}", args=[registration.pk, units(registration)[number].pk])


def report(client, registration, number=0, *, page=None, **said):
    unit = units(registration)[number]
    registration.refresh_from_db()
    page = (
        page
        or Page(
            registration.pk, unit.pk, registration.session, timezone.now() - timedelta(seconds=100)
        ).token()
    )
    return client.post(
        address(registration, number, "report"),
        json.dumps({"page": page, **said}),
        content_type="application/json",
        headers={"Accept": "application/json"},
    )


FOCUS = {"kind": "focus", "offset": 0, "seconds": 30}


# -- Whose it is ------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["outline", "time"])
def test_a_registration_is_its_learners_alone(
    registration, name, learner, outsider, agency_officer, administrator
):
    where = reverse(f"player:{name}", args=[registration.pk])
    anonymous = Client().get(where)
    assert anonymous.status_code == 302
    assert "/accounts/login" in anonymous.headers["Location"]
    for person, status in ((learner, 200), (outsider, 403), (agency_officer, 403), (administrator, 403)):
        client = Client()
        client.force_login(person)
        assert client.get(where).status_code == status


@pytest.mark.parametrize("number", [0, 1, 2, 3])
def test_a_unit_is_its_learners_alone(registration, number, learner, outsider, administrator):
    where = address(registration, number)
    assert Client().get(where).status_code == 302
    for person, status in ((learner, 200), (outsider, 403), (administrator, 403)):
        client = Client()
        client.force_login(person)
        assert client.get(where).status_code == status
        if status == 403:
            assert client.post(where).status_code == 403
    assert Registration.objects.get(pk=registration.pk).session_device


def test_nobody_writes_for_another_learner(client, registration, outsider):
    client.force_login(outsider)
    assert report(client, registration, stretches=[FOCUS]).status_code == 403
    assert client.post(reverse("player:take-over", args=[registration.pk])).status_code == 403
    assert not Evidence.objects.exists()


def test_a_unit_of_another_course_is_not_found(signed_in, registration, learner):
    other = make_registration(learner, TEXT)
    mixed = reverse("player:unit", args=[registration.pk, units(other)[0].pk])
    assert signed_in.get(mixed).status_code == 404


def test_those_who_look_after_a_course_preview_its_draft(
    client, department, agency_officer, other_agency_officer, learner, administrator
):
    version = make_draft(owner=department).versions.get()
    where = reverse("player:preview", args=[version.pk])
    assert Client().post(where).status_code == 302
    for person, status in (
        (agency_officer, 302),
        (administrator, 302),
        (other_agency_officer, 403),
        (learner, 403),
    ):
        client.force_login(person)
        assert client.post(where).status_code == status
    preview = Registration.objects.get(person=agency_officer)
    client.force_login(agency_officer)
    page = client.get(reverse("player:outline", args=[preview.pk]))
    assert "การดูตัวอย่าง" in page.content.decode()
    assert client.post(reverse("player:reset", args=[preview.pk])).status_code == 302


def test_a_preview_ends_with_the_right_to_it(client, department, agency_officer):
    """It shows keys of tests, and what nobody has approved."""
    version = make_draft(owner=department).versions.get()
    client.force_login(agency_officer)
    where = client.post(reverse("player:preview", args=[version.pk]))["Location"]
    assert client.get(where).status_code == 200
    agency_officer.role_grants.all().delete()
    assert client.get(where).status_code == 403
    assert client.post(f"{where}reset/").status_code == 403


@pytest.mark.parametrize("unit", ["²", "9" * 5000, "x", ""])
def test_who_takes_over_is_led_to_the_course_where_no_unit_is_named(signed_in, registration, unit):
    taken = signed_in.post(reverse("player:take-over", args=[registration.pk]), {"unit": unit})
    assert taken["Location"] == reverse("player:outline", args=[registration.pk])


def test_nothing_of_a_real_registration_is_reset(signed_in, registration):
    assert signed_in.post(reverse("player:reset", args=[registration.pk])).status_code == 409


# -- The way ----------------------------------------------------------------------------------------
def test_the_outline_leads_to_where_the_learner_left_on_any_device(signed_in, registration, learner):
    outline = reverse("player:outline", args=[registration.pk])
    assert "เริ่มเรียน" in signed_in.get(outline).content.decode()
    signed_in.get(address(registration, 1), {"slide": 2})
    phone = Client()
    phone.force_login(learner)
    page = phone.get(outline)
    assert page.context["outline"].next.unit == units(registration)[1]
    assert "เรียนต่อ" in page.content.decode()
    phone.post(reverse("player:take-over", args=[registration.pk]))
    assert "สอง" in phone.get(address(registration, 1)).content.decode()


def test_closed_units_say_why_and_take_nothing(signed_in, learner):
    registration = make_registration(learner, TEXT, SLIDES, is_sequential=True)
    page = signed_in.get(reverse("player:outline", args=[registration.pk])).content.decode()
    assert "บทเรียนนี้เปิดเมื่อท่านเรียนจบ “บทอ่าน”" in page
    closed = signed_in.get(address(registration, 1))
    assert closed.status_code == 403
    assert "บทเรียนนี้เปิดเมื่อท่านเรียนจบ “บทอ่าน”" in closed.content.decode()
    assert signed_in.post(address(registration, 1)).status_code == 403
    assert signed_in.post(address(registration, 0)).url == address(registration, 1)


def test_outside_its_dates_a_course_is_seen_and_not_opened(signed_in, learner):
    registration = make_registration(learner, TEXT, closes_at=timezone.now() - timedelta(days=1))
    assert signed_in.get(reverse("player:outline", args=[registration.pk])).status_code == 200
    assert signed_in.get(address(registration)).status_code == 403


def test_the_pages_ask_the_database_the_same_number_of_times_however_long_the_course_is(
    signed_in, learner, django_assert_max_num_queries
):
    registration = make_registration(learner, *[TEXT] * 40)
    with django_assert_max_num_queries(8):
        signed_in.get(reverse("player:outline", args=[registration.pk]))
    with django_assert_max_num_queries(9):
        signed_in.get(reverse("player:time", args=[registration.pk]))


def test_who_has_completed_everything_is_told_so(signed_in, learner):
    registration = make_registration(learner, TEXT)
    signed_in.get(address(registration))
    assert signed_in.post(address(registration)).headers["Location"] == f"/learn/{registration.pk}/"
    page = signed_in.get(f"/learn/{registration.pk}/").content.decode()
    assert "ท่านเรียนจบทุกบทเรียนแล้ว" in page
    assert "btn-primary" not in page.partition("outline-summary")[2].partition("</section>")[0]


# -- Units ------------------------------------------------------------------------------------------
def test_a_text_is_shown_safely_and_completed_by_its_reader(signed_in, registration):
    page = signed_in.get(address(registration)).content.decode()
    assert "<strong>สำคัญ</strong>" in page
    assert "<script>alert" not in page
    assert signed_in.post(address(registration)).url == address(registration, 1)
    assert progress_of(registration)[units(registration)[0].pk].status == UnitStatus.COMPLETED


def test_a_text_that_asks_for_time_says_how_much_is_missing(signed_in, learner):
    registration = make_registration(learner, UnitPlan("text", "บทอ่าน", "เนื้อหา", min_seconds=240))
    signed_in.get(address(registration))
    page = signed_in.post(address(registration), follow=True).content.decode()
    assert "4 นาที" in page
    assert progress_of(registration)[units(registration)[0].pk].status == UnitStatus.STARTED


def test_who_opens_a_lesson_again_and_says_at_once_to_have_read_it_has_not(signed_in, learner):
    registration = make_registration(learner, UnitPlan("text", "บทอ่าน", "เนื้อหา", min_seconds=60))
    signed_in.get(address(registration))
    registration.progress.update(started_at=timezone.now() - timedelta(hours=1))
    signed_in.get(address(registration))
    assert "นับว่าเรียนจบเมื่อมีเวลาเรียนเพิ่มอีก" in signed_in.post(address(registration), follow=True).text
    assert progress_of(registration)[units(registration)[0].pk].seconds < 30


@pytest.mark.parametrize(
    ("asked", "shown"),
    [("1", "หนึ่ง"), ("3", "สาม"), ("99999999", "หนึ่ง"), ("-1", "หนึ่ง"), ("๒", "สอง"), ("²", "หนึ่ง")],
)
def test_slides_are_shown_one_at_a_time_by_plain_links(signed_in, registration, asked, shown):
    page = signed_in.get(address(registration, 1), {"slide": asked})
    assert page.context["slide"].endswith(shown)


def test_slides_are_seen_when_the_last_one_was(signed_in, registration):
    unit = units(registration)[1]
    signed_in.get(address(registration, 1), {"slide": 2})
    assert (progress_of(registration)[unit.pk].position, progress_of(registration)[unit.pk].is_done) == (
        2,
        False,
    )
    signed_in.get(address(registration, 1), {"slide": 3})
    assert progress_of(registration)[unit.pk].status == UnitStatus.COMPLETED


def test_a_link_names_its_address_and_hands_over_no_window(signed_in, registration):
    page = signed_in.get(address(registration, 2)).content.decode()
    assert 'href="https://www.example.go.th/read" rel="external noopener noreferrer"' in page


def test_a_video_without_its_file_can_be_read(signed_in, registration):
    page = signed_in.get(address(registration, 3)).content.decode()
    assert "คำบรรยาย" in page
    assert (
        signed_in.get(address(registration, 3, "captions")).headers["Content-Type"]
        == "text/vtt; charset=utf-8"
    )
    assert signed_in.get(address(registration, 0, "captions")).status_code == 404
    assert signed_in.get(address(registration, 3, "file")).status_code == 404


@pytest.mark.parametrize(
    ("asked", "status", "body"),
    [
        (None, 200, b"0123456789"),
        ("bytes=2-4", 206, b"234"),
        ("bytes=7-", 206, b"789"),
        ("bytes=-3", 206, b"789"),
        ("bytes=5-99", 206, b"56789"),
        ("bytes=99-", 416, b""),
        ("bytes=-", 200, b"0123456789"),
        ("bytes=" + "9" * 5000 + "-", 416, b""),
        ("lines=1-2", 200, b"0123456789"),
    ],
)
def test_a_file_is_given_in_the_part_asked_for(signed_in, learner, asked, status, body):
    name = default_storage.save("units/film.mp4", ContentFile(b"0123456789"))
    registration = make_registration(learner, UnitPlan("video", "วิดีโอ", file=name))
    answer = signed_in.get(address(registration, 0, "file"), headers={"Range": asked} if asked else {})
    given = b"".join(answer.streaming_content) if answer.streaming else answer.content
    default_storage.delete(name)
    assert (answer.status_code, given, answer.headers.get("Content-Type")[:9]) == (
        status, body, "video/mp4" if status != 416 else "text/html"
    )  # fmt: skip


# -- Reports ----------------------------------------------------------------------------------------
def test_a_report_is_counted_and_answered_in_words(signed_in, registration):
    signed_in.get(address(registration))
    said = report(signed_in, registration, stretches=[FOCUS]).json()
    assert (said["seconds"], said["elsewhere"]) == (30, False)
    assert said["text"] == "เวลาเรียนที่นับได้ 30 วินาที"


def test_the_same_report_again_adds_nothing(signed_in, registration):
    signed_in.get(address(registration))
    unit = units(registration)[0]
    registration.refresh_from_db()
    page = Page(registration.pk, unit.pk, registration.session, timezone.now() - timedelta(hours=1)).token()
    for _time in range(3):
        assert report(signed_in, registration, page=page, stretches=[FOCUS]).json()["seconds"] == 30


@pytest.mark.parametrize(
    "said",
    [
        {"stretches": [{"kind": "focus", "offset": -1, "seconds": 5}]},
        {"stretches": [{"kind": "focus", "offset": 0, "seconds": 100_000}]},
        {"stretches": [{"kind": "sleep", "offset": 0, "seconds": 5}]},
        {"stretches": [FOCUS] * 201},
        {"stretches": "all day"},
        {"position": -1},
        {"watched": [{"verb": "rewound", "offset": 0, "time": 1}]},
        {"watched": [{"verb": "played", "offset": 0, "time": 1e9}]},
        {"watched": [{"verb": "played", "offset": 0, "time": 1}] * 201},
        {"page": "forged:token:here"},
        {"unknown": 1},
    ],
)
def test_what_is_no_report_is_refused_in_words_and_adds_nothing(signed_in, registration, said):
    signed_in.get(address(registration))
    answer = report(signed_in, registration, **said)
    assert answer.status_code == 422
    assert answer.json()["error"] == "report_unreadable"
    assert not Evidence.objects.exists()


def test_a_page_reports_for_its_own_unit_only(signed_in, registration):
    other = units(registration)[1]
    page = Page(registration.pk, other.pk, "x", timezone.now() - timedelta(hours=1)).token()
    assert report(signed_in, registration, page=page, stretches=[FOCUS]).status_code == 422


def test_a_flood_of_reports_is_slowed_down_and_loses_nothing(signed_in, registration):
    signed_in.get(address(registration))
    answers = [report(signed_in, registration, stretches=[FOCUS]) for _number in range(62)]
    assert answers[59].status_code == 200
    assert answers[61].status_code == 429
    assert answers[61].json()["error"] == "too_many_reports"


def test_a_film_is_seen_near_its_end_after_it_was_played(signed_in, registration):
    unit = units(registration)[3]
    signed_in.get(address(registration, 3))
    skipped = report(signed_in, registration, 3, position=58, duration=60)
    assert skipped.json()["completed"] is False
    assert progress_of(registration)[unit.pk].position == 58
    played = {"kind": "playback", "offset": 0, "seconds": 30}
    assert report(signed_in, registration, 3, stretches=[played], position=58, duration=60).json()[
        "completed"
    ]


def test_nothing_but_a_film_is_completed_by_where_somebody_says_to_be(signed_in, learner, department, media):
    """A test is not passed, a survey not answered, a package not played by a report of its own page."""
    registration = make_registration(
        learner,
        TEXT,
        SLIDES,
        UnitPlan("test", "แบบทดสอบ", content={"items": [QUESTION]}),
        UnitPlan("survey", "แบบประเมิน", content={"questions": [{"id": "content", "text": "ดีหรือไม่"}]}),
        UnitPlan("package", "ชุดบทเรียน", package_id=kept(scorm(), department).pk),
    )
    for number in range(len(units(registration))):
        assert signed_in.get(address(registration, number)).status_code == 200
        played = {"kind": "playback", "offset": 0, "seconds": 60}
        said = report(signed_in, registration, number, stretches=[played], position=1, duration=1)
        assert (said.status_code, said.json()["completed"]) == (200, False)
    assert not any(each.is_done for each in progress_of(registration).values())


def test_a_flood_of_stretches_is_slowed_down_and_loses_nothing(signed_in, registration):
    signed_in.get(address(registration))
    many = [FOCUS | {"offset": 100 * number, "seconds": 1} for number in range(200)]
    answers = [report(signed_in, registration, stretches=many) for _number in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]


# -- One device at a time ---------------------------------------------------------------------------
def test_a_second_device_asks_before_it_takes_over_and_the_first_is_told(signed_in, registration, learner):
    signed_in.get(address(registration))
    phone = Client()
    phone.force_login(learner)
    asked = phone.get(address(registration))
    assert asked.status_code == 409
    assert "เรียนต่อที่นี่" in asked.content.decode()
    assert phone.post(address(registration)).status_code == 409
    taken = phone.post(
        reverse("player:take-over", args=[registration.pk]), {"unit": units(registration)[0].pk}
    )
    assert taken.headers["Location"] == address(registration)
    assert phone.get(address(registration)).status_code == 200
    refused = signed_in.post(address(registration))
    assert refused.status_code == 409
    assert "อุปกรณ์อื่น" in refused.content.decode()


def test_what_the_first_device_did_before_counts_and_what_it_does_after_does_not(signed_in, registration):
    unit = units(registration)[0]
    signed_in.get(address(registration))
    registration.refresh_from_db()
    now = timezone.now()
    page = Page(registration.pk, unit.pk, registration.session, now - timedelta(seconds=100)).token()
    registrations.take_session(registration, "Phone", now=now - timedelta(seconds=60))
    late = {"kind": "focus", "offset": 20_000, "seconds": 60}
    said = report(signed_in, registration, page=page, stretches=[late], position=9).json()
    assert (said["seconds"], said["elsewhere"]) == (20, True)
    assert progress_of(registration)[unit.pk].position == 0


def test_a_device_that_fell_silent_is_not_asked_about(signed_in, registration):
    registrations.take_session(registration, "Phone", now=timezone.now() - timedelta(hours=1))
    assert signed_in.get(address(registration)).status_code == 200


def test_who_signs_out_is_not_asked_about_on_the_next_device(signed_in, registration, learner):
    signed_in.get(address(registration))
    registration.refresh_from_db()
    token = registration.session
    signed_in.post(reverse("account_logout"))
    registration.refresh_from_db()
    assert registration.session == ""
    phone = Client()
    phone.force_login(learner)
    assert phone.get(address(registration)).status_code == 200
    registration.refresh_from_db()
    held = registration.session
    registrations.release({str(registration.pk): token})
    registration.refresh_from_db()
    assert registration.session == held
