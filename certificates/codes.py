"""Certificate codes: 16 characters of Crockford's base 32, easy to read aloud and to type."""

from learning import crockford

ALPHABET = crockford.ALPHABET
LENGTH = 16


def new() -> str:
    """Return a fresh code: 80 bits from the operating system's generator."""
    return crockford.random(LENGTH)


def parse(text: str) -> str | None:
    """Return the code that `text` spells, or None where it spells none.

    Upper and lower case, spaces, hyphens, Thai digits and the look-alikes i, l and o are accepted.
    """
    code = crockford.tidy(text)
    return code if len(code) == LENGTH and set(code) <= set(ALPHABET) else None


def grouped(code: str) -> str:
    """Return the code in groups of four, as printed."""
    return crockford.grouped(code, 4)
