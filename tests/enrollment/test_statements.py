"""What learning records hear of enrolments: with the event, once, in its order."""

from datetime import timedelta

import pytest

from courses.partners.models import Source
from courses.partners.services.outcomes import Report, keep
from courses.player.services import progress
from enrollment.services import enrolments
from learning.records.models import OutboxEntry
from tests.conftest import make_person
from tests.courses.catalogue.factories import NOON, make_curriculum, make_external
from tests.enrollment.factories import enrol, learning, make_round, make_taught, text, units

pytestmark = pytest.mark.django_db


def said(*verbs: str) -> list[tuple[str, str]]:
    """Verb and Thai name of what, for these verbs or all."""
    told = [
        (each["verb"]["display"]["en"], each["object"]["definition"]["name"]["th"])
        for each in OutboxEntry.objects.order_by("pk").values_list("statement", flat=True)
    ]
    return [each for each in told if not verbs or each[0] in verbs]


def test_a_seat_is_told_and_its_end_and_its_taking_up_again(learner):
    round_ = make_round()
    enrolment = enrol(round_, learner)
    enrolments.withdraw(enrolment, now=NOON + timedelta(days=1))
    enrol(round_, learner, now=NOON + timedelta(days=2))
    name = round_.course.name_th
    assert said() == [("registered", name), ("unregistered", name), ("registered", name)]
    statement = OutboxEntry.objects.earliest("pk").statement
    assert statement["context"]["registration"] == str(learning(enrolment).pk)
    assert statement["context"]["contextActivities"]["grouping"][0]["definition"]["name"]["th"] == round_.name


def test_who_waits_tells_nothing_until_there_is_a_seat(learner, outsider):
    round_ = make_round(capacity=1)
    first = enrol(round_, learner)
    waiting = enrol(round_, outsider)
    enrolments.withdraw(waiting, now=NOON)
    assert len(said()) == 1
    enrol(round_, outsider)
    enrolments.withdraw(first, now=NOON)
    last = OutboxEntry.objects.latest("pk").statement
    assert (last["verb"]["display"]["en"], last["actor"]["name"]) == ("registered", outsider.full_name)


def test_a_list_is_told_in_as_many_queries_however_long_it_is(administrator, django_assert_max_num_queries):
    round_ = make_round()
    people = [make_person(first_name=f"คนที่ {number}") for number in range(30)]
    with django_assert_max_num_queries(30):
        enrolments.enrol_many(round_, [person.pk for person in people], actor=administrator, now=NOON)
    assert {each["actor"]["name"] for each in OutboxEntry.objects.values_list("statement", flat=True)} == {
        person.full_name for person in people
    }


def test_a_completion_is_told_before_its_certificate_and_once(learner):
    course = make_taught(text())
    enrolment = enrol(make_round(course), learner)
    for _time in range(2):
        progress.advance(learning(enrolment), units(course)[0], completed=True, now=NOON)
    verbs = [verb for verb, _name in said()]
    assert verbs == ["registered", "initialized", "completed", "completed", "earned"]
    assert said("completed")[1][1] == course.name_th
    assert said("earned") == [("earned", f"ประกาศนียบัตรการเรียนจบรายวิชา {course.name_th}")]


def test_a_curriculum_is_told_and_a_partners_course_under_an_id_of_its_own(learner):
    course = make_external()
    curriculum = make_curriculum("C1", [course])
    keep(course, {learner.pk: Report(NOON, None, NOON)}, source=Source.FILE, actor=None)
    assert said("completed") == [("completed", course.name_th), ("completed", curriculum.name_th)]
    assert (
        OutboxEntry.objects.earliest("pk")
        .statement["object"]["id"]
        .endswith(f"/id/partner-course/{course.code}")
    )
    keep(course, {learner.pk: Report(NOON, None, NOON)}, source=Source.FILE, actor=None)
    assert len(said("completed")) == 2
