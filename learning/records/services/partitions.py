"""The months into which PostgreSQL cuts the tables of statements."""

from datetime import UTC, datetime

from django.db import connection, transaction

from learning.records.models import Mention, Statement
from learning.records.services.positions import position_of

_AHEAD = 3
_TABLES = (Statement._meta.db_table, Mention._meta.db_table)


def make_months(now: datetime) -> list[str]:
    """Make the parts for the month of `now` and the next ones; return the names of those that are new.

    What is stored in a month without a part of its own goes to the part named "rest", and stays there.
    """
    if connection.vendor != "postgresql":
        return []
    made = []
    for table in _TABLES:
        for ahead in range(_AHEAD):
            first, following = _month(now, ahead), _month(now, ahead + 1)
            name = f"{table}_{first:%Y_%m}"
            if _is_there(name) or _has_rest(table, first, following):
                continue
            with connection.cursor() as cursor:
                cursor.execute(
                    f"CREATE TABLE IF NOT EXISTS {name} PARTITION OF {table} "
                    f"FOR VALUES FROM ({position_of(first)}) TO ({position_of(following)})"
                )
            made.append(name)
    return made


def weigh() -> None:
    """Let PostgreSQL look anew at how many rows of which kind the tables hold, for the plans of queries.

    It does so by itself for each month, never for the tables as a whole, by which it chooses a plan.
    """
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        for table in _TABLES:
            cursor.execute(f"ANALYZE {table}")


def _month(now: datetime, ahead: int) -> datetime:
    months = now.astimezone(UTC).year * 12 + now.astimezone(UTC).month - 1 + ahead
    return datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC)


def _is_there(name: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [name])
        return bool(cursor.fetchone()[0])


def _has_rest(table: str, first: datetime, following: datetime) -> bool:
    """Say whether rows of the month lie in the part for the rest; a month with such rows is not cut off."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"SELECT EXISTS (SELECT 1 FROM {table}_rest WHERE position >= %s AND position < %s)",  # noqa: S608
            [position_of(first), position_of(following)],
        )
        return bool(cursor.fetchone()[0])
