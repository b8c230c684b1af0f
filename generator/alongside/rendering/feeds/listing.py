"""Feeds: which there are, and what stands in each. Calendars of meetups; Atom, RSS and JSON Feed of texts.

    feeds/all.ics, feeds/online.ics
    <slug>.ics below feeds/groups/, feeds/places/, feeds/challenges/ and feeds/meetups/; feeds/languages/<language>.ics
    coming meetups: feeds/meetups.atom, .rss, .json; feeds/groups/<slug>.atom, ...
    stories: feeds/stories.atom, ...; feeds/stories/<language>.atom, ...; feeds/challenges/<slug>.atom, ...
    feeds/podcast.rss (`podcast`), where stories can be heard

A feed somebody subscribed to must not vanish: groups (retired ones too), places, languages and challenges have a
calendar even when nothing is planned, groups and meetups keep theirs at every address they had (`was`), and those of
groups, places, languages and challenges that are gone stay, empty, as far as `alongside stamp` wrote them down.

A meetup stands in the calendars of its city, its region and its country, by its own place or its group's: a chapter's
online evening is still near its people. Its languages are its own, else its group's, else the community's; what the
calendar of a language holds is read by whoever reads it, in whatever region (`pt` has `pt-BR`).

Calendars hold what is not over, and what ended since 1 January of last year. So an old community's feed stays small,
and with unchanged content it changes once a year. A meetup's own calendar always has it. One whose file is deleted
stays in the calendars it was in, called off, as long as the ledger of stamps knows it.

Story feeds hold the newest 50, as `summary` the words the writer chose (`welcome`), else the first ones, and name only
tellers who consent to pages. Drafts are in no feed, not even in previews. Feeds of coming meetups name nobody
(`coming`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import partial
from itertools import islice
from urllib.parse import urlsplit

from alongside.model.community import Community
from alongside.model.gatherings import Group, Meetup, first_slugs
from alongside.model.people import Member
from alongside.model.places import Place
from alongside.model.stamps import Stamps, event_names
from alongside.model.stories import Story
from alongside.planning.occurrences import final_day
from alongside.planning.stamps import forgotten_before, with_dates
from alongside.reading.places import areas_of
from alongside.rendering.artifacts import Artifact, Job
from alongside.rendering.feeds.calendars import (
    TEAL,
    Color,
    EventPiece,
    EventTexts,
    calendar_lines,
    event_piece,
    join_events,
    render_calendar,
    render_event,
)
from alongside.rendering.feeds.coming import date_entries, soonest_meetups
from alongside.rendering.feeds.content_lines import clean_text, one_line, page_address
from alongside.rendering.feeds.meetup_words import meetup_words, whole_html
from alongside.rendering.feeds.paths import FeedKind, feed_path
from alongside.rendering.feeds.plain_texts import plain_text
from alongside.rendering.feeds.podcast import PICTURES, PODCAST, Episode, render_podcast
from alongside.rendering.feeds.text_feeds import (
    FORMS,
    FeedAbout,
    FeedEntry,
    RenderedEntry,
    first_words,
    render_atom,
    render_entry,
    render_json_feed,
    render_rss,
)
from alongside.rendering.interface import autonym, say
from alongside.rendering.pages.lists import gathering_places, place_path, places
from alongside.rendering.pages.players import may_play
from alongside.rendering.tracking import Site
from alongside.settings import Settings

NEWEST = 50  # stories in a feed
_UNSAFE = re.compile(r"[^\w.-]+")
_NO_STAMPS = Stamps()
_DELETED = "-"  # before the name of what only the ledger knows: no slug begins with it
_COLORS: Mapping[FeedKind, Color] = {
    "all": TEAL,
    "online": Color("steelblue", "#4682B4"),
    "languages": Color("mediumvioletred", "#C71585"),
    "groups": Color("darkslateblue", "#483D8B"),
    "places": Color("seagreen", "#2E8B57"),
    "challenges": Color("sienna", "#A0522D"),
    "meetups": TEAL,
}
# Which feeds of texts a page has: those of coming meetups, or of stories.
_TEXTS: Mapping[FeedKind, FeedKind] = {
    "all": "meetups",
    "groups": "groups",
    "challenges": "challenges",
    "stories": "stories",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLink:
    """A feed as a page links to it."""

    path: str  # below the site's root
    form: str  # what people call it: "iCalendar", "Atom", "RSS", "JSON Feed"
    media_type: str  # "text/calendar", "application/atom+xml", "application/rss+xml", "application/feed+json"


def feed_links(kind: FeedKind, slug: str = "") -> tuple[FeedLink, ...]:
    """The feeds of one page, its calendar first; stories alone have none."""
    links: list[FeedLink] = []
    if kind != "stories":
        links.append(FeedLink(path=feed_path(kind, slug), form="iCalendar", media_type="text/calendar"))
    if kind in _TEXTS:
        links += [
            FeedLink(path=feed_path(_TEXTS[kind], slug, suffix), form=form, media_type=media_type)
            for suffix, (form, media_type) in FORMS.items()
        ]
    return tuple(links)


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
    """One job a feed: a calendar with its former addresses, or all forms of a feed of texts."""
    yield from _calendar_jobs(site)
    yield from _coming_jobs(site)
    yield from _story_jobs(site)
    has_podcast(site)  # made here, so that a build can tell whether it has changed before it renders any page
    yield from _podcast_jobs(site)


# --- calendars ---


def _calendar_jobs(site: Site) -> Iterator[Job]:
    community = site.whole
    _event_names(site)  # made here, so that a build can tell whether one has changed before it renders any
    uids = {**meetup_uids(site), **_deleted_uids(site)}
    since = forgotten_before(site.day)
    recent = tuple(slug for slug in uids if _is_recent(_meetup(community, slug), since))

    def job(kind: FeedKind, slug: str, slugs: Iterable[str], *, name: str = "") -> Job:
        named = tuple((one, uids[one]) for one in sorted(slugs, key=lambda one: one.removeprefix(_DELETED)))
        render = partial(_render_calendar, site, kind, slug, named, name)
        return Job(name=feed_path(kind, slug), render=render, page=False, first=kind == "meetups")

    yield job("all", "", recent)
    yield job("online", "", (slug for slug in recent if is_online(_meetup(community, slug))))
    by_language = _grouped(community, recent, lambda meetup: languages_of(community, meetup))
    for code in _languages(community):
        yield job("languages", code, by_language.get(code, ()))
    by_group = _grouped(community, recent, lambda meetup: (meetup.group,))
    for slug in community.groups:
        yield job("groups", slug, by_group.get(slug, ()))
    by_place = _grouped(community, recent, lambda meetup: _place_slugs(community, meetup))
    for slug, place in places(site).items():
        yield job("places", slug, by_place.get(slug, ()), name=place.name)
    by_challenge = _grouped(community, recent, lambda meetup: _challenges(community, meetup))
    for slug in community.challenges:
        yield job("challenges", slug, by_challenge.get(slug, ()))
    for slug in community.meetups:
        yield job("meetups", slug, (slug,))
    theirs = {old for meetup in community.meetups.values() for old in (meetup.slug, *meetup.was)}
    for name, meetup in community.deleted.items():
        if meetup.slug not in theirs:
            theirs.add(meetup.slug)
            yield job("meetups", meetup.slug, (_DELETED + name,))
    yield from _kept_jobs(site)


def _kept_jobs(site: Site) -> Iterator[Job]:
    """Calendars that were published once and that nothing stands behind any more: they stay, empty."""
    community = site.whole
    there = {*calendar_names(community), *(feed_path("places", slug) for slug in places(site))}
    there |= {feed_path("groups", old) for group in community.groups.values() for old in group.was}
    for path, name in community.calendars.items():
        if path not in there:
            yield Job(name=path, render=partial(_render_kept, site, path, name), page=False)


def _render_kept(site: Site, path: str, name: str) -> Iterator[Artifact]:
    address, community = site.settings.site_url, site.community
    content = render_calendar(
        (),
        name=name,
        description=say(community.language, "calendar.ended", community=community.name),
        url=page_address(address, "meetups/"),
        source=page_address(address, path),
        timezone=community.timezone,
    )
    yield Artifact(path, content)


def calendar_names(community: Community) -> Mapping[str, str]:
    """Path and name of each calendar that must outlive what it is of (`reading.calendars`)."""
    language = community.language
    names = {feed_path("groups", slug): group.name.text(language) for slug, group in community.groups.items()}
    names |= {feed_path("challenges", slug): one.title.text(language) for slug, one in community.challenges.items()}
    names |= {feed_path("languages", code): autonym(code) for code in _languages(community)}
    return names | {feed_path("places", slug): place.name for slug, place in gathering_places(community).items()}


def _meetup(community: Community, slug: str) -> Meetup:
    """A meetup by its slug, or a deleted one by its mark and the name of its events."""
    if slug.startswith(_DELETED):
        return community.deleted[slug.removeprefix(_DELETED)]
    return community.meetups[slug]


def _deleted_uids(site: Site) -> Mapping[str, str]:
    authority = feed_authority(site.settings)
    return {_DELETED + name: _uid(meetup, name, authority) for name, meetup in site.whole.deleted.items()}


def _is_recent(meetup: Meetup, since: date) -> bool:
    final = final_day(meetup)
    return final is None or final >= since


def _grouped(
    community: Community, slugs: Iterable[str], keys: Callable[[Meetup], Iterable[str]]
) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for slug in slugs:
        for key in keys(_meetup(community, slug)):
            found.setdefault(key, []).append(slug)
    return found


def _where(community: Community, meetup: Meetup) -> Place | None:
    """Its place, else its group's: a chapter's online evening is still near its people."""
    group = community.groups.get(meetup.group)
    return meetup.place or (group.place if group is not None else None)


def _place_slugs(community: Community, meetup: Meetup) -> tuple[str, ...]:
    place = _where(community, meetup)
    if place is None or not place.slug:
        return ()
    return (place.slug, *(area.slug for area in areas_of(place)))


def is_online(meetup: Meetup) -> bool:
    """Whether one can join it from afar, on all its dates or on one of them."""
    return meetup.online or bool(meetup.online_url) or any(change.online_url for change in meetup.changes.values())


def languages_of(community: Community, meetup: Meetup) -> tuple[str, ...]:
    """The languages it is held in, without their regions (`pt` for `pt-BR`): its own, its group's, the community's."""
    group = community.groups.get(meetup.group)
    codes = meetup.languages or (group.languages if group is not None else ()) or (community.language,)
    return tuple(dict.fromkeys(map(_primary, codes)))


def _primary(code: str) -> str:
    return code.split("-")[0].casefold()


def _languages(community: Community) -> tuple[str, ...]:
    """Those of all groups and meetups, past ones too, and the community's."""
    found = {_primary(community.language)}
    for meetup in (*community.meetups.values(), *community.deleted.values()):
        found.update(languages_of(community, meetup))
    for group in community.groups.values():
        found.update(map(_primary, group.languages))
    return tuple(sorted(found))


