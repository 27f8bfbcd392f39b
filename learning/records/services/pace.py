"""How much one launch may bring in a minute, so that one browser neither fills the store nor halts others.

Counted in this process: several let so much more through, which is still no flood.
"""

import time

from learning.records.errors import TooMany

# Ten times what lessons send when they come back with what they kept while there was no connection.
MOST = 3_000
BYTES_EACH = 10_000
_WINDOW_S = 60
_MOST_REMEMBERED = 20_000

# Launch → when its minute began, by the steady clock, and what it has brought since.
_spent: dict[int, tuple[float, int]] = {}


def spend(launch: int, *, statements: int = 0, size: int = 0) -> None:
    """Count a request with so many statements, or of so many bytes. Raises TooMany."""
    now = time.monotonic()
    began, spent = _spent.get(launch, (now, 0))
    if now - began >= _WINDOW_S:
        began, spent = now, 0
    spent += max(1, statements, size // BYTES_EACH)
    if spent > MOST:
        raise TooMany("this launch has sent too much within a minute: come back in a moment")
    if len(_spent) >= _MOST_REMEMBERED:
        _spent.clear()
    _spent[launch] = began, spent


def forget() -> None:
    """Begin everybody's minute anew."""
    _spent.clear()
