"""Claiming what is due: in one short transaction, steps are looked at again and either taken, skipped or put off.

A claim belongs to one process for a while (a lease), under the token of its journal. Members are assigned in the same
transaction, by the load it reads there, so two senders never fill one member twice. What a mail then became is written
by `delivery.records`; what a dead process left, by `delivery.recovery`.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Executable, Select, bindparam, case, func, insert, select, text, update

from alongside.delivery.addresses import hash_address
from alongside.delivery.decisions import Ask, DueStep, Skip, Wait
from alongside.delivery.members import OwnWord, own_word
from alongside.delivery.profiles import unpack_newcomer
from alongside.delivery.records import put_off
from alongside.delivery.rows import Dialect, among, dialect_of, grouped, is_state, listed
from alongside.delivery.schema import (
    CONFIRMATION,
    asked_moment,
    asks,
    assignments,
    conversations,
    enrollments,
    events,
    messages,
    newcomers,
    notes,
    steps,
    suppressions,
)
from alongside.delivery.sealing import SealError, unseal

LEASE = timedelta(minutes=10)  # longer than a batch takes, short enough for a dead machine's mail to go out today
LOAD_DAYS = 7  # `welcomes` is newcomers a week
CLAIM_LOCK = 0x636C61696D  # "claim": PostgreSQL's advisory lock; on SQLite the write lock does the same


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A step this process is to send now."""

    due: DueStep
    member: str  # slug of who welcomes them from now on; empty: the team does
    contact: str  # where that member takes mail; empty: nobody knows
    changed: bool  # another member's mail was the last they got
    dated_at: datetime  # the mail's Date
    word: OwnWord | None = None  # of a mail that asks: what that member said by their page, to which it holds a link

    @property
    def newcomer_id(self) -> int:
        return self.due.newcomer_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What became of the steps one transaction looked at. Empty: nothing is due."""

    claims: tuple[Claim, ...] = ()
    skipped: tuple[tuple[DueStep, Skip], ...] = ()
    waiting: tuple[tuple[DueStep, Wait], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.claims or self.skipped or self.waiting)


# (step, last mail to that person) -> go out (None), or not
Decide = Callable[[DueStep, datetime | None], Skip | Wait | None]
# (step, load of the last seven days) -> slug of the member, or "" for the team
Assign = Callable[[DueStep, Mapping[str, int]], str]
# a stored slug of a member -> their slug of today: `Community.resolve_member`
Resolve = Callable[[str], str]


class LoadBook:
    """How many newcomers each member took on in the last seven days, read once and then only what was added since.

    For one pass. Its transactions must follow one another, as the claim lock makes them do: then a row with a smaller
    number than one already read never appears later.
    """

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self._last = 0  # the highest number read
        self._taken: deque[tuple[datetime, str]] = deque()  # (when, slug of today), oldest first
        self._counts: Counter[str] = Counter()

    def read(self, connection: Connection, now: datetime) -> Counter[str]:
        """The load at `now`, members' slugs as they are today."""
        since = now - timedelta(days=LOAD_DAYS)
        statement = (
            select(assignments.c.id, assignments.c.assigned_at, assignments.c.member)
            .where(assignments.c.id > self._last, assignments.c.assigned_at > since, assignments.c.assigned_at <= now)
            .order_by(assignments.c.id)
        )
        for number, instant, slug in connection.execute(statement).all():
            self._last = number
            self._taken.append((instant, self._resolve(slug)))
            self._counts[self._taken[-1][1]] += 1
        while self._taken and self._taken[0][0] <= since:
            self._counts[self._taken.popleft()[1]] -= 1
        return Counter(self._counts)

    @property
    def taken(self) -> Sequence[tuple[datetime, str]]:
        """(when, slug of today) of all that the load last read counts."""
        return tuple(self._taken)


