"""Letters: mails that are no step of a sequence. A note passed on, an answer to its writer, a word to the team.

A letter is a row that waits for its turn, written in the transaction that made it needed; so what was heard and not
yet passed on survives a crash. It is claimed alone and recorded at once: killed in between, a sender leaves one letter
of which nobody knows, and the setting `uncertain` says what becomes of that, as for steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, func, insert, literal, select, update

from alongside.delivery.schema import Side, letters
from alongside.settings import Uncertain

# note: a person's words; returned: why theirs were not passed on; left out: what of them was not;
# confirm: asks a stranger whether the note is theirs; alert: to the team; page link: to a newcomer, of their own page;
# member page: the link to a member's page; monthly: whom a member helped; digest: a team's week, as `detail` holds it
Kind = Literal["note", "returned", "left out", "confirm", "alert", "page link", "member page", "monthly", "digest"]
TO_MEMBERS: tuple[Kind, ...] = ("member page", "monthly")  # `addressee` is a member's slug
DAY = timedelta(days=1)
LEASE = timedelta(minutes=10)  # of a claim; who waits for a slow server renews it
TRIES = 12  # then a letter has failed: some two days
UNCERTAIN = "the sender was killed while it was on its way"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter whose turn has come."""

    id: int
    kind: Kind
    side: Side | Literal[""]  # to whom; "": a stranger or the team
    detail: str
    newcomer_id: int | None
    addressee: str
    conversation_id: int | None
    note_id: int | None
    first_note_id: int | None
    attempts: int
    dated_at: datetime  # its Date: that of the first claim


def write_letter(
    connection: Connection,
    kind: Kind,
    *,
    side: Side | Literal[""] = "",
    detail: str = "",
    newcomer_id: int | None = None,
    conversation_id: int | None = None,
    note_id: int | None = None,
    first_note_id: int | None = None,
    addressee: str = "",
    due_at: datetime | None = None,
    now: datetime,
) -> None:
    """Put a letter in line. `detail`: what it is about, in a word. `due_at`: when it goes out; None: now."""
    connection.execute(
        insert(letters),
        {
            "kind": kind,
            "side": side,
            "detail": detail,
            "newcomer_id": newcomer_id,
            "conversation_id": conversation_id,
            "note_id": note_id,
            "first_note_id": first_note_id,
            "addressee": addressee,
            "due_at": due_at or now,
            "state": "planned",
            "written_at": now,
        },
    )


def answer_once_a_day(
    connection: Connection, kind: Kind, *, side: Side | Literal[""], detail: str, newcomer_id: int | None,
    conversation_id: int, now: datetime,
) -> None:  # fmt: skip
    """A word to who wrote, or (one `detail`) to the team: one of a kind a day and conversation, lest a loop starts."""
    told = select(letters.c.id).where(
        letters.c.conversation_id == conversation_id,
        letters.c.kind == kind,
        letters.c.side == side,
        letters.c.written_at > now - DAY,
    )
    if kind == "alert":
        told = told.where(letters.c.detail == detail)
    if connection.execute(told).first() is None:
        write_letter(
            connection,
            kind,
            side=side,
            detail=detail,
            newcomer_id=newcomer_id,
            conversation_id=conversation_id,
            now=now,
        )


def was_written_today(connection: Connection, kind: Kind, addressee: str, *, now: datetime) -> bool:
    """Whether such a letter to them was put in line in the last 24 hours."""
    statement = select(letters.c.id).where(
        letters.c.written_at > now - DAY, letters.c.kind == kind, letters.c.addressee == addressee
    )
    return connection.execute(statement.limit(1)).first() is not None


