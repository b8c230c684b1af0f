"""Who is meant by a number, an address or a Message-ID, and what is written down of their bounces and answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, func, insert, literal, select, update

from alongside.delivery import suppression
from alongside.delivery.contacts import contact_bounced
from alongside.delivery.relay_addresses import Relay
from alongside.delivery.schema import ASK, conversations, enrollments, events, letters, messages, newcomers, steps

BOUNCED = "bounced"
SOFT_BOUNCE = "soft bounce"
# A mailbox that is full on three days of a month is nobody's any more.
SOFT_DAYS, SOFT_WITHIN = 3, timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Known:
    """A newcomer, and which mail of ours is meant."""

    newcomer_id: int
    address: str  # normalised
    journey: str = ""  # slug; empty: no mail in particular
    step_id: int | None = None
    moment: str = ""  # of that step
    member: str = ""  # slug of who wrote it, or got it

    @property
    def asked(self) -> bool:
        """Whether the mail went to the member who welcomes them, and not to the newcomer."""
        return self.moment.startswith(ASK)


def find_by_step(connection: Connection, step_id: int) -> Known | None:
    """Whose mail that step was; None after an erasure."""
    return _first(connection, _of_steps().where(steps.c.id == step_id))


def find_by_enrollment(connection: Connection, enrollment_id: int) -> Known | None:
    """Whose enrollment it is; None after an erasure."""
    statement = (
        select(newcomers.c.id, newcomers.c.address, enrollments.c.journey)
        .join(enrollments, enrollments.c.newcomer_id == newcomers.c.id)
        .where(enrollments.c.id == enrollment_id)
    )
    return _first(connection, statement)


def find_by_ids(connection: Connection, message_ids: Iterable[str]) -> Known | None:
    """To whom we sent the first of these that is ours."""
    wanted = [each for each in message_ids if each]
    if not wanted:
        return None
    statement = select(messages.c.message_id, messages.c.step_id).where(messages.c.message_id.in_(wanted))
    ours = dict(connection.execute(statement).all())
    first = next((ours[each] for each in wanted if each in ours), None)
    return find_by_step(connection, first) if first is not None else None


def find_by_letter(connection: Connection, letter_id: int) -> Known | None:
    """To whom of the two that letter went, if it was one of them; a member's side counts as asked."""
    statement = (
        select(newcomers.c.id, newcomers.c.address, letters.c.side, conversations.c.member)
        .join(newcomers, newcomers.c.id == letters.c.newcomer_id)
        .join(conversations, conversations.c.id == letters.c.conversation_id)
        .where(letters.c.id == letter_id, letters.c.side != "")
    )
    return _of_side(connection, statement)


def find_by_relay(connection: Connection, relay: Relay) -> Known | None:
    """Whose word is expected at that address; a member's side counts as asked."""
    if relay.writer in ("step", "ask"):
        known = find_by_step(connection, relay.number)
        return replace(known, moment=ASK) if known is not None and relay.writer == "ask" else known
    statement = (
        select(newcomers.c.id, newcomers.c.address, literal(relay.writer).label("side"), conversations.c.member)
        .join(conversations, conversations.c.newcomer_id == newcomers.c.id)
        .where(conversations.c.id == relay.number)
    )
    return _of_side(connection, statement)


def _of_side(connection: Connection, statement: Select[*tuple[Any, ...]]) -> Known | None:
    row = connection.execute(statement).first()
    if row is None:
        return None
    return Known(row.id, row.address, moment=ASK if row.side == "member" else "", member=row.member)


def find_by_address(connection: Connection, address: str) -> Known | None:
    """The newcomer with that address (normalised)."""
    if not address:
        return None
    return _first(connection, select(newcomers.c.id, newcomers.c.address).where(newcomers.c.address == address))


def _of_steps() -> Select[*tuple[Any, ...]]:
    return (
        select(
            newcomers.c.id,
            newcomers.c.address,
            enrollments.c.journey,
            steps.c.id.label("step_id"),
            steps.c.moment,
            func.coalesce(messages.c.member, newcomers.c.member).label("member"),
        )
        .join(enrollments, enrollments.c.newcomer_id == newcomers.c.id)
        .join(steps, steps.c.enrollment_id == enrollments.c.id)
        .outerjoin(messages, messages.c.step_id == steps.c.id)
    )


def _first(connection: Connection, statement: Select[*tuple[Any, ...]]) -> Known | None:
    row = connection.execute(statement).first()
    return Known(*row) if row is not None else None


def record_hard_bounce(
    connection: Connection, key: bytes, known: Known, *, status: str, resolve: Callable[[str], str], now: datetime
) -> None:
    """There is no such mailbox: no more mail to it."""
    _mark_bounced(connection, known, now)
    if known.asked:
        contact_bounced(connection, known.member, resolve=resolve, now=now)
        return
    _record(connection, known, BOUNCED, status, now)
    suppression.stop(connection, key, known.address, journey="", reason=BOUNCED, now=now)


def record_soft_bounce(
    connection: Connection, key: bytes, known: Known, *, status: str, resolve: Callable[[str], str], now: datetime
) -> None:
    """One mail was refused. When that happened on three days of a month, no more mail is sent."""
    _mark_bounced(connection, known, now)
    if known.asked:
        return
    _record(connection, known, SOFT_BOUNCE, status, now)
    since = events.c.happened_at > now - SOFT_WITHIN
    of_theirs = events.c.newcomer_id == known.newcomer_id, events.c.kind == SOFT_BOUNCE
    days = {instant.date() for instant in connection.scalars(select(events.c.happened_at).where(*of_theirs, since))}
    if len(days) >= SOFT_DAYS:
        record_hard_bounce(connection, key, known, status=status, resolve=resolve, now=now)


def record_answer(connection: Connection, known: Known, *, now: datetime) -> None:
    """They wrote back: what has `stop_when: [replied]` is skipped from now on."""
    _record(connection, known, "replied", known.journey, now)
    if known.step_id is not None:
        connection.execute(
            update(messages)
            .where(messages.c.step_id == known.step_id, messages.c.answered_at.is_(None))
            .values(answered_at=now)
        )


def stop_all(connection: Connection, key: bytes, address: str, *, reason: str, now: datetime) -> None:
    """No more mail of any journey."""
    suppression.stop(connection, key, address, journey="", reason=reason, now=now)


def _mark_bounced(connection: Connection, known: Known, now: datetime) -> None:
    connection.execute(
        update(messages)
        .where(messages.c.step_id == known.step_id, messages.c.bounced_at.is_(None))
        .values(bounced_at=now)
    )


def _record(connection: Connection, known: Known, kind: str, detail: str, now: datetime) -> None:
    happened = {"newcomer_id": known.newcomer_id, "kind": kind, "detail": detail, "happened_at": now}
    connection.execute(insert(events), happened)
