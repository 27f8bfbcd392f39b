"""Encrypt bytes that hold national IDs or passwords while they wait in sessions, storage or tables."""

import os
from functools import cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_NONCE_BYTES = 12


@cache
def key(purpose: bytes) -> bytes:
    """Return the 32-byte key of one purpose; keys of different purposes are independent."""
    secret = settings.NATIONAL_ID_KEY.encode()
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=purpose).derive(secret)


def seal(data: bytes, purpose: bytes) -> bytes:
    """Return `data` encrypted with AES-256-GCM: 12 bytes nonce, then ciphertext and tag."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key(purpose)).encrypt(nonce, data, None)


def unseal(sealed: bytes | memoryview, purpose: bytes) -> bytes:
    """Return the data from `seal`'s bytes. Raises cryptography's InvalidTag when they were altered."""
    sealed = bytes(sealed)
    return AESGCM(key(purpose)).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], None)
