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


class DrawRule(msgspec.Struct, frozen=True):
    """Take `count` items of a topic; an empty difficulty means any."""

    topic: int
    difficulty: str
    count: int


class Position(msgspec.Struct, frozen=True):
    """One place on a form: the pinned version, and the indices of its options in the order shown."""

    version: int
    order: list[int]


class Layout(msgspec.Struct, frozen=True):
    """The recipe of a form, one entry per place."""

    positions: list[Position]


class PaperItem(msgspec.Struct, frozen=True):
    """An item as a candidate sees it; `n` counts from 1."""

    n: int
    stem: str
    options: list[str]


class Paper(msgspec.Struct, frozen=True):
    """A paper as a candidate sees it. It holds no key, no topic and no difficulty."""

    title: str
    items: list[PaperItem]


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


def _rank(seed: str, purpose: str, what: object) -> bytes:
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
    """Draw the rules' items from the pool without replacement.

    Unshuffled items stand in the order of the rules, then of the pool. Raises NotEnoughItems.
    """
    if short := shortages(pool, rules):
        raise NotEnoughItems(short)
    wanted = _merged(rules)
    drawn: dict[tuple[int, str], list[PoolItem]] = {}
    taken: set[int] = set()
    for (topic, difficulty), count in sorted(wanted.items(), key=lambda entry: not entry[0][1]):
        purpose = "draw" if difficulty else "draw-any"
        candidates = [
            item
            for item in pool
            if item.topic == topic
            and (not difficulty or item.difficulty == difficulty)
            and item.version not in taken
        ]
        ranks = {item.version: _rank(seed, purpose, item.version) for item in candidates}
        chosen = set(sorted(ranks, key=ranks.__getitem__)[:count])
        drawn[topic, difficulty] = [item for item in candidates if item.version in chosen]
        taken |= chosen
    items = [item for cell in wanted for item in drawn[cell]]
    if shuffle_items:
        items.sort(key=lambda item: _rank(seed, "item", item.version))
    return Layout([_position(item, seed=seed, is_shuffled=shuffle_options) for item in items])


def _position(item: PoolItem, *, seed: str, is_shuffled: bool) -> Position:
    order = list(range(item.options))
    if is_shuffled:
        order.sort(key=lambda index: _rank(seed, "option", f"{item.version}:{index}"))
    return Position(item.version, order)


def render(title: str, layout: Layout, texts: Mapping[int, tuple[str, Sequence[str]]]) -> Paper:
    """Return the paper that a layout gives; `texts` maps versions to (stem, options as written)."""
    items = []
    for n, position in enumerate(layout.positions, start=1):
        stem, options = texts[position.version]
        items.append(PaperItem(n, stem, [options[index] for index in position.order]))
    return Paper(title, items)


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
