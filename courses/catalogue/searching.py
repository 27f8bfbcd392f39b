"""A question with filters over the listed courses: hits in order, and what each filter would leave. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from itertools import chain
from uuid import UUID

from courses.catalogue.matching import Question, Text, ask, rank
from learning import thai


class Facet(StrEnum):
    """What a list can be narrowed by; the values are the names in the address."""

    CATEGORY = "category"
    HOURS = "hours"
    OFFERED = "offered"
    LANGUAGE = "language"
    AGENCY = "agency"


class Length(StrEnum):
    """How long a course lasts."""

    HOUR = "1"
    SHORT = "3"
    MEDIUM = "6"
    LONG = "more"


class Offered(StrEnum):
    """Where a course is taken."""

    HERE = "here"
    PARTNER = "partner"
    # Described, and its lessons are not there yet.
    NOT_YET = "not-yet"


class Sort(StrEnum):
    """In which order hits stand."""

    RELEVANCE = "relevance"
    NEWEST = "newest"
    NAME = "name"
    HOURS = "hours"


def length_of(hours: Decimal) -> Length:
    """Return the class of a length."""
    return next(
        (each for each in (Length.HOUR, Length.SHORT, Length.MEDIUM) if hours <= int(each)), Length.LONG
    )


@dataclass(frozen=True, slots=True)
class Entry:
    """What finding, filtering and ordering need to know of a listed course."""

    key: int
    # Another after every change of the course.
    fingerprint: UUID
    text: Text
    # The values by which each facet keeps it; of agencies the owner and those above it.
    values: Mapping[Facet, tuple[str, ...]]
    hours: Decimal
    published_at: datetime
    # Sort keys of the name in Thai and in English.
    name_th: tuple[str, str]
    name_en: tuple[str, str]


@dataclass(frozen=True)
class Asked:
    """A question with filters; of one facet any of the chosen values will do."""

    text: str = ""
    chosen: Mapping[Facet, frozenset[str]] = field(default_factory=dict)
    sort: Sort | None = None

    @cached_property
    def question(self) -> Question:
        """The text taken apart."""
        return ask(self.text)

    @property
    def order(self) -> Sort:
        """The order asked for; without one by relevance where there is a question, else the newest first."""
        return self.sort or (Sort.RELEVANCE if self.question.terms else Sort.NEWEST)


@dataclass(frozen=True)
class Found:
    """Keys of the courses found, in order, and for each facet how many its values would leave."""

    keys: list[int]
    counts: Mapping[Facet, Counter[str]]


def find(entries: Iterable[Entry], asked: Asked, *, english: bool = False) -> Found:
    """Search the entries. A facet's counts leave its own choice aside, so that the others can be compared."""
    chosen = [(facet, values) for facet, values in asked.chosen.items() if values]
    question = asked.question
    hits: list[tuple[tuple[int, int], Entry]] = []
    # What one facet alone leaves out: it counts beside its own values, to be compared with those chosen.
    beside: dict[Facet, list[Entry]] = {facet: [] for facet in Facet}
    for entry in entries:
        place = rank(question, entry.text)
        if place is None:
            continue
        refused = [facet for facet, values in chosen if values.isdisjoint(entry.values[facet])]
        if not refused:
            hits.append((place, entry))
        elif len(refused) == 1:
            beside[refused[0]].append(entry)
    found = [entry for _place, entry in hits]
    counts = {
        facet: Counter(chain.from_iterable([entry.values[facet] for entry in (*found, *others)]))
        for facet, others in beside.items()
    }
    return Found([entry.key for _place, entry in _sorted(hits, asked, english=english)], counts)


def _sorted(
    hits: list[tuple[tuple[int, int], Entry]], asked: Asked, *, english: bool
) -> list[tuple[tuple[int, int], Entry]]:
    # Sorting keeps the order of what is equal, so that the names come first.
    hits.sort(key=lambda hit: hit[1].name_en if english else hit[1].name_th)
    match asked.order:
        case Sort.RELEVANCE:
            # Folded, น้ำ and นำ are the same; who typed the one means the one.
            typed = thai.tidy(asked.text).casefold()
            hits.sort(key=lambda hit: (*hit[0], not _has_in_name(hit[1], typed)))
        case Sort.NEWEST:
            # Of those published together first what can be learnt now.
            hits.sort(key=lambda hit: (hit[1].published_at, _is_here(hit[1])), reverse=True)
        case Sort.HOURS:
            hits.sort(key=lambda hit: hit[1].hours)
        case Sort.NAME:
            pass
    return hits


def _has_in_name(entry: Entry, typed: str) -> bool:
    return typed in entry.name_th[1] or typed in entry.name_en[1]


def _is_here(entry: Entry) -> bool:
    return Offered.HERE in entry.values[Facet.OFFERED]
