"""Pages of administrators and of those who look after courses: owner, colleague, outsider, anonymous."""

import io
import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from courses.partners.models import Outcome, Placement, Source, Tool, Visit
from learning.people import rosters
from learning.people.models import AuditEntry
from learning.spreadsheets import EmptyTable, read_table, write_table
from tests.conftest import make_person
from tests.courses.catalogue.factories import make_course, make_external
from tests.courses.partners.factories import make_placement, make_tool, tool_key

pytestmark = pytest.mark.django_db
BACKEND = "learning.people.auth.NationalIdOrEmailBackend"
HEADINGS = [rosters.NATIONAL_ID, rosters.EMAIL, "รหัสวิชา", "วันที่เรียนจบ", "คะแนน (ร้อยละ)"]


@pytest.fixture
def course(department):
    return make_external(owner=department)


@pytest.fixture
def get(client):
    def got(person, name, *args):
        if person:
            client.force_login(person, backend=BACKEND)
        return client.get(reverse(f"partners:{name}", args=args))

    return got


def a_list(*rows):
    return SimpleUploadedFile("list.csv", write_table(HEADINGS, rows, "csv"))


# -- Tools ----------------------------------------------------------------------------------------------
def test_only_administrators_see_tools(get, client, administrator, agency_officer, learner):
    tool = make_tool()
    placement = make_placement(tool)
    pages = [("tools",), ("new-tool",), ("tool", tool.pk), ("disconnect", tool.pk, placement.course.code)]
    for page in pages:
        client.logout()
        assert get(None, *page).status_code == 302
        for person in (learner, agency_officer):
            assert get(person, *page).status_code == 403
        assert get(administrator, *page).status_code == 200
    for person in (learner, agency_officer):
        client.force_login(person, backend=BACKEND)
        assert client.post(reverse("partners:connect", args=[tool.pk])).status_code == 403


def test_a_tool_is_registered_connected_and_taken_off(client, administrator):
    client.force_login(administrator, backend=BACKEND)
    sent = {
        "name": "ระบบเรียนของสถาบัน",
        "login_url": "https://tool.example/login",
        "redirect_uris": "https://tool.example/a\nhttps://tool.example/b",
        "jwks": json.dumps({"keys": [tool_key().as_dict(private=False)]}),
        "is_active": "on",
    }
    response = client.post(reverse("partners:new-tool"), sent, follow=True)
    tool = Tool.objects.get()
    assert tool.launch_addresses == ["https://tool.example/a", "https://tool.example/b"]
    assert str(tool.client_id) in response.text
    assert str(tool.deployment_id) in response.text
    course = make_external(launch="lti")
    client.post(reverse("partners:connect", args=[tool.pk]), {"course": course.pk, "pass_percent": 60})
    assert str(Placement.objects.get(course=course).pass_mark) == "0.60"
    client.post(reverse("partners:tool", args=[tool.pk]), sent | {"name": "ชื่อใหม่"})
    client.post(reverse("partners:disconnect", args=[tool.pk, course.code]))
    assert not Placement.objects.exists()
    written = AuditEntry.objects.filter(action__startswith="partners.").order_by("pk")
    assert list(written.values_list("action", flat=True)) == [
        "partners.tool_registered",
        "partners.course_connected",
        "partners.tool_changed",
        "partners.course_disconnected",
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("login_url", "http://tool.example/login"),
        ("login_url", "javascript:alert(1)"),
        ("redirect_uris", "https://tool.example/a\nnowhere"),
        ("jwks_url", "ftp://tool.example/keys"),
        ("jwks", "{"),
        ("jwks", '{"keys": [7]}'),
        ("jwks", "[]"),
        ("jwks", '{"keys": 7}'),
        ("name", ""),
    ],
)
def test_a_tool_that_cannot_work_is_not_registered(client, administrator, field, value):
    client.force_login(administrator, backend=BACKEND)
    sent = {
        "name": "x",
        "login_url": "https://tool.example/login",
        "redirect_uris": "https://tool.example/a",
    } | {field: value}
    assert client.post(reverse("partners:new-tool"), sent).status_code == 422
    assert not Tool.objects.exists()


