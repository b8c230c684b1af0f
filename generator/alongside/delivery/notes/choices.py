"""What somebody decides about notes by a link or by an address: block, report, confirm a first note, answer when asked.

A token names what is meant (`delivery.tokens`): of a conversation its number and the side that decides, of a first
note its number, of a question the step it is about. Doing the same thing twice leaves the store as once did.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, select

from alongside.delivery import suppression
from alongside.delivery.addresses import normalise_address
from alongside.delivery.asks import answer_ask
from alongside.delivery.contacts import contact_bounced, find_contact
from alongside.delivery.enrollment import enroll_one
from alongside.delivery.notes.conversations import Pair, close_conversation, report_conversation
from alongside.delivery.notes.letters import answer_once_a_day
from alongside.delivery.notes.relaying import Note, forget_first_note, pass_on, wants_no_mail
from alongside.delivery.people import confirm
from alongside.delivery.schema import ASK, Side, conversations, enrollments, first_notes, letters, newcomers, steps
from alongside.delivery.sealing import SealError, unseal
from alongside.delivery.tokens import Choice
from alongside.model.community import Community
from alongside.model.journeys import Journey
from alongside.model.people import Newcomer
from alongside.rendering.mails.notes import shown_name
from alongside.settings import Settings

FIRST_NOTE_SOURCE = "a first note"
# done: it is so now; already: it was so; over: there is nothing to decide any more
Effect = Literal["done", "already", "over"]


def first_note_journey(community: Community, settings: Settings) -> Journey | None:
    """The journey on which who writes to a member first begins: the setting's, else the first that shows a note."""
    if settings.mail.first_note:
        return community.journeys.get(settings.mail.first_note)
    showing = (each for each in community.journeys.values() if any("note" in moment.show for moment in each.moments))
    return next(showing, next(iter(community.journeys.values()), None))


def choice_number(conversation_id: int, side: Side) -> int:
    """What a token of "block" or "report" carries: the conversation, and whose word it is."""
    return 2 * conversation_id + (side == "member")


def _of_number(number: int) -> tuple[int, Side]:
    return number // 2, "member" if number % 2 else "newcomer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a link is about, for the page behind it: names, and no address."""

    is_open: bool  # False: it is decided, or over
    name: str = ""  # of the other one; empty: nobody's, or a newcomer without a name
    journey: str = ""  # slug
    languages: tuple[str, ...] = ()  # of who decides
    due_at: datetime | None = None  # of the mail the member was asked about


def look_up(connection: Connection, choice: Choice, number: int, *, community: Community) -> Asked | None:
    """What there is to decide; None for what is gone. Changes nothing."""
    if choice in ("block", "report"):
        return _look_at_conversation(connection, choice, number, community)
    if choice == "first":
        return _look_at_first_note(connection, number, community)
    row = connection.execute(
        select(steps.c.state, steps.c.due_at, enrollments.c.journey, newcomers.c.name, newcomers.c.member)
        .join(enrollments, enrollments.c.id == steps.c.enrollment_id)
        .join(newcomers, newcomers.c.id == enrollments.c.newcomer_id)
        .where(steps.c.id == number, steps.c.moment.not_like(f"{ASK}%"))
    ).first()
    if row is None:
        return None
    member = community.members.get(community.resolve_member(row.member))
    return Asked(
        is_open=row.state in ("planned", "waiting"),
        name=shown_name(row.name),
        journey=row.journey,
        languages=member.languages if member is not None else (),
        due_at=row.due_at,
    )


def _look_at_conversation(connection: Connection, choice: Choice, number: int, community: Community) -> Asked | None:
    conversation, side = _of_number(number)
    row = connection.execute(
        select(conversations, newcomers.c.name, newcomers.c.languages)
        .join(newcomers, newcomers.c.id == conversations.c.newcomer_id)
        .where(conversations.c.id == conversation)
    ).first()
    if row is None:
        return None
    member = community.members.get(community.resolve_member(row.member))
    own = member.languages if member is not None else ()
    return Asked(
        is_open=(row.closed_at if choice == "block" else row.reported_at) is None,
        name=shown_name(row.name) if side == "member" else member.name if member is not None else "",
        languages=own if side == "member" else tuple(row.languages),
    )


