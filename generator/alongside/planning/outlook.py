"""What ends or grows old: consents, invitations, stories; what a community sees coming before it is missed.

Beside `planning.coverage`. Asked by the command that tells of coverage and by the weekly mail to teams.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from alongside.matching.words import language_of
from alongside.model.community import Community
from alongside.model.gatherings import Chat, Group
from alongside.model.journeys import Journey, Moment
from alongside.model.people import Challenge, Member
from alongside.model.stories import Story
from alongside.reading.checks import years_before

FAR = timedelta(days=90)  # consents and invitations that end within
OLD_YEARS = 2  # a story of before then is told of


@dataclass(frozen=True, slots=True, kw_only=True)
class Untranslated:
    """Mails of one journey that readers of one language get in another."""

    language: str  # tag without a region
    journey: Journey
    steps: tuple[Moment, ...]  # those without a translation


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What a member offered and what they have."""

    member: Member  # active, with consent; who welcomes nobody and has nobody is left out
    taken: int | None  # newcomers of the last seven days; None: nobody counted
    is_full: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """All that ends or grows old, as of one day."""

    day: date
    consents: tuple[tuple[date, Member], ...]  # that end within `FAR`, or have ended
    chats: tuple[tuple[date, Group, Chat], ...]  # the same
    old_stories: tuple[Story, ...]  # older than `OLD_YEARS`
    newest_stories: Mapping[str, Story | None]  # by challenge
    loads: tuple[Load, ...]
    untranslated: tuple[Untranslated, ...]


def look_ahead(community: Community, *, day: date, load: Mapping[str, int] | None, languages: Iterable[str]) -> Outlook:
    """What a community sees coming on `day`.

    `load`: newcomers each member took on in the last seven days; None where nobody counts them, and only who was full
    as of the last `alongside refresh` is known. `languages` (tags without regions): those that newcomers read.
    """
    return Outlook(
        day=day,
        consents=tuple(consents_by_end(community, until=day + FAR)),
        chats=tuple(chats_by_end(community, until=day + FAR)),
        old_stories=tuple(stories_before(community, years_before(day, OLD_YEARS))),
        newest_stories=newest_stories(community),
        loads=tuple(_loads(community, day, load)),
        untranslated=tuple(untranslated(community, languages)),
    )


def _loads(community: Community, day: date, load: Mapping[str, int] | None) -> Iterator[Load]:
    for slug, member in community.members.items():
        taken = load.get(slug, 0) if load is not None else None
        if (member.welcomes or taken) and (member.allows("mail", day) or member.allows("embed", day)):
            is_full = community.is_full(slug, day) if taken is None else taken >= member.welcomes
            yield Load(member=member, taken=taken, is_full=is_full)


def consents_by_end(community: Community, *, until: date) -> list[tuple[date, Member]]:
    """The consents of active members that end on `until` or before, or have ended: the first to end first."""
    found = (
        (member.consent.until, member)
        for member in community.members.values()
        if member.status == "active" and member.consent is not None and member.consent.until is not None
    )
    return sorted((pair for pair in found if pair[0] <= until), key=lambda pair: (pair[0], pair[1].name, pair[1].slug))


def chats_by_end(community: Community, *, until: date) -> list[tuple[date, Group, Chat]]:
    """The invitations to chats that end on `until` or before, or have ended: the first to end first.

    Their end is what the group's file says, or earlier where the platform was asked and said so.
    """
    found = []
    for group in community.groups.values():
        facts = community.group_facts.get(group.slug)
        for chat in group.chat if group.status != "retired" else ():
            link = facts.link(chat.url) if facts is not None else None
            ends = [day for day in (chat.expires, link.expires if link is not None else None) if day is not None]
            if ends and min(ends) <= until:
                found.append((min(ends), group, chat))
    return sorted(found, key=lambda one: (one[0], str(one[1].name), one[1].slug))


def stories_before(community: Community, day: date) -> list[Story]:
    """The published originals that are dated before `day`, the oldest first."""
    found = (story for story in _published(community) if story.date < day and not story.translation_of)
    return sorted(found, key=lambda story: (story.date, story.title))


def newest_stories(community: Community) -> Mapping[str, Story | None]:
    """For each challenge, in its order, the newest published story about it; None: there is none at all."""
    newest: dict[str, Story | None] = dict.fromkeys(community.challenges)
    for story in _published(community):
        for challenge in story.challenges:
            known = newest.get(challenge)
            if challenge in newest and (known is None or story.date > known.date):
                newest[challenge] = story
    return newest


def untold_challenges(community: Community) -> list[Challenge]:
    """The challenges that no published story is about."""
    newest = newest_stories(community)
    return [challenge for slug, challenge in community.challenges.items() if newest[slug] is None]


def untranslated(community: Community, languages: Iterable[str]) -> Iterator[Untranslated]:
    """The mails that readers of `languages` (tags without regions) would get in another language."""
    languages = tuple(languages)
    for journey in community.journeys.values():
        for language in languages:
            steps = tuple(step for step in journey.steps if not _is_written_in(language, step.messages))
            if steps:
                yield Untranslated(language=language, journey=journey, steps=steps)


def _is_written_in(language: str, tags: Collection[str]) -> bool:
    return not tags or language in map(language_of, tags)


def _published(community: Community) -> Iterator[Story]:
    return (story for story in community.stories.values() if story.status == "published")
