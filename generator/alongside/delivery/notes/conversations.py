"""Conversations in the store: who writes to whom, what was passed on, and whether both still want it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, insert, select, update

from alongside.delivery.asks import who_was_asked
from alongside.delivery.contacts import find_contact
from alongside.delivery.relay_addresses import Relay
from alongside.delivery.rows import insert_missing
from alongside.delivery.schema import (
    ASK,
    CONFIRMATION,
    Side,
    conversations,
    enrollments,
    events,
    messages,
    newcomers,
    notes,
    steps,
)

MOST_A_DAY = 20  # notes of one side of a conversation: more is a machine, or no conversation
DAY = timedelta(days=1)
TALKED = "talked"


def other(side: Side) -> Side:
    """The one who reads what `side` writes."""
    return "member" if side == "newcomer" else "newcomer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Who writes to whom, and where each can be reached. Only for delivery: it holds both addresses."""

    side: Side  # who writes
    newcomer_id: int
    newcomer: str  # address, normalised
    member: str  # slug of today
    contact: str  # the member's address, normalised; empty: none, or it came back
    step_id: int | None = None  # the step that is answered, or was asked about
    conversation_id: int | None = None  # None: nobody wrote yet
    closed_by: str = ""  # Side or "team"; empty: it goes on
    is_void: bool = False  # the address was withdrawn

    @property
    def writer(self) -> str:
        """The writer's address, normalised; empty when it is not known."""
        return self.newcomer if self.side == "newcomer" else self.contact


def find_pair(connection: Connection, relay: Relay, *, resolve: Callable[[str], str]) -> Pair | None:
    """The pair an address of ours stands for; None when one of them is gone."""
    if relay.writer in ("newcomer", "member"):
        return _of_conversation(connection, relay, resolve)
    # Whoever wrote the mail that is answered; of a mail that only asks, who was asked.
    statement = (
        select(newcomers.c.id, newcomers.c.address, newcomers.c.member, messages.c.member)
        .join(enrollments, enrollments.c.newcomer_id == newcomers.c.id)
        .join(steps, steps.c.enrollment_id == enrollments.c.id)
        .outerjoin(messages, messages.c.step_id == steps.c.id)
        .where(steps.c.id == relay.number)
    )
    row = connection.execute(statement).first()
    if row is None:
        return None
    number, address, assigned, wrote = row
    member = resolve((wrote or assigned) if relay.writer == "step" else who_was_asked(connection, relay.number))
    if not member:
        return None
    side: Side = "newcomer" if relay.writer == "step" else "member"
    return pair_of(connection, side, number, address, member, step_id=relay.number, resolve=resolve)


def pair_of(
    connection: Connection, side: Side, newcomer_id: int, address: str, member: str, *,
    step_id: int | None = None, resolve: Callable[[str], str],
) -> Pair:  # fmt: skip
    """A newcomer (number and normalised address) and a member (slug of today), with what there is between them."""
    rows = connection.execute(
        select(conversations.c.id, conversations.c.member, conversations.c.closed_by)
        .where(conversations.c.newcomer_id == newcomer_id)
        .order_by(conversations.c.id)
    )
    held = next((row for row in rows if resolve(row.member) == member), None)  # also under a former slug
    return Pair(
        side=side,
        newcomer_id=newcomer_id,
        newcomer=address,
        member=member,
        contact=find_contact(connection, member, resolve=resolve),
        step_id=step_id,
        conversation_id=held.id if held is not None else None,
        closed_by=held.closed_by if held is not None else "",
    )


def _of_conversation(connection: Connection, relay: Relay, resolve: Callable[[str], str]) -> Pair | None:
    row = connection.execute(
        select(conversations, newcomers.c.address)
        .join(newcomers, newcomers.c.id == conversations.c.newcomer_id)
        .where(conversations.c.id == relay.number)
    ).first()
    if row is None:
        return None
    member = resolve(row.member)
    return Pair(
        side="newcomer" if relay.writer == "newcomer" else "member",
        newcomer_id=row.newcomer_id,
        newcomer=row.address,
        member=member,
        contact=find_contact(connection, member, resolve=resolve),
        conversation_id=row.id,
        closed_by=row.closed_by,
        is_void=row.generation % 256 != relay.generation,
    )


