"""The plan: which step goes out when, and who and what each shows to one newcomer.

Between matches and rendering: `plan_sequence` says when, `choose` says who and what. Preview, enrolling and sending
all use these two, so what a team previews is what a newcomer gets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from alongside.matching.index import MatchIndex
from alongside.matching.matches import Reason
from alongside.model.community import Community
from alongside.model.gatherings import Group, Meetup
from alongside.model.journeys import Journey, Message, Moment
from alongside.model.people import Challenge, Member, Newcomer
from alongside.model.stories import Story
from alongside.planning.occurrences import Occurrence


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStep:
    """One mail of the sequence and its instants, all aware and in UTC."""

    moment: Moment
    due: datetime  # from then on it may go out
    expires: datetime  # after that it is skipped
    ask_first: datetime | None = None  # when the member is asked whether they write it themselves

    @property
    def expired(self) -> bool:
        """True when the gaps of earlier mails push it past its expiry: it will be skipped."""
        return self.due > self.expires


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A member's own words, chosen for one step."""

    text: str  # plain paragraphs for a story's excerpt, else Markdown
    language: str
    markdown: bool  # False: a story's `welcome:`, which is plain text
    source: str = ""  # path of their file below docs_dir, which relative links count from


@dataclass(frozen=True, slots=True, kw_only=True)
class StepContent:
    """Who and what one step shows to one newcomer. Records, not texts: rendering puts them into words."""

    journey: Journey
    moment: Moment
    language: str  # of the step: the message's, or for embeds and pages the newcomer's first
    message: Message | None = None  # for mails
    member: Member | None = None  # None: from the team
    words: Words | None = None  # None: they wrote none, so the team introduces them
    story: Story | None = None  # told by the member
    reasons: tuple[Reason, ...] = ()  # why this member, strongest first
    challenge: Challenge | None = None  # the one both share, else the newcomer's first
    groups: tuple[Group, ...] = ()
    meetups: tuple[tuple[Meetup, Occurrence], ...] = ()  # with the date meant
    notes: tuple[str, ...] = ()  # codes of what a team should know: "no-member", "no-words", "member-unavailable", ...


def newcomer_zone(newcomer: Newcomer, community: Community) -> str:
    """The IANA zone a newcomer's days are counted in: their own, else their place's, else the community's."""
    place = newcomer.place.zone if newcomer.place is not None else None
    return newcomer.timezone or place or community.timezone


def next_meetups(community: Community, *, now: datetime) -> dict[str, Occurrence]:
    """For each meetup that still happens after `now`: its next occurrence, by slug."""
    raise NotImplementedError


def plan_sequence(
    journey: Journey,
    *,
    enrolled_at: datetime,
    zone: str,
    last_sent: datetime | None = None,
    sent: Mapping[str, datetime] | None = None,
) -> tuple[PlannedStep, ...]:
    """Every mail of `journey` in authored order, each after the one before and at least its gap apart.

    `last_sent`: the last mail of any other journey to the same person. `sent`: steps that went out already, by
    moment id, with the instant; they are left out and those after them keep their distance.
    """
    raise NotImplementedError


def choose(
    community: Community,
    index: MatchIndex,
    *,
    journey: Journey,
    moment: Moment,
    newcomer: Newcomer,
    member: str | None,
    upcoming: Mapping[str, Occurrence],
    day: date,
) -> StepContent:
    """Who and what `moment` shows to `newcomer` on `day`.

    `member`: slug of the member assigned to them (from `matching.assignment.assign_member`), None for nobody.
    `upcoming`: from `next_meetups` at that instant. Never raises for what is missing: `notes` say it.
    """
    raise NotImplementedError
