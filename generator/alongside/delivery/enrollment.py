"""Newcomers in: each once a journey, with the basis on which we write to them, their steps planned as rows.

Enrolling is idempotent by journey and address, so an interrupted import is simply run again. Rows go in by batches,
one transaction each.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from itertools import islice
from typing import Any, Literal

from sqlalchemy import Connection, Select, bindparam, delete, func, insert, select, update

from alongside.delivery.addresses import AddressError, hash_address, mask_address, normalise_address
from alongside.delivery.arms import choose_arm
from alongside.delivery.profiles import pack_newcomer
from alongside.delivery.rows import Dialect, among, dialect_of, insert_missing, listed
from alongside.delivery.schema import (
    CONFIRMATION,
    EnrollmentState,
    ask_moment,
    enrollments,
    events,
    newcomers,
    steps,
    suppressions,
)
from alongside.delivery.store import Store
from alongside.model.community import Community
from alongside.model.journeys import Journey
from alongside.model.people import Basis, Newcomer
from alongside.planning.plan import newcomer_zone, plan_sequence

NO_BASIS = "no basis says why we may write to them."
ASKED_AGAIN = timedelta(days=1)  # after a question whether they confirm, at the earliest
BATCH = 500  # below SQLite's oldest limit of 999 parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A newcomer who asks to be enrolled, and where that was said."""

    newcomer: Newcomer
    row: int = 1  # line of the file


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A newcomer who was not enrolled, and why."""

    row: int
    who: str  # a masked address
    reason: str
    fault: bool = True  # False: as it should be, they asked for no more mail


# already: on this journey before, or twice in the batch; stopped: they asked for no more mail
Became = Literal["enrolled", "awaiting confirmation", "already", "stopped", "refused"]


@dataclass(slots=True, kw_only=True)
class EnrollReport:
    """What became of the candidates; each is counted once."""

    enrolled: int = 0
    already: int = 0  # on this journey before, or twice in the file
    awaiting: int = 0  # of the enrolled: they confirm before the first mail
    held_out: int = 0  # of the enrolled: they get no mail, and are not asked to confirm
    refusals: list[Refusal] = field(default_factory=list)
    became: dict[int, Became] = field(default_factory=dict)  # by the candidate's row


def enroll(
    store: Store,
    journey: Journey,
    candidates: Iterable[Candidate],
    *,
    community: Community,
    basis: Basis | None,
    source: str,
    now: datetime,
    progress: Callable[[int], None] | None = None,
) -> EnrollReport:
    """Put `candidates` on `journey` at `now`.

    `basis`: of those whose profile names none. `progress` hears after each batch how many were looked at. Raises
    `StoreError`; the batches before are kept.
    """
    now = now.replace(microsecond=0)  # as the store keeps it
    report = EnrollReport()
    looked_at = 0
    for batch in _batches(candidates):
        accepted = _accept(batch, basis, report)
        with store.writing() as connection:
            wanted = _without_suppressed(connection, store.key, accepted, journey, report)
            _enroll_batch(connection, store.key, wanted, journey, community, source, now, report)
        report.became.clear()  # a file may have a million rows
        looked_at += len(batch)
        if progress is not None:
            progress(looked_at)
    return report


def enroll_one(
    connection: Connection,
    key: bytes,
    journey: Journey,
    newcomer: Newcomer,
    *,
    community: Community,
    source: str,
    now: datetime,
) -> EnrollReport:
    """The same for one newcomer whose profile names the basis, as part of a transaction. `key`: the store's."""
    candidates = [Candidate(newcomer=newcomer)]
    return enroll_within(connection, key, journey, candidates, community=community, source=source, now=now)


def enroll_within(
    connection: Connection,
    key: bytes,
    journey: Journey,
    candidates: Iterable[Candidate],
    *,
    community: Community,
    source: str,
    now: datetime,
    renew: bool = True,
) -> EnrollReport:
    """The same for newcomers whose profiles name the basis, as part of a transaction.

    `renew`: whether what they say takes the place of what they said on another journey, or before they confirmed.
    """
    report = EnrollReport()
    for batch in _batches(candidates):
        accepted = _accept(batch, None, report)
        wanted = _without_suppressed(connection, key, accepted, journey, report)
        at = now.replace(microsecond=0)
        _enroll_batch(connection, key, wanted, journey, community, source, at, report, renew=renew)
    return report


@dataclass(frozen=True, slots=True, kw_only=True)
class _Accepted:
    """A candidate with a usable address and a basis."""

    candidate: Candidate
    basis: Basis


def _batches(candidates: Iterable[Candidate]) -> Iterator[list[Candidate]]:
    iterator = iter(candidates)
    while batch := list(islice(iterator, BATCH)):
        yield batch


