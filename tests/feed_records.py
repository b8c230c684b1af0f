"""Records for feeds, made without files, and all feeds of a community as a mapping."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from alongside.model.community import Community
from alongside.model.gatherings import Group, Meetup
from alongside.model.people import Consent, Member, MemberPage
from alongside.model.places import Place
from alongside.model.stories import Story
from alongside.model.texts import LocalText
from alongside.problems import Position
from alongside.rendering.feeds.listing import render_feeds
from alongside.settings import Settings

HERE = Position("content/x.md")
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ROOT = Path("/community")
SETTINGS = Settings(
    config_file=ROOT / "mkdocs.yml",
    root=ROOT,
    docs_dir=ROOT / "content",
    site_dir=ROOT / "site",
    journeys_dir=ROOT / "journeys",
    site_name="Test community",
    site_url="https://community.example.org/",
)
BERLIN = Place(
    label="Berlin, Germany", slug="berlin-germany", name="Berlin, Germany", country="DE", city="Berlin", region="Berlin"
)
GERMANY = Place(label="Germany", slug="germany", name="Germany", country="DE", precise=False)
LAGOS = Place(label="Lagos, Nigeria", slug="lagos-nigeria", name="Lagos, Nigeria", country="NG", city="Lagos")
HIDDEN = Place(label="X", slug="x", name="X", country="DK")


def text(words: str) -> LocalText:
    return LocalText((("en", words),))


def at(words: str) -> datetime:
    """Wall time."""
    return datetime.fromisoformat(words)


def meetup(slug: str, starts: str, **fields: Any) -> Meetup:
    fields = {"title": text(slug), "timezone": "UTC", "position": HERE, **fields}
    return Meetup(slug=slug, starts=at(starts), **fields)


def story(slug: str, day: str, **fields: Any) -> Story:
    fields = {"title": slug, "members": ("ana",), "language": "en", "body": "Some words.", "position": HERE, **fields}
    return Story(slug=slug, date=date.fromisoformat(day), **fields)


def member(slug: str, *, consents: bool = True, place: Place | None = None) -> Member:
    consent = Consent(since=date(2026, 1, 1), containers=frozenset({"page"})) if consents else None
    pages = {"en": MemberPage(language="en", bio="", position=HERE)}
    return Member(
        slug=slug, name=slug.title(), languages=("en",), consent=consent, pages=pages, place=place, position=HERE
    )


def group(slug: str, **fields: Any) -> Group:
    return Group(slug=slug, **{"name": text(slug), "kind": "chapter", "position": HERE, **fields})


def community(**fields: Any) -> Community:
    records: dict[str, Any] = {name: {one.slug: one for one in values} for name, values in fields.items()}
    return Community(name="Test community", **records)


def feeds(one: Community, settings: Settings = SETTINGS, now: datetime = NOW) -> Mapping[str, bytes]:
    found = list(render_feeds(one, settings, now=now))
    assert len({artifact.path for artifact in found}) == len(found)
    return {artifact.path: artifact.content for artifact in found}
