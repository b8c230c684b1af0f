"""What the mails do: those who got a journey's mails beside those who were held out of them.

People are compared as they were parted (`delivery.arms`), whatever became of them: who stopped, bounced or never
confirmed counts with those who were to get mail, since leaving them out would compare the willing with everybody. Each
person is looked at for as long, from the instant they were enrolled; whose time is not over yet is counted apart. Who
was on the journey before it had a holdout, or came by writing to a member, has no arm and is not compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import BigInteger, ColumnElement, Connection, Subquery, and_, func, select, type_coerce

from alongside.delivery.arms import choose_arm
from alongside.delivery.intervals import Interval, Share, difference_interval, people_needed
from alongside.delivery.schema import Arm, enrollments, events, messages, newcomers, outcomes, steps
from alongside.model.journeys import Journey

FEWEST_PEOPLE = 30  # in the smaller arm, before anything is said
FEWEST_OUTCOMES = 5  # of both arms together
EXAMPLE = 0.05  # the difference for which it is said how many people it takes
SHORTEST_PACE = timedelta(days=14)  # a pace of less is no pace

Judgement = Literal["too few people", "too few outcomes", "not shown", "shown"]


@dataclass(slots=True, kw_only=True)
class Group:
    """The people of one arm."""

    people: int = 0  # whose time is over
    too_early: int = 0  # whose is not
    did: dict[str, int] = field(default_factory=dict)  # of `people`, within their time, by outcome

    def share(self, outcome: str) -> Share:
        """Those who did that."""
        return Share(count=self.did.get(outcome, 0), of=self.people)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deeds:
    """What became of everybody on a journey, compared or not: people, not mails."""

    people: int
    got_mail: int
    answered: int
    stopped: int  # asked for no more mail of it, or of any; who bounced is not among them
    bounced: int  # there is no such mailbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One outcome in both arms."""

    outcome: str
    mailed: Share
    held_out: Share

    @property
    def judgement(self) -> Judgement:
        """What may be said of it. "shown": an interval of 95% leaves no difference out."""
        if min(self.mailed.of, self.held_out.of) < FEWEST_PEOPLE:
            return "too few people"
        if self.mailed.count + self.held_out.count < FEWEST_OUTCOMES:
            return "too few outcomes"
        return "not shown" if 0.0 in self.interval else "shown"

    @property
    def is_judged(self) -> bool:
        """False where there is too little to say anything."""
        return self.judgement in ("not shown", "shown")

    @property
    def difference(self) -> float:
        """Of rates: with mail minus without."""
        return self.mailed.rate - self.held_out.rate

    @property
    def interval(self) -> Interval:
        """Of that difference."""
        return difference_interval(self.mailed, self.held_out)

    @property
    def known_rate(self) -> float | None:
        """About how many do it without mail; None while that cannot be known.

        Of those without mail where they are enough, else of all.
        """
        together = Share(count=self.mailed.count + self.held_out.count, of=self.mailed.of + self.held_out.of)
        for share in (self.held_out, together):
            if share.of >= FEWEST_PEOPLE and share.count >= FEWEST_OUTCOMES:
                return share.rate
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class JourneyEffect:
    """One journey: who was compared, what they did, what became of everybody."""

    journey: str  # slug
    holdout: int  # per cent, as authored now
    deeds: Deeds
    mailed: Group
    held_out: Group
    comparisons: tuple[Comparison, ...]
    first_over: datetime | None  # when the first one's time is over, past or to come; None: nobody is compared
    # The last one whom today's share would have put into the other arm: it was changed, and this was before. None: it
    # was not, as far as that can be seen.
    changed_after: datetime | None
    per_day: float | None  # people compared who enroll a day; None: not known yet

    @property
    def is_compared(self) -> bool:
        """True where somebody is held out, or was."""
        return bool(self.held_out.people + self.held_out.too_early)

    @property
    def held_out_part(self) -> float:
        """The fraction held out: as authored, else as it was."""
        if self.holdout:
            return self.holdout / 100
        held_out = self.held_out.people + self.held_out.too_early
        together = held_out + self.mailed.people + self.mailed.too_early
        return held_out / together if together else 0.0

    def needed(self, comparison: Comparison) -> int | None:
        """How many people show a difference of five points (`EXAMPLE`); at most, where the rate is not known.

        None where only one arm has people.
        """
        if not 0 < self.held_out_part < 1:
            return None
        rate = comparison.known_rate
        return people_needed(0.5 if rate is None else rate, EXAMPLE, held_out=self.held_out_part)


def told_outcomes(connection: Connection) -> list[str]:
    """The names of all outcomes, in order."""
    return list(connection.scalars(select(outcomes.c.name).distinct().order_by(outcomes.c.name)))


def enrolled_journeys(connection: Connection) -> list[str]:
    """The slugs of journeys somebody is on, in order."""
    return list(connection.scalars(select(enrollments.c.journey).distinct().order_by(enrollments.c.journey)))


