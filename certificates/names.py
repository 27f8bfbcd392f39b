"""Personal names on certificates: put in order, masked, compared."""

import re

from learning.thai import tidy

# A Thai syllable may begin with a vowel that is written before its consonant.
_FIRST_LETTER = re.compile(r"[เแโใไ]?.", re.DOTALL)
_MASK = "•••"


def full(title: str, first_name: str, last_name: str) -> str:
    """Return the whole name: Thai writes the title close up, Latin script with a space."""
    space = " " if title and first_name.isascii() else ""
    return f"{title}{space}{first_name} {last_name}".strip()


def masked(title: str, first_name: str) -> str:
    """Return the name as strangers see it: the title, the first letter, and nothing of the surname."""
    found = _FIRST_LETTER.match(first_name)
    letter = found.group() if found else ""
    return full(title, letter, "") + f"{_MASK} {_MASK}"


def same(one: str, other: str) -> bool:
    """Say whether two spellings are one name: case, spacing and order of marks do not count."""
    return _key(one) == _key(other)


def _key(text: str) -> str:
    return tidy(text).replace(" ", "").casefold()
