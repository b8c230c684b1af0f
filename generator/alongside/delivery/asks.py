"""The question before a check-in: does the member write it themselves? And what they answer.

The question is a step of the sequence like the mail it is about (its moment is `"(ask) check-in"`), so it is claimed,
sent and recorded as one; only it goes to the member. Without an answer the prepared words go out.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from alongside.delivery.members import record_absence
from alongside.delivery.rows import insert_into, is_state
from alongside.delivery.schema import (
    CONFIRMATION,
    AskAnswer,
    ask_moment,
    asks,
    enrollments,
    messages,
    newcomers,
    steps,
)

LONGEST_ABSENCE = timedelta(days=366)


def who_was_asked(connection: Connection, step_id: int) -> str:
    """The member (a stored slug) who got the question about that step; who welcomes the newcomer, where nobody did."""
    row = connection.execute(
        select(steps.c.enrollment_id, steps.c.moment, newcomers.c.member)
        .join(enrollments, enrollments.c.id == steps.c.enrollment_id)
        .join(newcomers, newcomers.c.id == enrollments.c.newcomer_id)
        .where(steps.c.id == step_id)
    ).first()
    if row is None:
        return ""
    asked = connection.scalar(
        select(messages.c.member)
        .join(steps, steps.c.id == messages.c.step_id)
        .where(steps.c.enrollment_id == row.enrollment_id, steps.c.moment == ask_moment(row.moment))
    )
    return asked or row.member


def record_ask(
    connection: Connection, step_id: int, answer: AskAnswer, *, until: datetime | None = None, now: datetime
) -> bool:
    """What the member wants of the mail that step is; False when it has gone out already, or there is none.

    `until`: of "away". Of several answers the last one counts, but what they wrote themselves stays written.
    """
    state = connection.scalar(select(steps.c.state).where(steps.c.id == step_id))
    if state not in ("planned", "waiting"):
        return False
    held = connection.scalar(select(asks.c.answer).where(asks.c.step_id == step_id))
    if held == "wrote":
        return True
    row = {"step_id": step_id, "answer": answer, "until": until, "answered_at": now}
    statement = insert_into(connection, asks).values(row)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["step_id"],
            set_={name: statement.excluded[name] for name in ("answer", "until", "answered_at")},
        )
    )
    return True


def answer_ask(
    connection: Connection, step_id: int, answer: AskAnswer, *, until: datetime | None = None, now: datetime,
    resolve: Callable[[str], str],
) -> bool:  # fmt: skip
    """As `record_ask`, by link or mail; who is away is so for everybody else too."""
    if answer == "away":
        until = min(until or now + timedelta(days=7), now + LONGEST_ABSENCE)
        if until <= now:
            return False
        member = who_was_asked(connection, step_id)
        if member:
            record_absence(connection, resolve(member), until, now=now)
    return record_ask(connection, step_id, answer, until=until, now=now)


def hold_next_steps(connection: Connection, newcomer_id: int, until: datetime) -> int:
    """They are away until then: what is planned for them before waits. How many mails that are."""
    mine = select(enrollments.c.id).where(enrollments.c.newcomer_id == newcomer_id)
    changed = connection.execute(
        update(steps)
        .where(steps.c.enrollment_id.in_(mine), is_state("planned"), steps.c.due_at < until)
        .where(steps.c.moment != CONFIRMATION)  # they asked for it, and it does not wait for long
        .values(due_at=until, reason="away")
    )
    return changed.rowcount