def claim_batch(
    connection: Connection,
    *,
    key: bytes,
    journeys: Collection[str],
    decide: Decide,
    assign: Assign,
    resolve: Resolve,
    load_book: LoadBook,
    contacts: Mapping[str, str],
    now: datetime,
    leased_until: datetime,
    token: str,
    limit: int,
) -> Batch:
    """Look at up to `limit` steps of `journeys` (slugs) due at `now`, earliest first, and take those that go out.

    Must run inside `Store.writing`. `leased_until` counts by the real clock, whatever `now` is. `resolve` says who is
    meant by a slug that was stored before its file was renamed. `token` is that of an open journal. `contacts`:
    members' addresses by slug of today.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": CLAIM_LOCK})
    follow_keys(connection)
    found = _read_due(connection, key, resolve, journeys, now, limit)
    load = load_book.read(connection, now)
    last_mail = {due.newcomer_id: due.last_mail for due in found}
    members = {due.newcomer_id: resolve(due.member) for due in found}  # also as this very batch assigns them
    claims: list[Claim] = []
    skipped: list[tuple[DueStep, Skip]] = []
    waiting: list[tuple[DueStep, Wait]] = []
    for step in found:
        member = members[step.newcomer_id]
        contact = contacts.get(member, "")
        due = step if step.member == member and not contact else replace(step, member=member, contact=contact)
        decision = decide(due, last_mail[due.newcomer_id])
        if isinstance(decision, Skip):
            skipped.append((due, decision))
        elif isinstance(decision, Wait):
            waiting.append((due, decision))
        else:
            is_of_sequence = due.moment != CONFIRMATION and due.is_to_newcomer
            member = assign(due, load) if is_of_sequence else due.member
            if member and member != due.member:
                load[member] += 1
                members[due.newcomer_id] = member
            if is_of_sequence:
                last_mail[due.newcomer_id] = now
            # Of whom they heard, not whom they were given to: a mail that never went out told them nothing.
            writer = resolve(due.writer)
            changed = bool(writer) and member != writer and is_of_sequence
            claims.append(
                Claim(
                    due=due,
                    member=member,
                    contact=contacts.get(member, ""),
                    changed=changed,
                    dated_at=due.dated_at or now,
                    word=own_word(connection, member, resolve=resolve) if member and not due.is_to_newcomer else None,
                )
            )
    batch = Batch(claims=tuple(claims), skipped=tuple(skipped), waiting=tuple(waiting))
    _write_batch(connection, batch, now=now, leased_until=leased_until, token=token)
    return batch


def follow_keys(connection: Connection) -> None:
    """Let a claim find its few hundred rows by their keys, in this transaction.

    PostgreSQL expects so few of them to pass the filter of journeys that it would rather read every enrollment there
    is into a hash.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL enable_hashjoin = off"))
        connection.execute(text("SET LOCAL enable_mergejoin = off"))


def due_statement(journeys: Collection[str], now: datetime, limit: int) -> Select[*tuple[Any, ...]]:
    """The first `limit` steps of `journeys` (slugs) that are due at `now`, with their enrollments and newcomers."""
    # In disguise, so that SQLite does not start from the index of journeys and walk through all who sleep, nor read
    # every enrollment for a Bloom filter, as it does for a condition on that table alone: no journey is ever null.
    journey = func.coalesce(enrollments.c.journey, steps.c.moment)
    return (
        select(
            steps.c.id.label("step_id"),
            steps.c.moment,
            steps.c.dated_at,
            steps.c.attempts,
            enrollments.c.id.label("enrollment_id"),
            enrollments.c.journey,
            enrollments.c.enrolled_at,
            enrollments.c.state.label("enrollment_state"),
            newcomers.c.id.label("newcomer_id"),
            newcomers.c.address,
            newcomers.c.address_as_given,
            newcomers.c.name,
            newcomers.c.zone,
            newcomers.c.languages,
            newcomers.c.profile,
            newcomers.c.product_id,
            newcomers.c.member,
            newcomers.c.generation,
            newcomers.c.pace_days,
        )
        .join(enrollments, enrollments.c.id == steps.c.enrollment_id)
        .join(newcomers, newcomers.c.id == enrollments.c.newcomer_id)
        .where(is_state("planned"), steps.c.due_at <= now, journey.in_(sorted(journeys)))
        .order_by(steps.c.due_at, steps.c.id)
        .limit(limit)
    )


