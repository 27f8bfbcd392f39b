"""The demonstration: a course that waits for its reviewer."""

from __future__ import annotations

import pytest

from courses.catalogue.contents import BankDraw
from courses.catalogue.models import Course, CourseVersion, VersionStatus
from courses.studio import demo, work
from courses.studio.services import drawing, reviews
from learning.people import demo as people_demo

pytestmark = pytest.mark.django_db


def test_the_demonstration_is_loaded_once_and_can_be_reviewed():
    demo.load()
    demo.load()
    version = CourseVersion.objects.get(course__code=demo.CODE)
    assert version.status == VersionStatus.SUBMITTED
    reviewer = people_demo.load()["reviewer"]
    assert [each.stage.review.version for each in work.waiting_for(reviewer)] == [version]
    assert reviews.may_decide(version, reviewer)
    # What somebody did with it stays.
    reviews.withdraw(version, actor=people_demo.load()["agency_officer"], now=version.created_at)
    demo.load()
    assert Course.objects.filter(code=demo.CODE).count() == 1


def test_a_bank_of_practice_is_open_to_courses_and_stays_closed_once_closed():
    demo.load()
    bank = drawing.open_banks().get(code=demo.BANK)
    # Questions enough that two tries differ, from topics that can be chosen.
    assert drawing.count_drawable(BankDraw(demo.BANK, 10)) >= 15
    assert bank.topics.count() == 2
    drawing.set_open_banks([], actor=people_demo.load()["exam_officer"])
    demo.load()
    assert not drawing.open_banks().exists()
