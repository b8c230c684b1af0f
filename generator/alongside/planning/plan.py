"""The plan: which step goes out when, and who and what each shows to one newcomer.

Between matches and rendering: `plan_sequence` says when, `choose` says who and what. Preview, enrolling and sending
all use these two, so what a team previews is what a newcomer gets.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from operator import is_
from typing import Literal

from alongside.matching.assignment import who_was_met
from alongside.matching.index import MatchIndex
from alongside.matching.matches import why_member
from alongside.matching.memory import Schedule
from alongside.matching.ranking import first, ranked_groups, ranked_meetups, ranked_stories
from alongside.matching.results import Reason
from alongside.matching.seekers import spread_of
from alongside.matching.words import language_of
from alongside.model.community import Community
from alongside.model.gatherings import Group, Meetup
from alongside.model.journeys import Journey, Message, Moment
from alongside.model.people import Challenge, Container, Member, Newcomer
from alongside.model.stories import Story
from alongside.planning.due_times import due_time, expiry_time
from alongside.planning.occurrences import Occurrence, upcoming

NEAR_KM = 100.0  # how near "near" is where no moment of the journey says so
SHOWN = 3  # groups and meetups a moment shows
LOOKED_AT = 50  # stories looked through for one whose voice may be heard

Note = Literal["no-member", "member-unavailable", "no-words", "asks-first", "no-message", "other-language"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStep:
    """One mail of the sequence and its instants, all aware and in UTC."""

    moment: Moment
    due: datetime  # from then on it may go out
    expires: datetime  # after that it is skipped
    ask_first: datetime | None = None  # when the member is asked whether they write it themselves

    @property
    def expired(self) -> bool:
        """True when the mails before it push it past its expiry: it will be skipped."""
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
    day: date  # for which consent and invitations were looked at
    language: str  # of the step: the message's, or for embeds and pages the newcomer's first
    message: Message | None = None  # for mails
    member: Member | None = None  # None: from the team
    words: Words | None = None  # None: they wrote none, so the team introduces them
    story: Story | None = None  # told by the member; in a team's mail by anyone who may be named
    reasons: tuple[Reason, ...] = ()  # why this member, strongest first
    challenge: Challenge | None = None  # the one both share, else the newcomer's first
    groups: tuple[Group, ...] = ()
    meetups: tuple[tuple[Meetup, Occurrence], ...] = ()  # with the date meant, soonest first
    notes: tuple[Note, ...] = ()  # what a team should know
    member_changed: bool = False  # another member wrote to them before, and cannot now: they are told
    met_another: bool = False  # they met another member in an embed, who cannot take them on: they are told, once


def newcomer_zone(newcomer: Newcomer, community: Community) -> str:
    """The IANA zone a newcomer's days are counted in: their own, else their place's, else the community's."""
    place = newcomer.place.zone if newcomer.place is not None else None
    return newcomer.timezone or place or community.timezone


