"""What a person does with a link or an address of ours: the enrollment it names is looked at, stopped or confirmed.

A token names an enrollment by its number (`delivery.tokens`), and doors know no more of the person than that. Doing
the same thing twice leaves the store as once did.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from alongside.delivery import people, suppression
from alongside.delivery.addresses import hash_address
from alongside.delivery.schema import EnrollmentState, enrollments, newcomers, suppressions
from alongside.model.community import Community


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """An enrollment, without a word about who it is."""

    journey: str  # slug
    state: EnrollmentState
    languages: tuple[str, ...]  # the newcomer's, in their order
    all_stopped: bool  # they asked for no mail at all


def find_enrollment(connection: Connection, key: bytes, enrollment_id: int) -> Enrolled | None:
    """The enrollment of that number, or None: nobody's, or of somebody who was erased."""
    row = connection.execute(
        select(enrollments.c.journey, enrollments.c.state, newcomers.c.languages, newcomers.c.address)
        .join(newcomers, newcomers.c.id == enrollments.c.newcomer_id)
        .where(enrollments.c.id == enrollment_id)
    ).one_or_none()
    if row is None:
        return None
    return Enrolled(
        journey=row.journey,
        state=row.state,
        languages=tuple(row.languages),
        all_stopped=row.state == "stopped" and is_suppressed(connection, key, row.address, ""),
    )


def stop_enrollment(
    connection: Connection, key: bytes, enrollment_id: int, *, reason: str, now: datetime, everything: bool = False
) -> str | None:
    """No more mail of that enrollment's journey (`everything`: of any) to its newcomer; the journey's slug.

    None when there is no such enrollment. Stopping what is stopped changes nothing.
    """
    found = _locked(connection, enrollment_id)
    if found is None:
        return None
    newcomer, journey, _, _ = found
    stop_newcomer(connection, key, newcomer, journey="" if everything else journey, reason=reason, now=now)
    return journey


def stop_newcomer(
    connection: Connection, key: bytes, newcomer_id: int, *, journey: str, reason: str, now: datetime
) -> None:
    """No more mail of `journey` (a slug; "": of any) to a newcomer. Stopping what is stopped changes nothing."""
    address = connection.scalar(select(newcomers.c.address).where(newcomers.c.id == newcomer_id).with_for_update())
    if address is None or (
        is_suppressed(connection, key, address, journey) and _all_ended(connection, newcomer_id, journey)
    ):
        return
    suppression.stop(connection, key, address, journey=journey, reason=reason, now=now.replace(microsecond=0))


def confirm_enrollment(
    connection: Connection, enrollment_id: int, *, community: Community, now: datetime
) -> str | None:
    """They said yes (double opt-in): that enrollment begins at `now`; its journey's slug.

    None when it was not waiting for that, there is no such enrollment, or its journey cannot be read.
    """
    found = _locked(connection, enrollment_id)
    if found is None or found[3] != "awaiting confirmation":
        return None
    _, journey, address, _ = found
    begun = people.confirm(connection, address, community=community, now=now.replace(microsecond=0), journey=journey)
    return journey if begun else None


def _locked(connection: Connection, enrollment_id: int) -> tuple[int, str, str, str] | None:
    """(newcomer, journey, address, state) of an enrollment nobody else changes before this transaction ends."""
    row = connection.execute(
        select(newcomers.c.id, enrollments.c.journey, newcomers.c.address, enrollments.c.state)
        .join(newcomers, newcomers.c.id == enrollments.c.newcomer_id)
        .where(enrollments.c.id == enrollment_id)
        .with_for_update()  # SQLite has one writer at a time, and no such clause
    ).one_or_none()
    return None if row is None else (row[0], row[1], row[2], row[3])


def is_suppressed(connection: Connection, key: bytes, address: str, journey: str) -> bool:
    """Whether `address` (normalised) wants no mail of `journey` (a slug; "": of any)."""
    held = select(suppressions.c.id).where(
        suppressions.c.address_hash == hash_address(address, key), suppressions.c.journey == journey
    )
    return connection.execute(held).first() is not None


def _all_ended(connection: Connection, newcomer: int, journey: str) -> bool:
    going = (
        select(func.count())
        .select_from(enrollments)
        .where(enrollments.c.newcomer_id == newcomer, enrollments.c.state != "stopped")
    )
    if journey:
        going = going.where(enrollments.c.journey == journey)
    return connection.scalar(going) == 0
