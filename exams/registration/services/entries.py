"""Read the candidates of a round from a spreadsheet: checked first, then entered as confirmed."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import BinaryIO

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from exams.registration.models import Candidate, Centre, Level, Round
from exams.registration.services.candidates import Entry
from learning import thai
from learning.people import rosters
from learning.people.models import Person
from learning.people.rosters import RowError
from learning.spreadsheets import write_table

NATIONAL_ID, EMAIL = rosters.NATIONAL_ID, rosters.EMAIL
LEVEL, CENTRE, NUMBER = "ระดับที่สมัครสอบ", "รหัสศูนย์สอบ", "เลขประจำตัวสอบ"
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


class CheckExpired(rosters.CheckExpired):
    """The confirmation of a list of candidates came too late, or from elsewhere."""

    code = "entry_check_expired"


_SEAL = rosters.Seal("candidates", CheckExpired)


@dataclass
class EntryCheck(rosters.Check):
    """What a file holds: entries to make, rows with errors, and rows of persons who are entered already."""

    entries: list[Entry] = field(default_factory=list)


def template() -> bytes:
    """Return an empty list as a workbook, with one example row to write over."""
    return write_table(HEADINGS, [["1234567890121", "", "ปริญญาตรี", "1001", "", "", ""]], "xlsx")


def check_file(round_: Round, upload: BinaryIO, name: str) -> EntryCheck:
    """Read a list and judge every row; nothing is changed.

    Raises a SpreadsheetError for a file that is no table or lacks the columns.
    """
    table = rosters.read_list(upload, name)
    table.require([LEVEL])
    unknown = _("Nobody registered here has this. Check it, or import the person first.")
    rows = rosters.find_persons(table, Person.objects.filter(is_active=True), unknown=unknown)
    judge = _Judge(round_, [row.cells for row in rows])
    check = EntryCheck(rows=len(rows))
    for row in rows:
        errors = [row.error] if row.error else []
        errors += [RowError(row.number, column, message) for column, message in judge.problems(row.cells)]
        check.errors += errors
        if errors or row.person is None:
            continue
        if row.person in judge.entered:
            check.already += 1
        else:
            check.entries.append(judge.entry(row.person, row.cells))
    return check


class _Judge:
    """Knows what a list refers to beside persons: levels, centres, and what the round has already."""

    def __init__(self, round_: Round, rows: list[dict[str, str]]) -> None:
        self.centres = dict(Centre.objects.values_list("code", "pk"))
        self.entered = set(round_.candidates.values_list("person_id", flat=True))
        wanted = [row.get(NUMBER, "") for row in rows]
        self.taken = {
            number
            for chunk in rosters.chunks(filter(None, wanted))
            for number in Candidate.objects.filter(number__in=chunk).values_list("number", flat=True)
        }
        self.repeated = {number for number, count in Counter(filter(None, wanted)).items() if count > 1}
        self.levels = _levels()

    def problems(self, row: dict[str, str]) -> Iterator[tuple[str, str | Promise]]:
        """Yield (column, sentence) for everything wrong with a row, apart from whom it names."""
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

    def entry(self, person: int, row: dict[str, str]) -> Entry:
        """Return the entry that a row without problems makes."""
        return Entry(
            person=person,
            level=self.levels[row[LEVEL].strip()],
            number=row.get(NUMBER, ""),
            centre=self.centres.get(row.get(CENTRE, "")),
            extra_percent=_extra(row) or 0,
            accommodation=thai.tidy(row.get(ACCOMMODATION, "")),
        )


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
    return _SEAL.close(round_, actor, [list(asdict(entry).values()) for entry in check.entries])


def unseal(round_: Round, actor: Person, sealed: str) -> list[Entry]:
    """Return the entries of `seal`. Raises CheckExpired when it is old, altered or another officer's."""
    return [Entry(*values) for values in _SEAL.open(round_, actor, sealed)]
