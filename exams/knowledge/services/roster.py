"""Read an agency's staff list from a spreadsheet and find the persons on it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import BinaryIO

from django.utils.translation import gettext_lazy as _

from exams.knowledge.models import Round
from learning.people import rosters
from learning.people.models import Agency, Person

# The first of each pair is what the template writes; the others are what people have in their files.
NUMBER_HEADINGS = (rosters.NATIONAL_ID, "national_id")
EMAIL_HEADINGS = (rosters.EMAIL, "email")


class CheckExpired(rosters.CheckExpired):
    """The confirmation of a staff list came too late, or from elsewhere."""

    code = "roster_check_expired"


_SEAL = rosters.Seal("staff", CheckExpired)


@dataclass
class RosterCheck(rosters.Check):
    """What a file holds: persons to add, rows with errors, and rows of persons on the list already."""

    persons: list[int] = field(default_factory=list)


def check_file(round_: Round, upload: BinaryIO, name: str) -> RosterCheck:
    """Read a staff list and find its persons among the agency's staff; nothing is changed.

    Raises a SpreadsheetError for a file that is no table or lacks the columns.
    """
    rows = rosters.find_persons(
        rosters.read_list(upload, name),
        Person.objects.filter(agency__in=_staff(round_), is_active=True),
        # One sentence for "unknown" and "of another agency": the list is no way to look people up.
        unknown=_("No registered person of this agency has this. Check it, or import the person first."),
        number_headings=NUMBER_HEADINGS,
        email_headings=EMAIL_HEADINGS,
    )
    on_list = set(round_.invitations.values_list("person_id", flat=True))
    check = RosterCheck(rows=len(rows))
    for row in rows:
        if row.error:
            check.errors.append(row.error)
        elif row.person in on_list:
            check.already += 1
        elif row.person is not None:
            check.persons.append(row.person)
    return check


def _staff(round_: Round) -> Iterable[Agency]:
    if round_.support_request is None:
        return Agency.objects.none()
    return Agency.objects.within(round_.support_request.agency)


def seal(round_: Round, actor: Person, check: RosterCheck) -> str:
    """Return the checked persons as a signed text that the confirmation page carries."""
    return _SEAL.close(round_, actor, check.persons)


def unseal(round_: Round, actor: Person, sealed: str) -> list[int]:
    """Return the persons of `seal`. Raises CheckExpired when it is old, altered or another officer's."""
    return _SEAL.open(round_, actor, sealed)
