"""Communities of any size, the same for the same size: words from a fixed list by a seeded generator."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

WORDS = (
    "talk room people week docs draft question answer team page friend map meetup kind first slow quiet evening "
    "train window coffee keyboard review patch issue words language speaker stage light notes paper screen voice "
    "morning city street group chat thread reply welcome start finish learn teach share listen build break mend "
    "branch merge table column field river bridge garden market library kitchen winter summer letter story chapter"
).split()
FIRST = "Ana Ben Chidi Dana Emre Fatima Goran Hana Ines Jun Kofi Lena Mira Noor Omar Paula Quinn Rosa Sami Tala".split()
LAST = "Souza Weber Okafor Levi Yilmaz Haddad Novak Sato Costa Park Mensah Braun Ivanov Aziz Rossi Silva Kim".split()
PLACES = (
    "Recife, Brazil",
    "Berlin, Germany",
    "Lagos, Nigeria",
    "Nairobi, Kenya",
    "Osaka, Japan",
    "Lyon, France",
    "Cairo, Egypt",
    "Lima, Peru",
)
CHALLENGES = 24
START = date(2024, 1, 8)
LINK = "https://community.example.org/help"


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratedStory:
    """One story, before it is written down for one generator or another."""

    slug: str
    title: str
    member: str  # slug
    date: date
    challenges: tuple[str, ...]
    topics: tuple[str, ...]
    welcome: str
    body: str  # Markdown
    sentence: str  # one of the body's, which stands in no other story


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratedMember:
    """One member."""

    slug: str
    name: str
    place: str
    challenges: tuple[str, ...]
    bio: str
    welcome: str


def challenges() -> dict[str, str]:
    """Slug to title."""
    return {f"challenge-{number}": f"{_title(random.Random(number), 3)} {number}" for number in range(CHALLENGES)}


def members(count: int) -> Iterator[GeneratedMember]:
    """`count` members; each has consented to everything for a long time."""
    for number in range(count):
        chance = random.Random(f"member {number}")
        name = f"{chance.choice(FIRST)} {chance.choice(LAST)}"
        yield GeneratedMember(
            slug=f"{name.lower().replace(' ', '-')}-{number}",
            name=name,
            place=chance.choice(PLACES),
            challenges=_challenges(chance),
            bio=_paragraphs(chance, 60),
            welcome=_sentences(chance, 80),
        )


def stories(count: int) -> Iterator[GeneratedStory]:
    """`count` stories of about 300 words, told by a tenth as many members."""
    slugs = [member.slug for member in members(max(1, count // 10))]
    for number in range(count):
        chance = random.Random(f"story {number}")
        sentence = f"This is what happened on the way number {number}."
        body = f"{_paragraphs(chance, 140)}\n\n## Then\n\n{sentence} {_paragraphs(chance, 140)}\n\nMore at <{LINK}>.\n"
        yield GeneratedStory(
            slug=f"story-{number}",
            title=f"{_title(chance, 5)} {number}",
            member=slugs[number % len(slugs)],
            date=START + timedelta(days=number % 1000),
            challenges=_challenges(chance),
            topics=tuple(chance.sample(WORDS, 2)),
            welcome=_sentences(chance, 70),
            body=body,
            sentence=sentence,
        )


def community_files(count: int) -> Iterator[tuple[str, str]]:
    """(path, text) of a community of ours with `count` stories."""
    yield (
        "mkdocs.yml",
        "site_name: Generated\nsite_url: https://community.example.org/\ndocs_dir: content\n"
        "plugins:\n  - alongside:\n      teams: {community: Community team}\n",
    )
    yield "content/index.md", "# Generated\n\nStories of many people.\n"
    yield "content/challenges.yml", "".join(f"{slug}:\n  title: {title}\n" for slug, title in challenges().items())
    for member in members(max(1, count // 10)):
        yield f"content/members/{member.slug}.md", member_text(member)
    for story in stories(count):
        yield f"content/stories/{story.slug}.md", story_text(story)


def member_text(member: GeneratedMember) -> str:
    """A member's file."""
    return (
        f"---\nname: {member.name}\nplace: {member.place}\nlanguages: [en]\n"
        f"challenges: [{', '.join(member.challenges)}]\nwelcomes: 3\n"
        "consent: {since: 2022-01-01, for: [page, embed, mail]}\n---\n"
        f"{member.bio}\n\n## Welcome\n\n{member.welcome}\n"
    )


def story_text(story: GeneratedStory) -> str:
    """A story's file."""
    return (
        f"---\ntitle: {story.title}\nmembers: [{story.member}]\ndate: {story.date}\n"
        f"challenges: [{', '.join(story.challenges)}]\ntopics: [{', '.join(story.topics)}]\n"
        f"welcome: |\n  {story.welcome}\n---\n{story.body}"
    )


def _title(chance: random.Random, words: int) -> str:
    return " ".join(chance.choice(WORDS) for _ in range(words)).capitalize()


def _challenges(chance: random.Random) -> tuple[str, ...]:
    return tuple(sorted(f"challenge-{number}" for number in chance.sample(range(CHALLENGES), 2)))


def _sentences(chance: random.Random, words: int) -> str:
    found: list[str] = []
    while sum(len(sentence.split()) for sentence in found) < words:
        found.append(" ".join(chance.choice(WORDS) for _ in range(chance.randint(6, 14))).capitalize() + ".")
    return " ".join(found)


def _paragraphs(chance: random.Random, words: int) -> str:
    half = words // 2
    strong = f"**{_title(chance, 2)}** and *{chance.choice(WORDS)}*. "
    return f"{_sentences(chance, half)}\n\n{strong}{_sentences(chance, half)}"
