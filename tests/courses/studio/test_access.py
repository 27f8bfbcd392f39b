"""Pages of the studio: to whom each is open."""

from __future__ import annotations

import re
from typing import Any

import pytest

from courses.catalogue.models import Unit
from courses.studio.models import Assignment, UploadCheck
from courses.studio.services import comments
from learning.people.models import Role
from tests.conftest import make_person
from tests.courses.studio.factories import (
    QUESTION,
    V,
    add_unit,
    sign_in,
    submit_to,
)

pytestmark = pytest.mark.django_db


class Access:
    """What each of the cast is answered; anonymous people are sent to sign in."""

    def __init__(
        self, path: str, *, method: str = "get", owner: int, named: int = 403, data: Any = None
    ) -> None:
        self.path, self.method, self.owner, self.named, self.data = path, method, owner, named, data


# Only authors, of a version that is being written.
WRITING = [
    Access("/studio/new/", owner=200),
    Access("/studio/courses.xlsx", owner=200),
    Access("/studio/courses.csv", owner=200),
    Access("/studio/agencies/", owner=200),
    Access("/studio/KD90/", owner=200),
    Access("/studio/KD90/edit/", owner=200),
    Access("/studio/KD90/copy/", owner=200),
    Access("/studio/KD90/retire/", owner=200),
    Access("/studio/KD90/uploads/", owner=200),
    Access("/studio/KD90/start/", method="post", owner=409),
    Access("/studio/markdown/", method="post", owner=200),
    Access(f"{V}rule/", owner=200),
    Access(f"{V}topics/new/", owner=200),
    Access(f"{V}topics/{{topic}}/", owner=200),
    Access(f"{V}topics/{{topic}}/move/", method="post", owner=302),
    Access(f"{V}topics/{{topic}}/remove/", owner=200),
    Access(f"{V}topics/{{topic}}/new/text/", owner=200),
    Access(f"{V}topics/{{topic}}/new/test/", owner=200),
    Access(f"{V}topics/{{topic}}/new/survey/", owner=200),
    Access(f"{V}topics/{{topic}}/new/video/", owner=200),
    Access(f"{V}topics/{{topic}}/new/pdf/", owner=200),
    Access(f"{V}topics/{{topic}}/new/package/", owner=200),
    Access(f"{V}topics/{{topic}}/new/slides/", owner=200),
    Access(f"{V}topics/{{topic}}/new/link/", owner=200),
    Access(f"{V}units/{{unit}}/move/", method="post", owner=302),
    Access(f"{V}units/{{unit}}/remove/", owner=200),
    Access(f"{V}units/{{test}}/questions/", owner=200),
    Access(f"{V}units/{{test}}/questions/new/", owner=200),
    Access(f"{V}units/{{test}}/questions/import/", owner=200),
    Access(f"{V}units/{{test}}/questions/table.csv", owner=200),
    Access(f"{V}units/{{test}}/questions/0/", owner=200),
    Access(f"{V}units/{{test}}/questions/0/move/", method="post", owner=302),
    Access(f"{V}units/{{test}}/questions/0/remove/", owner=200),
    Access(f"{V}steps/submit/", owner=200),
    Access(f"{V}schedule/", owner=200),
]


@pytest.mark.parametrize("access", WRITING, ids=lambda access: access.path)
def test_only_the_agency_writes(
    client, access, version, agency_officer, other_agency_officer, reviewer, learner, administrator
):
    test = add_unit(version, "test", agency_officer, content={"items": [QUESTION]})
    unit = Unit.objects.get(kind="text")
    path = access.path.format(topic=unit.topic_id, unit=unit.pk, test=test.pk)

    def asked(person: Any) -> int:
        client.logout()
        if person is not None:
            sign_in(client, person)
        return int(getattr(client, access.method)(path).status_code)

    shared = not access.path.startswith("/studio/KD90")
    assert asked(None) == 302
    assert "/accounts/login/" in getattr(client, access.method)(path)["Location"]
    assert asked(learner) == 403
    assert asked(reviewer) == 403
    assert asked(other_agency_officer) == (access.owner if shared else 403)
    assert asked(agency_officer) == access.owner
    if access.method == "get":
        assert asked(administrator) == access.owner


