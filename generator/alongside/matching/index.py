"""The community prepared for matching: words, vectors and tags of each record, worked out once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from alongside.matching.memory import Memory
from alongside.matching.nearness import Vector, vector_of
from alongside.matching.spreading import Spread
from alongside.matching.vectors import Corpus
from alongside.matching.words import count_words, fold, language_of
from alongside.model.community import Community
from alongside.model.gatherings import Group, Meetup
from alongside.model.people import Member
from alongside.model.places import Place
from alongside.model.stories import Story


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A record as matching sees it."""

    slug: str
    challenges: frozenset[str]
    topics: frozenset[str]  # folded
    roles: frozenset[str]  # folded
    languages: frozenset[str]  # without regions; empty: not known
    country: str  # ISO 3166-1 alpha-2, or empty
    place: str  # what people call it
    vector: Vector | None
    zone: str
    online: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """The candidates of one kind, with their texts and how many of them carry each tag."""

    candidates: tuple[Candidate, ...]
    corpus: Corpus
    tags: Counter[tuple[str, str]]  # ("challenge", slug) -> how many carry it
    numbers: Mapping[str, int]  # slug -> its number
    spread: Spread


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchIndex:
    """All a match needs; made once from a community, for one day."""

    community: Community
    day: date
    members: Pool  # active, and with consent for anything at all on that day
    stories: Pool  # published originals; a translation counts with its original
    groups: Pool  # not retired
    meetups: Pool  # not cancelled
    memory: Memory = field(compare=False, repr=False)  # of what was worked out; it changes no result


def build_index(community: Community, *, today: date) -> MatchIndex:
    """Prepare `community` for matching on `today` (consent and status are those of that day)."""
    members = [
        member
        for member in community.members.values()
        if member.status == "active" and any(member.allows(container, today) for container in ("page", "embed", "mail"))
    ]
    stories = [
        story
        for story in community.stories.values()
        if story.status == "published" and not _is_published(community, story.translation_of)
    ]
    groups = [group for group in community.groups.values() if group.status != "retired"]
    meetups = [meetup for meetup in community.meetups.values() if meetup.status != "cancelled"]
    sizes = (len(members), len(stories), len(groups), len(meetups))
    told = {slug: count_words(_story_text(story)) for slug, story in community.stories.items()}
    return MatchIndex(
        community=community,
        day=today,
        members=_pool((_member(member), _member_words(member, community, told)) for member in members),
        stories=_pool((_story(story, community), told[story.slug]) for story in stories),
        groups=_pool((_gathering(group), count_words(_group_text(group))) for group in groups),
        meetups=_pool((_meetup(meetup, community), count_words(_meetup_text(meetup, community))) for meetup in meetups),
        memory=Memory(community, candidates=sum(sizes)),
    )


def _is_published(community: Community, slug: str) -> bool:
    story = community.stories.get(slug)
    return story is not None and story.status == "published"


def _pool(entries: Iterable[tuple[Candidate, Counter[str]]]) -> Pool:
    candidates: list[Candidate] = []
    documents: list[Counter[str]] = []
    tags: Counter[tuple[str, str]] = Counter()
    for candidate, counts in entries:
        candidates.append(candidate)
        documents.append(counts)
        for kind, values in (
            ("challenge", candidate.challenges),
            ("topic", candidate.topics),
            ("role", candidate.roles),
        ):
            tags.update((kind, value) for value in values)
    numbers = {candidate.slug: number for number, candidate in enumerate(candidates)}
    return Pool(
        candidates=tuple(candidates),
        corpus=Corpus.of(documents),
        tags=tags,
        numbers=numbers,
        spread=Spread.of([candidate.slug for candidate in candidates]),
    )


def _folded(values: Iterable[str]) -> frozenset[str]:
    return frozenset(fold(value) for value in values)


def _where(place: Place | None) -> tuple[str, str, Vector | None]:
    return (place.country, place.name, vector_of(place)) if place is not None else ("", "", None)


def _member(member: Member) -> Candidate:
    country, name, vector = _where(member.place)
    return Candidate(
        slug=member.slug,
        challenges=frozenset(member.challenges),
        topics=_folded(member.topics),
        roles=_folded(member.roles),
        languages=frozenset(map(language_of, member.languages)),
        country=country,
        place=name,
        vector=vector,
        zone=member.timezone,
    )


def _member_words(member: Member, community: Community, told: Mapping[str, Counter[str]]) -> Counter[str]:
    """What they say of themselves and tell in stories, as words."""
    parts = [" ".join(member.roles), " ".join(member.topics)]
    parts += [community.challenges[slug].title.text("en") for slug in member.challenges if slug in community.challenges]
    for page in member.pages.values():
        parts += [page.bio, page.welcome]
    counts = count_words("\n".join(parts))
    for story in community.stories_of.get(member.slug, ()):
        counts.update(told[story.slug])
    return counts


def _story(story: Story, community: Community) -> Candidate:
    others = community.translations_of.get(story.slug, ())
    return Candidate(
        slug=story.slug,
        challenges=frozenset(story.challenges),
        topics=_folded(story.topics),
        roles=_folded(story.roles),
        languages=frozenset(language_of(version.language) for version in (story, *others)),
        country="",
        place="",
        vector=None,
        zone="",
    )


def _story_text(story: Story) -> str:
    return "\n".join((story.title, " ".join(story.topics), " ".join(story.roles), story.welcome, story.body))


def _gathering(group: Group) -> Candidate:
    country, name, vector = _where(group.place)
    return Candidate(
        slug=group.slug,
        challenges=frozenset(group.challenges),
        topics=_folded(group.topics),
        roles=frozenset(),
        languages=frozenset(map(language_of, group.languages)),
        country=country,
        place=name,
        vector=vector,
        zone=group.timezone or "",
        online=group.place is None,
    )


def _group_text(group: Group) -> str:
    return "\n".join((*(text for _, text in group.name.versions), " ".join(group.topics), group.body))


def _meetup(meetup: Meetup, community: Community) -> Candidate:
    group = community.groups.get(meetup.group)
    # A meetup that is online only is nowhere on the map, whatever its group's place.
    place = meetup.place or (group.place if group is not None and not meetup.online else None)
    country, name, vector = _where(place)
    tags = group.challenges if group is not None else ()
    languages = meetup.languages or (group.languages if group is not None else ())
    return Candidate(
        slug=meetup.slug,
        challenges=frozenset((*meetup.challenges, *tags)),
        topics=_folded((*meetup.topics, *(group.topics if group is not None else ()))),
        roles=frozenset(),
        languages=frozenset(map(language_of, languages)),
        country=country,
        place=name,
        vector=vector,
        zone=meetup.timezone,
        online=meetup.online or place is None,
    )


def _meetup_text(meetup: Meetup, community: Community) -> str:
    parts = [*(text for _, text in meetup.title.versions), " ".join(meetup.topics), meetup.body]
    if meetup.group in community.groups:
        parts.append(str(community.groups[meetup.group].name))
    return "\n".join(parts)
