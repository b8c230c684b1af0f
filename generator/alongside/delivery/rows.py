"""Rows, as both databases of the store want to be asked for them and given them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Literal, cast

from sqlalchemy import ARRAY, ColumnElement, Connection, Table, Text, any_, bindparam, func, literal, select
from sqlalchemy.dialects import sqlite

from alongside.delivery.schema import StepState, steps


def is_state(state: StepState) -> Any:
    """The condition as the partial indices spell it; a bound value would not let them be used."""
    return steps.c.state == literal(state, literal_execute=True)


Dialect = Literal["sqlite", "postgresql"]


def dialect_of(connection: Connection) -> Dialect:
    """Which of the two it speaks. Statements are built once for each: that takes longer than running them."""
    return "postgresql" if connection.dialect.name == "postgresql" else "sqlite"


def among(dialect: Dialect, column: Any, name: str) -> ColumnElement[bool]:
    """`column` is one of those given as `name` by `listed`: one parameter, where `IN` would take one for each."""
    if dialect == "postgresql":
        return column == any_(bindparam(name, type_=ARRAY(column.type)))  # type: ignore[no-any-return]
    values = func.json_each(bindparam(name, type_=Text())).table_valued("value")
    return column.in_(select(values.c.value))  # type: ignore[no-any-return]


def listed(dialect: Dialect, values: Collection[int] | Collection[str]) -> object:
    """What stands for `among`'s parameter."""
    return list(values) if dialect == "postgresql" else json.dumps(list(values))


def grouped(pairs: Iterable[tuple[str, int]]) -> dict[str, list[int]]:
    """Numbers by what they have in common, so that one statement does for all of them."""
    found: dict[str, list[int]] = {}
    for common, number in pairs:
        found.setdefault(common, []).append(number)
    return found


def insert_missing(connection: Connection, table: Table[Any], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows that break no unique rule; another process may have been first."""
    connection.execute(_insert_missing(dialect_of(connection), table), [dict(row) for row in rows])


@cache
def _insert_missing(dialect: Dialect, table: Table[Any]) -> sqlite.Insert:
    return insert_as(dialect, table).on_conflict_do_nothing()


def insert_into(connection: Connection, table: Table[Any]) -> sqlite.Insert:
    """An INSERT that may say what to do about rows that are there: both databases know the same words for it."""
    return insert_as(dialect_of(connection), table)


def insert_as(dialect: Dialect, table: Table[Any]) -> sqlite.Insert:
    """The same, for a statement that is built once."""
    if dialect == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # late: 3 MB that a file does without

    return cast(sqlite.Insert, postgresql.insert(table))
