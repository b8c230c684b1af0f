"""What the store holds of a member, for their own page: their conversations, and all of it as a file.

Who a newcomer was is told as far as the member knows it: by the name they show. What the other one decided (who ended a
conversation, that it was reported) is theirs, and so is every word that was not passed on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, case, func, literal, select

from alongside.delivery.helped import count_helped
from alongside.delivery.members import OwnWord, slugs_of
from alongside.delivery.notes.relaying import STRANGER
from alongside.delivery.schema import (
    ASK,
    absences,
    asks,
    assignments,
    contacts,
    conversations,
    letters,
    messages,
    newcomers,
    notes,
    steps,
)
from alongside.delivery.sealing import SealError, unseal
from alongside.model.people import Member
from alongside.rendering.mails.notes import shown_name

TalkState = Literal["open", "ended", "reported"]  # reported: by the member
Resolve = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """A conversation with a newcomer, as the member may see it."""

    number: int
    name: str  # that the newcomer shows; empty: none
    began: datetime
    state: TalkState
    mine: int  # notes of the member that were passed on
    theirs: int


def list_talks(connection: Connection, slugs: Collection[str], *, most: int) -> list[Talk]:
    """The conversations of a member (by `members.slugs_of`), the newest first, at most so many."""
    statement = (
        select(conversations, newcomers.c.name)
        .join(newcomers, newcomers.c.id == conversations.c.newcomer_id)
        .where(conversations.c.member.in_(slugs))
        .order_by(conversations.c.opened_at.desc(), conversations.c.id.desc())
        .limit(most)
    )
    rows = connection.execute(statement).all()
    counted = connection.execute(
        select(notes.c.conversation_id, _passed_of("member"), _passed_of("newcomer"))
        .where(notes.c.conversation_id.in_([row.id for row in rows]))
        .group_by(notes.c.conversation_id)
    )
    counts = {number: (mine, theirs) for number, mine, theirs in counted.all()}
    return [_talk(row, *counts.get(row.id, (0, 0))) for row in rows]


def find_talk(connection: Connection, slugs: Collection[str], number: int) -> Talk | None:
    """That conversation; None when there is none of that number, or it is another member's."""
    row = connection.execute(
        select(conversations, newcomers.c.name)
        .join(newcomers, newcomers.c.id == conversations.c.newcomer_id)
        .where(conversations.c.id == number, conversations.c.member.in_(slugs))
    ).first()
    return _talk(row, 0, 0) if row is not None else None


def _passed_of(side: str) -> Any:
    return func.sum(case(((notes.c.side == side) & (notes.c.state == "passed on"), 1), else_=0))


def _talk(row: Any, mine: int, theirs: int) -> Talk:
    return Talk(
        number=row.id,
        name=shown_name(row.name),
        began=row.opened_at,
        state="reported" if row.reported_by == "member" else "ended" if row.closed_at is not None else "open",
        mine=mine,
        theirs=theirs,
    )


def export_member(
    connection: Connection, key: bytes, member: Member, word: OwnWord, *, resolve: Resolve, now: datetime
) -> dict[str, Any]:
    """All the store holds of a member, as JSON values; instants in ISO 8601."""
    slugs = slugs_of(member, resolve=resolve)
    taken = connection.scalars(
        select(assignments.c.assigned_at).where(assignments.c.member.in_(slugs)).order_by(assignments.c.id)
    ).all()
    sent = (
        select(messages.c.sent_at, messages.c.language, messages.c.answered_at.is_not(None).label("answered"))
        .join(steps, steps.c.id == messages.c.step_id)
        .where(messages.c.member.in_(slugs))
        .order_by(messages.c.id)
    )
    beginning = datetime.fromtimestamp(0, now.tzinfo)
    helped = count_helped(connection, since=beginning, until=now, resolve=resolve, only=slugs).get(member.slug)
    return {
        "member": member.slug,
        "as_of": _json(now),
        "contacts": _rows(connection, select(contacts).where(contacts.c.member.in_(slugs))),
        "said": {
            "consent": word.consent,
            "consent_at": _json(word.consent_at),
            "welcomes": word.welcomes,
            "monthly": word.monthly,
            "told_at": _json(word.told_at),
        },
        "absences": _rows(connection, select(absences).where(absences.c.member.in_(slugs))),
        "newcomers_taken_on": [_json(instant) for instant in taken],
        "mails_in_your_name": _rows(connection, sent.where(steps.c.moment.not_like("(%"))),
        "questions_to_you": _rows(
            connection, sent.where(steps.c.moment.like(f"{ASK}%")).with_only_columns(messages.c.sent_at)
        ),
        "answers_to_questions": _answers(connection, slugs),
        "newcomers_who_answered": helped.answered if helped is not None else 0,
        "conversations": _conversations(connection, key, slugs),
        "letters_to_you": _rows(
            connection,
            select(letters.c.kind, letters.c.written_at, letters.c.done_at)
            .where(letters.c.addressee.in_(slugs))
            .order_by(letters.c.id),
        ),
    }


def _answers(connection: Connection, slugs: Collection[str]) -> list[dict[str, Any]]:
    """What they answered when they were asked about a mail; a question is a step beside the mail's."""
    asked = steps.alias("asked")
    return _rows(
        connection,
        select(asks.c.answer, asks.c.until, asks.c.answered_at)
        .join(steps, steps.c.id == asks.c.step_id)
        .join(
            asked,
            (asked.c.enrollment_id == steps.c.enrollment_id) & (asked.c.moment == literal(ASK) + steps.c.moment),
        )
        .join(messages, messages.c.step_id == asked.c.id)
        .where(messages.c.member.in_(slugs))
        .order_by(asks.c.answered_at, asks.c.step_id),
    )


def _conversations(connection: Connection, key: bytes, slugs: Collection[str]) -> list[dict[str, Any]]:
    rows = connection.execute(
        select(conversations, newcomers.c.name)
        .join(newcomers, newcomers.c.id == conversations.c.newcomer_id)
        .where(conversations.c.member.in_(slugs))
        .order_by(conversations.c.id)
    ).all()
    return [
        {
            "with": shown_name(row.name),
            "began": _json(row.opened_at),
            "ended": _json(row.closed_at),
            "ended_by_you": row.closed_by == "member",
            "reported_by_you": row.reported_by == "member",
            "notes": _notes(connection, key, row.id),
        }
        for row in rows
    ]


def _notes(connection: Connection, key: bytes, conversation: int) -> list[dict[str, Any]]:
    """What they wrote, and what was passed on to them. What a stranger sent in their name is not theirs."""
    rows = connection.execute(
        select(notes.c.side, notes.c.state, notes.c.received_at, notes.c.sealed)
        .where(notes.c.conversation_id == conversation)
        .where(
            (notes.c.state == "passed on") | ((notes.c.side == "member") & (notes.c.reason.not_in((STRANGER, "")))),
        )
        .order_by(notes.c.id)
    ).all()
    return [
        {
            "from": "you" if row.side == "member" else "them",
            "received_at": _json(row.received_at),
            "state": row.state,
            "text": _unsealed(row.sealed, key),  # None: its time was over, and it was deleted
        }
        for row in rows
    ]


def _unsealed(sealed: bytes | None, key: bytes) -> str | None:
    try:
        return unseal(sealed, key) if sealed is not None else None
    except SealError:
        return None


def _rows(connection: Connection, statement: Any) -> list[dict[str, Any]]:
    return [
        {name: _json(value) for name, value in row.items() if name != "id"}
        for row in connection.execute(statement).mappings()
    ]


def _json(value: Any) -> Any:
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value
