"""What the server shows a candidate of a sealed sitting, and whom it shows nothing."""

import re
from datetime import timedelta
from urllib.parse import urlencode

import msgspec
import pytest
from django.utils import timezone

from exams.papers.assembly import Paper, PaperItem, PaperSection, digest
from exams.papers.models import Form
from exams.papers.services import seal_forms
from exams.seat import admissions, clock
from exams.seat.journal import read_sheets
from exams.seat.models import Sitting
from exams.seat.services import take_seat

from .conftest import make_sitting

pytestmark = pytest.mark.django_db(transaction=True)

STEM = "เมืองหลวงของไทยคือข้อใด"


@pytest.fixture
def sealed(learner):
    """A sealed sitting of two subjects, the second in English, that begins in ten minutes."""
    items = [
        PaperItem(1, STEM, ["กรุงเทพมหานคร", "เชียงใหม่"]),
        PaperItem(2, f"{STEM}\nIt is ______.", ["Bangkok", "เชียงใหม่"]),
    ]
    paper = Paper("ภาค ก.", items, [PaperSection("วิชาหนึ่ง", 1, 1), PaperSection("วิชาสอง", 2, 1, "en")])
    form = Form.objects.create(
        sha256=digest(paper), seed="-", title=paper.title, layout=[], paper=msgspec.to_builtins(paper)
    )
    seal_forms("รอบเช้า", [form])
    starts_at = timezone.now() + timedelta(minutes=10)
    return Sitting.objects.create(
        person=learner, form=form, starts_at=starts_at, deadline=starts_at + timedelta(hours=1)
    )


def start(sitting):
    now = timezone.now()
    Sitting.objects.filter(pk=sitting.pk).update(starts_at=now - timedelta(seconds=1))


def shown(seat, sitting, query="", person_sitting=None):
    token = take_seat(person_sitting or sitting, now=timezone.now()).token
    return seat.request("GET", f"/seat/{sitting.pk}/{query}", cookie=f"seat={token}")


@pytest.mark.parametrize("query", ["", "?plain", "?key=1"])
def test_before_the_start_no_page_has_the_paper(seat, sealed, query):
    page = shown(seat, sealed, query)
    assert page.status == 200
    assert STEM not in page.text
    assert "ข้อสอบจะเปิดเวลา" in page.text


def test_a_form_posted_before_the_start_changes_nothing_and_shows_no_paper(seat, sealed):
    token = take_seat(sealed, now=timezone.now()).token
    body = urlencode({"a1": 1, "action": "save"}).encode()
    page = seat.request("POST", f"/seat/{sealed.pk}/", body, cookie=f"seat={token}")
    assert STEM not in page.text
    assert "บันทึกคำตอบของท่านแล้ว" not in page.text
    assert sealed.journal.count() == 1


def test_after_the_start_the_sealed_page_still_has_no_paper_and_the_plain_one_has(seat, sealed):
    start(sealed)
    assert STEM not in shown(seat, sealed).text
    plain = shown(seat, sealed, "?plain").text
    assert plain.count(STEM) == 2
    assert plain.rindex("วิชาหนึ่ง") < plain.index('id="q1"') < plain.rindex("วิชาสอง") < plain.index('id="q2"')


def test_each_line_and_option_says_its_language(seat, sealed):
    start(sealed)
    first, second = shown(seat, sealed, "?plain").text.split('id="q1"')[1].split('id="q2"')
    assert f'lang="th">{STEM}</span></legend>' in first
    assert 'lang="th">กรุงเทพมหานคร</span>' in first
    assert f'lang="th">{STEM}\n</span>' in second
    assert 'lang="en">It is ______.</span></legend>' in second
    assert 'lang="en">Bangkok</span>' in second
    assert 'lang="th">เชียงใหม่</span>' in second


def test_a_paused_sitting_shows_no_paper_without_scripts(seat, sealed):
    start(sealed)
    clock.pause([sealed.pk], actor=None, reason="-", now=timezone.now())
    page = shown(seat, sealed, "?plain").text
    assert "หยุดการสอบชั่วคราว" in page
    assert STEM not in page
    path = f"/seat/{sealed.pk}/?plain"
    assert f'<meta http-equiv="refresh" content="20; url={path}">' in page
    assert f'href="{path}"' in page


def paused(learner):
    """A sitting that began half an hour ago and was paused a minute ago; its address and cookie."""
    sitting = make_sitting(learner, minutes=30)
    token = take_seat(sitting, now=timezone.now()).token
    clock.pause([sitting.pk], actor=None, reason="-", now=timezone.now() - timedelta(minutes=1))
    return sitting, f"/seat/{sitting.pk}/", f"seat={token}"


def test_what_is_sent_without_scripts_during_a_pause_is_held_and_can_be_sent_again(seat, learner):
    sitting, path, cookie = paused(learner)
    body = b"a1=3&a2=0&f2=on&a9x=1&x1=%3Cb%3E&action=save"
    cold = type(seat)(seat.runner)
    held = cold.request("POST", path, body, cookie=cookie).text
    assert "หยุดการสอบชั่วคราว" in held
    assert "http-equiv" not in held
    fields = re.findall(r'<input type="hidden" name="(\w+)" value="(\w+)">', held)
    assert fields == [("a1", "3"), ("a2", "0"), ("f2", "on")]
    clock.resume([sitting.pk], actor=None, reason="-", now=timezone.now())
    cold.close()
    again = urlencode([*fields, ("action", "save")]).encode()
    assert "บันทึกคำตอบของท่านแล้ว" in seat.request("POST", path, again, cookie=cookie).text
    sheet = read_sheets([sitting.pk])[sitting.pk]
    assert (sheet.choices, sheet.flags) == ({1: 3}, {2})


def test_a_form_that_says_nothing_new_during_a_pause_waits_for_it_by_itself(seat, learner):
    _sitting, path, cookie = paused(learner)
    assert "http-equiv" in seat.request("POST", path, b"a1=0&action=save", cookie=cookie).text


def test_a_paused_sitting_is_not_over_at_its_deadline(seat, sealed):
    now = timezone.now()
    Sitting.objects.filter(pk=sealed.pk).update(
        starts_at=now - timedelta(hours=1),
        deadline=now - timedelta(minutes=1),
        paused_at=now - timedelta(minutes=5),
    )
    assert "หมดเวลาแล้ว" not in shown(seat, sealed).text


def test_another_candidate_and_nobody_see_nothing(seat, sealed, outsider):
    other = Sitting.objects.create(
        person=outsider, form=sealed.form, starts_at=sealed.starts_at, deadline=sealed.deadline
    )
    assert shown(seat, sealed, person_sitting=other).status == 403
    assert seat.request("GET", f"/seat/{sealed.pk}/").status == 401


def test_the_number_that_was_admitted_is_shown(seat, sealed):
    admissions.admit({sealed.pk: "69000007"}, now=timezone.now())
    assert "69000007" in shown(seat, sealed).text


def test_a_machine_that_was_left_is_told_with_its_next_heartbeat(seat, sealed):
    old = take_seat(sealed, now=timezone.now()).token
    assert seat.post(sealed, "entries", {"entries": []}, old).status == 200
    new = take_seat(sealed, now=timezone.now()).token
    assert seat.post(sealed, "entries", {"entries": []}, new).status == 200
    told = seat.post(sealed, "entries", {"entries": []}, old)
    assert (told.status, told.json["error"]) == (409, "superseded")
    assert seat.request("GET", f"/seat/{sealed.pk}/paper", authorization=f"Bearer {old}").status == 409