def claim_letter(connection: Connection, *, token: str, now: datetime, wall: datetime) -> Letter | None:
    """The first letter that is due, taken by the sender `token`; None when there is none. Inside `Store.writing`.

    `wall`: the real clock, by which a claim is void after `LEASE`.
    """
    row = connection.execute(
        select(letters)
        .where(letters.c.state == literal("planned", literal_execute=True), letters.c.due_at <= now)
        .order_by(letters.c.due_at, letters.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
    if row is None:
        return None
    dated_at = row.dated_at or now
    connection.execute(
        update(letters)
        .where(letters.c.id == row.id)
        .values(state="claimed", claimed_by=token, leased_until=wall + LEASE, dated_at=dated_at)
    )
    return Letter(
        id=row.id,
        kind=row.kind,
        side=row.side,
        detail=row.detail,
        newcomer_id=row.newcomer_id,
        addressee=row.addressee,
        conversation_id=row.conversation_id,
        note_id=row.note_id,
        first_note_id=row.first_note_id,
        attempts=row.attempts,
        dated_at=dated_at,
    )


def settle_letter(
    connection: Connection, letter: Letter, *, token: str, state: Literal["sent", "skipped", "failed", "held"],
    reason: str = "", now: datetime,
) -> None:  # fmt: skip
    """What became of a claimed letter."""
    connection.execute(
        update(letters)
        .where(letters.c.id == letter.id, letters.c.claimed_by == token)
        .values(state=state, reason=reason, done_at=now, claimed_by="", leased_until=None)
    )


def renew_letter(connection: Connection, letter: Letter, *, token: str, wall: datetime) -> None:
    """It is still on its way."""
    connection.execute(
        update(letters)
        .where(letters.c.id == letter.id, letters.c.claimed_by == token)
        .values(leased_until=wall + LEASE)
    )


def put_off_letter(
    connection: Connection, letter: Letter, *, token: str, until: datetime, reason: str, now: datetime,
    tried: bool = True,
) -> None:  # fmt: skip
    """Another time. After many tries it has failed."""
    if tried and letter.attempts + 1 >= TRIES:
        settle_letter(connection, letter, token=token, state="failed", reason=reason, now=now)
        return
    connection.execute(
        update(letters)
        .where(letters.c.id == letter.id, letters.c.claimed_by == token)
        .values(
            state="planned",
            reason=reason,
            due_at=until,
            claimed_by="",
            leased_until=None,
            attempts=letters.c.attempts + (1 if tried else 0),
        )
    )


def recover_letters(connection: Connection, *, uncertain: Uncertain, keeps_once: bool, wall: datetime) -> int:
    """What killed senders left: sent again as the same mail, or held. How many. `keeps_once`: as of the transport."""
    left = (letters.c.state == "claimed", letters.c.leased_until < wall)
    if uncertain == "resend" or keeps_once:
        changed = connection.execute(
            update(letters).where(*left).values(state="planned", claimed_by="", leased_until=None)
        )
    else:
        changed = connection.execute(
            update(letters).where(*left).values(state="held", reason=UNCERTAIN, claimed_by="", leased_until=None)
        )
    return changed.rowcount


def count_held_letters(connection: Connection) -> int:
    """Letters of which nobody knows whether they arrived."""
    return connection.scalar(select(func.count()).where(letters.c.state == "held")) or 0


def resolve_letters(connection: Connection, *, sent: bool, now: datetime) -> int:
    """What a person decides of them: they arrived, or they go out again as the same mails. How many."""
    decided = update(letters).where(letters.c.state == "held")
    values = {"state": "sent", "done_at": now} if sent else {"state": "planned", "due_at": now}
    return connection.execute(decided.values(reason="", **values)).rowcount


def count_due_letters(connection: Connection, now: datetime) -> int:
    """How many letters wait for a sender at `now`."""
    statement = select(func.count()).where(
        letters.c.state == literal("planned", literal_execute=True), letters.c.due_at <= now
    )
    return connection.scalar(statement) or 0


def sent_before(connection: Connection, letter: Letter) -> list[int]:
    """The numbers of the notes that the reader of one has from us, oldest first.

    As it was when the letter was first claimed: written again it is the same mail, whatever went out meanwhile.
    """
    earlier = (letters.c.done_at < letter.dated_at) | (
        (letters.c.done_at == letter.dated_at) & (letters.c.id < letter.id)
    )
    return list(
        connection.scalars(
            select(letters.c.id)
            .where(
                letters.c.conversation_id == letter.conversation_id,
                letters.c.side == letter.side,
                letters.c.kind == "note",
                letters.c.state == "sent",
                earlier,
            )
            .order_by(letters.c.done_at, letters.c.id)
        )
    )
