"""Which courses a question finds, and in which order. Pure.

Every word of the question must be found. A word is found as it stands, anywhere in a text, since Thai is
written without blanks; or under another spelling or name (`words.same_as`); or, where it is several Thai
words written together, by each of these. Rank is by the place where it was found.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from itertools import accumulate

from courses.catalogue.folding import fold, questions
from courses.catalogue.words import Words, phrase_at, same_as, words_of
from learning import thai

LONGEST_QUESTION = 100
_MOST_WORDS = 8
# Shorter Latin words and numbers are found only where a word begins: "ai" is in "training".
_SHORT = 4
_SHORTEST_PART = 2
_NOUNS = ("การ", "ความ")
# Ends a section of a text; no folded text and no word of a question has it.
_END = "\n"


class Place(IntEnum):
    """Where a word was found, the best place first."""

    CODE = 0
    NAME_START = 1
    NAME = 2
    TOPIC = 3
    REST = 4
    NOWHERE = 5


# As numbers: to look up a member of an enumeration takes longer than to look through a course.
_CODE, _NAME_START, _NAME, _TOPIC, _REST, _NOWHERE = map(int, Place)


@dataclass(frozen=True, slots=True)
class Text:
    """What is searched of one course: folded, each part with a blank before it.

    Names, topics, the rest and the code stand in this order in one text, so that the first place where a
    word is found is the best one, and one look tells that it is nowhere.
    """

    code: str
    names: tuple[str, ...]
    whole: str
    topics_at: int
    rest_at: int
    code_at: int

    @property
    def topics(self) -> str:
        """The names of the topics."""
        return self.whole[self.topics_at : self.rest_at - 1]

    @property
    def rest(self) -> str:
        """What is found last."""
        return self.whole[self.rest_at : self.code_at - 1]


@dataclass(frozen=True, slots=True)
class Term:
    """A word that must be found, and what is taken for it; of several words in one way all must be found."""

    word: str
    ways: tuple[Words, ...] = ()
    # The words it is made of: what is found by them stands after what has the word as it is.
    parts: Words = ()
    # As it was typed, for people to read.
    typed: str = ""
    # The longest part that is in the word and in every way: where it is not found, none of them is.
    core: str = ""
    # The parts that say something, the longest first, and how many of their letters may be lacking
    # where half of the word's are to be found.
    long_parts: Words = ()
    spare: int = 0


@dataclass(frozen=True, slots=True)
class Question:
    """A question taken apart; without terms it finds everything."""

    terms: tuple[Term, ...]
    # A course code however it was typed: KD10, kd 10, KD-๑๐.
    code: str


def text_of(code: str, names: Iterable[str], topics: Iterable[str], rest: Iterable[str]) -> Text:
    """Fold the texts of a course."""
    needle = _needle_of_code(code)
    folded_names = tuple(f" {folded}" for name in names if (folded := fold(name)))
    sections = (
        "".join(f"{name}{_END}" for name in folded_names),
        "".join(f" {fold(topic)}" for topic in topics) + _END,
        "".join(f" {fold(part)}" for part in (*rest, code)) + _END,
    )
    topics_at, rest_at, code_at = accumulate(map(len, sections))
    whole = f"{''.join(sections)} {needle}"
    return Text(needle, folded_names, whole, topics_at, rest_at, code_at)


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
        parts = dict.fromkeys(part for _word, part in words[place : place + length])
        terms.append(_term(" ".join(bare[place : place + length]), " ".join(parts), names))
        place += length
    # Who writes a word twice asks for it once.
    return Question(tuple(dict.fromkeys(terms)), code=_needle_of_code(typed))


def _term(word: str, typed: str, names: list[Words]) -> Term:
    """Return the term of a word, or of a phrase with its names."""
    pieces = tuple(map(_bare, map(fold, words_of(thai.tidy(typed).replace(".", ""))))) if not names else ()
    is_cut = bool(pieces) and pieces != (word,) and min(map(len, pieces)) >= _SHORTEST_PART
    others = names or same_as(word)
    if is_cut:
        # พรบข่าวสาร is พระราชบัญญัติ and ข่าวสาร, wherever each of them stands.
        others += [
            (*pieces[:at], *way, *pieces[at + 1 :])
            for at, piece in enumerate(pieces)
            for way in same_as(piece)
        ]
    ways = tuple(tuple(map(_needle, way)) for way in others)
    core = _core(pieces, ((word,), *ways)) if ways else ""
    needle = _needle(word)
    parts = tuple(map(_needle, pieces)) if is_cut else ()
    long_parts = tuple(sorted((part for part in parts if len(part) >= _SHORT), key=len, reverse=True))
    spare = sum(map(len, long_parts)) - (len(needle) + 1) // 2
    return Term(needle, ways, parts, typed, core, long_parts, spare)


def _core(parts: Words, ways: Iterable[Words]) -> str:
    """Return the longest part that every way has in one of its words; nothing where there is none.

    A hundred letters without a blank have a score of spellings, each of which nearly no course has.
    """
    ways = list(ways)
    shared = (part for part in parts if all(any(part in word for word in way) for way in ways))
    return max(shared, key=len, default="")


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
    if term.ways and not _is_found(term, text):
        return None
    best = _find(term.word, text)
    for way in term.ways:
        if best <= _NAME_START:
            break
        best = min(best, _find_all(way, text))
    if best < _NOWHERE:
        return 2 * best
    if term.parts:
        best = _find_all(term.parts, text)
    return 2 * best + 1 if best < _NOWHERE else None


def _is_found(term: Term, text: Text) -> bool:
    """Say whether a term is anywhere: nearly no course has it, and where it stands matters only of those."""
    whole = text.whole
    if term.core not in whole:
        return False
    if term.word in whole:
        return True
    for way in term.ways:
        for word in way:
            if word not in whole:
                break
        else:
            return True
    return bool(term.parts) and all(part in whole for part in term.parts)


def _find_all(words: Words, text: Text) -> int:
    """Return the worst place of the words; one that is nowhere ends it, of however many."""
    worst = _CODE
    for word in words:
        worst = max(worst, _find(word, text))
        if worst == _NOWHERE:
            break
    return worst


def has_most(term: Term, text: Text) -> bool:
    """Say whether a term is found, or words of it with half of its letters at least."""
    if _is_found(term, text):
        return True
    if not term.long_parts:
        return False
    whole, spare = text.whole, term.spare
    for part in term.long_parts:
        # Most courses have nearly none of them: not every one is looked for.
        if spare < 0:
            return False
        if part not in whole:
            spare -= len(part)
    return spare >= 0


def _find(needle: str, text: Text) -> int:
    at = text.whole.find(needle)
    if at < 0:
        return _NOWHERE
    if needle.strip() == text.code:
        return _CODE
    if at < text.topics_at:
        start = 0 if needle[0] == " " else 1
        for name in text.names:
            if name.startswith(needle, start):
                return _NAME_START
        return _NAME
    if at < text.rest_at:
        return _TOPIC
    # A part of the code as it is written is in the rest; of the code without its blanks it is chance.
    return _REST if at < text.code_at else _NOWHERE
