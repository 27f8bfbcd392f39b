"""How often a stranger may guess, counted in the cache."""

from dataclasses import dataclass
from datetime import timedelta

from django.core.cache import cache

from certificates.errors import TooManyAttempts


@dataclass(frozen=True)
class Limit:
    """So many failures in a window that begins with the first of them."""

    name: str
    times: int
    within: timedelta

    def check(self, who: str) -> None:
        """Raise TooManyAttempts when `who` has used up the failures of the window."""
        if cache.get(self._key(who), 0) >= self.times:
            raise TooManyAttempts(self.within)

    def count(self, who: str) -> None:
        """Count one failure of `who`."""
        key = self._key(who)
        cache.add(key, 0, timeout=self.within.total_seconds())
        try:
            cache.incr(key)
        except ValueError:
            # The window closed between the two calls, so this is the first failure of the next.
            cache.set(key, 1, timeout=self.within.total_seconds())

    def _key(self, who: str) -> str:
        return f"certificates:limit:{self.name}:{who}"


# Only failures count: an office behind one address may check as many real certificates as it likes.
UNKNOWN_CODES = Limit("unknown-codes", 30, timedelta(minutes=10))
WRONG_SURNAMES = Limit("wrong-surnames", 10, timedelta(minutes=10))
# For guesses from many addresses at one certificate.
WRONG_SURNAMES_OF_ONE = Limit("wrong-surnames-of-one", 30, timedelta(hours=1))