def _challenges(community: Community, meetup: Meetup) -> tuple[str, ...]:
    """Its own and its group's."""
    group = community.groups.get(meetup.group)
    return tuple(dict.fromkeys((*meetup.challenges, *(group.challenges if group is not None else ()))))


def meetup_uids(site: Site) -> Mapping[str, str]:
    """The UID of each meetup, by slug: its own, else the name of its events and what no other site has.

    A meetup that was brought in from a calendar of ours keeps the UID it had there; its twin here is told apart.
    """
    authority, meetups = feed_authority(site.settings), site.whole.meetups
    own = {meetup.uid for meetup in meetups.values() if meetup.uid}
    found: dict[str, str] = {}
    for slug, name in _event_names(site).items():
        found[slug] = _uid(meetups[slug], name, authority)
        while found[slug] in own and not meetups[slug].uid:
            name += "+"
            found[slug] = _uid(meetups[slug], name, authority)
    return found


def event_stamps(site: Site, slug: str) -> Stamps:
    """The stamps of a meetup's events; none where nobody stamps."""
    name = slug.removeprefix(_DELETED) if slug.startswith(_DELETED) else _event_names(site)[slug]
    return site.community.stamps.get(name, _NO_STAMPS)


def _event_names(site: Site) -> Mapping[str, str]:
    return site.shared("event names", lambda community: event_names(community.meetups))


