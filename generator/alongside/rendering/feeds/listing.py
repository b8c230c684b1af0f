"""Feeds: which there are, and what stands in each. Calendars of meetups, Atom and JSON Feed of stories.

    feeds/all.ics; <slug>.ics below feeds/groups/, feeds/places/, feeds/challenges/ and feeds/meetups/
    feeds/stories.atom, .json; feeds/stories/<language>.atom, .json; feeds/challenges/<slug>.atom, .json

A feed somebody subscribed to must not vanish: groups (retired ones too), places and challenges have a calendar even
when nothing is planned, and groups and meetups keep one at every address they had (`was`).

Calendars hold what is not over, and what ended since 1 January of last year. So an old community's feed stays small,
and with unchanged content it changes once a year. A meetup's own calendar always has it.

Story feeds hold the newest 50, as `summary` the words the writer chose (`welcome`), else the first ones, and name only
tellers who consent to pages. Drafts are in no feed, not even in previews.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import Literal
from urllib.parse import quote, urlsplit

from alongside.model.community import Community
from alongside.model.gatherings import Group, Meetup
from alongside.model.people import Member
from alongside.model.places import Place
from alongside.model.stories import Story
from alongside.planning.occurrences import final_day
from alongside.problems import Position
from alongside.rendering.artifacts import Artifact, Job
from alongside.rendering.feeds.calendars import EventTexts, render_calendar, render_event
from alongside.rendering.feeds.content_lines import clean_text, one_line
from alongside.rendering.feeds.plain_texts import plain_text
from alongside.rendering.feeds.stories import (
    FeedAbout,
    FeedEntry,
    RenderedEntry,
    first_words,
    render_atom,
    render_entry,
    render_json_feed,
)
from alongside.rendering.markdown import render_markdown
from alongside.rendering.tracking import Site
from alongside.settings import Settings

FeedKind = Literal["all", "groups", "places", "challenges", "meetups", "stories"]
NEWEST = 50  # stories in a feed
_UNSAFE = re.compile(r"[^\w.-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLink:
    """A feed as a page links to it."""

    path: str  # below the site's root
    media_type: str  # "text/calendar", "application/atom+xml", "application/feed+json"
    subscribe: str = ""  # calendars: `webcal:` address that a calendar app opens; empty when the site has no address


def feed_path(kind: FeedKind, slug: str = "", suffix: str = "ics") -> str:
    """Where a feed stands below the site's root: `feeds/groups/docs-berlin.ics`, `feeds/stories.atom`.

    `slug` is that of the group, place, challenge or meetup; of stories, a language or empty. `suffix`: `ics`, `atom`
    or `json`.
    """
    return f"feeds/{kind}/{slug}.{suffix}" if slug else f"feeds/{kind}.{suffix}"


def feed_links(settings: Settings, kind: FeedKind, slug: str = "") -> tuple[FeedLink, ...]:
    """The feeds of one page: a calendar, or for stories Atom and JSON; a challenge has all three."""
    links: list[FeedLink] = []
    if kind != "stories":
        path = feed_path(kind, slug)
        links.append(FeedLink(path=path, media_type="text/calendar", subscribe=_webcal(settings.site_url, path)))
    if kind in ("stories", "challenges"):
        links.append(FeedLink(path=feed_path(kind, slug, "atom"), media_type="application/atom+xml"))
        links.append(FeedLink(path=feed_path(kind, slug, "json"), media_type="application/feed+json"))
    return tuple(links)


def _webcal(site_url: str, path: str) -> str:
    if not site_url.startswith(("http://", "https://")):
        return ""
    return "webcal:" + site_url.partition(":")[2] + quote(path)


def feed_authority(settings: Settings) -> str:
    """What makes ids of this site unlike those of any other: its host and folder, else a name made of its title."""
    parts = urlsplit(settings.site_url)
    if parts.hostname:
        return parts.hostname + parts.path.rstrip("/")
    return (_UNSAFE.sub("-", settings.site_name.casefold()).strip("-.") or "community") + ".invalid"


def render_feeds(community: Community, settings: Settings, *, now: datetime) -> Iterator[Artifact]:
    """Every feed of `community`. A build renders the same ones job by job (`feed_jobs`)."""
    site = Site(community=community, settings=settings, now=now)
    for job in feed_jobs(site):
        for made in job.render():
            assert isinstance(made, Artifact)
            yield made


def feed_jobs(site: Site) -> Iterator[Job]:
    """One job a feed: a calendar with its former addresses, or the Atom and JSON forms of a list of stories."""
    yield from _calendar_jobs(site)
    yield from _story_jobs(site)


# --- calendars ---


def _calendar_jobs(site: Site) -> Iterator[Job]:
    community = site.whole
    uids = meetup_uids(site)
    since = date(site.day.year - 1, 1, 1)
    recent = tuple(slug for slug, meetup in community.meetups.items() if _is_recent(meetup, since))

    def job(kind: FeedKind, slug: str, slugs: Iterable[str], place: str = "") -> Job:
        named = tuple((one, uids[one]) for one in sorted(slugs))
        render = partial(_render_calendar, site, kind, slug, named, place)
        return Job(name=feed_path(kind, slug), render=render, page=False, first=kind == "meetups")

    yield job("all", "", recent)
    by_group = _grouped(community, recent, lambda meetup: (meetup.group,))
    for slug in community.groups:
        yield job("groups", slug, by_group.get(slug, ()))
    by_place = _grouped(community, recent, lambda meetup: _place_slugs(community, meetup))
    for slug, place in _places(site).items():
        local = by_place.get(slug, ()) if place.precise else _within(community, recent, place)
        yield job("places", slug, local, place.name)
    by_challenge = _grouped(community, recent, lambda meetup: _challenges(community, meetup))
    for slug in community.challenges:
        yield job("challenges", slug, by_challenge.get(slug, ()))
    for slug in community.meetups:
        yield job("meetups", slug, (slug,))


def _is_recent(meetup: Meetup, since: date) -> bool:
    final = final_day(meetup)
    return final is None or final >= since


def _grouped(
    community: Community, slugs: Iterable[str], keys: Callable[[Meetup], Iterable[str]]
) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for slug in slugs:
        for key in keys(community.meetups[slug]):
            found.setdefault(key, []).append(slug)
    return found


def _where(community: Community, meetup: Meetup) -> Place | None:
    """Its place, else its group's: a chapter's online evening is still near its people."""
    group = community.groups.get(meetup.group)
    return meetup.place or (group.place if group is not None else None)


def _place_slugs(community: Community, meetup: Meetup) -> tuple[str, ...]:
    place = _where(community, meetup)
    return (place.slug,) if place is not None and place.slug else ()


def _within(community: Community, slugs: Iterable[str], area: Place) -> list[str]:
    """Meetups anywhere in a country or region."""
    found = []
    for slug in slugs:
        place = _where(community, community.meetups[slug])
        if place is not None and place.country == area.country and area.region in ("", place.region):
            found.append(slug)
    return found


def _challenges(community: Community, meetup: Meetup) -> tuple[str, ...]:
    """Its own and its group's."""
    group = community.groups.get(meetup.group)
    return tuple(dict.fromkeys((*meetup.challenges, *(group.challenges if group is not None else ()))))


