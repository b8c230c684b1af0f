"""What becomes of a step when its time has come: it goes out, it is skipped, or it waits. Pure rules, no store.

They are asked when a step is claimed, not when it was planned: in between people stop, answer, or move, members
leave, and writers change the journey.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from alongside.delivery.schema import CONFIRMATION
from alongside.model.community import Community
from alongside.model.people import Newcomer
from alongside.planning.due_times import due_time, expiry_time, next_opening
from alongside.planning.plan import newcomer_zone

CONFIRMATION_EXPIRES = timedelta(days=3)  # later than that it would come out of the blue


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
    attempts: int = 0  # how often a server put it off
    writer: str = ""  # slug of the member whose mail they got last; empty: none so far
    suppressed: bool
    last_mail: datetime | None  # any mail to them, sent or being sent
    events: frozenset[str]  # kinds: "replied", "talked", ...
    thread: str  # Message-ID of the enrollment's first mail; empty: none yet


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
    moment = community.journeys[due.journey].moment(due.moment)
    if moment is None or moment.where != "mail":
        return Skip(reason="no longer in the journey")
    for rule in sorted(moment.stop_when):
        if rule in due.events:
            return Skip(reason=rule)
    zone = known_zone(due.newcomer, community)
    if now > expiry_time(moment, enrolled_at=due.enrolled_at, zone=zone):
        return Skip(reason="expired")
    opens = due_time(moment, enrolled_at=due.enrolled_at, zone=zone, last_sent=last_mail)
    if opens <= now:
        opens = next_opening(now, window=moment.window, zone=zone)
    if opens <= now:
        return None
    gap_ends = last_mail + moment.gap if last_mail is not None else now
    reason = "too soon after another mail" if gap_ends > now else "outside its window"
    return Wait(until=opens, reason=reason, keeps_date=due.dated_at is not None)


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
