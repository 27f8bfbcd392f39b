"""Positions: order and time in one number, whose turn it is to give them, and up to which all can be seen.

They are given by one writer at a time, who keeps the turn until its transaction ends. So they rise in the
order of commits, and whoever sees one sees everything before it.
"""

import time
from datetime import UTC, datetime, timedelta

from django.db import connection

from learning.records.xapi.formats import write_timestamp

# "xAPI": the number of the lock.
_TURN = 0x78415049
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Positions are moments by the clocks of the servers and of the database, which differ by less than this.
_CLOCKS_DIFFER = timedelta(seconds=10)
_OLD = timedelta(seconds=1)
_US = timedelta(microseconds=1)
# When the transaction began that has the turn, if any has.
_WRITER = """
    SELECT min(coalesce(extract(epoch FROM xact_start), 0)) * 1000000
      FROM pg_locks LEFT JOIN pg_stat_activity USING (pid)
     WHERE locktype = 'advisory' AND granted AND classid = 0 AND objid = %s AND objsubid = 1
       AND pid <> pg_backend_pid()
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


def position_of(moment: datetime) -> int:
    """Return the position that a statement stored at this moment has."""
    return (moment - _EPOCH) // _US


def stored_at(position: int) -> str:
    """Return the ``stored`` of the statement at a position."""
    return write_timestamp(_EPOCH + timedelta(microseconds=position))


def now() -> int:
    """Return the position of this moment."""
    return time.time_ns() // 1000


def take_turn() -> int:
    """Wait for the turn to write, which ends with the transaction; return the last position taken."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_TURN])
    return _last()


def _last() -> int:
    # Asked of the table that is not cut into months: to plan for each of them takes longer than to answer.
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(position) FROM records_statementid")
        last: int | None = cursor.fetchone()[0]
    return last or 0


# -- Up to where everything can be seen -----------------------------------------------------------------
# As far as this process knows. What is settled stays so: nothing is given a position before it any more.
_settled = 0


def settle(position: int) -> None:
    """Take note that the statement of a position can be seen, and so everything before it."""
    global _settled  # noqa: PLW0603 (one figure of the process; a smaller one would be true as well)
    _settled = max(_settled, position)


def settled() -> int:
    """Return up to which position this process knows that everything can be seen, without asking."""
    return _settled


def look_if_old() -> None:
    """Learn anew up to where everything can be seen, unless that was done within a second."""
    if _is_old():
        look()


def look() -> int:
    """Return up to which position everything can be seen by whoever looks for statements after this.

    That is the last that is there; and the present, unless somebody has the turn and may have given positions
    already: then it is the moment at which that transaction began.
    """
    settle(_last())
    if _is_old():
        settle(_unwritten() - _CLOCKS_DIFFER // _US)
    return _settled


def _is_old() -> bool:
    return _settled < now() - (_CLOCKS_DIFFER + _OLD) // _US


def _unwritten() -> int:
    """Return from which position on there may be statements that cannot be seen."""
    present = now()
    if connection.vendor != "postgresql":
        # SQLite tells of no writer: its transactions are taken to last no longer than clocks may differ.
        return present
    with connection.cursor() as cursor:
        cursor.execute(_WRITER, [_TURN])
        (since,) = cursor.fetchone()
    return present if since is None else min(present, int(since))
