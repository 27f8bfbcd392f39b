"""Insert many new rows fast: COPY on PostgreSQL, the ORM elsewhere."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models, transaction


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


def json_value(value: Any) -> Any:
    """Return a JSON value as `insert_new` takes it."""
    if connection.vendor == "postgresql":
        from psycopg.types.json import Jsonb

        return Jsonb(value)
    return value


def _copy(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    quote = connection.ops.quote_name
    column_of = {field.attname: field.column for field in model._meta.concrete_fields}
    names = ", ".join(quote(column_of[name]) for name in columns)
    table, staged = quote(model._meta.db_table), quote(f"new_{model._meta.db_table}")
    with connection.cursor() as cursor:
        # COPY knows no ON CONFLICT, so the rows pass through a table of this transaction.
        empty = f"SELECT {names} FROM {table} WITH NO DATA"  # noqa: S608 — names come from our models
        cursor.execute(f"CREATE TEMP TABLE {staged} ON COMMIT DROP AS {empty}")
        with connection.wrap_database_errors, cursor.copy(f"COPY {staged} ({names}) FROM STDIN") as copying:
            for row in rows:
                copying.write_row(row)
        cursor.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM {staged} ON CONFLICT DO NOTHING")  # noqa: S608
        cursor.execute(f"DROP TABLE {staged}")
