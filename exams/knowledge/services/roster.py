"""Read an agency's staff list from a spreadsheet and find the persons on it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from django.conf import settings
from django.core.signing import BadSignature, dumps, loads
from django.db.models.functions import Lower
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from exams.knowledge.models import Round
from learning.errors import DomainError
from learning.people import national_id
from learning.people.models import Agency, Person
from learning.spreadsheets import BadHeadings, Table, read_table

MAX_ROWS = 20_000
# The first of each pair is what the template writes; the others are what people have in their files.
NUMBER_HEADINGS = ("เลขประจำตัวประชาชน", "national_id")
EMAIL_HEADINGS = ("อีเมล", "email")
_LOOKUP_CHUNK = 500
_SALT = "exams.knowledge.roster"
_MAX_AGE_SECONDS = 60 * 60


class CheckExpired(DomainError):
    """The confirmation of a list came too late, or from elsewhere."""

    code = "roster_check_expired"
    status = 400
    message = _("This check of the list is no longer valid. Upload the file again.")


@dataclass(frozen=True)
class RowError:
    """What is wrong with one row: where it stands in the sheet, in which column, and what to do."""

    row: int
    column: str
    message: str | Promise


@dataclass
class RosterCheck:
    """What a file holds: persons to add, rows with errors, and rows of persons on the list already."""

    persons: list[int] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    already: int = 0
    rows: int = 0


@dataclass(frozen=True)
class _Entry:
    """A row as typed: what identifies the person, and where it stood."""

    row: int
    column: str
    key: str


def check_file(round_: Round, upload: BinaryIO, name: str) -> RosterCheck:
    """Read a staff list and find its persons among the agency's staff; nothing is changed.

    Raises a SpreadsheetError for a file that is no table or lacks the columns.
    """
    table = read_table(upload, name, max_rows=MAX_ROWS, max_bytes=settings.IMPORT_MAX_BYTES)
    check = RosterCheck()
    numbers, emails = _entries(table, check)
    people = _by_number(round_, numbers) | _by_email(round_, emails)
    on_list = set(round_.invitations.values_list("person_id", flat=True))
    seen: dict[int, int] = {}
    for entry in sorted([*numbers, *emails], key=lambda entry: entry.row):
        person = people.get(entry.key)
        if person is None:
            # One sentence for "unknown" and "of another agency": the list is no way to look people up.
            message = _("No registered person of this agency has this. Check it, or import the person first.")
            check.errors.append(RowError(entry.row, entry.column, message))
        elif person in seen:
            doubled = _("This is the same person as in row %(row)s.") % {"row": seen[person]}
            check.errors.append(RowError(entry.row, entry.column, doubled))
        else:
            seen[person] = entry.row
            if person in on_list:
                check.already += 1
            else:
                check.persons.append(person)
    check.errors.sort(key=lambda error: error.row)
    return check


def _heading(table: Table, names: Iterable[str]) -> str | None:
    folded: Mapping[str, str] = {header.strip().lower(): header for header in table.headers}
    return next((folded[name] for name in names if name in folded), None)


def _entries(table: Table, check: RosterCheck) -> tuple[list[_Entry], list[_Entry]]:
    """Split the rows into those with a national ID and those with an e-mail only; note the bad ones."""
    number_column, email_column = _heading(table, NUMBER_HEADINGS), _heading(table, EMAIL_HEADINGS)
    if number_column is None and email_column is None:
        raise BadHeadings(
            _("The list needs a column “%(number)s” or “%(email)s”. Use the template.")
            % {"number": NUMBER_HEADINGS[0], "email": EMAIL_HEADINGS[0]}
        )
    numbers: list[_Entry] = []
    emails: list[_Entry] = []
    for row_number, row in table.rows:
        check.rows += 1
        number = national_id.clean(row.get(number_column or "", ""))
        email = row.get(email_column or "", "").strip().lower()
        if number and not national_id.is_valid(number):
            message = _("This is not a valid national ID. Check the 13 digits.")
            check.errors.append(RowError(row_number, number_column or "", message))
        elif number:
            numbers.append(_Entry(row_number, number_column or "", national_id.blind_index(number)))
        elif email:
            emails.append(_Entry(row_number, email_column or "", email))
        else:
            column = number_column or email_column or ""
            check.errors.append(
                RowError(row_number, column, _("The row names nobody. Fill it in or delete it."))
            )
    return numbers, emails


def _staff(round_: Round) -> Iterable[Agency]:
    if round_.support_request is None:
        return Agency.objects.none()
    return Agency.objects.within(round_.support_request.agency)


def _chunks(entries: list[_Entry]) -> Iterable[list[str]]:
    keys = [entry.key for entry in entries]
    return (keys[start : start + _LOOKUP_CHUNK] for start in range(0, len(keys), _LOOKUP_CHUNK))


def _by_number(round_: Round, entries: list[_Entry]) -> dict[str, int]:
    staff = Person.objects.filter(agency__in=_staff(round_), is_active=True)
    found: dict[str, int] = {}
    for keys in _chunks(entries):
        found |= dict(staff.filter(national_id_index__in=keys).values_list("national_id_index", "pk"))
    return found


def _by_email(round_: Round, entries: list[_Entry]) -> dict[str, int]:
    staff = Person.objects.filter(agency__in=_staff(round_), is_active=True).annotate(folded=Lower("email"))
    found: dict[str, int] = {}
    for keys in _chunks(entries):
        found |= dict(staff.filter(folded__in=keys).values_list("folded", "pk"))
    return found


def seal(round_: Round, actor: Person, check: RosterCheck) -> str:
    """Return the checked persons as a signed text that the confirmation page carries."""
    payload = {"round": round_.pk, "actor": actor.pk, "persons": check.persons}
    return dumps(payload, salt=_SALT, compress=True)


def unseal(round_: Round, actor: Person, sealed: str) -> list[int]:
    """Return the persons of `seal`. Raises CheckExpired when it is old, altered or another officer's."""
    try:
        payload = loads(sealed, salt=_SALT, max_age=_MAX_AGE_SECONDS)
    except BadSignature:
        raise CheckExpired from None
    if payload["round"] != round_.pk or payload["actor"] != actor.pk:
        raise CheckExpired
    return list(payload["persons"])
