"""One pass over what is due: claim a batch, write each mail, send it over lanes side by side, record what became of it.

The last step of the road. The store is written in short transactions, a batch at a time; what happens between them
stands in the journal. Killed at any moment, a pass loses no mail: the next one settles what it left (`recovery`), and
at most as many mails are uncertain as it had lanes.
"""

from __future__ import annotations

import asyncio
import gc
import json
import random
import uuid
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Literal

from sqlalchemy import insert, select, update

from alongside.delivery.addresses import AddressError, mask_address
from alongside.delivery.claims import LEASE, Batch, Claim, LoadBook, claim_batch
from alongside.delivery.contacts import reachable_members
from alongside.delivery.decisions import DueStep, Wait
from alongside.delivery.desk import Desk
from alongside.delivery.journal import Journal, Started, boot_number
from alongside.delivery.records import (
    Refused,
    Sent,
    backoff,
    claimed_steps,
    hold,
    put_off,
    record_refused,
    record_sent,
    release,
    renew,
)
from alongside.delivery.recovery import Recovered, recover
from alongside.delivery.rows import insert_missing
from alongside.delivery.schema import facts, runs
from alongside.delivery.store import Store
from alongside.delivery.transports.envelopes import DeliveryError, Envelope, Lane, OutOfReachError, Transport, Verdict
from alongside.delivery.transports.pace import Pace
from alongside.rendering.mails.messages import MessageError, Written

BATCH = 200  # claimed at once, at most
RECORDED_AFTER = 100  # mails, at most, that only the journal knows
FAILED = "could not be written"  # how the reason of such a step begins
PACE = "to keep the pace"
PACE_FACT = "pace"  # where the store keeps when the next mail may go
LONGEST_PACE = 86_400.0  # seconds between two mails, at most: one a day is the slowest there is
BLOCKED = "the server takes no such mail"  # the same, of what somebody has to mend
RETRY = timedelta(hours=6)  # when what somebody has to mend is tried again
PATIENCE_SECONDS = 20.0  # a mail whose turn comes later than that is planned again
BLOCKED_IN_A_ROW = 20  # then it is not the mails
GARBAGE = 50_000  # objects made before Python looks which of them are of no more use