def test_a_private_key_is_not_taken(client, administrator):
    client.force_login(administrator, backend=BACKEND)
    sent = {
        "name": "x",
        "login_url": "https://tool.example/login",
        "redirect_uris": "https://tool.example/a",
        "jwks": json.dumps({"keys": [tool_key().as_dict(private=True)]}),
    }
    assert client.post(reverse("partners:new-tool"), sent).status_code == 422


def test_a_course_that_is_not_opened_by_lti_is_not_connected(client, administrator):
    client.force_login(administrator, backend=BACKEND)
    tool = make_tool()
    for course in (make_external(), make_course(), make_placement().course):
        address = reverse("partners:connect", args=[tool.pk])
        assert client.post(address, {"course": course.pk, "pass_percent": 0}).status_code == 422
    assert tool.placements.count() == 0


# -- Officers -------------------------------------------------------------------------------------------
def test_officers_see_their_own_courses(
    get, client, course, agency_officer, other_agency_officer, administrator, learner
):
    for page in (("office-course", course.code), ("report", course.code)):
        client.logout()
        assert get(None, *page).status_code == 302
        assert get(learner, *page).status_code == 403
        assert get(other_agency_officer, *page).status_code == 403
        assert get(agency_officer, *page).status_code == 200
        assert get(administrator, *page).status_code == 200
    assert course.code in get(agency_officer, "office").text
    assert course.code not in get(other_agency_officer, "office").text
    assert get(agency_officer, "template").status_code == 200
    assert get(learner, "template").status_code == 403


def test_one_of_our_own_courses_has_no_page_here(get, department, agency_officer):
    assert get(agency_officer, "office-course", make_course(owner=department).code).status_code == 404


def test_a_list_is_checked_then_recorded(client, course, agency_officer, learner, outsider):
    client.force_login(agency_officer, backend=BACKEND)
    upload = a_list(
        [learner.national_id, "", course.code, "1/11/2569", "85.5"],
        ["", outsider.email, "", "20/11/2569", ""],
    )
    page = client.post(reverse("partners:report", args=[course.code]), {"file": upload})
    assert not Outcome.objects.exists()
    assert learner.last_name not in page.text.partition("<main")[2]
    sealed = page.context["sealed"]
    client.post(reverse("partners:confirm", args=[course.code]), {"sealed": sealed})
    outcome = Outcome.objects.get(person=learner)
    assert outcome.percent == Decimal("85.5")
    assert (outcome.source, outcome.reported_by) == (Source.FILE.value, agency_officer)
    assert outcome.completed_at == datetime(2026, 10, 31, 17, tzinfo=UTC)
    assert Outcome.objects.get(person=outsider).score is None
    again = client.post(
        reverse("partners:report", args=[course.code]),
        {"file": a_list([learner.national_id, "", "", "2/11/2569", "90"])},
    )
    assert again.context["check"].already == 1
    assert learner.last_name in client.get(reverse("partners:office-course", args=[course.code])).text


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        (("", "1/11/2569", ""), "อีเมล"),
        (("nobody", "1/11/2569", ""), "เลขประจำตัวประชาชน"),
        (("known", "", ""), "วันที่เรียนจบ"),
        (("known", "32/13/2569", ""), "วันที่เรียนจบ"),
        (("known", "1/11/2699", ""), "วันที่เรียนจบ"),
        (("known", "1/11/2569", "101"), "คะแนน (ร้อยละ)"),
        (("known", "1/11/2569", "-1"), "คะแนน (ร้อยละ)"),
        (("known", "1/11/2569", "nan"), "คะแนน (ร้อยละ)"),
        (("known", "1/11/2569", "1e9999999"), "คะแนน (ร้อยละ)"),
        (("known", "1/11/2569", "ดีมาก"), "คะแนน (ร้อยละ)"),
    ],
)
def test_a_wrong_row_is_named_and_not_recorded(client, course, agency_officer, learner, cells, column):
    client.force_login(agency_officer, backend=BACKEND)
    who, when, score = cells
    number = {"known": learner.national_id, "nobody": "1234567890121"}.get(who, "")
    upload = a_list([number, "", "", when, score], [make_person().national_id, "", "", "1/11/2569", "50"])
    page = client.post(reverse("partners:report", args=[course.code]), {"file": upload})
    (error,) = page.context["check"].errors
    assert (error.row, error.column) == (2, column)
    assert len(page.context["check"].completions) == 1


