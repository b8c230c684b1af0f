"""A newcomer's own page: what it shows of them, and what they change there.

All of it is about one row of `newcomers`, by its number, and whoever is let in by a link (`delivery.page_links`) is
taken for that person. Reading changes nothing; changing the same thing twice leaves the store as once did.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, case, func, select, update

from alongside.delivery.by_token import is_suppressed, stop_newcomer
from alongside.delivery.decisions import at_pace, known_zone
from alongside.delivery.notes.letters import DAY, write_letter
from alongside.delivery.page_links import read_page_token, read_void_page_token
from alongside.delivery.profiles import unpack_newcomer
from alongside.delivery.relay_addresses import RelayKeys
from alongside.delivery.rows import is_state
from alongside.delivery.schema import (
    ASK,
    CONFIRMATION,
    ask_moment,
    conversations,
    enrollments,
    letters,
    messages,
    newcomers,
    notes,
    outcomes,
    steps,
)
from alongside.model.community import Community
from alongside.model.journeys import Moment
from alongside.model.people import Newcomer
from alongside.planning.due_times import due_time, expiry_time, planned_time
from alongside.planning.plan import asked_at

PACES = (0, 7, 14)  # days between two mails that can be chosen; 0: as planned
REASON = "asked by page"  # why a suppression is kept


# --- who is let in ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Whose page a link leads to, and whether it still opens it."""

    number: int
    good_until: date
    is_good: bool  # False: expired or void; then it is good for asking for another one, and no more


def read_visit(connection: Connection, token: str, keys: RelayKeys, *, today: date) -> Visit | None:
    """What a link is good for; None for one that is not ours, or of somebody who is not here any more."""
    link = read_page_token(token, keys)
    void = link is None
    link = link or read_void_page_token(token, keys)
    if link is None or link.whose != "newcomer":
        return None
    generation = connection.scalar(select(newcomers.c.generation).where(newcomers.c.id == link.number))
    if generation is None:
        return None
    is_good = not void and link.generation == generation % 256 and today <= link.good_until
    return Visit(number=link.number, good_until=link.good_until, is_good=is_good)


# --- what is shown ---


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnMail:
    """A mail that went out, or the next one."""

    at: datetime
    moment: str  # id, or `CONFIRMATION`
    subject: str = ""  # empty: it is not written yet, or its subject is not kept any more
    member: str = ""  # slug of who wrote it; empty: the team, or nobody yet


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnJourney:
    """An enrollment, with its mails."""

    enrollment_id: int
    journey: str  # slug
    state: str  # `schema.EnrollmentState`
    basis: str
    source: str
    enrolled_at: datetime
    sent: tuple[OwnMail, ...]  # the oldest first
    next: OwnMail | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnConversation:
    """A member they write to."""

    id: int
    member: str  # slug
    is_open: bool
    notes: int  # that were passed on, either way


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """What the page shows of one person. It holds their address."""

    number: int
    newcomer: Newcomer
    pace_days: int
    member: str  # slug of who welcomes them; empty: the team
    all_stopped: bool
    journeys: tuple[OwnJourney, ...]
    conversations: tuple[OwnConversation, ...]
    outcomes: tuple[tuple[str, datetime], ...]  # what the host product told


def read_own(connection: Connection, key: bytes, number: int) -> Own | None:
    """Everything the page shows of the newcomer of that number; None when there is none. `key`: the store's."""
    row = connection.execute(select(newcomers).where(newcomers.c.id == number)).mappings().one_or_none()
    if row is None:
        return None
    told = connection.execute(
        select(outcomes.c.name, outcomes.c.happened_at)
        .where(outcomes.c.newcomer_id == number)
        .order_by(outcomes.c.happened_at, outcomes.c.id)
    )
    return Own(
        number=number,
        newcomer=unpack_newcomer(row),
        pace_days=row["pace_days"],
        member=row["member"],
        all_stopped=is_suppressed(connection, key, row["address"], ""),
        journeys=_journeys(connection, number, row),
        conversations=_conversations(connection, number),
        outcomes=tuple((name, instant) for name, instant in told),
    )


