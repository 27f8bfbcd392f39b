"""The demonstration: a course that waits for its reviewer."""

from __future__ import annotations

import pytest

from courses.catalogue.models import Course, CourseVersion, VersionStatus
from courses.studio import demo, work
from courses.studio.services import reviews
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