def _places(site: Site) -> Mapping[str, Place]:
    """Places of groups and meetups, past ones too, and of members who have a page."""
    community = site.whole
    members = (member for member in community.members.values() if site.allows(member, "page"))
    found: dict[str, Place] = {}
    records: tuple[Group | Meetup | Member, ...] = (*community.groups.values(), *community.meetups.values(), *members)
    for record in records:
        if record.place is not None and record.place.slug:
            found.setdefault(record.place.slug, record.place)
    return dict(sorted(found.items()))


def meetup_uids(site: Site) -> Mapping[str, str]:
    """The UID of each meetup: of its first slug. Who had a slug before keeps it; a newcomer to it is told apart."""
    authority = feed_authority(site.settings)
    taken: set[str] = set()
    found: dict[str, str] = {}
    meetups = site.whole.meetups
    for slug in sorted(meetups, key=lambda slug: (not meetups[slug].was, slug)):
        meetup = meetups[slug]
        name = meetup.was[-1] if meetup.was else slug
        while name in taken:
            name += "+"
        taken.add(name)
        found[slug] = f"{name}@{authority}"
    return found


def _render_calendar(
    site: Site, kind: FeedKind, slug: str, named: tuple[tuple[str, str], ...], place: str
) -> Iterator[Artifact]:
    """A calendar of the meetups `named` (slug, UID), `place` the name of a place; at its addresses of then and now."""
    # one meetup stands in up to six calendars; its event is serialised for the first, and kept for later builds
    octets = site.pieces("event", partial(_render_event, site), named)
    events = [(site.community.meetups[meetup_slug], one) for (meetup_slug, _), one in zip(named, octets, strict=True)]
    name, page, former = _about(site, kind, slug, place)
    address = site.settings.site_url
    content = render_calendar(
        events,
        name=name,
        url=f"{address}{quote(page)}" if address else "",
        source=f"{address}{quote(feed_path(kind, slug))}" if address else "",
        timezone=site.community.timezone,
    )
    for path in dict.fromkeys((slug, *former)):
        yield Artifact(feed_path(kind, path), content)


