"""The cast that every test meets, and what keeps tests honest about skipped services."""

from __future__ import annotations

import pytest
from django.conf import settings

from learning.people.models import (
    Agency,
    AgencyLevel,
    EducationLevel,
    Person,
    PersonnelGroup,
    Role,
    RoleGrant,
    Sex,
)
from learning.people.national_id import check_digit


@pytest.fixture(autouse=True, scope="session")
def _fast_passwords() -> None:
    """Hash passwords cheaply: tests do not measure PBKDF2."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def make_national_id(serial: int) -> str:
    """Return a synthetic national ID with a valid check digit."""
    first_twelve = f"1{serial:011d}"
    return first_twelve + check_digit(first_twelve)


_serial = iter(range(1, 10**9))


def make_person(**fields: object) -> Person:
    """Create a member of the public; `roles` is a list of (role, agency or None)."""
    roles = fields.pop("roles", [])
    serial = next(_serial)
    values: dict[str, object] = {
        "title": "นาย",
        "first_name": f"ทดสอบ{serial}",
        "last_name": "ระบบ",
        "birth_year": 1990,
        "sex": Sex.MALE,
        "education_level": EducationLevel.BACHELOR,
        "email": f"person{serial}@example.org",
        "group": PersonnelGroup.PUBLIC,
        "occupation": "รับจ้าง",
        "position": "-",
        "organisation": "-",
    } | fields
    number = str(values.pop("national_id", "") or make_national_id(serial))
    password = values.pop("password", "correct-horse-1")
    person = Person.objects.create_person(number, str(password), **values)
    for role, agency in roles:  # type: ignore[attr-defined]
        RoleGrant.objects.create(person=person, role=role, agency=agency)
    return person


@pytest.fixture
def ministry(db: None) -> Agency:
    return Agency.objects.create(
        code="T01", name_th="กระทรวงทดสอบ", name_en="Ministry of Tests", level=AgencyLevel.MINISTRY
    )


@pytest.fixture
def department(ministry: Agency) -> Agency:
    return Agency.objects.create(
        code="T0101",
        name_th="กรมทดสอบ",
        name_en="Department of Tests",
        level=AgencyLevel.DEPARTMENT,
        parent=ministry,
    )


@pytest.fixture
def other_department(db: None) -> Agency:
    ministry = Agency.objects.create(code="T02", name_th="กระทรวงอื่น", level=AgencyLevel.MINISTRY)
    return Agency.objects.create(code="T0201", name_th="กรมอื่น", level=AgencyLevel.DEPARTMENT, parent=ministry)


@pytest.fixture
def learner(db: None) -> Person:
    """An ordinary person: the owner of their own sittings and certificates."""
    return make_person(first_name="สมหญิง", title="นางสาว", last_name="ใจดี")


@pytest.fixture
def outsider(db: None) -> Person:
    """Another ordinary person, who must not see what is the learner's."""
    return make_person(first_name="คนนอก")


@pytest.fixture
def agency_officer(department: Agency) -> Person:
    return make_person(first_name="เจ้าหน้าที่หน่วยงาน", roles=[(Role.AGENCY_OFFICER, department)])


@pytest.fixture
def other_agency_officer(other_department: Agency) -> Person:
    return make_person(first_name="เจ้าหน้าที่หน่วยงานอื่น", roles=[(Role.AGENCY_OFFICER, other_department)])


@pytest.fixture
def exam_officer(db: None) -> Person:
    return make_person(first_name="เจ้าหน้าที่สอบ", roles=[(Role.EXAM_OFFICER, None)])


@pytest.fixture
def reviewer(db: None) -> Person:
    return make_person(first_name="ผู้ทบทวน", roles=[(Role.REVIEWER, None)])


@pytest.fixture
def certificate_officer(db: None) -> Person:
    return make_person(first_name="เจ้าหน้าที่ใบรับรอง", roles=[(Role.CERTIFICATE_OFFICER, None)])


@pytest.fixture
def auditor(db: None) -> Person:
    return make_person(first_name="ผู้ตรวจสอบ", roles=[(Role.AUDITOR, None)])


@pytest.fixture
def administrator(db: None) -> Person:
    return make_person(first_name="ผู้ดูแลระบบ", roles=[(Role.ADMINISTRATOR, None)])