def read_effect(
    connection: Connection,
    key: bytes,
    slug: str,
    journey: Journey | None,
    *,
    within: timedelta,
    outcome: str | None = None,
    since: datetime | None = None,
    now: datetime,
) -> JourneyEffect:
    """Count what is known of a journey at `now`. `key`: the store's; `journey`: as authored, None where it is gone.

    `within`: how long after they were enrolled what people did is counted. `outcome`: of that one alone. `since`: of
    those enrolled then or later.
    """
    holdout = journey.holdout if journey is not None else 0
    people = _people(slug, since)
    groups: dict[Arm, Group] = {"treated": Group(), "held out": Group()}
    over = people.c.began + int(within.total_seconds()) <= int(now.timestamp())
    counted = select(people.c.arm, over, func.count(), func.min(people.c.began)).group_by(people.c.arm, over)
    first: int | None = None
    for arm, is_over, count, began in connection.execute(counted.where(people.c.arm != "")):
        if is_over:
            groups[arm].people = count
        else:
            groups[arm].too_early = count
        first = began if first is None else min(first, began)
    for arm, name, count in connection.execute(_did_statement(people, over, within, outcome)):
        groups[arm].did[name] = count
    mailed, held_out = groups["treated"], groups["held out"]
    names = sorted({*mailed.did, *held_out.did}) if outcome is None else [outcome]
    began_at = datetime.fromtimestamp(first, UTC) if first is not None else None
    return JourneyEffect(
        journey=slug,
        holdout=holdout,
        deeds=_read_deeds(connection, people, slug),
        mailed=mailed,
        held_out=held_out,
        comparisons=tuple(
            Comparison(outcome=name, mailed=mailed.share(name), held_out=held_out.share(name)) for name in names
        ),
        first_over=began_at + within if began_at is not None else None,
        changed_after=_last_in_another_arm(connection, key, people, journey) if journey is not None else None,
        per_day=_pace(groups, began_at, now),
    )


def _people(slug: str, since: datetime | None) -> Subquery:
    """Everybody on the journey with the instant they were enrolled, in seconds, which is when they were parted.

    A confirmation moves `enrolled_at`, and only those with mail confirm; what happened when is kept in `events`.
    """
    enrolled = (
        select(events.c.newcomer_id, func.min(type_coerce(events.c.happened_at, BigInteger)).label("began"))
        .where(events.c.kind == "enrolled", events.c.detail == slug)
        .group_by(events.c.newcomer_id)
        .subquery()
    )
    began: ColumnElement[int] = func.coalesce(enrolled.c.began, type_coerce(enrollments.c.enrolled_at, BigInteger))
    statement = (
        select(
            enrollments.c.id,
            enrollments.c.newcomer_id,
            enrollments.c.arm,
            began.label("began"),
        )
        .outerjoin(enrolled, enrolled.c.newcomer_id == enrollments.c.newcomer_id)
        .where(enrollments.c.journey == slug)
    )
    if since is not None:
        statement = statement.where(began >= int(since.timestamp()))
    return statement.subquery("people")


def _did_statement(people: Subquery, over: ColumnElement[bool], within: timedelta, outcome: str | None) -> Any:
    """(arm, outcome, how many people whose time is over did it within that time)."""
    at = type_coerce(outcomes.c.happened_at, BigInteger)
    statement = (
        select(people.c.arm, outcomes.c.name, func.count(people.c.newcomer_id.distinct()))
        .join(outcomes, outcomes.c.newcomer_id == people.c.newcomer_id)
        .where(people.c.arm != "", over, at >= people.c.began, at < people.c.began + int(within.total_seconds()))
        .group_by(people.c.arm, outcomes.c.name)
    )
    return statement if outcome is None else statement.where(outcomes.c.name == outcome)


def _read_deeds(connection: Connection, people: Subquery, slug: str) -> Deeds:
    """Without regard to arms and time."""
    # The questions for a confirmation and to a member are no mails of the journey; their moments begin with "(".
    of_theirs = and_(steps.c.enrollment_id == people.c.id, steps.c.moment.not_like("(%"))
    got_mail = select(steps.c.id).where(of_theirs, steps.c.state == "sent").exists()
    answered = (
        select(messages.c.id)
        .join(steps, steps.c.id == messages.c.step_id)
        .where(of_theirs, messages.c.answered_at.is_not(None))
        .exists()
    )
    happened = and_(
        events.c.newcomer_id == people.c.newcomer_id,
        type_coerce(events.c.happened_at, BigInteger) >= people.c.began,
    )
    bounced = select(events.c.id).where(happened, events.c.kind == "bounced").exists()
    # A bounce stops mail as well. What an event of the product ended, its newcomer did not stop.
    asked = select(events.c.id).where(happened, events.c.kind == "stopped", events.c.detail.in_(("", slug))).exists()
    stopped = and_(asked, ~bounced)
    row = connection.execute(
        select(
            func.count(), *(func.count().filter(condition) for condition in (got_mail, answered, stopped, bounced))
        ).select_from(people)
    ).one()
    return Deeds(people=row[0], got_mail=row[1], answered=row[2], stopped=row[3], bounced=row[4])


def _last_in_another_arm(connection: Connection, key: bytes, people: Subquery, journey: Journey) -> datetime | None:
    """When the last one was enrolled whom today's share would have put into the other arm."""
    if not journey.holdout:
        return None  # nobody was parted since it went, so nothing is mixed
    parted = (
        select(newcomers.c.address, people.c.arm, people.c.began)
        .join(people, people.c.newcomer_id == newcomers.c.id)
        .where(people.c.arm != "")
    )
    other = [began for address, arm, began in connection.execute(parted) if choose_arm(journey, address, key) != arm]
    return datetime.fromtimestamp(max(other), UTC) if other else None


def _pace(groups: Mapping[Arm, Group], began: datetime | None, now: datetime) -> float | None:
    if began is None or now - began < SHORTEST_PACE:
        return None
    return sum(group.people + group.too_early for group in groups.values()) / ((now - began) / timedelta(days=1))