def _accept(batch: Sequence[Candidate], basis: Basis | None, report: EnrollReport) -> dict[str, _Accepted]:
    """Those with an address and a basis, by normalised address; the others are refused, repeats counted."""
    accepted: dict[str, _Accepted] = {}
    for candidate in batch:
        given = candidate.newcomer.email
        used = candidate.newcomer.basis or basis
        try:
            address = normalise_address(given)
        except AddressError as error:
            _refuse(report, candidate, f"{error}.")
            continue
        if used is None:
            _refuse(report, candidate, NO_BASIS)
        elif address in accepted:
            report.already += 1
            report.became[candidate.row] = "already"
        else:
            accepted[address] = _Accepted(candidate=candidate, basis=used)
    return accepted


def _refuse(report: EnrollReport, candidate: Candidate, reason: str, *, fault: bool = True) -> None:
    who = mask_address(candidate.newcomer.email)
    report.refusals.append(Refusal(row=candidate.row, who=who, reason=reason, fault=fault))
    report.became[candidate.row] = "refused" if fault else "stopped"


def _without_suppressed(
    connection: Connection, key: bytes, accepted: Mapping[str, _Accepted], journey: Journey, report: EnrollReport
) -> dict[str, _Accepted]:
    """Those who may get mail of this journey."""
    hashes = {hash_address(address, key): address for address in accepted}
    dialect = dialect_of(connection)
    asked = {"hashes": listed(dialect, hashes), "journey": journey.slug}
    stopped = {hashes[found] for found in connection.scalars(_stopped(dialect), asked)}
    if not stopped:
        return dict(accepted)
    for address, entry in accepted.items():
        if address in stopped:
            _refuse(report, entry.candidate, "they asked for no more mail.", fault=False)
    return {address: entry for address, entry in accepted.items() if address not in stopped}


def _enroll_batch(
    connection: Connection,
    key: bytes,
    wanted: Mapping[str, _Accepted],
    journey: Journey,
    community: Community,
    source: str,
    now: datetime,
    report: EnrollReport,
    *,
    renew: bool = True,
) -> None:
    """Newcomers, their enrollments and the steps of those, in one transaction."""
    if not wanted:
        return
    # in one order everywhere: two processes at the same people do not wait for each other
    people = {
        address: _newcomer_row(address, entry.candidate.newcomer, now) for address, entry in sorted(wanted.items())
    }
    dialect = dialect_of(connection)
    addresses = {"addresses": listed(dialect, people)}
    known = dict(connection.execute(_numbers(dialect), addresses).all())
    strangers = [row for address, row in people.items() if address not in known]
    if strangers:
        insert_missing(connection, newcomers, strangers)
    numbers = dict(connection.execute(_numbers(dialect), addresses).all())
    there = _enrolled(connection, journey, numbers.values())
    fresh = {address: entry for address, entry in wanted.items() if numbers[address] not in there}
    report.already += len(wanted) - len(fresh)
    arms = {address: choose_arm(journey, address, key) for address in fresh}
    mailed = {address: entry for address, entry in fresh.items() if arms[address] != "held out"}
    begins: EnrollmentState = "awaiting confirmation" if journey.confirm else "active"
    for address, entry in wanted.items():
        waits = journey.confirm and address in mailed
        became: Became = "awaiting confirmation" if waits else "enrolled"
        report.became[entry.candidate.row] = became if address in fresh else "already"
    if renew:
        # Who did not confirm yet may be known by the words of somebody else, who typed their address into a page.
        unsure = _unconfirmed(connection, there.values())
        renewed = (address for address in wanted if address in fresh or there[numbers[address]] in unsure)
        _renew_profiles(connection, [people[address] for address in sorted(renewed) if address in known])
    if not fresh:
        return
    rows = [
        {
            "newcomer_id": numbers[address],
            "journey": journey.slug,
            "basis": entry.basis,
            "source": source,
            "enrolled_at": now,
            "state": begins if address in mailed else "held out",
            "arm": arms[address],
        }
        for address, entry in fresh.items()
    ]
    insert_missing(connection, enrollments, rows)
    by_newcomer = _enrolled(connection, journey, [numbers[address] for address in fresh])
    planned = [
        row
        for address, entry in mailed.items()
        for row in step_rows(journey, by_newcomer[numbers[address]], entry.candidate.newcomer, community, now)
    ]
    if planned:
        insert_missing(connection, steps, planned)
    happened = [{"kind": "enrolled", "detail": journey.slug, "happened_at": now, "newcomer_id": n} for n in by_newcomer]
    connection.execute(_HAPPENED, happened)
    report.enrolled += len(fresh)
    report.awaiting += len(mailed) if journey.confirm else 0
    report.held_out += len(fresh) - len(mailed)


@cache
def _stopped(dialect: Dialect) -> Select[str]:
    """Hashes of addresses that get no mail of a journey."""
    return select(suppressions.c.address_hash).where(
        among(dialect, suppressions.c.address_hash, "hashes"), suppressions.c.journey.in_(("", bindparam("journey")))
    )


@cache
def _numbers(dialect: Dialect) -> Select[str, int]:
    """Newcomers by their addresses."""
    return select(newcomers.c.address, newcomers.c.id).where(among(dialect, newcomers.c.address, "addresses"))


