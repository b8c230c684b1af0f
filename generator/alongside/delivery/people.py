"""Care for people's data: who is here, all we hold of one, and forgetting them.

Everything about a newcomer hangs on one row and goes with it. What stays after `erase`: how often members were asked
(without whom for), and, for who had asked for no more mail, a keyed hash of their address.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, delete, func, insert, select, update

from alongside.delivery.addresses import hash_address
from alongside.delivery.enrollment import step_rows
from alongside.delivery.notes.relaying import STRANGER
from alongside.delivery.profiles import unpack_newcomer
from alongside.delivery.rows import is_state
from alongside.delivery.schema import (
    ASK,
    CONFIRMATION,
    assignments,
    contacts,
    conversations,
    enrollments,
    events,
    first_notes,
    letters,
    messages,
    newcomers,
    notes,
    outcomes,
    received,
    steps,
    suppressions,
)
from alongside.delivery.sealing import unseal
from alongside.model.community import Community
from alongside.model.people import Newcomer


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A newcomer on a journey, in a list."""

    address: str
    name: str
    journey: str  # slug
    state: str
    arm: str  # `schema.Arm`
    member: str  # slug, or empty
    enrolled_at: datetime
    sent: int  # mails of this journey so far
    next_due: datetime | None  # the next one


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What was held of a person who is gone now."""

    enrollments: int
    steps: tuple[int, ...]  # numbers, of which Message-IDs are made
    letters: tuple[int, ...]  # the same
    message_ids: tuple[str, ...]  # of what is known to have been sent


def list_newcomers(connection: Connection, *, journey: str | None = None) -> list[Listed]:
    """Everybody on a journey (or on that one, a slug), by the time they enrolled."""
    counted = (
        select(
            steps.c.enrollment_id,
            func.count().filter(is_state("sent")).label("sent"),
            func.min(steps.c.due_at, type_=steps.c.due_at.type).filter(is_state("planned")).label("next_due"),
        )
        .where(steps.c.moment.not_like(f"{ASK}%"))  # those go to members
        .group_by(steps.c.enrollment_id)
        .subquery()
    )
    statement = (
        select(
            newcomers,
            enrollments.c.journey,
            enrollments.c.state,
            enrollments.c.arm,
            enrollments.c.enrolled_at,
            counted,
        )
        .join(enrollments, enrollments.c.newcomer_id == newcomers.c.id)
        .outerjoin(counted, counted.c.enrollment_id == enrollments.c.id)
        .order_by(enrollments.c.enrolled_at, enrollments.c.id)
    )
    if journey is not None:
        statement = statement.where(enrollments.c.journey == journey)
    return [
        Listed(
            address=row["address"],
            name=row["name"],
            journey=row["journey"],
            state=row["state"],
            arm=row["arm"],
            member=row["member"],
            enrolled_at=row["enrolled_at"],
            sent=row["sent"] or 0,
            next_due=row["next_due"],
        )
        for row in connection.execute(statement).mappings()
    ]


def read_arrivals(connection: Connection, *, since: datetime, until: datetime) -> list[Newcomer]:
    """What those say of themselves who first came after `since`, up to `until`: nobody's name, address or own words."""
    statement = (
        select(newcomers.c.languages, newcomers.c.zone, newcomers.c.profile)
        .where(newcomers.c.created_at > since, newcomers.c.created_at <= until)
        .order_by(newcomers.c.id)
    )
    nameless = {"address_as_given": "", "name": "", "product_id": ""}
    return [
        replace(unpack_newcomer({**row, **nameless}), text="", met="")
        for row in connection.execute(statement).mappings()
    ]


def find_newcomer(connection: Connection, address: str) -> int | None:
    """The number of who has that address (normalised), or None."""
    return connection.scalar(select(newcomers.c.id).where(newcomers.c.address == address))


def export(connection: Connection, key: bytes, address: str) -> dict[str, Any]:
    """All the store holds of an address (normalised), as JSON values; instants in ISO 8601.

    Of somebody unknown: that, and whether their mail is stopped.
    """
    hashed = hash_address(address, key)
    number = find_newcomer(connection, address)
    held: dict[str, Any] = {"newcomer": None}
    if number is not None:
        enrolled = select(enrollments.c.id).where(enrollments.c.newcomer_id == number)
        # Alerts are the team's, and what a member was told of their note is the member's.
        theirs = (letters.c.newcomer_id == number) & (letters.c.kind != "alert") & (letters.c.side != "member")
        taken = select(steps.c.id).where(steps.c.enrollment_id.in_(enrolled))
        held = {
            "newcomer": next(iter(_rows(connection, newcomers, newcomers.c.id == number))),
            "enrollments": _rows(connection, enrollments, enrollments.c.newcomer_id == number),
            "steps": _without_members_servers(_rows(connection, steps, steps.c.enrollment_id.in_(enrolled))),
            "messages": _rows(connection, messages, messages.c.step_id.in_(taken)),
            "assignments": _rows(connection, assignments, assignments.c.newcomer_id == number),
            "events": _rows(connection, events, events.c.newcomer_id == number),
            "outcomes": _rows(connection, outcomes, outcomes.c.newcomer_id == number),
            "conversations": _conversations(connection, number),
            "notes": _notes(connection, key, number),
            "letters": _rows(connection, letters, theirs),
            "received": _rows(connection, received, received.c.newcomer_id == number),
        }
    return {
        **held,
        "first_notes": _first_notes(connection, key, hashed),
        "suppressions": _rows(connection, suppressions, suppressions.c.address_hash == hashed),
        "contact_of": [row["member"] for row in _rows(connection, contacts, contacts.c.address == address)],
    }


