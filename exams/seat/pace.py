"""How fast one machine may speak: no candidate is as quick as a program in a candidate's place.

What is asked with a pass costs the whole process: a message a query where it is refused, a page a fold of the
journal. One machine that asks without pause would take the time of all others.
"""

from time import monotonic

from django.conf import settings

from exams.seat.http import Rejected, retry_in
from exams.seat.keys import Claims

# A page counts as so many messages.
MESSAGE, PAGE = 1, 10
# So many messages a machine may be ahead: who comes back after an hour without network sends what was kept,
# and who is impatient loads the page again a few times.
_AHEAD = 100
_REMEMBERED = 200_000


class Pace:
    """Holds every machine to its share. One per process."""

    def __init__(self) -> None:
        self._message_s = 1 / settings.SEAT_MESSAGES_PER_SECOND
        self._ahead_s = _AHEAD * self._message_s
        # Sitting and generation: until when what the machine asked for takes at the pace that is allowed.
        self._until: dict[tuple[int, int], float] = {}

    def check(self, claims: Claims, messages: int) -> None:
        """Take note of a request that counts as so many messages. Raises Rejected for one too many."""
        key, now = (claims.sitting, claims.generation), monotonic()
        until = max(self._until.get(key, 0.0), now)
        if until - now > self._ahead_s:
            # It counts nothing, or whoever asks again at once would wait for ever.
            raise Rejected("too_fast", 429, retry_ms=retry_in(until - now - self._ahead_s))
        if len(self._until) >= _REMEMBERED:
            self._until = {key: until for key, until in self._until.items() if until > now}
        self._until[key] = until + messages * self._message_s
