"""What becomes of a step when its time has come: it goes out, it is skipped, or it waits. Pure rules, no store.

They are asked when a step is claimed, not when it was planned: in between people stop, answer, or move, members
leave, and writers change the journey.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from alongside.delivery.schema import ASK, CONFIRMATION, asked_moment
from alongside.model.community import Community
from alongside.model.journeys import Moment
from alongside.model.people import Newcomer
from alongside.planning.due_times import due_time, expiry_time, next_opening
from alongside.planning.plan import newcomer_zone

CONFIRMATION_EXPIRES = timedelta(days=3)  # later than that it would come out of the blue


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a member is asked about."""

    step_id: int  # of the mail they may write
    due_at: datetime  # when it goes out
    is_open: bool  # it has not gone out, and may
    last: str = ""  # what the newcomer wrote to them last; empty: nothing, or it was deleted


@dataclass(frozen=True, slots=True, kw_only=True)
class DueStep:
    """A step whose time has come, with what the store knows of its newcomer."""

    step_id: int
    enrollment_id: int
    newcomer_id: int
    journey: str  # slug
    moment: str  # id
    enrolled_at: datetime
    enrollment_state: str
    dated_at: datetime | None  # the mail's Date, if an earlier pass claimed it and never came back
    newcomer: Newcomer
    domain: str = ""  # of their address, in A-labels
    member: str  # slug of who welcomes them so far; empty: nobody yet
    generation: int = 0  # of the links to their page
    pace_days: int = 0  # at least so many between two mails, as they asked; 0: as the journey has it
    attempts: int = 0  # how often a server put it off
    writer: str = ""  # slug of the member whose mail they got last; empty: none so far
    suppressed: bool
    last_mail: datetime | None  # any mail to them, sent or being sent
    events: frozenset[str]  # kinds: "replied", "talked", ...
    thread: str  # Message-ID of the enrollment's first mail; empty: none yet
    contact: str = ""  # the member's address, where this mail may go to them or answers to it are passed on
    ended: frozenset[str] = frozenset()  # slugs of members with whom they do not write any more: one of them ended it
    ask: Ask | None = None  # of a mail that asks the member
    asked: str = ""  # what the member answered about this mail (`schema.AskAnswer`); empty: nothing, or nobody asked
    away_until: datetime | None = None  # when they are back, where that was the answer

    @property
    def is_to_newcomer(self) -> bool:
        """False for the mail that asks the member."""
        return not self.moment.startswith(ASK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """It will not go out."""

    reason: str  # a word or two, counted by `alongside status`


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """It is planned again."""

    until: datetime
    reason: str
    keeps_date: bool = False  # it may have arrived: should it go out again, then as the same mail


def decide(due: DueStep, *, community: Community, now: datetime, last_mail: datetime | None) -> Skip | Wait | None:
    """Whether `due` goes out at `now`: None, or what becomes of it instead.

    `last_mail`: the last mail to the same person, with those of this very pass. The journey is known to exist.
    """
    if due.enrollment_state == "stopped" or due.suppressed:
        return Skip(reason="stopped")
    if due.moment == CONFIRMATION:
        return _decide_confirmation(due, now)
    moment = community.journeys[due.journey].moment(asked_moment(due.moment) or due.moment)
    if moment is None or moment.where != "mail":
        return Skip(reason="no longer in the journey")
    for rule in sorted(moment.stop_when):
        if rule in due.events:
            return Skip(reason=rule)
    if moment.sender == "member" and due.member in due.ended:
        return Skip(reason="they ended the conversation")
    zone = known_zone(due.newcomer, community)
    if not due.is_to_newcomer:
        return _decide_ask(due, moment, community, now)
    expires = expiry_time(moment, enrolled_at=due.enrolled_at, zone=zone)
    if now > expires:
        return Skip(reason="expired")
    if due.asked == "wrote":
        return Skip(reason="the member wrote it")
    if due.asked == "skip":
        return Skip(reason="the member said not now")
    if due.asked == "away" and due.away_until is not None and due.away_until > now:
        if due.away_until > expires:
            return Skip(reason="the member is away")
        return Wait(until=due.away_until, reason="the member is away", keeps_date=due.dated_at is not None)
    moment = at_pace(moment, due.pace_days)
    opens = due_time(moment, enrolled_at=due.enrolled_at, zone=zone, last_sent=last_mail)
    if opens <= now:
        opens = next_opening(now, window=moment.window, zone=zone)
    if opens <= now:
        return None
    gap_ends = last_mail + moment.gap if last_mail is not None else now
    reason = "too soon after another mail" if gap_ends > now else "outside its window"
    return Wait(until=opens, reason=reason, keeps_date=due.dated_at is not None)


def at_pace(moment: Moment, days: int) -> Moment:
    """`moment`, at least so many days after any other mail to the same person."""
    gap = timedelta(days=days)
    return replace(moment, gap=gap) if gap > moment.gap else moment


def _decide_ask(due: DueStep, moment: Moment, community: Community, now: datetime) -> Skip | None:
    """The mail that asks the member goes out while there is time for an answer, and somebody to ask."""
    if moment.ask_first is None:
        return Skip(reason="no longer in the journey")
    if due.asked:
        return Skip(reason="answered already")
    if due.ask is None or not due.ask.is_open:
        return Skip(reason="too late to ask")
    member = community.members.get(due.member)
    if member is None:
        return Skip(reason="nobody to ask")
    if not member.allows("mail", now.date()) or member.is_away(now.date()):
        return Skip(reason="the member is away" if member.is_away(now.date()) else "nobody to ask")
    if not due.contact:
        return Skip(reason="no address of the member")
    return Skip(reason="too late to ask") if now >= due.ask.due_at else None


def _decide_confirmation(due: DueStep, now: datetime) -> Skip | None:
    """The mail that asks for a confirmation goes out at any hour: they are waiting for it."""
    if due.enrollment_state != "awaiting confirmation":
        return Skip(reason="confirmed already")
    return Skip(reason="expired") if now > due.enrolled_at + CONFIRMATION_EXPIRES else None


def known_zone(newcomer: Newcomer, community: Community) -> str:
    """The newcomer's zone; the community's, should the machine that sends not know theirs."""
    zone = newcomer_zone(newcomer, community)
    return zone if _is_known(zone) else community.timezone


@lru_cache(maxsize=1024)
def _is_known(zone: str) -> bool:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the name of a folder
        return False
    return True
