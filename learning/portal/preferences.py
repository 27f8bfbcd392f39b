"""The numerals in force, for filters that get no request."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.utils.translation import get_language

NUMERALS_COOKIE = "numerals"
THAI = "thai"
ARABIC = "arabic"

_numerals: ContextVar[str] = ContextVar("numerals", default=ARABIC)


@contextmanager
def numerals(choice: str) -> Iterator[None]:
    """Hold `choice` ("thai" or "arabic"; anything else counts as "arabic") in this context."""
    token = _numerals.set(THAI if choice == THAI else ARABIC)
    try:
        yield
    finally:
        _numerals.reset(token)


def thai_numerals_chosen() -> bool:
    """Say whether pages show ๐–๙: chosen, and the page is not English."""
    return _numerals.get() == THAI and get_language() != "en"