def _about(site: Site, kind: FeedKind, slug: str, place: str) -> tuple[str, str, tuple[str, ...]]:
    """What a calendar is called, the path of its page, and the slugs it had before that nobody else has now."""
    community, language = site.community, site.community.language
    if kind == "groups":
        group = community.groups[slug]
        return group.name.text(language), group.path, tuple(old for old in group.was if old not in community.groups)
    if kind == "meetups":
        meetup = community.meetups[slug]
        return (
            meetup.title.text(language),
            meetup.path,
            tuple(old for old in meetup.was if old not in community.meetups),
        )
    if kind == "challenges":
        challenge = community.challenges[slug]
        return f"{challenge.title.text(language)} · {community.name}", challenge.path, ()
    if kind == "places":
        return f"{place} · {community.name}", f"places/{slug}/", ()
    return community.name, "meetups/", ()


def _render_event(site: Site, slug: str, uid: str) -> bytes:
    meetup = site.community.meetups[slug]
    return render_event(meetup, event_texts(site, meetup, uid))


def event_texts(site: Site, meetup: Meetup, uid: str) -> EventTexts:
    """What the event of a meetup says beyond its record."""
    challenges = (site.community.challenges.get(slug) for slug in meetup.challenges)
    language = site.community.language
    address = site.settings.site_url
    return EventTexts(
        uid=uid,
        url=f"{address}{quote(meetup.path)}" if address else "",
        description=_plain(site, meetup.body, meetup.position),
        categories=(*(one.title.text(language) for one in challenges if one is not None), *meetup.topics),
        language=language,
    )


def _plain(site: Site, markdown: str, position: Position) -> str:
    """Authored Markdown as text for reading; links into the site need its address."""
    if not markdown.strip():
        return ""
    links = site.links(site.settings.site_url)
    source = _docs_source(site.settings, position)
    html = render_markdown(clean_text(markdown), source=source, links=links, convert=site.convert)
    return plain_text(html)


def _docs_source(settings: Settings, position: Position) -> str:
    """The path below docs_dir of the file a record stands in."""
    return position.path.removeprefix(_docs_prefix(settings.root, settings.docs_dir))


@lru_cache(maxsize=16)
def _docs_prefix(root: Path, docs_dir: Path) -> str:
    return f"{docs_dir.relative_to(root).as_posix()}/" if docs_dir.is_relative_to(root) else f"{docs_dir.as_posix()}/"