def _uid(meetup: Meetup, name: str, authority: str) -> str:
    """Its own, with the "+" that tells its events apart from another's; else made of their name."""
    if meetup.uid:
        return meetup.uid + "+" * (len(name) - len(name.rstrip("+")) - (len(meetup.uid) - len(meetup.uid.rstrip("+"))))
    return f"{name}@{authority}"


def _render_calendar(
    site: Site, kind: FeedKind, slug: str, named: tuple[tuple[str, str], ...], place: str
) -> Iterator[Artifact]:
    """A calendar of the meetups `named` (slug, UID), `place` the name of a place; at its addresses of then and now."""
    # one meetup stands in up to nine calendars; its event is serialised for the first, and kept for later builds
    pieces = site.pieces("event", partial(_render_event, site), named)
    meetup = _meetup(site.community, named[0][0]) if kind == "meetups" else None
    name, description, page = _about(site, kind, slug, place, meetup)
    address = site.settings.site_url
    lines = calendar_lines(
        name=name,
        description=description,
        url=page_address(address, page),
        source=page_address(address, feed_path(kind, slug)),
        color=_COLORS[kind],
    )
    content = join_events(pieces, lines, timezone=site.community.timezone)
    for path in (slug, *_former(site, site.community.groups[slug] if kind == "groups" else meetup)):
        yield Artifact(feed_path(kind, path), content)


