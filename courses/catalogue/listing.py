"""The listed courses as a search needs them, kept in memory and brought up to date when they change.

Thai needs a search for substrings in folded text, which no index of SQLite and no text search of PostgreSQL
offers, and a catalogue has thousands of courses, not millions. So every process holds their folded texts and
looks through them; both databases give the same answers. One row, `CatalogueStamp`, is another after every
change: a search reads it, and where it has changed reads the courses that have changed.
"""

import threading
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID, uuid4

from courses.catalogue.folding import collation_key
from courses.catalogue.guessing import haystack_of
from courses.catalogue.matching import text_of
from courses.catalogue.models import (
    CatalogueStamp,
    Course,
    CourseVersion,
    Instructor,
    Topic,
    Unit,
    VersionStatus,
)
from courses.catalogue.searching import Entry, Facet, Offered, length_of
from learning.people.models import Agency

_STAMP = 1
# Of more, all courses are read: that many keys fit into no statement of SQLite.
_FEW = 500


@dataclass(frozen=True)
class AgencyNames:
    """An agency with those above it, for filters and to be found by."""

    code: str
    name_th: str
    name_en: str
    abbreviation: str
    parent: int | None


@dataclass(frozen=True)
class Listing:
    """All listed courses at one moment."""

    token: UUID | None = None
    entries: Mapping[int, Entry] = field(default_factory=dict)
    # By code: those that own a listed course, and those above them.
    agencies: Mapping[str, AgencyNames] = field(default_factory=dict)

    @cached_property
    def haystack(self) -> str:
        """The names and topics of all of them in one text, for guessing what was meant."""
        return haystack_of(self.entries.values())


_lock = threading.Lock()
_held: Listing | None = None


def touch() -> None:
    """Say, in the transaction of a change, that the list of courses is another."""
    CatalogueStamp.objects.update_or_create(pk=_STAMP, defaults={"token": uuid4()})


def current() -> Listing:
    """Return the listed courses: one query where nothing has changed."""
    global _held  # noqa: PLW0603  one list a process is the point
    token = CatalogueStamp.objects.filter(pk=_STAMP).values_list("token", flat=True).first()
    held = _held
    if held is None or held.token != token:
        with _lock:
            if _held is None or _held.token != token:
                # Read before the courses: what changes in between is found by the next search.
                _held = _read(token, _held)
            held = _held
    return held


def forget() -> None:
    """Let the next search read everything anew, for example agencies that got other names."""
    global _held  # noqa: PLW0603
    _held = None


def courses(keys: Sequence[int]) -> list[Course]:
    """Return these courses with their agencies, in this order; one query."""
    found = Course.objects.select_related("owner").in_bulk(keys)
    return [found[key] for key in keys if key in found]


_PUBLISHED = CourseVersion.objects.filter(status=VersionStatus.PUBLISHED, course__retired_at=None)
_COLUMNS = (
    "fingerprint",
    "code",
    "owner_id",
    "name_th",
    "name_en",
    "objective_th",
    "objective_en",
    "target_group",
    "keywords",
    "provider",
    "category",
    "language",
    "hours",
)


def _read(token: UUID | None, held: Listing | None) -> Listing:
    known = held.entries if held else {}
    stamps = dict(_PUBLISHED.order_by().values_list("course_id", "course__fingerprint"))
    kept = {key: entry for key, entry in known.items() if stamps.get(key) == entry.fingerprint}
    changed = stamps.keys() - kept.keys()
    if not changed:
        return Listing(token, kept, held.agencies if held else {})
    agencies = {
        agency.pk: AgencyNames(
            agency.code, agency.name_th, agency.name_en, agency.abbreviation, agency.parent_id
        )
        for agency in Agency.objects.order_by()
    }
    entries = {entry.key: entry for entry in _entries(changed, agencies)}
    used = {code for entry in (*kept.values(), *entries.values()) for code in entry.values[Facet.AGENCY]}
    # In the order of their names: the sorting of every search then has little to move.
    ordered = sorted((kept | entries).values(), key=lambda entry: entry.name_th)
    return Listing(
        token,
        {entry.key: entry for entry in ordered},
        {agency.code: agency for agency in agencies.values() if agency.code in used},
    )


def _entries(keys: Collection[int], agencies: Mapping[int, AgencyNames]) -> Iterable[Entry]:
    few = {"course__in": keys} if len(keys) <= _FEW else {}
    versions = _PUBLISHED.order_by().filter(**few)
    topics: dict[int, list[str]] = defaultdict(list)
    for version, name_th, name_en in Topic.objects.filter(version__in=versions).values_list(
        "version_id", "name_th", "name_en"
    ):
        topics[version] += (name_th, name_en)
    units = Unit.objects.order_by().filter(topic__version__in=versions)
    taught = set(units.values_list("topic__version", flat=True).distinct())
    instructors: dict[int, list[str]] = defaultdict(list)
    for course, name, position in Instructor.objects.filter(**few).values_list(
        "course_id", "name", "position"
    ):
        instructors[course] += (name, position)
    columns = [f"course__{name}" for name in _COLUMNS]
    for key, version, published_at, *values in versions.values_list(
        "course_id", "pk", "published_at", *columns
    ):
        if key in keys:
            row = dict(zip(_COLUMNS, values, strict=True))
            owners = _with_those_above(row["owner_id"], agencies)
            offered = (
                Offered.PARTNER if row["provider"] else Offered.HERE if version in taught else Offered.NOT_YET
            )
            yield _entry(key, row, published_at, offered, owners, topics[version], instructors[key])


def _entry(
    key: int,
    row: Mapping[str, Any],
    published_at: Any,
    offered: Offered,
    owners: Sequence[AgencyNames],
    topics: Iterable[str],
    instructors: Iterable[str],
) -> Entry:
    rest = [row[name] for name in ("objective_th", "objective_en", "target_group", "keywords", "provider")]
    rest += instructors
    for owner in owners:
        rest += (owner.name_th, owner.name_en, owner.abbreviation)
    return Entry(
        key=key,
        fingerprint=row["fingerprint"],
        text=text_of(row["code"], (row["name_th"], row["name_en"]), topics, rest),
        values={
            Facet.CATEGORY: (row["category"],),
            Facet.HOURS: (length_of(row["hours"]),),
            Facet.OFFERED: (offered,),
            Facet.LANGUAGE: (row["language"],),
            Facet.AGENCY: tuple(owner.code for owner in owners),
        },
        hours=row["hours"],
        published_at=published_at,
        name_th=collation_key(row["name_th"]),
        name_en=collation_key(row["name_en"] or row["name_th"]),
    )


def _with_those_above(key: int | None, agencies: Mapping[int, AgencyNames]) -> list[AgencyNames]:
    found = []
    while key is not None:
        found.append(agencies[key])
        key = agencies[key].parent
    return found
