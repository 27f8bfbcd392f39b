"""Compare, for every seat, what was acknowledged with what is stored, folded and marked.

The generator's log is the one side, the database the other. What can be recomputed is recomputed here
from the log, by code of its own: the answer sheet is folded anew, and the right options are found by their
texts on the paper, not by the key that marking uses.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from exams.marking.models import Result
from exams.papers.models import Form
from exams.results.models import ExamResult, Outcome
from exams.seat.chain import ChainBroken, Sheet
from exams.seat.journal import read_sheets, to_ms
from exams.seat.models import CloseReason, EntryKind, JournalEntry, Sitting
from loadtest.acked import Acked, Kind, read_groups, unpack

# Sittings whose journals are compared at once.
GROUP = 500
_EXAMPLES = 20

# What an answer says, without its number: item, choice, flag, the client's milliseconds.
_Answer = tuple[int, int, bool, int]


@dataclass
class Findings:
    """What the audit counted. The first group is what happened, the second what must be 0."""

    seats: int = 0
    acknowledged: int = 0
    stored: int = 0
    stored_unacknowledged: int = 0
    submitted: int = 0
    submitted_by_server: int = 0

    lost: int = 0
    altered: int = 0
    never_sent: int = 0
    contradictory: int = 0
    broken_chains: int = 0
    misfolded: int = 0
    unmarked: int = 0
    mismarked: int = 0
    lost_submissions: int = 0
    left_open: int = 0
    submitted_too_early: int = 0
    wrong_clocks: int = 0
    examples: list[str] = field(default_factory=list)

    FAULTS = (
        "lost",
        "altered",
        "never_sent",
        "contradictory",
        "broken_chains",
        "misfolded",
        "unmarked",
        "mismarked",
        "lost_submissions",
        "left_open",
        "submitted_too_early",
        "wrong_clocks",
    )

    @property
    def is_clean(self) -> bool:
        """Whether nothing is wrong."""
        return not any(getattr(self, fault) for fault in self.FAULTS)

    def blame(self, fault: str, sitting: int, what: str) -> None:
        """Count a fault, and keep the first ones in words."""
        setattr(self, fault, getattr(self, fault) + 1)
        if len(self.examples) < _EXAMPLES:
            self.examples.append(f"{fault}: sitting {sitting}: {what}")

    def as_dict(self) -> dict[str, Any]:
        """Return the counts for the report."""
        return asdict(self)


@dataclass(frozen=True)
class Expectation:
    """What the harness knows besides the log.

    `right` gives the text of the right option by the item's stem; `pass_percents` the share that each
    section of the paper needs; `deadlines_ms` when each sitting's time must be over after all that the rooms
    did.
    """

    right: Mapping[str, str]
    pass_percents: Sequence[int]
    deadlines_ms: Mapping[int, int]
    grace_ms: int


class Key(NamedTuple):
    """The right option of each position, and the last position of each section."""

    right: Sequence[int]
    sections: Sequence[int]


def key_of(paper: Mapping[str, Any], right: Mapping[str, str]) -> Key:
    """Return the key of a paper as the candidate sees it."""
    ends = [section["first"] + section["count"] - 1 for section in paper["sections"]]
    return Key(right_options(paper, right), ends)


def right_options(paper: Mapping[str, Any], right: Mapping[str, str]) -> list[int]:
    """Return the right option of each position, counted from 1, as it stands on the paper."""
    return [item["options"].index(right[item["stem"]]) + 1 for item in paper["items"]]


def audit(
    folder: Path, expected: Expectation, *, on_progress: Callable[[int], None] | None = None
) -> Findings:
    """Compare every sitting of the database with the logs in `folder`."""
    findings = Findings()
    groups = read_groups(folder, GROUP)
    keys = {pk: key_of(paper, expected.right) for pk, paper in Form.objects.values_list("pk", "paper")}
    sittings = list(Sitting.objects.order_by("pk").values_list("pk", flat=True))
    members: dict[int, list[int]] = {}
    for pk in sittings:
        members.setdefault(pk // GROUP, []).append(pk)
    for group, pks in members.items():
        _audit_group(pks, groups.pop(group, b""), keys, expected, findings)
        if on_progress:
            on_progress(findings.seats)
    for log in groups.values():
        for record in unpack(log):
            findings.blame("lost", record.sitting, "acknowledged, but there is no such sitting")
    return findings


def _audit_group(
    pks: Sequence[int],
    log: bytes,
    keys: Mapping[int, Key],
    expected: Expectation,
    findings: Findings,
) -> None:
    records: dict[int, list[Acked]] = {pk: [] for pk in pks}
    for record in unpack(log):
        if record.sitting in records:
            records[record.sitting].append(record)
        else:
            findings.blame("lost", record.sitting, "acknowledged, but there is no such sitting")
    journals: dict[int, dict[int, tuple[int, _Answer]]] = {pk: {} for pk in pks}
    rows = JournalEntry.objects.filter(sitting__in=pks)
    columns = ("sitting_id", "seq", "kind", "item", "choice", "flag", "client_ms")
    for sitting, seq, kind, *answer in rows.values_list(*columns).iterator(chunk_size=5000):
        item, choice, flag, client_ms = answer
        journals[sitting][seq] = (kind, (item, choice, flag, client_ms))
    sheets = _sheets(pks, findings)
    results = Result.objects.in_bulk(pks, field_name="sitting_id")
    ends = ExamResult.objects.filter(mark__sitting__in=pks).values_list("mark__sitting", "outcome")
    outcomes = dict(ends)
    for pk, form, deadline, closed_at in Sitting.objects.filter(pk__in=pks).values_list(
        "pk", "form_id", "deadline", "closed_at"
    ):
        findings.seats += 1
        answers = _compare(pk, records[pk], journals[pk], findings)
        _check_clock(pk, deadline, sheets.get(pk), expected, findings)
        sheet = sheets.get(pk)
        if sheet is None:
            continue
        _check_end(pk, records[pk], sheet, closed_at, findings)
        choices, flags = _fold(answers)
        if sheet.choices != choices or sheet.flags != flags:
            findings.blame("misfolded", pk, f"{_difference(choices, sheet.choices)} of the sheet differ")
        marked = Marked(results.get(pk), outcomes.get(pk))
        _check_mark(pk, choices, keys[form], sheet, marked, expected.pass_percents, findings)


def _compare(
    sitting: int, records: Iterable[Acked], journal: Mapping[int, tuple[int, _Answer]], findings: Findings
) -> list[_Answer]:
    """Compare a sitting's log with its journal; return the answers that must count, in order."""
    acked, unsettled = _told(sitting, records, findings)
    findings.acknowledged += len(acked)
    for seq, answer in acked.items():
        kind, stored = journal.get(seq, (0, None))
        if kind != EntryKind.ANSWER:
            findings.blame("lost", sitting, f"entry {seq} was acknowledged and is not in the journal")
        elif stored != answer:
            findings.blame("altered", sitting, f"entry {seq}: acknowledged {answer}, stored {stored}")
    stored_answers = {seq: answer for seq, (kind, answer) in journal.items() if kind == EntryKind.ANSWER}
    findings.stored += len(stored_answers)
    # Stored though the reply was lost, and never asked for again: it counts, if it was sent at all.
    unacknowledged = {seq: answer for seq, answer in stored_answers.items() if seq not in acked}
    findings.stored_unacknowledged += len(unacknowledged)
    for seq, answer in unacknowledged.items():
        if answer not in unsettled:
            findings.blame("never_sent", sitting, f"entry {seq} is stored and nobody sent it: {answer}")
    counting = acked | unacknowledged
    return [counting[seq] for seq in sorted(counting)]