def _journeys(connection: Connection, number: int, person: Mapping[Any, Any]) -> tuple[OwnJourney, ...]:
    enrolled = connection.execute(
        select(enrollments)
        .where(enrollments.c.newcomer_id == number)
        .order_by(enrollments.c.enrolled_at, enrollments.c.id)
    ).all()
    rows = connection.execute(
        select(steps.c.enrollment_id, steps.c.moment, steps.c.state, steps.c.due_at, steps.c.done_at,
               messages.c.subject, messages.c.member)
        .join(enrollments, enrollments.c.id == steps.c.enrollment_id)
        .outerjoin(messages, messages.c.step_id == steps.c.id)
        .where(enrollments.c.newcomer_id == number, steps.c.moment.not_like(f"{ASK}%"))
        .order_by(func.coalesce(steps.c.done_at, steps.c.due_at), steps.c.id)
    ).all()  # fmt: skip
    last = max((row.done_at for row in rows if row.state == "sent"), default=None)
    rested = last + timedelta(days=person["pace_days"]) if last is not None else None
    found = []
    for enrollment in enrolled:
        own = [row for row in rows if row.enrollment_id == enrollment.id]
        coming = next((row for row in own if row.state in ("planned", "claimed")), None)
        found.append(
            OwnJourney(
                enrollment_id=enrollment.id,
                journey=enrollment.journey,
                state=enrollment.state,
                basis=enrollment.basis,
                source=enrollment.source,
                enrolled_at=enrollment.enrolled_at,
                sent=tuple(
                    OwnMail(at=row.done_at, moment=row.moment, subject=row.subject or "", member=row.member or "")
                    for row in own
                    if row.state == "sent"
                ),
                next=OwnMail(
                    at=max(filter(None, (coming.due_at, rested))), moment=coming.moment, member=person["member"]
                )
                if coming is not None and enrollment.state in ("active", "awaiting confirmation")
                else None,
            )
        )
    return tuple(found)


def _conversations(connection: Connection, number: int) -> tuple[OwnConversation, ...]:
    passed = func.count(notes.c.id).filter(notes.c.state == "passed on")
    rows = connection.execute(
        select(conversations.c.id, conversations.c.member, conversations.c.closed_at, passed.label("passed"))
        .outerjoin(notes, notes.c.conversation_id == conversations.c.id)
        .where(conversations.c.newcomer_id == number)
        .group_by(conversations.c.id)
        .order_by(conversations.c.id)
    )
    return tuple(
        OwnConversation(id=row.id, member=row.member, is_open=row.closed_at is None, notes=row.passed) for row in rows
    )


# --- what they change ---


def choose_pace(connection: Connection, number: int, days: int, *, community: Community) -> None:
    """At least so many days between two mails from now on: one of `PACES`."""
    connection.execute(update(newcomers).where(newcomers.c.id == number).values(pace_days=days))
    _plan_again(connection, number, community)


def choose_language(connection: Connection, number: int, language: str) -> None:
    """`language` (BCP 47) comes first of those they read."""
    held = connection.scalar(select(newcomers.c.languages).where(newcomers.c.id == number)) or []
    wanted = [language, *(each for each in held if each.casefold() != language.casefold())]
    connection.execute(update(newcomers).where(newcomers.c.id == number).values(languages=wanted))


def choose_zone(connection: Connection, number: int, zone: str, *, community: Community) -> None:
    """`zone` (IANA) is theirs: days and windows of what is planned are counted in it."""
    connection.execute(update(newcomers).where(newcomers.c.id == number).values(zone=zone))
    _plan_again(connection, number, community)


def stop_own(connection: Connection, key: bytes, number: int, enrollment_id: int | None, *, now: datetime) -> bool:
    """No more mail of that enrollment's journey, or of any (None). False when it is none of theirs."""
    journey: str | None = ""
    if enrollment_id is not None:
        journey = connection.scalar(
            select(enrollments.c.journey).where(enrollments.c.id == enrollment_id, enrollments.c.newcomer_id == number)
        )
    if journey is None:
        return False
    stop_newcomer(connection, key, number, journey=journey, reason=REASON, now=now)
    return True


