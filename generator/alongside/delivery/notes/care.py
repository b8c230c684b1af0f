"""Notes for the team that looks after them: counts, what is held, what was reported. Words only for who says why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, select, update

from alongside.delivery.contacts import find_contact
from alongside.delivery.notes.conversations import Pair
from alongside.delivery.notes.relaying import deliver_note, forget_first_note
from alongside.delivery.notes.writing import KEEP_FIRST_NOTES
from alongside.delivery.schema import (
    ASK,
    Side,
    absences,
    asks,
    conversations,
    events,
    first_notes,
    letters,
    newcomers,
    notes,
    steps,
)
from alongside.delivery.sealing import unseal
from alongside.rendering.mails.notes import shown_name

READ = "read by the team"  # the event that says so


@dataclass(slots=True, kw_only=True)
class Counts:
    """The relay in numbers."""

    conversations: int = 0
    talking: int = 0  # of these, both have written
    closed: Counter[str] = field(default_factory=Counter)  # by whom
    reported: int = 0
    notes: Counter[str] = field(default_factory=Counter)  # by state
    passed_on: Counter[str] = field(default_factory=Counter)  # by side, of `since` alone
    first_notes: int = 0  # wait for their writers
    letters: Counter[str] = field(default_factory=Counter)  # by state
    asked: int = 0  # questions to members that went out
    answers: Counter[str] = field(default_factory=Counter)  # to these, by `AskAnswer`


def count_notes(connection: Connection, *, since: datetime) -> Counts:
    """All of it; `since`: from when on notes that were passed on are counted by side."""
    counts = Counts()
    for closed, reported, count in connection.execute(
        select(conversations.c.closed_by, conversations.c.reported_at.is_not(None), func.count()).group_by(
            conversations.c.closed_by, conversations.c.reported_at.is_not(None)
        )
    ).all():
        counts.conversations += count
        counts.reported += count if reported else 0
        if closed:
            counts.closed[closed] += count
    both = (
        select(notes.c.conversation_id)
        .where(notes.c.state == "passed on")
        .group_by(notes.c.conversation_id)
        .having(func.count(notes.c.side.distinct()) == 2)
        .subquery()
    )
    counts.talking = connection.scalar(select(func.count()).select_from(both)) or 0
    counts.notes.update(dict(connection.execute(select(notes.c.state, func.count()).group_by(notes.c.state)).all()))
    recent = notes.c.state == "passed on", notes.c.received_at >= since
    counts.passed_on.update(
        dict(connection.execute(select(notes.c.side, func.count()).where(*recent).group_by(notes.c.side)).all())
    )
    counts.first_notes = connection.scalar(select(func.count()).select_from(first_notes)) or 0
    counts.letters.update(
        dict(connection.execute(select(letters.c.state, func.count()).group_by(letters.c.state)).all())
    )
    asked = steps.c.moment.like(f"{ASK}%"), steps.c.state == "sent"
    counts.asked = connection.scalar(select(func.count()).where(*asked)) or 0
    counts.answers.update(dict(connection.execute(select(asks.c.answer, func.count()).group_by(asks.c.answer)).all()))
    return counts


@dataclass(frozen=True, slots=True, kw_only=True)
class ForReview:
    """A note or a conversation somebody of the team should look at. No words, no addresses."""

    id: int  # of the note, or of the conversation
    conversation_id: int
    side: Side  # who wrote it, or who reported
    member: str  # slug
    newcomer: str  # name, or empty
    reason: str
    at: datetime


def list_held(connection: Connection) -> list[ForReview]:
    """Notes that wait for the team, oldest first."""
    rows = connection.execute(
        select(notes, conversations.c.member, newcomers.c.name)
        .join(conversations, conversations.c.id == notes.c.conversation_id)
        .join(newcomers, newcomers.c.id == conversations.c.newcomer_id)
        .where(notes.c.state == "held")
        .order_by(notes.c.id)
    )
    return [
        ForReview(
            id=row.id,
            conversation_id=row.conversation_id,
            side=row.side,
            member=row.member,
            newcomer=shown_name(row.name),
            reason=row.reason,
            at=row.received_at,
        )
        for row in rows
    ]


def list_reported(connection: Connection) -> list[ForReview]:
    """Conversations that were reported, oldest first; they are closed."""
    rows = connection.execute(
        select(conversations, newcomers.c.name)
        .join(newcomers, newcomers.c.id == conversations.c.newcomer_id)
        .where(conversations.c.reported_at.is_not(None))
        .order_by(conversations.c.reported_at, conversations.c.id)
    )
    return [
        ForReview(
            id=row.id,
            conversation_id=row.id,
            side=row.reported_by,
            member=row.member,
            newcomer=shown_name(row.name),
            reason="reported",
            at=row.reported_at,
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A note as the team may read it."""

    id: int
    side: Side
    state: str
    at: datetime
    text: str | None  # None: it was deleted