def _told(
    sitting: int, records: Iterable[Acked], findings: Findings
) -> tuple[dict[int, _Answer], set[_Answer]]:
    """Return what was acknowledged by its number, and what was sent or kept without an acknowledgement."""
    acked: dict[int, _Answer] = {}
    unsettled: set[_Answer] = set()
    for record in records:
        answer = (record.item, record.choice, record.flag, record.client_ms)
        if record.kind == Kind.UNSETTLED:
            unsettled.add(answer)
        elif record.kind == Kind.ANSWER and acked.setdefault(record.seq, answer) != answer:
            findings.blame("contradictory", sitting, f"entry {record.seq} was acknowledged as two answers")
    return acked, unsettled


def _fold(answers: Iterable[_Answer]) -> tuple[dict[int, int], set[int]]:
    """Return the choices and the flagged items that answers in order amount to."""
    last = {item: (choice, flag) for item, choice, flag, _ms in answers}
    return (
        {item: choice for item, (choice, _flag) in last.items() if choice},
        {item for item, (_choice, flag) in last.items() if flag},
    )


def _difference(one: Mapping[int, int], other: Mapping[int, int]) -> int:
    return len(set(one.items()) ^ set(other.items()))


def _sheets(pks: Sequence[int], findings: Findings) -> dict[int, Sheet]:
    """Return the sheets as the platform folds them; where a chain is broken, find out which."""
    try:
        return read_sheets(pks)
    except ChainBroken:
        sheets: dict[int, Sheet] = {}
        for pk in pks:
            try:
                sheets |= read_sheets([pk])
            except ChainBroken as error:
                findings.blame("broken_chains", pk, str(error))
        return sheets