OutcomeKind = Literal["sent", "skipped", "waits", "failed", "refused", "held", "later"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one pass did with one step."""

    at: datetime
    journey: str
    moment: str
    newcomer: str  # a name, for a person at a terminal; never written to a log
    kind: OutcomeKind
    detail: str = ""  # a subject, a reason
    member: str = ""  # slug
    story: str = ""  # slug
    member_changed: bool = False


@dataclass(slots=True, kw_only=True)
class PassReport:
    """All of a pass, in the order it happened."""

    outcomes: list[Outcome] = field(default_factory=list)
    recovered: Recovered = field(default_factory=Recovered)  # of processes that were killed
    letters: Counter[str] = field(default_factory=Counter)  # notes and answers to them: how many were "sent", ...

    def count(self, kind: OutcomeKind) -> int:
        """How many outcomes are of that kind."""
        return sum(outcome.kind == kind for outcome in self.outcomes)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What a pass takes from outside: clocks, chance, and the folder of journals. Bound at the doors."""

    now: Callable[[], datetime]  # the pass's clock, simulated or not (aware)
    wall: Callable[[], datetime]  # the real clock, for leases
    chance: random.Random
    journals: Path
    simulated: bool = False
    processes: int = 1  # how many share the work, and the pace
    stopping: Callable[[], bool] = lambda: False  # True: end after what is being sent


def send_due(
    store: Store,
    desk: Desk,
    transport: Transport,
    world: World,
    *,
    limit: int | None = None,
    progress: Callable[[Outcome], None] | None = None,
) -> PassReport:
    """One pass: everything that is due, at most `limit` mails.

    `progress` hears of each outcome. Raises `StoreError`, `JournalError` and `DeliveryError`; what went out before is
    recorded, the rest stays due.
    """
    report = send_share(store, desk, transport, world, limit=limit, progress=progress)
    record_run(store, report, world)
    return report


def send_share(
    store: Store,
    desk: Desk,
    transport: Transport,
    world: World,
    *,
    limit: int | None = None,
    progress: Callable[[Outcome], None] | None = None,
) -> PassReport:
    """As `send_due`, where others may do the same at the same time; that a pass ran is left to the caller to record."""
    boot = boot_number()
    report = PassReport()
    report.recovered = recover(
        store,
        world.journals,
        domain=desk.domain,
        uncertain=desk.settings.mail.uncertain,
        now=_whole_seconds(world.now()),
        wall=world.wall(),
        boot=boot,
    )
    journal = Journal(world.journals, token=uuid.uuid4().hex, transport=transport.name, boot=boot)
    work = _Pass(store, desk, transport, world, journal, limit, report, progress)
    try:
        try:
            with _calm_memory():
                asyncio.run(work.run())
        finally:
            # Also when the disk is full or somebody pressed Ctrl-C: what went out is written down, the rest given back.
            work.settle()
            work.keep_pace()
    finally:
        journal.close(settled=work.is_settled)
    return report


@contextmanager
def _calm_memory() -> Iterator[None]:
    """A pass makes few rings of garbage: what was read before it is not searched for them, the rest not often."""
    thresholds = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(GARBAGE, 20, 50)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()


def plan_pass(store: Store, desk: Desk, *, now: datetime, limit: int) -> PassReport:
    """What `send_due` would do with the first `limit` steps, without doing it."""
    now = _whole_seconds(now)
    with store.writing() as connection:
        batch = claim_batch(
            connection,
            key=store.key,
            journeys=desk.community.journeys,
            decide=partial(desk.decide, now=now),
            assign=partial(desk.assign, now=now),
            resolve=desk.community.resolve_member,
            load_book=LoadBook(desk.community.resolve_member),
            contacts=reachable_members(connection, resolve=desk.community.resolve_member),
            now=now,
            leased_until=now,
            token="",
            limit=limit,
        )
        connection.rollback()
    outcomes = [*_not_sent(batch, now), *(_outcome_of(claim, _write(desk, claim, now), now) for claim in batch.claims)]
    return PassReport(outcomes=outcomes)


@dataclass(slots=True, kw_only=True)
class _Done:
    """What became of claims, and only the journal knows so far."""

    sent: list[Sent] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    put_off: list[tuple[int, Wait]] = field(default_factory=list)  # by a server
    waits: list[tuple[int, Wait]] = field(default_factory=list)  # by us
    held: list[tuple[int, str]] = field(default_factory=list)
    given_back: list[int] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def steps(self) -> list[int]:
        """All of them, by number."""
        told = [*(entry.step_id for entry in self.sent), *(entry.step_id for entry in self.refused)]
        return [*told, *(step for step, _ in (*self.put_off, *self.waits, *self.held)), *self.given_back]

    @property
    def count(self) -> int:
        """How many they are."""
        parts = (self.sent, self.refused, self.put_off, self.waits, self.held, self.given_back)
        return sum(len(part) for part in parts)


@dataclass(frozen=True, slots=True)
class _Unwritable:
    """Why there is no message."""

    reason: str


class _Pass:
    """The state of one pass. One thread, one event loop; the store is used between mails."""

    def __init__(
        self,
        store: Store,
        desk: Desk,
        transport: Transport,
        world: World,
        journal: Journal,
        limit: int | None,
        report: PassReport,
        progress: Callable[[Outcome], None] | None,
    ) -> None:
        self._store, self._desk, self._transport, self._world = store, desk, transport, world
        self._journal, self._report, self._progress = journal, report, progress
        self._left_to_claim = limit
        self._pace = Pace.shared(desk.settings.mail, world.processes, kept=self._kept_pace())
        self._overflow = Pace.shared(desk.settings.mail, world.processes)
        self._load_book = LoadBook(desk.community.resolve_member)
        self._contacts = self._read_contacts()
        self._queue: deque[tuple[float, Claim]] = deque()  # (when its turn is: seconds of the real clock)
        self._in_hand: dict[int, Claim] = {}  # claimed and not settled, by step; those queued too
        self._leased_until = world.wall()
        self._done = _Done()
        self._exhausted = False
        self._lanes = transport.lanes  # that have not ended
        self._ending = False  # what was done is written down once more, and not by each lane
        self._blocked_in_a_row = 0

    def _read_contacts(self) -> dict[str, str]:
        with self._store.reading() as connection:
            return reachable_members(connection, resolve=self._desk.community.resolve_member)

    def _kept_pace(self) -> dict[str, float]:
        with self._store.reading() as connection:
            found = connection.scalar(select(facts.c.value).where(facts.c.name == PACE_FACT))
        at = self._world.wall().timestamp()
        # No further ahead than a clock that jumped could have put it.
        return {name: min(instant, at + LONGEST_PACE) for name, instant in json.loads(found or "{}").items()}

    def keep_pace(self) -> None:
        """Leave behind when the next mail may go, where that is limited. Raises `StoreError`."""
        if self._pace.is_free:
            return
        value = json.dumps(self._pace.keep())
        with self._store.writing() as connection:
            insert_missing(connection, facts, [{"name": PACE_FACT, "value": value}])
            connection.execute(update(facts).where(facts.c.name == PACE_FACT).values(value=value))

    @property
    def is_settled(self) -> bool:
        """True when the store knows what became of everything that was claimed."""
        return not self._in_hand and not self._done.steps

    async def run(self) -> None:
        """Send until nothing is due; the first lane that cannot go on ends them all, unless only it is out of reach."""
        lanes = [asyncio.create_task(self._lane()) for _ in range(self._transport.lanes)]
        try:
            await asyncio.wait(lanes, return_when=asyncio.FIRST_EXCEPTION)
        finally:
            # Lanes end after the mail they have in hand: to cut one off would make it uncertain for nothing.
            self._exhausted = self._ending = True
            self._give_back_queue()
            await asyncio.wait(lanes)
            self._give_back_queue()  # what a lane out of reach put back meanwhile
            # Each is asked, or asyncio would print what nobody asked for.
            failures = [failure for lane in lanes if not lane.cancelled() and (failure := lane.exception()) is not None]
        if failures:
            raise failures[0]

    async def _lane(self) -> None:
        lane = self._transport.open_lane()
        letter: _Letter | None = None  # what goes next over this lane
        try:
            while (letter is not None and not self._ending) or self._has_next():
                await lane.prepare()  # first: who cannot connect must not hold a mail that others could send
                letter = letter or await self._next_letter()
                if letter is not None:
                    following = self._following()
                    try:
                        await self._send(lane, letter, following)
                    finally:
                        letter = following
        except OutOfReachError:
            if self._lanes == 1 and (self._queue or letter is not None):
                raise
            # Servers refuse one connection too many; the other lanes go on, or have sent all there was.
        finally:
            if letter is not None:
                self._queue.appendleft((letter.turn, letter.claim))
            self._lanes -= 1
            await lane.close()

    def _has_next(self) -> bool:
        """Whether there is another mail to send, after claiming more when none is left."""
        if self._world.stopping():
            self._exhausted = True
            self._give_back_queue()
        if not self._queue and not self._exhausted:
            self._refill()
        return bool(self._queue) and not self._ending

    def _refill(self) -> None:
        """Write down what was done, and claim until something is to be sent or nothing is due."""
        self.settle()
        while not self._queue:
            room = BATCH if self._left_to_claim is None else min(BATCH, self._left_to_claim)
            if not room:
                self._exhausted = True
                return
            batch = self._claim(room)
            if not batch:
                self._exhausted = True
                return
            now = self._now()
            for outcome in _not_sent(batch, now):
                self._tell(outcome)
            self._line_up(batch.claims)

    def _claim(self, room: int) -> Batch:
        now, until = self._now(), self._world.wall() + LEASE
        with self._store.writing() as connection:
            renew(connection, self._in_hand, token=self._journal.token, leased_until=until)
            batch = claim_batch(
                connection,
                key=self._store.key,
                journeys=self._desk.community.journeys,
                decide=partial(self._desk.decide, now=now),
                assign=partial(self._desk.assign, now=now),
                resolve=self._desk.community.resolve_member,
                load_book=self._load_book,
                contacts=self._contacts,
                now=now,
                leased_until=until,
                token=self._journal.token,
                limit=room,
            )
        self._leased_until = until
        return batch

    def _line_up(self, claims: tuple[Claim, ...]) -> None:
        """Give each mail its turn; what would wait for long is planned again."""
        at = self._world.wall().timestamp()
        for claim in claims:
            self._in_hand[claim.due.step_id] = claim
            if self._pace.is_free:
                self._queue.append((at, claim))
                continue
            domain = claim.due.domain
            if self._pace.delay(domain, at) <= PATIENCE_SECONDS:
                self._queue.append((at + self._pace.take(domain, at), claim))
            else:
                self._postpone(claim, PATIENCE_SECONDS + self._overflow.take(domain, at))
        if not self._pace.is_free:
            self._queue = deque(sorted(self._queue, key=lambda turn: turn[0]))
        if self._left_to_claim is not None:
            self._left_to_claim -= len(self._queue)

    def _postpone(self, claim: Claim, seconds: float) -> None:
        now, kept = self._now(), claim.due.dated_at is not None
        until = now + timedelta(seconds=round(seconds))
        self._done.waits.append((claim.due.step_id, Wait(until=until, reason=PACE, keeps_date=kept)))
        self._done.outcomes.append(_outcome(claim.due, "waits", now, PACE))

    async def _next_letter(self) -> _Letter | None:
        """The next mail of the queue, when its turn has come; None when there is none, or it cannot be written."""
        if not self._queue:
            return None
        turn, claim = self._queue.popleft()
        if (early := turn - self._world.wall().timestamp()) > 0:
            await asyncio.sleep(min(early, 2 * PATIENCE_SECONDS))  # more only where the clock was set back
        return self._write(turn, claim)

    def _following(self) -> _Letter | None:
        """The next mail of the queue where it could go at once."""
        at = self._world.wall().timestamp()
        while self._queue and self._queue[0][0] <= at and not self._world.stopping():
            letter = self._write(*self._queue.popleft())
            if letter is not None:
                return letter
        return None

    def _write(self, turn: float, claim: Claim) -> _Letter | None:
        """The message of a claim; None where it is not ours any more, or cannot be written."""
        step, now = claim.due.step_id, self._now()
        if not self._is_ours(step):
            return None
        written = _write(self._desk, claim, now)
        outcome = _outcome_of(claim, written, now)
        if isinstance(written, _Unwritable):
            self._done.waits.append((step, Wait(until=now + RETRY, reason=f"{FAILED}: {written.reason}"[:500])))
            self._done.outcomes.append(outcome)
            return None
        return _Letter(turn, claim, *written, outcome)

    def _is_ours(self, step: int) -> bool:
        """False when the machine slept, or its clock jumped, and another one took the step."""
        if self._world.wall() >= self._leased_until - LEASE / 2:
            self._renew_leases()
        return step in self._in_hand

    async def _send(self, lane: Lane, letter: _Letter, following: _Letter | None) -> None:
        claim, mail = letter.claim, letter.mail
        step = claim.due.step_id
        if not self._is_ours(step):
            return
        what = Started(member=mail.member, story=mail.story, language=mail.language)
        try:
            verdict = await lane.deliver(
                letter.envelope,
                starting=lambda: self._journal.started(step, what),
                following=following.envelope if following is not None else None,
            )
        except OutOfReachError:
            self._queue.appendleft((letter.turn, claim))  # it did not begin
            raise
        except DeliveryError:
            # It surely did not go out; the journal may say that it began.
            self._journal.refused(step)
            self._give_back(claim)
            raise
        self._settle_one(claim, mail, letter.envelope.message_id, verdict, letter.outcome)
        if self._done.count >= RECORDED_AFTER and not self._ending:
            self.settle()

    def _settle_one(self, claim: Claim, mail: Written, identity: str, verdict: Verdict, outcome: Outcome) -> None:
        """Put a verdict where it belongs; also where the journal cannot be written, the store may still be."""
        step, now, done = claim.due.step_id, self._now(), self._done
        self._blocked_in_a_row = self._blocked_in_a_row + 1 if verdict.fate == "blocked" else 0
        if verdict.fate == "delivered":
            done.sent.append(
                Sent(
                    step_id=step,
                    message_id=identity,
                    transport=self._transport.name,
                    subject=mail.subject,
                    language=mail.language,
                    member=mail.member,
                    story=mail.story,
                )
            )
            done.outcomes.append(outcome)
            self._journal.delivered(step)
            return
        if verdict.fate == "uncertain":
            outcome = self._uncertain(claim, verdict, outcome)
        elif verdict.fate == "refused":
            done.refused.append(Refused(step_id=step, reason=verdict.reason, mailbox_gone=verdict.mailbox_gone))
            outcome = replace(outcome, kind="refused", detail=verdict.reason)
        else:
            outcome = self._later(claim, verdict, outcome, now)
        done.outcomes.append(outcome)
        if verdict.fate != "uncertain":
            self._journal.refused(step)
        if self._blocked_in_a_row >= BLOCKED_IN_A_ROW:
            raise DeliveryError(
                f"The server refused {BLOCKED_IN_A_ROW} mails in a row: {verdict.reason}.",
                hint="This is about us, not about the addresses. Everything stays due. See: alongside doctor",
            )

    def _later(self, claim: Claim, verdict: Verdict, outcome: Outcome, now: datetime) -> Outcome:
        blocked = verdict.fate == "blocked"
        wait = RETRY if blocked else backoff(claim.due.attempts + 1, self._world.chance)
        reason = f"{BLOCKED}: {verdict.reason}" if blocked else verdict.reason
        self._done.put_off.append((claim.due.step_id, Wait(until=now + wait, reason=reason)))
        return replace(outcome, kind="failed" if blocked else "later", detail=reason)

    def _uncertain(self, claim: Claim, verdict: Verdict, outcome: Outcome) -> Outcome:
        """It was on its way when the connection broke: the setting says what then."""
        step = claim.due.step_id
        if self._desk.settings.mail.uncertain == "hold":
            self._done.held.append((step, verdict.reason))
            return replace(outcome, kind="held", detail=verdict.reason)
        wait = backoff(claim.due.attempts + 1, self._world.chance)
        again = Wait(until=self._now() + wait, reason=verdict.reason, keeps_date=True)
        self._done.put_off.append((step, again))
        return replace(outcome, kind="later", detail=verdict.reason)

    def settle(self) -> None:
        """Write what was done to the store, in one transaction. Raises `StoreError`; then the journal has it."""
        done = self._done
        if not done.steps:
            return
        lost: DeliveryError | None = None
        try:
            self._transport.flush()
        except DeliveryError as error:
            # Nobody can say which of them are on the disk: all are given back, and delivered again as the same mails.
            done.given_back += [entry.step_id for entry in done.sent]
            done.sent.clear()
            lost = error
        self._record(done)
        self._done = _Done()
        for step in done.steps:
            self._in_hand.pop(step, None)
        for outcome in done.outcomes:
            if lost is None or outcome.kind != "sent":
                self._tell(outcome)
        if lost is not None:
            raise lost

    def _record(self, done: _Done) -> None:
        now, token = self._now(), self._journal.token
        with self._store.writing() as connection:
            record_sent(connection, done.sent, now=now)
            record_refused(
                connection,
                self._store.key,
                done.refused,
                token=token,
                resolve=self._desk.community.resolve_member,
                now=now,
            )
            put_off(connection, done.put_off, token=token, attempted=True)
            put_off(connection, done.waits, token=token)
            hold(connection, done.held, token=token)
            release(connection, done.given_back, token=token)

    def _renew_leases(self) -> None:
        """Ask for more time; what another machine took meanwhile is no longer ours."""
        until, token = self._world.wall() + LEASE, self._journal.token
        with self._store.writing() as connection:
            renew(connection, self._in_hand, token=token, leased_until=until)
            ours = claimed_steps(connection, token)
        self._leased_until = until
        self._in_hand = {step: claim for step, claim in self._in_hand.items() if step in ours}
        self._queue = deque(turn for turn in self._queue if turn[1].due.step_id in ours)

    def _give_back_queue(self) -> None:
        for _, claim in self._queue:
            self._give_back(claim)
        self._queue.clear()

    def _give_back(self, claim: Claim) -> None:
        step = claim.due.step_id
        if claim.due.dated_at is None:
            self._done.given_back.append(step)
        else:  # it may have arrived before
            self._done.waits.append((step, Wait(until=self._now(), reason="", keeps_date=True)))

    def _tell(self, outcome: Outcome) -> None:
        self._report.outcomes.append(outcome)
        if self._progress is not None:
            self._progress(outcome)

    def _now(self) -> datetime:
        return _whole_seconds(self._world.now())


@dataclass(frozen=True, slots=True)
class _Letter:
    """A mail that is ready to go."""

    turn: float  # when that is: seconds of the real clock
    claim: Claim
    mail: Written
    envelope: Envelope
    outcome: Outcome  # once it went out


_Message = tuple[Written, Envelope]


def _write(desk: Desk, claim: Claim, now: datetime) -> _Message | _Unwritable:
    try:
        return desk.write(claim, now=now)
    except MessageError as error:
        return _Unwritable(str(error))
    except (ValueError, AddressError):  # they repeat the address
        return _Unwritable("An address cannot stand in a header.")


def _outcome_of(claim: Claim, written: _Message | _Unwritable, now: datetime) -> Outcome:
    if isinstance(written, _Unwritable):
        return _outcome(claim.due, "failed", now, written.reason)
    mail = written[0]
    return Outcome(
        at=now,
        journey=claim.due.journey,
        moment=claim.due.moment,
        newcomer=_told_name(claim.due),
        kind="sent",
        detail=mail.subject,
        member=mail.member,
        story=mail.story,
        member_changed=claim.changed,
    )


def _not_sent(batch: Batch, now: datetime) -> Iterator[Outcome]:
    for due, skip in batch.skipped:
        yield _outcome(due, "skipped", now, skip.reason)
    for due, wait in batch.waiting:
        yield _outcome(due, "waits", now, wait.reason)


def _outcome(due: DueStep, kind: OutcomeKind, now: datetime, detail: str = "") -> Outcome:
    return Outcome(at=now, journey=due.journey, moment=due.moment, newcomer=_told_name(due), kind=kind, detail=detail)


def _told_name(due: DueStep) -> str:
    return due.newcomer.name or mask_address(due.newcomer.email)


def _whole_seconds(instant: datetime) -> datetime:
    """As the store keeps it."""
    return instant.replace(microsecond=0) if instant.microsecond else instant


def record_run(store: Store, report: PassReport, world: World) -> None:
    """For `alongside status`: that a pass ran, even one with nothing to do."""
    row = {
        "at": _whole_seconds(world.now()),
        "real_at": None if world.simulated else world.wall(),
        "sent": report.count("sent"),
        "skipped": report.count("skipped"),
        "planned_again": report.count("waits") + report.count("later"),
        "failed": report.count("failed") + report.count("refused") + report.count("held"),
    }
    with store.writing() as connection:
        connection.execute(insert(runs), row)
