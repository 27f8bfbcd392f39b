"""Requests to servers of others whose address an administrator has entered.

The address may be wrong or worse, so a request goes nowhere by accident. It follows no redirect and no proxy.
What a name stands for is looked at and connected to in one step: addresses of this machine and of its network
are refused in production unless `OUTBOUND_PRIVATE` says otherwise, and those of a link, where clouds give out
their secrets, always. An answer may be so long and take so long, and no longer.
"""

import http.client
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

_MOST_BYTES = 1024 * 1024
_PIECE = 64 * 1024


class Unreachable(Exception):
    """Nothing was answered, or nothing may be asked; the message says why, in English."""


@dataclass(frozen=True)
class Answer:
    """What a server answered: nothing of a redirect was followed."""

    status: int
    body: bytes


def send(method: str, url: str, *, headers: Mapping[str, str], body: bytes = b"", seconds: float) -> Answer:
    """Send a request and return the answer, whatever its status. Raises Unreachable."""
    deadline = time.monotonic() + seconds
    parts = urlsplit(url)
    try:
        connection = _connection(parts, seconds)
        try:
            target = parts.path + (f"?{parts.query}" if parts.query else "")
            connection.request(method, target, body or None, dict(headers))
            reply = connection.getresponse()
            return Answer(reply.status, _read(reply, deadline))
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unreachable(_reason(error)) from error


def _read(reply: http.client.HTTPResponse, deadline: float) -> bytes:
    pieces, length = [], 0
    while piece := reply.read1(_PIECE):
        pieces.append(piece)
        length += len(piece)
        if length > _MOST_BYTES:
            raise Unreachable("the answer is too long")
        if time.monotonic() > deadline:
            raise Unreachable("the answer takes too long")
    return b"".join(pieces)


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "the server does not answer in time"
    return f"{type(error).__name__}: {error}"[:300]


# -- Where to -------------------------------------------------------------------------------------------
def _connection(parts: SplitResult, seconds: float) -> http.client.HTTPConnection:
    host = parts.hostname or ""
    is_secure = parts.scheme == "https"
    port = parts.port or (443 if is_secure else 80)
    addresses = [found[4][0] for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    for address in addresses:
        _refuse_inward(ip_address(str(address)))
    if not is_secure and settings.PRODUCTION:
        raise Unreachable("the address does not begin with https")
    made = _Secure if is_secure else _Plain
    return made(host, port, str(addresses[0]), seconds)


def _refuse_inward(address: IPv4Address | IPv6Address) -> None:
    address = getattr(address, "ipv4_mapped", None) or address
    if address.is_link_local or address.is_multicast or address.is_unspecified:
        raise Unreachable("the address leads to no server")
    if settings.PRODUCTION and not settings.OUTBOUND_PRIVATE and not address.is_global:
        raise Unreachable("the address is one of the inner network, which OUTBOUND_PRIVATE does not allow")


class _Plain(http.client.HTTPConnection):
    """Connects to the address that was looked at, whatever the name stands for by then."""

    def __init__(self, host: str, port: int, address: str, seconds: float) -> None:
        super().__init__(host, port, timeout=seconds)
        self._address = address

    def connect(self) -> None:
        """Connect."""
        self.sock: Any = socket.create_connection((self._address, self.port), self.timeout)


class _Secure(_Plain):
    """The same, over TLS with the name's certificate."""

    default_port = 443

    def connect(self) -> None:
        """Connect and see who is there."""
        super().connect()
        self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)