def next_meetups(community: Community, *, now: datetime) -> dict[str, Occurrence]:
    """For each meetup that still happens after `now` (aware): its next occurrence, by the meetup's slug."""
    return {occurrence.meetup: occurrence for occurrence in upcoming(community, now=now)}


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
    moment id, with the instant; they are left out and those after them keep their distance. A step that comes out
    `expired` is skipped when its time comes, so those after it do not wait for it.
    """
    planned: list[PlannedStep] = []
    before = last_sent
    for moment in journey.steps:
        if sent is not None and moment.id in sent:
            before = sent[moment.id] if before is None else max(before, sent[moment.id])
            continue
        due = due_time(moment, enrolled_at=enrolled_at, zone=zone, last_sent=before)
        step = PlannedStep(
            moment=moment,
            due=due,
            expires=expiry_time(moment, enrolled_at=enrolled_at, zone=zone),
            ask_first=asked_at(moment, due=due, enrolled_at=enrolled_at),
        )
        planned.append(step)
        if not step.expired:
            before = due
    return tuple(planned)


def asked_at(moment: Moment, *, due: datetime, enrolled_at: datetime) -> datetime | None:
    """When the member is asked: `ask_first` before the mail, but not before there was anybody to write to."""
    if moment.ask_first is None or moment.sender != "member":
        return None
    return max(due - moment.ask_first, enrolled_at.astimezone(UTC))


def is_another(community: Community, journey: Journey, moment: Moment, newcomer: Newcomer, member: str) -> bool:
    """True when the first mail from a member comes from another than `newcomer` met in an embed, which it then says.

    `member`: slug of who writes; empty: the team does, as nobody has room, and says it in the journey's first such
    mail alone. That no member wrote to them before, on any journey, is the caller's to know.
    """
    if moment.where != "mail" or moment.sender != "member":
        return False
    met = who_was_met(community, newcomer)
    return bool(met) and member not in met and (bool(member) or moment is _first_from_member(journey))


def _first_from_member(journey: Journey) -> Moment | None:
    return next((mail for mail in journey.steps if mail.sender == "member"), None)


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

    `member`: slug of the member assigned to them (from `matching.assignment.assign_member`), None for nobody; one who
    does not allow this container on `day` is not used. `upcoming`: from `next_meetups` at that instant. What is
    missing never raises: `notes` say it.

    Which words (honest voice, rule 1): the first mail `from: member` of a journey uses the story's `welcome:`, else
    the member's `## Welcome`; every later one uses their `## Check-in`.
    """
    profile, schedule = index.memory.profile(newcomer), index.memory.schedule(upcoming, index.meetups.numbers)
    key, known = (journey.slug, moment.id, member or "", day), (community, journey, moment)
    voiced = profile.steps.get(key)
    if not isinstance(voiced, _Voiced) or not all(map(is_, voiced.known, known)):
        voiced, settled = _voice(community, index, journey, moment, newcomer, member, day)
        if settled:
            profile.steps.put(key, voiced)
    elif voiced.schedule is schedule and voiced.content is not None:
        return voiced.content
    spread, near_km = spread_of(newcomer), voiced.near_km
    groups = ranked_groups(index, profile, near_km)
    meetups = ranked_meetups(index, profile, near_km, upcoming)
    dates = [index.meetups.candidates[number].slug for number in first(index.meetups, meetups, spread, SHOWN)]
    dates.sort(key=lambda slug: (upcoming[slug].instant, slug))
    content = StepContent(
        journey=journey,
        moment=moment,
        day=day,
        language=voiced.language,
        message=voiced.message,
        member=voiced.member,
        words=voiced.words,
        story=voiced.story,
        reasons=voiced.reasons,
        challenge=voiced.challenge,
        groups=tuple(
            [
                community.groups[index.groups.candidates[number].slug]
                for number in first(index.groups, groups, spread, SHOWN)
            ]
        ),
        meetups=tuple([(community.meetups[slug], upcoming[slug]) for slug in dates]),
        notes=voiced.notes,
    )
    if groups.is_settled(SHOWN) and meetups.is_settled(SHOWN):
        voiced.content, voiced.schedule = content, schedule
    return content


@dataclass(slots=True, eq=False)
class _Voiced:
    """Who speaks in a step and what they say: the same for all who say the same, unless stories fit equally well."""

    known: tuple[Community, Journey, Moment]  # a preview may ask for others under the same names
    language: str
    message: Message | None
    member: Member | None
    words: Words | None
    story: Story | None
    reasons: tuple[Reason, ...]
    challenge: Challenge | None
    notes: tuple[Note, ...]
    near_km: float
    content: StepContent | None = None  # the whole step, where no newcomer's id decides what it shows
    schedule: Schedule | None = None  # the dates that `content` was chosen from


def _voice(
    community: Community,
    index: MatchIndex,
    journey: Journey,
    moment: Moment,
    newcomer: Newcomer,
    slug: str | None,
    day: date,
) -> tuple[_Voiced, bool]:
    """(who speaks and what they say, whether that is so for all who say the same)."""
    container: Container = moment.where
    member, notes = _member(community, moment, slug, container, day)
    message, language = _message(moment, newcomer, community)
    story, settled = _story(index, member, newcomer, language, container, day)
    words = _words(journey, moment, member, story, newcomer, language) if member is not None else None
    reasons = why_member(index, newcomer, member.slug) if member is not None else ()
    voiced = _Voiced(
        known=(community, journey, moment),
        language=language,
        message=message,
        member=member,
        words=words,
        story=story,
        reasons=reasons,
        challenge=_challenge(community, newcomer, reasons),
        notes=(*notes, *_notes(moment, newcomer, language, message, member, words)),
        near_km=_near_km(journey, moment),
    )
    return voiced, settled


def _member(
    community: Community, moment: Moment, slug: str | None, container: Container, day: date
) -> tuple[Member | None, tuple[Note, ...]]:
    """The member, where the moment shows one and they allow it on that day."""
    if moment.where == "mail" and moment.sender == "team":
        return None, ()
    member = community.members.get(community.resolve_member(slug or ""))
    if member is None:
        return None, ("no-member",)
    if not member.allows(container, day):
        return None, ("member-unavailable",)
    return member, ()


