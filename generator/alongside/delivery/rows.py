"""Rows, as both databases of the store want to be asked for them and given them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Connection, Table, Text, any_, bindparam, func, literal, select
from sqlalchemy.dialects import postgresql, sqlite

from alongside.delivery.schema import StepState, steps


def is_state(state: StepState) -> Any:
    """The condition as the partial indices spell it; a bound value would not let them be used."""
    return steps.c.state == literal(state, literal_execute=True)


def among(connection: Connection, column: Any, values: Collection[int] | Collection[str]) -> ColumnElement[bool]:
    """`column` is one of `values`: one parameter however many they are, where `IN` would take one each."""
    if connection.dialect.name == "postgresql":
        return column == any_(bindparam(None, list(values), type_=ARRAY(column.type)))  # type: ignore[no-any-return]
    listed = func.json_each(bindparam(None, json.dumps(list(values)), type_=Text())).table_valued("value")
    return column.in_(select(listed.c.value))  # type: ignore[no-any-return]


def grouped(pairs: Iterable[tuple[str, int]]) -> dict[str, list[int]]:
    """Numbers by what they have in common, so that one statement does for all of them."""
    found: dict[str, list[int]] = {}
    for common, number in pairs:
        found.setdefault(common, []).append(number)
    return found


def insert_missing(connection: Connection, table: Table[Any], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows that break no unique rule; another process may have been first."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    connection.execute(dialect.insert(table).on_conflict_do_nothing(), [dict(row) for row in rows])
