"""Read the candidates of a round from a spreadsheet: checked first, then entered as confirmed."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import BinaryIO

from django.conf import settings
from django.core.signing import BadSignature, dumps, loads
from django.db.models.functions import Lower
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from exams.registration.models import Candidate, Centre, Level, Round
from exams.registration.services.candidates import Entry
from learning import thai
from learning.errors import DomainError
from learning.people import national_id
from learning.people.models import Person
from learning.spreadsheets import BadHeadings, read_table, write_table

MAX_ROWS = 20_000
NATIONAL_ID, EMAIL, LEVEL = "เลขประจำตัวประชาชน", "อีเมล", "ระดับที่สมัครสอบ"
CENTRE, NUMBER = "รหัสศูนย์สอบ", "เลขประจำตัวสอบ"
EXTRA, ACCOMMODATION = "เวลาเพิ่ม (ร้อยละ)", "การอำนวยความสะดวก"
HEADINGS = (NATIONAL_ID, EMAIL, LEVEL, CENTRE, NUMBER, EXTRA, ACCOMMODATION)

_SHORT_LEVELS = {
    "ปวท.": Level.DIPLOMA,
    "ปวส.": Level.DIPLOMA,
    "อนุปริญญา": Level.DIPLOMA,
    "ป.ตรี": Level.BACHELOR,
    "ป.โท": Level.MASTER,
}
_MAX_NUMBER, _MAX_ACCOMMODATION, _MAX_EXTRA = 12, 200, 200
_PERCENT = re.compile("[0-9]{1,3}")
_CHUNK = 500
_SALT = "exams.registration.entries"
_MAX_AGE_SECONDS = 60 * 60


class CheckExpired(DomainError):
    """The confirmation of a list came too late, or from elsewhere."""

    code = "entry_check_expired"
    status = 400
    message = _("This check of the list is no longer valid. Upload the file again.")


@dataclass(frozen=True)
class RowError:
    """What is wrong with one row: where it stands in the sheet, in which column, and what to do."""

    row: int
    column: str
    message: str | Promise


@dataclass
class EntryCheck:
    """What a file holds: entries to make, rows with errors, and rows of persons who are entered already."""

    entries: list[Entry] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    already: int = 0
    rows: int = 0


def template() -> bytes:
    """Return an empty list as a workbook, with one example row to write over."""
    return write_table(HEADINGS, [["1234567890121", "", "ปริญญาตรี", "1001", "", "", ""]], "xlsx")


def check_file(round_: Round, upload: BinaryIO, name: str) -> EntryCheck:
    """Read a list and judge every row; nothing is changed.

    Raises a SpreadsheetError for a file that is no table or lacks the columns.
    """
    table = read_table(upload, name, max_rows=MAX_ROWS, max_bytes=settings.IMPORT_MAX_BYTES)
    table.require([LEVEL])
    if NATIONAL_ID not in table.headers and EMAIL not in table.headers:
        raise BadHeadings(
            _("The list needs a column “%(number)s” or “%(email)s”. Use the template.")
            % {"number": NATIONAL_ID, "email": EMAIL}
        )
    rows = list(table.rows)
    judge = _Judge(round_, [row for _number, row in rows])
    check = EntryCheck(rows=len(rows))
    for number, row in rows:
        errors = [RowError(number, column, message) for column, message in judge.problems(number, row)]
        check.errors += errors
        if not errors:
            entry = judge.entry(row)
            if entry.person in judge.entered:
                check.already += 1
            else:
                check.entries.append(entry)
    return check


class _Judge:
    """Knows what a list refers to: persons, levels, centres, and what the round has already."""

    def __init__(self, round_: Round, rows: list[dict[str, str]]) -> None:
        numbers = {national_id.clean(row.get(NATIONAL_ID, "")) for row in rows}
        indexes = [national_id.blind_index(number) for number in numbers if national_id.is_valid(number)]
        emails = [row.get(EMAIL, "").strip().lower() for row in rows if not row.get(NATIONAL_ID)]
        people = Person.objects.filter(is_active=True)
        self.people: dict[str, int] = {}
        for chunk in _chunks(indexes):
            found = people.filter(national_id_index__in=chunk)
            self.people |= dict(found.values_list("national_id_index", "pk"))
        for chunk in _chunks(filter(None, emails)):
            folded = people.annotate(folded=Lower("email")).filter(folded__in=chunk)
            self.people |= dict(folded.values_list("folded", "pk"))
        self.centres = dict(Centre.objects.values_list("code", "pk"))
        self.entered = set(round_.candidates.values_list("person_id", flat=True))
        wanted = [row.get(NUMBER, "") for row in rows]
        self.taken = {
            number
            for chunk in _chunks(filter(None, wanted))
            for number in Candidate.objects.filter(number__in=chunk).values_list("number", flat=True)
        }
        self.repeated = {number for number, count in Counter(filter(None, wanted)).items() if count > 1}
        self.levels = _levels()
        self._row_of: dict[int, int] = {}

    def _key(self, row: dict[str, str]) -> tuple[str, str]:
        """Return the column that names the person, and what it finds them by."""
        number = national_id.clean(row.get(NATIONAL_ID, ""))
        if number:
            return NATIONAL_ID, national_id.blind_index(number) if national_id.is_valid(number) else ""
        return EMAIL, row.get(EMAIL, "").strip().lower()

    def problems(self, number: int, row: dict[str, str]) -> Iterator[tuple[str, str | Promise]]:
        """Yield (column, sentence) for everything wrong with a row."""
        column, key = self._key(row)
        person = self.people.get(key)
        if not key and column == NATIONAL_ID:
            yield column, _("This is not a valid national ID. Check the 13 digits.")
        elif not key:
            yield column, _("The row names nobody. Fill it in or delete it.")
        elif person is None:
            yield column, _("Nobody registered here has this. Check it, or import the person first.")
        elif (earlier := self._row_of.setdefault(person, number)) != number:
            yield column, _("This is the same person as in row %(row)s.") % {"row": earlier}
        if row[LEVEL].strip() not in self.levels:
            yield LEVEL, _("“%(text)s” is not a level. Write it as in the template.") % {"text": row[LEVEL]}
        if (centre := row.get(CENTRE, "")) and centre not in self.centres:
            yield CENTRE, _("There is no centre with the code “%(code)s”.") % {"code": centre}
        yield from self._number_problems(row.get(NUMBER, ""))
        if _extra(row) is None:
            yield EXTRA, _("Write the extra time as a whole number from 0 to 200.")
        if len(row.get(ACCOMMODATION, "")) > _MAX_ACCOMMODATION:
            yield ACCOMMODATION, _("At most 200 letters fit here.")

    def _number_problems(self, number: str) -> Iterator[tuple[str, str | Promise]]:
        if number and not (number.isascii() and number.isalnum() and len(number) <= _MAX_NUMBER):
            yield NUMBER, _("A candidate number has at most 12 digits and Latin letters.")
        elif number in self.taken:
            yield NUMBER, _("This candidate number is in use already.")
        elif number in self.repeated:
            yield NUMBER, _("This candidate number stands in more than one row.")

    def entry(self, row: dict[str, str]) -> Entry:
        """Return the entry that a row without problems makes."""
        return Entry(
            person=self.people[self._key(row)[1]],
            level=self.levels[row[LEVEL].strip()],
            number=row.get(NUMBER, ""),
            centre=self.centres.get(row.get(CENTRE, "")),
            extra_percent=_extra(row) or 0,
            accommodation=thai.tidy(row.get(ACCOMMODATION, "")),
        )


def _chunks(values: Iterable[str]) -> Iterator[list[str]]:
    kept = list(values)
    return (kept[start : start + _CHUNK] for start in range(0, len(kept), _CHUNK))


def _levels() -> dict[str, str]:
    """Return levels by every spelling that people write: both languages, short forms, our own codes."""
    names: dict[str, str] = {short: level.value for short, level in _SHORT_LEVELS.items()}
    for language in ("th", "en"):
        with translation.override(language):
            names |= {str(level.label): level.value for level in Level}
    return names | {level.value: level.value for level in Level}


def _extra(row: dict[str, str]) -> int | None:
    """Return the extra percent, 0 for an empty cell, None for what is none."""
    text = thai.to_arabic_numerals(row.get(EXTRA, "").strip()).removesuffix("%").strip() or "0"
    return int(text) if _PERCENT.fullmatch(text) and int(text) <= _MAX_EXTRA else None


def seal(round_: Round, actor: Person, check: EntryCheck) -> str:
    """Return the checked entries as a signed text that the confirmation page carries."""
    values = [list(asdict(entry).values()) for entry in check.entries]
    payload = {"round": round_.pk, "actor": actor.pk, "entries": values}
    return dumps(payload, salt=_SALT, compress=True)


def unseal(round_: Round, actor: Person, sealed: str) -> list[Entry]:
    """Return the entries of `seal`. Raises CheckExpired when it is old, altered or another officer's."""
    try:
        payload = loads(sealed, salt=_SALT, max_age=_MAX_AGE_SECONDS)
    except BadSignature:
        raise CheckExpired from None
    if payload["round"] != round_.pk or payload["actor"] != actor.pk:
        raise CheckExpired
    return [Entry(*values) for values in payload["entries"]]
