"""What changed from one version to another, topic by topic and unit by unit. Pure.

Units of two versions are the same where their titles and kinds are, then where what they hold is; among
what is left, where they stand at the same place of the same kind. Nothing else ties them together: a new
version is written from copies.
"""

import difflib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from courses.catalogue.services.versions import TopicPlan, UnitPlan


class Change(StrEnum):
    """What became of a topic or a unit."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True)
class Line:
    """A line of a text: in both versions (" "), only in the old one ("-") or only in the new one ("+")."""

    sign: str
    text: str


@dataclass(frozen=True)
class UnitChange:
    """A unit in the old version, in the new one, or in both; `fields` name what is another."""

    change: Change
    old: UnitPlan | None
    new: UnitPlan | None
    fields: tuple[str, ...] = ()
    is_moved: bool = False
    body: tuple[Line, ...] = ()

    @property
    def unit(self) -> UnitPlan:
        """The unit as it is, or as it was."""
        found = self.new or self.old
        assert found is not None
        return found


@dataclass
class TopicChange:
    """A topic with its units in the order of the new version; removed ones stand where they stood."""

    change: Change
    old: TopicPlan | None
    new: TopicPlan | None
    fields: tuple[str, ...] = ()
    units: list[UnitChange] = field(default_factory=list)

    @property
    def topic(self) -> TopicPlan:
        """The topic as it is, or as it was."""
        found = self.new or self.old
        assert found is not None
        return found


# Of a unit, what is compared; who opens it is compared by the title of that one.
_FIELDS = ("title", "body", "file", "address", "content", "package_id", "min_seconds", "is_required")
_Place = tuple[int, int]
# Pairs of lines that are looked at: a text may be two hundred thousand empty lines.
_MOST_COMPARED = 1_000_000


def compare(old: Sequence[TopicPlan], new: Sequence[TopicPlan]) -> list[TopicChange]:
    """Return every topic of the new version, and those of the old one that are gone."""
    old_units, new_units = dict(_placed(old)), dict(_placed(new))
    pairs = _pairs(old_units, new_units)
    topics = _topic_pairs(old, new)
    found = []
    for number, topic in enumerate(new):
        before = old[topics[number]] if number in topics else None
        found.append(
            TopicChange(
                Change.ADDED if before is None else Change.SAME,
                before,
                topic,
                tuple(
                    name
                    for name in ("name_th", "name_en", "minutes")
                    if before is not None and getattr(before, name) != getattr(topic, name)
                ),
                [
                    _unit_change((number, place), pairs, old_units, new_units, topics, old, new)
                    for place in range(len(topic.units))
                ],
            )
        )
    _put_back_removed(found, old, pairs, topics)
    for topic_change in found:
        if topic_change.change is Change.SAME and (
            topic_change.fields
            or any(unit.change is not Change.SAME or unit.is_moved for unit in topic_change.units)
        ):
            topic_change.change = Change.CHANGED
    return found


def is_same(changes: Sequence[TopicChange]) -> bool:
    """Say whether nothing changed."""
    return all(topic.change is Change.SAME for topic in changes)


def _placed(topics: Sequence[TopicPlan]) -> Iterator[tuple[_Place, UnitPlan]]:
    for number, topic in enumerate(topics):
        for place, unit in enumerate(topic.units):
            yield (number, place), unit


def _pairs(old: dict[_Place, UnitPlan], new: dict[_Place, UnitPlan]) -> dict[_Place, _Place]:
    """Return for each place of the new version the place of the same unit in the old one."""
    pairs: dict[_Place, _Place] = {}
    keys: tuple[Callable[[_Place, UnitPlan], Any], ...] = (
        lambda _place, unit: (unit.kind, unit.title),
        lambda _place, unit: (unit.kind, _held(unit)) if any(_held(unit)) else None,
        lambda place, unit: (unit.kind, place),
    )
    for key in keys:
        taken = set(pairs.values())
        waiting: dict[Any, list[_Place]] = {}
        for place, unit in old.items():
            if place not in taken and (value := key(place, unit)) is not None:
                waiting.setdefault(value, []).append(place)
        for place, unit in new.items():
            if place not in pairs and (rest := waiting.get(key(place, unit))):
                pairs[place] = rest.pop(0)
    return pairs


def _held(unit: UnitPlan) -> tuple[str, ...]:
    content = repr(sorted(unit.content.items())) if unit.content else ""
    return (unit.body.strip(), unit.file, unit.address, content, str(unit.package_id or ""))


def _topic_pairs(old: Sequence[TopicPlan], new: Sequence[TopicPlan]) -> dict[int, int]:
    """Return for each topic of the new version its place in the old one: by name, then by place."""
    pairs: dict[int, int] = {}
    for number, topic in enumerate(new):
        same = [
            place
            for place, each in enumerate(old)
            if each.name_th == topic.name_th and place not in pairs.values()
        ]
        if same:
            pairs[number] = same[0]
    for number in range(len(new)):
        if number not in pairs and number < len(old) and number not in pairs.values():
            pairs[number] = number
    return pairs


def _unit_change(
    place: _Place,
    pairs: dict[_Place, _Place],
    old_units: dict[_Place, UnitPlan],
    new_units: dict[_Place, UnitPlan],
    topics: dict[int, int],
    old: Sequence[TopicPlan],
    new: Sequence[TopicPlan],
) -> UnitChange:
    unit = new_units[place]
    if place not in pairs:
        return UnitChange(Change.ADDED, None, unit)
    before_place = pairs[place]
    before = old_units[before_place]
    fields = [name for name in _FIELDS if getattr(before, name) != getattr(unit, name)]
    if _opener(old, before) != _opener(new, unit):
        fields.append("opens_after")
    # It moved where its neighbours did not: a unit added above pushes others down without moving them.
    is_moved = topics.get(place[0]) != before_place[0] or _rank(place, pairs) != _rank_before(
        before_place, pairs
    )
    return UnitChange(
        Change.CHANGED if fields else Change.SAME,
        before,
        unit,
        tuple(fields),
        is_moved,
        tuple(lines(before.body, unit.body)) if "body" in fields else (),
    )


def _rank(place: _Place, pairs: dict[_Place, _Place]) -> int:
    """Return how many units of both versions stand before this one in its topic of the new version."""
    return sum(other[0] == place[0] and other < place for other in pairs)


def _rank_before(place: _Place, pairs: dict[_Place, _Place]) -> int:
    return sum(other[0] == place[0] and other < place for other in pairs.values())


def _opener(topics: Sequence[TopicPlan], unit: UnitPlan) -> str:
    if unit.opens_after is None:
        return ""
    return [each.title for topic in topics for each in topic.units][unit.opens_after]


def _put_back_removed(
    found: list[TopicChange], old: Sequence[TopicPlan], pairs: dict[_Place, _Place], topics: dict[int, int]
) -> None:
    kept = set(pairs.values())
    now_at = {before: number for number, before in topics.items()}
    gone: list[TopicChange] = []
    for number, topic in enumerate(old):
        removed = [
            (place, UnitChange(Change.REMOVED, unit, None))
            for place, unit in enumerate(topic.units)
            if (number, place) not in kept
        ]
        if number in now_at:
            for place, change in removed:
                found[now_at[number]].units.insert(place, change)
        else:
            gone.append(
                TopicChange(Change.REMOVED, topic, None, units=[change for _place, change in removed])
            )
    found += gone


def lines(old: str, new: str, *, around: int = 2) -> Iterator[Line]:
    """Yield the lines that differ with some lines around them; "…" stands for what is left out."""
    before, after = old.splitlines(), new.splitlines()
    for group_number, group in enumerate(_groups(before, after, around)):
        if group_number:
            yield Line("…", "")
        for tag, old_from, old_to, new_from, new_to in group:
            if tag == "equal":
                yield from (Line(" ", text) for text in before[old_from:old_to])
                continue
            yield from (Line("-", text) for text in before[old_from:old_to])
            yield from (Line("+", text) for text in after[new_from:new_to])


_Group = list[tuple[str, int, int, int, int]]


def _groups(old: Sequence[str], new: Sequence[str], around: int) -> Iterator[_Group]:
    """Yield what differs; as one piece where to look line by line would take minutes.

    Only what lies between the ends that are the same is looked at, with the lines around it.
    """
    same = _same_at_the_beginning(old, new)
    last = _same_at_the_beginning(old[same:][::-1], new[same:][::-1])
    first, after = max(same - around, 0), min(last, around)
    old, new = old[first : len(old) - last + after], new[first : len(new) - last + after]
    if len(old) * len(new) <= _MOST_COMPARED:
        found = difflib.SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(around)
    else:
        before, old_end, new_end = same - first, len(old) - after, len(new) - after
        whole: _Group = [
            ("equal", 0, before, 0, before),
            ("replace", before, old_end, before, new_end),
            ("equal", old_end, len(old), new_end, len(new)),
        ]
        found = iter([whole])
    for group in found:
        yield [(tag, a + first, b + first, c + first, d + first) for tag, a, b, c, d in group]


def _same_at_the_beginning(old: Sequence[str], new: Sequence[str]) -> int:
    pairs = enumerate(zip(old, new, strict=False))
    return next((place for place, (one, other) in pairs if one != other), min(len(old), len(new)))
