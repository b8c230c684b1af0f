"""What newcomers did in the host product, as it told us: who converted, who left.

It is kept by name and instant, so telling the same thing twice leaves the store as once did. What is made of it, see
`delivery.comparisons`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from alongside.delivery.rows import insert_missing
from alongside.delivery.schema import newcomers, outcomes

BATCH = 200  # rows of a statement: below SQLite's oldest limit of 999 parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Something a newcomer did."""

    newcomer_id: int
    name: str  # "converted", "left", ...
    happened_at: datetime


def record_outcomes(connection: Connection, told: Sequence[Outcome], *, now: datetime) -> int:
    """Keep what was told at `now`; how many of it were new."""
    before = connection.scalar(select(func.count()).select_from(outcomes)) or 0
    rows = [
        {
            "newcomer_id": outcome.newcomer_id,
            "name": outcome.name,
            "happened_at": outcome.happened_at.replace(microsecond=0),
            "told_at": now.replace(microsecond=0),
        }
        for outcome in told
    ]
    for start in range(0, len(rows), BATCH):
        insert_missing(connection, outcomes, rows[start : start + BATCH])
    return (connection.scalar(select(func.count()).select_from(outcomes)) or 0) - before


def newcomers_by_address(connection: Connection) -> dict[str, int]:
    """The number of everybody, by address (normalised)."""
    return dict(connection.execute(select(newcomers.c.address, newcomers.c.id)).all())


def newcomers_by_id(connection: Connection) -> dict[str, int]:
    """The number of those who have an id of the host product's, by that; who shares one is left out."""
    own = newcomers.c.profile["id"].as_string()
    statement = select(own, func.min(newcomers.c.id)).where(own.is_not(None)).group_by(own).having(func.count() == 1)
    return dict(connection.execute(statement).all())
