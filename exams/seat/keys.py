"""Seat tokens and receipt signatures. Pure except for the configured key."""

import base64
import hmac
from functools import cache, lru_cache

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from learning.people.sealing import derive


class Claims(msgspec.Struct, array_like=True, frozen=True):
    """What a seat token says: whose sitting, opened as which generation, until when (epoch seconds)."""

    sitting: int
    generation: int
    language: str
    expires: int


class TokenInvalid(Exception):
    """The token is malformed or forged."""

    code = "token_invalid"


class TokenExpired(TokenInvalid):
    """The token is ours but too old."""

    code = "token_expired"


def _derive(purpose: bytes) -> bytes:
    return derive(settings.SEAT_KEY, purpose)


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Claims).decode


def issue_token(claims: Claims) -> str:
    """Return ``payload.mac``, both URL-safe base64; the MAC is HMAC-SHA256 over the payload."""
    payload = base64.urlsafe_b64encode(_encode(claims)).rstrip(b"=")
    mac = hmac.digest(_derive(b"seat-token"), payload, "sha256")
    return f"{payload.decode()}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def read_token(token: bytes, *, now_s: float) -> Claims:
    """Return the claims of a token of ours. Raises TokenInvalid, or TokenExpired when it is too old."""
    # Base 64 skips what is none of its letters, so one token has spellings of any length to be remembered.
    if len(token) > _MAX_TOKEN_BYTES:
        raise TokenInvalid
    claims = _verify(token)
    if claims.expires < now_s:
        raise TokenExpired
    return claims


# Ours have about 90.
_MAX_TOKEN_BYTES = 256


# A candidate shows the same token with every answer; one that failed is not remembered.
@lru_cache(maxsize=150_000)
def _verify(token: bytes) -> Claims:
    payload, _, mac = token.partition(b".")
    expected = hmac.digest(_derive(b"seat-token"), payload, "sha256")
    try:
        if not hmac.compare_digest(base64.urlsafe_b64decode(mac + b"=="), expected):
            raise TokenInvalid
        return _decode(base64.urlsafe_b64decode(payload + b"=="))
    except (ValueError, msgspec.DecodeError) as error:
        raise TokenInvalid from error


class Receipt(msgspec.Struct, frozen=True):
    """What a candidate takes home: proof of what was received. `closed_ms` is server time."""

    sitting: int
    form: str
    count: int
    answered: int
    head: str
    reason: str
    closed_ms: int
    signature: str = ""

    def message(self) -> bytes:
        """Return the bytes that are signed."""
        return "\n".join(
            (
                "seat-receipt-1",
                str(self.sitting),
                self.form,
                str(self.count),
                str(self.answered),
                self.head,
                self.reason,
                str(self.closed_ms),
            )
        ).encode()


class ReceiptFile(msgspec.Struct, frozen=True):
    """The receipt as a file, with the key that checks its signature."""

    receipt: Receipt
    public_key: str


@cache
def _receipt_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(_derive(b"seat-receipt"))


def receipt_public_key() -> str:
    """Return the Ed25519 public key of receipts (64 hex digits), for publication."""
    return _receipt_key().public_key().public_bytes_raw().hex()


def sign(message: bytes) -> str:
    """Return the Ed25519 signature of a message under the key of receipts (128 hex digits).

    Every kind of message begins with a name of its own, so that none can be shown as another's.
    """
    return _receipt_key().sign(message).hex()


def sign_receipt(receipt: Receipt) -> Receipt:
    """Return the receipt with its Ed25519 signature (128 hex digits)."""
    return msgspec.structs.replace(receipt, signature=sign(receipt.message()))


def is_genuine(receipt: Receipt) -> bool:
    """Say whether we signed exactly this receipt."""
    try:
        _receipt_key().public_key().verify(bytes.fromhex(receipt.signature), receipt.message())
    except (InvalidSignature, ValueError):
        return False
    return True
