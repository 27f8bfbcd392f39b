"""Words: which ones a search takes for the same, and where one ends that is written without blanks. Pure.

The groups are data, ``data/same-words.txt``. Words are found in what a person typed, never in the texts
of courses, so that a change of the data holds at once.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

from courses.catalogue.folding import fold

_FILE = Path(__file__).parent / "data" / "same-words.txt"
# A shorter one is found in the middle of others: กพ in ทรัพยากพ…
_LONG_ENOUGH = 4
_LONGEST_WORD = 30
_MOST_SPELLINGS = 24
_THAI_ONLY = re.compile("[ก-ฮะ-ฺเ-๎]+")
# Marks and vowels that begin no word, and vowels that end none.
_BEGINS_NO_WORD = frozenset("ะัาำิีึืฺุูๅ็่้๊๋์ํ๎")
_ENDS_NO_WORD = frozenset("เแโใไ")

# Words that must all occur.
Words = tuple[str, ...]


def read_groups(lines: Iterable[str]) -> list[list[str]]:
    """Return the groups, each member folded and once, the longest first."""
    return [
        sorted({fold(member) for member in members} - {""}, key=lambda member: (-len(member), member))
        for members in _split(lines)
    ]


def _split(lines: Iterable[str]) -> Iterator[list[str]]:
    """Yield the members of each group as they are written."""
    for line in lines:
        if line.strip() and not line.startswith("#"):
            yield line.split("|")


def _table() -> list[str]:
    return _FILE.read_text("utf-8").splitlines()


@cache
def _groups() -> list[list[str]]:
    return read_groups(_table())


@cache
def vocabulary() -> str:
    """Return all words of the table, one a line."""
    return "\n".join(member for group in _groups() for member in group)


def same_as(word: str, groups: list[list[str]] | None = None) -> list[Words]:
    """Return what a folded word might also have been called, the word itself not included."""
    spellings = {word: None}
    for group in _groups() if groups is None else groups:
        # Of อิเล็กทรอนิกส์ and อิเล็กทรอนิค the longer is meant.
        member = next((member for member in group if _stands_in(member, word)), None)
        if member is None:
            continue
        for spelling in list(spellings):
            for other in group:
                # Latin words stand apart in a Thai text.
                apart = f" {other} " if other.isascii() else other
                if len(spellings) < _MOST_SPELLINGS:
                    spellings[" ".join(spelling.replace(member, apart).split())] = None
    del spellings[word]
    return [tuple(spelling.split()) for spelling in spellings]


def _stands_in(member: str, word: str) -> bool:
    if member.isascii():
        return member == word
    return member in word if len(member) >= _LONG_ENOUGH else word.startswith(member)


def phrase_at(
    words: Sequence[str], start: int, groups: list[list[str]] | None = None
) -> tuple[int, list[Words]]:
    """Return how many words from `start` on are one name in the table, and what else that is called.

    1 and nothing where none begins there: big data is a name, big is not.
    """
    for group in _groups() if groups is None else groups:
        for member in group:
            name = tuple(member.split())
            if len(name) > 1 and tuple(words[start : start + len(name)]) == name:
                return len(name), [name, *(tuple(other.split()) for other in group if other != member)]
    return 1, []


@cache
def _dictionary() -> frozenset[str]:
    from pythainlp.corpus import thai_words

    own = (member for members in _split(_table()) for member in members)
    return frozenset(thai_words()) | {member.strip().replace(".", "") for member in own}


def words_of(text: str, dictionary: Collection[str] | None = None) -> list[str]:
    """Return the words of a Thai text without blanks: the fewest, with as few letters in none as can be.

    Nothing for a text that is not wholly Thai. The dictionary is PyThaiNLP's and the words of the table, read
    at the first question that needs it (0.1 seconds, 8 MB); PyThaiNLP's own segmenters keep a tree of it that
    is many times as large.
    """
    if not _THAI_ONLY.fullmatch(text):
        return []
    known = _dictionary() if dictionary is None else dictionary
    ends = [
        place
        for place in range(1, len(text))
        if text[place] not in _BEGINS_NO_WORD and text[place - 1] not in _ENDS_NO_WORD
    ]
    # Up to each place: letters in no word, number of words, where the last of them begins.
    best: dict[int, tuple[int, int, int]] = {0: (0, 0, 0)}
    for end in [*ends, len(text)]:
        best[end] = min(
            (unknown + (0 if text[begin:end] in known else end - begin), words + 1, begin)
            for begin, (unknown, words, _begin) in best.items()
            if end - begin <= _LONGEST_WORD or begin == 0
        )
    pieces: list[str] = []
    end = len(text)
    while end:
        begin = best[end][2]
        pieces.insert(0, text[begin:end])
        end = begin
    return pieces
