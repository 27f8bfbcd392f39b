"""Synthetic persons are valid, reproducible and spread as asked."""

import json
from collections import Counter
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from learning.people import demo, national_id
from learning.people.generate import generate_people
from learning.people.groups import problems
from learning.people.models import Agency, Person, PersonnelGroup, Role
from learning.people.reference_data import load_reference_data

pytestmark = pytest.mark.django_db


@pytest.fixture
def _reference_data():
    load_reference_data()


@pytest.mark.usefixtures("_reference_data")
def test_generated_persons_satisfy_the_rules_of_their_groups():
    made = generate_people(300, seed=7)
    assert {person.group for person in made} == set(PersonnelGroup.values)
    for person in made:
        assert national_id.is_valid(person.national_id)
        assert not person.has_usable_password()
        values = {field.name: getattr(person, field.name) for field in Person._meta.concrete_fields}
        group = PersonnelGroup(person.group)
        assert problems(group, values, birth_year=person.birth_year, today=timezone.localdate()) == {}


@pytest.mark.usefixtures("_reference_data")
def test_persons_for_agencies_are_spread_evenly_over_them():
    agencies = list(Agency.objects.filter(code__in=["0102", "1401"]))
    made = generate_people(40, seed=7, agencies=agencies)
    assert Counter(person.agency.code for person in made if person.agency) == {"0102": 20, "1401": 20}


def test_the_same_seed_draws_the_same_persons():
    first = [(p.national_id, p.full_name, p.email) for p in generate_people(20, seed=3)]
    Person.objects.all().delete()
    assert [(p.national_id, p.full_name, p.email) for p in generate_people(20, seed=3)] == first


def test_running_again_adds_others_and_repeats_nobody():
    generate_people(20, seed=3)
    generate_people(20, seed=3)
    assert Person.objects.count() == 40


def test_progress_is_told_after_every_batch():
    told: list[int] = []
    generate_people(1500, seed=3, on_progress=told.append)
    assert told == [1000, 1500]


def test_the_command_prints_json_on_request():
    output = StringIO()
    call_command("generate_people", count=3, format="json", stdout=output)
    assert json.loads(output.getvalue())["created"] == Person.objects.count() == 3


def test_the_command_refuses_an_agency_that_does_not_exist():
    with pytest.raises(CommandError, match="9999"):
        call_command("generate_people", count=3, agency=["9999"])


def test_the_demonstration_cast_has_one_account_per_role_a_learner_and_a_candidate_and_loads_twice():
    demo.load()
    cast = demo.load()
    assert Person.objects.count() == len(cast) == len(Role) + 2
    roles = {grant.role for person in cast.values() for grant in person.grants}
    assert roles == set(Role.values)
    assert cast["learner"].check_password(demo.PASSWORD)
    [grant] = cast["agency_officer"].grants
    assert grant.agency is not None
    assert grant.agency.code == demo.OCSC
