"""Lists with which an officer enrols staff: checked row by row, then enrolled as confirmed."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from enrollment.models import CourseRound, Enrolment
from enrollment.services import enrolments
from enrollment.services.enrolments import Entered
from learning.people import rosters
from learning.people.access import is_administrator, officer_agencies
from learning.people.models import Person
from learning.people.rosters import RowError
from learning.spreadsheets import write_table

# The first of each pair is what the template writes; the others are what people have in their files.
NUMBER_HEADINGS = (rosters.NATIONAL_ID, "national_id")
EMAIL_HEADINGS = (rosters.EMAIL, "email")


class CheckExpired(rosters.CheckExpired):
    """The confirmation of a list of learners came too late, or from elsewhere."""

    code = "enrolment_check_expired"


_SEAL = rosters.Seal("enrolment", CheckExpired)


@dataclass(frozen=True)
class Again:
    """A row of somebody who completed the course before, in another round."""

    row: int
    completed: Enrolment


@dataclass
class ListCheck(rosters.Check):
    """What a file holds: persons to enrol, those of them who learn it once more, and rows with errors."""

    persons: list[int] = field(default_factory=list)
    again: list[Again] = field(default_factory=list)
    # How many of them get no seat as it is now, and what that means where nobody can wait for one.
    without_seat: int = 0
    refusal: str = ""


def template() -> bytes:
    """Return an empty list as a workbook, with one example row to write over."""
    return write_table((NUMBER_HEADINGS[0], EMAIL_HEADINGS[0]), [["1234567890121", ""]], "xlsx")


def check_file(round_: CourseRound, upload: BinaryIO, name: str, *, actor: Person) -> ListCheck:
    """Read a list, find its persons among the officer's staff, and judge each; nothing is changed.

    Raises a SpreadsheetError for a file that is no table or lacks the columns.
    """
    rows = rosters.find_persons(
        rosters.read_list(upload, name),
        staff_of(actor),
        # One sentence for "unknown" and "of another agency": the list is no way to look people up.
        unknown=_("No registered person of your agency has this. Check it, or import the person first."),
        number_headings=NUMBER_HEADINGS,
        email_headings=EMAIL_HEADINGS,
    )
    named = [row.person for row in rows if row.person is not None]
    judged = enrolments.judge(round_, named)
    completed = enrolments.completed_before(round_, named)
    check = ListCheck(rows=len(rows))
    for row in rows:
        if row.error:
            check.errors.append(row.error)
        elif row.person is not None:
            sentences = judged[row.person]
            if sentences:
                check.errors.append(RowError(row.number, "", " ".join(sentences)))
            else:
                check.persons.append(row.person)
                if before := completed.get(row.person):
                    check.again.append(Again(row.number, before))
    free = enrolments.free_seats(round_)
    if free is not None and free < len(check.persons):
        check.without_seat = len(check.persons) - free
        check.refusal = "" if round_.has_waiting_list else enrolments.too_many(len(check.persons), free)
    return check


def staff_of(actor: Person) -> QuerySet[Person]:
    """Return whom an officer may enrol: active staff of the agencies looked after; an administrator all."""
    people = Person.objects.filter(is_active=True)
    return people if is_administrator(actor) else people.filter(agency__in=officer_agencies(actor))


def seal(round_: CourseRound, actor: Person, check: ListCheck) -> str:
    """Return the checked persons as a signed text that the confirmation page carries."""
    return _SEAL.close(round_, actor, check.persons)


def apply(round_: CourseRound, sealed: str, *, actor: Person, now: datetime) -> Entered:
    """Enrol the persons of a checked list. Raises CheckExpired and what `enrol_many` raises."""
    return enrolments.enrol_many(round_, _SEAL.open(round_, actor, sealed), actor=actor, now=now)
