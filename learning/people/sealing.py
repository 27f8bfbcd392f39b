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
    """Return `data` encrypted under the purpose's key: 12 bytes nonce, then ciphertext and tag."""
    return seal_with(key(purpose), data)


def unseal(sealed: bytes | memoryview, purpose: bytes) -> bytes:
    """Return the data from `seal`'s bytes. Raises cryptography's InvalidTag when they were altered."""
    return unseal_with(key(purpose), sealed)


def seal_with(a_key: bytes, data: bytes) -> bytes:
    """Return `data` encrypted with AES-256-GCM under a key from `derive`, laid out as by `seal`."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(a_key).encrypt(nonce, data, None)


def unseal_with(a_key: bytes, sealed: bytes | memoryview) -> bytes:
    """Return the data from `seal_with`'s bytes. Raises cryptography's InvalidTag when they were altered."""
    sealed = bytes(sealed)
    return AESGCM(a_key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], None)