SEEING = [
    Access(V, owner=200, named=200),
    Access(f"{V}units/{{unit}}/", owner=200, named=200),
    Access(f"{V}history/", owner=200, named=200),
    Access(f"{V}changes/1/", owner=200, named=200),
    Access(f"{V}comments/", method="post", owner=302, named=302, data={"text": "ดี"}),
    Access(f"{V}comments/{{comment}}/answer/", method="post", owner=302, named=302, data={"text": "ดี"}),
    Access(f"{V}comments/{{comment}}/resolve/", method="post", owner=302, named=302),
    Access(f"{V}comments/{{comment}}/reopen/", method="post", owner=302, named=302),
    Access(f"{V}preview/", method="post", owner=302, named=302),
    Access(f"{V}preview/reset/", method="post", owner=302, named=302),
    Access(f"{V}verdict/", method="post", owner=422, named=422),
    Access(f"{V}reviewers/{{assignment}}/", owner=200, named=403),
    Access(f"{V}steps/withdraw/", owner=200, named=403),
]


@pytest.mark.parametrize("access", SEEING, ids=lambda access: access.path)
def test_reviewers_see_what_they_are_named_for(
    client, access, version, agency_officer, other_agency_officer, named, learner, administrator
):
    comment = comments.say(version, "ดูหน่อย", actor=agency_officer)
    path = access.path.format(
        unit=Unit.objects.get().pk, comment=comment.pk, assignment=Assignment.objects.get().pk
    )
    other_reviewer = make_person(roles=[(Role.REVIEWER, None)])

    def asked(person: Any) -> int:
        client.logout()
        if person is not None:
            sign_in(client, person)
        return int(getattr(client, access.method)(path, access.data or {}).status_code)

    assert asked(None) == 302
    assert asked(learner) == 403
    assert asked(other_reviewer) == 403
    assert asked(other_agency_officer) == 403
    assert asked(named) == access.named
    assert asked(agency_officer) == access.owner
    if access.method == "get":
        assert asked(administrator) == access.owner


def test_reports_and_banks_and_stages_have_their_readers(
    client, version, department, agency_officer, other_agency_officer, exam_officer, reviewer, learner
):
    check = UploadCheck.objects.create(
        course=version.course, file_name="a.zip", uploaded_by=agency_officer, report=_EMPTY_REPORT
    )

    def asked(path: str, person: Any) -> int:
        client.logout()
        if person is not None:
            sign_in(client, person)
        return int(client.get(path).status_code)

    report, banks, stages = (
        f"/studio/checks/{check.pk}/",
        "/studio/banks/",
        f"/studio/agencies/{department.pk}/",
    )
    people = (None, learner, reviewer, other_agency_officer, agency_officer, exam_officer)
    assert [asked(report, person) for person in people] == [302, 403, 403, 403, 200, 403]
    assert [asked(banks, person) for person in people] == [302, 403, 403, 403, 403, 200]
    assert [asked(stages, person) for person in people] == [302, 403, 403, 403, 200, 403]


_EMPTY_REPORT: dict[str, Any] = {"status": "ok", "kind": "pdf", "units": [], "errors": [], "warnings": []}


def test_the_list_shows_what_is_the_persons(
    client, version, agency_officer, other_agency_officer, named, learner
):
    def text(person: Any) -> str:
        return str(sign_in(client, person).get("/studio/").text)

    assert "KD90" in text(agency_officer)
    assert "KD90" not in text(other_agency_officer)
    assert "KD90" in text(named)
    assert "KD90" not in text(learner)
    assert V in sign_in(client, named).get("/my/").text
    assert client.get("/studio/").text.count("รอท่านตรวจ") == 1


def test_officers_find_their_pages_on_the_staff_page(client, officer, exam_officer):
    assert "/studio/new/" in officer.get("/staff/").text
    text = sign_in(client, exam_officer).get("/staff/").text
    assert "/studio/banks/" in text
    assert "/studio/new/" not in text


def section_of(response: Any) -> list[str]:
    return re.findall(r'<a href="([^"]+)" aria-current="true">', response.text)


def test_pages_of_the_studio_are_in_a_section_that_who_opens_them_has(client, officer, version, department):
    assert [section_of(officer.get(address)) for address in ("/studio/", V)] == [["/staff/"]] * 2
    person = make_person(agency=department)
    submit_to(version, person, actor=version.author)
    assert section_of(sign_in(client, person).get(V)) == ["/my/"]


def test_auditors_read_in_words_what_was_done_and_to_what(client, officer, version, auditor):
    officer.post(f"{V}topics/new/", {"name_th": "ภาคสอง", "minutes": "5"})
    shown = sign_in(client, auditor).get("/staff/audit/", {"action": "studio.topic"}).text
    assert "เพิ่มหัวข้อ" in shown
    assert "KD90" in shown
    assert "ฉบับที่ 1" in shown
    # The code stays beside it: the log is searched by it.
    assert "studio.topic_added" in shown
