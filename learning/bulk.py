"""Insert many new rows fast: COPY on PostgreSQL, the ORM elsewhere."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import islice
from typing import Any, TypeVar

from django.db import connection, models, transaction

T = TypeVar("T")
_BATCH = 1000


def insert_new(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows, leaving out those that a unique constraint already knows.

    `columns` are attribute names ("sitting_id"); a row holds their values as the database driver takes
    them, JSON wrapped in `json_value`. Columns left out must have a default in the database or be the
    primary key.
    """
    with transaction.atomic():
        if connection.vendor == "postgresql":
            _copy(model, columns, rows)
        else:
            made = [model(**dict(zip(columns, row, strict=True))) for row in rows]
            existing: models.QuerySet[models.Model] = models.QuerySet(model)
            existing.bulk_create(made, ignore_conflicts=True)


def insert_fresh(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows of which no unique constraint can know one; otherwise as `insert_new`, and faster."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                _copy_into(
                    cursor, connection.ops.quote_name(model._meta.db_table), _names(model, columns), rows
                )
        else:
            existing: models.QuerySet[models.Model] = models.QuerySet(model)
            for batch in batched(rows, _BATCH):
                existing.bulk_create(model(**dict(zip(columns, row, strict=True))) for row in batch)


def batched(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield up to `size` rows at a time."""
    walked = iter(rows)
    while batch := list(islice(walked, size)):
        yield batch


def row_of(item: models.Model, columns: Sequence[str]) -> list[Any]:
    """Return the values of an unsaved object as a row of these columns."""
    if connection.vendor != "postgresql":
        return [getattr(item, name) for name in columns]
    fields = _fields(type(item))
    return [fields[name].get_db_prep_save(getattr(item, name), connection) for name in columns]


def prepared(model: type[models.Model], column: str, value: Any) -> Any:
    """Return the value of a column as the two inserts take it: for COPY as the driver does, else as it is."""
    if connection.vendor != "postgresql":
        return value
    return _fields(model)[column].get_db_prep_save(value, connection)


@cache
def _fields(model: type[models.Model]) -> dict[str, Any]:
    return {field.attname: field for field in model._meta.concrete_fields}


def columns_of(model: type[models.Model]) -> list[str]:
    """Return every column but a key that the database counts, as attribute names."""
    return [
        field.attname for field in model._meta.concrete_fields if field.get_internal_type() != "BigAutoField"
    ]


def json_value(value: Any) -> Any:
    """Return a JSON value as `insert_new` takes it."""
    if connection.vendor == "postgresql":
        from psycopg.types.json import Jsonb

        return Jsonb(value)
    return value


def _copy(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    quote = connection.ops.quote_name
    names = _names(model, columns)
    table, staged = quote(model._meta.db_table), quote(f"new_{model._meta.db_table}")
    with connection.cursor() as cursor:
        # COPY knows no ON CONFLICT, so the rows pass through a table of this transaction.
        empty = f"SELECT {names} FROM {table} WITH NO DATA"  # noqa: S608 — names come from our models
        cursor.execute(f"CREATE TEMP TABLE {staged} ON COMMIT DROP AS {empty}")
        _copy_into(cursor, staged, names, rows)
        cursor.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM {staged} ON CONFLICT DO NOTHING")  # noqa: S608
        cursor.execute(f"DROP TABLE {staged}")


def _names(model: type[models.Model], columns: Sequence[str]) -> str:
    return ", ".join(connection.ops.quote_name(_fields(model)[name].column) for name in columns)


def _copy_into(cursor: Any, table: str, names: str, rows: Iterable[Sequence[Any]]) -> None:
    with connection.wrap_database_errors, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copying:
        for row in rows:
            copying.write_row(row)
