"""Partners' courses as statements for the record store: told in the transaction of the doing.

A partner that tells it in records of its own may know the person by another name: what we made of it is told
in any case, under our own name for the course.
"""

from collections.abc import Iterable
from datetime import datetime

from courses.catalogue import things
from courses.catalogue.models import Course
from courses.partners.models import Outcome, Visit
from learning.people.models import Person
from learning.records.services import outbox
from learning.records.services.outbox import Event
from learning.records.services.outbox import Outcome as Result
from learning.records.vocabulary import COMPLETED, LAUNCHED


def tell_opened(visit: Visit, course: Course, *, now: datetime) -> None:
    """Tell that somebody went to a partner's course from here."""
    outbox.record(
        Event(
            name=f"partners.opened:{visit.pk}:{now.isoformat()}",
            person=visit.person,
            verb=LAUNCHED,
            thing=things.of_partners_course(course),
            at=now,
            parents=(things.of_course(course),),
        )
    )


def tell_completed(course: Course, outcomes: Iterable[Outcome]) -> None:
    """Tell what partners said by the tool or by a list."""
    told = list(outcomes)
    persons = Person.objects.in_bulk([each.person_id for each in told])
    outbox.record(
        *(
            Event(
                name=f"partners.completed:{each.pk}",
                person=persons[each.person_id],
                verb=COMPLETED,
                thing=things.of_partners_course(course),
                at=each.completed_at or each.reported_at,
                outcome=Result(scaled=each.score, completion=True),
                parents=(things.of_course(course),),
            )
            for each in told
        )
    )
