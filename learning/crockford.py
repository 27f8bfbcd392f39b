"""Crockford's base 32: codes that are easy to read aloud, to copy from paper and to type. Pure.

The letters I, L, O and U are no digits of it: the first three are read as 1, 1 and 0, and without U no
code spells an English swear word.
"""

import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
BITS = 5
_LOOK_ALIKES = str.maketrans("ILO๐๑๒๓๔๕๖๗๘๙", "1100123456789")
_SEPARATORS = str.maketrans("", "", "- ‐‑–\u00a0\u200b\t\r\n")


def random(length: int) -> str:
    """Return a fresh code of `length` characters, 5 bits each from the operating system's generator."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def tidy(text: str) -> str:
    """Return what was typed in the way codes are kept; whether it is one, the caller judges.

    Upper and lower case, blanks, hyphens, Thai digits and the look-alikes i, l and o are accepted.
    """
    return text.translate(_SEPARATORS).upper().translate(_LOOK_ALIKES)


def grouped(code: str, size: int) -> str:
    """Return the code in groups of `size`, as printed."""
    return "-".join(code[start : start + size] for start in range(0, len(code), size))
