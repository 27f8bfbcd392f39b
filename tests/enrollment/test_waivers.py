"""The page on which an officer excuses a learner from a lesson."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.urls import reverse
from pytest_django.fixtures import Settings

from courses.catalogue.services.versions import UnitPlan
from courses.player.models import UnitProgress, UnitStatus
from enrollment.models import Enrolment
from learning.people.models import Agency, Person
from tests.courses.packages.factories import package as good_package
from tests.courses.player.packages import kept
from tests.enrollment.factories import enrol, make_round, make_taught
from tests.exams.knowledge.pages import statuses

pytestmark = pytest.mark.django_db


@pytest.fixture
def enrolment(settings: Settings, tmp_path: Path, learner: Person, department: Agency) -> Enrolment:
    settings.MEDIA_ROOT = tmp_path
    package = kept(good_package("cmi5"), department)
    course = make_taught(UnitPlan("package", "ชุดบทเรียน", package_id=package.id), owner=department)
    return enrol(make_round(course), learner)


def test_it_is_the_course_officers_and_never_for_oneself(
    client, enrolment, learner, agency_officer, other_agency_officer, administrator, outsider
):
    address = reverse("enrollment:waive", args=[enrolment.pk])
    who = (agency_officer, administrator, other_agency_officer, learner, outsider, None)
    assert statuses(client, address, *who) == [200, 200, 403, 403, 403, 302]
    own = enrol(enrolment.round, agency_officer)
    address = reverse("enrollment:waive", args=[own.pk])
    assert statuses(client, address, agency_officer, method="post") == [403]


def test_an_officer_excuses_a_learner_and_says_why(client, enrolment, agency_officer):
    client.force_login(agency_officer)
    decide = reverse("enrollment:decide", args=[enrolment.pk])
    address = reverse("enrollment:waive", args=[enrolment.pk])
    assert address in client.get(decide).text
    assert "ชุดบทเรียน · บทที่ 1" in client.get(address).text
    registration, unit = enrolment.registration, enrolment.registration.version.topics.get().units.get()
    said = {"lesson": f"{unit.pk} https://example.org/au", "kind": "Administrative", "reason": "ตามคำสั่ง"}
    empty = client.post(address, {"reason": ""}).text
    assert all(sentence in empty for sentence in ("โปรดเลือกบทเรียน", "โปรดเลือกประเภทเหตุผล"))
    for bad in ({"lesson": "0 x"}, {"kind": "Because"}, {"reason": " "}):
        assert client.post(address, said | bad).status_code == 422
    assert not UnitProgress.objects.exists()
    assert "ได้รับยกเว้น" in client.post(address, said, follow=True).text
    progress = UnitProgress.objects.get(registration=registration)
    assert progress.status == UnitStatus.COMPLETED
    # The course had nothing else.
    assert client.post(address, said).status_code == 422
    assert "ไม่มีบทเรียน" in client.get(address).text
