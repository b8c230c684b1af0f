"""What somebody decides about notes by a link or by an address: block, report, confirm a first note, answer when asked.

A token names what is meant (`delivery.tokens`): of a conversation its number and the side that decides, of a first
note its number, of a question the step it is about. Doing the same thing twice leaves the store as once did.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, select

from alongside.delivery import suppression
from alongside.delivery.addresses import AddressError, normalise_address
from alongside.delivery.asks import answer_ask
from alongside.delivery.contacts import contact_bounced, find_contact
from alongside.delivery.enrollment import enroll_one
from alongside.delivery.members import allows_mail
from alongside.delivery.notes.conversations import close_conversation, pair_of, report_conversation
from alongside.delivery.notes.letters import TO_MEMBERS, answer_once_a_day, write_letter
from alongside.delivery.notes.relaying import Note, forget_first_note, pass_on, wants_no_mail
from alongside.delivery.people import confirm, find_newcomer
from alongside.delivery.profiles import unpack_newcomer
from alongside.delivery.schema import (
    AskAnswer,
    Side,
    asks,
    conversations,
    enrollments,
    first_notes,
    letters,
    newcomers,
    steps,
)
from alongside.delivery.sealing import SealError, unseal
from alongside.delivery.tokens import Choice
from alongside.model.community import Community
from alongside.model.journeys import Journey
from alongside.model.people import Newcomer
from alongside.rendering.mails.notes import shown_name
from alongside.settings import Settings

FIRST_NOTE_SOURCE = "a first note"
OPEN_STEPS = ("planned", "waiting")  # states of a mail that has not gone out, and may
# done: it is so now; already: it was so; over: there is nothing to decide any more
Effect = Literal["done", "already", "over"]
Standing = Literal["open", "decided", "over"]  # before that; decided: just so


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

    state: Standing
    name: str = ""  # of the other one; empty: nobody's, or a newcomer without a name
    languages: tuple[str, ...] = ()  # of who decides
    zone: str  # IANA; of the member who was asked, else the community's
    due_at: datetime | None = None  # of the mail the member was asked about
    until: datetime | None = None  # of "ask-away" that was decided: when they are back


def look_up(
    connection: Connection,
    key: bytes,
    choice: Choice,
    number: int,
    *,
    community: Community,
    first_journey: Journey | None,
    now: datetime,
) -> Asked | None:
    """What there is to decide; None for what is gone. Changes nothing."""
    if choice in ("block", "report"):
        return _look_at_conversation(connection, choice, number, community)
    if choice == "first":
        return _look_at_first_note(connection, key, number, community, first_journey, now)
    return _look_at_step(connection, choice, number, community, now)


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
        state="open" if (row.closed_at if choice == "block" else row.reported_at) is None else "decided",
        name=shown_name(row.name) if side == "member" else member.name if member is not None else "",
        languages=own if side == "member" else tuple(row.languages),
        zone=community.timezone,
    )


def _look_at_first_note(
    connection: Connection, key: bytes, number: int, community: Community, journey: Journey | None, now: datetime
) -> Asked | None:
    row = connection.execute(select(first_notes).where(first_notes.c.id == number)).first()
    if row is None:
        return None
    member = community.members.get(community.resolve_member(row.member))
    return Asked(
        state="open" if _waiting_note(connection, key, row, community, journey, now) is not None else "over",
        name=member.name if member is not None else "",
        languages=(row.language,),
        zone=community.timezone,
    )


def _look_at_step(
    connection: Connection, choice: Choice, number: int, community: Community, now: datetime
) -> Asked | None:
    row = connection.execute(
        select(steps.c.state, steps.c.due_at, newcomers.c.name, newcomers.c.member, asks.c.answer, asks.c.until)
        .join(enrollments, enrollments.c.id == steps.c.enrollment_id)
        .join(newcomers, newcomers.c.id == enrollments.c.newcomer_id)
        .outerjoin(asks, asks.c.step_id == steps.c.id)
        .where(steps.c.id == number)
    ).first()
    if row is None:
        return None
    member = community.members.get(community.resolve_member(row.member))
    state: Standing = "open"
    if row.state not in OPEN_STEPS or row.answer == "wrote":
        state = "over"
    elif row.answer == _answer_of(choice) and (row.until is None or row.until > now):
        state = "decided"
    return Asked(
        state=state,
        name=shown_name(row.name),
        languages=member.languages if member is not None else (),
        zone=member.timezone if member is not None else community.timezone,
        due_at=row.due_at,
        until=row.until if state == "decided" else None,
    )


# --- deciding ---


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
    """Do what was decided. `until`: of "ask-away", None for a week. `first_journey`: where who writes first begins."""
    now = now.replace(microsecond=0)
    if choice in ("block", "report"):
        return _end_conversation(connection, choice, number, now)
    if choice == "first":
        return _confirm_first_note(connection, key, number, community, first_journey, now)
    return _answer(connection, number, _answer_of(choice), community, until, now)


def _end_conversation(connection: Connection, choice: Choice, number: int, now: datetime) -> Effect:
    conversation, side = _of_number(number)
    newcomer = connection.scalar(select(conversations.c.newcomer_id).where(conversations.c.id == conversation))
    if newcomer is None:
        return "over"
    if choice == "block":
        return "done" if close_conversation(connection, conversation, by=side, now=now) else "already"
    if not report_conversation(connection, conversation, by=side, now=now):
        return "already"
    # A conversation is reported once, so this is no loop, and another alert of the day must not hide it.
    write_letter(connection, "alert", detail="reported", newcomer_id=newcomer, conversation_id=conversation, now=now)
    return "done"


def _answer_of(choice: Choice) -> AskAnswer:
    return "send" if choice == "ask-send" else "skip" if choice == "ask-skip" else "away"


def _answer(
    connection: Connection, step_id: int, answer: AskAnswer, community: Community, until: datetime | None, now: datetime
) -> Effect:
    """What the member wants of a mail that has not gone out, and that they did not write themselves."""
    # A sender that has it already is waited for, and then it is over.
    state = connection.scalar(select(steps.c.state).where(steps.c.id == step_id).with_for_update())
    held = connection.execute(select(asks.c.answer, asks.c.until).where(asks.c.step_id == step_id)).first()
    if state not in OPEN_STEPS or (held is not None and held.answer == "wrote"):
        return "over"
    if held is not None and held.answer == answer and _is_same_day(held.until, until, now):
        return "already"
    done = answer_ask(connection, step_id, answer, until=until, now=now, resolve=community.resolve_member)
    return "done" if done else "over"


def _is_same_day(held: datetime | None, wanted: datetime | None, now: datetime) -> bool:
    """Whether they said the same; who names no day agrees with what was said, while it lasts."""
    return held == wanted or (wanted is None and held is not None and held > now)


@dataclass(frozen=True, slots=True, kw_only=True)
class _WaitingNote:
    """A first note that can be passed on. It holds both addresses."""

    text: str
    address: str  # of who wrote it, normalised
    name: str  # what they call themselves; empty: they did not say
    member: str  # slug of today
    contact: str


def _waiting_note(
    connection: Connection, key: bytes, row: Any, community: Community, journey: Journey | None, now: datetime
) -> _WaitingNote | None:
    """The note of a row of `first_notes`; None when it cannot be passed on: somebody is gone, or does not want it."""
    try:
        address, text = normalise_address(unseal(row.sealed_address, key)), unseal(row.sealed, key)
        name = unseal(row.sealed_name, key) if row.sealed_name is not None else ""
    except (SealError, AddressError):
        return None
    slug = community.resolve_member(row.member)
    member = community.members.get(slug)
    contact = find_contact(connection, slug, resolve=community.resolve_member)
    if not text or member is None or not contact or journey is None or wants_no_mail(connection, key, address):
        return None
    if not allows_mail(connection, member, resolve=community.resolve_member, now=now):
        return None  # they took their consent back since it was written
    ended = connection.execute(
        select(conversations.c.member)
        .join(newcomers, newcomers.c.id == conversations.c.newcomer_id)
        .where(newcomers.c.address == address, conversations.c.closed_at.is_not(None))
    )
    # who ended a conversation is not written to by this door either
    if any(community.resolve_member(closed) == slug for closed in ended.scalars()):
        return None
    return _WaitingNote(text=text, address=address, name=name, member=slug, contact=contact)


def _confirm_first_note(
    connection: Connection, key: bytes, number: int, community: Community, journey: Journey | None, now: datetime
) -> Effect:
    """They said that the note is theirs: they are enrolled, and it is passed on."""
    row = connection.execute(select(first_notes).where(first_notes.c.id == number).with_for_update()).first()
    note = _waiting_note(connection, key, row, community, journey, now) if row is not None else None
    if row is None or note is None or journey is None:
        return "over"
    known = connection.execute(select(newcomers).where(newcomers.c.address == note.address)).mappings().first()
    newcomer = (
        Newcomer(email=note.address, name=note.name, languages=(row.language,), met=note.member, basis="consent")
        if known is None
        else replace(unpack_newcomer(known), basis="consent")  # what they told us before stays
    )
    welcoming = replace(journey, holdout=0)  # who comes by writing to a member gets that member's mails
    enroll_one(connection, key, welcoming, newcomer, community=community, source=FIRST_NOTE_SOURCE, now=now)
    confirm(connection, note.address, community=community, now=now, journey=journey.slug)
    newcomer_id = find_newcomer(connection, note.address)
    if newcomer_id is None:
        return "over"  # of that journey they wanted no mail
    forget_first_note(connection, number)
    pair = pair_of(connection, "newcomer", newcomer_id, note.address, note.member, resolve=community.resolve_member)
    pass_on(connection, key, pair, Note(text=note.text), now=now)
    return "done"


# --- a letter that came back ---


def letter_came_back(
    connection: Connection, key: bytes, letter_id: int, *, hard: bool, resolve: Callable[[str], str], now: datetime
) -> int | None:
    """A letter did not arrive. `hard`: there is no such mailbox, so nothing goes to it any more.

    The newcomer it concerns, by number; None when it concerns none.
    """
    row = connection.execute(
        select(
            letters.c.kind,
            letters.c.addressee,
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
    if row is not None and hard and row.kind in TO_MEMBERS:
        contact_bounced(connection, row.addressee, resolve=resolve, now=now)
    if row is None or not hard or row.conversation_id is None:
        return row.newcomer_id if row is not None else None
    if row.side == "newcomer":
        suppression.stop(connection, key, row.address, journey="", reason="bounced", now=now)
    elif row.side == "member":
        contact_bounced(connection, row.member, resolve=resolve, now=now)
        answer_once_a_day(
            connection, "alert", side="", detail="bounced", newcomer_id=row.newcomer_id,
            conversation_id=row.conversation_id, now=now,
        )  # fmt: skip
    return row.newcomer_id if row.side == "newcomer" else None
