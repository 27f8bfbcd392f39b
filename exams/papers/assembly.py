"""Draw items into a paper: pure functions of their arguments, the same on every machine.

Everything that looks random is a sort by ``SHA-256("<seed>:<purpose>:<what>")``. Against a generator of
pseudo-random numbers that has two merits: no library's algorithm can change it, so a form of this year can
be rebuilt in ten years and in another language; and each key stands alone, so the order in which the pool
was read from the database does not matter. The keys of different purposes are independent, which keeps
every draw uniform among the items that are left.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

import msgspec
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from learning.errors import DomainError


class PoolItem(msgspec.Struct, frozen=True):
    """An approved item version that may be drawn, with the number of its options."""

    version: int
    topic: int
    difficulty: str
    options: int


class DrawRule(msgspec.Struct, frozen=True, array_like=True):
    """Take `count` items of a topic; an empty difficulty means any."""

    topic: int
    difficulty: str
    count: int


class Section(msgspec.Struct, frozen=True, omit_defaults=True):
    """A part of a paper, for example one subject: its rules draw into it, and it is shuffled within itself.

    Topics belong to banks, so the rules of one section may draw from another bank than those of the next,
    in another language (BCP 47).
    """

    title: str
    rules: list[DrawRule]
    lang: str = "th"

    @property
    def count(self) -> int:
        """The number of items."""
        return sum(rule.count for rule in self.rules)


class Parallel(msgspec.Struct, frozen=True):
    """Which of a round's parallel forms this is, `index` from 0, and the one seed of them all."""

    seed: str
    index: int
    same_items: bool

    @property
    def form_seed(self) -> str:
        """The seed of this form."""
        return hashlib.sha256(f"{self.seed}:form:{self.index}".encode()).hexdigest()[:32]


