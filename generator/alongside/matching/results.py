"""What matching says: records chosen for one newcomer, each with its score and reasons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ReasonKind = Literal[
    "challenge", "text", "topic", "role", "language", "near", "place", "region", "country", "zone", "online"
]
TagKind = Literal["challenge", "topic", "role"]
Tag = tuple[TagKind, str]  # what is shared when it is the very same: a challenge's slug, a folded topic or role


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One thing that matched. `rendering.interface` puts it into words."""

    kind: ReasonKind
    value: str = (
        ""  # a challenge's slug, a topic, a role, a language tag, a place's name; empty where the kind says all
    )
    points: int = 0  # its share of the score


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A record chosen for a newcomer."""

    slug: str
    score: int
    reasons: tuple[Reason, ...] = ()  # strongest first


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """All that fits one newcomer, best first."""

    members: tuple[Match, ...] = ()
    stories: tuple[Match, ...] = ()
    groups: tuple[Match, ...] = ()
    meetups: tuple[Match, ...] = ()
