"""The real clock, looked at before mail leaves: one that jumped would send too early, or let everything expire."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from alongside.delivery.rows import is_state
from alongside.delivery.schema import runs, steps
from alongside.problems import AlongsideError

BACK = timedelta(hours=1)  # clocks are set, and machines differ
AHEAD = timedelta(days=30)  # longer than any outage that nobody noticed


class ClockError(AlongsideError):
    """The clock cannot be right, or much time has passed unnoticed."""


def last_pass(connection: Connection) -> datetime | None:
    """When mail was last sent by the real clock."""
    return connection.scalar(select(func.max(runs.c.real_at, type_=runs.c.real_at.type)))


def check_clock(connection: Connection, *, wall: datetime, catch_up: bool) -> None:
    """Raises `ClockError` when `wall` lies before the last pass, or so long after it that mail would be lost.

    `catch_up`: somebody looked, and it is so.
    """
    last = last_pass(connection)
    if last is None or catch_up:
        return
    if wall < last - BACK:
        raise ClockError(
            f"The clock of this machine stands at {wall:%Y-%m-%d %H:%M} UTC, before the last pass at "
            f"{last:%Y-%m-%d %H:%M} UTC. Nothing was sent.",
            hint="Set the clock. If that pass was wrong: alongside send --catch-up",
        )
    late = select(func.count()).where(is_state("planned"), steps.c.due_at <= wall - AHEAD)
    if wall > last + AHEAD and connection.scalar(late):
        raise ClockError(
            f"The last pass was at {last:%Y-%m-%d %H:%M} UTC, {(wall - last).days} days before this machine's clock. "
            "Mail that was due then may be too late now. Nothing was sent.",
            hint="Set the clock if it is wrong. If mail really rested that long: alongside send --catch-up",
        )
