"""What becomes of a note that arrived: passed on, answered to its writer, held for the team, or nothing at all.

    who writes to whom -> is it them? -> does it go on? -> is there anything to pass on? -> once more? -> passed on

All of it inside the transaction in which the mail is heard, so a note is passed on once or was not heard.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, delete, func, insert, select, update

from alongside.delivery import suppression
from alongside.delivery.addresses import hash_address
from alongside.delivery.asks import record_ask
from alongside.delivery.contacts import find_contact
from alongside.delivery.members import allows_mail
from alongside.delivery.notes.conversations import (
    MOST_A_DAY,
    Pair,
    close_all,
    close_conversation,
    count_of_a_day,
    find_pair,
    has_begun,
    mark_talked,
    open_conversation,
    other,
    pair_of,
)
from alongside.delivery.notes.letters import answer_once_a_day, write_letter
from alongside.delivery.notes.machines import is_quick, last_sent, sounds, words_of
from alongside.delivery.relay_addresses import Relay
from alongside.delivery.schema import (
    enrollments,
    events,
    first_notes,
    letters,
    messages,
    newcomers,
    notes,
    suppressions,
)
from alongside.delivery.sealing import seal
from alongside.model.community import Community

MOST_FIRST_NOTES = 3  # of one address that wait for its word
MOST_WAITING = 1_000  # first notes of all together: each is a mail to an address that anybody may have written
MOST_HELD = 20  # notes of one side, for one reason, that wait for the team: more tell it nothing
STRANGER, TOO_MANY, MACHINE = "stranger", "too_many", "machine"  # why a note is held
SAID_BEFORE = "the same words again"

# passed on; returned: the writer is told why not; held: the team decides; again: a machine says the same once more;
# ignored: nobody is told anything; stopped: it was the one word
Fate = Literal["passed on", "returned", "held", "again", "ignored", "stopped", "waits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What a mail says that may be passed on. Its text holds no address and no quote any more."""

    text: str = ""
    trouble: str = ""  # why there is none, as `notes.returned.*` is called
    left_out: bool = False  # files, pictures
    is_stop: bool = False  # the one word that means: no more
    written_at: datetime | None = None  # as the mail says


