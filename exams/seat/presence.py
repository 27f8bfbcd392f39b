"""What is known of the machines: gathered in memory, written together about once a second.

It is what consoles show and what lost time is counted from. It decides nothing, so it is written without
waiting for the disk, and a second of it may go with a process.
"""

from typing import NamedTuple

from django.db import connection, transaction

from exams.seat.protocol import Status

# The page sends something about once a minute (`exams.seat.asgi` says when); half as long again is silence.
SILENT_MS = 90_000
# Idle machines speak every 25 s, so that extra time reaches all of them within 30 s: a tenth is added to
# spread them, a process learns of the change up to a second late, and the network wants its share. But one
# process hears no more than this many a second of them, up to a message a minute from each.
_IDLE_PER_S = 850
_SHORTEST_MS, _LONGEST_MS = 25_000, 60_000
# Whoever waits for a clock to run again asks more often.
_PAUSED_MS = 10_000
# Counting 100,000 takes a few milliseconds of everybody's time.
_COUNT_EVERY_MS = 10_000
# Rows in one statement.
_BATCH = 1000
_UPSERT = """
INSERT INTO seat_presence
    (sitting_id, seen_ms, generation, answered, flagged, unsent, drift_ms, loads, "left", is_durable,
     has_paper)
VALUES %s
ON CONFLICT (sitting_id) DO UPDATE SET
    seen_ms = excluded.seen_ms, generation = excluded.generation, answered = excluded.answered,
    flagged = excluded.flagged, unsent = excluded.unsent, drift_ms = excluded.drift_ms,
    loads = excluded.loads, "left" = excluded."left", is_durable = excluded.is_durable,
    has_paper = excluded.has_paper
WHERE excluded.seen_ms >= seat_presence.seen_ms
"""
# A page without scripts, and a program, say nothing of themselves.
_TOUCH = """
INSERT INTO seat_presence
    (sitting_id, seen_ms, generation, answered, flagged, unsent, drift_ms, loads, "left", is_durable,
     has_paper)
VALUES %s
ON CONFLICT (sitting_id) DO UPDATE SET seen_ms = excluded.seen_ms, generation = excluded.generation
WHERE excluded.seen_ms >= seat_presence.seen_ms
"""
_SILENCES = """
WITH heard (sitting, from_ms) AS (VALUES %s)
INSERT INTO seat_silence (sitting_id, from_ms, to_ms)
SELECT sitting_id, seen_ms, from_ms FROM heard JOIN seat_presence ON sitting_id = sitting
WHERE from_ms - seen_ms > %d
ON CONFLICT (sitting_id, from_ms) DO NOTHING
"""


class _Heard(NamedTuple):
    """The messages of one sitting since the last writing: when the first came, and the last of them."""

    first_ms: int
    seen_ms: int
    generation: int
    status: Status | None


def beat_ms(active: int, *, is_paused: bool) -> int:
    """Return after how many milliseconds an idle machine speaks, when a process serves `active` of them."""
    if is_paused:
        return _PAUSED_MS
    return min(max(active * 1000 // _IDLE_PER_S, _SHORTEST_MS), _LONGEST_MS)


class Presences:
    """What one process has heard and not yet written. The event loop calls `hear`, a thread `write`."""

    def __init__(self) -> None:
        self._heard: dict[int, _Heard] = {}
        # When each sitting was last heard here, to find silences without asking the database.
        self._seen: dict[int, int] = {}
        self._active = self._counted_ms = 0

    def hear(self, sitting: int, generation: int, status: Status | None, now: int) -> None:
        """Take note of a message; times are server milliseconds."""
        earlier = self._heard.get(sitting)
        if earlier is None:
            self._heard[sitting] = _Heard(now, now, generation, status)
        else:
            self._heard[sitting] = _Heard(earlier.first_ms, now, generation, status or earlier.status)

    def active(self, now: int) -> int:
        """Return how many sittings were heard here within 90 s, counted every ten seconds."""
        if now - self._counted_ms > _COUNT_EVERY_MS:
            self._active = sum(now - seen <= SILENT_MS for seen in self._seen.copy().values())
            self._counted_ms = now
        return self._active

    def write(self) -> None:
        """Write what was heard since the last call; when that fails, keep it for the next."""
        heard, self._heard = self._heard, {}
        rows = list(heard.items())
        try:
            for first in range(0, len(rows), _BATCH):
                self._write(rows[first : first + _BATCH])
        except Exception:
            self._heard = heard | self._heard
            raise
        self._seen.update((sitting, message.seen_ms) for sitting, message in rows)

    def _write(self, rows: list[tuple[int, _Heard]]) -> None:
        # Silent, or unknown to this process: the database knows when they were heard elsewhere.
        doubtful = [
            (sitting, message.first_ms)
            for sitting, message in rows
            if message.first_ms - self._seen.get(sitting, 0) > SILENT_MS
        ]
        told = [_row(sitting, message) for sitting, message in rows if message.status is not None]
        untold = [_row(sitting, message) for sitting, message in rows if message.status is None]
        # Numbers and truth values only, so they are written into the statement: binding ten
        # parameters a row takes longer than the rest.
        with transaction.atomic(), connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SET LOCAL synchronous_commit TO OFF")
            if doubtful:
                values = ", ".join(f"({pair[0]:d}, {pair[1]:d})" for pair in doubtful)
                cursor.execute(_SILENCES % (values, SILENT_MS))
            if told:
                cursor.execute(_UPSERT % ", ".join(told))
            if untold:
                cursor.execute(_TOUCH % ", ".join(untold))


def _row(sitting: int, message: _Heard) -> str:
    status = message.status
    if status is None:
        return f"({sitting:d}, {message.seen_ms:d}, {message.generation:d}, 0, 0, 0, 0, 0, 0, false, true)"
    drift = status.client_ms - message.seen_ms
    return (
        f"({sitting:d}, {message.seen_ms:d}, {message.generation:d}, {status.answered:d}, "
        f"{status.flagged:d}, {status.unsent:d}, {drift:d}, {status.loads:d}, {status.left:d}, "
        f"{'true' if status.is_durable else 'false'}, {'true' if status.has_paper else 'false'})"
    )
