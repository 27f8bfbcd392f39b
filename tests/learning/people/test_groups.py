"""Each group demands its own fields."""

from datetime import date
from typing import Any

import pytest

from learning.people.groups import GROUP_FIELDS, RULES, only_what_applies, problems
from learning.people.models import (
    Agency,
    AgencyLevel,
    Person,
    PersonnelGroup,
    PersonnelKind,
    PositionLevel,
    PositionType,
)

TODAY = date(2026, 1, 15)
MINISTRY = Agency(code="01", name_th="ก", level=AgencyLevel.MINISTRY)
DEPARTMENT = Agency(code="0101", name_th="ข", level=AgencyLevel.DEPARTMENT, parent=MINISTRY)
ENTERPRISE = Agency(code="2301", name_th="ค", level=AgencyLevel.DEPARTMENT)
KNOWLEDGE, GENERAL = PositionType(code="K"), PositionType(code="O")
GOOD: dict[PersonnelGroup, dict[str, Any]] = {
    PersonnelGroup.CIVIL_SERVANT: {
        "agency": DEPARTMENT,
        "service_start": date(2015, 1, 1),
        "position_type": KNOWLEDGE,
        "position_level": PositionLevel(code="K1", position_type=KNOWLEDGE),
        "position": "นิติกร",
    },
    PersonnelGroup.OTHER_OFFICIAL: {
        "agency": DEPARTMENT,
        "service_start": date(2015, 1, 1),
        "personnel_kind": PersonnelKind.TEACHER,
        "position": "ครู",
    },
    PersonnelGroup.STATE_OFFICER: {
        "agency": DEPARTMENT,
        "service_start": date(2015, 1, 1),
        "personnel_kind": PersonnelKind.GOVERNMENT_EMPLOYEE,
        "position": "พนักงาน",
    },
    PersonnelGroup.STATE_ENTERPRISE: {
        "agency": ENTERPRISE,
        "service_start": date(2015, 1, 1),
        "position": "วิศวกร",
    },
    PersonnelGroup.PUBLIC: {"occupation": "ค้าขาย"},
}


def check(group, values):
    return set(problems(group, values, birth_year=1990, today=TODAY))


@pytest.mark.parametrize("group", PersonnelGroup)
def test_complete_values_have_no_problem(group):
    assert check(group, GOOD[group]) == set()


@pytest.mark.parametrize(
    ("group", "field"), [(group, field) for group, values in GOOD.items() for field in values]
)
def test_each_demanded_field_is_missed_when_empty(group, field):
    assert check(group, GOOD[group] | {field: None}) == {field}


@pytest.mark.parametrize(
    ("group", "values", "field"),
    [
        (PersonnelGroup.CIVIL_SERVANT, {"position_type": GENERAL}, "position_level"),
        (PersonnelGroup.CIVIL_SERVANT, {"service_start": date(2026, 1, 16)}, "service_start"),
        (PersonnelGroup.CIVIL_SERVANT, {"service_start": date(2000, 1, 1)}, "service_start"),
        (PersonnelGroup.CIVIL_SERVANT, {"agency": MINISTRY}, "organisation"),
        (PersonnelGroup.CIVIL_SERVANT, {"agency": ENTERPRISE}, "agency"),
        (PersonnelGroup.STATE_ENTERPRISE, {"agency": DEPARTMENT}, "agency"),
        (PersonnelGroup.OTHER_OFFICIAL, {"personnel_kind": "government_employee"}, "personnel_kind"),
    ],
)
def test_values_that_do_not_fit_together_are_found(group, values, field):
    assert check(group, GOOD[group] | values) == {field}


def test_a_department_that_is_not_listed_may_be_written():
    values = {"agency": MINISTRY, "organisation": "กรมใหม่"}
    assert check(PersonnelGroup.CIVIL_SERVANT, GOOD[PersonnelGroup.CIVIL_SERVANT] | values) == set()


def test_fields_that_do_not_apply_are_emptied():
    values = only_what_applies(
        PersonnelGroup.PUBLIC,
        {"first_name": "ก", "agency": DEPARTMENT, "level_text": "x", "occupation": "ค้าขาย"},
    )
    assert values == {"first_name": "ก", "agency": None, "level_text": "", "occupation": "ค้าขาย"}


def test_every_field_of_the_table_is_a_field_of_the_person():
    assert set(GROUP_FIELDS) <= {field.name for field in Person._meta.concrete_fields}
    assert set(RULES) == set(PersonnelGroup)
