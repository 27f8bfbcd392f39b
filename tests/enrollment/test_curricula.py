"""What completes a curriculum, what is missing of one, and who sees it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from courses.catalogue.models import Curriculum
from courses.catalogue.services.curricula import Place as CataloguePlace
from courses.catalogue.services.curricula import write_curriculum
from courses.partners.models import Source
from courses.partners.services.outcomes import Report, keep
from enrollment.curricula import Place, Rule, standing
from enrollment.services import curricula
from enrollment.services.completion import complete
from tests.courses.catalogue.factories import NOON, make_course, make_curriculum, make_external
from tests.enrollment.factories import enrol, make_round, make_taught, text

BACKEND = "learning.people.auth.NationalIdOrEmailBackend"
THREE = [
    Place(1, Decimal(2)),
    Place(2, Decimal(3), is_required=False),
    Place(3, Decimal(4), is_required=False),
]


# -- The rule -------------------------------------------------------------------------------------------
def test_all_courses_are_needed_the_optional_ones_too():
    assert standing(THREE, Rule("all"), {1, 2}).lacking == [3]
    assert standing(THREE, Rule("all"), {1, 2, 3}).is_complete


def test_a_number_of_courses_with_the_required_among_them():
    two = Rule("count", count=2)
    assert standing(THREE, two, {1, 3}).is_complete
    without = standing(THREE, two, {2, 3})
    assert (without.lacking, without.courses_missing, without.is_complete) == ([1], 0, False)
    assert standing(THREE, two, {1}).courses_missing == 1


def test_a_number_of_hours_with_the_required_among_them():
    six = Rule("hours", hours=Decimal(6))
    assert standing(THREE, six, {1, 3}).is_complete
    near = standing(THREE, six, {1, 2})
    assert (near.hours_done, near.hours_missing) == (Decimal(5), Decimal(1))
    assert not near.is_complete
    assert not standing(THREE, six, {2, 3}).is_complete


def test_courses_of_other_curricula_do_not_count():
    assert standing(THREE, Rule("count", count=2), {1, 99, 98}).done == 1


places = st.lists(
    st.builds(Place, st.integers(1, 8), st.decimals("0.5", 12, places=1), st.booleans()),
    unique_by=lambda place: place.course,
    min_size=1,
)
rules = st.one_of(
    st.just(Rule("all")),
    st.builds(lambda count: Rule("count", count=count), st.integers(1, 8)),
    st.builds(lambda hours: Rule("hours", hours=hours), st.decimals("0.5", 60, places=1)),
)


@given(places, rules, st.sets(st.integers(1, 10)), st.integers(1, 10))
def test_one_more_course_never_takes_anything_away(given_places, rule, completed, more):
    before, after = standing(given_places, rule, completed), standing(given_places, rule, completed | {more})
    assert after.is_complete or not before.is_complete
    assert set(after.lacking) <= set(before.lacking)
    assert after.courses_missing <= before.courses_missing
    assert after.hours_missing <= before.hours_missing


# -- The pages ------------------------------------------------------------------------------------------
def take(person, course):
    enrolment = enrol(make_round(course), person)
    complete([enrolment.pk], now=NOON)


@pytest.fixture
def signed_in(client, learner):
    client.force_login(learner, backend=BACKEND)
    return client


@pytest.mark.django_db
def test_the_page_names_what_is_missing_and_leads_there(signed_in, learner):
    one, two, three = (make_taught(text()) for _ in range(3))
    make_curriculum("CU1", [one, two, three])
    take(learner, one)
    enrol(make_round(two), learner)
    page = signed_in.get(reverse("enrollment:curriculum", args=["CU1"]))
    missing = page.text.partition('class="inset"')[2].partition("</div>")[0]
    assert [course.name_th in missing for course in (one, two, three)] == [False, True, True]
    assert reverse("catalogue:course", args=[three.code]) in missing
    assert not page.context["way"].standing.is_complete
    assert signed_in.get(reverse("enrollment:curriculum", args=["cu1"])).status_code == 200
    assert signed_in.get(reverse("enrollment:curriculum", args=["CU9"])).status_code == 404


@pytest.mark.django_db
def test_a_completion_reported_by_a_partner_counts(signed_in, learner):
    here, there = make_taught(text()), make_external()
    make_curriculum("CU1", [here, there])
    take(learner, here)
    report = Report(NOON, None, NOON - timedelta(days=2))
    keep(there, {learner.pk: report}, source=Source.FILE, actor=None)
    way = curricula.way_of(learner, Curriculum.objects.get())
    assert way.standing.is_complete
    assert [line.is_done for line in way.lines] == [True, True]
    assert "CU1" in signed_in.get(reverse("enrollment:curricula")).text


@pytest.mark.django_db
def test_rules_by_number_and_by_hours_are_read_from_the_curriculum(learner):
    courses = [make_taught(text()) for _ in range(3)]
    places = [CataloguePlace(course, is_required=False) for course in courses]
    fields = {"name_th": "หลักสูตร", "owner": courses[0].owner}
    by_count = write_curriculum("CU1", fields | {"rule": "count", "rule_count": 2}, places, actor=None)
    hours = {"rule": "hours", "rule_hours": Decimal("4.5")}
    by_hours = write_curriculum("CU2", fields | hours, places, actor=None)
    for course in courses[:2]:
        take(learner, course)
    assert curricula.way_of(learner, by_count).standing.is_complete
    assert curricula.way_of(learner, by_hours).standing.hours_missing == Decimal("1.5")


@pytest.mark.django_db
def test_everybody_sees_their_own_way_and_who_is_not_signed_in_signs_in(client, learner, outsider):
    course = make_taught(text())
    make_curriculum("CU1", [course, make_course()])
    take(learner, course)
    for name, arguments in (("curricula", []), ("curriculum", ["CU1"])):
        address = reverse(f"enrollment:{name}", args=arguments)
        assert client.get(address).status_code == 302
    client.force_login(outsider, backend=BACKEND)
    assert client.get(reverse("enrollment:curriculum", args=["CU1"])).context["way"].standing.done == 0
    assert client.get(reverse("enrollment:curricula")).context["ways"] == []


@pytest.mark.django_db
def test_the_page_of_a_curriculum_says_how_far_one_is(client, learner):
    make_curriculum("CU1", [make_course()])
    address = reverse("catalogue:curriculum", args=["CU1"])
    own = reverse("enrollment:curriculum", args=["CU1"])
    assert own not in client.get(address).text
    client.force_login(learner, backend=BACKEND)
    assert own in client.get(address).text


@pytest.mark.django_db
def test_many_courses_take_as_many_queries_as_few(signed_in):
    make_curriculum("CU1", [make_course()])
    make_curriculum("CU2", [make_course() for _ in range(8)])
    counted = []
    for code in ("CU1", "CU2"):
        with CaptureQueriesContext(connection) as captured:
            signed_in.get(reverse("enrollment:curriculum", args=[code]))
        counted.append(len(captured))
    assert counted[0] == counted[1] <= 10