def _about(
    site: Site, kind: FeedKind, slug: str, place: str = "", meetup: Meetup | None = None
) -> tuple[str, str, str]:
    """What a calendar is called, what it says of itself, and the path of its page. `meetup`: whose own it is."""
    community, language = site.community, site.community.language
    name, page = "", "meetups/"
    if kind == "groups":
        name, page = community.groups[slug].name.text(language), community.groups[slug].path
    elif meetup is not None:
        name, page = meetup.title.text(language), meetup.path if meetup.slug in community.meetups else page
    elif kind == "challenges":
        name, page = community.challenges[slug].title.text(language), community.challenges[slug].path
    elif kind == "places":
        name, page = place, place_path(slug)
    elif kind == "languages":
        name = autonym(slug)
    elif kind == "online":
        name = say(language, "meetup.online")
    told = say(language, f"calendar.about.{kind}", name=name, community=community.name)
    description = f"{told} {say(language, 'calendar.kept')}"
    if kind in ("groups", "meetups"):
        return name, description, page
    return f"{name} · {community.name}" if name else community.name, description, page


def _former(site: Site, record: Group | Meetup | None) -> tuple[str, ...]:
    """The slugs that a group or meetup had before and nobody else has now."""
    if record is None:
        return ()
    taken = site.community.groups if isinstance(record, Group) else site.community.meetups
    return tuple(dict.fromkeys(old for old in record.was if old not in taken))


def _render_event(site: Site, slug: str, uid: str) -> EventPiece:
    meetup = _meetup(site.community, slug)
    stamps = event_stamps(site, slug)
    if slug.startswith(_DELETED):  # its page is gone, and nothing is known of its dates
        organizer, organizer_url = _organizer(site, meetup)
        texts = EventTexts(uid=uid, language=site.community.language, organizer=organizer, organizer_url=organizer_url)
        return event_piece(meetup, render_event(meetup, texts, stamps=stamps))
    octets = render_event(with_dates(meetup, stamps.dates, stamps.also), event_texts(site, meetup, uid), stamps=stamps)
    return event_piece(meetup, octets)


def event_texts(site: Site, meetup: Meetup, uid: str) -> EventTexts:
    """What the event of a meetup says beyond its record."""
    language = site.community.language
    description, picture = meetup_words(site, meetup.slug)
    organizer, organizer_url = _organizer(site, meetup)
    return EventTexts(
        uid=uid,
        url=page_address(site.settings.site_url, meetup.path),
        description=description,
        categories=_categories(site, meetup),
        language=language,
        organizer=organizer,
        organizer_url=organizer_url,
        picture=picture,
        join=say(language, "meetup.join_online") if is_online(meetup) else "",
    )


