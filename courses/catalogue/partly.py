"""The nearest courses to a question of which none has every word. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import log

from courses.catalogue.matching import Term, has_most
from courses.catalogue.searching import Asked, Entry, Found, Sort, find

# A word that more than a quarter of the courses have tells none from another; of few courses any does.
_COMMON_SHARE = 4
_FEW_COURSES = 20
# A single letter is somewhere in everything.
_SHORTEST = 2


@dataclass(frozen=True)
class Partly:
    """Courses that have some of the words, and the words that none of them has, as they were typed."""

    found: Found
    lacking: tuple[str, ...]


def find_partly(entries: Sequence[Entry], asked: Asked, *, english: bool = False) -> Partly | None:
    """Return the courses that have most of what was asked for; None where there are none.

    A word counts the more the fewer courses have it; what comes to less than half of the best is left out.
    """
    terms = [term for term in asked.question.terms if len(term.word.strip()) >= _SHORTEST]
    those = [[entry for entry in entries if has_most(term, entry.text)] for term in terms]
    most = max(_FEW_COURSES, len(entries) // _COMMON_SHARE)
    telling = [(term, hits) for term, hits in zip(terms, those, strict=True) if 0 < len(hits) <= most]
    scores: dict[int, float] = {}
    for _term, hits in telling:
        for entry in hits:
            scores[entry.key] = scores.get(entry.key, 0) + log(1 + len(entries) / len(hits))
    if not scores:
        return None
    least = max(scores.values()) / 2
    near = [entry for entry in entries if scores.get(entry.key, 0) >= least]
    found = find(near, replace(asked, text=""), english=english)
    if not found.keys:
        return None
    if asked.order == Sort.RELEVANCE:
        found.keys.sort(key=lambda key: -scores[key])
    return Partly(found, _lacking(asked.question.terms, near))


def _lacking(terms: Sequence[Term], entries: Sequence[Entry]) -> tuple[str, ...]:
    return tuple(term.typed for term in terms if not any(has_most(term, entry.text) for entry in entries))
