"""What is still to come: the next instant something is due, and steps that wait for what is no longer there."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from alongside.delivery.rows import is_state
from alongside.delivery.schema import enrollments, letters, newcomers, steps
from alongside.delivery.store import Store


def next_due(store: Store, journeys: Sequence[str]) -> datetime | None:
    """The instant the next step of `journeys` (slugs) is looked at, or None when nothing is planned."""
    statement = (
        select(func.min(steps.c.due_at, type_=steps.c.due_at.type))
        .join(enrollments, enrollments.c.id == steps.c.enrollment_id)
        .where(is_state("planned"), enrollments.c.journey.in_(journeys))
    )
    waiting = select(func.min(letters.c.due_at, type_=letters.c.due_at.type)).where(letters.c.state == "planned")
    with store.reading() as connection:
        instants = (connection.scalar(statement), connection.scalar(waiting))
    return min((instant for instant in instants if instant is not None), default=None)


def count_due(store: Store, journeys: Collection[str], now: datetime) -> int:
    """How many steps of `journeys` (slugs) are due at `now`."""
    statement = (
        select(func.count())
        .select_from(steps)
        .join(enrollments, enrollments.c.id == steps.c.enrollment_id)
        .where(is_state("planned"), steps.c.due_at <= now, enrollments.c.journey.in_(sorted(journeys)))
    )
    with store.reading() as connection:
        return connection.scalar(statement) or 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A mail of which nobody knows whether it arrived."""

    step_id: int
    journey: str  # slug
    moment: str  # id
    address: str
    dated_at: datetime | None  # its Date
    reason: str


def list_held(connection: Connection) -> list[Held]:
    """All of them, oldest first."""
    statement = (
        select(
            steps.c.id.label("step_id"),
            enrollments.c.journey,
            steps.c.moment,
            newcomers.c.address,
            steps.c.dated_at,
            steps.c.reason,
        )
        .join(enrollments, enrollments.c.id == steps.c.enrollment_id)
        .join(newcomers, newcomers.c.id == enrollments.c.newcomer_id)
        .where(is_state("held"))
        .order_by(steps.c.id)
    )
    return [Held(**row) for row in connection.execute(statement).mappings()]


def count_newcomers(store: Store) -> int:
    """How many people are in the store."""
    with store.reading() as connection:
        return connection.scalar(select(func.count()).select_from(newcomers)) or 0


def count_stranded(store: Store, journeys: Collection[str]) -> dict[str, int]:
    """Planned steps of journeys that are not among `journeys` (slugs), by journey."""
    statement = (
        select(enrollments.c.journey, func.count())
        .join(steps, steps.c.enrollment_id == enrollments.c.id)
        .where(is_state("planned"), enrollments.c.journey.not_in(sorted(journeys)))
        .group_by(enrollments.c.journey)
    )
    with store.reading() as connection:
        return dict(connection.execute(statement).all())


def count_lost(store: Store, journeys: Mapping[str, Collection[str]]) -> dict[tuple[str, str], int]:
    """Planned steps whose moment is not among those (ids) of its journey (slug), by journey and moment."""
    statement = (
        select(enrollments.c.journey, steps.c.moment, func.count())
        .join(steps, steps.c.enrollment_id == enrollments.c.id)
        .where(is_state("planned"), enrollments.c.journey.in_(sorted(journeys)), steps.c.moment.not_like("(%"))
        .group_by(enrollments.c.journey, steps.c.moment)
    )
    with store.reading() as connection:
        rows = connection.execute(statement).all()
    return {(slug, moment): count for slug, moment, count in rows if moment not in journeys[slug]}
