"""What was meant by a question that finds nothing: typed on the other keyboard, or one letter off. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from courses.catalogue.folding import fold
from courses.catalogue.matching import ask
from courses.catalogue.searching import Asked, Entry, Found, find

# The keys of a US keyboard and the letters of the Thai one (Kedmanee, TIS 820) on them.
_LATIN = "1234567890-=qwertyuiop[]\\asdfghjkl;'zxcvbnm,./!@#$%^&*()_+QWERTYUIOP{}|ASDFGHJKL:\"ZXCVBNM<>?"
_THAI = 'ๅ/-ภถุึคตจขชๆไำพะัีรนยบลฃฟหกดเ้่าสวงผปแอิืทมใฝ+๑๒๓๔ู฿๕๖๗๘๙๐"ฎฑธํ๊ณฯญฐ,ฅฤฆฏโฌ็๋ษศซ.()ฉฮฺ์?ฒฬฦ'
_TO_THAI = str.maketrans(_LATIN, _THAI)
_TO_LATIN = str.maketrans(_THAI, _LATIN)
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


def find_or_guess(
    entries: Iterable[Entry], asked: Asked, *, english: bool = False
) -> tuple[Found, Guess | None]:
    """Search; where the words are nowhere, search for what they may have been meant as, and say so."""
    entries = list(entries)
    found = find(entries, asked, english=english)
    # Courses that only the filters leave out are found by their words.
    if found.keys or any(found.counts.values()) or not asked.question.terms:
        return found, None
    # Looked through as one, which takes a fraction of what looking into each course does.
    haystack = "\n".join(part for entry in entries for part in (*entry.text.names, entry.text.topics))
    guesses = (
        Guess(_on_other_keyboard(asked.text, haystack), is_near=False),
        Guess(_near(asked.text, haystack), is_near=True),
    )
    for guess in guesses:
        if guess.text:
            guessed = find(entries, replace(asked, text=guess.text), english=english)
            if guessed.keys:
                return guessed, guess
    return found, None


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
    meant = [part if _is_there(part, haystack) else nearest(fold(part), haystack) or part for part in parts]
    return " ".join(meant) if meant != parts else ""


def _is_there(text: str, haystack: str) -> bool:
    """Say whether every word of a question is somewhere as it stands, under one of its names.

    What it could be cut into does not count: of a misspelt word that is any few letters.
    """
    return all(
        any(all(word in haystack for word in way) for way in ((term.word,), *term.ways))
        for term in ask(text).terms
    )


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
    if len(there) >= len(rest) and there[1 : len(rest)] == rest[1:]:
        return len(part)
    if there[1 : len(rest) + 1] == rest and rest:
        return len(part) + 1
    if there[: len(rest) - 1] == rest[1:]:
        return len(part) - 1
    if len(rest) > 1 and there[: len(rest)] == rest[1] + rest[0] + rest[2:]:
        return len(part)
    return 0
