"""What the pages that everybody opens ask of the database: exactly so often, however much is in it.

A number that grows here grows for everybody: look for the reason before it is written down anew.
"""

from __future__ import annotations

import pytest
from django.urls import reverse

from enrollment.models import Enrolment, EnrolmentState
from learning.people.models import Person
from tests.conftest import make_person
from tests.enrollment.factories import (
    did,
    enrol,
    learning,
    make_round,
    make_taught,
    quiz,
    survey,
    text,
    units,
)

pytestmark = pytest.mark.django_db

# URL name, its arguments, who asks, and how often the database is asked.
PAGES = {
    "catalogue": ("catalogue:index", {}, "learner", 5),
    "course": ("catalogue:course", {"code": "KD10"}, "learner", 17),
    "my page": ("portal:my", {}, "learner", 13),
    "my courses": ("enrollment:mine", {}, "learner", 6),
    "agency dashboard": ("enrollment:courses", {}, "agency_officer", 8),
    "figures of a course": ("enrollment:figures", {"code": "KD10"}, "agency_officer", 12),
}


@pytest.mark.parametrize(("courses", "learners"), [(2, 1), (5, 4)], ids=["little", "more"])
@pytest.mark.parametrize("page", PAGES)
def test_a_page_asks_the_database_exactly_so_often(
    client, department, request, learner, page, courses, learners, django_assert_num_queries
):
    Person.objects.filter(pk=learner.pk).update(agency=department)
    for number in range(courses):
        course = make_taught(
            quiz("pre"), text(), quiz("post"), survey(), code=f"KD{10 + number}", owner=department
        )
        make_round(course, capacity=20)
        taken = make_round(course, capacity=20)
        for person in (learner, *(make_person() for _number in range(learners))):
            # One course is left to be taken.
            if number or person is not learner:
                did(learning(enrol(taken, person)), units(course)[number % 3], score="0.5", seconds=60)
    asked = Enrolment.objects.filter(person=learner).order_by("pk").values_list("pk", flat=True)[1:]
    Enrolment.objects.filter(pk__in=list(asked)).update(
        state=EnrolmentState.REQUESTED, supervisor=make_person()
    )
    name, arguments, who, count = PAGES[page]
    client.force_login(request.getfixturevalue(who))
    address = reverse(name, kwargs=arguments)
    # What a process keeps is read with the first request.
    client.get(address)
    with django_assert_num_queries(count):
        assert client.get(address).status_code == 200
