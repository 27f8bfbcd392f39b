"""Topics and units of a version: added, changed, moved, removed, one at a time.

Each call locks the version, so that nothing changes while it is being submitted, and of two authors who
opened the same unit the second is told (`seen`, see writing.py).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import models, transaction
from django.db.models import Max
from django.db.models.fields.files import FieldFile
from django.utils.translation import gettext as _

from courses.catalogue.models import CourseVersion, Topic, Unit, UnitKind
from courses.content.models import StoredPackage
from courses.player.models import Purpose, Registration, UnitProgress
from courses.studio.errors import InvalidUnit, OrderImpossible
from courses.studio.services.writing import compare, open_for_writing, topic_seen, unit_seen
from learning.people import audit
from learning.people.models import Person


# -- Topics -----------------------------------------------------------------------------------------
@transaction.atomic
def add_topic(version: CourseVersion, values: Mapping[str, Any], *, actor: Person) -> Topic:
    """Add a topic at the end. Raises VersionFrozen."""
    locked = open_for_writing(version, actor=actor)
    topic = Topic.objects.create(version=locked, order=_next(locked.topics.all()), **values)
    audit.record(actor, "studio.topic_added", locked, name=topic.name_th)
    return topic


@transaction.atomic
def change_topic(topic: Topic, values: Mapping[str, Any], *, seen: str, actor: Person) -> Topic:
    """Name a topic anew, or give it other minutes. Raises VersionFrozen, ChangedMeanwhile."""
    locked = open_for_writing(topic.version, actor=actor)
    stored = Topic.objects.get(pk=topic.pk)
    compare(seen, topic_seen(stored))
    changed = _set(stored, values)
    if changed:
        stored.save(update_fields=changed)
        audit.record(actor, "studio.topic_changed", locked, name=stored.name_th, fields=changed)
    return stored


@transaction.atomic
def move_topic(topic: Topic, by: int, *, actor: Person) -> None:
    """Move a topic with its units one place up (-1) or down (1). Raises VersionFrozen, OrderImpossible."""
    locked = open_for_writing(topic.version, actor=actor)
    topics = list(locked.topics.all())
    if _swap(topics, topic, by):
        _number(topics)
        _refuse_impossible_order(locked)
        audit.record(actor, "studio.topic_moved", locked, name=topic.name_th, by=by)


@transaction.atomic
def remove_topic(topic: Topic, *, actor: Person) -> None:
    """Remove a topic with its units. Raises VersionFrozen."""
    locked = open_for_writing(topic.version, actor=actor)
    _forget_previews_of(topic.units.all())
    audit.record(actor, "studio.topic_removed", locked, name=topic.name_th, units=topic.units.count())
    Topic.objects.filter(pk=topic.pk).delete()


# -- Units ------------------------------------------------------------------------------------------
@transaction.atomic
def add_unit(topic: Topic, kind: str, values: Mapping[str, Any], *, actor: Person) -> Unit:
    """Add a unit at the end of a topic. Raises VersionFrozen, InvalidUnit."""
    locked = open_for_writing(topic.version, actor=actor)
    unit = Unit(topic=topic, kind=kind, order=_next(topic.units.all()), **values)
    _check(unit, locked)
    unit.save()
    audit.record(actor, "studio.unit_added", locked, title=unit.title, kind=kind, unit=unit.pk)
    return unit


@transaction.atomic
def change_unit(unit: Unit, values: Mapping[str, Any], *, seen: str, actor: Person) -> Unit:
    """Change what a unit holds. Raises VersionFrozen, ChangedMeanwhile, InvalidUnit."""
    locked = open_for_writing(unit.topic.version, actor=actor)
    stored: Unit = Unit.objects.select_related("topic").get(pk=unit.pk)
    compare(seen, unit_seen(stored))
    changed = _set(stored, values)
    if changed:
        _check(stored, locked)
        stored.save(update_fields=changed)
        audit.record(actor, "studio.unit_changed", locked, title=stored.title, unit=stored.pk, fields=changed)
    return stored


@transaction.atomic
def move_unit(unit: Unit, by: int, *, actor: Person) -> None:
    """Move a unit one place up (-1) or down (1), at the edge of its topic into the next one.

    Raises VersionFrozen, OrderImpossible.
    """
    locked = open_for_writing(unit.topic.version, actor=actor)
    stored = Unit.objects.select_related("topic").get(pk=unit.pk)
    units = list(stored.topic.units.all())
    if _swap(units, stored, by):
        _number(units)
    elif not _move_to_neighbour(stored, by):
        return
    _refuse_impossible_order(locked)
    audit.record(actor, "studio.unit_moved", locked, title=stored.title, unit=stored.pk, by=by)


@transaction.atomic
def remove_unit(unit: Unit, *, actor: Person) -> None:
    """Remove a unit; what waited for it no longer waits. Raises VersionFrozen."""
    locked = open_for_writing(unit.topic.version, actor=actor)
    _forget_previews_of(Unit.objects.filter(pk=unit.pk))
    audit.record(actor, "studio.unit_removed", locked, title=unit.title, unit=unit.pk)
    Unit.objects.filter(pk=unit.pk).delete()


def units_in_order(version: CourseVersion) -> list[Unit]:
    """Return all units of a version, as learners meet them."""
    return list(
        Unit.objects.filter(topic__version=version)
        .select_related("topic", "opens_after", "package")
        .order_by("topic__order", "order")
    )


def order_problem(units: Sequence[Unit]) -> tuple[Unit, Unit] | None:
    """Return a unit that stands before the one it waits for, with that one."""
    places = {unit.pk: place for place, unit in enumerate(units)}
    for place, unit in enumerate(units):
        if unit.opens_after_id is not None and places.get(unit.opens_after_id, -1) >= place:
            return unit, units[places[unit.opens_after_id]]
    return None


def _next(rows: "models.QuerySet[Any]") -> int:
    last = rows.aggregate(last=Max("order"))["last"]
    return 0 if last is None else last + 1


def _set(row: models.Model, values: Mapping[str, Any]) -> list[str]:
    """Set what is another; the names of what was."""
    changed = []
    for name, value in values.items():
        present = getattr(row, name)
        if (present.name if isinstance(present, FieldFile) else present) != value:
            setattr(row, name, value)
            changed.append(name)
    return changed


def _swap(rows: list[Any], row: models.Model, by: int) -> bool:
    place = rows.index(row)
    other = place + by
    if not 0 <= other < len(rows):
        return False
    rows[place], rows[other] = rows[other], rows[place]
    return True


def _number(rows: Sequence[Any]) -> None:
    """Write the order of the rows; first behind all, since no two may share a place for a moment."""
    beyond = max(row.order for row in rows) + 1
    for place, row in enumerate(rows):
        type(row).objects.filter(pk=row.pk).update(order=beyond + place)
    for place, row in enumerate(rows):
        type(row).objects.filter(pk=row.pk).update(order=place)


def _move_to_neighbour(unit: Unit, by: int) -> bool:
    topics = list(unit.topic.version.topics.all())
    place = topics.index(unit.topic) + by
    if not 0 <= place < len(topics):
        return False
    target = topics[place]
    rest = list(target.units.all())
    unit.topic, unit.order = target, _next(target.units.all())
    unit.save(update_fields=["topic", "order"])
    if rest and by > 0:
        _number([unit, *rest])
    return True


def _refuse_impossible_order(version: CourseVersion) -> None:
    found = order_problem(units_in_order(version))
    if found is not None:
        raise OrderImpossible(found[0].title, found[1].title)


def _check(unit: Unit, version: CourseVersion) -> None:
    """Raise InvalidUnit for what the database would refuse, or what belongs to others."""
    opener = unit.opens_after
    if opener is not None:
        units = units_in_order(version)
        before = units[: units.index(unit)] if unit.pk else _before_the_end(units, unit.topic)
        if opener not in before:
            raise InvalidUnit(_("A unit can only wait for one that comes before it."))
    if unit.package is not None and UnitKind.showing(unit.package.kind) != unit.kind:
        raise InvalidUnit
    if unit.kind == UnitKind.PACKAGE and unit.package is None:
        raise InvalidUnit
    if (unit.kind == UnitKind.LINK) != bool(unit.address):
        raise InvalidUnit


def _before_the_end(units: Sequence[Unit], topic: Topic) -> list[Unit]:
    return [unit for unit in units if unit.topic.order <= topic.order]


def openers(version: CourseVersion, *, unit: Unit | None, topic: Topic) -> list[Unit]:
    """Return the units that may open this one, or one at the end of the topic: those that come before."""
    units = units_in_order(version)
    return units[: units.index(unit)] if unit is not None else _before_the_end(units, topic)


def packages_of(version: CourseVersion) -> "models.QuerySet[StoredPackage]":
    """Return the packages that units of the version use."""
    return StoredPackage.objects.filter(units__topic__version=version).distinct()


# -- Previews ---------------------------------------------------------------------------------------
def forget_preview(version: CourseVersion, person: Person) -> None:
    """Begin the person's preview anew, with nothing learnt."""
    Registration.objects.filter(version=version, person=person, purpose=Purpose.PREVIEW).delete()


def _forget_previews_of(units: "models.QuerySet[Unit]") -> None:
    """Forget previews that went through units which go; what real learners did is never touched."""
    progress = UnitProgress.objects.filter(unit__in=units)
    previews = Registration.objects.filter(purpose=Purpose.PREVIEW).filter(
        models.Q(pk__in=progress.values("registration")) | models.Q(last_unit__in=units)
    )
    previews.delete()
