"""Pages on which courses are made, described, copied and retired."""

from __future__ import annotations

import io
from typing import Any

import pytest

from courses.catalogue.models import Course, Unit
from exams.registration.portraits import portrait

pytestmark = pytest.mark.django_db


def course_data(department, **fields: Any) -> dict[str, Any]:
    rows = {"instructors-TOTAL_FORMS": "2", "instructors-INITIAL_FORMS": "0"}
    rows |= {"instructors-0-name": "กองฝึกอบรม", "instructors-0-position": "ผู้จัด"}
    return (
        {
            "code": "KD77",
            "name_th": "การเขียนหนังสือราชการ",
            "owner": str(department.pk),
            "category": "KD",
            "language": "th",
            "hours": "1.5",
            "objective_th": "เขียนได้ถูกต้อง",
        }
        | rows
        | fields
    )


def test_a_course_is_made_with_its_first_version(officer, department, agency_officer):
    picture = io.BytesIO(portrait(77))
    picture.name = "cover.png"
    response = officer.post("/studio/new/", course_data(department, cover=picture))
    assert response.status_code == 302, response.context["form"].errors
    course = Course.objects.get(code="KD77")
    assert response["Location"] == "/studio/KD77/1/"
    assert course.cover
    assert [each.name for each in course.instructors.all()] == ["กองฝึกอบรม"]
    assert course.versions.get().author == agency_officer


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"code": "kd 77"}, "อักษร"),
        ({"hours": "0"}, "0.1"),
        ({"provider": "ภายนอก"}, "หน่วยงานพันธมิตร"),
        ({"category": "XX"}, "หมวด"),
        ({"instructors-0-name": ""}, "โปรดระบุชื่อ"),
    ],
)
def test_a_course_that_cannot_be_is_refused_in_thai(officer, department, fields, said):
    response = officer.post("/studio/new/", course_data(department, **fields))
    assert response.status_code == 422
    assert said in response.text
    assert not Course.objects.exists()


def test_a_wrong_row_of_those_who_teach_is_named_in_the_summary(officer, department):
    wrong = {"name_th": "", "instructors-0-name": "", "instructors-0-position": "ผู้จัด"}
    response = officer.post("/studio/new/", course_data(department, **wrong))
    assert response.status_code == 422
    assert '<a href="#id_name_th">ชื่อภาษาไทย: โปรดกรอกข้อมูลนี้</a>' in response.text
    assert '<a href="#id_instructors-0-name">วิทยากรคนที่ 1 – ' in response.text
    # A page on which nothing but a row is wrong is refused as well.
    response = officer.post("/studio/new/", course_data(department, **wrong | {"name_th": "ชื่อ"}))
    assert response.status_code == 422
    assert 'class="error-summary"' in response.text


def test_a_course_is_not_made_for_another_agency(officer, department, other_department):
    response = officer.post("/studio/new/", course_data(department, owner=str(other_department.pk)))
    assert response.status_code == 422


def test_a_code_is_given_once(officer, department, version):
    response = officer.post("/studio/new/", course_data(department, code="KD90"))
    assert response.status_code == 422
    assert "รหัสนี้" in response.text


def test_of_two_who_describe_a_course_the_second_is_told(officer, department, version):
    seen = officer.get("/studio/KD90/edit/").context["form"].initial["seen"]
    data = course_data(department, seen=seen)
    assert officer.post("/studio/KD90/edit/", data | {"hours": "2"}).status_code == 302
    response = officer.post("/studio/KD90/edit/", data | {"hours": "3"})
    assert response.status_code == 422
    assert "มีผู้แก้ไข" in response.text
    assert Course.objects.get().hours == 2
    again = response.context["form"]["seen"].value()
    assert officer.post("/studio/KD90/edit/", data | {"hours": "3", "seen": again}).status_code == 302
    assert Course.objects.get().hours == 3


def test_a_copy_and_an_end(officer, department, version):
    data = {"code": "KD91", "name_th": "สำเนา", "owner": str(department.pk)}
    assert officer.post("/studio/KD90/copy/", data).status_code == 302
    assert Unit.objects.filter(topic__version__course__code="KD91").count() == 1
    assert officer.post("/studio/KD90/retire/").status_code == 302
    assert Course.objects.get(code="KD90").retired_at
    version.delete()
    assert officer.post("/studio/KD90/start/").status_code == 409
