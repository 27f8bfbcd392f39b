"""What a full TLS handshake costs a core, and a connection in memory: about two seconds of measuring.

A server signs once for every full handshake, and that signature is most of what the handshake costs it.
"""

import os
import ssl
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

_SECONDS = 0.5
_CONNECTIONS = 500
_NAME = "tls.invalid"


class Tls(NamedTuple):
    """Signatures that one core makes in a second, and kilobytes that both ends of a connection take."""

    ecdsa_per_s: float
    rsa_per_s: float
    connection_kb: float


def measure(*, seconds: float = _SECONDS, connections: int = _CONNECTIONS) -> Tls:
    """Measure on this machine, `seconds` of CPU for each kind of signature."""
    curve, large = ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65537, 2048)
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), hashes.SHA256.digest_size)
    # A handshake's transcript is signed by its hash.
    transcript = bytes(130)
    return Tls(
        _per_second(lambda: curve.sign(transcript, ec.ECDSA(hashes.SHA256())), seconds),
        _per_second(lambda: large.sign(transcript, pss, hashes.SHA256()), seconds),
        _connection_kb(curve, connections),
    )


def _per_second(sign: Callable[[], bytes], seconds: float) -> float:
    began, count = time.process_time(), 0
    while (used := time.process_time() - began) < seconds:
        sign()
        count += 1
    return count / used


def _connection_kb(key: ec.EllipticCurvePrivateKey, count: int) -> float:
    """Open connections within this process and see by how much it grows."""
    server, client = _contexts(key)
    kept = [_connect(server, client)]
    before = _resident_kb()
    kept += [_connect(server, client) for _ in range(count)]
    return (_resident_kb() - before) / count


def _resident_kb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024


def _connect(server: ssl.SSLContext, client: ssl.SSLContext) -> tuple[ssl.SSLObject, ssl.SSLObject]:
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (
        client.wrap_bio(down, up, server_hostname=_NAME),
        server.wrap_bio(up, down, server_side=True),
    )
    waiting = set(ends)
    while waiting:
        for end in list(waiting):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            waiting.discard(end)
    return ends


def _contexts(key: ec.EllipticCurvePrivateKey) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _NAME)]), datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(_NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile() as file:
        file.write(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + pem
        )
        file.flush()
        server.load_cert_chain(file.name)
    client = ssl.create_default_context(cadata=pem.decode())
    return server, client