def open_conversation(connection: Connection, pair: Pair, *, now: datetime) -> int:
    """The number of their conversation, which begins now if there was none.

    Until the transaction ends nobody else writes in it: two notes at once would know nothing of one another.
    """
    statement = select(conversations.c.id)
    if pair.conversation_id is not None:
        statement = statement.where(conversations.c.id == pair.conversation_id)
    else:
        insert_missing(
            connection,
            conversations,
            [{"newcomer_id": pair.newcomer_id, "member": pair.member, "generation": 0, "opened_at": now,
              "closed_by": "", "reported_by": ""}],
        )  # fmt: skip
        statement = statement.where(
            conversations.c.newcomer_id == pair.newcomer_id, conversations.c.member == pair.member
        )
    return connection.execute(statement.with_for_update(key_share=True)).scalar_one()


def has_begun(connection: Connection, conversation_id: int | None) -> bool:
    """Whether a note was passed on in it; one that only held returned notes has not begun."""
    passed = select(notes.c.id).where(notes.c.conversation_id == conversation_id, notes.c.state == "passed on")
    return conversation_id is not None and connection.execute(passed.limit(1)).first() is not None


def count_of_a_day(connection: Connection, conversation_id: int, side: Side, *, now: datetime) -> int:
    """How many notes of that side were passed on in the last 24 hours; what is held may be a stranger's."""
    statement = select(func.count()).where(
        notes.c.conversation_id == conversation_id,
        notes.c.side == side,
        notes.c.state == "passed on",
        notes.c.received_at > now - DAY,
    )
    return connection.scalar(statement) or 0


def mark_talked(connection: Connection, conversation_id: int, newcomer_id: int, *, now: datetime) -> None:
    """Both have written, and both notes went through: from now on that is so. Once."""
    sides = set(
        connection.scalars(
            select(notes.c.side).where(notes.c.conversation_id == conversation_id, notes.c.state == "passed on")
        )
    )
    known = select(events.c.id).where(events.c.newcomer_id == newcomer_id, events.c.kind == TALKED)
    if len(sides) == 2 and connection.execute(known).first() is None:
        connection.execute(
            insert(events), {"newcomer_id": newcomer_id, "kind": TALKED, "detail": "", "happened_at": now}
        )


def close_conversation(connection: Connection, conversation_id: int, *, by: str, now: datetime) -> bool:
    """Nothing passes any more, and every address that was given out is void. False when it was closed before."""
    changed = connection.execute(
        update(conversations)
        .where(conversations.c.id == conversation_id, conversations.c.closed_at.is_(None))
        .values(closed_at=now, closed_by=by)
    )
    return changed.rowcount > 0


def close_all(connection: Connection, newcomer_id: int, *, now: datetime) -> None:
    """They want no mail at all: their conversations end."""
    connection.execute(
        update(conversations)
        .where(conversations.c.newcomer_id == newcomer_id, conversations.c.closed_at.is_(None))
        .values(closed_at=now, closed_by="newcomer")
    )


def report_conversation(connection: Connection, conversation_id: int, *, by: Side, now: datetime) -> bool:
    """One of them finds that the team should look. It is closed too. False when it was reported before."""
    changed = connection.execute(
        update(conversations)
        .where(conversations.c.id == conversation_id, conversations.c.reported_at.is_(None))
        .values(reported_at=now, reported_by=by)
    )
    close_conversation(connection, conversation_id, by=by, now=now)
    return changed.rowcount > 0


def sent_in(connection: Connection, newcomer_id: int, member: str, side: Side, *, until: datetime) -> list[str]:
    """Message-IDs of the steps' mails that one side of a conversation had from us by then, oldest first."""
    statement = (
        select(messages.c.message_id, messages.c.member, steps.c.moment)
        .join(steps, steps.c.id == messages.c.step_id)
        .join(enrollments, enrollments.c.id == steps.c.enrollment_id)
        .where(enrollments.c.newcomer_id == newcomer_id, steps.c.moment != CONFIRMATION, messages.c.sent_at <= until)
        .order_by(messages.c.sent_at, messages.c.id)
    )
    asked = side == "member"
    return [
        identity
        for identity, wrote, moment in connection.execute(statement).all()
        if moment.startswith(ASK) == asked and wrote == member
    ]
