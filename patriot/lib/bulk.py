"""Bulk: many rows in one statement, by PostgreSQL's COPY.

Measured with 1,500 articles at a time (processor time of ours and of PostgreSQL, in ms per 1,000
rows; indexes and foreign keys are in each figure):

    bulk_create                          84 + 59
    INSERT ... SELECT FROM unnest(text)  54 + 63
    COPY to a temporary table + INSERT   21 + 52
    INSERT ... json_to_recordset         15 + 64
    INSERT ... SELECT FROM unnest(binary)12 + 52
    COPY, text                           17 + 36
    COPY, binary                         10 + 25

So rows go by binary COPY. It knows no ON CONFLICT: `copy_new` hopes that there is none, as is so
after one has looked, and only when that fails takes the way through a temporary table.

A value is written as its column's type wants it: text must be free of NUL, a datetime has a
zone, a JSON column takes plain values, a tsvector its binary form as bytes
(`sources.domain.lexemes.packed_vector_of_article`). A column that is not named gets the model's
default. All raise Django's DatabaseError and its kin, and break the transaction as any failed
statement does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson
from django.db import DEFAULT_DB_ALIAS, IntegrityError, connections, models, transaction

Row = tuple[Any, ...]

_INCOMING = '"patriot_incoming"'
_LENGTH = re.compile(r"\([\d, ]+\)")


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where rows go: names as SQL wants them, types as psycopg knows them."""

    names: str
    types: list[str]
    defaults: Row
    """Values of the columns that are not given; they stand last."""


def copy_rows(
    model: type[models.Model],
    columns: Sequence[str],
    rows: Iterable[Row],
    *,
    using: str = DEFAULT_DB_ALIAS,
) -> None:
    """Store rows. A column is named as the model's field or its attribute ("source_id")."""
    _copy(_table(model), _columns(model, columns, using), rows, using=using)


def copy_new(
    model: type[models.Model],
    columns: Sequence[str],
    rows: Sequence[Row],
    *,
    conflict: Sequence[str],
    using: str = DEFAULT_DB_ALIAS,
) -> list[int | None]:
    """Store the rows that are not there yet; return the id of each, None if it was there.

    The ids ascend in the order of the rows, which come without an id.

    conflict: the columns of the unique constraint that tells whether a row is there
    """
    if not rows:
        return []
    key = model._meta.pk.name
    ids = reserve_ids(model, len(rows), using=using)
    numbered = [(pk, *row) for pk, row in zip(ids, rows, strict=True)]
    target = _columns(model, (key, *columns), using)
    try:
        with transaction.atomic(using=using):
            _copy(_table(model), target, numbered, using=using)
    except IntegrityError:
        stored = _insert(model, target, numbered, conflict=conflict, using=using)
        return [pk if pk in stored else None for pk in ids]
    return list(ids)


def update_rows(
    model: type[models.Model],
    columns: Sequence[str],
    rows: Sequence[Row],
    *,
    using: str = DEFAULT_DB_ALIAS,
) -> None:
    """Give rows new values: the first column is the primary key, the others are set.

    One UPDATE from one JSON text; `bulk_update` writes a CASE for each column, in which
    PostgreSQL looks for each row's value from the beginning.
    """
    if not rows:
        return
    fields = [_field(model, name) for name in columns]
    connection = connections[using]
    table, names = _table(model), [_quoted(each.column) for each in fields]
    types = [f"{name} {_type(field, using)}" for name, field in zip(names, fields, strict=True)]
    sets = ", ".join(f"{name} = given.{name}" for name in names[1:])
    keys = [field.column for field in fields]
    given = orjson.dumps(
        [dict(zip(keys, row, strict=True)) for row in rows], default=_plain
    ).decode()
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET {sets} FROM json_to_recordset(%s) AS given({', '.join(types)})"  # noqa: S608
            f" WHERE {table}.{names[0]} = given.{names[0]}",
            [given],
        )


def _plain(value: object) -> str:
    if isinstance(value, timedelta):
        return f"{value.total_seconds()} seconds"
    raise TypeError(type(value).__name__)


def _copy(table: str, target: _Columns, rows: Iterable[Row], *, using: str) -> None:
    connection = connections[using]
    statement = f"COPY {table} ({target.names}) FROM STDIN (FORMAT BINARY)"
    with connection.wrap_database_errors, connection.cursor() as cursor:
        connection.validate_no_broken_transaction()
        with cursor.copy(statement) as copy:
            copy.set_types(target.types)
            write, rest = copy.write_row, target.defaults
            for row in rows:
                write(row + rest)


def _insert(
    model: type[models.Model],
    target: _Columns,
    rows: Sequence[Row],
    *,
    conflict: Sequence[str],
    using: str,
) -> set[int]:
    """Store the rows that are not there yet, by way of a temporary table; return their ids."""
    connection = connections[using]
    table, pk = _table(model), _quoted(model._meta.pk.column)
    unique = ", ".join(_quoted(_field(model, name).column) for name in conflict)
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMPORARY TABLE {_INCOMING} (LIKE {table} INCLUDING DEFAULTS) ON COMMIT DROP"
        )
        _copy(_INCOMING, target, rows, using=using)
        cursor.execute(
            f"INSERT INTO {table} ({target.names}) SELECT {target.names} FROM {_INCOMING}"  # noqa: S608
            f" ORDER BY {pk} ON CONFLICT ({unique}) DO NOTHING RETURNING {pk}"
        )
        stored = {pk for (pk,) in cursor.fetchall()}
        cursor.execute(f"DROP TABLE {_INCOMING}")
    return stored


def reserve_ids(
    model: type[models.Model], count: int, *, using: str = DEFAULT_DB_ALIAS
) -> list[int]:
    """Return ids, ascending, that no other row gets: for who must know them beforehand."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)::regclass) FROM generate_series(1, %s)",
            [_table(model), model._meta.pk.column, count],
        )
        return [pk for (pk,) in cursor.fetchall()]


def _table(model: type[models.Model]) -> str:
    return _quoted(model._meta.db_table)


def _quoted(name: str | None) -> str:
    return f'"{name}"'


def _columns(model: type[models.Model], given: Sequence[str], using: str) -> _Columns:
    fields = [_field(model, name) for name in given]
    rest = [field for field in model._meta.concrete_fields if _needs_value(field, fields)]
    return _Columns(
        names=", ".join(_quoted(field.column) for field in (*fields, *rest)),
        types=[_copied_as(field, using) for field in (*fields, *rest)],
        defaults=tuple(field.get_default() for field in rest),
    )


def _needs_value(field: models.Field[Any, Any], given: Sequence[models.Field[Any, Any]]) -> bool:
    made_by_the_database = field.primary_key or field.has_db_default() or field.generated
    return not made_by_the_database and field not in given


def _field(model: type[models.Model], name: str) -> models.Field[Any, Any]:
    return next(f for f in model._meta.concrete_fields if name in {f.name, f.attname})


def _copied_as(field: models.Field[Any, Any], using: str) -> str:
    """Return the type by whose rules psycopg writes a field; it knows none for a tsvector."""
    return "bytea" if (known := _type(field, using)) == "tsvector" else known


def _type(field: models.Field[Any, Any], using: str) -> str:
    """Return the name of a field's type, without its length."""
    return _LENGTH.sub("", str(field.db_type(connections[using])))
