"""Certificate codes: 16 characters of Crockford's base 32, easy to read aloud and to type."""

import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 16
_BITS_PER_CHARACTER = 5
# Crockford's decoding rule: letters that look like digits are read as those digits.
_LOOK_ALIKES = str.maketrans({"I": "1", "L": "1", "O": "0"})
_SEPARATORS = str.maketrans("", "", "- \u00a0\u200b\t\r\n")


def new() -> str:
    """Return a fresh code: 80 bits from the operating system's generator."""
    bits = secrets.randbits(LENGTH * _BITS_PER_CHARACTER)
    return "".join(
        ALPHABET[bits >> _BITS_PER_CHARACTER * place & len(ALPHABET) - 1] for place in reversed(range(LENGTH))
    )


def parse(text: str) -> str | None:
    """Return the code that `text` spells, or None where it spells none.

    Upper and lower case, spaces, hyphens and the look-alikes i, l and o are accepted.
    """
    code = text.translate(_SEPARATORS).upper().translate(_LOOK_ALIKES)
    return code if len(code) == LENGTH and set(code) <= set(ALPHABET) else None


def grouped(code: str) -> str:
    """Return the code in groups of four, as printed."""
    return "-".join(code[i : i + 4] for i in range(0, len(code), 4))