def ask_for_link(connection: Connection, number: int, *, now: datetime) -> bool:
    """A new link goes to the address we hold, once a day at most; False: one did, or does."""
    connection.execute(select(newcomers.c.id).where(newcomers.c.id == number).with_for_update())  # one after the other
    lately = select(letters.c.id).where(
        letters.c.newcomer_id == number, letters.c.kind == "page link", letters.c.written_at > now - DAY
    )
    if connection.execute(lately).first() is not None:
        return False
    write_letter(connection, "page link", side="newcomer", newcomer_id=number, now=now.replace(microsecond=0))
    return True


def renew_link(connection: Connection, number: int, *, now: datetime) -> None:
    """Every link that was given out is void, and a new one goes to the address we hold.

    However many went out today: this takes a link that is good, and leaves none.
    """
    connection.execute(update(newcomers).where(newcomers.c.id == number).values(generation=newcomers.c.generation + 1))
    write_letter(connection, "page link", side="newcomer", newcomer_id=number, now=now.replace(microsecond=0))


# --- planning again ---


def _plan_again(connection: Connection, number: int, community: Community) -> None:
    """When the mails that have not been looked at yet are due, by their clock and at their pace of now.

    The members who are asked first are asked as long before as ever. It is decided again when the time comes.
    """
    person = connection.execute(select(newcomers).where(newcomers.c.id == number)).mappings().one()
    zone = known_zone(unpack_newcomer(person), community)
    last = _last_mail(connection, number)
    for enrollment_id, enrolled_at, planned in _open_moments(connection, number, community, zone):
        moment = at_pace(planned, person["pace_days"])
        due = due_time(moment, enrolled_at=enrolled_at, zone=zone, last_sent=last)
        _put_off(connection, enrollment_id, moment.id, due)
        asked = asked_at(moment, due=due, enrolled_at=enrolled_at)
        if asked is not None:
            _put_off(connection, enrollment_id, ask_moment(moment.id), asked)
        if due <= expiry_time(moment, enrolled_at=enrolled_at, zone=zone):
            last = due  # else it is skipped then, and those after it do not wait for it


def _last_mail(connection: Connection, number: int) -> datetime | None:
    """When they were last written to; a mail that is being sent counts."""
    instant = case((is_state("sent"), steps.c.done_at), else_=steps.c.dated_at)
    found: datetime | None = connection.scalar(
        select(func.max(instant, type_=steps.c.done_at.type))
        .join(enrollments, enrollments.c.id == steps.c.enrollment_id)
        .where(enrollments.c.newcomer_id == number, steps.c.state.in_(("sent", "claimed", "held")))
        .where(steps.c.moment.not_like("(%"))
    )
    return found


def _open_moments(
    connection: Connection, number: int, community: Community, zone: str
) -> list[tuple[int, datetime, Moment]]:
    """(enrollment, when that began, moment) of the mails nobody has looked at yet, by when the journeys want them."""
    rows = connection.execute(
        select(enrollments.c.id, enrollments.c.journey, enrollments.c.enrolled_at, steps.c.moment)
        .join(steps, steps.c.enrollment_id == enrollments.c.id)
        .where(enrollments.c.newcomer_id == number, enrollments.c.state == "active")
        .where(is_state("planned"), steps.c.dated_at.is_(None), steps.c.moment != CONFIRMATION)
        .order_by(steps.c.id)
    )
    found = []
    for row in rows:
        journey = community.journeys.get(row.journey)
        moment = journey.moment(row.moment) if journey is not None else None
        if moment is not None and moment.where == "mail":
            found.append((row.id, row.enrolled_at, moment))
    return sorted(found, key=lambda one: planned_time(one[2], enrolled_at=one[1], zone=zone))


def _put_off(connection: Connection, enrollment_id: int, moment: str, until: datetime) -> None:
    connection.execute(
        update(steps)
        .where(steps.c.enrollment_id == enrollment_id, steps.c.moment == moment, is_state("planned"))
        .where(steps.c.dated_at.is_(None))
        .values(due_at=until)
    )
