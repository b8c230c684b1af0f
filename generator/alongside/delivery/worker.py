"""One pass over what is due: claim a batch, render and deliver it, record it, until nothing is left.

The last step of the road. Rendering and delivery happen outside any transaction; what a batch delivered is recorded
in one. Killed at any moment, a pass leaves at most one batch claimed and delivered but not recorded; the next pass
delivers it again under the same Message-IDs, which a maildir keeps once.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import lru_cache, partial
from typing import Literal

from sqlalchemy import func, insert, select

from alongside.delivery.addresses import mask_address
from alongside.delivery.claims import (
    LEASE,
    Batch,
    Claim,
    Sent,
    claim_batch,
    is_state,
    process_token,
    put_off,
    record_sent,
    release,
    release_abandoned,
)
from alongside.delivery.decisions import DueStep, Skip, Wait, decide
from alongside.delivery.schema import enrollments, newcomers, runs, steps
from alongside.delivery.store import Store
from alongside.delivery.transports.envelopes import DeliveryError, Envelope
from alongside.delivery.transports.maildir import Maildir as Transport
from alongside.matching.assignment import assign_member
from alongside.matching.index import MatchIndex, build_index
from alongside.model.community import Community
from alongside.planning.occurrences import Occurrence
from alongside.planning.plan import choose, next_meetups
from alongside.rendering.mails.messages import (
    Mail,
    MailCompiler,
    MessageError,
    Routing,
    compose,
    render_mail,
    sender_address,
)
from alongside.settings import Settings

BATCH = 100  # mails between two records
FAILED = "could not be written"  # how the reason of such a step begins
RETRY = timedelta(hours=6)  # when a mail that could not be rendered is tried again


class Desk:
    """What every mail of a pass needs of the community, worked out once, and once a day where the day matters."""

    def __init__(self, community: Community, settings: Settings) -> None:
        self.community = community
        self.settings = settings
        self.compiler = MailCompiler(community, settings)
        self.sender_address = sender_address(settings)
        self.index: Callable[[date], MatchIndex] = lru_cache(maxsize=1)(lambda day: build_index(community, today=day))
        self.upcoming: Callable[[datetime], Mapping[str, Occurrence]] = lru_cache(maxsize=1)(
            lambda now: next_meetups(community, now=now)
        )

    def assign(self, due: DueStep, load: Mapping[str, int], *, now: datetime) -> str:
        """The slug of who welcomes the newcomer of `due` from now on; empty: nobody has room, the team does."""
        moment = self.community.journeys[due.journey].moment(due.moment)
        if moment is None or moment.sender == "team":
            return due.member
        day = now.date()
        known = self.community.members.get(due.member)
        if known is not None and known.allows("mail", day) and not known.is_away(day):
            return known.slug  # as `assign_member` would say, after comparing everybody
        match = assign_member(self.index(day), due.newcomer, day=day, load=load, keep=due.member)
        return match.slug if match is not None else ""

    def render(self, claim: Claim, *, now: datetime) -> Mail:
        """The mail of a claimed step. Raises `MessageError`."""
        journey = self.community.journeys[claim.due.journey]
        moment = journey.moment(claim.due.moment)
        assert moment is not None  # `decide` skips those
        if not moment.messages:
            raise MessageError(moment.position, f"The mail of {moment.id} is missing.", hint="See: alongside check")
        content = choose(
            self.community,
            self.index(now.date()),
            journey=journey,
            moment=moment,
            newcomer=claim.due.newcomer,
            member=claim.member or None,
            upcoming=self.upcoming(now),
            day=now.date(),
        )
        content = replace(content, member_changed=claim.changed and moment.sender == "member")
        return render_mail(self.compiler, content, claim.due.newcomer)

    def compose(self, claim: Claim, mail: Mail, *, message_id: str) -> bytes:
        """The message as it goes out; the same claim gives the same bytes."""
        newcomer = claim.due.newcomer
        routing = Routing(
            sender_address=self.sender_address,
            to_address=newcomer.email,
            to_name=newcomer.name,
            message_id=message_id,
            date=claim.dated_at,
            list_id=f"{claim.due.journey}.{self.domain}",
            stop_mailto=self.compiler.stop_url,
            in_reply_to=claim.due.thread,
        )
        return compose(mail, routing)

    @property
    def domain(self) -> str:
        """What stands right of the `@` in addresses and ids of ours."""
        return self.sender_address.rpartition("@")[2]


OutcomeKind = Literal["sent", "skipped", "waits", "failed"]


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
    released: int = 0  # claims of processes that are gone, taken up again

    def count(self, kind: OutcomeKind) -> int:
        """How many outcomes are of that kind."""
        return sum(outcome.kind == kind for outcome in self.outcomes)


def send_due(
    store: Store,
    desk: Desk,
    transport: Transport,
    *,
    now: datetime,
    wall: Callable[[], datetime],
    limit: int | None = None,
    progress: Callable[[Outcome], None] | None = None,
) -> PassReport:
    """One pass: everything that is due at `now`, at most `limit` mails.

    `wall`: the real clock, for leases alone. `progress` hears of each outcome. Raises `StoreError` and
    `DeliveryError`; what went out before is recorded, the rest stays due.
    """
    now = now.replace(microsecond=0)
    token = process_token()
    report = PassReport(released=release_abandoned(store, wall=wall(), token=token))
    while limit is None or report.count("sent") < limit:
        room = BATCH if limit is None else min(BATCH, limit - report.count("sent"))
        with store.writing() as connection:
            batch = claim_batch(
                connection,
                key=store.key,
                journeys=desk.community.journeys,
                decide=partial(_decide, desk, now),
                assign=partial(desk.assign, now=now),
                resolve=desk.community.resolve_member,
                now=now,
                leased_until=wall() + LEASE,
                token=token,
                limit=room,
            )
        if not batch:
            break
        for outcome in _outcomes(store, desk, transport, batch, now):
            report.outcomes.append(outcome)
            if progress is not None:
                progress(outcome)
    _record_run(store, report, now)
    return report


def plan_pass(store: Store, desk: Desk, *, now: datetime, limit: int) -> PassReport:
    """What `send_due` would do with the first `limit` steps, without doing it."""
    now = now.replace(microsecond=0)
    with store.writing() as connection:
        batch = claim_batch(
            connection,
            key=store.key,
            journeys=desk.community.journeys,
            decide=partial(_decide, desk, now),
            assign=partial(desk.assign, now=now),
            resolve=desk.community.resolve_member,
            now=now,
            leased_until=now,
            token="",
            limit=limit,
        )
        connection.rollback()
    return PassReport(
        outcomes=[*_not_sent(batch, now), *(_write(store, desk, claim, now)[1] for claim in batch.claims)]
    )


def next_due(store: Store, journeys: Sequence[str]) -> datetime | None:
    """The instant the next step of `journeys` (slugs) is looked at, or None when nothing is planned."""
    statement = (
        select(func.min(steps.c.due_at, type_=steps.c.due_at.type))
        .join(enrollments, enrollments.c.id == steps.c.enrollment_id)
        .where(is_state("planned"), enrollments.c.journey.in_(journeys))
    )
    with store.reading() as connection:
        return connection.scalar(statement)


def count_newcomers(store: Store) -> int:
    """How many people are in the store."""
    with store.reading() as connection:
        return connection.scalar(select(func.count()).select_from(newcomers)) or 0


def count_stranded(store: Store, journeys: Collection[str]) -> dict[str, int]:
    """Planned steps of journeys that are not among `journeys` (slugs), by journey."""
    statement = (
        select(enrollments.c.journey, func.count())
        .join(steps, steps.c.enrollment_id == enrollments.c.id)
        .where(is_state("planned"), enrollments.c.journey.not_in(sorted(journeys)))
        .group_by(enrollments.c.journey)
    )
    with store.reading() as connection:
        return dict(connection.execute(statement).all())


def count_lost(store: Store, journeys: Mapping[str, Collection[str]]) -> dict[tuple[str, str], int]:
    """Planned steps whose moment is not among those (ids) of its journey (slug), by journey and moment."""
    statement = (
        select(enrollments.c.journey, steps.c.moment, func.count())
        .join(steps, steps.c.enrollment_id == enrollments.c.id)
        .where(is_state("planned"), enrollments.c.journey.in_(sorted(journeys)))
        .group_by(enrollments.c.journey, steps.c.moment)
    )
    with store.reading() as connection:
        rows = connection.execute(statement).all()
    return {(slug, moment): count for slug, moment, count in rows if moment not in journeys[slug]}


def message_id(store: Store, step_id: int, domain: str) -> str:
    """The Message-ID of a step's mail, for ever the same, and telling nothing to who does not hold the key."""
    digest = hmac.new(store.key, f"message {step_id}".encode(), hashlib.sha256).hexdigest()
    return f"{digest[:32]}@{domain}"


