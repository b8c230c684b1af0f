"""Rows, as both databases of the store want to be asked for them and given them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, literal
from sqlalchemy.dialects import postgresql, sqlite

from alongside.delivery.schema import StepState, steps


def is_state(state: StepState) -> Any:
    """The condition as the partial indices spell it; a bound value would not let them be used."""
    return steps.c.state == literal(state, literal_execute=True)


def insert_missing(connection: Connection, table: Table[Any], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows that break no unique rule; another process may have been first."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    connection.execute(dialect.insert(table).on_conflict_do_nothing(), [dict(row) for row in rows])
