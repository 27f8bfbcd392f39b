"""Thai national identification numbers: check digit, display, encryption and blind index.

The number is 13 digits, shown 1-4-5-2-1; the last is a check digit over the first twelve:
``(11 - (sum of d_i * (14 - i), i = 1..12) mod 11) mod 10``.
"""

import hmac
from operator import mul

from learning.people import sealing
from learning.thai import to_arabic_numerals

LENGTH = 13


def clean(text: str) -> str:
    """Return `text` with Thai digits made Arabic and spaces and hyphens dropped."""
    return to_arabic_numerals(text).replace("-", "").replace(" ", "").strip()


def check_digit(first_twelve: str) -> str:
    """Return the check digit of twelve digits."""
    total = sum(map(mul, map(int, first_twelve), range(LENGTH, 1, -1)))
    return str((11 - total % 11) % 10)


def is_valid(number: str) -> bool:
    """Say whether `number` is 13 ASCII digits with the right check digit."""
    return (
        len(number) == LENGTH
        and number.isascii()
        and number.isdigit()
        and check_digit(number[:12]) == number[12]
    )


def masked(number: str) -> str:
    """Return the number as shown on screens: only the last three digits can be read."""
    return f"x-xxxx-xxxxx-{number[10:12]}-{number[12]}"


def blind_index(number: str) -> str:
    """Return the keyed hash (64 hex digits) under which a number is looked up.

    Keyed, because 13 digits with a check digit are few enough to try them all against a bare hash.
    """
    return hmac.digest(sealing.key(b"national-id-index"), number.encode(), "sha256").hex()


def seal(number: str) -> bytes:
    """Return the number encrypted with AES-256-GCM."""
    return sealing.seal(number.encode(), b"national-id-seal")


def unseal(sealed: bytes | memoryview) -> str:
    """Return the number from `seal`'s bytes. Raises cryptography's InvalidTag when they were altered."""
    return sealing.unseal(sealed, b"national-id-seal").decode()
