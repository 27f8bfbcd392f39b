"""Duties of a whole round from a spreadsheet: room and invigilator, checked first, given as confirmed."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from exams.registration.models import RoomDuty, Round
from learning import thai
from learning.people import audit, rosters
from learning.people.models import Person, Role
from learning.people.rosters import RowError
from learning.spreadsheets import write_table

ROOM, CENTRE = "ห้องสอบ", "รหัสศูนย์สอบ"
HEADINGS = (CENTRE, ROOM, rosters.EMAIL, rosters.NATIONAL_ID)
# Duties named in one audit entry.
_NAMED = 500


class CheckExpired(rosters.CheckExpired):
    """The confirmation of a list of invigilators came too late, or from elsewhere."""

    code = "duty_check_expired"


_SEAL = rosters.Seal("duties", CheckExpired)


@dataclass(frozen=True)
class Duty:
    """Who watches which room: primary keys."""

    room: int
    person: int


@dataclass
class DutyCheck(rosters.Check):
    """What a file holds: duties to give, rows with errors, and rows of duties that are given already."""

    duties: list[Duty] = field(default_factory=list)


def template(round_: Round) -> bytes:
    """Return a list of the round's rooms as a workbook, to put the invigilators beside."""
    rooms = round_.rooms.order_by("centre__code", "name").values_list("centre__code", "name")
    return write_table(HEADINGS, [[code, name, "", ""] for code, name in rooms], "xlsx")


def check_file(round_: Round, upload: BinaryIO, name: str) -> DutyCheck:
    """Read a list and judge every row; nothing is changed.

    A person stands in one row at most: all rooms of a round are sat at the same moment. A room may have
    several rows. Raises a SpreadsheetError for a file that is no table or lacks the columns.
    """
    table = rosters.read_list(upload, name)
    table.require([ROOM])
    invigilators = Person.objects.filter(is_active=True, role_grants__role=Role.INVIGILATOR).distinct()
    rows = rosters.find_persons(
        table, invigilators, unknown=_("No invigilator has this national ID or e-mail.")
    )
    rooms: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for pk, room, code in round_.rooms.values_list("pk", "name", "centre__code"):
        rooms[room].append((code, pk))
    given = set(round_.duties.values_list("room", "person"))
    check = DutyCheck(rows=len(rows))
    for row in rows:
        room_pk, problem = _room(rooms, row.cells)
        errors = [row.error] if row.error else []
        errors += [RowError(row.number, column, text) for column, text in problem]
        check.errors += errors
        if errors or row.person is None or room_pk is None:
            continue
        if (room_pk, row.person) in given:
            check.already += 1
        else:
            check.duties.append(Duty(room_pk, row.person))
    return check


def _room(
    rooms: dict[str, list[tuple[str, int]]], cells: dict[str, str]
) -> tuple[int | None, list[tuple[str, str | Promise]]]:
    """Return the room that a row names, and what is wrong with its name."""
    name, code = thai.tidy(cells[ROOM]), cells.get(CENTRE, "").strip()
    found = rooms.get(name, [])
    if code:
        found = [each for each in found if each[0] == code]
    if not found:
        text = _("The round uses no room “%(room)s”. Write centre and room as in the template.")
        return None, [(ROOM, text % {"room": name})]
    if len(found) > 1:
        text = _("Several centres have a room “%(room)s”. Write the code of the centre.")
        return None, [(CENTRE, text % {"room": name})]
    return found[0][1], []


@transaction.atomic
def give(round_: Round, duties: Sequence[Duty], *, actor: Person) -> int:
    """Give the duties that are not given yet, and return how many were.

    Rooms that the round has stopped using since the check, and people who lost the role, are left out.
    """
    rooms = set(round_.rooms.values_list("pk", flat=True))
    people = set(
        Person.objects.filter(
            pk__in={duty.person for duty in duties}, is_active=True, role_grants__role=Role.INVIGILATOR
        ).values_list("pk", flat=True)
    )
    given = set(round_.duties.values_list("room", "person"))
    new = [
        (duty.room, duty.person)
        for duty in dict.fromkeys(duties)
        if duty.room in rooms and duty.person in people and (duty.room, duty.person) not in given
    ]
    RoomDuty.objects.bulk_create(
        [RoomDuty(round=round_, room_id=room, person_id=person) for room, person in new],
        batch_size=1000,
        ignore_conflicts=True,
    )
    for first in range(0, len(new), _NAMED):
        named = [list(pair) for pair in new[first : first + _NAMED]]
        audit.record(actor, "registration.duties_given", round_, rooms_and_persons=named)
    return len(new)


def seal(round_: Round, actor: Person, check: DutyCheck) -> str:
    """Return the checked duties as a signed text that the confirmation page carries."""
    return _SEAL.close(round_, actor, [[duty.room, duty.person] for duty in check.duties])


def unseal(round_: Round, actor: Person, sealed: str) -> list[Duty]:
    """Return the duties of `seal`. Raises CheckExpired when it is old, altered or another officer's."""
    return [Duty(*values) for values in _SEAL.open(round_, actor, sealed)]