def test_a_row_of_another_course_is_refused(client, course, agency_officer, learner):
    client.force_login(agency_officer, backend=BACKEND)
    upload = a_list([learner.national_id, "", "XX99", "1/11/2569", ""])
    page = client.post(reverse("partners:report", args=[course.code]), {"file": upload})
    assert page.context["check"].errors[0].column == "รหัสวิชา"


@pytest.mark.parametrize("content", [b"", b"\x00\x01", "ชื่อ\nสมชาย\n".encode()])
def test_a_file_that_is_no_list_is_refused(client, course, agency_officer, content):
    client.force_login(agency_officer, backend=BACKEND)
    upload = SimpleUploadedFile("list.csv", content)
    page = client.post(reverse("partners:report", args=[course.code]), {"file": upload})
    assert page.status_code == 422


def test_a_check_is_good_for_its_course_and_its_officer_only(
    client, course, department, agency_officer, administrator, learner
):
    client.force_login(agency_officer, backend=BACKEND)
    upload = a_list([learner.national_id, "", "", "1/11/2569", ""])
    sealed = client.post(reverse("partners:report", args=[course.code]), {"file": upload}).context["sealed"]
    other = make_external(owner=department)
    assert client.post(reverse("partners:confirm", args=[other.code]), {"sealed": sealed}).status_code == 400
    address = reverse("partners:confirm", args=[course.code])
    assert client.post(address, {"sealed": sealed + "x"}).status_code == 400
    client.force_login(administrator, backend=BACKEND)
    assert client.post(address, {"sealed": sealed}).status_code == 400
    assert not Outcome.objects.exists()


def test_the_template_is_a_list_that_can_be_read(get, agency_officer):
    content = get(agency_officer, "template").content
    with pytest.raises(EmptyTable):
        read_table(io.BytesIO(content), "t.xlsx", max_rows=10, max_bytes=10**6)


# -- What learners see ----------------------------------------------------------------------------------
def test_the_course_page_leads_to_the_partner(client, course, learner):
    page = reverse("catalogue:course", args=[course.code])
    assert reverse("partners:open", args=[course.code]) in client.get(page).text
    client.force_login(learner, backend=BACKEND)
    assert reverse("partners:open", args=[course.code]) in client.get(page).text


def test_a_course_that_is_not_connected_says_so(client):
    course = make_external(launch="lti")
    page = client.get(reverse("catalogue:course", args=[course.code])).text
    assert reverse("partners:open", args=[course.code]) not in page
    assert "ยังไม่พร้อม" in page


def test_my_page_shows_my_courses_at_partners_and_nobody_elses(client, course, learner, outsider):
    Visit.objects.create(person=learner, course=course)
    client.force_login(outsider, backend=BACKEND)
    assert course.name_th not in client.get(reverse("portal:my")).text
    client.force_login(learner, backend=BACKEND)
    assert course.name_th in client.get(reverse("portal:my")).text


@pytest.mark.parametrize("count", [1, 12])
def test_lists_take_the_same_number_of_queries_however_long(
    client, department, agency_officer, learner, count, django_assert_num_queries
):
    for _ in range(count):
        Visit.objects.create(person=learner, course=make_external(owner=department))
    client.force_login(agency_officer, backend=BACKEND)
    client.get(reverse("partners:office"))
    with django_assert_num_queries(7):
        client.get(reverse("partners:office"))
