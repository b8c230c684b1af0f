"""How the store stands, in a few numbers that are quick to read: for who watches the service every few seconds.

What happened and to whom it went, `delivery.overview` tells. Here nothing is joined, and no row names a journey, a
member or a newcomer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, case, func, select

from alongside.delivery.backups import last_backup
from alongside.delivery.clocks import last_pass
from alongside.delivery.overview import overdue_since
from alongside.delivery.rows import dialect_of, is_state
from alongside.delivery.schema import conversations, enrollments, first_notes, letters, notes, steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauges:
    """The store at one instant. Counts are by state."""

    due: int  # steps
    overdue_since: datetime | None  # when the first step was due that nothing keeps back; None: none is
    steps: Mapping[str, int]
    letters: Mapping[str, int]
    enrollments: Mapping[str, int]
    conversations: Mapping[str, int]  # "open", "closed", "reported"
    notes: Mapping[tuple[str, str], int] = field(default_factory=dict)  # by side and state
    first_notes: int  # that wait for a confirmation
    last_pass: datetime | None  # by the real clock
    last_backup: datetime | None
    size_bytes: int


def read_gauges(connection: Connection, *, now: datetime) -> Gauges:
    """Everything at `now`: a dozen statements, the slowest of which reads each step once."""
    due = select(func.count()).where(is_state("planned"), steps.c.due_at <= now)
    by_side = select(notes.c.side, notes.c.state, func.count()).group_by(notes.c.side, notes.c.state)
    return Gauges(
        due=connection.scalar(due) or 0,
        overdue_since=overdue_since(connection, now),
        steps=_by(connection, steps.c.state),
        letters=_by(connection, letters.c.state),
        enrollments=_by(connection, enrollments.c.state),
        conversations=_conversations(connection),
        notes={(side, state): count for side, state, count in connection.execute(by_side)},
        first_notes=connection.scalar(select(func.count()).select_from(first_notes)) or 0,
        last_pass=last_pass(connection),
        last_backup=last_backup(connection),
        size_bytes=_size(connection),
    )


def _by(connection: Connection, column: Column[Any]) -> dict[str, int]:
    return dict(connection.execute(select(column, func.count()).group_by(column)).all())


def _conversations(connection: Connection) -> dict[str, int]:
    state = case(
        (conversations.c.reported_at.is_not(None), "reported"),
        (conversations.c.closed_at.is_not(None), "closed"),
        else_="open",
    ).label("state")
    return dict(connection.execute(select(state, func.count()).group_by("state")).all())


def _size(connection: Connection) -> int:
    if dialect_of(connection) == "postgresql":
        return int(connection.scalar(select(func.pg_database_size(func.current_database()))) or 0)
    pages, size = (connection.exec_driver_sql(f"PRAGMA page_{what}").scalar() for what in ("count", "size"))
    return int(pages or 0) * int(size or 0)