class Marked(NamedTuple):
    """What the platform says that a sitting came to."""

    result: Result | None
    outcome: str | None


def _check_mark(
    sitting: int,
    choices: Mapping[int, int],
    key: Key,
    sheet: Sheet,
    marked: Marked,
    pass_percents: Sequence[int],
    findings: Findings,
) -> None:
    result = marked.result
    if result is None or marked.outcome is None:
        findings.blame("unmarked", sitting, "there is no result")
        return
    scores = _scores(choices, key)
    maxima = [end - begin for begin, end in pairwise([0, *key.sections])]
    of_topics = sum(topic["score"] for topic in result.topics)
    of_sections = [(section["score"], section["max"]) for section in result.sections]
    right = (sum(scores), sum(scores), len(choices), list(zip(scores, maxima, strict=True)))
    found = (result.score, of_topics, result.answered, of_sections)
    has_passed = all(
        100 * score >= percent * most
        for score, most, percent in zip(scores, maxima, pass_percents, strict=True)
    )
    if found != right:
        findings.blame("mismarked", sitting, f"marked {found}, right is {right}")
    elif (marked.outcome == Outcome.PASSED) != has_passed:
        findings.blame("mismarked", sitting, f"{marked.outcome} with {scores} of {maxima}")
    elif result.chain_head != sheet.head.hex():
        findings.blame("mismarked", sitting, "the result is tied to another journal")


def _scores(choices: Mapping[int, int], key: Key) -> list[int]:
    """Return the right answers of each section."""
    return [
        sum(choices.get(position) == key.right[position - 1] for position in range(begin + 1, end + 1))
        for begin, end in pairwise([0, *key.sections])
    ]


def _check_end(
    sitting: int, records: Iterable[Acked], sheet: Sheet, closed_at: datetime | None, findings: Findings
) -> None:
    """Compare how the sitting ended with what its candidate was told."""
    if sheet.closed is None or closed_at is None:
        findings.blame("left_open", sitting, "neither the candidate nor the server has submitted it")
        return
    findings.submitted += sheet.closed == CloseReason.SUBMITTED
    findings.submitted_by_server += sheet.closed == CloseReason.DEADLINE
    told = [record.seq for record in records if record.kind == Kind.SUBMISSION]
    if told and (sheet.closed != CloseReason.SUBMITTED or told != [sheet.count]):
        findings.blame(
            "lost_submissions", sitting, f"submission {told} was acknowledged, ended {sheet.closed}"
        )


def _check_clock(
    sitting: int, deadline: datetime, sheet: Sheet | None, expected: Expectation, findings: Findings
) -> None:
    """Compare the deadline with what the rooms gave, and see that the server submitted nobody before it."""
    due_ms = expected.deadlines_ms[sitting]
    if sheet is not None and sheet.closed == CloseReason.DEADLINE:
        early_ms = due_ms + expected.grace_ms - sheet.closed_ms
        if early_ms > 0:
            findings.blame("submitted_too_early", sitting, f"by {early_ms} ms")
    # What the rooms do to a sitting that has been submitted changes nothing.
    is_over = sheet is not None and sheet.closed is not None and sheet.closed != CloseReason.DEADLINE
    if to_ms(deadline) != due_ms and not is_over:
        findings.blame("wrong_clocks", sitting, f"deadline differs by {to_ms(deadline) - due_ms} ms")
