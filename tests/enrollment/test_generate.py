"""Data for tests of load: as much as asked, the same for a seed, and never into real data by accident."""

import json
from collections import Counter
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from courses.catalogue.models import Course, CourseVersion
from courses.catalogue.services.generating import add_courses
from courses.player.models import Registration, UnitProgress
from enrollment.models import CourseRound, Enrolment, EnrolmentState
from enrollment.services.generating import add_enrolments, add_rounds
from learning.people.generate import add_people
from learning.people.models import Person
from learning.people.reference_data import load_reference_data
from tests.conftest import make_person

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 5, tzinfo=UTC)
BACKEND = "learning.people.auth.NationalIdOrEmailBackend"


def generate(**counts):
    output = StringIO()
    call_command("generate", stdout=output, format="json", **counts)
    return json.loads(output.getvalue())


def test_the_command_makes_what_it_was_asked_for():
    made = generate(persons=60, courses=20, enrolments=200)
    assert (made["persons"], made["courses"], made["enrolments"]) == (60, 20, 200)
    assert Person.objects.count() == 60
    assert Enrolment.objects.count() == 200
    assert Course.objects.listed().count() == 20
    assert CourseRound.objects.count() == 40
    assert len({course.name_th for course in Course.objects.all()}) == 20


def test_it_goes_on_where_there_are_courses_already():
    generate(courses=5)
    generate(courses=5)
    assert Course.objects.count() == 10


def test_what_was_made_keeps_the_rules_of_enrolment():
    generate(persons=60, courses=20, enrolments=400)
    for enrolment in Enrolment.objects.all():
        enrolment.full_clean()
    states = Counter(Enrolment.objects.values_list("state", flat=True))
    assert (
        states[EnrolmentState.COMPLETED] > states[EnrolmentState.ENROLLED] > states[EnrolmentState.WITHDRAWN]
    )
    with_seat = Enrolment.objects.filter(state__in=[EnrolmentState.COMPLETED, EnrolmentState.ENROLLED])
    assert Registration.objects.count() == with_seat.count()
    for enrolment in with_seat.select_related("registration"):
        assert enrolment.registration is not None
        assert enrolment.registration.person_id == enrolment.person_id
    done = Enrolment.objects.filter(state=EnrolmentState.COMPLETED).count()
    assert UnitProgress.objects.filter(status="completed").count() == 3 * done
    assert not Enrolment.objects.filter(completed_at__gt=datetime.now(UTC)).exists()


def test_everybody_everywhere_is_the_most_there_can_be():
    load_reference_data()
    add_people(5, seed=1)
    courses = add_courses(4, seed=1, now=NOW)
    add_rounds(courses, now=NOW)
    assert add_enrolments(1000, courses, seed=1, now=NOW) == 20
    assert Enrolment.objects.values("person", "course").distinct().count() == 20


def rows():
    columns = ("person__email", "course__code", "state", "queued_at", "registration", "completed_at")
    return list(Enrolment.objects.order_by("person__email", "course__code").values_list(*columns))


def test_the_same_seed_makes_the_same():
    def made(seed):
        for model in (Enrolment, UnitProgress, Registration, CourseRound):
            model.objects.all().delete()
        courses = list(Course.objects.order_by("code").values_list("pk", flat=True))
        add_rounds(courses, now=NOW)
        add_enrolments(50, courses, seed=seed, now=NOW)
        return rows()

    load_reference_data()
    add_people(20, seed=3)
    add_courses(10, seed=3, now=NOW)
    first = made(3)
    assert made(3) == first
    assert made(4) != first


def test_a_production_database_in_use_is_left_alone(settings):
    settings.PRODUCTION = True
    make_person()
    with pytest.raises(CommandError, match="--yes"):
        generate(persons=5)
    assert Person.objects.count() == 1
    generate(persons=5, yes=True)
    assert Person.objects.count() == 6


def test_an_empty_production_database_may_be_filled(settings):
    settings.PRODUCTION = True
    assert generate(persons=5)["persons"] == 5


@pytest.mark.parametrize("counts", [{}, {"persons": -1}, {"enrolments": 5}, {"persons": 5, "enrolments": 5}])
def test_what_cannot_be_made_is_refused_before_anything_is(counts):
    with pytest.raises(CommandError):
        generate(**counts)
    assert not Person.objects.exists()


def test_generated_courses_are_versions_nobody_writes_any_more():
    load_reference_data()
    add_courses(3, seed=1, now=NOW)
    assert not any(version.is_in_writing for version in CourseVersion.objects.all())


# -- Pages take as many queries with much as with little --------------------------------------------------
# The most that each may take; a page that needs more says here why.
QUERIES = {
    "catalogue:index": 12,
    "catalogue:course": 40,
    "portal:my": 40,
    "enrollment:mine": 20,
    "enrollment:rounds": 25,
    "enrollment:courses": 20,
    "enrollment:figures": 30,
    "portal:agency": 40,
}


def count_queries(client, django_assert_max_num_queries, person, course, agency):
    client.force_login(person, backend=BACKEND)
    arguments = {
        "catalogue:course": [course.code],
        "enrollment:rounds": [course.code],
        "enrollment:figures": [course.code],
        "portal:agency": [agency.pk],
    }
    counted = {}
    for name, most in QUERIES.items():
        address = reverse(name, args=arguments.get(name, []))
        # The first reads what a process keeps.
        assert client.get(address).status_code == 200
        with django_assert_max_num_queries(most) as captured:
            client.get(address)
        counted[name] = len(captured)
    return counted


def test_pages_take_the_same_number_of_queries_however_much_there_is(
    client, administrator, django_assert_max_num_queries
):
    load_reference_data()
    courses = add_courses(2, seed=1, now=NOW)
    add_rounds(courses, now=NOW)
    course = Course.objects.select_related("owner").get(pk=courses[0])
    add_people(5, seed=1)
    add_enrolments(12, courses, seed=1, now=NOW)
    little = count_queries(client, django_assert_max_num_queries, administrator, course, course.owner)
    more = add_courses(30, seed=2, now=NOW)
    Course.objects.filter(pk__in=more).update(owner=course.owner)
    add_rounds(more, now=NOW)
    add_people(30, seed=2)
    add_enrolments(30 * 36, more, seed=2, now=NOW)
    much = count_queries(client, django_assert_max_num_queries, administrator, course, course.owner)
    assert much == little
