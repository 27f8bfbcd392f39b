"""The own questions of a test: written one by one, moved, removed, brought from a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from courses.catalogue.models import Unit
from courses.studio.errors import InvalidUnit
from courses.studio.services.outline import change_unit
from learning import thai
from learning.people.models import Person
from learning.spreadsheets import UNCOUNTED, BadHeadings, Format, read_table, uncounted, write_table

MOST_QUESTIONS = 200
MOST_OPTIONS = 6
MOST_LETTERS = 2000
MAX_BYTES = 5 * 2**20

STEM = gettext_lazy("Question")
KEY = gettext_lazy("Right option")
EXPLANATION = gettext_lazy("Explanation")
_KEYS = {letter: index for letters in ("123456", "กขคงจฉ", "abcdef") for index, letter in enumerate(letters)}


def option_heading(number: int) -> str:
    """Return the heading of the column of an option, from 1."""
    return _("Option %(number)d") % {"number": number}


@dataclass(frozen=True)
class RowFault:
    """What is wrong in one row; no column where the row as a whole is concerned."""

    row: int
    column: str
    message: str | Promise


@dataclass
class Read:
    """What a table holds: the good questions, and what is wrong in the other rows."""

    questions: list[dict[str, Any]] = field(default_factory=list)
    faults: list[RowFault] = field(default_factory=list)


def questions_of(unit: Unit) -> list[dict[str, Any]]:
    """Return the own questions of a test."""
    return list(unit.content.get("items") or [])


def faults_in(stem: str, options: Sequence[str], key: int | None) -> list[tuple[str, str]]:
    """Return what is wrong with a question: the field ("stem", "options", "key") and a sentence. Pure."""
    found = []
    if not stem:
        found.append(("stem", _("Write the question.")))
    if len(options) < 2:  # noqa: PLR2004
        found.append(("options", _("Write at least two options, from the first on.")))
    elif not all(options):
        found.append(("options", _("An option between two others is empty.")))
    elif len({thai.squeeze(option).casefold() for option in options}) < len(options):
        found.append(("options", _("Two options are the same.")))
    if key is None or not 0 <= key < len(options):
        found.append(("key", _("Say which option is right.")))
    if any(len(text) > MOST_LETTERS for text in (stem, *options)):
        found.append(("stem", _("A text is longer than %(most)d letters.") % {"most": MOST_LETTERS}))
    return found


# -- One question -----------------------------------------------------------------------------------
@transaction.atomic
def write(unit: Unit, place: int | None, question: Mapping[str, Any], *, seen: str, actor: Person) -> None:
    """Write a question at a place, or a new one at the end. Raises ChangedMeanwhile, VersionFrozen."""
    items = questions_of(unit)
    if place is None:
        items.append(dict(question))
    else:
        # What a file said about it besides, such as its proof, is no longer true of other words.
        items[place] = dict(question)
    _store(unit, items, seen=seen, actor=actor)


def move(unit: Unit, place: int, by: int, *, seen: str, actor: Person) -> None:
    """Move a question one place up (-1) or down (1). Raises ChangedMeanwhile, VersionFrozen."""
    items = questions_of(unit)
    if 0 <= place + by < len(items):
        items[place], items[place + by] = items[place + by], items[place]
        _store(unit, items, seen=seen, actor=actor)


def remove(unit: Unit, place: int, *, seen: str, actor: Person) -> None:
    """Remove a question, but not the last one. Raises InvalidUnit, ChangedMeanwhile, VersionFrozen."""
    items = questions_of(unit)
    if len(items) == 1:
        raise InvalidUnit(_("A test has at least one question. Write another one first."))
    del items[place]
    _store(unit, items, seen=seen, actor=actor)


def add_all(unit: Unit, questions: Sequence[Mapping[str, Any]], *, seen: str, actor: Person) -> int:
    """Add questions at the end; return how many. Raises ChangedMeanwhile, VersionFrozen."""
    items = questions_of(unit)
    added = [dict(question) for question in questions][: MOST_QUESTIONS - len(items)]
    if added:
        _store(unit, [*items, *added], seen=seen, actor=actor)
    return len(added)


def _store(unit: Unit, items: list[dict[str, Any]], *, seen: str, actor: Person) -> None:
    content = {name: value for name, value in unit.content.items() if name != "draw"}
    change_unit(unit, {"content": content | {"items": items}}, seen=seen, actor=actor)


# -- Tables -----------------------------------------------------------------------------------------
def headings() -> list[str]:
    """Return the headings of the table, in the language of the page."""
    return [
        str(STEM),
        *(option_heading(number) for number in range(1, MOST_OPTIONS + 1)),
        str(KEY),
        str(EXPLANATION),
    ]


def table(questions: Sequence[Mapping[str, Any]], file_format: Format) -> bytes:
    """Return questions as a table; without any it is the template."""
    rows = []
    for each in questions:
        options = [*each["options"], *[""] * MOST_OPTIONS][:MOST_OPTIONS]
        rows.append([each["stem"], *options, each["key"] + 1, each.get("explanation", "")])
    return write_table(headings(), rows, file_format)


def read(upload: BinaryIO, name: str, *, present: Sequence[Mapping[str, Any]] = ()) -> Read:
    """Read questions from a table; a row that is wrong is named, and the others are not lost.

    `present` are the questions that the test has: one that is there already is not brought again.
    Raises SpreadsheetError.
    """
    rows = read_table(upload, name, max_rows=MOST_QUESTIONS, max_bytes=MAX_BYTES)
    columns = {heading.strip().casefold(): heading for heading in rows.headers}
    names = _columns(columns)
    result = Read()
    stems = {_same(each["stem"]): 0 for each in present}
    for number, row in rows.rows:
        if UNCOUNTED in row:
            result.faults.append(RowFault(number, row[UNCOUNTED], uncounted(row[UNCOUNTED])))
            continue
        options = [
            row[names[f"option{place}"]] for place in range(1, MOST_OPTIONS + 1) if f"option{place}" in names
        ]
        while options and not options[-1]:
            options.pop()
        stem = thai.tidy(row[names["stem"]])
        options = [thai.tidy(option) for option in options]
        key = _KEYS.get(thai.to_arabic_numerals(row[names["key"]]).strip().strip(".)").casefold())
        at = {"stem": names["stem"], "options": names["option1"], "key": names["key"]}
        wrong = [RowFault(number, at[place], message) for place, message in faults_in(stem, options, key)]
        if not wrong and (earlier := stems.get(_same(stem))) is not None:
            said = (
                _("This question is in row %(row)d already.") % {"row": earlier}
                if earlier
                else _("The test has this question already.")
            )
            wrong = [RowFault(number, names["stem"], said)]
        if wrong:
            result.faults += wrong
            continue
        stems[_same(stem)] = number
        explanation = thai.tidy(row[names["explanation"]]) if "explanation" in names else ""
        result.questions.append({"stem": stem, "options": options, "key": key, "explanation": explanation})
    return result


def _same(stem: str) -> str:
    return "".join(stem.split()).casefold()


def _columns(present: Mapping[str, str]) -> dict[str, str]:
    """Return the table's own headings by what they hold, in either language. Raises BadHeadings."""
    wanted: dict[str, tuple[str, ...]] = {
        "stem": (str(STEM), "stem"),
        "key": (str(KEY), "key"),
        "explanation": (str(EXPLANATION), "explanation"),
    }
    wanted |= {
        f"option{number}": (option_heading(number), f"option {number}", f"option{number}")
        for number in range(1, MOST_OPTIONS + 1)
    }
    found = {}
    for name, spellings in wanted.items():
        for spelling in spellings:
            if spelling.casefold() in present:
                found[name] = present[spelling.casefold()]
                break
    missing = [wanted[name][0] for name in ("stem", "option1", "option2", "key") if name not in found]
    if missing:
        raise BadHeadings(
            _("These columns are missing: %(columns)s. Use the headings of the template.")
            % {"columns": ", ".join(missing)}
        )
    return found
