"""The rules of examinations: loaded from dated data, found by day.

A file of ``exams/registration/data/`` holds the rules of one examination from one date on. What changes
from year to year comes as a new file with a later date; the old one stays, for the rounds opened under it.
"""

from datetime import date
from decimal import Decimal
from pathlib import Path

import msgspec
from django.db import transaction
from django.db.models import Sum

from exams.bank.models import Difficulty, ItemBank
from exams.papers.assembly import DrawRule
from exams.registration.errors import ExaminationInUse, NoExamination, UnknownExaminationData
from exams.registration.models import Examination, Level, PassMark, Subject, SubjectRule
from learning.people import audit
from learning.people.models import Person

DATA = Path(__file__).parent.parent / "data"


class SubjectData(msgspec.Struct, forbid_unknown_fields=True):
    """A subject: `items` says how many of each topic and difficulty, "any" for whatever difficulty."""

    name_th: str
    name_en: str
    bank: str
    points: int
    pass_percent: dict[Level, int]
    items: dict[str, dict[str, int]]


class ExaminationData(msgspec.Struct, forbid_unknown_fields=True):
    """An examination's rules from a date on."""

    code: str
    effective_from: date
    minutes: int
    name_th: str
    name_en: str
    source: str
    subjects: list[SubjectData]


def read_examination(name: str, folder: Path = DATA) -> ExaminationData:
    """Read a data file. Raises UnknownExaminationData, msgspec.ValidationError."""
    path = folder / f"{name}.json"
    if not path.is_file():
        raise UnknownExaminationData(name)
    return msgspec.json.decode(path.read_bytes(), type=ExaminationData)


def load_examination(name: str, *, actor: Person | None = None, folder: Path = DATA) -> Examination:
    """Load the rules in the data file ``<name>.json``; loading unchanged ones again does nothing.

    Raises UnknownExaminationData when a bank or a topic is not loaded, and ExaminationInUse when the data
    says something else than the rules that a round was opened under.
    """
    return define(read_examination(name, folder), actor=actor)


@transaction.atomic
def define(data: ExaminationData, *, actor: Person | None) -> Examination:
    """Keep an examination's rules; those of the same date are replaced while no round uses them.

    Raises UnknownExaminationData, ExaminationInUse.
    """
    existing = Examination.objects.filter(code=data.code, effective_from=data.effective_from).first()
    if existing is not None:
        if data_of(existing) == data:
            return existing
        if existing.rounds.exists():
            raise ExaminationInUse
        existing.delete()
    examination = Examination.objects.create(
        code=data.code,
        effective_from=data.effective_from,
        minutes=data.minutes,
        name_th=data.name_th,
        name_en=data.name_en,
        source=data.source,
    )
    for order, subject in enumerate(data.subjects, start=1):
        _define_subject(examination, order, subject)
    audit.record(
        actor,
        "registration.examination_defined",
        examination,
        code=data.code,
        effective_from=data.effective_from.isoformat(),
    )
    return examination


def _define_subject(examination: Examination, order: int, data: SubjectData) -> None:
    bank = ItemBank.objects.filter(code=data.bank).first()
    if bank is None:
        raise UnknownExaminationData(data.bank)
    topics = dict(bank.topics.values_list("code", "pk"))
    if unknown := sorted(data.items.keys() - topics.keys()):
        raise UnknownExaminationData(f"{data.bank}: {', '.join(unknown)}")
    subject = Subject.objects.create(
        examination=examination,
        order=order,
        bank=bank,
        points=data.points,
        name_th=data.name_th,
        name_en=data.name_en,
    )
    SubjectRule.objects.bulk_create(
        SubjectRule(
            subject=subject,
            topic_id=topics[topic],
            difficulty="" if difficulty == "any" else Difficulty(difficulty),
            count=count,
        )
        for topic, counts in data.items.items()
        for difficulty, count in counts.items()
    )
    PassMark.objects.bulk_create(
        PassMark(subject=subject, level=level, percent=Decimal(percent))
        for level, percent in data.pass_percent.items()
    )


def data_of(examination: Examination) -> ExaminationData:
    """Return an examination's rules in the shape of its data file."""
    subjects = []
    rows = examination.subjects.select_related("bank").prefetch_related("rules__topic", "pass_marks")
    for subject in rows.order_by("order"):
        items: dict[str, dict[str, int]] = {}
        for rule in subject.rules.all():
            items.setdefault(rule.topic.code, {})[rule.difficulty or "any"] = rule.count
        subjects.append(
            SubjectData(
                name_th=subject.name_th,
                name_en=subject.name_en,
                bank=subject.bank.code,
                points=int(subject.points),
                pass_percent={Level(mark.level): int(mark.percent) for mark in subject.pass_marks.all()},
                items=items,
            )
        )
    return ExaminationData(
        code=examination.code,
        effective_from=examination.effective_from,
        minutes=examination.minutes,
        name_th=examination.name_th,
        name_en=examination.name_en,
        source=examination.source,
        subjects=subjects,
    )


def examination_on(code: str, day: date) -> Examination:
    """Return the rules in force on a day: the latest effective ones. Raises NoExamination."""
    found = Examination.objects.filter(code=code, effective_from__lte=day).order_by("-effective_from").first()
    if found is None:
        raise NoExamination
    return found


def draw_rules(subject: Subject) -> list[DrawRule]:
    """Return a subject's rules for drawing its part of a paper, in the order of the bank's topics."""
    rows = subject.rules.order_by("topic__order", "pk").values_list("topic_id", "difficulty", "count")
    return [DrawRule(*row) for row in rows]


def item_counts(examination: Examination) -> dict[int, int]:
    """Return how many items each subject (by primary key, in order) has; one query."""
    rows = examination.subjects.order_by("order").annotate(items=Sum("rules__count"))
    return {pk: items or 0 for pk, items in rows.values_list("pk", "items")}