def _message(moment: Moment, newcomer: Newcomer, community: Community) -> tuple[Message | None, str]:
    """The message in the newcomer's first language that it exists in, else its default; and the step's language."""
    if moment.where != "mail" or not moment.messages:
        return None, next(iter(newcomer.languages), community.language)
    for wanted in newcomer.languages:
        folded, language = wanted.casefold(), language_of(wanted)
        for tag, message in moment.messages.items():
            if tag.casefold() == folded:
                return message, tag
        for tag, message in moment.messages.items():
            if language_of(tag) == language:
                return message, tag
    default, message = next(iter(moment.messages.items()))
    return message, default


def _story(
    index: MatchIndex, member: Member | None, newcomer: Newcomer, language: str, container: Container, day: date
) -> tuple[Story | None, bool]:
    """The story that fits the newcomer best of those whose voice is `member` (of all named voices, without one).

    And whether it is the same for all who say the same.
    """
    community = index.community
    voice = index.memory.voice(member.slug, container, day) if member is not None else None

    def voiced(story: Story) -> bool:
        return story.slug in voice.stories if voice is not None else bool(community.tellers(story, container, day))

    ranking = ranked_stories(index, index.memory.profile(newcomer), voice.among if voice is not None else None)
    languages = [language_of(tag) for tag in (*newcomer.languages, language)]
    looked_at = 0
    for looked_at, number in enumerate(first(index.stories, ranking, spread_of(newcomer), LOOKED_AT), 1):
        original = community.stories[index.stories.candidates[number].slug]
        found = _version(community, original, languages, voiced=voiced)
        if found is not None:
            return found, ranking.is_settled(looked_at)
    return None, ranking.is_settled(looked_at)


def _version(
    community: Community, story: Story, languages: Sequence[str], *, voiced: Callable[[Story], bool]
) -> Story | None:
    """The version of `story` in the first of `languages` (no regions) that the voice tells it in, else any of them."""
    original = community.stories.get(story.translation_of, story)
    all_versions = (story, original, *community.translations_of.get(original.slug, ()))
    versions = [version for version in all_versions if version.status == "published" and voiced(version)]
    for wanted in languages:
        for version in versions:
            if language_of(version.language) == wanted:
                return version
    return next(iter(versions), None)


def _words(
    journey: Journey, moment: Moment, member: Member, story: Story | None, newcomer: Newcomer, language: str
) -> Words | None:
    """The member's own words for this step, or None where they wrote none."""
    first = _first_from_member(journey) or moment
    welcomes = moment.where != "mail" or moment.id == first.id
    if welcomes and story is not None and story.welcome.strip():
        source = story.position.path
        return Words(text=story.welcome.strip(), language=story.language, markdown=False, source=source)
    wanted = [language_of(tag) for tag in (language, *newcomer.languages)]
    # Those in languages not wanted come last, in their own order.
    for page in sorted(member.pages.values(), key=lambda page: _place(wanted, language_of(page.language))):
        text = (page.welcome if welcomes else page.check_in).strip()
        if text:
            return Words(text=text, language=page.language, markdown=True, source=page.position.path)
    return None


def _place(wanted: Sequence[str], offered: str) -> int:
    """The first place of `offered` among `wanted`; the one after the last, where it is not there."""
    return wanted.index(offered) if offered in wanted else len(wanted)


def _challenge(community: Community, newcomer: Newcomer, reasons: tuple[Reason, ...]) -> Challenge | None:
    shared = [reason.value for reason in reasons if reason.kind == "challenge"]
    named = (slug for slug in (*shared, *newcomer.challenges) if slug in community.challenges)
    return next((community.challenges[slug] for slug in named), None)


def _notes(
    moment: Moment,
    newcomer: Newcomer,
    language: str,
    message: Message | None,
    member: Member | None,
    words: Words | None,
) -> tuple[Note, ...]:
    notes: list[Note] = []
    if moment.where == "mail":
        if message is None:
            notes.append("no-message")
        elif newcomer.languages and language_of(newcomer.languages[0]) != language_of(language):
            notes.append("other-language")
        if moment.ask_first is not None and member is not None:
            notes.append("asks-first")
    if member is not None and words is None:
        notes.append("no-words")
    return tuple(notes)


def _near_km(journey: Journey, moment: Moment) -> float:
    """How near gatherings must be: what the moment says, else another moment of the journey, else 100 km."""
    said = (other.near_km for other in (moment, *journey.moments) if other.near_km is not None)
    return next(said, NEAR_KM)
