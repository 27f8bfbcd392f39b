"""Waivers: an officer excuses a learner from a cmi5 unit, which counts as satisfied then (9.3.7)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from django.db import transaction

from courses.catalogue.models import Unit, UnitKind
from courses.packages.package import Kind
from courses.player import cmi5
from courses.player.errors import NothingToWaive
from courses.player.models import Registration, WaiverReason
from courses.player.services.cmi5_course import Au, row_of, satisfy, say
from courses.player.services.commits import count
from courses.player.services.launches import Contents, Item
from courses.player.services.registrations import lock
from learning.people import audit
from learning.people.models import Person
from learning.records import vocabulary as words
from learning.records.services import store


@dataclass(frozen=True)
class Waivable:
    """An assignable unit that the learner has not satisfied."""

    unit: Unit
    item: Item

    @property
    def key(self) -> str:
        """What names it in a form."""
        return f"{self.unit.pk} {self.item.unit.id}"


def waivable(registration: Registration) -> list[Waivable]:
    """Return what is left of the cmi5 packages of a registration, in the order of the course."""
    units = Unit.objects.filter(
        topic__version=registration.version_id, kind=UnitKind.PACKAGE, package__kind=Kind.CMI5
    )
    return [
        Waivable(unit, item)
        for unit in units.select_related("package", "topic").order_by("topic__order", "order")
        for item in Contents(registration, unit).startable
        if item.progress is None or not item.progress.is_completed
    ]


@transaction.atomic
def waive(
    registration: Registration,
    wanted: Waivable,
    reason: WaiverReason,
    because: str,
    *,
    actor: Person,
    now: datetime,
) -> None:
    """Excuse the learner from a unit, say so in the records, and count it. Raises NothingToWaive."""
    store.take_turn()
    lock(registration)
    contents, item = Contents(registration, wanted.unit), wanted.item.unit.id
    row = row_of(contents, item, now=now)
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
