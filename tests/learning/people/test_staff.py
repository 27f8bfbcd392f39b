"""The staff pages: who may open them, what they show, and what they change."""

import pytest
from django.urls import reverse

from learning.people.models import Agency, AgencyLevel, AuditEntry, Person, Role, RoleGrant
from learning.people.services import (
    LastAdministrator,
    RoleNeedsAgency,
    deactivate_person,
    grant_role,
    revoke_role,
)
from tests.conftest import make_person

pytestmark = pytest.mark.django_db

BACKEND = "learning.people.auth.NationalIdOrEmailBackend"


@pytest.fixture
def colleague(department):
    return make_person(first_name="เพื่อนร่วมงาน", agency=department)


def open_as(client, person, name, *args):
    if person:
        client.force_login(person, backend=BACKEND)
    return client.get(reverse(name, args=args))


def post_as(client, person, name, /, *args, **data):
    client.force_login(person, backend=BACKEND)
    return client.post(reverse(name, args=args), data)


@pytest.mark.parametrize("name", ["people:persons", "people:audit_log", "people:imports", "people:export"])
def test_staff_pages_are_closed_to_anonymous_and_ordinary_persons(client, learner, name):
    assert open_as(client, None, name).url.startswith(reverse("account_login"))
    assert open_as(client, learner, name).status_code == 403


@pytest.mark.parametrize(
    ("name", "role", "status"),
    [
        ("people:persons", Role.AGENCY_OFFICER, 200),
        ("people:persons", Role.ADMINISTRATOR, 200),
        ("people:persons", Role.AUDITOR, 403),
        ("people:persons", Role.REVIEWER, 403),
        ("people:audit_log", Role.AUDITOR, 200),
        ("people:audit_log", Role.ADMINISTRATOR, 200),
        ("people:audit_log", Role.AGENCY_OFFICER, 403),
    ],
)
def test_each_role_opens_its_own_pages(client, department, name, role, status):
    person = make_person(roles=[(role, department if role == Role.AGENCY_OFFICER else None)])
    assert open_as(client, person, name).status_code == status


def test_an_officer_lists_the_persons_of_their_agency_and_below_only(
    client, agency_officer, department, learner
):
    division = Agency.objects.create(
        code="T010101", name_th="กองทดสอบ", level=AgencyLevel.DIVISION, parent=department
    )
    inside, below = make_person(agency=department), make_person(agency=division)
    page = open_as(client, agency_officer, "people:persons").content.decode()
    assert inside.full_name in page
    assert below.full_name in page
    assert learner.full_name not in page


@pytest.mark.parametrize(
    "text", ["สมหญิง", "ใจดี สมหญิง", "person", lambda person: person.national_id, lambda person: person.email]
)
def test_persons_are_found_by_name_email_and_national_id(client, administrator, learner, text):
    client.force_login(administrator, backend=BACKEND)
    words = text if isinstance(text, str) else text(learner)
    assert learner in client.get(reverse("people:persons"), {"q": words}).context["page"].object_list


def test_a_national_id_finds_nobody_outside_the_officers_agency(client, agency_officer, learner):
    client.force_login(agency_officer, backend=BACKEND)
    page = client.get(reverse("people:persons"), {"q": learner.national_id})
    assert list(page.context["page"].object_list) == []


def test_the_list_shows_no_whole_national_id(client, administrator, learner):
    page = open_as(client, administrator, "people:persons").content.decode()
    assert learner.masked_national_id in page
    assert learner.national_id not in page


def test_the_list_is_filtered_by_role_and_agency(
    client, administrator, agency_officer, department, colleague
):
    agency_officer.agency = department
    agency_officer.save()
    client.force_login(administrator, backend=BACKEND)
    found = client.get(reverse("people:persons"), {"role": "agency_officer", "agency": department.parent_id})
    assert list(found.context["page"].object_list) == [agency_officer]


def test_the_list_takes_the_same_queries_however_long_it_is(
    client, administrator, department, django_assert_max_num_queries
):
    for _n in range(12):
        make_person(agency=department, roles=[(Role.AGENCY_OFFICER, department), (Role.REVIEWER, None)])
    client.force_login(administrator, backend=BACKEND)
    with django_assert_max_num_queries(9):
        client.get(reverse("people:persons"))


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("administrator", 200),
        ("agency_officer", 200),
        ("other_agency_officer", 403),
        ("auditor", 403),
        ("outsider", 403),
    ],
)
def test_a_person_page_opens_for_administrators_and_officers_of_the_agency(
    client, request, colleague, who, status
):
    person = request.getfixturevalue(who)
    assert open_as(client, person, "people:person", colleague.public_id).status_code == status


