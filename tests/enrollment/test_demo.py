"""The demonstration offers what can be taken, and nothing else."""

from __future__ import annotations

import pytest

from courses.catalogue.services.versions import TopicPlan
from enrollment import demo
from enrollment.models import CourseRound
from tests.courses.catalogue.factories import make_course, make_draft

pytestmark = pytest.mark.django_db


def test_a_round_opens_of_every_course_that_can_be_taken_once():
    make_course("KD10")
    make_course("KD11", topics=[TopicPlan("บทนำ", 30)])
    make_course(
        "DS12",
        topics=[TopicPlan("บทนำ", 30)],
        provider="มหาวิทยาลัยเปิด",
        external_url="https://learn.example/c/1",
        launch="link",
    )
    make_draft("KD13")
    demo.load()
    assert set(CourseRound.objects.values_list("course__code", flat=True)) == {"KD10", "DS12"}
    demo.load()
    assert CourseRound.objects.filter(course__code="KD10").count() == 1
    assert not CourseRound.objects.filter(course__code__in=("KD11", "KD13")).exists()