# --- stories ---


def _story_jobs(site: Site) -> Iterator[Job]:
    community = site.whole
    published = sorted(
        (story for story in community.stories.values() if story.status == "published"),
        key=lambda story: (-story.date.toordinal(), story.slug),
    )
    slugs = {story.slug for story in published}
    originals = [story for story in published if story.translation_of not in slugs]
    yield _story_job(site, "stories", "", community.name, community.language, originals)
    for language in sorted({story.language for story in published}):
        written = [story for story in published if story.language == language]
        yield _story_job(site, "stories", language, f"{community.name} ({language})", language, written)
    for slug, challenge in community.challenges.items():
        title = f"{challenge.title.text(community.language)} · {community.name}"
        told = [story for story in originals if slug in story.challenges]
        yield _story_job(site, "challenges", slug, title, community.language, told)


def _story_job(site: Site, kind: FeedKind, slug: str, title: str, language: str, stories: Iterable[Story]) -> Job:
    newest = tuple(story.slug for story in stories)[:NEWEST]
    render = partial(_render_stories, site, kind, slug, title, language, newest)
    return Job(name=feed_path(kind, slug, "atom"), render=render, page=False)


def _render_stories(
    site: Site, kind: FeedKind, slug: str, title: str, language: str, stories: tuple[str, ...]
) -> Iterator[Artifact]:
    # a story stands in several feeds; its entry is made for the first
    entries = [site.memo("feed entry", partial(_render_entry, site), story) for story in stories]
    home = f"challenges/{slug}/" if kind == "challenges" else "stories/"
    address = site.settings.site_url
    about = FeedAbout(
        title=one_line(title),
        language=language,
        community=one_line(site.community.name),
        home=f"{address}{quote(home)}" if address else "",
        address=address,
        id=f"tag:{feed_authority(site.settings)},2026:{feed_path(kind, slug, 'atom').removesuffix('.atom')}",
    )
    atom, json_feed = feed_path(kind, slug, "atom"), feed_path(kind, slug, "json")
    yield Artifact(atom, render_atom(about, entries, own=f"{address}{quote(atom)}" if address else ""))
    yield Artifact(json_feed, render_json_feed(about, entries, own=f"{address}{quote(json_feed)}" if address else ""))


def _render_entry(site: Site, slug: str) -> RenderedEntry:
    entry = _entry(site, site.community.stories[slug])
    return render_entry(entry, community=one_line(site.community.name), address=site.settings.site_url)


def _entry(site: Site, story: Story) -> FeedEntry:
    address = site.settings.site_url
    text = _plain(site, story.body, story.position)
    challenges = (site.community.challenges.get(slug) for slug in story.challenges)
    names = [one.title.text(story.language) for one in challenges if one is not None]
    first = story.was[-1] if story.was else story.slug
    tellers = site.tellers(story, "page")
    rights = ""
    if story.source is not None:
        # a credit may name a teller: who may not be named is credited by the link (CC BY 4.0 section 3(a)(2))
        credit = story.source.credit if len(tellers) == len(story.members) else ""
        rights = " ".join(part for part in (credit, story.source.license) if part)
    return FeedEntry(
        id=f"tag:{feed_authority(site.settings)},2026:stories/{first}",
        url=f"{address}{quote(story.path)}" if address else "",
        title=one_line(story.title),
        language=story.language,
        day=story.date,
        summary=" ".join(clean_text(story.welcome).split()) or first_words(text),
        text=text,
        authors=tuple(_author(address, member) for member in tellers),
        categories=tuple(dict.fromkeys(one_line(name) for name in (*names, *story.topics))),
        rights=one_line(rights),
    )


def _author(address: str, member: Member) -> tuple[str, str]:
    return one_line(member.name), f"{address}{quote(member.path)}" if address else ""
