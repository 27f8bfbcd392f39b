"""How much one registration may send in a minute, counted in the cache."""

from django.core.cache import cache

from courses.player.errors import TooManyReports

_WINDOW_S = 60


def count(what: str, registration: object, *, most: int, number: int = 1) -> None:
    """Count messages of a kind, or what is in them. Raises TooManyReports over `most` within a minute."""
    key = f"player:limit:{what}:{registration}"
    cache.add(key, 0, timeout=_WINDOW_S)
    try:
        counted = cache.incr(key, number)
    except ValueError:
        # The window closed between the two calls, so this is the first of the next.
        cache.set(key, number, timeout=_WINDOW_S)
        counted = number
    if counted > most:
        raise TooManyReports
