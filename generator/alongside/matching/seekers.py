"""A newcomer as matching sees them: who they are left out, what they say prepared for comparing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from alongside.matching.nearness import Vector, vector_of
from alongside.matching.words import count_words, fold, language_of, words
from alongside.model.community import Community
from alongside.model.people import Newcomer


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeker:
    """What a newcomer looks for; the same for all who say the same."""

    words: Counter[str]
    text: str  # their own words, as they wrote them
    challenges: tuple[str, ...]
    topics: tuple[tuple[str, str], ...]  # (folded, as they wrote it)
    roles: tuple[tuple[str, str], ...]
    languages: tuple[str, ...]  # without regions
    country: str
    vector: Vector | None
    zone: str


def spread_of(newcomer: Newcomer) -> str:
    """What tells apart two newcomers who say the same: ties are spread by it."""
    return newcomer.id or newcomer.email


def nameless(newcomer: Newcomer) -> Newcomer:
    """What a newcomer says, without who they are: equal for all whom the same people and records fit."""
    return replace(newcomer, email="", name="", id="", met="", basis=None)


def seeker_of(newcomer: Newcomer, community: Community) -> Seeker:
    """Prepare a newcomer; what they ticked counts as words too, since members tell of it in words."""
    titles = [
        community.challenges[slug].title.text("en") for slug in newcomer.challenges if slug in community.challenges
    ]
    place = newcomer.place
    return Seeker(
        words=count_words("\n".join((newcomer.text, *newcomer.topics, *newcomer.roles, *titles))),
        text=newcomer.text,
        challenges=newcomer.challenges,
        topics=tuple((fold(topic), topic) for topic in newcomer.topics),
        roles=tuple((fold(role), role) for role in newcomer.roles),
        languages=tuple(map(language_of, newcomer.languages)),
        country=place.country if place is not None else "",
        vector=vector_of(place),
        zone=newcomer.timezone or (place.zone or "" if place is not None else ""),
    )


def surface_of(text: str) -> dict[str, str]:
    """Each word of `text` as it is compared, and as it was first written."""
    surface: dict[str, str] = {}
    for written in dict.fromkeys(text.split()):
        for word in words(written):
            if word not in surface:
                surface[word] = written.strip(".,;:!?\"'()[]«»“”„…。、؟،")
    return surface
