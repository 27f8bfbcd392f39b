"""Who may enrol, and when: plain functions over what a round asks for and what a person is.

Every condition that is not met is named in a sentence, so that nobody is left guessing.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from django.utils.translation import gettext as _

from enrollment.models import CourseRound, Enrolment, EnrolmentState
from learning.people.models import Agency, Person, PositionLevel

_BATCH = 5000


@dataclass(frozen=True)
class Conditions:
    """Whom a round is for; each part by key with its name, and what is empty asks for nothing."""

    groups: Mapping[str, str] = field(default_factory=dict)
    agencies: Mapping[int, str] = field(default_factory=dict)
    levels: Mapping[str, str] = field(default_factory=dict)
    prerequisites: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Applicant:
    """What a person is: group, the agency with those above it, level, courses completed."""

    group: str
    agencies: frozenset[int] = frozenset()
    level: str = ""
    completed: frozenset[int] = frozenset()


class Window(StrEnum):
    """Where a moment lies to the enrolment of a round."""

    EARLY = "early"
    OPEN = "open"
    LATE = "late"


def window(opens_at: datetime, closes_at: datetime | None, now: datetime) -> Window:
    """Say whether enrolment is still to come, open, or over."""
    if now < opens_at:
        return Window.EARLY
    return Window.LATE if closes_at is not None and now >= closes_at else Window.OPEN


def unmet(conditions: Conditions, applicant: Applicant) -> list[str]:
    """Return a sentence for every condition that the person does not meet."""
    sentences = []
    if conditions.groups and applicant.group not in conditions.groups:
        sentences.append(_("This round is for: %(names)s.") % {"names": _listed(conditions.groups)})
    if conditions.agencies and not applicant.agencies & conditions.agencies.keys():
        sentences.append(
            _("This round is for staff of: %(names)s.") % {"names": _listed(conditions.agencies)}
        )
    if conditions.levels and applicant.level not in conditions.levels:
        sentences.append(
            _("This round is for the levels: %(names)s.") % {"names": _listed(conditions.levels)}
        )
    if missing := {
        key: name for key, name in conditions.prerequisites.items() if key not in applicant.completed
    }:
        sentences.append(_("Complete this first: %(names)s.") % {"names": _listed(missing)})
    return sentences


def _listed(names: Mapping[int, str] | Mapping[str, str]) -> str:
    return ", ".join(names.values())


def level_name(level: PositionLevel) -> str:
    """Return a level with its type: two types have a level of the same name."""
    return f"{level.position_type.name} {level.name}"


def conditions_of(round_: CourseRound) -> Conditions:
    """Return whom a round is for; no query where `with_conditions` brought it."""
    return Conditions(
        groups=dict(zip(round_.groups, round_.group_labels, strict=True)),
        agencies={agency.pk: agency.name for agency in round_.agencies.all()},
        levels={level.pk: level_name(level) for level in round_.levels.all()},
        prerequisites={course.pk: str(course) for course in round_.prerequisites.all()},
    )


def applicant(person: Person) -> Applicant:
    """Return what a person is, in two queries at most."""
    ancestry = person.agency.ancestry if person.agency else []
    completed = Enrolment.objects.filter(person=person, state=EnrolmentState.COMPLETED)
    return Applicant(
        group=person.group,
        agencies=frozenset(agency.pk for agency in ancestry),
        level=person.position_level_id or "",
        completed=frozenset(completed.order_by().values_list("course", flat=True)),
    )


def applicants(persons: Sequence[int], round_: CourseRound) -> dict[int, Applicant]:
    """Return what these persons are, by key, in a few queries for all of them."""
    needed = [course.pk for course in round_.prerequisites.all()]
    completed: dict[int, set[int]] = defaultdict(set)
    agencies = {agency.pk: agency for agency in Agency.objects.select_related("parent__parent")}
    ancestry: dict[int | None, frozenset[int]] = {
        key: frozenset(node.pk for node in agency.ancestry) for key, agency in agencies.items()
    }
    found = {}
    for keys in batched(persons):
        if needed:
            rows = Enrolment.objects.filter(
                person__in=keys, course__in=needed, state=EnrolmentState.COMPLETED
            ).values_list("person", "course")
            for person, course in rows:
                completed[person].add(course)
        for person, group, agency, level in Person.objects.filter(pk__in=keys).values_list(
            "pk", "group", "agency", "position_level"
        ):
            found[person] = Applicant(
                group, ancestry.get(agency, frozenset()), level or "", frozenset(completed[person])
            )
    return found


def batched(keys: Sequence[int]) -> Iterator[Sequence[int]]:
    """Yield as many keys at a time as one query may name."""
    return (keys[start : start + _BATCH] for start in range(0, len(keys), _BATCH))