def _read_due(
    connection: Connection, key: bytes, resolve: Resolve, journeys: Collection[str], now: datetime, limit: int
) -> list[DueStep]:
    """The steps and, each by one statement for all of them, what was heard from and sent to their newcomers."""
    rows = connection.execute(due_statement(journeys, now, limit)).mappings().all()
    people = sorted({row["newcomer_id"] for row in rows})
    if not people:
        return []
    dialect = dialect_of(connection)
    hashes = {row["newcomer_id"]: hash_address(row["address"], key) for row in rows}

    def ask(statement: Callable[[Dialect], Executable], **given: Collection[int] | Collection[str]) -> Sequence[Any]:
        parameters = {name: listed(dialect, values) for name, values in given.items()}
        return connection.execute(statement(dialect), parameters).all()

    last_mail: dict[int, datetime | None] = dict(ask(_last_mail, people=people))
    writers: dict[int, str] = dict(ask(_writers, people=people))
    heard: dict[int, set[str]] = {}
    for newcomer, kind in ask(_events, people=people):
        heard.setdefault(newcomer, set()).add(kind)
    suppressed = set(ask(_suppressed, hashes=sorted(set(hashes.values()))))
    enrolled = sorted({row["enrollment_id"] for row in rows})
    threads: dict[int, str] = dict(ask(_threads, enrolled=enrolled))
    answers = {(enrollment, moment): told for enrollment, moment, *told in ask(_answers, enrolled=enrolled)}
    ended: dict[int, set[str]] = {}
    for newcomer, member in ask(_ended, people=people):
        ended.setdefault(newcomer, set()).add(resolve(member))
    questions = _read_asks(connection, key, [row for row in rows if asked_moment(row["moment"])])
    return [
        DueStep(
            step_id=row["step_id"],
            enrollment_id=row["enrollment_id"],
            newcomer_id=row["newcomer_id"],
            journey=row["journey"],
            moment=row["moment"],
            enrolled_at=row["enrolled_at"],
            enrollment_state=row["enrollment_state"],
            dated_at=row["dated_at"],
            attempts=row["attempts"],
            newcomer=unpack_newcomer(row),
            domain=row["address"].rpartition("@")[2],
            member=row["member"],
            generation=row["generation"],
            pace_days=row["pace_days"],
            writer=writers.get(row["newcomer_id"], ""),
            suppressed=any((hashes[row["newcomer_id"]], scope) in suppressed for scope in ("", row["journey"])),
            last_mail=last_mail.get(row["newcomer_id"]),
            events=frozenset(heard.get(row["newcomer_id"], ())),
            thread=threads.get(row["enrollment_id"], ""),
            ended=frozenset(ended.get(row["newcomer_id"], ())),
            ask=questions.get(row["step_id"]),
            asked=answer,
            away_until=until,
        )
        for row in rows
        for answer, until in [answers.get(_about(row), ("", None))]
    ]


def _of_sequence() -> Any:
    """Steps that are a moment's mail to the newcomer."""
    return steps.c.moment.not_like("(%")


def _about(row: Mapping[Any, Any]) -> tuple[int, str]:
    """(enrollment, moment) of the mail that a step is, or asks about."""
    return row["enrollment_id"], asked_moment(row["moment"]) or row["moment"]


def _read_asks(connection: Connection, key: bytes, rows: Sequence[Mapping[Any, Any]]) -> dict[int, Ask]:
    """What each of these steps asks about, by step; few of them are due at a time."""
    found: dict[int, Ask] = {}
    for row in rows:
        about = connection.execute(
            select(steps.c.id, steps.c.due_at, steps.c.state).where(
                steps.c.enrollment_id == row["enrollment_id"], steps.c.moment == asked_moment(row["moment"])
            )
        ).first()
        if about is not None:
            found[row["step_id"]] = Ask(
                step_id=about.id,
                due_at=about.due_at,
                is_open=about.state in ("planned", "waiting"),
                last=_last_words(connection, key, row["newcomer_id"], row["member"]),
            )
    return found


def _last_words(connection: Connection, key: bytes, newcomer_id: int, member: str) -> str:
    """What a newcomer wrote last to that member (a slug), as far as it is kept."""
    sealed = connection.scalar(
        select(notes.c.sealed)
        .join(conversations, conversations.c.id == notes.c.conversation_id)
        .where(conversations.c.newcomer_id == newcomer_id, conversations.c.member == member)
        .where(notes.c.side == "newcomer", notes.c.state == "passed on", notes.c.sealed.is_not(None))
        .order_by(notes.c.id.desc())
        .limit(1)
    )
    try:
        return unseal(sealed, key) if sealed is not None else ""
    except SealError:
        return ""


@cache
def _last_mail(dialect: Dialect) -> Executable:
    """When each was last written to; a mail that is being sent counts, and one that may have arrived."""
    instant = case((is_state("sent"), steps.c.done_at), else_=steps.c.dated_at)
    return (
        select(enrollments.c.newcomer_id, func.max(instant, type_=steps.c.done_at.type))
        .join(steps, steps.c.enrollment_id == enrollments.c.id)
        .where(among(dialect, enrollments.c.newcomer_id, "people"), steps.c.state.in_(("sent", "claimed", "held")))
        .where(_of_sequence())  # who confirms is waiting for the next one; who is asked is somebody else
        .group_by(enrollments.c.newcomer_id)
    )