class Draw(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was asked for: rules, or sections with rules of their own, and what is shuffled."""

    shuffle_items: bool
    shuffle_options: bool
    rules: list[DrawRule] = []
    sections: list[Section] = []
    parallel: Parallel | None = None

    @property
    def parts(self) -> list[Section]:
        """The sections; a paper without any is one part."""
        return self.sections or [Section("", self.rules)]

    @property
    def all_rules(self) -> list[DrawRule]:
        """The rules of all parts, in their order."""
        return [rule for part in self.parts for rule in part.rules]


class Position(msgspec.Struct, frozen=True):
    """One place on a form: the pinned version, and the indices of its options in the order shown."""

    version: int
    order: list[int]


class Layout(msgspec.Struct, frozen=True):
    """The recipe of a form, one entry per place."""

    positions: list[Position]


class PaperFigure(msgspec.Struct, frozen=True):
    """A picture of an item: its SHA-256, what it shows in words, width and height in pixels."""

    sha256: str
    alt: str
    width: int
    height: int


class PaperItem(msgspec.Struct, frozen=True, omit_defaults=True):
    """An item as a candidate sees it; `n` counts from 1."""

    n: int
    stem: str
    options: list[str]
    figure: PaperFigure | None = None


class Wording(NamedTuple):
    """What an item version says: its options in the order in which they were written."""

    stem: str
    options: Sequence[str]
    figure: PaperFigure | None = None


class PaperSection(msgspec.Struct, frozen=True, omit_defaults=True):
    """A section as a candidate sees it: the items from `first` on, `count` of them, written in `lang`."""

    title: str
    first: int
    count: int
    lang: str = "th"


class Paper(msgspec.Struct, frozen=True, omit_defaults=True):
    """A paper as a candidate sees it. It holds no key, no topic and no difficulty.

    What a paper does not have is left out of its JSON, so the hashes of papers made before sections,
    figures and languages existed stay what they were.
    """

    title: str
    items: list[PaperItem]
    sections: list[PaperSection] = []

    @property
    def figure_names(self) -> set[str]:
        """The SHA-256 names of all figures."""
        return {item.figure.sha256 for item in self.items if item.figure}


class Shortage(msgspec.Struct, frozen=True):
    """A rule that the pool cannot meet."""

    topic: int
    difficulty: str
    wanted: int
    available: int


class NotEnoughItems(DomainError):
    """The pool holds fewer items than the rules ask for; `shortages` names every rule concerned."""

    code = "not_enough_items"
    message = gettext_lazy("The item bank does not hold enough approved items.")

    def __init__(self, shortages: Sequence[Shortage], names: Mapping[int | str, str] | None = None) -> None:
        """Take the names of topics (by primary key) and of difficulties, where they are known."""
        names = names or {}
        self.shortages = list(shortages)
        lines = [
            _("“%(topic)s”, difficulty %(difficulty)s: %(wanted)d wanted, %(available)d available")
            % {
                "topic": names.get(short.topic, f"#{short.topic}"),
                "difficulty": names.get(short.difficulty, short.difficulty) or _("any"),
                "wanted": short.wanted,
                "available": short.available,
            }
            for short in self.shortages
        ]
        super().__init__(f"{self.message} {'; '.join(lines)}")


def rank(seed: str, purpose: str, what: object) -> bytes:
    """Return the key by which `what` is sorted where something is to look random."""
    return hashlib.sha256(f"{seed}:{purpose}:{what}".encode()).digest()


def _merged(rules: Sequence[DrawRule]) -> dict[tuple[int, str], int]:
    """Return the wanted count per (topic, difficulty), in the order of the rules."""
    wanted: dict[tuple[int, str], int] = defaultdict(int)
    for rule in rules:
        wanted[rule.topic, rule.difficulty] += rule.count
    return wanted


def shortages(pool: Sequence[PoolItem], rules: Sequence[DrawRule]) -> list[Shortage]:
    """Return the rules that the pool cannot meet; none means that `assemble` will succeed.

    Rules for one difficulty are served before those for any, so an "any" rule has what is left of its
    topic. Nothing else competes: the rules for one difficulty draw from disjoint parts of the pool.
    """
    cells: dict[tuple[int, str], int] = defaultdict(int)
    topics: dict[int, int] = defaultdict(int)
    for item in pool:
        cells[item.topic, item.difficulty] += 1
        topics[item.topic] += 1
    wanted = _merged(rules)
    found = []
    for (topic, difficulty), count in wanted.items():
        if difficulty:
            available = cells[topic, difficulty]
        else:
            available = topics[topic] - sum(
                min(taken, cells[cell]) for cell, taken in wanted.items() if cell[0] == topic and cell[1]
            )
        if count > available:
            found.append(Shortage(topic, difficulty, count, available))
    return found


def assemble(
    pool: Sequence[PoolItem],
    rules: Sequence[DrawRule],
    *,
    seed: str,
    shuffle_items: bool,
    shuffle_options: bool,
) -> Layout:
    """Draw the rules' items from the pool without replacement, as `lay_out` does. Raises NotEnoughItems."""
    draw = Draw(rules=list(rules), shuffle_items=shuffle_items, shuffle_options=shuffle_options)
    return lay_out(pool, draw, seed=seed)


def lay_out(pool: Sequence[PoolItem], draw: Draw, *, seed: str) -> Layout:
    """Draw what is asked for from the pool without replacement, section by section.

    Unshuffled items stand in the order of the rules, then of the pool. Parallel forms with the same items
    draw with the seed of the round, and order with their own. Raises NotEnoughItems.
    """
    if short := shortages(pool, draw.all_rules):
        raise NotEnoughItems(short)
    place = draw.parallel
    drawn = _drawn(pool, draw.all_rules, seed=place.seed if place and place.same_items else seed)
    places = {item.version: place for place, item in enumerate(pool)}
    positions: list[Position] = []
    for part in draw.parts:
        items: list[PoolItem] = []
        for cell, count in _merged(part.rules).items():
            # By rank, not by place in the pool: two sections that ask for one topic share it by chance.
            mine, drawn[cell] = drawn[cell][:count], drawn[cell][count:]
            items += sorted(mine, key=lambda item: places[item.version])
        if draw.shuffle_items:
            items.sort(key=lambda item: rank(seed, "item", item.version))
        positions += [_position(item, seed=seed, is_shuffled=draw.shuffle_options) for item in items]
    return Layout(positions)


def _drawn(
    pool: Sequence[PoolItem], rules: Sequence[DrawRule], *, seed: str
) -> dict[tuple[int, str], list[PoolItem]]:
    """Return the items drawn per (topic, difficulty), by rank."""
    drawn: dict[tuple[int, str], list[PoolItem]] = {}
    taken: set[int] = set()
    for (topic, difficulty), count in sorted(_merged(rules).items(), key=lambda entry: not entry[0][1]):
        purpose = "draw" if difficulty else "draw-any"
        candidates = [
            item
            for item in pool
            if item.topic == topic
            and (not difficulty or item.difficulty == difficulty)
            and item.version not in taken
        ]
        ranks = {item.version: rank(seed, purpose, item.version) for item in candidates}
        candidates.sort(key=lambda item: ranks[item.version])
        drawn[topic, difficulty] = candidates[:count]
        taken |= {item.version for item in candidates[:count]}
    return drawn


def _position(item: PoolItem, *, seed: str, is_shuffled: bool) -> Position:
    order = list(range(item.options))
    if is_shuffled:
        order.sort(key=lambda index: rank(seed, "option", f"{item.version}:{index}"))
    return Position(item.version, order)


def render(
    title: str,
    layout: Layout,
    texts: Mapping[int, Wording],
    sections: Sequence[Section] = (),
) -> Paper:
    """Return the paper that a layout gives; `texts` maps versions to what they say."""
    items = []
    for n, position in enumerate(layout.positions, start=1):
        stem, options, figure = texts[position.version]
        items.append(PaperItem(n, stem, [options[index] for index in position.order], figure))
    firsts = accumulate((section.count for section in sections), initial=1)
    # Not strict: after the last section comes one more number.
    shown = [
        PaperSection(section.title, first, section.count, section.lang)
        for section, first in zip(sections, firsts, strict=False)
    ]
    return Paper(title, items, shown)


def digest(paper: Paper) -> str:
    """Return the SHA-256 (64 hex digits) of the paper's canonical JSON.

    Canonical: UTF-8, keys sorted, no blanks, Thai letters as themselves; the paper has strings and small
    integers only, so this agrees with RFC 8785.
    """
    return hashlib.sha256(_canonical(msgspec.to_builtins(paper))).hexdigest()


def _canonical(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def pool_digest(pool: Sequence[PoolItem]) -> str:
    """Return the SHA-256 (64 hex digits) that names a pool, its order included."""
    return hashlib.sha256(_canonical([msgspec.structs.astuple(item) for item in pool])).hexdigest()