def test_the_whole_number_is_shown_to_administrators_and_written_down(client, administrator, colleague):
    page = post_as(client, administrator, "people:person_reveal", colleague.public_id)
    assert colleague.national_id in page.content.decode()
    entry = AuditEntry.objects.get(action="people.national_id_revealed")
    assert (entry.actor, entry.target) == (administrator, f"people.person:{colleague.pk}")
    assert colleague.national_id not in str(entry.data)


def test_an_officer_cannot_see_the_whole_number(client, agency_officer, colleague):
    assert post_as(client, agency_officer, "people:person_reveal", colleague.public_id).status_code == 403
    page = open_as(client, agency_officer, "people:person", colleague.public_id).content.decode()
    assert colleague.national_id not in page
    assert "แสดงเลขเต็ม" not in page


def test_administrators_give_roles(client, administrator, colleague, department):
    data = {"role": "agency_officer", "agency": department.pk}
    assert post_as(client, administrator, "people:role_grant", colleague.public_id, **data).status_code == 302
    grant = RoleGrant.objects.get(person=colleague)
    assert (grant.agency, grant.granted_by) == (department, administrator)
    assert AuditEntry.objects.filter(action="people.role_granted").count() == 1


def test_giving_a_role_twice_changes_nothing(administrator, colleague):
    grant_role(administrator, colleague, Role.REVIEWER)
    grant_role(administrator, colleague, Role.REVIEWER)
    assert RoleGrant.objects.filter(person=colleague).count() == 1


@pytest.mark.parametrize("data", [{"role": "agency_officer"}, {"role": ""}])
def test_an_incomplete_role_is_refused_at_its_field(client, administrator, colleague, data):
    response = post_as(client, administrator, "people:role_grant", colleague.public_id, **data)
    assert response.status_code == 422
    assert "error-summary" in response.content.decode()


def test_the_service_refuses_an_agency_where_none_belongs(administrator, colleague, department):
    with pytest.raises(RoleNeedsAgency):
        grant_role(administrator, colleague, Role.REVIEWER, department)


def test_nobody_else_gives_roles(client, agency_officer, colleague):
    response = post_as(client, agency_officer, "people:role_grant", colleague.public_id, role="administrator")
    assert response.status_code == 403


def test_taking_a_role_away_asks_first(client, administrator, reviewer):
    grant = reviewer.role_grants.get()
    asked = open_as(client, administrator, "people:role_revoke", reviewer.public_id, grant.pk)
    assert asked.status_code == 200
    assert RoleGrant.objects.filter(pk=grant.pk).exists()
    post_as(client, administrator, "people:role_revoke", reviewer.public_id, grant.pk)
    assert not RoleGrant.objects.filter(pk=grant.pk).exists()
    assert AuditEntry.objects.filter(action="people.role_revoked").count() == 1


def test_the_last_administrator_stays(client, administrator):
    grant = administrator.role_grants.get()
    response = post_as(client, administrator, "people:role_revoke", administrator.public_id, grant.pk)
    assert response.status_code == 409
    assert "คนสุดท้าย" in response.content.decode()
    with pytest.raises(LastAdministrator):
        deactivate_person(administrator, administrator)


def test_a_closed_administrator_does_not_count_as_one(administrator):
    second = make_person(roles=[(Role.ADMINISTRATOR, None)])
    deactivate_person(administrator, second)
    with pytest.raises(LastAdministrator):
        revoke_role(administrator, administrator.role_grants.get())


def test_closing_an_account_asks_and_can_be_taken_back(client, administrator, colleague):
    asked = open_as(client, administrator, "people:person_close", colleague.public_id)
    assert asked.status_code == 200
    post_as(client, administrator, "people:person_close", colleague.public_id)
    assert not Person.objects.get(pk=colleague.pk).is_active
    post_as(client, administrator, "people:person_close", colleague.public_id)
    assert Person.objects.get(pk=colleague.pk).is_active


def test_an_officer_does_not_close_accounts(client, agency_officer, colleague):
    assert post_as(client, agency_officer, "people:person_close", colleague.public_id).status_code == 403


def test_an_officer_sends_a_link_to_set_a_password(client, agency_officer, colleague, mailoutbox):
    response = post_as(client, agency_officer, "people:person_link", colleague.public_id)
    assert response.status_code == 302
    assert mailoutbox[0].to == [colleague.email]
    assert "/accounts/password/reset/key/" in mailoutbox[0].body
    assert AuditEntry.objects.filter(action="people.password_link_sent").count() == 1