@cache
def _writers(dialect: Dialect) -> Executable:
    """The slugs of the members whose mails they got, the last one last."""
    return (
        select(enrollments.c.newcomer_id, messages.c.member)
        .join(steps, steps.c.enrollment_id == enrollments.c.id)
        .join(messages, messages.c.step_id == steps.c.id)
        .where(among(dialect, enrollments.c.newcomer_id, "people"), messages.c.member != "", _of_sequence())
        .order_by(messages.c.sent_at, messages.c.id)
    )


@cache
def _events(dialect: Dialect) -> Executable:
    """The kinds of events of each."""
    return select(events.c.newcomer_id, events.c.kind).where(among(dialect, events.c.newcomer_id, "people")).distinct()


@cache
def _ended(dialect: Dialect) -> Executable:
    """(newcomer, member's stored slug) of conversations that one of them, or the team, ended."""
    return select(conversations.c.newcomer_id, conversations.c.member).where(
        among(dialect, conversations.c.newcomer_id, "people"), conversations.c.closed_at.is_not(None)
    )


@cache
def _suppressed(dialect: Dialect) -> Executable:
    """(hash, journey) of those who want no mail; journey "": of none."""
    return select(suppressions.c.address_hash, suppressions.c.journey).where(
        among(dialect, suppressions.c.address_hash, "hashes")
    )


@cache
def _threads(dialect: Dialect) -> Executable:
    """The Message-IDs of the mails of each enrollment, the first one last."""
    return (
        select(steps.c.enrollment_id, messages.c.message_id)
        .join(messages, messages.c.step_id == steps.c.id)
        .where(among(dialect, steps.c.enrollment_id, "enrolled"), _of_sequence())
        .order_by(messages.c.sent_at.desc(), messages.c.id.desc())
    )


@cache
def _answers(dialect: Dialect) -> Executable:
    """What members answered when they were asked about mails of these enrollments."""
    return (
        select(steps.c.enrollment_id, steps.c.moment, asks.c.answer, asks.c.until)
        .join(asks, asks.c.step_id == steps.c.id)
        .where(among(dialect, steps.c.enrollment_id, "enrolled"))
    )


@cache
def _take(dialect: Dialect, *, fresh: bool) -> Executable:
    """Claim steps; those that were never claimed before get their Date."""
    taken = update(steps).values(
        state="claimed",
        claimed_by=bindparam("by"),
        leased_until=bindparam("until", type_=steps.c.leased_until.type),
        reason="",
    )
    if fresh:
        taken = taken.values(dated_at=bindparam("now", type_=steps.c.dated_at.type))
    return taken.where(among(dialect, steps.c.id, "chosen"))


@cache
def _skip(dialect: Dialect) -> Executable:
    return (
        update(steps)
        .where(among(dialect, steps.c.id, "chosen"))
        .values(state="skipped", reason=bindparam("why"), done_at=bindparam("now", type_=steps.c.done_at.type))
    )


def _write_batch(connection: Connection, batch: Batch, *, now: datetime, leased_until: datetime, token: str) -> None:
    """A few statements, each for all rows it concerns."""
    dialect = dialect_of(connection)
    for fresh in (False, True):
        chosen = [claim.due.step_id for claim in batch.claims if (claim.due.dated_at is None) == fresh]
        if chosen:
            taken = {"by": token, "until": leased_until, "chosen": listed(dialect, chosen)}
            connection.execute(_take(dialect, fresh=fresh), {**taken, "now": now} if fresh else taken)
    for reason, skipped in grouped((decision.reason, due.step_id) for due, decision in batch.skipped).items():
        connection.execute(_skip(dialect), {"why": reason, "now": now, "chosen": listed(dialect, skipped)})
    put_off(connection, [(due.step_id, decision) for due, decision in batch.waiting], token="")
    _record_assignments(connection, [claim for claim in batch.claims if claim.member != claim.due.member], now)


_ASSIGN = update(newcomers).where(newcomers.c.id == bindparam("who")).values(member=bindparam("to"))


def _record_assignments(connection: Connection, claims: Sequence[Claim], now: datetime) -> None:
    """Who took whom on: for the load of the week, and so that it stays so."""
    taken = [claim for claim in claims if claim.member]
    if taken:
        connection.execute(
            insert(assignments),
            [{"member": claim.member, "newcomer_id": claim.newcomer_id, "assigned_at": now} for claim in taken],
        )
        connection.execute(_ASSIGN, [{"who": claim.newcomer_id, "to": claim.member} for claim in taken])
