"""What becomes of enrolments, as statements for the record store: told in the transaction of the doing."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from courses.catalogue import things
from courses.catalogue.models import Curriculum
from enrollment.models import CourseRound, Enrolment
from learning.people.models import Person
from learning.people.rosters import chunks
from learning.records.services import outbox
from learning.records.services.outbox import Event, Outcome, Thing
from learning.records.vocabulary import COMPLETED, REGISTERED, UNREGISTERED, Type, Verb


def tell_enrolled(round_: CourseRound, enrolments: Sequence[Enrolment], *, now: datetime) -> None:
    """Tell that these got their seats in a round; who comes back to it is enrolled once more."""
    for some in chunks(enrolments):
        persons = Person.objects.in_bulk([each.person_id for each in some])
        outbox.record(
            *(
                Event(
                    name=f"enrollment.enrolled:{each.pk}:{now.isoformat()}",
                    person=persons[each.person_id],
                    verb=REGISTERED,
                    thing=things.of_course(round_.course),
                    at=now,
                    grouping=(_thing(round_),),
                    registration=each.registration_id,
                )
                for each in some
            )
        )


def tell_withdrawn(enrolment: Enrolment, *, now: datetime) -> None:
    """Tell that somebody gave up a seat."""
    outbox.record(_event(f"withdrawn:{enrolment.pk}:{now.isoformat()}", enrolment, UNREGISTERED, now))


def tell_completed(enrolments: Iterable[Enrolment], *, now: datetime) -> None:
    """Tell that these courses were completed."""
    done = Outcome(completion=True)
    outbox.record(*(_event(f"completed:{each.pk}", each, COMPLETED, now, done) for each in enrolments))


def tell_curriculum_completed(curriculum: Curriculum, persons: Iterable[Person], *, now: datetime) -> None:
    """Tell that these persons have completed a curriculum."""
    outbox.record(
        *(
            Event(
                name=f"enrollment.curriculum_completed:{curriculum.pk}:{person.pk}",
                person=person,
                verb=COMPLETED,
                thing=things.of_curriculum(curriculum),
                at=now,
                outcome=Outcome(completion=True),
            )
            for person in persons
        )
    )


def _event(
    name: str, enrolment: Enrolment, verb: Verb, at: datetime, outcome: Outcome | None = None
) -> Event:
    return Event(
        name=f"enrollment.{name}",
        person=enrolment.person,
        verb=verb,
        thing=things.of_course(enrolment.course),
        at=at,
        outcome=outcome,
        grouping=(_thing(enrolment.round),),
        registration=enrolment.registration_id,
    )


def _thing(round_: CourseRound) -> Thing:
    return Thing("course-round", str(round_.pk), Type.PROGRAMME, round_.name)
