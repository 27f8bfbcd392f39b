"""How much one registration may send in a minute, counted in the cache."""

from django.core.cache import cache

from courses.player.errors import TooManyReports

_WINDOW_S = 60


def count(what: str, registration: object, *, most: int) -> None:
    """Count one message of a kind. Raises TooManyReports over `most` within a minute."""
    key = f"player:limit:{what}:{registration}"
    cache.add(key, 0, timeout=_WINDOW_S)
    try:
        number = cache.incr(key)
    except ValueError:
        # The window closed between the two calls, so this is the first of the next.
        cache.set(key, 1, timeout=_WINDOW_S)
        number = 1
    if number > most:
        raise TooManyReports
