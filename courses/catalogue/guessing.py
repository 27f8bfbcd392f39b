"""What was meant by a question that finds nothing. Pure.

Typed on the other keyboard, a code or an abbreviation written as it is said, one letter off; and where it is
none of these, the courses that have some of its words.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice

from courses.catalogue.folding import fold
from courses.catalogue.matching import ask
from courses.catalogue.partly import find_partly
from courses.catalogue.searching import Asked, Entry, Found, find
from courses.catalogue.words import vocabulary

# The keys of a US keyboard and the letters of the Thai one (Kedmanee, TIS 820) on them.
_LATIN = "1234567890-=qwertyuiop[]\\asdfghjkl;'zxcvbnm,./!@#$%^&*()_+QWERTYUIOP{}|ASDFGHJKL:\"ZXCVBNM<>?"
_THAI = 'ๅ/-ภถุึคตจขชๆไำพะัีรนยบลฃฟหกดเ้่าสวงผปแอิืทมใฝ+๑๒๓๔ู฿๕๖๗๘๙๐"ฎฑธํ๊ณฯญฐ,ฅฤฆฏโฌ็๋ษศซ.()ฉฮฺ์?ฒฬฦ'
_TO_THAI = str.maketrans(_LATIN, _THAI)
_TO_LATIN = str.maketrans(_THAI, _LATIN)
# The letters of the Latin alphabet as they are said in Thai, folded.
_SAID = (
    "ดับเบิลยู w|ดับบลิว w|เอ็กซ์ x|เอ็กส์ x|เอฟ f|เอช h|แอล l|เอล l|เอ็ม m|เอ็น n|เอส s|อาร์ r|อา r|เอ a|บี b|ซี c"
    "|ดี d|อี e|จี g|ไอ i|เจ j|เค k|โอ o|พี p|คิว q|ที t|ยู u|วี v|วาย y|แซด z|เซด z"
)
_LETTERS = {fold(said): letter for said, letter in (pair.split() for pair in _SAID.split("|"))}
_LETTER = "|".join(sorted(_LETTERS, key=len, reverse=True))
_ALL_SAID = re.compile(f"(?:{_LETTER}){{2,}}")
# Shorter words are near to too many others.
_SHORTEST = 5
_MOST_PARTS = 3
_MOST_PLACES = 3000


@dataclass(frozen=True)
class Guess:
    """What was looked for instead of what was asked."""

    text: str
    # With other letters in it, and folded, so that nobody is shown it.
    is_near: bool
    # No course has all of the words: those that are shown have some, and none of them has these.
    is_partly: bool = False
    lacking: tuple[str, ...] = ()


def haystack_of(entries: Iterable[Entry]) -> str:
    """Return the names and topics of all courses as one text.

    Looking through it takes a fraction of what looking into each course does; whoever keeps the entries
    keeps it beside them.
    """
    return "\n".join(part for entry in entries for part in (*entry.text.names, entry.text.topics))


def find_or_guess(
    entries: Iterable[Entry], asked: Asked, haystack: str, *, english: bool = False
) -> tuple[Found, Guess | None]:
    """Search; where the words are nowhere, search for what they may have been meant as, and say so.

    `haystack` is what `haystack_of` makes of the entries.
    """
    entries = list(entries)
    found = find(entries, asked, english=english)
    # Courses that only the filters leave out are found by their words.
    if found.keys or any(found.counts.values()) or not asked.question.terms:
        return found, None
    near = _near(asked.text, haystack)
    guesses = (
        Guess(_on_other_keyboard(asked.text, haystack), is_near=False),
        Guess(as_letters(asked.text), is_near=False),
        Guess(near, is_near=True),
    )
    for guess in guesses:
        if guess.text:
            guessed = find(entries, replace(asked, text=guess.text), english=english)
            if guessed.keys:
                return guessed, guess
    return _partly(entries, asked, near, english=english) or (found, None)


def _partly(
    entries: list[Entry], asked: Asked, near: str, *, english: bool
) -> tuple[Found, Guess | None] | None:
    """Return the courses with some of the words, with near ones for those that are nowhere."""
    text = near or asked.text
    partly = find_partly(entries, replace(asked, text=text), english=english)
    if partly is None:
        return None
    # What was put for a word that is nowhere is folded, and is not what was typed.
    lacking = tuple(word for word in partly.lacking if word in asked.text)
    return partly.found, Guess(text, is_near=bool(near), is_partly=True, lacking=lacking)


def as_letters(text: str) -> str:
    """Return a question with what is said letter by letter in Latin ones: เคดี53 is KD53. Else nothing."""
    parts = text.split()
    meant = []
    for part in parts:
        words = fold(part).split()
        spelt = [_letters(word) if _ALL_SAID.fullmatch(word) else word for word in words]
        meant.append("".join(spelt) if spelt != words else part)
    return " ".join(meant) if meant != parts else ""


def _letters(word: str) -> str:
    return re.sub(_LETTER, lambda said: _LETTERS[said[0]], word).upper()


def other_keyboard(text: str) -> str:
    """Return what the same keys write on the other keyboard."""
    return text.translate(_TO_THAI if text.isascii() else _TO_LATIN)


def _on_other_keyboard(text: str, haystack: str) -> str:
    meant = other_keyboard(text)
    return meant if ask(meant).terms and _is_there(meant, haystack) else ""


def _near(text: str, haystack: str) -> str:
    """Return the question with near words for those that are nowhere; nothing where there are none."""
    parts = text.split()
    if len(parts) > _MOST_PARTS:
        return ""
    # Excel is in no name of a course and yet finds those on spreadsheets.
    known = f"{haystack}\n{vocabulary()}"
    meant = [part if _is_there(part, haystack) else _nearest(fold(part), known) or part for part in parts]
    return " ".join(meant) if meant != parts else ""


def _is_there(text: str, haystack: str) -> bool:
    """Say whether every word of a question is somewhere as it stands, under one of its names.

    What it could be cut into does not count: of a misspelt word that is any few letters.
    """
    # The ways of a term share most of their words.
    has = cache(haystack.__contains__)
    return all(any(all(map(has, way)) for way in ((term.word,), *term.ways)) for term in ask(text).terms)


def _nearest(word: str, haystack: str) -> str:
    """Return a near word, also of what sounds the same: สารบัญ for สารบรรณ, พรรธนา for พัฒนา."""
    sounds = [other for other in (word.replace("ั", "รร"), word.replace("รร", "ั")) if other != word]
    there = next((other for other in sounds if other in haystack), "")
    return there or next((near for other in (word, *sounds) if (near := nearest(other, haystack))), "")


def nearest(word: str, haystack: str) -> str:
    """Return what differs in one letter from a folded word, or in two that changed places; the commonest.

    One half of the word is then there as it is, and what stands beside it is compared.
    """
    if len(word) < _SHORTEST:
        return ""
    half = len(word) // 2
    first, last = word[:half], word[half:]
    counts: dict[str, int] = {}
    for place in islice(_places(first, haystack), _MOST_PLACES):
        beside = haystack[place + half : place + len(word) + 1]
        if length := _one_off(last, beside):
            counts[first + beside[:length]] = counts.get(first + beside[:length], 0) + 1
    for place in islice(_places(last, haystack), _MOST_PLACES):
        beside = haystack[max(0, place - half - 1) : place][::-1]
        if length := _one_off(first[::-1], beside):
            found = beside[:length][::-1] + last
            counts[found] = counts.get(found, 0) + 1
    # A blank at an end, or the end of a text, is no letter that was meant.
    words = {found: count for found, count in counts.items() if "\n" not in found and found == found.strip()}
    return max(words, key=lambda found: (words[found], found)) if words else ""


def _places(part: str, haystack: str) -> Iterator[int]:
    place = haystack.find(part)
    while place >= 0:
        yield place
        place = haystack.find(part, place + 1)


def _one_off(part: str, beside: str) -> int:
    """Return how many letters beside stand for the part, 0 where more than one letter is another."""
    same = next((at for at, letter in enumerate(part) if beside[at : at + 1] != letter), len(part))
    rest, there = part[same:], beside[same:]
    # No blank is another letter: excell is excel with one too many.
    if len(there) >= len(rest) and there[1 : len(rest)] == rest[1:] and not there[:1].isspace():
        return len(part)
    if there[1 : len(rest) + 1] == rest and rest:
        return len(part) + 1
    if there[: len(rest) - 1] == rest[1:]:
        return len(part) - 1
    if len(rest) > 1 and there[: len(rest)] == rest[1] + rest[0] + rest[2:]:
        return len(part)
    return 0