def _decide(desk: Desk, now: datetime, due: DueStep, last_mail: datetime | None) -> Skip | Wait | None:
    return decide(due, community=desk.community, now=now, last_mail=last_mail)


@dataclass(slots=True, kw_only=True)
class _Handled:
    """How far a batch came."""

    sent: list[tuple[Sent, Outcome]] = field(default_factory=list)
    failed: list[tuple[Claim, Outcome]] = field(default_factory=list)
    left: list[Claim]  # not looked at yet


def _outcomes(store: Store, desk: Desk, transport: Transport, batch: Batch, now: datetime) -> Iterator[Outcome]:
    """Deliver a batch and record it; the outcomes are told once they are recorded."""
    yield from _not_sent(batch, now)
    handled = _Handled(left=list(batch.claims))
    try:
        _deliver(store, desk, transport, handled, now)
    finally:
        # Also when the disk is full or somebody pressed Ctrl-C: what went out is written down, the rest given back.
        with store.writing() as connection:
            record_sent(connection, [sent for sent, _ in handled.sent], now=now)
            put_off(connection, [(claim.due.step_id, _retry(outcome, now)) for claim, outcome in handled.failed])
            release(connection, handled.left)
    yield from (outcome for _, outcome in (*handled.sent, *handled.failed))


def _deliver(store: Store, desk: Desk, transport: Transport, handled: _Handled, now: datetime) -> None:
    """Write and deliver claim by claim, moving each from `left` to where it belongs."""
    try:
        while handled.left:
            claim = handled.left[0]
            written, outcome = _write(store, desk, claim, now)
            if written is None:
                handled.failed.append((claim, outcome))
            else:
                mail, envelope = written
                transport.write(envelope)
                handled.sent.append((_sent(claim, mail, envelope, transport), outcome))
            handled.left.pop(0)
    finally:
        try:
            transport.flush()
        except DeliveryError:
            # Nobody can say which of them are on the disk: all are given back, and delivered again as the same files.
            handled.left = [*(sent.claim for sent, _ in handled.sent), *handled.left]
            handled.sent.clear()
            raise


