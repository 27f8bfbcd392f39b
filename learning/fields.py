"""What is asked of values that several apps take in."""

from django.conf import settings
from django.core.validators import URLValidator
from django.utils.translation import gettext_lazy as _

_LOOPBACK = ("http://127.0.0.1:", "http://localhost:")


def server_address(value: str) -> None:
    """Take an address with https; outside production also one of this machine, to try a server out."""
    if not settings.PRODUCTION and value.startswith(_LOOPBACK):
        return
    URLValidator(["https"], message=_("Write the whole address, beginning with https://."))(value)
