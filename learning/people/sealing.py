"""Encrypt bytes that hold national IDs or passwords while they wait in sessions, storage or tables."""

import os
from functools import cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_NONCE_BYTES = 12


@cache
def derive(secret: str, purpose: bytes) -> bytes:
    """Return the 32-byte key that a configured secret gives for one purpose (HKDF-SHA256, RFC 5869).

    Keys of different purposes are independent: who learns one knows nothing of another.
    """
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=purpose).derive(secret.encode())


def key(purpose: bytes) -> bytes:
    """Return the key of one purpose for what holds national IDs or passwords."""
    return derive(settings.NATIONAL_ID_KEY, purpose)


def seal(data: bytes, purpose: bytes) -> bytes:
    """Return `data` encrypted with AES-256-GCM: 12 bytes nonce, then ciphertext and tag."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key(purpose)).encrypt(nonce, data, None)


def unseal(sealed: bytes | memoryview, purpose: bytes) -> bytes:
    """Return the data from `seal`'s bytes. Raises cryptography's InvalidTag when they were altered."""
    sealed = bytes(sealed)
    return AESGCM(key(purpose)).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], None)
