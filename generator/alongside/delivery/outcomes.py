"""What became of newcomers in the host product, as it tells us: kept, and done about it what their journeys say.

An outcome ends a journey, or one journey begins where another ends (`events:` of a journey). That is no wish of the
newcomer's for no more mail, so nothing is suppressed; and what they wished for is kept: who stopped mail stays
stopped, who never confirmed is asked again, and who gets no mail for comparison gets none afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, insert, select, update

from alongside.delivery.addresses import AddressError, normalise_address
from alongside.delivery.enrollment import Candidate, enroll_within
from alongside.delivery.profiles import unpack_newcomer
from alongside.delivery.rows import insert_into
from alongside.delivery.schema import enrollments, events, newcomers, outcomes, steps
from alongside.model.community import Community
from alongside.model.journeys import STOP


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Something a newcomer did, as the host product tells it."""

    name: str  # "converted"
    email: str = ""
    product_id: str = ""  # instead of the address
    happened_at: datetime
    plan: str = ""  # a few words of the host product's own


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What it did."""

    status: Literal["recorded", "already", "unknown"]
    ended: tuple[str, ...] = ()  # slugs of journeys
    begun: tuple[str, ...] = ()


def tell(connection: Connection, key: bytes, told: Told, *, community: Community, now: datetime) -> Effect:
    """Keep the outcome and do what it does; told twice it does nothing more. `key`: the store's."""
    now = now.replace(microsecond=0)
    numbers = _find(connection, told)
    effects = [_tell_of(connection, key, number, told, community, now) for number in numbers]
    if not effects:
        return Effect(status="unknown")
    return Effect(
        status="recorded" if any(effect.status == "recorded" for effect in effects) else "already",
        ended=tuple(dict.fromkeys(slug for effect in effects for slug in effect.ended)),
        begun=tuple(dict.fromkeys(slug for effect in effects for slug in effect.begun)),
    )


def _find(connection: Connection, told: Told) -> list[int]:
    """The newcomers meant: one, or none. An id may have several, who changed their address in the host product."""
    if told.email:
        try:
            address = normalise_address(told.email)
        except AddressError:
            return []
        wanted = newcomers.c.address == address
    else:
        # the second condition is the index's
        wanted = (newcomers.c.product_id == told.product_id) & (newcomers.c.product_id != "")
    found = connection.scalars(select(newcomers.c.id).where(wanted).order_by(newcomers.c.id).with_for_update())
    return list(found)


def _tell_of(
    connection: Connection, key: bytes, number: int, told: Told, community: Community, now: datetime
) -> Effect:
    row = {"newcomer_id": number, "name": told.name, "happened_at": told.happened_at, "told_at": now}
    statement = insert_into(connection, outcomes).values(row).on_conflict_do_nothing().returning(outcomes.c.id)
    if connection.execute(statement).first() is None:
        return Effect(status="already")
    said = f"{told.name}: {told.plan}" if told.plan else told.name
    happened = {"newcomer_id": number, "kind": "outcome", "detail": said, "happened_at": now}
    connection.execute(insert(events), happened)
    ended: list[str] = []
    begun: list[str] = []
    going = connection.execute(
        select(enrollments.c.id, enrollments.c.journey, enrollments.c.basis, enrollments.c.state)
        .where(enrollments.c.newcomer_id == number, enrollments.c.state.in_(("active", "awaiting confirmation")))
        .order_by(enrollments.c.id)
    ).all()
    for enrollment in going:
        journey = community.journeys.get(enrollment.journey)
        follows = journey.events.get(told.name, "") if journey is not None else ""
        if not follows:
            continue
        _end(connection, enrollment.id, f"event {told.name}", now)
        ended.append(enrollment.journey)
        is_unconfirmed = enrollment.state == "awaiting confirmation"
        if follows != STOP and _begin(
            connection, key, number, follows, enrollment.basis, told, community, now, is_unconfirmed=is_unconfirmed
        ):
            begun.append(follows)
    return Effect(status="recorded", ended=tuple(ended), begun=tuple(begun))


def _end(connection: Connection, enrollment: int, reason: str, now: datetime) -> None:
    """The journey is over for them; what was planned is not sent."""
    connection.execute(update(enrollments).where(enrollments.c.id == enrollment).values(state="stopped"))
    connection.execute(
        update(steps)
        .where(steps.c.enrollment_id == enrollment, steps.c.state.in_(("planned", "waiting")))
        .values(state="skipped", reason=reason, done_at=now)
    )


def _begin(
    connection: Connection,
    key: bytes,
    number: int,
    slug: str,
    basis: str,
    told: Told,
    community: Community,
    now: datetime,
    *,
    is_unconfirmed: bool,
) -> bool:
    """The journey that follows, on the same basis; False where they were on it, or want no mail of it."""
    journey = community.journeys.get(slug)
    if journey is None:
        return False
    if is_unconfirmed:
        journey = replace(journey, confirm=True)
    row = connection.execute(select(newcomers).where(newcomers.c.id == number)).mappings().one()
    newcomer = replace(unpack_newcomer(row), basis=basis)  # type: ignore[arg-type]
    report = enroll_within(
        connection, key, journey, [Candidate(newcomer=newcomer)], community=community, source=f"event {told.name}",
        now=now, renew=False,
    )  # fmt: skip
    return bool(report.enrolled)