def _organizer(site: Site, meetup: Meetup) -> tuple[str, str]:
    """Who holds it, never a person: its group or the community, and the address of their page."""
    address = site.settings.site_url
    group = site.community.groups.get(meetup.group) if meetup.group else None
    if group is None:
        return one_line(site.community.name), address
    return one_line(group.name.text(site.community.language)), page_address(address, group.path)


def _categories(site: Site, meetup: Meetup) -> tuple[str, ...]:
    """Names of its challenges, then its topics."""
    challenges = (site.community.challenges.get(slug) for slug in meetup.challenges)
    names = (one.title.text(site.community.language) for one in challenges if one is not None)
    return tuple(dict.fromkeys(map(one_line, (*names, *meetup.topics))))


# --- coming meetups ---


def _coming_jobs(site: Site) -> Iterator[Job]:
    firsts = _event_names(site)
    soonest = soonest_meetups(site)
    groups = first_slugs(site.whole.groups)
    for slug in ("", *groups):
        named = tuple((one, firsts[one]) for one in soonest.get(slug, ()))
        kind: FeedKind = "groups" if slug else "meetups"
        render = partial(_render_coming, site, kind, slug, named, groups.get(slug, ""))
        yield Job(name=feed_path(kind, slug, "atom"), render=render, page=False)


def _render_coming(
    site: Site, kind: FeedKind, slug: str, named: tuple[tuple[str, str], ...], first: str
) -> Iterator[Artifact]:
    """The feed of the meetups `named` (slug, first slug), soonest first, at its addresses of then and now."""
    entries: list[RenderedEntry] = []
    for meetup_slug, stem in named:
        entries += _render_dates(site, meetup_slug, stem)
    community = site.community
    group = community.groups[slug] if slug else None
    name = group.name.text(community.language) if group is not None else community.name
    title = say(community.language, "feed.meetups", name=name)
    _, description, page = _about(site, "groups" if slug else "all", slug)
    for path in (slug, *_former(site, group)):
        yield from _text_feeds(
            site, kind, path, entries, title=title, description=description, home=page, id_path=feed_path(kind, first)
        )


def _render_dates(site: Site, slug: str, stem: str) -> Iterator[RenderedEntry]:
    """Made for each feed anew: but for the soonest hundred, a meetup stands in that of its group alone."""
    meetup = site.community.meetups[slug]
    entries = date_entries(
        site,
        meetup,
        id_stem=f"{_tag(site)}:meetups/{stem}",
        stamps=site.community.stamps.get(stem, Stamps()),
        organizer=_organizer(site, meetup),
        categories=_categories(site, meetup),
    )
    community = one_line(site.community.name)
    for one in entries:
        yield render_entry(one, community=community, address=site.settings.site_url)


def _tag(site: Site) -> str:
    """The beginning of ids of this site (RFC 4151)."""
    return f"tag:{feed_authority(site.settings)},2026"


def _text_feeds(
    site: Site,
    kind: FeedKind,
    slug: str,
    entries: Sequence[RenderedEntry],
    *,
    title: str,
    description: str,
    home: str,
    id_path: str,
    language: str = "",
) -> Iterator[Artifact]:
    """All forms of one feed; `home` is the path of its page, `id_path` that of the feed when it was new."""
    address = site.settings.site_url
    about = FeedAbout(
        title=one_line(title),
        description=one_line(description),
        language=language or site.community.language,
        community=one_line(site.community.name),
        home=page_address(address, home),
        address=address,
        id=f"{_tag(site)}:{id_path.rpartition('.')[0]}",
    )
    for suffix, render in (("atom", render_atom), ("rss", render_rss), ("json", render_json_feed)):
        path = feed_path(kind, slug, suffix)
        yield Artifact(path, render(about, entries, own=page_address(address, path)))


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
    told: dict[str, list[Story]] = {slug: [] for slug in community.challenges}
    for story in originals:
        for slug in dict.fromkeys(story.challenges):
            told[slug].append(story)
    for slug, challenge in community.challenges.items():
        title = f"{challenge.title.text(community.language)} · {community.name}"
        yield _story_job(site, "challenges", slug, title, community.language, told[slug])


