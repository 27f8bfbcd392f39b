"""Learn what was done to the clocks: each process of the service reads the new events once a second.

A query on the primary key a second costs less than a connection kept open to listen, passes through
PgBouncer, and is the same on SQLite.
"""

from datetime import timedelta

from django.db.models import Max, Min
from django.utils import timezone

from exams.seat.models import ClockEvent

# Numbers are taken before the transaction that writes them ends, so an event may appear after later ones.
# No transaction of `exams.seat.clock` takes nearly this long.
_LATE = timedelta(seconds=15)


class ClockFeed:
    """Reads the events that came since the last call, each once."""

    def __init__(self) -> None:
        self._floor: int | None = None
        self._recent: set[int] = set()

    def read(self) -> set[int]:
        """Return the sittings of the new events. The first call only remembers where to begin."""
        if self._floor is None:
            self._floor = self._begin()
        rows = list(ClockEvent.objects.filter(pk__gt=self._floor).values_list("pk", "sitting_id", "at"))
        new = {sitting for pk, sitting, _at in rows if pk not in self._recent}
        settled = timezone.now() - _LATE
        self._floor = max((pk for pk, _sitting, at in rows if at < settled), default=self._floor)
        self._recent = {pk for pk, _sitting, _at in rows if pk > self._floor}
        return new

    @staticmethod
    def _begin() -> int:
        late = ClockEvent.objects.filter(at__gte=timezone.now() - _LATE).aggregate(first=Min("pk"))["first"]
        if late is not None:
            return int(late) - 1
        return int(ClockEvent.objects.aggregate(last=Max("pk"))["last"] or 0)
