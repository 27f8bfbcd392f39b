"""Thai national identification numbers: check digit, display, encryption and blind index.

The number is 13 digits, shown 1-4-5-2-1; the last is a check digit over the first twelve:
``(11 - (sum of d_i * (14 - i), i = 1..12) mod 11) mod 10``.
"""

import hashlib
import hmac
import os
from functools import cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

LENGTH = 13
_THAI_DIGITS = str.maketrans("๐๑๒๓๔๕๖๗๘๙", "0123456789")
_NONCE_BYTES = 12


def clean(text: str) -> str:
    """Return `text` with Thai digits made Arabic and spaces and hyphens dropped."""
    return text.translate(_THAI_DIGITS).replace("-", "").replace(" ", "").strip()


def check_digit(first_twelve: str) -> str:
    """Return the check digit of twelve digits."""
    total = sum(int(digit) * (13 - i) for i, digit in enumerate(first_twelve))
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


@cache
def _key(purpose: bytes) -> bytes:
    # Two independent keys from one secret: whoever learns the index key still cannot decrypt.
    secret = settings.NATIONAL_ID_KEY.encode()
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=purpose).derive(secret)


def blind_index(number: str) -> str:
    """Return the keyed hash (64 hex digits) under which a number is looked up.

    Keyed, because 13 digits with a check digit are few enough to try them all against a bare hash.
    """
    return hmac.new(_key(b"national-id-index"), number.encode(), hashlib.sha256).hexdigest()


def seal(number: str) -> bytes:
    """Return the number encrypted with AES-256-GCM: 12 bytes nonce, then ciphertext and tag."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(_key(b"national-id-seal")).encrypt(nonce, number.encode(), None)


def unseal(sealed: bytes | memoryview) -> str:
    """Return the number from `seal`'s bytes. Raises cryptography's InvalidTag when they were altered."""
    sealed = bytes(sealed)
    nonce, ciphertext = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    return AESGCM(_key(b"national-id-seal")).decrypt(nonce, ciphertext, None).decode()
