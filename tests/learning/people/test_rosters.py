"""Lists that name persons who are here: finding them, and carrying what was found to its confirmation."""

from __future__ import annotations

import io

import pytest
from django.utils import translation

from learning.people import rosters
from learning.people.models import Person
from learning.people.rosters import EMAIL, NATIONAL_ID, CheckExpired, Seal
from learning.spreadsheets import BadHeadings, write_table
from tests.conftest import make_national_id, make_person

pytestmark = pytest.mark.django_db


class ListExpired(CheckExpired):
    code = "test_check_expired"


SEAL = Seal("test", ListExpired)


def find(headings, *rows, **options):
    upload = io.BytesIO(write_table(headings, rows, "csv"))
    with translation.override("en"):
        found = rosters.find_persons(
            rosters.read_list(upload, "list.csv"),
            Person.objects.filter(is_active=True),
            unknown="nobody here",
            **options,
        )
        return [
            (row.number, row.person, row.error and (row.error.column, str(row.error.message)))
            for row in found
        ]


def test_a_row_names_a_person_by_number_or_else_by_email():
    by_number, by_email = make_person(), make_person()
    thai_digits = by_number.national_id.translate(str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙"))
    rows = find([NATIONAL_ID, EMAIL], [thai_digits, by_email.email], ["-", by_email.email.upper()])
    assert rows == [(2, by_number.pk, None), (3, by_email.pk, None)]


def test_a_row_that_names_nobody_says_why_and_in_which_column():
    known, closed = make_person(), make_person(is_active=False)
    rows = find(
        [NATIONAL_ID, EMAIL, "หมายเหตุ"],
        [known.national_id, "", ""],
        ["1234567890123", known.email, ""],
        [make_national_id(9_000_000), "", ""],
        ["", closed.email, ""],
        ["", "", "ว่าง"],
        ["", known.email, ""],
    )
    assert rows == [
        (2, known.pk, None),
        (3, None, (NATIONAL_ID, "This is not a valid national ID. Check the 13 digits.")),
        (4, None, (NATIONAL_ID, "nobody here")),
        (5, None, (EMAIL, "nobody here")),
        (6, None, (EMAIL, "The row names nobody. Fill it in or delete it.")),
        (7, None, (EMAIL, "This is the same person as in row 2.")),
    ]


def test_text_beside_the_table_names_nobody():
    person = make_person()
    upload = io.BytesIO(f"{EMAIL}\n{person.email},1234567890123\n".encode())
    table = rosters.read_list(upload, "list.csv")
    [row] = rosters.find_persons(table, Person.objects.all(), unknown="nobody here")
    assert row.person == person.pk


def test_headings_are_those_the_list_may_have():
    person = make_person()
    options = {"email_headings": (EMAIL, "email")}
    assert find(["E-mail ", "EMAIL"], ["x", person.email], **options) == [(2, person.pk, None)]
    with pytest.raises(BadHeadings):
        find(["EMAIL"], [person.email])


def test_a_list_of_any_length_costs_a_query_for_some_hundreds(django_assert_num_queries):
    people = [make_person() for _ in range(6)]
    rows = [[person.national_id] for person in people] + [
        [make_national_id(n)] for n in range(9_000_000, 9_000_600)
    ]
    with django_assert_num_queries(2):
        found = find([NATIONAL_ID], *rows)
    assert [person for _number, person, _error in found if person] == [person.pk for person in people]


def test_what_was_found_opens_only_for_its_officer_its_target_and_its_kind():
    officer, another, target = make_person(), make_person(), make_person()
    sealed = SEAL.close(target, officer, [1, ["a", None]])
    assert SEAL.open(target, officer, sealed) == [1, ["a", None]]
    other_kind = Seal("another", ListExpired).close(target, officer, [1])
    for given in ((target, another, sealed), (another, officer, sealed), (target, officer, other_kind)):
        with pytest.raises(ListExpired):
            SEAL.open(*given)
    for altered in ("", "x:y:z", sealed + "x"):
        with pytest.raises(ListExpired):
            SEAL.open(target, officer, altered)


def test_what_was_found_expires(monkeypatch):
    officer = make_person()
    sealed = SEAL.close(officer, officer, [1])
    monkeypatch.setattr(rosters, "_MAX_AGE_SECONDS", -1)
    with pytest.raises(ListExpired):
        SEAL.open(officer, officer, sealed)
