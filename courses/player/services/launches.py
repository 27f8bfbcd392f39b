"""Launches: one item of a package opened once, and the secret that lets its run-time write to it alone."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from django.db import transaction
from django.utils import timezone

from courses.catalogue.models import Unit
from courses.packages import h5p
from courses.packages import package as packages
from courses.packages.package import Kind
from courses.player import prerequisites
from courses.player.errors import ItemLocked, LaunchEnded, NoSuchItem, SessionTaken, UnitClosed
from courses.player.models import ItemProgress, Launch, Purpose, Registration
from courses.player.services.progress import refuse_closed
from courses.player.services.registrations import check_session, lock
from courses.player.services.sequences import WHOLE, WayThrough, has_sequence
from courses.player.services.statements import tell_items_abandoned
from learning.people.rosters import chunks

# No longer than the portal's own sign-in; a page that stays open longer is opened anew, and loses nothing.
LASTS = timedelta(hours=12)
# Somebody looks every hour; what was told is kept in the outbox for longer than this.
_LOOKED_BACK = timedelta(days=3)
SILENT = (Kind.HTML, Kind.MP4, Kind.PDF)


@dataclass(frozen=True)
class Item:
    """One line of the menu: an item of the package, or a heading over others, and how far the learner is."""

    unit: packages.Unit
    depth: int
    progress: ItemProgress | None
    # Why it does not open now.
    closed: ItemLocked | None = None

    @property
    def is_locked(self) -> bool:
        """Whether it does not open now."""
        return self.closed is not None

    @property
    def is_waived(self) -> bool:
        """Whether the learner was excused from it."""
        return self.progress is not None and "waived" in self.progress.state

    @property
    def is_completed(self) -> bool:
        """Whether nothing is left to do in it."""
        return (
            self.progress is not None and self.progress.is_completed and self.progress.is_passed is not False
        )


class Contents:
    """What a package holds, with what one learner did in it."""

    def __init__(self, registration: Registration, unit: Unit) -> None:
        assert unit.package is not None
        self.registration, self.unit = registration, unit
        self.package = unit.package.contents

    @cached_property
    def progress(self) -> dict[str, ItemProgress]:
        """The learner's progress by item; what a package remembers as a whole is under ""."""
        rows = ItemProgress.objects.filter(registration=self.registration, unit=self.unit)
        return {row.item: row for row in rows}

    def row(self, item: str, *, now: datetime) -> ItemProgress:
        """Return how far an item is, of "" the package as a whole; a row is made where there is none."""
        row = self.progress.get(item)
        if row is None:
            row, _is_new = ItemProgress.objects.get_or_create(
                registration=self.registration, unit=self.unit, item=item, defaults={"updated_at": now}
            )
            self.progress[item] = row
        return row

    @cached_property
    def sequence(self) -> WayThrough | None:
        """The learner's walk through it, where rules of the package decide what opens."""
        return WayThrough(self.package, self.progress.get(WHOLE)) if has_sequence(self.package) else None

    @property
    def menu(self) -> list[Item]:
        """The items in the order of the manifest, invisible ones left out."""
        return list(self._lines(self.package.units, 0))

    @property
    def startable(self) -> list[Item]:
        """The items of the menu that can be started."""
        return [item for item in self.menu if item.unit.href]

    def resumed(self) -> Item:
        """Return where to go on: the item worked on last, unless it is done; then the first that is not."""
        startable = [item for item in self.startable if not item.is_locked] or self.startable
        seen = [(item.progress.updated_at, place) for place, item in enumerate(startable) if item.progress]
        last = startable[max(seen)[1]] if seen else None
        if last is not None and not last.is_completed:
            return last
        return next((item for item in startable if not item.is_completed), last or startable[0])

    def item(self, identifier: str) -> Item:
        """Return one startable item by its id, visible or not. Raises NoSuchItem."""
        for item in self.startable:
            if item.unit.id == identifier:
                return item
        for unit in self.package.launchable:
            if unit.id == identifier:
                return self._item(unit, 0)
        raise NoSuchItem

    def neighbours(self, item: Item) -> tuple[Item | None, Item | None]:
        """Return the items before and after this one that are open."""
        items = self.startable
        place = next((place for place, each in enumerate(items) if each.unit.id == item.unit.id), None)
        if place is None:
            return None, None
        before = [each for each in items[:place] if not each.is_locked]
        after = [each for each in items[place + 1 :] if not each.is_locked]
        return (before[-1] if before else None), (after[0] if after else None)

    @property
    def is_marked_by_hand(self) -> bool:
        """Whether the package says nothing itself of being completed, so that its learner does."""
        played = self.package.h5p
        if played is None:
            return self.package.kind in SILENT
        if played.is_silent is not None:
            return played.is_silent
        return played.main is not None and played.main.name in h5p.HOLDERS | h5p.SHOWING

    @property
    def is_tracked_elsewhere(self) -> bool:
        """Whether the package talks to the record store, wherever its pages are kept."""
        return self.package.kind in {Kind.CMI5, Kind.XAPI}

    def statuses(self) -> dict[str, str]:
        """Return how far every item and heading is, in the words of SCORM 1.2."""
        found: dict[str, str] = {}
        for unit in self.package.units:
            _add_status(unit, self.progress, found)
        return found

    @cached_property
    def _statuses(self) -> dict[str, str]:
        return self.statuses()

    def _item(self, unit: packages.Unit, depth: int) -> Item:
        return Item(unit, depth, self.progress.get(unit.id), self._closed(unit))

    def _closed(self, unit: packages.Unit) -> ItemLocked | None:
        if not unit.href:
            return None
        if self.sequence is not None:
            return self.sequence.closed(unit.id)
        # Who previews looks at every item, as at every unit.
        is_preview = self.registration.purpose == Purpose.PREVIEW
        needs = unit.scorm.prerequisites if unit.scorm and not is_preview else ""
        return None if prerequisites.are_met(needs, self._statuses) else ItemLocked()

    def _lines(self, units: Sequence[packages.Unit], depth: int) -> list[Item]:
        lines = []
        for unit in units:
            if unit.scorm is not None and not unit.scorm.is_visible:
                # A heading that is hidden does not hide what is under it.
                lines += self._lines(unit.units, depth)
                continue
            lines.append(self._item(unit, depth))
            lines += self._lines(unit.units, depth + 1)
        return lines


