"""Secrets that we show to stores of others: kept encrypted, and never shown to anybody again."""

from django.conf import settings

from learning.people import sealing
from learning.records.models import Destination

_PURPOSE = b"records-destination"


def seal(destination: Destination, secret: str) -> None:
    """Give a destination its secret; the caller saves."""
    destination.secret_sealed = sealing.seal_with(_key(), secret.encode())


def reveal(destination: Destination) -> str:
    """Return the secret of a destination."""
    return sealing.unseal_with(_key(), destination.secret_sealed).decode()


def _key() -> bytes:
    return sealing.derive(settings.SECRET_KEY, _PURPOSE)
