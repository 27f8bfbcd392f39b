"""Signed statements (Data 2.6): the signature is a JWS whose payload is the statement as it was."""

import base64
import binascii
import json
from collections.abc import Callable
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from learning.records.xapi.forms import say_the_same

USAGE_TYPE = "http://adlnet.gov/expapi/attachments/signature"
CONTENT_TYPE = "application/octet-stream"
_ALGORITHMS: dict[str, Callable[[], hashes.HashAlgorithm]] = {
    "RS256": hashes.SHA256,
    "RS384": hashes.SHA384,
    "RS512": hashes.SHA512,
}
_PARTS = 3


class SignatureRefused(Exception):
    """The signature is not one, or not of this statement."""


def check_signature(jws: bytes, statement: dict[str, Any]) -> None:
    """Raise SignatureRefused unless this is a signature of the statement.

    Where the header brings its certificate (x5c), the signature must be by its key; whom the certificate
    belongs to is for readers to judge.
    """
    parts = jws.strip().split(b".")
    if len(parts) != _PARTS:
        raise SignatureRefused("the signature is no JWS in compact serialization")
    try:
        header, payload = (json.loads(_decode(part)) for part in parts[:2])
        signature = _decode(parts[2])
    except (ValueError, RecursionError) as error:
        raise SignatureRefused("the signature is no JWS of JSON") from error
    algorithm = header.get("alg") if isinstance(header, dict) else None
    if not isinstance(algorithm, str) or algorithm not in _ALGORITHMS:
        raise SignatureRefused("a signature must use RS256, RS384 or RS512")
    if not isinstance(payload, dict) or not _is_same(payload, statement):
        raise SignatureRefused("the signature is that of another statement")
    if chain := header.get("x5c"):
        _check_key(chain, algorithm, b".".join(parts[:2]), signature)


def _decode(part: bytes) -> bytes:
    try:
        return base64.b64decode(part + b"=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from error


def _is_same(payload: dict[str, Any], statement: dict[str, Any]) -> bool:
    try:
        return say_the_same(payload, statement)
    except (AttributeError, KeyError, TypeError):
        # A payload that is no statement at all.
        return False


def _check_key(chain: Any, algorithm: str, signed: bytes, signature: bytes) -> None:
    try:
        certificate = x509.load_der_x509_certificate(base64.b64decode(chain[0]))
        key = certificate.public_key()
    except (ValueError, TypeError, KeyError, IndexError, UnsupportedAlgorithm) as error:
        raise SignatureRefused("the certificate of the signature cannot be read") from error
    if not isinstance(key, rsa.RSAPublicKey):
        raise SignatureRefused("the certificate of the signature has no RSA key")
    try:
        key.verify(signature, signed, padding.PKCS1v15(), _ALGORITHMS[algorithm]())
    except InvalidSignature as error:
        raise SignatureRefused("the signature does not fit the key of its certificate") from error
