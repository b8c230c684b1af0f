"""The community prepared for matching: words, vectors and tags of each record, worked out once."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from alongside.matching.memory import Memory, Tables
from alongside.matching.nearness import Vector, vector_of
from alongside.matching.results import Tag
from alongside.matching.spreading import Spread
from alongside.matching.vectors import Corpus, Document, inverse_document_frequency
from alongside.matching.weights import WEIGHTS
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
    tags: frozenset[Tag]  # challenges, topics and roles; the latter two folded
    languages: frozenset[str]  # without regions; empty: not known
    country: str  # ISO 3166-1 alpha-2, or empty
    place: str  # what people call it
    vector: Vector | None
    zone: str
    online: bool = False


@dataclass(frozen=True, slots=True)
class Carriers:
    """The candidates of a pool that carry one tag."""

    points: int  # for sharing it
    numbers: array[int]


@dataclass(frozen=True, slots=True)
class Kinds:
    """The candidates of a pool by what one rule looks at, so that it is asked once for all that are alike."""

    examples: tuple[Candidate, ...]  # one of each kind
    kind_of: array[int]  # of each candidate: the number of its example

    @classmethod
    def of(cls, candidates: Iterable[Candidate], seen: Callable[[Candidate], Hashable]) -> Kinds:
        """The kinds that `seen` tells apart."""
        numbers: dict[Hashable, int] = {}
        examples: list[Candidate] = []
        kind_of = array("I")
        for candidate in candidates:
            kind = numbers.setdefault(seen(candidate), len(examples))
            if kind == len(examples):
                examples.append(candidate)
            kind_of.append(kind)
        return cls(tuple(examples), kind_of)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """The candidates of one kind, with their texts and who of them carries each tag."""

    candidates: tuple[Candidate, ...]
    corpus: Corpus
    carriers: Mapping[Tag, Carriers]
    by_languages: Kinds
    by_place: Kinds
    numbers: Mapping[str, int]  # slug -> its number
    spread: Spread
    tables: Tables = field(compare=False, repr=False)  # of points worked out; they change no result


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
        if story.status == "published" and not is_published(community, story.translation_of)
    ]
    groups = [group for group in community.groups.values() if group.status != "retired"]
    meetups = [meetup for meetup in community.meetups.values() if meetup.status != "cancelled"]
    sizes = (len(members), len(stories), len(groups), len(meetups))
    told = {slug: count_words(story_text(story)) for slug, story in community.stories.items()}
    return MatchIndex(
        community=community,
        day=today,
        members=pool_of((member_candidate(member), member_versions(member, community, told)) for member in members),
        stories=pool_of(
            (story_candidate(story, community), story_versions(story, community, told)) for story in stories
        ),
        groups=pool_of((group_candidate(group), [count_words(group_text(group))]) for group in groups),
        meetups=pool_of(
            (meetup_candidate(meetup, community), [count_words(meetup_text(meetup, community))]) for meetup in meetups
        ),
        memory=Memory(community, candidates=sum(sizes)),
    )


def is_published(community: Community, slug: str) -> bool:
    story = community.stories.get(slug)
    return story is not None and story.status == "published"


def pool_of(
    entries: Iterable[tuple[Candidate, Document]], *, words: int | None = None, translated_words: int = 0
) -> Pool:
    """A pool of candidates, each with the words of its text and of that text's translations.

    Of these only the `words` that find it best count, and so many of each translation.
    """
    candidates: list[Candidate] = []
    documents: list[Document] = []
    carrying: dict[Tag, array[int]] = {}
    for number, (candidate, document) in enumerate(entries):
        candidates.append(candidate)
        documents.append(document)
        for tag in candidate.tags:
            carrying.setdefault(tag, array("I")).append(number)
    corpus = Corpus.of(documents)
    return Pool(
        candidates=tuple(candidates),
        corpus=corpus if words is None else corpus.shortened(documents, words, translated_words),
        carriers={
            tag: Carriers(_worth(tag, len(numbers), len(candidates)), numbers) for tag, numbers in carrying.items()
        },
        by_languages=Kinds.of(candidates, lambda candidate: candidate.languages),
        by_place=Kinds.of(candidates, lambda one: (one.country, one.vector, one.zone, one.online)),
        numbers={candidate.slug: number for number, candidate in enumerate(candidates)},
        spread=Spread.of([candidate.slug for candidate in candidates]),
        tables=Tables(len(candidates)),
    )


def _worth(tag: Tag, carrying: int, candidates: int) -> int:
    """What sharing `tag` is worth: more for what few share, twice as much for what one in a thousand carries."""
    points = {"challenge": WEIGHTS.challenge, "topic": WEIGHTS.topic, "role": WEIGHTS.role}[tag[0]]
    idf = inverse_document_frequency(candidates, carrying)
    return points + points * WEIGHTS.rarity_percent * min(idf, 1768) // (100 * 1768)


def _tags(challenges: Iterable[str], topics: Iterable[str], roles: Iterable[str] = ()) -> frozenset[Tag]:
    return frozenset(
        (
            *(("challenge", slug) for slug in challenges),
            *(("topic", fold(topic)) for topic in topics),
            *(("role", fold(role)) for role in roles),
        )
    )


def _where(place: Place | None) -> tuple[str, str, Vector | None]:
    return (place.country, place.name, vector_of(place)) if place is not None else ("", "", None)


def member_candidate(member: Member) -> Candidate:
    country, name, vector = _where(member.place)
    return Candidate(
        slug=member.slug,
        tags=_tags(member.challenges, member.topics, member.roles),
        languages=frozenset(map(language_of, member.languages)),
        country=country,
        place=name,
        vector=vector,
        zone=member.timezone,
    )


def member_versions(member: Member, community: Community, told: Mapping[str, Counter[str]]) -> Sequence[Counter[str]]:
    """What they say of themselves and tell in those stories whose words are known (`told`), by language.

    The language with the most words comes first, with their roles, topics and challenges.
    """
    versions: dict[str, Counter[str]] = {}
    for language, page in member.pages.items():
        versions.setdefault(language_of(language), Counter()).update(count_words(f"{page.bio}\n{page.welcome}"))
    for story in community.stories_of.get(member.slug, ()):
        if story.slug in told:
            versions.setdefault(language_of(story.language), Counter()).update(told[story.slug])
    first, *others = sorted(versions.values(), key=lambda words: -words.total()) or [Counter()]
    titles = [community.challenges[slug].title.text("en") for slug in member.challenges if slug in community.challenges]
    return [first + count_words("\n".join((*member.roles, *member.topics, *titles))), *others]


def story_candidate(story: Story, community: Community) -> Candidate:
    others = community.translations_of.get(story.slug, ())
    return Candidate(
        slug=story.slug,
        tags=_tags(story.challenges, story.topics, story.roles),
        languages=frozenset(language_of(version.language) for version in (story, *others)),
        country="",
        place="",
        vector=None,
        zone="",
    )


def story_versions(story: Story, community: Community, told: Mapping[str, Counter[str]]) -> Sequence[Counter[str]]:
    """The words of an original and of its published translations, where they are known (`told`)."""
    others = community.translations_of.get(story.slug, ())
    return [told[story.slug], *(told[other.slug] for other in others if other.slug in told)]


def story_text(story: Story) -> str:
    return "\n".join((story.title, " ".join(story.topics), " ".join(story.roles), story.welcome, story.body))


def group_candidate(group: Group) -> Candidate:
    country, name, vector = _where(group.place)
    return Candidate(
        slug=group.slug,
        tags=_tags(group.challenges, group.topics),
        languages=frozenset(map(language_of, group.languages)),
        country=country,
        place=name,
        vector=vector,
        zone=group.timezone or "",
        online=group.place is None,
    )


def group_text(group: Group) -> str:
    return "\n".join((*(text for _, text in group.name.versions), " ".join(group.topics), group.body))


def meetup_place(meetup: Meetup, group: Group | None) -> Place | None:
    """Where one meets: one that is online only is nowhere on the map, whatever its group's place."""
    return meetup.place or (group.place if group is not None and not meetup.online else None)


def meetup_candidate(meetup: Meetup, community: Community) -> Candidate:
    group = community.groups.get(meetup.group)
    place = meetup_place(meetup, group)
    country, name, vector = _where(place)
    group_challenges, group_topics = (group.challenges, group.topics) if group is not None else ((), ())
    languages = meetup.languages or (group.languages if group is not None else ())
    return Candidate(
        slug=meetup.slug,
        tags=_tags((*meetup.challenges, *group_challenges), (*meetup.topics, *group_topics)),
        languages=frozenset(map(language_of, languages)),
        country=country,
        place=name,
        vector=vector,
        zone=meetup.timezone,
        online=meetup.online or place is None,
    )


def meetup_text(meetup: Meetup, community: Community) -> str:
    parts = [*(text for _, text in meetup.title.versions), " ".join(meetup.topics), meetup.body]
    if meetup.group in community.groups:
        parts.append(str(community.groups[meetup.group].name))
    return "\n".join(parts)