def read_notes(connection: Connection, key: bytes, conversation_id: int, *, why: str, now: datetime) -> list[Read]:
    """The words of a conversation, for somebody who says why; that they were read, and why, is written down.

    Empty when there is no such conversation. Raises `SealError`.
    """
    newcomer = connection.scalar(select(conversations.c.newcomer_id).where(conversations.c.id == conversation_id))
    if newcomer is None:
        return []
    happened = {"newcomer_id": newcomer, "kind": READ, "detail": why, "happened_at": now}
    connection.execute(insert(events), happened)
    rows = connection.execute(select(notes).where(notes.c.conversation_id == conversation_id).order_by(notes.c.id))
    return [
        Read(
            id=row.id,
            side=row.side,
            state=row.state,
            at=row.received_at,
            text=unseal(row.sealed, key) if row.sealed is not None else None,
        )
        for row in rows
    ]


def release(connection: Connection, note_id: int, *, resolve: Callable[[str], str], now: datetime) -> bool:
    """Pass a held note on after all. False when it is not held, or the conversation has ended."""
    row = connection.execute(
        select(notes.c.conversation_id, notes.c.side, conversations, newcomers.c.address)
        .join(conversations, conversations.c.id == notes.c.conversation_id)
        .join(newcomers, newcomers.c.id == conversations.c.newcomer_id)
        .where(notes.c.id == note_id, notes.c.state == "held", notes.c.sealed.is_not(None))
        .where(conversations.c.closed_at.is_(None))
    ).first()
    if row is None:
        return False
    connection.execute(update(notes).where(notes.c.id == note_id).values(state="passed on", reason="released"))
    member = resolve(row.member)
    pair = Pair(
        side=row.side,
        newcomer_id=row.newcomer_id,
        newcomer=row.address,
        member=member,
        contact=find_contact(connection, member, resolve=resolve),
    )
    deliver_note(connection, pair, row.conversation_id, note_id, now=now)
    return True


def drop(connection: Connection, note_id: int) -> bool:
    """Let a held note go nowhere, and delete its words. False when it is not held."""
    changed = connection.execute(
        update(notes).where(notes.c.id == note_id, notes.c.state == "held").values(state="dropped", sealed=None)
    )
    return changed.rowcount > 0


def reopen(connection: Connection, conversation_id: int) -> bool:
    """Let a closed conversation go on, with new addresses: those that were given out stay void.

    A report is settled by it. False when there is none of that number that is closed.
    """
    changed = connection.execute(
        update(conversations)
        .where(conversations.c.id == conversation_id, conversations.c.closed_at.is_not(None))
        .values(
            closed_at=None,
            closed_by="",
            reported_at=None,
            reported_by="",
            generation=conversations.c.generation + 1,
        )
    )
    return changed.rowcount > 0


def forget_notes(connection: Connection, *, keep: timedelta, now: datetime) -> None:
    """Delete words older than `keep`, first notes nobody confirmed, and absences that are over."""
    old = notes.c.received_at < now - keep
    connection.execute(update(notes).where(old, notes.c.sealed.is_not(None)).values(sealed=None))
    connection.execute(update(notes).where(old, notes.c.state == "held").values(state="dropped"))
    unconfirmed = select(first_notes.c.id).where(first_notes.c.received_at < now - KEEP_FIRST_NOTES)
    for number in connection.scalars(unconfirmed).all():
        forget_first_note(connection, number)
    connection.execute(delete(absences).where(absences.c.until < now))
