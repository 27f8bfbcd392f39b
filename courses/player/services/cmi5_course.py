"""A cmi5 course as one registration has it: its units and blocks, what is satisfied, what the LMS says of it.

The session of an item is in its `ItemProgress.state`; which blocks and courses are satisfied, in the row of
the package as a whole. Whoever writes statements takes the store's turn first and locks the registration
then, so that a launch and a statement never wait for each other crosswise.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.conf import settings

from courses.packages.package import Cmi5Settings
from courses.packages.package import Unit as PackageUnit
from courses.player import cmi5
from courses.player.services.counting import count
from courses.player.services.launches import Contents
from learning.records import vocabulary as words
from learning.records.services import credentials, store
from learning.records.services.actors import actor_of


@dataclass(frozen=True)
class Au:
    """An assignable unit in the registration of a learner."""

    contents: Contents
    unit: PackageUnit

    @property
    def settings(self) -> Cmi5Settings:
        """What the course structure says about it."""
        assert self.unit.cmi5 is not None
        return self.unit.cmi5

    @property
    def activity(self) -> str:
        """The id under which the platform knows it."""
        return activity_of(self.contents, self.unit)


def activity_of(contents: Contents, unit: PackageUnit | None) -> str:
    """Return the id under which the platform knows a unit, a block, or (None) the course of a package."""
    assert contents.unit.package is not None
    base = f"{settings.PUBLIC_ORIGIN}/learn/activities/{contents.unit.package.pk}"
    return base if unit is None else f"{base}/{quote(unit.id, safe='')}"


def satisfy(contents: Contents, session: str, *, now: datetime) -> None:
    """Complete units that ask for nothing; say which blocks, at last the course, are satisfied (9.3.9)."""
    for unit in contents.package.launchable:
        row = contents.row(unit.id, now=now) if _asks_for_nothing(unit) else None
        if row is not None and not row.is_completed:
            row.is_completed = True
            row.save(update_fields=["is_completed"])
            count(contents, now=now)
    whole = contents.row("", now=now)
    said = whole.state.setdefault("satisfied", [])
    new = [part for part in _satisfied(contents) if _name(part) not in said]
    for part in new:
        said.append(_name(part))
        _say_satisfied(contents, part, session, now=now)
    if new:
        whole.save(update_fields=["state"])


def say(
    au: Au,
    verb: words.Verb,
    session: str,
    *,
    now: datetime,
    categories: Sequence[str] = (),
    extensions: dict[str, Any] | None = None,
    result: dict[str, Any] | None = None,
) -> None:
    """Store what the LMS says about a unit in a session; `categories` are those besides cmi5's own."""
    thing = _thing(au.activity, au.settings.activity_type or words.Type.LESSON, au.unit.title)
    statement = _statement(au.contents, verb, thing, au.unit.id, session, now=now)
    context = statement["context"]
    context["contextActivities"]["category"] += [{"id": category} for category in categories]
    context["extensions"] |= extensions or {}
    if result:
        statement["result"] = result
    _store(statement)


def _asks_for_nothing(unit: PackageUnit) -> bool:
    return unit.cmi5 is not None and unit.cmi5.move_on == "NotApplicable"


def _name(part: PackageUnit | None) -> str:
    return "" if part is None else part.id


def _satisfied(contents: Contents) -> Iterator[PackageUnit | None]:
    """Yield the blocks of which everything is satisfied, inner ones first, then None for the course."""

    def done(unit: PackageUnit) -> bool:
        row = contents.progress.get(unit.id)
        own = not unit.href or (row is not None and row.is_completed)
        return own and all(done(child) for child in unit.units)

    def blocks(units: Sequence[PackageUnit]) -> Iterator[PackageUnit]:
        for unit in units:
            yield from blocks(unit.units)
            if not unit.href and done(unit):
                yield unit

    yield from blocks(contents.package.units)
    if all(done(unit) for unit in contents.package.units):
        yield None


def _say_satisfied(contents: Contents, unit: PackageUnit | None, session: str, *, now: datetime) -> None:
    kind = words.Type.COURSE if unit is None else words.Type.PROGRAMME
    title = contents.package.title if unit is None else unit.title
    publisher = contents.package.id if unit is None else unit.id
    thing = _thing(activity_of(contents, unit), kind, title)
    _store(_statement(contents, words.SATISFIED, thing, publisher, session, now=now))


def _statement(
    contents: Contents,
    verb: words.Verb,
    thing: dict[str, Any],
    publisher: str,
    session: str,
    *,
    now: datetime,
) -> dict[str, Any]:
    return {
        "actor": actor_of(contents.registration.person),
        "verb": {"id": verb.iri, "display": {"en": verb.english, "th": verb.thai}},
        "object": thing,
        "context": {
            "registration": str(contents.registration.pk),
            "contextActivities": {
                "category": [{"id": cmi5.CMI5}],
                **({"grouping": [{"id": publisher}]} if publisher else {}),
            },
            "extensions": {cmi5.SESSION: session},
        },
        "timestamp": now.isoformat(timespec="milliseconds"),
    }


def _thing(activity: str, kind: str, title: str) -> dict[str, Any]:
    return {"id": activity, "definition": {"type": kind, "name": {"th": title or "-"}}}


def _store(statement: dict[str, Any]) -> None:
    store.store_own(credentials.own_client("cmi5"), [statement])
