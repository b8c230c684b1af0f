"""Communities as embeds meet them: everybody may be shown, and people, places, words and gatherings differ as they do.

`bench.communities` has eighty words, so that each stands everywhere and tells nothing. Here words are as uneven as in a
language (Zipf), each challenge has some of its own, and few people come from any one city. Measured against the stories
of a real community of 2,900 (words, bytes of a shard per story), these are alike.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import accumulate

from bench.communities import FIRST, LAST

SITE = "https://community.example.org/"
JOURNEY, MOMENT = "first-month", "dashboard"
SHOW = ("welcome", "note", "story", "group", "meetup")
START = date(2024, 1, 8)
CITIES = (
    "Berlin, Germany|Hamburg, Germany|Munich, Germany|Leipzig, Germany|Paris, France|Lyon, France|Nantes, France|"
    "Madrid, Spain|Barcelona, Spain|Valencia, Spain|Lisbon, Portugal|Porto, Portugal|Amsterdam, Netherlands|"
    "Rotterdam, Netherlands|Brussels, Belgium|Vienna, Austria|Zurich, Switzerland|Prague, Czechia|Warsaw, Poland|"
    "Krakow, Poland|Stockholm, Sweden|Oslo, Norway|Copenhagen, Denmark|Helsinki, Finland|Dublin, Ireland|"
    "London, United Kingdom|Manchester, United Kingdom|Edinburgh, United Kingdom|Rome, Italy|Milan, Italy|"
    "Recife, Brazil|São Paulo, Brazil|Curitiba, Brazil|Lima, Peru|Bogotá, Colombia|Mexico City, Mexico|"
    "New York City, United States|Chicago, United States|Seattle, United States|Toronto, Canada|Montreal, Canada|"
    "Lagos, Nigeria|Nairobi, Kenya|Accra, Ghana|Cairo, Egypt|Istanbul, Turkey|Bengaluru, India|Pune, India|"
    "Osaka, Japan|Tokyo, Japan|Seoul, South Korea|Taipei, Taiwan|Melbourne, Australia|Auckland, New Zealand"
).split("|")
LANGUAGES = ("en", "de", "pt", "fr", "es", "ja")
ROLES = (
    "technical writer|developer|designer|community manager|support engineer|teacher|student|researcher|"
    "product manager|tester|translator|editor|data scientist|librarian|release manager|site reliability engineer|"
    "team lead|founder|consultant|volunteer"
).split("|")
CHALLENGES = 32
VOCABULARY = 20_000
OWN_WORDS = 80  # that a challenge has more often than others
_COMMON = (
    "the of and to in a is that for it as was with be by on not he i this are or his from at which but have an had "
    "they you were their one all we can her has there been if more when will would who so no"
).split()
_SYLLABLES = (
    "ba be bo ca co cu da de di do fa fi fo ga go ha he in la le li lo ma me mi mo na ne no pa pe po pro ra re ri ro "
    "sa se si so sta stre ta te ti to tra un ve vi wa we wor"
).split()
_CLOSINGS = " n r l s t m ck nd st ng".split(" ")
_ENDINGS = "_ _ _ s ed ing er tion ly ment able".replace("_", "").split(" ")


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratedNewcomer:
    """What somebody says in a sign-up form."""

    id: str
    challenges: tuple[str, ...]  # slugs
    topics: tuple[str, ...]
    roles: tuple[str, ...]
    place: str
    languages: tuple[str, ...]
    text: str


def newcomers(count: int, *, text: float = 0.5, accents: float = 0.1) -> Iterator[GeneratedNewcomer]:
    """`count` newcomers with one challenge and a place; so many of them (0 to 1) wrote something, some with accents."""
    for number in range(count):
        chance = random.Random(f"newcomer {number}")
        challenge = _uneven(chance, CHALLENGES)
        written = _sentences(chance, chance.randint(12, 40), (challenge,)) if (number + 0.5) * text % 1 < text else ""
        if written and chance.random() < accents:
            written += " Também é a minha primeira vez."
        yield GeneratedNewcomer(
            id=f"newcomer-{number}",
            challenges=(_challenge_slug(challenge),),
            topics=_topics(chance, chance.randint(0, 2)),
            roles=tuple(chance.sample(ROLES, chance.randint(0, 1))),
            place=CITIES[_uneven(chance, len(CITIES))],
            languages=_languages(chance),
            text=written,
        )


def embed_community_files(count: int, *, embed: bool = True) -> Iterator[tuple[str, str]]:
    """(path, text) of a community with `count` stories, a tenth as many members and meetups, and half of it groups.

    `embed`: with a moment that shows all five kinds; without, its one moment is a mail.
    """
    yield (
        "mkdocs.yml",
        f"site_name: Generated\nsite_url: {SITE}\ndocs_dir: content\nplugins:\n  - alongside:\n"
        "      teams: {community: Community team}\n      organisation: {name: Generated, email: team@example.org}\n",
    )
    yield "content/index.md", "# Generated\n\nStories of many people.\n"
    yield "content/challenges.yml", "".join(map(_challenge_text, range(CHALLENGES)))
    yield f"journeys/{JOURNEY}.yml", journey_text(embed=embed)
    yield "journeys/mails/later.md", "---\nsubject: Later\n---\nHow is it going?\n"
    slugs = []
    for number in range(max(4, count // 10)):
        slug, text = _member(number)
        slugs.append(slug)
        yield f"content/members/{slug}.md", text
    for number in range(count):
        slug, text = _story(number, slugs[number % len(slugs)])
        yield f"content/stories/{slug}.md", text
    groups = []
    for number in range(max(4, count // 20)):
        slug, text = _group(number, slugs)
        groups.append(slug)
        yield f"content/groups/{slug}.md", text
    for number in range(max(4, count // 10)):
        yield f"content/meetups/meetup-{number}.md", _meetup(number, groups)


def journey_text(*, embed: bool) -> str:
    """The journey, with a moment to show or without."""
    shown = (
        f"  - id: {MOMENT}\n    owner: community\n    where: embed\n    show: [{', '.join(SHOW)}]\n" if embed else ""
    )
    mail = "  - id: later\n    owner: community\n    where: mail\n    after: 9 days\n    from: team\n"
    return f"title: The first month\nmoments:\n{shown}{mail}    message: mails/later.md\n"


# --- records -------------------------------------------------------------------------------------------------------


def _challenge_text(number: int) -> str:
    title = _title(random.Random(f"challenge {number}"), 3, (number,))
    return f"{_challenge_slug(number)}:\n  title: {title}\n  also: [{_own_words(number)[0]} {_own_words(number)[1]}]\n"


def _member(number: int) -> tuple[str, str]:
    """(slug, file)"""
    chance = random.Random(f"member {number}")
    name = f"{chance.choice(FIRST)} {chance.choice(LAST)}"
    known = _some_challenges(chance)
    until = f", until: {date(2027, 1, 1) + timedelta(days=chance.randint(0, 400))}" if chance.random() < 0.5 else ""
    away = "away: {from: 2027-02-01, to: 2027-02-14}\n" if chance.random() < 0.1 else ""
    welcome = f"\n## Welcome\n\n{_sentences(chance, 80, known)}\n" if chance.random() < 0.8 else ""
    return f"{name.lower().replace(' ', '-')}-{number}", (
        f"---\nname: {name}\nplace: {CITIES[_uneven(chance, len(CITIES))]}\n"
        f"languages: [{', '.join(_languages(chance))}]\n"
        f"roles: [{', '.join(chance.sample(ROLES, chance.randint(1, 2)))}]\n"
        f"challenges: [{', '.join(map(_challenge_slug, known))}]\ntopics: [{', '.join(_topics(chance, 3))}]\n"
        f"welcomes: {chance.randint(1, 8)}\n{away}"
        f"consent: {{since: 2022-01-01{until}, for: [page, embed, mail]}}\n---\n"
        f"{_sentences(chance, 60, known)}\n{welcome}"
    )


def _story(number: int, teller: str) -> tuple[str, str]:
    """(slug, file)"""
    chance = random.Random(f"story {number}")
    about = _some_challenges(chance)
    title = _title(chance, chance.randint(3, 6), about)
    roles = chance.sample(ROLES, chance.randint(0, 1))
    body = f"{_sentences(chance, 140, about)}\n\n## Then\n\n{_sentences(chance, 140, about)}\n"
    return f"{title.lower().replace(' ', '-')}-{number}", (
        f"---\ntitle: {title}\nmembers: [{teller}]\ndate: {START + timedelta(days=number % 1000)}\n"
        f"language: {'en' if chance.random() < 0.9 else chance.choice(LANGUAGES)}\n"
        f"challenges: [{', '.join(map(_challenge_slug, about))}]\ntopics: [{', '.join(_topics(chance, 2))}]\n"
        f"roles: [{', '.join(roles)}]\nwelcome: |\n  {_sentences(chance, 70, about)}\n---\n{body}"
    )


def _group(number: int, members: Sequence[str]) -> tuple[str, str]:
    """(slug, file); three of four are in a city."""
    chance = random.Random(f"group {number}")
    about = _some_challenges(chance)
    city = CITIES[_uneven(chance, len(CITIES))]
    local = chance.random() < 0.75
    name = f"{_title(chance, 2, about)} {city.split(',')[0]}" if local else _title(chance, 3, about)
    kind = "chapter" if local else chance.choice(("chat", "forum", "list"))
    where = f"place: {city}\n" if local else ""
    return f"group-{number}", (
        f"---\nname: {name}\nkind: {kind}\n{where}languages: [{', '.join(_languages(chance))}]\n"
        f"challenges: [{', '.join(map(_challenge_slug, about))}]\ntopics: [{', '.join(_topics(chance, 2))}]\n"
        f'chat: [{{platform: matrix, url: "https://matrix.to/#/#group-{number}:example.org"}}]\n'
        f"hosts: [{chance.choice(members)}]\n---\n{_sentences(chance, 60, about)}\n"
    )


def _meetup(number: int, groups: Sequence[str]) -> str:
    """A meetup that comes again each month, three of four in a city."""
    chance = random.Random(f"meetup {number}")
    about = _some_challenges(chance)
    group = chance.choice(groups)
    day = chance.randint(1, 28)
    where = f"place: {CITIES[_uneven(chance, len(CITIES))]}\n" if chance.random() < 0.75 else "online: true\n"
    zone = "" if where.startswith("place") else f"timezone: {chance.choice(('Europe/Berlin', 'America/Recife'))}\n"
    return (
        f"---\ntitle: {_title(chance, 4, about)}\ngroup: {group}\nstarts: 2026-10-{day:02} 18:30\n{where}{zone}"
        f"duration: 2h\nrepeats: every month on the {_ordinal(day)}\nlanguages: [{_languages(chance)[0]}]\n"
        f"challenges: [{', '.join(map(_challenge_slug, about))}]\ntopics: [{', '.join(_topics(chance, 1))}]\n---\n"
        f"{_sentences(chance, 50, about)}\n"
    )


def _ordinal(day: int) -> str:
    return f"{day}{'th' if 10 < day < 20 else {1: 'st', 2: 'nd', 3: 'rd'}.get(day % 10, 'th')}"


# --- words ---------------------------------------------------------------------------------------------------------


@cache
def _words() -> tuple[str, ...]:
    """All words, the most frequent first."""
    chance = random.Random("words")
    found = dict.fromkeys(_COMMON)
    while len(found) < VOCABULARY:
        root = "".join(chance.choices(_SYLLABLES, k=1 if len(found) < 300 else 2)) + chance.choice(_CLOSINGS)
        found.setdefault(root + chance.choice(_ENDINGS))
    return tuple(found)


@cache
def _shares() -> tuple[float, ...]:
    """How often each word stands, added up (Zipf)."""
    return tuple(accumulate(1 / (rank + 2.7) for rank in range(VOCABULARY)))


@cache
def _own_words(challenge: int) -> tuple[str, ...]:
    chance = random.Random(f"words of {challenge}")
    return tuple(chance.sample(_words()[150:4000], OWN_WORDS))


@cache
def _tags() -> tuple[str, ...]:
    chance = random.Random("topics")
    words = _words()[100:1000]
    return tuple(" ".join(chance.sample(words, chance.choice((1, 1, 1, 2)))) for _ in range(150))


def _challenge_slug(number: int) -> str:
    return "-".join(_own_words(number)[:2])


def _uneven(chance: random.Random, count: int) -> int:
    """A number below `count`; the lower ones come more often."""
    return min(int(count * chance.random() ** 1.6), count - 1)


def _some_challenges(chance: random.Random) -> tuple[int, ...]:
    return tuple(sorted({_uneven(chance, CHALLENGES) for _ in range(chance.randint(1, 3))}))


def _topics(chance: random.Random, count: int) -> tuple[str, ...]:
    return tuple({_tags()[_uneven(chance, len(_tags()))]: None for _ in range(count)})


def _languages(chance: random.Random) -> tuple[str, ...]:
    others = [chance.choice(LANGUAGES[1:])] if chance.random() < 0.4 else []
    return (*others, "en") if chance.random() < 0.95 or not others else tuple(others)


def _draw(chance: random.Random, count: int, about: Sequence[int]) -> list[str]:
    """So many words: a tenth of them are those of what it is about."""
    own = [word for challenge in about for word in _own_words(challenge)]
    drawn = chance.choices(_words(), cum_weights=_shares(), k=count)
    return [chance.choice(own) if chance.random() < 0.1 else word for word in drawn]


def _title(chance: random.Random, count: int, about: Sequence[int]) -> str:
    return " ".join(_draw(chance, count, about)).capitalize()


def _sentences(chance: random.Random, count: int, about: Sequence[int]) -> str:
    words = _draw(chance, count, about)
    found: list[str] = []
    while words:
        length = chance.randint(6, 14)
        found.append(" ".join(words[:length]).capitalize() + ".")
        words = words[length:]
    return " ".join(found)
