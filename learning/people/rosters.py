"""Lists that name persons who are here already: checked first, and carried out when confirmed.

A row names a person by national ID, or by e-mail where it has none. What a check found travels to the page
that asks for confirmation, and back, as a signed text: nothing is stored for a list that nobody confirms.
New persons come through `learning.people.imports`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO, NamedTuple, TypeVar

from django.conf import settings
from django.core.signing import BadSignature, dumps, loads
from django.db.models import Model, QuerySet
from django.db.models.functions import Lower
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from learning.errors import DomainError
from learning.people import national_id
from learning.people.imports.resource import HEADINGS
from learning.people.models import Person
from learning.spreadsheets import UNCOUNTED, BadHeadings, Table, read_table, uncounted

T = TypeVar("T")
MAX_ROWS = 20_000
NATIONAL_ID, EMAIL = HEADINGS["national_id"], HEADINGS["email"]

_CHUNK = 500
_MAX_AGE_SECONDS = 60 * 60
_WITHOUT_VALUE = {
    "national_id_index": _("This is not a valid national ID. Check the 13 digits."),
    "folded_email": _("The row names nobody. Fill it in or delete it."),
}


class CheckExpired(DomainError):
    """The confirmation of a list came too late, or from elsewhere. Each kind of list has its own code."""

    status = 400
    message = _("This check of the list is no longer valid. Upload the file again.")


@dataclass(frozen=True)
class RowError:
    """What is wrong with one row: where it stands in the sheet, in which column, and what to do."""

    row: int
    column: str
    message: str | Promise


@dataclass(frozen=True)
class Row:
    """A row of a list, with the primary key of the person it names, or with what is wrong in naming one."""

    number: int
    cells: dict[str, str]
    person: int | None
    error: RowError | None


class _Key(NamedTuple):
    """What the person of a row is looked up by; the value is empty where the row has none that could be."""

    found_by: str
    value: str


@dataclass
class Check:
    """What every check of a list tells: rows with errors, rows of persons who are in already, all rows."""

    errors: list[RowError] = field(default_factory=list)
    already: int = 0
    rows: int = 0


def read_list(upload: BinaryIO, name: str) -> Table:
    """Open an uploaded list. Raises a SpreadsheetError for a file that is no table or is too large."""
    return read_table(upload, name, max_rows=MAX_ROWS, max_bytes=settings.IMPORT_MAX_BYTES)


def find_persons(
    table: Table,
    among: QuerySet[Person],
    *,
    unknown: str | Promise,
    number_headings: Sequence[str] = (NATIONAL_ID,),
    email_headings: Sequence[str] = (EMAIL,),
) -> list[Row]:
    """Return every row with the person it names among these, in a few queries for the whole list.

    `unknown` is what a row is told that names nobody of them; the first heading of each kind is the
    template's. Raises BadHeadings for a list with neither.
    """
    number_column, email_column = _heading(table, number_headings), _heading(table, email_headings)
    if number_column is None and email_column is None:
        raise BadHeadings(
            _("The list needs a column “%(number)s” or “%(email)s”. Use the template.")
            % {"number": number_headings[0], "email": email_headings[0]}
        )
    read = [(number, cells, *_key(cells, number_column, email_column)) for number, cells in table.rows]
    people = _look_up(among, (key for *_row, key in read))
    rows: list[Row] = []
    first_row_of: dict[int, int] = {}
    for number, cells, column, key in read:
        person = people.get(key)
        problem: str | Promise | None = None
        if UNCOUNTED in cells:
            person, problem = None, uncounted(cells[UNCOUNTED])
        elif not key.value:
            problem = _WITHOUT_VALUE[key.found_by]
        elif person is None:
            problem = unknown
        elif (earlier := first_row_of.setdefault(person, number)) != number:
            problem = _("This is the same person as in row %(row)s.") % {"row": earlier}
        error = None if problem is None else RowError(number, column, problem)
        rows.append(Row(number, cells, None if error else person, error))
    return rows


def _heading(table: Table, names: Iterable[str]) -> str | None:
    """Return the list's own spelling of the first of the headings that it has."""
    folded = {header.strip().lower(): header for header in table.headers}
    return next((folded[name] for name in names if name in folded), None)


def _key(cells: dict[str, str], number_column: str | None, email_column: str | None) -> tuple[str, _Key]:
    """Return the column in which a row names its person, and what the person is looked up by."""
    number = national_id.clean(cells[number_column]) if number_column else ""
    if number_column and number:
        index = national_id.blind_index(number) if national_id.is_valid(number) else ""
        return number_column, _Key("national_id_index", index)
    email = cells[email_column].strip().lower() if email_column else ""
    return email_column or number_column or "", _Key("folded_email", email)


def _look_up(among: QuerySet[Person], keys: Iterable[_Key]) -> dict[_Key, int]:
    """Return the persons' primary keys by what they were looked up by."""
    values: dict[str, list[str]] = defaultdict(list)
    for key in keys:
        if key.value:
            values[key.found_by].append(key.value)
    people = {
        "national_id_index": among,
        # The index of e-mail addresses has no empty ones, and is used only by those who say so too.
        "folded_email": among.annotate(folded_email=Lower("email")).exclude(email=""),
    }
    return {
        _Key(found_by, value): pk
        for found_by, wanted in values.items()
        for chunk in chunks(wanted)
        for value, pk in people[found_by].filter(**{f"{found_by}__in": chunk}).values_list(found_by, "pk")
    }


def chunks(values: Iterable[T]) -> Iterator[list[T]]:
    """Yield a few hundred values at a time, as many as one query may name."""
    kept = list(values)
    return (kept[start : start + _CHUNK] for start in range(0, len(kept), _CHUNK))


@dataclass(frozen=True)
class Seal:
    """Signs what a check found, for the officer who asked and for what the list is entered into.

    `purpose` keeps one kind of list from passing for another; `expired` is raised for what cannot be opened.
    """

    purpose: str
    expired: type[CheckExpired]

    def close(self, target: Model, actor: Person, values: list[Any]) -> str:
        """Return plain values as a signed text, which is good for an hour."""
        payload = {"target": target.pk, "actor": actor.pk, "values": values}
        return dumps(payload, salt=self._salt, compress=True)

    def open(self, target: Model, actor: Person, sealed: str) -> list[Any]:
        """Return the values of `close`. Raises `expired` for one too old, altered, or another officer's."""
        try:
            payload = loads(sealed, salt=self._salt, max_age=_MAX_AGE_SECONDS)
        except BadSignature:
            raise self.expired from None
        if payload["target"] != target.pk or payload["actor"] != actor.pk:
            raise self.expired
        return list(payload["values"])

    @property
    def _salt(self) -> str:
        return f"learning.people.rosters:{self.purpose}"
