"""Members, newcomers, and the challenges they share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

from alongside.model.places import Place
from alongside.model.texts import LocalText
from alongside.problems import Position

Container = Literal["page", "embed", "mail"]
MemberStatus = Literal["active", "former", "memorial"]
Basis = Literal["consent", "contract", "legitimate interest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """A problem people face, from the small vocabulary of `content/challenges.yml`."""

    slug: str
    title: LocalText
    also: tuple[str, ...] = ()  # aliases, as authored; compared without case
    position: Position = field(compare=False)

    @property
    def path(self) -> str:
        """Its page, below the site's root."""
        return f"challenges/{self.slug}/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What a member agreed to, and until when. The last day counts."""

    since: date
    until: date | None = None
    containers: frozenset[Container] = frozenset()

    def covers(self, container: Container, day: date) -> bool:
        """True when `container` may show the member on `day`."""
        return container in self.containers and self.since <= day and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Away:
    """Days on which a member takes nobody on, both included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberPage:
    """A member's words in one language. Markdown; empty where they wrote none."""

    language: str
    bio: str
    welcome: str = ""  # `## Welcome`: for newcomers
    check_in: str = ""  # `## Check-in`: for a week later
    position: Position = field(compare=False)  # where the body starts


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A person of the community who may welcome newcomers. Never an e-mail address: `content/` is public."""

    slug: str
    name: str
    pronouns: str = ""
    photo: str = ""  # path of the image below docs_dir, with "/"; empty: initials
    place: Place | None = None
    timezone: str = "UTC"  # resolved: their own, else the place's, else the community's
    languages: tuple[str, ...] = ()  # the first is the one they write in; never empty
    roles: tuple[str, ...] = ()
    challenges: tuple[str, ...] = ()  # slugs; only those that exist
    topics: tuple[str, ...] = ()
    welcomes: int = 0  # newcomers a week they take on
    away: Away | None = None
    status: MemberStatus = "active"
    consent: Consent | None = None
    links: tuple[tuple[str, str], ...] = ()  # (name, https URL)
    pages: Mapping[str, MemberPage] = field(default_factory=dict)  # by language, own first
    was: tuple[str, ...] = ()  # former slugs
    withdrawn: bool = False  # they took their consent back by their own page, whatever their file says
    filed_welcomes: int | None = None  # what their file says, where `welcomes` is what they said by their own page
    position: Position = field(compare=False)

    @property
    def path(self) -> str:
        """Their page, below the site's root."""
        return f"members/{self.slug}/"

    def as_told(self, *, withdrawn: bool, welcomes: int | None) -> Member:
        """With what they say by their own page today; `welcomes` None: as their file says."""
        filed = self.welcomes if self.filed_welcomes is None else self.filed_welcomes
        return replace(
            self,
            withdrawn=withdrawn,
            welcomes=filed if welcomes is None else welcomes,
            filed_welcomes=None if welcomes is None else filed,
        )

    @property
    def page(self) -> MemberPage:
        """Their words in the language they write in."""
        return next(iter(self.pages.values()))

    def allows(self, container: Container, day: date) -> bool:
        """True when `container` may use this member on `day`.

        A page keeps a former member while the consent lasts; embeds and mail are new uses each time, so they need
        an active one.
        """
        if self.withdrawn or self.consent is None or not self.consent.covers(container, day):
            return False
        return container == "page" or self.status == "active"

    def is_away(self, day: date) -> bool:
        """True on the days they asked to be left alone."""
        return self.away is not None and self.away.first <= day <= self.away.last


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """A person on a journey, or the profile a match is asked for. Nothing here ever reaches `site/`."""

    email: str = ""
    name: str = ""
    id: str = ""  # opaque, from the host product
    met: str = ""  # slug of the member or story the embed showed
    place: Place | None = None  # from `place`, or from `lat` and `lon`
    timezone: str = ""  # IANA; empty: unknown, then the place's, then the community's
    languages: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    challenges: tuple[str, ...] = ()  # slugs; aliases are resolved
    topics: tuple[str, ...] = ()
    text: str = ""  # their own words
    basis: Basis | None = None