def _conversations(connection: Connection, newcomer: int) -> list[dict[str, Any]]:
    """Theirs, without what the other one decided: that somebody ended one is told them, and not who, nor a report."""
    rows = _rows(connection, conversations, conversations.c.newcomer_id == newcomer)
    for row in rows:
        if row["closed_by"] != "newcomer":
            row["closed_by"] = ""
        if row["reported_by"] != "newcomer":
            row |= {"reported_at": None, "reported_by": ""}
    return rows


def _notes(connection: Connection, key: bytes, newcomer: int) -> list[dict[str, Any]]:
    """What they wrote, and what members wrote that was passed on to them, as far as it is kept, readable.

    What a stranger sent in their name is not theirs.
    """
    mine = select(conversations.c.id).where(conversations.c.newcomer_id == newcomer)
    written = (notes.c.side == "newcomer") & (notes.c.reason != STRANGER)
    rows = _rows(connection, notes, notes.c.conversation_id.in_(mine) & (written | (notes.c.state == "passed on")))
    for row in rows:
        del row["digest"], row["shape"]  # how a machine is noticed
        sealed = row.pop("sealed")
        row["text"] = unseal(sealed, key) if sealed is not None else None
    return rows


def _first_notes(connection: Connection, key: bytes, hashed: str) -> list[dict[str, Any]]:
    """What they wrote to a member before they were here, while it waits for their word, readable."""
    rows = _rows(connection, first_notes, first_notes.c.address_hash == hashed)
    return [
        {
            **{name: value for name, value in row.items() if name != "address_hash" and not name.startswith("sealed")},
            "address": unseal(row["sealed_address"], key),
            "name": unseal(row["sealed_name"], key) if row["sealed_name"] is not None else "",
            "text": unseal(row["sealed"], key),
        }
        for row in rows
    ]


def _without_members_servers(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of steps, without what a server said of a mail to a member: it names their domain."""
    for row in rows:
        if row["moment"].startswith(ASK):
            row["reason"] = ""
    return rows


def _rows(connection: Connection, table: Table[Any], condition: Any) -> list[dict[str, Any]]:
    rows = connection.execute(select(table).where(condition).order_by(*table.primary_key)).mappings()
    return [_json(row) for row in rows]


def _json(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        str(name): value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value
        for name, value in row.items()
    }


def erase(connection: Connection, key: bytes, address: str) -> Erased | None:
    """Delete a newcomer (by normalised address) with all that hangs on them; None when there is no such newcomer.

    First notes from that address are deleted either way. `key`: the store's.

    The caller compacts the store afterwards, and takes their mails out of the outbox.
    """
    connection.execute(delete(first_notes).where(first_notes.c.address_hash == hash_address(address, key)))
    number = find_newcomer(connection, address)
    if number is None:
        return None
    enrolled = list(connection.scalars(select(enrollments.c.id).where(enrollments.c.newcomer_id == number)))
    planned = list(connection.scalars(select(steps.c.id).where(steps.c.enrollment_id.in_(enrolled))))
    sent = connection.scalars(select(messages.c.message_id).where(messages.c.step_id.in_(planned))).all()
    written = connection.scalars(select(letters.c.id).where(letters.c.newcomer_id == number)).all()
    connection.execute(delete(newcomers).where(newcomers.c.id == number))
    return Erased(enrollments=len(enrolled), steps=tuple(planned), letters=tuple(written), message_ids=tuple(sent))


def confirm(
    connection: Connection, address: str, *, community: Community, now: datetime, journey: str | None = None
) -> list[str]:
    """They said yes: their awaiting enrollments (or that of `journey`) begin at `now`. The journeys' slugs."""
    row = connection.execute(select(newcomers).where(newcomers.c.address == address)).mappings().one_or_none()
    if row is None:
        return []
    waiting = connection.execute(
        select(enrollments.c.id, enrollments.c.journey)
        .where(enrollments.c.newcomer_id == row["id"], enrollments.c.state == "awaiting confirmation")
        .order_by(enrollments.c.id)
    )
    begun: list[str] = []
    for number, slug in waiting.all():
        if slug in community.journeys and journey in (None, slug):
            plan = step_rows(community.journeys[slug], number, unpack_newcomer(dict(row)), community, now)
            for step in (step for step in plan if step["moment"] != CONFIRMATION):
                connection.execute(
                    update(steps)
                    .where(steps.c.enrollment_id == number, steps.c.moment == step["moment"], is_state("waiting"))
                    .values(state="planned", due_at=step["due_at"])
                )
            connection.execute(
                update(steps)
                .where(steps.c.enrollment_id == number, steps.c.moment == CONFIRMATION, is_state("planned"))
                .values(state="skipped", reason="confirmed already", done_at=now)
            )
            connection.execute(
                update(enrollments).where(enrollments.c.id == number).values(state="active", enrolled_at=now)
            )
            connection.execute(
                insert(events), {"newcomer_id": row["id"], "kind": "confirmed", "detail": slug, "happened_at": now}
            )
            begun.append(slug)
    return begun
