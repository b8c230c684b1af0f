"""Random communities and newcomers with few words between them, so that many fit equally well."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime

from alongside.matching.memory import LONG
from alongside.model.community import Community
from alongside.model.gatherings import Group, Meetup
from alongside.model.people import Away, Challenge, Consent, Container, Member, MemberPage, Newcomer
from alongside.model.places import Place
from alongside.model.stories import Story
from alongside.model.texts import LocalText
from alongside.problems import Position

TODAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HERE = Position("content/x.md")
ALL: tuple[Container, ...] = ("page", "embed", "mail")
WORDS = "conference talk stage fear bees compiler release notes review mentor maintain palestra medo 東京 школа".split()
LANGUAGES = ("en", "pt", "pt-BR", "de", "ja")
CHALLENGES = ("first-talk", "isolation", "no-such")
TOPICS = ("R", "Café", "docs", "maps")
PLACES = tuple(
    Place(label=name, slug=name.lower(), name=name, country=country, lat=lat, lon=lon, zone=zone, precise=precise)
    for name, country, lat, lon, zone, precise in (
        ("Berlin", "DE", 52.52, 13.405, "Europe/Berlin", True),
        ("Potsdam", "DE", 52.39, 13.06, "Europe/Berlin", True),
        ("Recife", "BR", -8.05, -34.9, "America/Recife", True),
        ("Brazil", "BR", -10.0, -50.0, None, False),
    )
)
HOSTILE = ("\0<script>", "%s {{ x }}", "a" * (LONG + 1), "\u202e\u0301\u0301", "talk " * 900, "ﬁne İ ß ΣΑΣ")


def some(random_: random.Random, values: tuple[str, ...], most: int = 2) -> tuple[str, ...]:
    return tuple(random_.sample(values, random_.randint(0, most)))


def said(random_: random.Random) -> str:
    return " ".join(random_.choices(WORDS, k=random_.randint(0, 8)))


def a_community(random_: random.Random) -> Community:
    """People and records with few words between them, so many fit equally well."""
    members = [a_member(random_, f"m{number}") for number in range(40)]
    slugs = tuple(member.slug for member in members)
    stories = [
        Story(
            slug=f"s{number}",
            title=said(random_),
            members=tuple(random_.sample(slugs[:6], random_.randint(1, 2))),
            date=TODAY,
            language=random_.choice(LANGUAGES),
            translation_of=f"s{number - 1}" if number % 3 == 2 else "",
            challenges=some(random_, CHALLENGES),
            topics=some(random_, TOPICS),
            body=said(random_),
            position=HERE,
        )
        for number in range(24)
    ]
    groups = [
        Group(
            slug=f"g{number}",
            name=LocalText((("en", said(random_) or "x"),)),
            kind="chapter",
            place=random_.choice((*PLACES, None)),
            languages=some(random_, LANGUAGES, 1),
            position=HERE,
        )
        for number in range(30)
    ]
    meetups = [
        Meetup(
            slug=f"t{number}",
            title=LocalText((("en", said(random_) or "x"),)),
            starts=datetime(2026, 12, 1, 18),  # noqa: DTZ001 (wall time)
            timezone="UTC",
            online=random_.random() < 0.5,
            group=random_.choice(groups).slug,
            position=HERE,
        )
        for number in range(30)
    ]
    titles = {slug: LocalText((("en", slug.replace("-", " ")),)) for slug in CHALLENGES[:2]}
    return Community(
        name="Test",
        challenges={slug: Challenge(slug=slug, title=title, position=HERE) for slug, title in titles.items()},
        members={member.slug: member for member in members},
        stories={story.slug: story for story in stories},
        groups={group.slug: group for group in groups},
        meetups={meetup.slug: meetup for meetup in meetups},
    )


def a_member(random_: random.Random, slug: str) -> Member:
    languages = some(random_, LANGUAGES[1:], 1) or ("en",)
    page = MemberPage(language=languages[0], bio=said(random_), position=HERE)
    return Member(
        slug=slug,
        name=slug,
        place=random_.choice((*PLACES, None)),
        languages=languages,
        challenges=some(random_, CHALLENGES[:2], 1),
        topics=some(random_, TOPICS),
        roles=some(random_, TOPICS, 1),
        welcomes=random_.choice((0, 1, 2, 5, 50)),
        status=random_.choice(("active", "active", "active", "former")),
        away=Away(first=TODAY, last=TODAY) if random_.random() < 0.1 else None,
        consent=Consent(since=date(2026, 1, 1), containers=frozenset(random_.sample(ALL, random_.randint(1, 3)))),
        pages={page.language: page},
        position=HERE,
    )


def a_newcomer(random_: random.Random) -> Newcomer:
    if random_.random() < 0.2:
        return Newcomer()
    return Newcomer(
        place=random_.choice((*PLACES, None)),
        timezone=random_.choice(("", "Europe/Berlin")),
        languages=some(random_, LANGUAGES),
        challenges=some(random_, CHALLENGES),
        topics=some(random_, TOPICS),
        roles=some(random_, TOPICS),
        text=random_.choice((said(random_), said(random_), random_.choice(HOSTILE))),
    )


def newcomers(random_: random.Random, community: Community) -> list[Newcomer]:
    """Eight profiles, each of several people."""
    profiles = [a_newcomer(random_) for _ in range(8)]
    met = ("", "", "s1", *community.members)
    return [
        replace(random_.choice(profiles), id=random_.choice(("", f"n{number}")), email=f"{number}@example.org",
                name=f"N {number}", met=random_.choice(met), basis=random_.choice((None, "consent")))
        for number in range(60)
    ]  # fmt: skip
