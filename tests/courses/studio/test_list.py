"""The list of an agency's courses: who gets it, as a page, as a table, and from where."""

from __future__ import annotations

import pytest

from learning.people.models import AuditEntry
from tests.courses.catalogue.factories import make_agency, make_course, make_draft
from tests.courses.studio.factories import sign_in

pytestmark = pytest.mark.django_db


def test_an_officer_lists_and_exports_what_is_theirs(client, department, other_department, agency_officer):
    make_draft("KD10", owner=department, name_th="ร่างของเรา")
    make_course("KD11", owner=other_department, name_th="ของเขา")
    sign_in(client, agency_officer)
    page = client.get("/studio/").text
    assert "/studio/courses.csv" in page
    table = client.get("/studio/courses.csv").content.decode("utf-8-sig")
    for text in (page, table):
        assert "ร่างของเรา" in text
        assert "ของเขา" not in text
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.data) == ("studio.courses_exported", {"count": 1})


def test_an_export_runs_no_formula(client, administrator):
    make_course("KD10", name_th="=HYPERLINK(1)", instructors=[("ก", ""), ("ข", "")])
    table = sign_in(client, administrator).get("/studio/courses.csv").content.decode("utf-8-sig")
    assert "'=HYPERLINK(1)" in table
    assert "การพัฒนาองค์ความรู้" in table
    assert "บทนำ\nฝึกปฏิบัติ" in table
    assert "21/11/2569" in table
    # A round is another thing, and has the word of its own.
    assert "ฉบับที่เผยแพร่" in table


def test_the_list_costs_the_same_for_many(client, administrator, django_assert_num_queries):
    for number in range(10, 16):
        make_course(f"KD{number}", owner=make_agency(f"T{number}", f"กระทรวง {number}"))
    sign_in(client, administrator)
    with django_assert_num_queries(9):
        client.get("/studio/")


def test_the_list_is_searched_with_its_drafts(client, administrator):
    make_draft("KD10", name_th="ร่างหนึ่ง")
    make_draft("KD11", name_th="ร่างสอง")
    text = sign_in(client, administrator).get("/studio/", {"q": "สอง"}).text
    assert "ร่างสอง" in text
    assert "ร่างหนึ่ง" not in text


def test_staff_and_agency_pages_lead_there(client, department, agency_officer):
    make_draft("KD10", owner=department, name_th="ร่างของเรา")
    sign_in(client, agency_officer)
    assert 'href="/studio/"' in client.get("/staff/").text
    page = client.get(f"/agency/{department.pk}/").text
    assert "ร่างของเรา" in page
    assert 'href="/studio/"' in page
