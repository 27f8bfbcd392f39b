"""Items as tables: read an uploaded list, say row by row what would happen, import it; export.

An import never changes what is in use: new items and changed ones come in as drafts of the person who
imports, and go through review like any other.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import BinaryIO, Literal

from django.db import transaction
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from exams.bank import services
from exams.bank.content import MAX_OPTIONS, Content, fingerprint, problems, tidied
from exams.bank.errors import ImportDone, NothingToImport
from exams.bank.models import Difficulty, Item, ItemBank, ItemImport, ItemStatus, ItemVersion
from learning.people import audit
from learning.people.models import Person
from learning.spreadsheets import (
    STRAY,
    UNCOUNTED,
    BadHeadings,
    Cell,
    Format,
    read_table,
    uncounted,
    write_table,
)

MAX_ROWS = 1000
MAX_BYTES = 5 * 2**20
# How long an uploaded list waits for its import.
KEEP = timedelta(days=1)
_MAX_CODE = 40

OPTION_FIELDS = [f"option{number}" for number in range(1, MAX_OPTIONS + 1)]
HEADINGS: dict[str, str | Promise] = {
    "code": gettext_lazy("Item code"),
    "topic": gettext_lazy("Topic"),
    "section": gettext_lazy("Section"),
    "paragraph": gettext_lazy("Paragraph"),
    "difficulty": gettext_lazy("Difficulty"),
    "stem": gettext_lazy("Question"),
    "option1": gettext_lazy("Option 1"),
    "option2": gettext_lazy("Option 2"),
    "option3": gettext_lazy("Option 3"),
    "option4": gettext_lazy("Option 4"),
    "option5": gettext_lazy("Option 5"),
    "key": gettext_lazy("Right option"),
    "explanation": gettext_lazy("Explanation"),
}
# Written, and ignored when read: where an item stands is not decided in a spreadsheet.
EXPORT_ONLY: dict[str, str | Promise] = {
    "version": gettext_lazy("Version"),
    "status": gettext_lazy("Status"),
}
_HELP: dict[str, str | Promise] = {
    "code": gettext_lazy("Empty for a new item. The code of an existing item makes a new version of it."),
    "topic": gettext_lazy("The name or the code of a topic of this bank."),
    "section": gettext_lazy("The number of the section that the key rests on."),
    "paragraph": gettext_lazy("As the law counts them, for example “paragraph two (3)”."),
    "difficulty": gettext_lazy("Easy, medium or hard."),
    "stem": gettext_lazy("The text of the question."),
    "option1": gettext_lazy("The options, filled from the first. Two are needed, five fit."),
    "key": gettext_lazy("The number of the option that is right: 1 to 5."),
    "explanation": gettext_lazy("Why the key is right. Needed before approval."),
}
REQUIRED = ("topic", "difficulty", "stem", "option1", "option2", "key")
_KEYS = {letter: index for letters in ("12345", "กขคงจ", "abcde") for index, letter in enumerate(letters)}

_NUMBER = re.compile("[0-9]{1,4}")

Action = Literal["create", "edit", "revise", "unchanged", "refused"]
_ACTIONS: dict[Action, Promise] = {
    "create": gettext_lazy("New items"),
    "revise": gettext_lazy("New versions of existing items"),
    "edit": gettext_lazy("Changes to drafts of yours"),
    "unchanged": gettext_lazy("Rows that say what the bank already says"),
    "refused": gettext_lazy("Rows that cannot be imported"),
}


@dataclass(frozen=True)
class CellProblem:
    """What is wrong in one cell; no column where the row as a whole is concerned."""

    column: str
    message: str


@dataclass(frozen=True)
class PlannedRow:
    """What importing one row would do."""

    number: int
    code: str
    action: Action
    content: Content
    problems: list[CellProblem] = field(default_factory=list)


@dataclass(frozen=True)
class Plan:
    """What importing a whole list would do."""

    rows: list[PlannedRow]

    @property
    def refused(self) -> list[PlannedRow]:
        """The rows that cannot be imported."""
        return [row for row in self.rows if row.action == "refused"]

    @property
    def accepted(self) -> list[PlannedRow]:
        """The rows that would change something."""
        return [row for row in self.rows if row.action in {"create", "edit", "revise"}]

    @property
    def summary(self) -> list[tuple[str, int]]:
        """What would happen to how many rows, in words."""
        counts = self.counts
        return [(str(label), counts[action]) for action, label in _ACTIONS.items()]

    @property
    def counts(self) -> Counter[str]:
        """How many rows per action."""
        return Counter(row.action for row in self.rows)


# -- Reading ----------------------------------------------------------------------------------------
def upload(bank: ItemBank, file: BinaryIO, name: str, *, actor: Person) -> ItemImport:
    """Read an uploaded file and keep its rows for the dry run. Raises SpreadsheetError."""
    table = read_table(file, name, max_rows=MAX_ROWS, max_bytes=MAX_BYTES)
    fields = _fields_of(table.headers)
    rows = [
        [
            number,
            {key: row[heading] for heading, key in fields.items()}
            | {each: row.get(each, "") for each in (STRAY, UNCOUNTED)},
        ]
        for number, row in table.rows
    ]
    # Lists hold keys, so none is kept longer than the work with it takes.
    ItemImport.objects.filter(uploaded_at__lt=timezone.now() - KEEP).delete()
    return ItemImport.objects.create(bank=bank, filename=name[:200], rows=rows, uploaded_by=actor)


def _fields_of(headers: Sequence[str]) -> dict[str, str]:
    """Return heading → field for the known headings, in Thai, English or as field names."""
    known = {fingerprint(key): key for key in HEADINGS}
    for language in ("th", "en"):
        with translation.override(language):
            known |= {fingerprint(str(heading)): key for key, heading in HEADINGS.items()}
    fields = {header: known[fingerprint(header)] for header in headers if fingerprint(header) in known}
    if missing := [str(HEADINGS[key]) for key in REQUIRED if key not in fields.values()]:
        raise BadHeadings(
            _("Columns are missing: %(columns)s. Use the headings of the template.")
            % {"columns": ", ".join(missing)}
        )
    return fields


def plan(uploaded: ItemImport, *, actor: Person) -> Plan:
    """Say what importing the list would do now; three queries."""
    reader = _Reader(uploaded.bank, actor)
    return Plan([reader.judge(number, cells) for number, cells in uploaded.rows])


class _Reader:
    """Judges rows against a bank read once."""

    def __init__(self, bank: ItemBank, actor: Person) -> None:
        self.bank = bank
        self.actor = actor
        self.topics: dict[str, int] = {}
        for topic in bank.topics.all():
            for name in (topic.code, topic.name_th, topic.name_en):
                self.topics.setdefault(fingerprint(name), topic.pk)
        self.topics.pop("", None)
        self.difficulties = _difficulty_names()
        # The newest version of each item: later rows of the query overwrite earlier ones.
        versions = ItemVersion.objects.filter(item__bank=bank).select_related("item").order_by("number")
        self.newest = {version.item.code: version for version in versions}
        self.written = {_same(services.content_of(version)): code for code, version in self.newest.items()}
        self.row_of_code: dict[str, int] = {}
        self.row_of_text: dict[tuple[str, ...], int] = {}

    def judge(self, number: int, cells: dict[str, str]) -> PlannedRow:
        """Return what the row would do."""
        found = [
            CellProblem(str(HEADINGS[key]), _("This cell is a formula. Type the text itself."))
            for key, text in cells.items()
            if key in HEADINGS and text.startswith(("=", "@"))
        ]
        if cells.get(UNCOUNTED):
            found.append(CellProblem("", uncounted(cells[UNCOUNTED])))
        if cells.get(STRAY):
            found.append(
                CellProblem("", _("There is text to the right of the last heading: “%s”.") % cells[STRAY])
            )
        code = cells.get("code", "")
        content, unread = self._content(cells)
        if known := self.newest.get(code):
            # A list holds no pictures: an item keeps the one it has.
            content = replace(content, figure=known.figure_id or "", figure_alt=known.figure_alt)
        found += unread
        named = {problem.column for problem in found}
        topics = [content.topic] if content.topic is not None else []
        for problem in problems(content, topics=topics, max_section=self.bank.max_section):
            column = _column(problem.field)
            # A cell that could not be read is not also reported as empty.
            if column not in named:
                found.append(CellProblem(column, problem.message))
        found += self._repeated(number, code, content)
        action: Action = "refused" if found else self._action(code, content, found)
        return PlannedRow(number, code, action, content, found)

    def _content(self, cells: dict[str, str]) -> tuple[Content, list[CellProblem]]:
        found: list[CellProblem] = []

        def choice(key: str, known: dict[str, int] | dict[str, str], message: str) -> int | str | None:
            text = cells.get(key, "")
            value = known.get(fingerprint(text))
            if value is None:
                found.append(CellProblem(str(HEADINGS[key]), message % {"text": text}))
            return value

        topic = choice("topic", self.topics, _("“%(text)s” is not a topic of this bank."))
        difficulty = choice(
            "difficulty", self.difficulties, _("“%(text)s” is not a difficulty. Write easy, medium or hard.")
        )
        options = [cells.get(name, "") for name in OPTION_FIELDS]
        while options and not options[-1]:
            options.pop()
        key = choice("key", _KEYS, _("“%(text)s” is not an option number. Write 1 to 5."))
        section = None
        if text := fingerprint(cells.get("section", "")):
            section = int(text) if _NUMBER.fullmatch(text) else None
            if section is None:
                message = _("“%(text)s” is not a section number.") % {"text": cells["section"]}
                found.append(CellProblem(str(HEADINGS["section"]), message))
        content = Content(
            topic=topic if isinstance(topic, int) else None,
            difficulty=str(difficulty or ""),
            stem=cells.get("stem", ""),
            options=tuple(options),
            key=key if isinstance(key, int) else None,
            explanation=cells.get("explanation", ""),
            section=section,
            paragraph=cells.get("paragraph", ""),
        )
        return tidied(content), found

    def _repeated(self, number: int, code: str, content: Content) -> list[CellProblem]:
        found = []
        if len(code) > _MAX_CODE:
            message = _("The text has %(length)d characters; at most %(limit)d fit.")
            found.append(
                CellProblem(str(HEADINGS["code"]), message % {"length": len(code), "limit": _MAX_CODE})
            )
        if code and (earlier := self.row_of_code.setdefault(code, number)) != number:
            message = _("Row %(row)d has the same code.") % {"row": earlier}
            found.append(CellProblem(str(HEADINGS["code"]), message))
        if content.stem and (earlier := self.row_of_text.setdefault(_same(content), number)) != number:
            message = _("Row %(row)d has the same question and options.") % {"row": earlier}
            found.append(CellProblem(str(HEADINGS["stem"]), message))
        return found

    def _action(self, code: str, content: Content, found: list[CellProblem]) -> Action:
        newest = self.newest.get(code)
        if newest is None:
            if other := self.written.get(_same(content)):
                message = _("Item %(code)s has the same question and options.") % {"code": other}
                found.append(CellProblem(str(HEADINGS["stem"]), message))
                return "refused"
            return "create"
        if services.content_of(newest) == content:
            return "unchanged"
        if newest.status not in services.IN_WORK:
            return "revise"
        if newest.author_id != self.actor.pk:
            message = _("Somebody else is working on a new version of this item.")
            found.append(CellProblem(str(HEADINGS["code"]), message))
            return "refused"
        return "edit"


def _difficulty_names() -> dict[str, str]:
    names: dict[str, str] = {}
    for language in ("th", "en"):
        with translation.override(language):
            names |= {fingerprint(str(choice.label)): choice.value for choice in Difficulty}
    return names | {choice.value: choice.value for choice in Difficulty}


def _same(content: Content) -> tuple[str, ...]:
    options = sorted(fingerprint(option) for option in content.options)
    return (fingerprint(content.stem), content.figure, *options)


def _column(name: str) -> str:
    if name == "options":
        return str(HEADINGS["option1"])
    if name.startswith("options."):
        return str(HEADINGS[OPTION_FIELDS[min(int(name.removeprefix("options.")), MAX_OPTIONS - 1)]])
    return str(HEADINGS[name])


def columns() -> list[tuple[str, str, bool]]:
    """Return heading, explanation and whether it is needed, for each column with something to say."""
    headings = HEADINGS | {"option1": _("Option 1 to Option 5")}
    return [(str(headings[key]), str(text), key in REQUIRED) for key, text in _HELP.items()]


# -- Importing --------------------------------------------------------------------------------------
@transaction.atomic
def apply(uploaded: ItemImport, *, actor: Person) -> Counter[str]:
    """Import the rows that can be imported, judged as the bank is now; the rest is left out.

    Returns how many rows per action. Raises ImportDone, NothingToImport.
    """
    now = timezone.now()
    # Claimed by one conditional update, so that a double click imports once.
    if not ItemImport.objects.filter(pk=uploaded.pk, applied_at=None).update(applied_at=now):
        raise ImportDone
    planned = plan(uploaded, actor=actor)
    if not planned.accepted:
        raise NothingToImport
    items = {item.code: item for item in Item.objects.filter(bank=uploaded.bank).select_related("bank")}
    for row in planned.accepted:
        if row.action == "create":
            services.create_item(uploaded.bank, row.content, author=actor, code=row.code)
        elif row.action == "revise":
            services.revise(items[row.code], row.content, author=actor)
        else:
            version = items[row.code].versions.get(status__in=services.IN_WORK)
            services.edit(version, row.content, author=actor, revision=version.revision)
    counts = planned.counts
    audit.record(actor, "bank.items_imported", uploaded.bank, file=uploaded.filename, **counts)
    return counts


# -- Exporting --------------------------------------------------------------------------------------
def template_table(bank: ItemBank, format: Format) -> bytes:  # noqa: A002
    """Return an empty table with the headings and one example row to write over."""
    topic = bank.topics.first()
    example: list[Cell] = [
        "",
        topic.name if topic else "",
        1,
        "",
        str(Difficulty.EASY.label),
        _("Type the question here"),
        *[_("Option %d") % number for number in range(1, 5)],
        "",
        1,
        _("Say why the right option is right, and under which section"),
    ]
    return write_table([str(heading) for heading in HEADINGS.values()], [example], format)


@transaction.atomic
def export(bank: ItemBank, versions: Iterable[ItemVersion], format: Format, *, actor: Person) -> bytes:  # noqa: A002
    """Return the versions as a table that `upload` reads; the export is audited, keys being secret."""
    headings = [str(heading) for heading in (HEADINGS | EXPORT_ONLY).values()]
    rows = [_row(version) for version in versions]
    audit.record(actor, "bank.items_exported", bank, items=len(rows), format=format)
    return write_table(headings, rows, format)


def _row(version: ItemVersion) -> list[Cell]:
    options = [*version.options, *[""] * (MAX_OPTIONS - len(version.options))]
    return [
        version.item.code,
        version.topic.name,
        version.section,
        version.paragraph,
        str(Difficulty(version.difficulty).label),
        version.stem,
        *options,
        version.key + 1,
        version.explanation,
        version.number,
        str(ItemStatus(version.status).label),
    ]
