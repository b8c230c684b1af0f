"""What happened and what comes next, counted: for `alongside status`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal

from sqlalchemy import BigInteger, ColumnElement, Connection, Select, and_, case, func, or_, select, type_coerce

from alongside.delivery.claims import LoadBook, Resolve
from alongside.delivery.rows import is_state
from alongside.delivery.schema import enrollments, events, messages, runs, steps
from alongside.delivery.worker import BLOCKED, FAILED

DAYS = 30  # that are told one by one
DAY = 86_400  # seconds
EPOCH = date(1970, 1, 1).toordinal()
STOPPED = "stopped"  # the reason of a step that was skipped because they asked for no more mail


@dataclass(slots=True, kw_only=True)
class StepCounts:
    """One step of a journey, over all its newcomers."""

    sent: int = 0
    due: int = 0  # its time has come; being sent included
    coming: int = 0
    waiting: int = 0  # for a confirmation
    failing: int = 0  # of due and coming: the message could not be written, or the server takes no such mail
    held: int = 0  # nobody knows whether it arrived; a person decides
    refused: int = 0  # for good
    answered: int = 0  # of sent
    bounced: int = 0  # of sent: came back
    stopped: int = 0  # of skipped: they asked for no more mail
    skipped: Counter[str] = field(default_factory=Counter)  # by reason


@dataclass(slots=True, kw_only=True)
class JourneyCounts:
    """One journey: its enrollments by state, its steps by moment."""

    states: Counter[str] = field(default_factory=Counter)
    steps: dict[str, StepCounts] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LastRun:
    """The last pass of `alongside send`."""

    at: datetime
    sent: int
    skipped: int
    planned_again: int
    failed: int


@dataclass(slots=True, kw_only=True)
class DayCounts:
    """What happened on one day (UTC)."""

    day: date
    sent: int = 0
    answered: int = 0  # first answers to a mail
    bounced: int = 0
    stopped: int = 0  # newcomers who asked for no more mail


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The whole store at one instant."""

    journeys: Mapping[str, JourneyCounts]  # by slug
    load: Mapping[str, int]  # newcomers each member took on in the last seven days
    last_run: LastRun | None
    overdue_since: datetime | None = None  # when the first mail was due that nothing keeps back; None: none is
    days: tuple[DayCounts, ...] = ()  # the last DAYS days, the oldest first


def read_overview(connection: Connection, *, now: datetime, resolve: Resolve) -> Overview:
    """Count everything at `now`. `resolve`: a stored slug of a member to their slug of today."""
    journeys: dict[str, JourneyCounts] = {}
    states = select(enrollments.c.journey, enrollments.c.state, func.count()).group_by(
        enrollments.c.journey, enrollments.c.state
    )
    for slug, state, count in connection.execute(states):
        journeys.setdefault(slug, JourneyCounts()).states[state] += count
    for slug, moment, state, why, count in connection.execute(_steps_statement(now)):
        _add(journeys[slug].steps.setdefault(moment, StepCounts()), state, why, count)
    for slug, moment, answered, bounced in connection.execute(_heard_statement()):
        counts = journeys[slug].steps.setdefault(moment, StepCounts())
        counts.answered, counts.bounced = answered, bounced
    row = connection.execute(select(runs).order_by(runs.c.id.desc()).limit(1)).mappings().one_or_none()
    last_run = LastRun(**{name: row[name] for name in LastRun.__dataclass_fields__}) if row is not None else None
    return Overview(
        journeys=journeys,
        load=+LoadBook(resolve).read(connection, now),
        last_run=last_run,
        overdue_since=overdue_since(connection, now),
        days=read_days(connection, now=now),
    )


def read_days(connection: Connection, *, now: datetime) -> tuple[DayCounts, ...]:
    """What happened on each of the last `DAYS` days, today's included, those on which nothing did as well."""
    today = now.astimezone(UTC).date()
    counts = {day: DayCounts(day=day) for day in (today - timedelta(days=ago) for ago in reversed(range(DAYS)))}
    since = datetime.combine(next(iter(counts)), time(), UTC)
    kinds: tuple[tuple[Literal["sent", "answered", "bounced", "stopped"], ColumnElement[Any]], ...] = (
        ("sent", messages.c.sent_at),
        ("answered", messages.c.answered_at),
        ("bounced", messages.c.bounced_at),
        ("stopped", events.c.happened_at),
    )
    for kind, at in kinds:
        number = (type_coerce(at, BigInteger) // DAY).label("day")
        found = select(number, func.count()).where(at >= since, at <= now).group_by("day")
        if kind == "stopped":
            found = found.where(events.c.kind == STOPPED)
        for day, count in connection.execute(found):
            setattr(counts[date.fromordinal(EPOCH + day)], kind, count)
    return tuple(counts.values())


def overdue_since(connection: Connection, now: datetime) -> datetime | None:
    """When the first step was due that is planned still, though it could be written and sent; None: none is."""
    kept_back = or_(steps.c.reason.startswith(FAILED), steps.c.reason.startswith(BLOCKED))
    due = (is_state("planned"), steps.c.due_at <= now)
    return connection.scalar(select(func.min(steps.c.due_at, type_=steps.c.due_at.type)).where(*due, ~kept_back))


def _steps_statement(now: datetime) -> Select[str, str, str, str, int]:
    """(journey, moment, state with "planned" split into "due" and "coming", reason, count)."""
    planned = steps.c.state == "planned"
    state = case((and_(planned, steps.c.due_at <= now), "due"), (planned, "coming"), else_=steps.c.state)
    why = case(
        (steps.c.state == "skipped", steps.c.reason),
        (and_(planned, or_(steps.c.reason.startswith(FAILED), steps.c.reason.startswith(BLOCKED))), "failing"),
        else_="",
    )
    return (
        select(enrollments.c.journey, steps.c.moment, state.label("what"), why.label("why"), func.count())
        .join(steps, steps.c.enrollment_id == enrollments.c.id)
        .group_by(enrollments.c.journey, steps.c.moment, "what", "why")
    )


def _heard_statement() -> Select[str, str, int, int]:
    """(journey, moment, mails answered, mails that came back)."""
    return (
        select(
            enrollments.c.journey,
            steps.c.moment,
            func.count(messages.c.answered_at),
            func.count(messages.c.bounced_at),
        )
        .join(steps, steps.c.enrollment_id == enrollments.c.id)
        .join(messages, messages.c.step_id == steps.c.id)
        .where(messages.c.answered_at.is_not(None) | messages.c.bounced_at.is_not(None))
        .group_by(enrollments.c.journey, steps.c.moment)
    )


def _add(counts: StepCounts, state: str, why: str, count: int) -> None:
    if state == "skipped":
        counts.skipped[why] += count
        counts.stopped += count if why == STOPPED else 0
        return
    counts.failing += count if why == "failing" else 0
    match state:
        case "sent":
            counts.sent += count
        case "waiting":
            counts.waiting += count
        case "coming":
            counts.coming += count
        case "held":
            counts.held += count
        case "failed":
            counts.refused += count
        case _:
            counts.due += count