def _story_job(site: Site, kind: FeedKind, slug: str, title: str, language: str, stories: Iterable[Story]) -> Job:
    newest = tuple(story.slug for story in islice(stories, NEWEST))
    render = partial(_render_stories, site, kind, slug, title, language, newest)
    return Job(name=feed_path(kind, slug, "atom"), render=render, page=False)


def _render_stories(
    site: Site, kind: FeedKind, slug: str, title: str, language: str, stories: tuple[str, ...]
) -> Iterator[Artifact]:
    # a story stands in several feeds; its entry is made for the first
    entries = [site.memo("feed entry", partial(_render_entry, site), story) for story in stories]
    yield from _text_feeds(
        site,
        kind,
        slug,
        entries,
        title=title,
        description=say(language, "list.stories"),
        home=f"challenges/{slug}/" if kind == "challenges" else "stories/",
        id_path=feed_path(kind, slug, "atom"),
        language=language,
    )


def _render_entry(site: Site, slug: str) -> RenderedEntry:
    entry = _entry(site, site.community.stories[slug])
    return render_entry(entry, community=one_line(site.community.name), address=site.settings.site_url)


def _entry(site: Site, story: Story) -> FeedEntry:
    address = site.settings.site_url
    text = plain_text(whole_html(site, story.body, story.position))
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
        id=f"{_tag(site)}:stories/{first}",
        url=page_address(address, story.path),
        title=one_line(story.title),
        language=story.language,
        moment=datetime.combine(story.date, time(), UTC),  # stories have days, feeds want an instant
        summary=" ".join(clean_text(story.welcome).split()) or first_words(text),
        text=text,
        authors=tuple(_author(address, member) for member in tellers),
        categories=tuple(dict.fromkeys(one_line(name) for name in (*names, *story.topics))),
        rights=one_line(rights),
    )


def _author(address: str, member: Member) -> tuple[str, str]:
    return one_line(member.name), page_address(address, member.path)


# --- the podcast ---


def has_podcast(site: Site) -> bool:
    """True where there is a story to listen to, and an address of the site for apps to start from."""
    return PODCAST in site.shared("podcast", partial(_episodes, site))


def _episodes(site: Site, community: Community) -> Mapping[str, tuple[str, ...]]:
    """The podcast's path -> slugs of its stories, newest first; nothing where there is none."""
    spoken = [
        story
        for story in community.stories.values()
        if story.status == "published" and story.media.audio in community.recordings and may_play(site, story)
    ]
    spoken.sort(key=lambda story: (-story.date.toordinal(), story.slug))
    return {PODCAST: tuple(story.slug for story in spoken)} if spoken and site.settings.site_url else {}


def _podcast_jobs(site: Site) -> Iterator[Job]:
    for slugs in _episodes(site, site.whole).values():
        picture = next((name for name in PICTURES if name in site.whole.documents), "")
        yield Job(name=PODCAST, render=partial(_render_podcast, site, slugs, picture), page=False)


def _render_podcast(site: Site, slugs: tuple[str, ...], picture: str) -> Iterator[Artifact]:
    address, community = site.settings.site_url, site.community
    about = FeedAbout(
        title=one_line(community.name),
        description=say(community.language, "feed.podcast", name=one_line(community.name)),
        language=community.language,
        community=one_line(community.name),
        home=page_address(address, "stories/"),
        address=address,
        id=f"{_tag(site)}:podcast",
    )
    told = [_episode(site, community.stories[slug]) for slug in slugs]
    own = page_address(address, PODCAST)
    content = render_podcast(about, told, own=own, picture=page_address(address, picture) if picture else "")
    yield Artifact(PODCAST, content)


def _episode(site: Site, story: Story) -> Episode:
    address, community = site.settings.site_url, site.community
    return Episode(
        entry=_entry(site, story),
        address=page_address(address, story.media.audio),
        recording=community.recordings[story.media.audio],
        transcripts=tuple(
            (language, page_address(address, path))
            for language, path in story.media.transcripts
            if community.transcripts.get(path) is not None
        ),
    )
