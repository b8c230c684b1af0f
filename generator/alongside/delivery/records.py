"""What became of claimed steps, written down: sent, refused, held, planned again, or given back. A batch at a time.

Every function is a few statements for all its rows, runs inside `Store.writing`, and changes nothing when it is run
twice for the same claims. A claim that was taken over by another process since is left to that one.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Connection, Update, bindparam, insert, select, update

from alongside.delivery import suppression
from alongside.delivery.contacts import member_bounced
from alongside.delivery.decisions import Wait
from alongside.delivery.rows import Dialect, among, dialect_of, insert_missing, is_state, listed
from alongside.delivery.schema import ASK, enrollments, events, messages, newcomers, steps

FIRST_BACKOFF = timedelta(minutes=5)  # greylisting servers want some minutes (RFC 6647 section 2.2)
LONGEST_BACKOFF = timedelta(hours=6)
JITTER = 0.2  # of the backoff, either way: what failed together must not come back together


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A step whose mail was taken over."""

    step_id: int
    message_id: str
    transport: str
    subject: str = ""  # empty: a crash took it
    language: str
    member: str
    story: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A step whose mail was refused for good."""

    step_id: int
    reason: str
    mailbox_gone: bool


def backoff(attempts: int, chance: random.Random) -> timedelta:
    """How long to wait after the `attempts`-th refusal (from 1) that was for the moment: longer each time."""
    wait: timedelta = min(FIRST_BACKOFF * 2 ** min(attempts - 1, 10), LONGEST_BACKOFF)
    return wait * chance.uniform(1 - JITTER, 1 + JITTER)


def record_sent(connection: Connection, sent: Sequence[Sent], *, now: datetime) -> None:
    """What was delivered at `now`."""
    if not sent:
        return
    insert_missing(
        connection,
        messages,
        [
            {
                "step_id": entry.step_id,
                "message_id": entry.message_id,
                "sent_at": now,
                "transport": entry.transport,
                "subject": entry.subject,
                "language": entry.language,
                "member": entry.member,
                "story": entry.story,
            }
            for entry in sent
        ],
    )
    dialect = dialect_of(connection)
    connection.execute(_end(dialect), {"chosen": listed(dialect, [entry.step_id for entry in sent]), "now": now})


@cache
def _end(dialect: Dialect) -> Update:
    return (
        update(steps)
        .where(among(dialect, steps.c.id, "chosen"))
        .values(
            state="sent",
            reason="",
            done_at=bindparam("now", type_=steps.c.done_at.type),
            claimed_by="",
            leased_until=None,
        )
    )


def record_refused(
    connection: Connection, key: bytes, refused: Sequence[Refused], *, token: str, resolve: Callable[[str], str],
    now: datetime,
) -> None:  # fmt: skip
    """What will never be delivered; an address without a mailbox gets no more mail of any journey."""
    if not refused:
        return
    ours = claimed_steps(connection, token)
    connection.execute(
        _of_claim(token).values(state="failed", reason=bindparam("why"), done_at=now, claimed_by="", leased_until=None),
        [{"of_step": entry.step_id, "why": entry.reason} for entry in refused],
    )
    gone = [entry for entry in refused if entry.mailbox_gone and entry.step_id in ours]
    for entry in gone:
        person = connection.execute(
            select(newcomers.c.id, newcomers.c.address, steps.c.moment)
            .join(enrollments, enrollments.c.newcomer_id == newcomers.c.id)
            .join(steps, steps.c.enrollment_id == enrollments.c.id)
            .where(steps.c.id == entry.step_id)
        ).one_or_none()
        if person is not None and person.moment.startswith(ASK):
            member_bounced(connection, person.id, resolve=resolve, now=now)
        elif person is not None:
            bounced = {"newcomer_id": person.id, "kind": "bounced", "detail": entry.reason, "happened_at": now}
            connection.execute(insert(events), bounced)
            suppression.stop(connection, key, person.address, journey="", reason="bounced", now=now)


def put_off(
    connection: Connection, waits: Sequence[tuple[int, Wait]], *, token: str = "", attempted: bool = False
) -> None:
    """Plan steps (by id) again; `attempted`: a server was asked. What may have arrived keeps its first Date.

    Otherwise the Date is forgotten: what comes later is another mail. `token`: of their claim; empty: nobody has
    claimed them.
    """
    if not waits:
        return
    statement = (_of_claim(token) if token else _update()).values(
        state="planned",
        claimed_by="",
        leased_until=None,
        due_at=bindparam("until", type_=steps.c.due_at.type),
        reason=bindparam("why"),
        attempts=steps.c.attempts + (1 if attempted else 0),
    )
    for keeps_date in (False, True):
        rows = [
            {"of_step": step, "until": wait.until, "why": wait.reason}
            for step, wait in waits
            if wait.keeps_date == keeps_date
        ]
        if rows:
            connection.execute(statement if keeps_date else statement.values(dated_at=None), rows)


def hold(connection: Connection, held: Sequence[tuple[int, str]], *, token: str) -> None:
    """Leave steps (id, reason) of which nobody knows whether they arrived to a person."""
    if held:
        connection.execute(
            _of_claim(token).values(state="held", reason=bindparam("why"), claimed_by="", leased_until=None),
            [{"of_step": step, "why": reason} for step, reason in held],
        )


def release(connection: Connection, untouched: Iterable[int], *, token: str) -> None:
    """Give steps (ids) back that were claimed and never touched, for the next pass."""
    left = list(untouched)
    if left:
        dialect = dialect_of(connection)
        given_back = _claimed(dialect).values(state="planned", claimed_by="", leased_until=None, dated_at=None)
        connection.execute(given_back, {"chosen": listed(dialect, left), "token": token})


def renew(connection: Connection, claimed: Iterable[int], *, token: str, leased_until: datetime) -> None:
    """Hold on to steps (ids) that wait for their turn."""
    ours = list(claimed)
    if ours:
        dialect = dialect_of(connection)
        statement = _claimed(dialect).values(leased_until=leased_until)
        connection.execute(statement, {"chosen": listed(dialect, ours), "token": token})


def claimed_steps(connection: Connection, token: str) -> frozenset[int]:
    """The steps that the process of that token holds."""
    held = select(steps.c.id).where(is_state("claimed"), steps.c.claimed_by == token)
    return frozenset(connection.scalars(held))


def _update() -> Update:
    return update(steps).where(steps.c.id == bindparam("of_step"))


def _claimed(dialect: Dialect) -> Update:
    return update(steps).where(
        among(dialect, steps.c.id, "chosen"), steps.c.state == "claimed", steps.c.claimed_by == bindparam("token")
    )


def _of_claim(token: str) -> Update:
    return _update().where(steps.c.state == "claimed", steps.c.claimed_by == token)