@cache
def _enrollments(dialect: Dialect) -> Select[int, int]:
    """Those of newcomers on a journey."""
    return select(enrollments.c.newcomer_id, enrollments.c.id).where(
        enrollments.c.journey == bindparam("journey"), among(dialect, enrollments.c.newcomer_id, "people")
    )


_HAPPENED = insert(events)


def _enrolled(connection: Connection, journey: Journey, people: Collection[int]) -> dict[int, int]:
    """Enrollments on `journey`, by newcomer."""
    dialect = dialect_of(connection)
    asked = {"journey": journey.slug, "people": listed(dialect, people)}
    return dict(connection.execute(_enrollments(dialect), asked).all())


def _unconfirmed(connection: Connection, numbers: Collection[int]) -> set[int]:
    """Those of these enrollments that wait for a confirmation."""
    if not numbers:
        return set()
    dialect = dialect_of(connection)
    return set(connection.scalars(_awaiting(dialect), {"enrollments": listed(dialect, numbers)}))


@cache
def _awaiting(dialect: Dialect) -> Select[int]:
    return select(enrollments.c.id).where(
        among(dialect, enrollments.c.id, "enrollments"), enrollments.c.state == "awaiting confirmation"
    )


def _newcomer_row(address: str, newcomer: Newcomer, now: datetime) -> dict[str, Any]:
    return {
        "address": address,
        "address_as_given": newcomer.email.strip(),
        "name": newcomer.name,
        "zone": newcomer.timezone,
        "languages": list(newcomer.languages),
        "profile": pack_newcomer(newcomer),
        "product_id": newcomer.id,
        "created_at": now,
    }


def _renew_profiles(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Who joins a second journey is known by what they said last."""
    if rows:
        fields = ("address_as_given", "name", "zone", "languages", "profile", "product_id")
        statement = (
            update(newcomers)
            .where(newcomers.c.address == bindparam("of_address"))
            .values({name: bindparam(f"new_{name}", type_=newcomers.c[name].type) for name in fields})
        )
        connection.execute(
            statement, [{"of_address": row["address"], **{f"new_{name}": row[name] for name in fields}} for row in rows]
        )


def ask_again(connection: Connection, journey: Journey, asked: Iterable[Newcomer], *, now: datetime) -> None:
    """Those of `asked` who were mailed the question whether they confirm a day ago or more, and did not, get it anew.

    Who confirmed, who stopped and who was asked today get nothing. Each time the wait is as long as all before it, so
    whoever types somebody else's address day after day has them mailed less and less often.
    """
    addresses = {normalise_address(newcomer.email) for newcomer in asked if _is_usable(newcomer.email)}
    last = steps.alias()
    first = (
        select(func.min(events.c.happened_at, type_=events.c.happened_at.type))
        .where(events.c.newcomer_id == newcomers.c.id, events.c.kind == "enrolled", events.c.detail == journey.slug)
        .scalar_subquery()
    )
    asked_before = connection.execute(
        select(enrollments.c.id, last.c.id, func.coalesce(first, enrollments.c.enrolled_at), last.c.done_at)
        .join(newcomers, newcomers.c.id == enrollments.c.newcomer_id)
        .join(last, (last.c.enrollment_id == enrollments.c.id) & (last.c.moment == CONFIRMATION))
        .where(
            newcomers.c.address.in_(addresses),
            enrollments.c.journey == journey.slug,
            enrollments.c.state == "awaiting confirmation",
            last.c.state.in_(("sent", "skipped", "failed")),
            last.c.done_at <= now - ASKED_AGAIN,
        )
    ).all()
    found = [
        (number, step)
        for number, step, begun, done_at in asked_before
        if done_at is not None and done_at - begun <= now - done_at
    ]
    if not found:
        return
    # Another step, so that it is another mail: its number stands in the Message-ID.
    connection.execute(delete(steps).where(steps.c.id.in_([step for _, step in found])))
    rows = [{"enrollment_id": number, "moment": CONFIRMATION, "due_at": now, "state": "planned"} for number, _ in found]
    insert_missing(connection, steps, rows)
    numbers = [number for number, _ in found]
    connection.execute(update(enrollments).where(enrollments.c.id.in_(numbers)).values(enrolled_at=now))


def _is_usable(address: str) -> bool:
    try:
        normalise_address(address)
    except AddressError:
        return False
    return True


def step_rows(
    journey: Journey, enrollment_id: int, newcomer: Newcomer, community: Community, enrolled_at: datetime
) -> list[dict[str, Any]]:
    """The steps of one enrollment as rows; those of a journey that wants confirmation wait for it, and it is asked."""
    plan = plan_sequence(journey, enrolled_at=enrolled_at, zone=newcomer_zone(newcomer, community))
    state = "waiting" if journey.confirm else "planned"
    planned = [(step.moment.id, step.due, state) for step in plan]
    planned += [(ask_moment(step.moment.id), step.ask_first, state) for step in plan if step.ask_first is not None]
    if journey.confirm:
        planned.insert(0, (CONFIRMATION, enrolled_at, "planned"))
    return [
        {"enrollment_id": enrollment_id, "moment": moment, "due_at": due, "state": state}
        for moment, due, state in planned
    ]
