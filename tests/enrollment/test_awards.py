"""The certificate of a curriculum: given with the last course, once, and never taken back."""

from __future__ import annotations

from functools import partial

import pytest
from django.urls import reverse

from certificates.models import Certificate
from courses.partners.models import Source
from courses.partners.services.outcomes import Report, keep
from enrollment.models import CurriculumCompletion
from enrollment.services import awards
from enrollment.services.completion import complete
from tests.conftest import make_person
from tests.courses.catalogue.factories import NOON, make_course, make_curriculum, make_external
from tests.enrollment.factories import enrol, make_round
from tests.enrollment.test_concurrency import at_once


def certificates(person) -> list[Certificate]:
    return list(Certificate.objects.filter(person=person, kind="curriculum-completion"))


@pytest.mark.django_db
def test_the_last_course_brings_the_certificate_of_the_curriculum(client, learner, outsider):
    courses = [make_course("KD1", hours="1.5"), make_course("KD2", hours=3)]
    curriculum = make_curriculum("BASIC", courses)
    first, second = (enrol(make_round(course), learner) for course in courses)
    complete([first.pk, enrol(make_round(courses[0]), outsider).pk], now=NOON)
    assert not CurriculumCompletion.objects.exists()
    complete([second.pk], now=NOON)
    (certificate,) = certificates(learner)
    award = certificate.facts["award"]
    assert (award["test_name"], award["hours"]) == (curriculum.name_th, "4.5")
    assert awards.award([learner.pk], [courses[0].pk], now=NOON) == 0
    client.force_login(learner)
    page = client.get(reverse("enrollment:curriculum", args=["BASIC"])).text
    assert reverse("certificates:download", args=[certificate.pk]) in page
    client.force_login(outsider)
    page = client.get(reverse("enrollment:curriculum", args=["BASIC"])).text
    assert "/download" not in page
    assert certificate.register_number not in page


@pytest.mark.django_db
def test_a_partners_report_counts_without_an_enrolment(learner, agency_officer):
    external = make_external("KD3")
    make_curriculum("PART", [external])
    keep(external, {learner.pk: Report(NOON, completed_at=NOON)}, source=Source.FILE, actor=agency_officer)
    assert len(certificates(learner)) == 1


@pytest.mark.django_db
def test_an_easier_rule_is_noticed_at_night(learner):
    courses = [make_course("KD1"), make_course("KD2")]
    curriculum = make_curriculum("BASIC", courses)
    complete([enrol(make_round(courses[0]), learner).pk], now=NOON)
    curriculum.entries.filter(course=courses[1]).delete()
    assert awards.award_all(now=NOON) == 1
    assert awards.award_all(now=NOON) == 0
    assert len(certificates(learner)) == 1


@pytest.mark.django_db(transaction=True)
def test_the_two_last_courses_completed_at_once_bring_one_certificate():
    courses = [make_course("KD1"), make_course("KD2")]
    make_curriculum("BASIC", courses)
    person = make_person()
    keys = [enrol(make_round(course), person).pk for course in courses]
    assert at_once([partial(complete, [key], now=NOON) for key in keys]) == []
    assert len(certificates(person)) == 1
