"""Waivers: an officer excuses a learner from a cmi5 unit, which counts as satisfied then (9.3.7)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from django.db import transaction
from django.db.models import QuerySet

from courses.catalogue.models import Course, Unit, UnitKind
from courses.packages.package import Kind
from courses.player import cmi5
from courses.player.errors import NothingToWaive
from courses.player.models import Registration, WaiverReason
from courses.player.services.cmi5_course import Au, satisfy, say
from courses.player.services.counting import count
from courses.player.services.launches import Contents, Item
from courses.player.services.registrations import lock
from learning.people import audit
from learning.people.models import Person
from learning.records import vocabulary as words
from learning.records.services import positions


@dataclass(frozen=True)
class Waivable:
    """An assignable unit that the learner of a registration has not satisfied."""

    registration: Registration
    unit: Unit
    item: Item

    @property
    def key(self) -> str:
        """What names it in a form."""
        return f"{self.unit.pk} {self.item.unit.id}"

    @property
    def title(self) -> str:
        """What an officer reads: the unit of the course, and the lesson in it."""
        return f"{self.unit.title} · {self.item.unit.title}"


def has_waivable(course: Course) -> bool:
    """Say whether a course has, in any version, a lesson that somebody could be excused from."""
    return _packages().filter(topic__version__course=course).exists()


def waivable(registration: Registration) -> list[Waivable]:
    """Return what is left of the cmi5 packages of a registration, in the order of the course."""
    units = _packages().filter(topic__version=registration.version_id)
    return [
        Waivable(registration, unit, item)
        for unit in units.select_related("package", "topic").order_by("topic__order", "order")
        for item in Contents(registration, unit).startable
        if item.progress is None or not item.progress.is_completed
    ]


def _packages() -> QuerySet[Unit]:
    return Unit.objects.filter(kind=UnitKind.PACKAGE, package__kind=Kind.CMI5)


@transaction.atomic
def waive(
    wanted: Waivable,
    reason: WaiverReason,
    because: str,
    *,
    actor: Person,
    now: datetime,
) -> None:
    """Excuse the learner from a unit, say so in the records, and count it. Raises NothingToWaive."""
    positions.take_turn()
    registration = wanted.registration
    lock(registration)
    contents, item = Contents(registration, wanted.unit), wanted.item.unit.id
    row = contents.row(item, now=now)
    if contents.package.kind != Kind.CMI5 or row.is_completed:
        raise NothingToWaive
    row.state["waived"] = {"reason": reason, "at": now.isoformat()}
    # Whatever was failed before does not count any more.
    row.is_completed, row.is_passed, row.updated_at = True, None, now
    row.save(update_fields=["state", "is_completed", "is_passed", "updated_at"])
    # A waiver has a session of its own.
    session = str(uuid4())
    result = {"success": True, "completion": True, "extensions": {cmi5.REASON: reason}}
    au = Au(contents, contents.item(item).unit)
    say(au, words.WAIVED, session, now=now, categories=(cmi5.MOVE_ON,), result=result)
    satisfy(contents, session, now=now)
    count(contents, now=now)
    audit.record(
        actor,
        "player.unit_waived",
        registration,
        person=registration.person_id,
        unit=wanted.unit.pk,
        item=item,
        reason=reason,
        because=because,
    )
