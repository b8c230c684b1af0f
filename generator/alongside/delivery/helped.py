"""Whom members helped, in numbers; and the word on it that each of them gets once a month.

Numbers alone: who a newcomer was is not asked here, and an erased one is still one whom somebody welcomed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, Select, and_, distinct, func, literal, select, update

from alongside.delivery.contacts import reachable_members
from alongside.delivery.members import own_word, read_choices, record_told, with_choices
from alongside.delivery.notes.letters import write_letter
from alongside.delivery.rows import insert_missing
from alongside.delivery.schema import (
    assignments,
    conversations,
    enrollments,
    facts,
    members,
    messages,
    notes,
    steps,
)
from alongside.model.community import Community

FACT = "monthly word"  # the last month it was written in: "2026-11"
MORNING = time(9)  # in the member's zone: when such a word goes out


@dataclass(frozen=True, slots=True, kw_only=True)
class Helped:
    """What a member was for newcomers, in a span of time."""

    met: int = 0  # newcomers they took on
    mails: int = 0  # sent in their name
    answered: int = 0  # newcomers who answered one
    talking: int = 0  # conversations of both, with a note in that time

    def __bool__(self) -> bool:
        return any((self.met, self.mails, self.answered, self.talking))

    def __add__(self, more: Helped) -> Helped:
        return Helped(
            met=self.met + more.met,
            mails=self.mails + more.mails,
            answered=self.answered + more.answered,
            talking=self.talking + more.talking,
        )


def count_helped(
    connection: Connection,
    *,
    since: datetime | ColumnElement[Any],
    until: datetime,
    resolve: Callable[[str], str],
    only: Collection[str] = (),
) -> dict[str, Helped]:
    """By member's slug of today, after `since` and up to `until`; who helped nobody is left out.

    `since`: an instant, or an expression over the row of `members` of each. `only`: those slugs, as stored.
    """
    found: dict[str, Helped] = {}
    for what, statement in _statements(since, until, only).items():
        for slug, count in connection.execute(statement).all():
            today = resolve(slug)
            found[today] = found.get(today, Helped()) + Helped(**{what: count})
    return {slug: helped for slug, helped in found.items() if helped}


def _statements(
    since: datetime | ColumnElement[Any], until: datetime, only: Collection[str]
) -> Mapping[str, Select[Any]]:
    begins = literal(since, assignments.c.assigned_at.type) if isinstance(since, datetime) else since

    def counted(what: Any, member: Any, instant: Any, *joins: tuple[Any, Any]) -> Select[Any]:
        statement = select(member, what).select_from(member.table)
        for table, condition in joins:
            statement = statement.join(table, condition)
        statement = statement.outerjoin(members, members.c.member == member)
        statement = statement.where(instant > begins, instant <= until).group_by(member)
        return statement.where(member.in_(sorted(only))) if only else statement.where(member != "")

    to_newcomers = (steps, and_(steps.c.id == messages.c.step_id, steps.c.moment.not_like("(%")))
    enrolled = (enrollments, enrollments.c.id == steps.c.enrollment_id)
    heard = (notes, and_(notes.c.conversation_id == conversations.c.id, notes.c.state == "passed on"))
    talking = counted(func.count(distinct(conversations.c.id)), conversations.c.member, notes.c.received_at, heard)
    for side in ("newcomer", "member"):
        wrote = select(notes.c.id).where(
            notes.c.conversation_id == conversations.c.id, notes.c.state == "passed on", notes.c.side == side
        )
        talking = talking.where(wrote.correlate(conversations).exists())
    return {
        "met": counted(func.count(), assignments.c.member, assignments.c.assigned_at),
        "mails": counted(func.count(), messages.c.member, messages.c.sent_at, to_newcomers),
        "answered": counted(
            func.count(distinct(enrollments.c.newcomer_id)),
            messages.c.member,
            messages.c.answered_at,
            to_newcomers,
            enrolled,
        ),
        "talking": talking,
    }


# --- the monthly word ---


def is_new_month(connection: Connection, *, now: datetime) -> bool:
    """Whether this month's words are still to be written: one look at one row."""
    held = connection.scalar(select(facts.c.value).where(facts.c.name == FACT))
    return held is None or held < _month(now)


def write_monthly(connection: Connection, community: Community, *, now: datetime) -> int:
    """Put in line this month's words to members who helped somebody since their last one; how many. Once a month.

    Inside `Store.writing`; a second process waits for the first, and finds it done. A store that never wrote any
    begins with the next month. Nothing goes to who helped nobody, wants no such word, or took their consent back.
    """
    insert_missing(connection, facts, [{"name": FACT, "value": ""}])
    held = connection.scalar(select(facts.c.value).where(facts.c.name == FACT).with_for_update())
    month = _month(now)
    if held is None or held >= month:
        return 0
    connection.execute(update(facts).where(facts.c.name == FACT).values(value=month))
    if not held:
        return 0
    told = with_choices(community, read_choices(connection, now=now), now=now).members
    begins = _last_month(now)
    since = func.coalesce(members.c.told_at, literal(begins, members.c.told_at.type))
    found = count_helped(connection, since=since, until=now, resolve=community.resolve_member)
    reached = reachable_members(connection, resolve=community.resolve_member)
    numbers: list[int] = []
    for slug, helped in sorted(found.items()):
        member = told.get(slug)
        if member is None or slug not in reached or not member.allows("mail", now.date()):
            continue
        word = own_word(connection, slug, resolve=community.resolve_member)
        if word.monthly:
            detail = monthly_detail((word.told_at or begins).date(), helped)
            due_at = _next_morning(now, member.timezone)
            write_letter(connection, "monthly", addressee=slug, detail=detail, due_at=due_at, now=now)
            numbers.append(word.number)
    record_told(connection, numbers, now=now)
    return len(numbers)


def monthly_detail(since: date, helped: Helped) -> str:
    """What a letter keeps of it, so that it says the same each time: `2026-11-01 3 5 2 1`."""
    return f"{since.isoformat()} {helped.met} {helped.mails} {helped.answered} {helped.talking}"


def read_monthly_detail(detail: str) -> tuple[date, Helped]:
    """The same, read."""
    day, *counts = detail.split()
    met, mails, answered, talking = map(int, counts)
    return date.fromisoformat(day), Helped(met=met, mails=mails, answered=answered, talking=talking)


def _month(now: datetime) -> str:
    return f"{now.year:04d}-{now.month:02d}"


def _last_month(now: datetime) -> datetime:
    """The first instant of the month before (UTC)."""
    first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first - timedelta(days=1)).replace(day=1)


def _next_morning(now: datetime, zone: str) -> datetime:
    """The next time it is `MORNING` there: nobody is written to at midnight."""
    there = now.astimezone(ZoneInfo(zone))
    day = there.date() if there.time() <= MORNING else there.date() + timedelta(days=1)
    return datetime.combine(day, MORNING, there.tzinfo)