def _write(store: Store, desk: Desk, claim: Claim, now: datetime) -> tuple[tuple[Mail, Envelope] | None, Outcome]:
    """The message of a claim, or None and why there is none."""
    outcome = _outcome(claim.due, "sent", now)
    number = message_id(store, claim.due.step_id, desk.domain)
    try:
        mail = desk.render(claim, now=now)
        content = desk.compose(claim, mail, message_id=number)
    except MessageError as error:
        return None, replace(outcome, kind="failed", detail=str(error))
    except ValueError:  # it repeats the address
        return None, replace(outcome, kind="failed", detail="An address cannot stand in a header.")
    outcome = replace(outcome, detail=mail.subject, member=mail.member, story=mail.story, member_changed=claim.changed)
    return (mail, Envelope(message_id=number, sender="", recipient=claim.due.newcomer.email, content=content)), outcome


def _sent(claim: Claim, mail: Mail, envelope: Envelope, transport: Transport) -> Sent:
    return Sent(
        claim=claim,
        message_id=envelope.message_id,
        transport=transport.name,
        subject=mail.subject,
        language=mail.language,
        member=mail.member,
        story=mail.story,
    )


def _not_sent(batch: Batch, now: datetime) -> Iterator[Outcome]:
    for due, skip in batch.skipped:
        yield _outcome(due, "skipped", now, skip.reason)
    for due, wait in batch.waiting:
        yield _outcome(due, "waits", now, wait.reason)


def _outcome(due: DueStep, kind: OutcomeKind, now: datetime, detail: str = "") -> Outcome:
    name = due.newcomer.name or mask_address(due.newcomer.email)
    return Outcome(at=now, journey=due.journey, moment=due.moment, newcomer=name, kind=kind, detail=detail)


def _retry(outcome: Outcome, now: datetime) -> Wait:
    """A writer mends the message; until then it is tried a few times a day, and expires like any other."""
    return Wait(until=now + RETRY, reason=f"{FAILED}: {outcome.detail}"[:500])


def _record_run(store: Store, report: PassReport, now: datetime) -> None:
    """For `alongside status`: that a pass ran, even one with nothing to do."""
    row = {
        "at": now,
        "sent": report.count("sent"),
        "skipped": report.count("skipped"),
        "planned_again": report.count("waits"),
        "failed": report.count("failed"),
    }
    with store.writing() as connection:
        connection.execute(insert(runs), row)
