"""Which courses a question finds, and in which order. Pure.

Every word of the question must be found. A word is found as it stands, anywhere in a text, since Thai is
written without blanks; or under another spelling or name (`words.same_as`); or, where it is several Thai
words written together, by each of these. Rank is by the place where it was found.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from courses.catalogue.folding import fold, questions
from courses.catalogue.words import Words, phrase_at, same_as, words_of
from learning import thai

LONGEST_QUESTION = 100
_MOST_WORDS = 8
# Shorter Latin words and numbers are found only where a word begins: "ai" is in "training".
_SHORT = 4
_SHORTEST_PART = 2
_NOUNS = ("การ", "ความ")


class Place(IntEnum):
    """Where a word was found, the best place first."""

    CODE = 0
    NAME_START = 1
    NAME = 2
    TOPIC = 3
    REST = 4
    NOWHERE = 5


@dataclass(frozen=True, slots=True)
class Text:
    """What is searched of one course: folded, each part with a blank before it."""

    code: str
    names: tuple[str, ...]
    topics: str
    rest: str


@dataclass(frozen=True, slots=True)
class Term:
    """A word that must be found, and what is taken for it; of several words in one way all must be found."""

    word: str
    ways: tuple[Words, ...] = ()
    # The words it is made of: what is found by them stands after what has the word as it is.
    parts: Words = ()


@dataclass(frozen=True, slots=True)
class Question:
    """A question taken apart; without terms it finds everything."""

    terms: tuple[Term, ...]
    # A course code however it was typed: KD10, kd 10, KD-๑๐.
    code: str


def text_of(code: str, names: Iterable[str], topics: Iterable[str], rest: Iterable[str]) -> Text:
    """Fold the texts of a course."""
    return Text(
        code=_needle_of_code(code),
        names=tuple(f" {folded}" for name in names if (folded := fold(name))),
        topics="".join(f" {fold(topic)}" for topic in topics),
        rest="".join(f" {fold(part)}" for part in (*rest, code)),
    )


@lru_cache(maxsize=1000)
def ask(typed: str) -> Question:
    """Take a question apart."""
    typed = typed[:LONGEST_QUESTION]
    words = [(word, part) for part in typed.split() for word in questions(part)]
    bare = [word for word, _part in words]
    terms: list[Term] = []
    place = 0
    while place < len(words) and len(terms) < _MOST_WORDS:
        length, names = phrase_at(bare, place)
        terms.append(_term(" ".join(bare[place : place + length]), words[place][1], names))
        place += length
    return Question(tuple(terms), code=_needle_of_code(typed))


def _term(word: str, part: str, names: list[Words]) -> Term:
    """Return the term of a word, or of a phrase with its names; `part` is what was typed for a word."""
    pieces = tuple(map(_bare, map(fold, words_of(thai.tidy(part))))) if not names else ()
    is_cut = bool(pieces) and pieces != (word,) and min(map(len, pieces)) >= _SHORTEST_PART
    ways = tuple(tuple(map(_needle, way)) for way in names or same_as(word))
    return Term(_needle(word), ways, tuple(map(_needle, pieces)) if is_cut else ())


def _bare(piece: str) -> str:
    """Return a word without what only makes a noun of it: ความปลอดภัย is found in มั่นคงปลอดภัย."""
    noun = next((noun for noun in _NOUNS if piece.startswith(noun)), "")
    return piece[len(noun) :] if len(piece) - len(noun) >= _SHORT else piece


def _needle_of_code(code: str) -> str:
    return "".join(questions(code))


def _needle(word: str) -> str:
    return f" {word}" if word.isascii() and len(word) < _SHORT else word


def rank(question: Question, text: Text) -> tuple[int, int] | None:
    """Return how well the course answers, the smaller the better; None where a word is not found.

    The worst place of a word counts first, then all of them together.
    """
    if question.code == text.code:
        return (0, 0)
    worst = total = 0
    for term in question.terms:
        place = _place(term, text)
        if place is None:
            return None
        worst = max(worst, place)
        total += place
    return worst, total


def _place(term: Term, text: Text) -> int | None:
    """Return twice the place of a term, and one more where only its parts were found."""
    best = _find(term.word, text)
    for way in term.ways:
        if best <= Place.NAME_START:
            break
        best = min(best, max(_find(word, text) for word in way))
    if best < Place.NOWHERE:
        return 2 * best
    if term.parts:
        best = max(_find(word, text) for word in term.parts)
    return 2 * best + 1 if best < Place.NOWHERE else None


def _find(needle: str, text: Text) -> int:
    if needle.strip() == text.code:
        return Place.CODE
    place = Place.NOWHERE
    for name in text.names:
        if needle in name:
            if name.startswith(needle, 0 if needle[0] == " " else 1):
                return Place.NAME_START
            place = Place.NAME
    if place == Place.NAME:
        return place
    if needle in text.topics:
        return Place.TOPIC
    return Place.REST if needle in text.rest else Place.NOWHERE