def _look_at_first_note(connection: Connection, number: int, community: Community) -> Asked | None:
    row = connection.execute(
        select(first_notes.c.member, first_notes.c.language).where(first_notes.c.id == number)
    ).first()
    member = community.members.get(community.resolve_member(row.member)) if row is not None else None
    if row is None or member is None:
        return None
    return Asked(is_open=True, name=member.name, languages=(row.language,))


def choose(
    connection: Connection,
    key: bytes,
    choice: Choice,
    number: int,
    *,
    community: Community,
    first_journey: Journey | None,
    until: datetime | None = None,
    now: datetime,
) -> Effect:
    """Do what was decided. `until`: of "ask-away". `first_journey`: where who writes first begins."""
    now = now.replace(microsecond=0)
    if choice == "block":
        conversation, side = _of_number(number)
        return "done" if close_conversation(connection, conversation, by=side, now=now) else "already"
    if choice == "report":
        return _report(connection, number, now)
    if choice == "first":
        return _confirm_first_note(connection, key, number, community, first_journey, now)
    answer: Literal["send", "skip", "away"] = (
        "send" if choice == "ask-send" else "skip" if choice == "ask-skip" else "away"
    )
    done = answer_ask(connection, number, answer, until=until, now=now, resolve=community.resolve_member)
    return "done" if done else "over"


def _report(connection: Connection, number: int, now: datetime) -> Effect:
    conversation, side = _of_number(number)
    newcomer = connection.scalar(select(conversations.c.newcomer_id).where(conversations.c.id == conversation))
    if newcomer is None:
        return "over"
    if not report_conversation(connection, conversation, by=side, now=now):
        return "already"
    answer_once_a_day(
        connection, "alert", side="", detail="reported", newcomer_id=newcomer, conversation_id=conversation, now=now
    )
    return "done"


def _confirm_first_note(
    connection: Connection, key: bytes, number: int, community: Community, journey: Journey | None, now: datetime
) -> Effect:
    """They said that the note is theirs: they are enrolled, and it is passed on."""
    row = connection.execute(select(first_notes).where(first_notes.c.id == number).with_for_update()).first()
    if row is None:
        return "over"
    try:
        address, text = unseal(row.sealed_address, key), unseal(row.sealed, key)
    except SealError:
        return "over"
    member = community.resolve_member(row.member)
    contact = find_contact(connection, member, resolve=community.resolve_member)
    if not text or not contact or journey is None or wants_no_mail(connection, key, address):
        return "over"
    newcomer = Newcomer(email=address, languages=(row.language,), met=member, basis="consent")
    enroll_one(connection, key, journey, newcomer, community=community, source=FIRST_NOTE_SOURCE, now=now)
    normalised = normalise_address(address)
    confirm(connection, normalised, community=community, now=now, journey=journey.slug)
    newcomer_id = connection.scalar(select(newcomers.c.id).where(newcomers.c.address == normalised))
    if newcomer_id is None:
        return "over"  # of that journey they wanted no mail
    forget_first_note(connection, number)
    pair = Pair(side="newcomer", newcomer_id=newcomer_id, newcomer=normalised, member=member, contact=contact)
    pass_on(connection, key, pair, Note(text=text), now=now)
    return "done"


# --- a letter that came back ---


def letter_came_back(connection: Connection, key: bytes, letter_id: int, *, hard: bool, now: datetime) -> int | None:
    """A letter did not arrive. `hard`: there is no such mailbox, so nothing goes to it any more.

    The newcomer it concerns, by number; None when it concerns none.
    """
    row = connection.execute(
        select(
            letters.c.side,
            letters.c.conversation_id,
            letters.c.newcomer_id,
            newcomers.c.address,
            conversations.c.member,
        )
        .outerjoin(newcomers, newcomers.c.id == letters.c.newcomer_id)
        .outerjoin(conversations, conversations.c.id == letters.c.conversation_id)
        .where(letters.c.id == letter_id)
    ).first()
    if row is None or not hard or row.conversation_id is None:
        return row.newcomer_id if row is not None else None
    if row.side == "newcomer":
        suppression.stop(connection, key, row.address, journey="", reason="bounced", now=now)
    elif row.side == "member":
        contact_bounced(connection, row.member, now=now)
        answer_once_a_day(
            connection, "alert", side="", detail="bounced", newcomer_id=row.newcomer_id,
            conversation_id=row.conversation_id, now=now,
        )  # fmt: skip
    return row.newcomer_id if row.side == "newcomer" else None
