"""A newcomer as matching sees them: who they are left out, what they say prepared for comparing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from alongside.matching.nearness import Vector, vector_of
from alongside.matching.results import Tag
from alongside.matching.words import count_words, fold, language_of, stem, words
from alongside.model.people import Newcomer

_PUNCTUATION = ".,;:!?\"'()[]«»“”„…。、؟،"  # around a word as it is told
_SPACE = re.compile(r"[\s\x1c-\x1f\x85\ufeff]+")  # what Python takes for a space, and what a browser does


class Said(NamedTuple):
    """What a newcomer says, without who they are: equal for all whom the same people and records fit."""

    text: str
    challenges: tuple[str, ...]
    topics: tuple[str, ...]
    roles: tuple[str, ...]
    languages: tuple[str, ...]
    country: str
    vector: Vector | None
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeker:
    """What a newcomer looks for; the same for all who say the same."""

    words: Mapping[str, int]  # and how often they said each
    text: str  # their own words, as they wrote them
    tags: tuple[tuple[Tag, str], ...]  # (what is compared, as they wrote it), challenges first
    languages: tuple[str, ...]  # without regions
    country: str
    vector: Vector | None
    zone: str


def spread_of(newcomer: Newcomer) -> str:
    """What tells apart two newcomers who say the same: ties are spread by it."""
    return newcomer.id or newcomer.email


def said_by(newcomer: Newcomer) -> Said:
    """What `newcomer` says."""
    place, zone = newcomer.place, newcomer.timezone
    if place is None:
        country, vector = "", None
    else:
        country, vector, zone = place.country, vector_of(place), zone or place.zone or ""
    return Said(
        newcomer.text,
        newcomer.challenges,
        newcomer.topics,
        newcomer.roles,
        newcomer.languages,
        country,
        vector,
        zone,
    )


def seeker_of(said: Said, titles: Mapping[str, str]) -> Seeker:
    """Prepare a newcomer; what they ticked counts as words too, since members tell of it in words.

    `titles`: of each challenge, by its slug.
    """
    ticked = [titles[slug] for slug in said.challenges if slug in titles]
    return Seeker(
        # of no kind of its own, so that the search for garbage passes over it: there is one for each text
        words=dict(count_words("\n".join((said.text, *said.topics, *said.roles, *ticked)))),
        text=said.text,
        tags=(
            *[(("challenge", slug), slug) for slug in said.challenges],
            *[(("topic", fold(topic)), topic) for topic in said.topics],
            *[(("role", fold(role)), role) for role in said.roles],
        ),
        languages=tuple([language_of(language) for language in said.languages]),
        country=said.country,
        vector=said.vector,
        zone=said.zone,
    )


def surface_of(text: str) -> dict[str, str]:
    """Each word of `text` as it is compared, and as it was first written."""
    surface: dict[str, str] = {}
    for written in dict.fromkeys(_SPACE.split(text)):
        told = written.strip(_PUNCTUATION)
        if told.isascii() and told.isalnum():  # as most are: one word, which needs no looking for words in it
            surface.setdefault(stem(told.lower()), told)
        else:
            for word in words(written):
                surface.setdefault(word, told)
    return surface