def test_the_button_for_a_link_is_shown_where_it_works_only(client, agency_officer, department, colleague):
    staff = make_person(agency=department, roles=[(Role.REVIEWER, None)])
    shown = open_as(client, agency_officer, "people:person", colleague.public_id).content.decode()
    assert reverse("people:person_link", args=[colleague.public_id]) in shown
    hidden = open_as(client, agency_officer, "people:person", staff.public_id).content.decode()
    assert reverse("people:person_link", args=[staff.public_id]) not in hidden


def test_no_link_goes_to_somebody_without_an_address(client, administrator, mailoutbox):
    person = make_person(email="")
    assert post_as(client, administrator, "people:person_link", person.public_id).status_code == 409
    assert mailoutbox == []


def test_an_officer_sends_no_link_to_staff_or_outside_their_agency(
    client, agency_officer, department, outsider, mailoutbox
):
    staff = make_person(agency=department, roles=[(Role.ADMINISTRATOR, None)])
    assert post_as(client, agency_officer, "people:person_link", staff.public_id).status_code == 403
    assert post_as(client, agency_officer, "people:person_link", outsider.public_id).status_code == 403
    assert mailoutbox == []


def test_the_audit_log_is_filtered(client, administrator, auditor, colleague):
    grant_role(administrator, colleague, Role.REVIEWER)
    deactivate_person(administrator, colleague)
    client.force_login(auditor, backend=BACKEND)
    address = reverse("people:audit_log")
    assert len(client.get(address, {"action": "people.role"}).context["rows"]) == 1
    assert len(client.get(address, {"person": administrator.first_name}).context["rows"]) == 2
    assert len(client.get(address, {"target": f"people.person:{colleague.pk}"}).context["rows"]) == 2
    assert client.get(address, {"since": "1/1/2600"}).context["rows"] == []
    assert len(client.get(address, {"until": "1/1/2600"}).context["rows"]) == 2
    assert "โปรดเขียนวันที่เป็น วัน/เดือน/ปี" in client.get(address, {"since": "เมื่อวาน"}).content.decode()


def test_a_search_goes_on_to_an_address_that_can_be_kept(client, administrator, department):
    response = post_as(client, administrator, "people:persons", q="สม ใจ", agency=department.pk, group="")
    assert response.url == reverse("people:persons", query={"q": "สม ใจ", "agency": department.pk})


def test_a_national_id_that_is_found_leads_to_the_person(client, agency_officer, colleague):
    response = post_as(client, agency_officer, "people:persons", q=colleague.national_id)
    assert response.url == reverse("people:person", args=[colleague.public_id])


def test_a_national_id_that_is_not_found_is_in_no_address(client, agency_officer, outsider):
    response = post_as(client, agency_officer, "people:persons", q=outsider.national_id)
    assert response.status_code == 200
    assert list(response.context["page"]) == []
    assert f"={outsider.national_id}" not in response.content.decode()


def test_the_audit_log_finds_by_national_id_and_keeps_it_out_of_the_address(client, administrator, auditor):
    AuditEntry.objects.create(actor=administrator, action="people.role_granted")
    AuditEntry.objects.create(actor=auditor, action="people.role_revoked")
    response = post_as(client, auditor, "people:audit_log", person=administrator.national_id, action="people")
    assert administrator.national_id not in response.url
    page = client.get(response.url).context["page"]
    assert [entry.actor for entry in page] == [administrator]


def test_the_audit_log_shows_nothing_for_the_national_id_of_nobody(client, administrator, auditor):
    AuditEntry.objects.create(actor=administrator, action="people.role_granted")
    response = post_as(client, auditor, "people:audit_log", person="1-1000-00000-99-9")
    assert list(response.context["page"]) == []


def test_the_audit_log_shows_data_of_any_name(client, administrator, auditor):
    AuditEntry.objects.create(actor=administrator, action="knowledge.definition_made", data={"items": 50})
    page = open_as(client, auditor, "people:audit_log")
    assert "จำนวนข้อ: 50" in page.content.decode()


def test_the_audit_log_takes_the_same_queries_however_long_it_is(
    client, administrator, auditor, django_assert_max_num_queries
):
    for _n in range(12):
        grant_role(administrator, make_person(), Role.REVIEWER)
    client.force_login(auditor, backend=BACKEND)
    with django_assert_max_num_queries(7):
        client.get(reverse("people:audit_log"))


def test_the_staff_page_leads_to_our_pages(client, administrator):
    page = open_as(client, administrator, "portal:staff").content.decode()
    assert reverse("people:persons") in page
    assert reverse("people:audit_log") in page


def test_the_agency_page_counts_its_persons(client, agency_officer, department, colleague):
    page = open_as(client, agency_officer, "portal:agency", department.pk).content.decode()
    assert "1 คน" in page
