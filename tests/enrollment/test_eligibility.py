"""Who may enrol, and when: every unmet condition is named, and only those."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from enrollment.eligibility import Applicant, Conditions, Window, unmet, window
from tests.courses.catalogue.factories import NOON

_some_keys = st.frozensets(st.integers(1, 4))


def test_a_window_is_open_from_its_first_moment_to_before_its_last():
    closes = NOON + timedelta(days=1)
    moment = timedelta(microseconds=1)
    assert window(NOON, closes, NOON - moment) == Window.EARLY
    assert window(NOON, closes, NOON) == Window.OPEN
    assert window(NOON, closes, closes - moment) == Window.OPEN
    assert window(NOON, closes, closes) == Window.LATE


def test_a_window_without_an_end_stays_open():
    assert window(NOON, None, NOON + timedelta(days=10_000)) == Window.OPEN


def test_no_condition_keeps_nobody_out():
    assert unmet(Conditions(), Applicant("public")) == []


def test_every_unmet_condition_is_named():
    conditions = Conditions(
        groups={"civil_servant": "ข้าราชการพลเรือนสามัญ"},
        agencies={1: "กรมทดสอบ"},
        levels={"K1": "ปฏิบัติการ"},
        prerequisites={7: "KD10 ข้อมูลข่าวสาร", 8: "KD53 ข้อมูลส่วนบุคคล"},
    )
    sentences = unmet(conditions, Applicant("public", completed=frozenset({8})))
    assert sentences == [
        "รุ่นนี้เปิดเฉพาะ ข้าราชการพลเรือนสามัญ",
        "รุ่นนี้เปิดเฉพาะบุคลากรของ กรมทดสอบ",
        "รุ่นนี้เปิดเฉพาะระดับตำแหน่ง ปฏิบัติการ",
        "ต้องเรียนจบรายวิชานี้ก่อน: KD10 ข้อมูลข่าวสาร",
    ]


@given(asked=_some_keys, agencies=_some_keys, needed=_some_keys, completed=_some_keys)
def test_one_agency_is_enough_and_every_course_is_needed(asked, agencies, needed, completed):
    conditions = Conditions(
        agencies={key: f"a{key}" for key in asked}, prerequisites={key: f"c{key}" for key in needed}
    )
    sentences = unmet(conditions, Applicant("public", agencies, "", completed))
    is_of_agency = not asked or bool(asked & agencies)
    assert len(sentences) == (not is_of_agency) + (not needed <= completed)