NOTHING = Note()


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of it."""

    fate: Fate
    detail: str = ""
    newcomer_id: int | None = None


def take_note(
    connection: Connection,
    key: bytes,
    relay: Relay,
    note: Note,
    *,
    author: str,
    is_from: Callable[[str], bool],
    community: Community,
    now: datetime,
) -> Result:
    """Take in what came to the address that is `relay`.

    `author`: From, normalised: enough for the word that ends it, as everywhere. `is_from`: whether the sender surely
    has an address, which is what a note takes.
    """
    pair = find_pair(connection, relay, resolve=community.resolve_member)
    if pair is None:
        return Result(fate="ignored", detail="nobody")
    known = Result(fate="ignored", newcomer_id=pair.newcomer_id)
    if not pair.writer:
        return replace(known, detail="nobody")
    if note.is_stop and (author == pair.writer or is_from(pair.writer)):
        _stop(connection, key, pair, now)
        return replace(known, fate="stopped")
    if not is_from(pair.writer):
        # Whose address it is could be anybody's guess: the writer is told nothing, and the team looks.
        if pair.closed_by or pair.is_void or relay.good_until < now.date() or note.trouble or note.is_stop:
            return known
        return _hold(connection, key, pair, note, STRANGER, now)
    reason = _why_not(connection, key, pair, relay, community, now) or note.trouble
    if note.trouble == "empty" and is_quick(note.written_at or now, last_sent(connection, pair, pair.conversation_id)):
        return known  # no person opens a mail and answers it with nothing within a minute
    if reason:
        return _return(connection, pair, reason, now)
    return pass_on(connection, key, pair, note, now=now)


def _why_not(connection: Connection, key: bytes, pair: Pair, relay: Relay, community: Community, now: datetime) -> str:
    """Why nothing can be passed on between these two; empty where it can."""
    if pair.closed_by or pair.is_void:
        return "closed"
    if relay.good_until < now.date():
        return "expired"
    member = community.members.get(pair.member)
    if member is None or not (
        has_begun(connection, pair.conversation_id)
        or allows_mail(connection, member, resolve=community.resolve_member, now=now)
    ):
        return "nobody"  # a conversation that has begun outlives the consent to begin one
    if not pair.contact or (pair.side == "member" and wants_no_mail(connection, key, pair.newcomer)):
        return "nobody"
    return ""


def wants_no_mail(connection: Connection, key: bytes, address: str) -> bool:
    """Whether somebody (by normalised address) asked for no mail at all, or has no mailbox any more."""
    stopped = select(suppressions.c.id).where(
        suppressions.c.address_hash == hash_address(address, key), suppressions.c.journey == ""
    )
    return connection.execute(stopped).first() is not None


def _stop(connection: Connection, key: bytes, pair: Pair, now: datetime) -> None:
    """A newcomer who says so gets no mail at all any more; a member none in this conversation."""
    if pair.side == "newcomer":
        suppression.stop(connection, key, pair.newcomer, journey="", reason="asked by mail", now=now)
        close_all(connection, pair.newcomer_id, now=now)
    else:
        number = open_conversation(connection, pair, now=now)
        close_conversation(connection, number, by="member", now=now)


def _return(connection: Connection, pair: Pair, reason: str, now: datetime) -> Result:
    number = open_conversation(connection, pair, now=now)
    answer_once_a_day(
        connection, "returned", side=pair.side, detail=reason, newcomer_id=pair.newcomer_id,
        conversation_id=number, now=now,
    )  # fmt: skip
    return Result(fate="returned", detail=reason, newcomer_id=pair.newcomer_id)


def _hold(connection: Connection, key: bytes, pair: Pair, note: Note, reason: str, now: datetime) -> Result:
    """Keep it for the team, who is told once a day; what is said once more is not kept, nor what is too much."""
    number = open_conversation(connection, pair, now=now)
    if _is_held(connection, number, pair, words_of(note.text, key).shape):
        return Result(fate="again", newcomer_id=pair.newcomer_id)
    if _count_held(connection, number, pair, reason) >= MOST_HELD:
        return Result(fate="ignored", detail=TOO_MANY, newcomer_id=pair.newcomer_id)
    _write(connection, key, number, pair, note, state="held", reason=reason, now=now)
    answer_once_a_day(
        connection, "alert", side="", detail=reason, newcomer_id=pair.newcomer_id, conversation_id=number, now=now
    )
    return Result(fate="held", detail=reason, newcomer_id=pair.newcomer_id)


def _is_held(connection: Connection, conversation_id: int, pair: Pair, shape: str) -> bool:
    """Whether the team has the same, but for numbers, before it already."""
    statement = select(notes.c.id).where(
        notes.c.conversation_id == conversation_id,
        notes.c.side == pair.side,
        notes.c.state == "held",
        notes.c.shape == shape,
    )
    return connection.execute(statement.limit(1)).first() is not None


def _count_held(connection: Connection, conversation_id: int, pair: Pair, reason: str) -> int:
    statement = select(func.count()).where(
        notes.c.conversation_id == conversation_id,
        notes.c.side == pair.side,
        notes.c.state == "held",
        notes.c.reason == reason,
    )
    return connection.scalar(statement) or 0


def pass_on(connection: Connection, key: bytes, pair: Pair, note: Note, *, now: datetime) -> Result:
    """Write the note down and put it in line for the other one."""
    number = open_conversation(connection, pair, now=now)
    words = words_of(note.text, key)
    sound = sounds(connection, key, number, pair, words, written_at=note.written_at or now)
    if sound == "again":
        return Result(fate="again", detail=SAID_BEFORE, newcomer_id=pair.newcomer_id)
    if sound == "machine":
        return _hold(connection, key, pair, note, MACHINE, now)
    if count_of_a_day(connection, number, pair.side, now=now) >= MOST_A_DAY:
        return _hold(connection, key, pair, note, TOO_MANY, now)
    written = _write(connection, key, number, pair, note, state="passed on", reason="", now=now)
    deliver_note(connection, pair, number, written, now=now)
    if note.left_out:
        answer_once_a_day(
            connection, "left out", side=pair.side, detail="files", newcomer_id=pair.newcomer_id,
            conversation_id=number, now=now,
        )  # fmt: skip
    return Result(fate="passed on", newcomer_id=pair.newcomer_id)


def deliver_note(connection: Connection, pair: Pair, conversation_id: int, note_id: int, *, now: datetime) -> None:
    """Put a note that is written down in line, and let the journey know that a person wrote."""
    write_letter(
        connection,
        "note",
        side=other(pair.side),
        newcomer_id=pair.newcomer_id,
        conversation_id=conversation_id,
        note_id=note_id,
        now=now,
    )
    if pair.side == "newcomer":
        replied = {"newcomer_id": pair.newcomer_id, "kind": "replied", "detail": "", "happened_at": now}
        connection.execute(insert(events), replied)
        connection.execute(
            update(messages)
            .where(messages.c.step_id == pair.step_id, messages.c.answered_at.is_(None))
            .values(answered_at=now)
        )
    elif pair.step_id is not None:
        record_ask(connection, pair.step_id, "wrote", now=now)
    mark_talked(connection, conversation_id, pair.newcomer_id, now=now)


def _write(
    connection: Connection, key: bytes, conversation_id: int, pair: Pair, note: Note, *,
    state: str, reason: str, now: datetime,
) -> int:  # fmt: skip
    words = words_of(note.text, key)
    row: dict[str, Any] = {
        "conversation_id": conversation_id,
        "side": pair.side,
        "state": state,
        "reason": reason,
        "sealed": seal(note.text, key),
        "digest": words.digest,
        "shape": words.shape,
        "received_at": now,
    }
    return connection.execute(insert(notes).values(row).returning(notes.c.id)).scalar_one()


# --- to a member, from whoever it may be ---


def take_note_to_member(
    connection: Connection,
    key: bytes,
    slug: str,
    note: Note,
    *,
    sender: str,
    is_surely_theirs: bool,
    is_forged: bool,
    language: str,
    community: Community,
    now: datetime,
) -> Result:
    """Take in what came to the address for first notes of a member (`slug`, as it was written).

    `sender`: From, normalised. A newcomer is known by it when it is surely theirs; everybody else is asked first, but
    for those in whose name our server found it forged (`is_forged`): they would hear of what they never wrote.
    """
    resolve = community.resolve_member
    member = community.members.get(resolve(slug))
    if note.is_stop:
        suppression.stop(connection, key, sender, journey="", reason="asked by mail", now=now)
        return Result(fate="stopped")
    if member is None:
        return Result(fate="ignored", detail="nobody")
    if is_forged:
        return Result(fate="ignored", detail="forged")
    contact = find_contact(connection, member.slug, resolve=resolve)
    if not contact or not allows_mail(connection, member, resolve=resolve, now=now):
        note = Note(trouble="nobody")
    known = connection.execute(
        select(newcomers.c.id, enrollments.c.id)
        .join(enrollments, enrollments.c.newcomer_id == newcomers.c.id)
        .where(newcomers.c.address == sender, enrollments.c.state == "active")
    ).first()
    if known is None or not is_surely_theirs:
        return take_first_note(connection, key, member.slug, note, sender=sender, language=language, now=now)
    pair = pair_of(connection, "newcomer", known[0], sender, member.slug, resolve=resolve)
    reason = "closed" if pair.closed_by else note.trouble
    return _return(connection, pair, reason, now) if reason else pass_on(connection, key, pair, note, now=now)


def take_first_note(
    connection: Connection, key: bytes, member: str, note: Note, *, sender: str, name: str = "", language: str,
    now: datetime,
) -> Result:  # fmt: skip
    """Keep a stranger's note for a member (a slug) until they confirm that it is theirs, and ask them.

    `sender`: their address, normalised. `name`: what they call themselves, where they said so. Whoever wants no mail
    from us is not asked.
    """
    if wants_no_mail(connection, key, sender):
        return Result(fate="ignored", detail="stopped before")
    hashed = hash_address(sender, key)
    waiting = connection.execute(
        select(first_notes.c.id).where(first_notes.c.address_hash == hashed).limit(MOST_FIRST_NOTES)
    ).all()
    of_all = connection.scalar(select(func.count()).select_from(first_notes)) or 0
    if len(waiting) >= MOST_FIRST_NOTES or of_all >= MOST_WAITING:
        return Result(fate="ignored", detail=TOO_MANY)
    row = {
        "member": member,
        "address_hash": hashed,
        "sealed_address": seal(sender, key),
        "sealed_name": seal(name, key) if name else None,
        "sealed": seal(note.text, key),
        "language": language,
        "received_at": now,
    }
    number = connection.execute(insert(first_notes).values(row).returning(first_notes.c.id)).scalar_one()
    if note.trouble:
        write_letter(connection, "returned", detail=note.trouble, first_note_id=number, now=now)
        return Result(fate="returned", detail=note.trouble)
    write_letter(connection, "confirm", first_note_id=number, now=now)
    return Result(fate="waits")


def forget_first_note(connection: Connection, number: int) -> None:
    """It was passed on, or its time is over."""
    connection.execute(delete(letters).where(letters.c.first_note_id == number))
    connection.execute(delete(first_notes).where(first_notes.c.id == number))