def launch(
    registration: Registration, unit: Unit, item: str, session: str, *, now: datetime | None = None
) -> tuple[Launch, str]:
    """Open an item for the device that holds the session, and return the launch with its secret.

    Raises SessionTaken, UnitClosed, NoSuchItem or ItemLocked.
    """
    now = now or timezone.now()
    check_session(registration, session)
    refuse_closed(registration, unit, now=now)
    contents = Contents(registration, unit)
    closed = contents.item(item).closed
    if closed is not None:
        raise closed
    if contents.sequence is not None and (
        contents.sequence.open is None or contents.sequence.open.id != item
    ):
        raise ItemLocked
    secret = secrets.token_urlsafe(32)
    made = Launch.objects.create(
        registration=registration,
        unit=unit,
        item=item,
        secret_hash=hashed(secret),
        session=session,
        created_at=now,
        expires_at=now + LASTS,
    )
    return made, secret


def find(secret: str, *, now: datetime | None = None) -> Launch:
    """Return the launch that a secret opens. Raises LaunchEnded, SessionTaken or UnitClosed."""
    now = now or timezone.now()
    found = Launch.objects.filter(secret_hash=hashed(secret))
    opened = found.select_related(
        "registration__person", "registration__version", "unit__topic", "unit__package"
    ).first()
    if opened is None or opened.ended_at is not None or now >= opened.expires_at:
        raise LaunchEnded
    check_session(opened.registration, opened.session)
    refuse_closed(opened.registration, opened.unit, now=now)
    return opened


def is_valid(opened: Launch, *, now: datetime | None = None) -> bool:
    """Say whether a launch goes on: not ended or too old, on the course's device, in its dates."""
    now = now or timezone.now()
    try:
        check_session(opened.registration, opened.session)
        refuse_closed(opened.registration, opened.unit, now=now)
    except (SessionTaken, UnitClosed):
        return False
    return opened.ended_at is None and now < opened.expires_at


@transaction.atomic
def begin(opened: Launch, *, now: datetime | None = None) -> ItemProgress:
    """Let a run-time start: earlier launches of the same item end, so that one window writes."""
    now = now or timezone.now()
    lock(opened.registration)
    mine = {"registration": opened.registration, "unit": opened.unit, "item": opened.item}
    Launch.objects.filter(**mine, ended_at=None, created_at__lte=opened.created_at).exclude(
        pk=opened.pk
    ).update(ended_at=now)
    progress, _is_new = ItemProgress.objects.get_or_create(**mine, defaults={"updated_at": now})
    return progress


def abandon_lost(*, now: datetime) -> int:
    """Tell the learning records of launches that became too old and whose run-time never said its end."""
    lost = Launch.objects.filter(expires_at__gt=now - _LOOKED_BACK, expires_at__lte=now)
    rows = lost.select_related("registration__person", "registration__version__course", "unit__package")
    return sum(_abandon(some) for some in chunks(rows.order_by("expires_at").iterator()))


@transaction.atomic
def _abandon(some: Sequence[Launch]) -> int:
    return tell_items_abandoned(some)


def remote_address(unit: packages.Unit) -> str:
    """Return the address of an item that its author keeps elsewhere, empty for one in the package."""
    return f"{unit.href}{unit.parameters}" if "://" in unit.href else ""


def hashed(secret: str) -> str:
    """Return what is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _add_status(unit: packages.Unit, progress: dict[str, ItemProgress], found: dict[str, str]) -> str:
    """Find the status of a unit and those under it; a heading is completed when all under it are."""
    statuses = [_add_status(child, progress, found) for child in unit.units]
    if unit.href:
        statuses.append(_status(progress.get(unit.id)))
    done = {"completed", "passed"}
    if statuses and all(status in done for status in statuses):
        status = "passed" if set(statuses) == {"passed"} else "completed"
    elif "failed" in statuses:
        status = "failed"
    else:
        status = "not attempted" if set(statuses) <= {"not attempted"} else "incomplete"
    found[unit.id] = status
    return status


def _status(progress: ItemProgress | None) -> str:
    if progress is None:
        return "not attempted"
    if progress.is_passed is not None:
        return "passed" if progress.is_passed else "failed"
    return "completed" if progress.is_completed else "incomplete"
