"""Record pages: one job a page of story, member, group, meetup, challenge and place, and of the lists of each.

Second half of rendering a page: `render_pages` lists the jobs, each reads its cards through `views`, fills
the template of its kind (which a site may override) and makes a `Page` that a shell of the theme is put around.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from itertools import groupby, islice
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from markupsafe import escape

from alongside.model.people import Member, MemberPage
from alongside.model.places import Place
from alongside.model.stories import Story
from alongside.model.texts import direction
from alongside.reading.places import areas_of, country_place
from alongside.rendering.artifacts import Artifact, Job
from alongside.rendering.embeds.oembeds import oembed_link, oembed_path, story_oembed
from alongside.rendering.feeds.listing import feed_links, has_podcast
from alongside.rendering.feeds.meetup_words import meetup_words
from alongside.rendering.feeds.paths import FeedKind, feed_path
from alongside.rendering.feeds.podcast import PODCAST
from alongside.rendering.feeds.subscribing import SubscribeLinks, subscribe_links
from alongside.rendering.feeds.text_feeds import first_words
from alongside.rendering.journey_map import map_figure, map_journeys
from alongside.rendering.pages import browsing, dates, lists, meetups
from alongside.rendering.pages.dates import DatePage
from alongside.rendering.pages.jsonld import Data, Linked, schedule, script_json
from alongside.rendering.pages.lists import Gathered, ListPage
from alongside.rendering.pages.moments import STYLE_SHEET
from alongside.rendering.pages.picture_cards import (
    challenge_card,
    group_card,
    meetup_card,
    member_card,
    picture_head,
    site_head,
    story_card,
)
from alongside.rendering.pages.players import SCRIPT as TRANSCRIPT_SCRIPT
from alongside.rendering.pages.players import players
from alongside.rendering.pages.redirects import redirect_jobs
from alongside.rendering.pages.views import (
    Face,
    GroupCard,
    Label,
    MeetupCard,
    StoryCard,
    Views,
    When,
    body_language,
    docs_source,
    one_line,
    safe_url,
)
from alongside.rendering.pages.words import PageWords, language_links
from alongside.rendering.shells import Page
from alongside.rendering.tracking import Site

_ASSETS = Path(__file__).parent.parent / "assets"
SEARCH_SCRIPT = "assets/search.js"  # site path of what `parts.search` and the theme's search page load
SUBSCRIBE_SCRIPT = "assets/subscribe.js"  # site path of what `parts.subscribe` loads
ROBOTS = "robots.txt"  # names the sitemap (RFC 9309); it is read at the root of a host alone
BROWSE = "browse/"  # site path of the page that leads to all lists
MORE_STORIES = 3  # of the same teller
CHOICES = 40  # so many of a way stand on that page at once
TITLES_BETWEEN = 4  # stories of a list that are titles alone, between two that speak
Kind = Literal["stories", "members", "groups", "meetups", "challenges", "places"]
KINDS: tuple[Kind, ...] = ("stories", "members", "groups", "meetups", "challenges", "places")


def render_pages(site: Site) -> Iterator[Job]:
    """The jobs of all record pages and their lists, by kind and slug, and of the style sheet and script they share."""
    community = site.whole
    for path in (STYLE_SHEET, SUBSCRIBE_SCRIPT, SEARCH_SCRIPT, TRANSCRIPT_SCRIPT, meetups.STYLE, meetups.SCRIPT):
        yield Job(name=path, render=partial(asset, path, (_ASSETS / Path(path).name).read_text("utf-8")), page=False)
    _prepare(site)
    for story in community.stories.values():
        if lists.is_shown(site, story):
            yield Job(name=story.path, render=partial(story_page, site, story.slug))
    for member in community.members.values():
        if site.allows(member, "page"):
            for index, language in enumerate(member.pages):
                path = member.path if not index else member_path(member, language)
                yield Job(name=path, render=partial(member_page, site, member.slug, language))
    for group in community.groups.values():
        yield Job(name=group.path, render=partial(group_page, site, group.slug))
    for meetup in community.meetups.values():
        yield Job(name=meetup.path, render=partial(meetup_page, site, meetup.slug))
    for challenge in community.challenges.values():
        yield Job(name=challenge.path, render=partial(challenge_page, site, challenge.slug))
    for slug in lists.places(site):
        yield Job(name=lists.place_path(slug), render=partial(place_page, site, slug))
    yield from _list_jobs(site)
    yield from redirect_jobs(site)
    if (
        site.settings.site_url
        and not urlsplit(site.settings.site_url).path.strip("/")
        and ROBOTS not in community.documents
    ):
        text = f"User-agent: *\nAllow: /\nSitemap: {site.settings.site_url}sitemap.xml\n"
        yield Job(name=ROBOTS, render=partial(asset, ROBOTS, text), page=False)
    if site.settings.journey_map and community.journeys:
        yield Job(name="journeys/", render=partial(journey_page, site))


def _list_jobs(site: Site) -> Iterator[Job]:
    makers = (
        (lists.story_pages, story_list),
        (browsing.narrowed_stories, narrowed_story_list),
        (lists.member_pages, member_list),
        (browsing.narrowed_members, narrowed_member_list),
        (lists.group_pages, group_list),
        (dates.date_pages, meetup_list),
        (dates.month_pages, meetup_month),
        (lists.past_pages, past_meetups),
        (lists.place_pages, place_list),
    )
    for pages, maker in makers:
        for path in pages(site):
            yield Job(name=path, render=partial(maker, site, path))
    yield Job(name="challenges/", render=partial(challenge_list, site))
    yield Job(name=BROWSE, render=partial(browse_page, site))


def _prepare(site: Site) -> None:
    """Make the shared lists before any job runs, so that a later build can compare them."""
    for make in (
        lists.places,
        lists.gathered_by_challenge,
        lists.gathered_by_place,
        lists.related_stories,
        lists.hosted_by,
        lists.meetups_of_groups,
        lists.near_places,
        lists.past_years,
        browsing.choices,
        browsing.totals,
        browsing.narrowed_paths,
        browsing.places_of_people,
        browsing.role_names,
        dates.choices,
        dates.this_month,
        dates.near_towns,
    ):
        make(site)


def asset(path: str, text: str) -> Iterator[Artifact]:
    """A file the record pages share. Its text is an argument, so that a change of it is a change of the job."""
    yield Artifact(path, text.encode())


# --- what every page has ---


def member_path(member: Member, language: str) -> str:
    """The page of a member's words in another language than their own."""
    return f"{member.path}{language}/"


class _Draft:
    """A page in the making: its words, its views, its template."""

    def __init__(self, site: Site, *, path: str, language: str, template: str) -> None:
        self.site = site
        self.path = path
        self.language = language
        self.template = template
        self.ui = PageWords(site, page=path, language=language)
        self.views = Views(site, self.ui.language)
        self.linked = Linked(site_url=site.settings.site_url, site_name=site.settings.site_name)
        self.trail = [Label(text=self.ui.say("nav.home"), language=self.ui.language, path="")]

    def under(self, kind: Kind) -> _Draft:
        """Hang the page below the list of its kind."""
        self.trail.append(Label(text=self.ui.say(f"nav.{kind}"), language=self.ui.language, path=f"{kind}/"))
        return self

    def page(
        self,
        title: str,
        *,
        context: Mapping[str, Any],
        data: Sequence[Data] = (),
        description: str = "",
        alternates: Sequence[Label] = (),
        feeds: Sequence[tuple[str, str, str]] = (),
        source: str = "",
        kind: str = "website",
        modified: date | None = None,
        listed: bool = True,
        picture: Sequence[str] | None = None,
        more_head: Sequence[str] = (),
    ) -> Page:
        """The page: its template filled with `context`, and its head. `feeds`: (media type, title, site path).

        `picture`: lines of the head about its picture; None: that of the site.
        """
        trail = [*self.trail, Label(text=title, language=self.language, path=self.path)]
        if len(self.trail) > 1 and self.trail[-1].path == self.path:
            trail = self.trail
        template = self.site.templates.get_template(self.template)
        content = template.render(ui=self.ui, trail=trail[:-1], title=title, **context)
        head = [
            f'<link rel="stylesheet" href="{self.ui.url(STYLE_SHEET)}">',
            *([] if listed else ['<meta name="robots" content="noindex">']),
            *self._head(title, description, alternates, feeds, kind),
            *(site_head(self.site.settings) if picture is None else picture),
            *more_head,
            script_json(self.linked.page(*data, trail=trail)),
        ]
        return Page(
            path=self.path,
            title=title,
            description=description,
            language=self.language,
            direction="rtl" if direction(self.language) == "rtl" else "ltr",
            content=content,
            head="\n".join(head),
            source=source,
            modified=modified,
            listed=listed,
        )

    def _head(
        self,
        title: str,
        description: str,
        alternates: Sequence[Label],
        feeds: Sequence[tuple[str, str, str]],
        kind: str,
    ) -> Iterator[str]:
        meta = {
            "og:title": title,
            "og:type": kind,
            "og:site_name": self.linked.site_name,
            "og:description": description,
            "og:url": self.linked.address(self.path),
        }
        for name, content in meta.items():
            if content:
                yield f'<meta property="{name}" content="{escape(content)}">'
        if self.linked.site_url and alternates:
            addresses = [(label.language, str(escape(self.linked.address(label.path)))) for label in alternates]
            yield language_links(addresses, self.site.settings.language).rstrip()
        for media_type, name, path in feeds:
            yield f'<link rel="alternate" type="{media_type}" title="{escape(name)}" href="{self.ui.url(path)}">'


def _calendar(ui: PageWords, kind: FeedKind, slug: str = "") -> tuple[str, str, str]:
    return ("text/calendar", ui.say("footer.calendar"), feed_path(kind, slug))


def _feeds(ui: PageWords, kind: FeedKind, slug: str = "", name: str = "") -> list[tuple[str, str, str]]:
    """All feeds of a page, its calendar first. `name`: whose coming meetups they tell; of stories there is none."""
    words = ui.say("feed.meetups", name=name) if name else ui.say("footer.feed")
    links = feed_links(kind, slug)
    texts = [(one.media_type, f"{words} ({one.form})", one.path) for one in links if one.form != "iCalendar"]
    return texts if kind == "stories" else [_calendar(ui, kind, slug), *texts]


def _podcast(ui: PageWords) -> list[tuple[str, str, str]]:
    """The podcast, where there is one."""
    name = ui.say("feed.podcast", name=one_line(ui.site.settings.site_name))
    return [("application/rss+xml", name, PODCAST)] if has_podcast(ui.site) else []


def _event(views: Views, linked: Linked, card: MeetupCard, when: When) -> Data:
    """One date of a meetup for search engines."""
    site = views.site
    meetup = site.community.meetups[card.slug]
    group = site.community.groups.get(meetup.group) if meetup.group else None
    words, picture = meetup_words(site, card.slug)
    near = group.place if group is not None else None
    return linked.event(card, meetup, when, near=near, words=first_words(words), picture=picture)


def _next_events(views: Views, linked: Linked, cards: Iterable[MeetupCard]) -> list[Data]:
    """The next date of each meetup of a list."""
    return [_event(views, linked, card, card.when) for card in cards if card.when is not None]


def _ways(site: Site, kind: FeedKind, slug: str, name: str) -> SubscribeLinks:
    """The ways into the calendar of a page, for `parts.subscribe`. `name`: the group's, meetup's, ... own."""
    whole = f"{name} · {site.settings.site_name}" if kind in ("challenges", "places", "languages", "online") else name
    return subscribe_links(site.settings.site_url, feed_path(kind, slug), whole)


# --- stories ---


def story_page(site: Site, slug: str) -> Iterator[Page | Artifact]:
    """The page of a story, and what stands where somebody pastes a link to it (oEmbed)."""
    story = site.community.stories[slug]
    draft = _Draft(site, path=story.path, language=story.language, template="story.html").under("stories")
    ui, views = draft.ui, draft.views
    card = views.story_of(story)
    versions = story_versions(site, story)
    original = site.community.stories.get(story.translation_of) if story.translation_of else None
    challenges = views.challenges(story.challenges)
    source = story.source
    licence = one_line(source.license) if source else ""
    # a quotation needs words to quote
    quoted = story_oembed(Views(site, ui.language, "embed"), story, card.words) if card.words else None
    if quoted is not None:
        yield Artifact(oembed_path(story.path), quoted)
    yield draft.page(
        card.title.text,
        context={
            "story": story,
            "card": card,
            "body": views.prose(story.body, story.position, story.language),
            "versions": versions,
            "original": next((label for label in versions if original and label.path == original.path), None),
            "challenges": challenges,
            "topics": tuple(one_line(topic) for topic in story.topics),
            "address": draft.linked.address(story.path),
            "roles": _role_labels(
                site, story.roles or tuple(role for face in card.tellers[:1] for role in face.roles[:1])
            ),
            "source_url": safe_url(source.url) if source else "",
            "credit": story_credit(story, card.tellers),
            "licence": licence,
            "licence_url": licence_url(licence),
            "more": more_stories(views, story, card.tellers),
            "related": views.stories(lists.related_stories(site).get(slug, ())),
            "players": players(site, story),
            "meet": next((face for face in card.tellers if face.welcomes), None),
        },
        data=[
            draft.linked.article(
                card,
                about=challenges,
                topics=story.topics,
                licence=licence_url(licence) or licence,
                origin=safe_url(source.url) if source else "",
            )
        ],
        description=" ".join(card.words),
        alternates=versions,
        feeds=[*_feeds(ui, "stories"), *(_podcast(ui) if card.audio else ())],
        source=docs_source(site, story.position),
        kind="article",
        modified=story.date,
        listed=story.status == "published",
        picture=picture_head(site, story_card, story),
        more_head=[oembed_link(site.settings, story.path, card.title.text)] if quoted is not None else (),
    )


def _role_labels(site: Site, roles: Iterable[str]) -> tuple[Label, ...]:
    """Roles as they are written, each leading to the stories told in it."""
    return tuple(
        Label(
            text=one_line(role), language="", path=browsing.list_path(site, "stories", "role", browsing.role_slug(role))
        )
        for role in roles
    )


def story_versions(site: Site, story: Story) -> tuple[Label, ...]:
    """A story in all its languages, itself included, original first; empty where there is only one."""
    original = site.community.stories.get(story.translation_of) if story.translation_of else story
    if original is None or not lists.is_shown(site, original):
        return ()
    versions = (original, *site.community.translations_of.get(original.slug, ()))
    if len(versions) < 2:
        return ()
    return tuple(Label(text=one_line(one.title), language=one.language, path=one.path) for one in versions)


def story_credit(story: Story, named: Sequence[Face]) -> str:
    """Whom a licence wants credited. Left out as soon as one teller may not be named: the link to the source carries
    it then (CC BY 4.0 section 3(a)(2))."""
    if story.source is None or len(named) < len(story.members):
        return ""
    return one_line(story.source.credit)


def licence_url(licence: str) -> str:
    """The deed of a Creative Commons licence by its SPDX name, else nothing."""
    parts = licence.upper().split("-")
    if licence.upper() == "CC0-1.0":
        return "https://creativecommons.org/publicdomain/zero/1.0/"
    if len(parts) < 3 or parts[0] != "CC" or not set(parts[1:-1]) <= {"BY", "SA", "NC", "ND"}:
        return ""
    version = parts[-1]
    known = version in ("1.0", "2.0", "2.5", "3.0", "4.0")
    return f"https://creativecommons.org/licenses/{'-'.join(parts[1:-1]).lower()}/{version}/" if known else ""


def more_stories(views: Views, story: Story, tellers: Sequence[Face]) -> tuple[Any, ...]:
    """Other stories of the first teller who may be named, translations of this one left out."""
    if not tellers:
        return ()
    voice = next(slug for slug in story.members if views.face(slug) is not None)
    same = {story.slug, story.translation_of}
    others = (
        other.slug
        for other in views.site.community.stories_of.get(voice, ())
        if other.slug not in same and not other.translation_of
    )
    return views.stories(islice(others, MORE_STORIES))


# --- members ---


def member_page(site: Site, slug: str, language: str) -> Iterator[Page]:
    """The page of a member, with their words in one of their languages."""
    member = site.community.members[slug]
    words: MemberPage = member.pages[language]
    own = next(iter(member.pages))
    path = member.path if language == own else member_path(member, language)
    draft = _Draft(site, path=path, language=language, template="member.html").under("members")
    ui, views = draft.ui, draft.views
    face = views.face_of(member)
    versions = tuple(
        Label(text=ui.autonym(code), language=code, path=member.path if code == own else member_path(member, code))
        for code in member.pages
    )
    links = tuple((one_line(name), url) for name, url in member.links if safe_url(url))
    stories = views.stories(
        story.slug for story in site.community.stories_of.get(slug, ()) if is_voice_of(site, story, language)
    )
    away = member.away if member.away is not None and not site.is_past(member.away.last) else None
    yield draft.page(
        face.name,
        context={
            "member": member,
            "face": face,
            "page_path": path,
            "bio": views.prose(words.bio, words.position, language),
            "welcome": views.prose(words.welcome, words.position, language) if member.status == "active" else None,
            "versions": versions if len(versions) > 1 else (),
            "challenges": views.challenges(member.challenges),
            "topics": tuple(one_line(topic) for topic in member.topics),
            "links": links,
            "stories": stories,
            "groups": views.groups(lists.hosted_by(site).get(slug, ())),
            "away": away,
            "away_now": away is not None and site.is_away(member),
        },
        data=[draft.linked.person(face, languages=member.languages, same=[url for _, url in links])],
        alternates=versions if len(versions) > 1 else (),
        source=docs_source(site, words.position),
        kind="profile",
        picture=picture_head(site, member_card, member),
    )


def is_voice_of(site: Site, story: Story, language: str) -> bool:
    """True for the version of a story that a page in `language` lists: the one in that language, else the original."""
    original = site.community.stories.get(story.translation_of) if story.translation_of else story
    if original is None:
        return True
    versions = (original, *site.community.translations_of.get(original.slug, ()))
    fitting = next((one for one in versions if one.language == language), original)
    return fitting.slug == story.slug


# --- groups ---


def group_page(site: Site, slug: str) -> Iterator[Page]:
    """The page of a group."""
    group = site.community.groups[slug]
    language = site.settings.language
    draft = _Draft(site, path=group.path, language=language, template="group.html").under("groups")
    ui, views = draft.ui, draft.views
    card = views.group_of(group)
    hosts = views.faces(group.hosts)
    coming, past = lists.meetups_of_groups(site).get(slug, ((), ()))
    coming_cards = views.meetups(coming)
    yield draft.page(
        card.name.text,
        context={
            "group": group,
            "card": card,
            "body": views.prose(group.body, group.position, body_language(group.languages, language)),
            "hosts": hosts,
            "coming": coming_cards,
            "past": views.meetups(past),
            "challenges": views.challenges(group.challenges),
            "topics": tuple(one_line(topic) for topic in group.topics),
            "conduct": conduct_url(site, ui, group.conduct),
            "subscribe": _ways(site, "groups", slug, card.name.text),
        },
        data=[
            draft.linked.group(card, hosts=hosts, place=group.place),
            *_next_events(views, draft.linked, coming_cards),
        ],
        feeds=_feeds(ui, "groups", slug, name=card.name.text),
        source=docs_source(site, group.position),
        picture=picture_head(site, group_card, group),
    )


def conduct_url(site: Site, ui: PageWords, own: str) -> str:
    """The address of the rules that hold: a group's own, else the community's; as a link may carry it."""
    url = own or site.settings.organisation.conduct
    if not url or safe_url(url):
        return safe_url(url)
    return "" if ":" in url or url.startswith("//") else ui.url(url.lstrip("/"))


# --- meetups ---


def meetup_page(site: Site, slug: str) -> Iterator[Page]:
    """The page of a meetup, with its next dates."""
    meetup = site.community.meetups[slug]
    language = site.settings.language
    draft = _Draft(site, path=meetup.path, language=language, template="meetup.html").under("meetups")
    ui, views = draft.ui, draft.views
    card = views.meetup_of(meetup)
    dates = views.dates(meetup)
    hosts = views.faces(meetup.hosts)
    title = views.local(meetup.title)
    group = site.community.groups.get(meetup.group) if meetup.group else None
    events = [_event(views, draft.linked, card, when) for when in dates]
    if events:
        events[0]["eventSchedule"] = schedule(meetup)
    yield draft.page(
        title.text,
        context={
            "meetup": meetup,
            "card": card,
            "heading": title,
            "dates": dates,
            "past": lists.start_day(meetup) if card.when is None and not dates else None,
            "body": views.prose(meetup.body, meetup.position, body_language(meetup.languages, language)),
            "hosts": hosts,
            "group": views.group_of(group) if group is not None else None,
            "place": meetup.place,
            "place_path": lists.path_of_place(site, meetup.place.slug) if meetup.place else "",
            "map_url": map_url(meetup.place.lat, meetup.place.lon) if meetup.place and meetup.place.precise else "",
            "online_url": safe_url(meetup.online_url),
            "rsvp": safe_url(meetup.rsvp),
            "challenges": views.challenges(meetup.challenges),
            "topics": tuple(one_line(topic) for topic in meetup.topics),
            "conduct": conduct_url(site, ui, group.conduct if group is not None else ""),
            "subscribe": _ways(site, "meetups", slug, title.text),
        },
        data=events,
        feeds=[_calendar(ui, "meetups", slug)],
        source=docs_source(site, meetup.position),
        picture=picture_head(site, meetup_card, meetup),
    )


def map_url(lat: float | None, lon: float | None) -> str:
    """A plain link to a map; nothing of it is loaded before somebody follows it."""
    if lat is None or lon is None:
        return ""
    return f"https://www.openstreetmap.org/?mlat={lat:.5f}&mlon={lon:.5f}#map=16/{lat:.5f}/{lon:.5f}"


# --- challenges and places ---


def _gathered(views: Views, gathered: Gathered, way: str, value: str) -> dict[str, Any]:
    return {
        "all": {
            kind: browsing.list_path(views.site, kind, way, value) or f"{kind}/"
            for kind in ("stories", "members", "groups", "meetups")
        },
        "members": views.faces(gathered.members),
        "stories": views.stories(gathered.stories),
        "groups": views.groups(gathered.groups),
        "meetups": views.meetups(gathered.meetups),
        "more": dict(zip(("members", "stories", "groups", "meetups"), gathered.more, strict=True)),
    }


def challenge_page(site: Site, slug: str) -> Iterator[Page]:
    """The page of a challenge: who knows about it, and what there is."""
    challenge = site.community.challenges[slug]
    draft = _Draft(site, path=challenge.path, language=site.settings.language, template="challenge.html").under(
        "challenges"
    )
    views = draft.views
    heading = views.local(challenge.title)
    found = _gathered(views, lists.gathered_by_challenge(site).get(slug, Gathered()), "challenge", slug)
    yield draft.page(
        heading.text,
        context={
            "heading": heading,
            "also": tuple(one_line(name) for name in challenge.also),
            "subscribe": _ways(site, "challenges", slug, heading.text),
            **found,
        },
        data=[draft.linked.listing(heading.text, found["stories"])],
        feeds=_feeds(draft.ui, "challenges", slug),
        picture=picture_head(site, challenge_card, challenge),
    )


def place_page(site: Site, slug: str) -> Iterator[Page]:
    """The page of a place: who and what is there, and what is near."""
    shown = lists.places(site)
    place = shown[slug]
    draft = _Draft(site, path=lists.place_path(slug), language=site.settings.language, template="place.html").under(
        "places"
    )
    found = _gathered(draft.views, lists.gathered_by_place(site).get(slug, Gathered()), "place", slug)
    near = tuple((_place_label(shown[other]), km) for other, km in lists.near_places(site).get(slug, ()))
    yield draft.page(
        one_line(place.name),
        context={
            "place": place,
            "areas": tuple(_place_label(shown[area.slug]) for area in areas_of(place) if area.slug in shown),
            "near": near,
            "around": dates.narrowed_path("near", slug) if slug in dates.near_towns(site) else "",
            "km": dates.NEAR_KM,
            "subscribe": _ways(site, "places", slug, one_line(place.name)),
            "map_url": map_url(place.lat, place.lon) if place.precise else "",
            **found,
        },
        listed=any(found[kind] for kind in ("members", "stories", "groups", "meetups")),
        data=[draft.linked.place(place), *_next_events(draft.views, draft.linked, found["meetups"])],
        feeds=[_calendar(draft.ui, "places", slug)],
    )


def _place_label(place: Place) -> Label:
    """A place by the name of its page, which it has."""
    return Label(text=one_line(place.name), language="", path=lists.place_path(place.slug))


# --- lists ---


def _list_draft(site: Site, kind: Kind, page: ListPage, template: str) -> _Draft:
    return _Draft(site, path=page.path, language=site.settings.language, template=template).under(kind)


def story_list(site: Site, path: str) -> Iterator[Page]:
    """A page of the list of stories, newest first."""
    page = lists.story_pages(site)[path]
    draft = _list_draft(site, "stories", page, "stories.html")
    ways = _ways_around(draft, ("year", "language")) if page.number == 1 else ()
    yield _story_list(draft, page, draft.ui.say("nav.stories"), {"ways": ways, "browse": BROWSE, "about": None})


def narrowed_story_list(site: Site, path: str) -> Iterator[Page]:
    """A page of the list of the stories that have one thing in common, newest first."""
    page = browsing.narrowed_stories(site)[path]
    draft = _list_draft(site, "stories", page, "stories.html")
    about = _common(draft, page)
    title = f"{draft.ui.say('nav.stories')}: {about.text}"
    yield _story_list(draft, page, title, {"ways": (), "browse": BROWSE, "about": about if about.path else None})


def _story_list(draft: _Draft, page: ListPage, title: str, context: Mapping[str, Any]) -> Page:
    ui = draft.ui
    cards = draft.views.stories(page.slugs)
    if page.number > 1 and cards:
        title = f"{title}: {_months(ui, cards[-1].date, cards[0].date)}"
    return draft.page(
        title,
        context={
            "page": page,
            "cards": cards,
            "leads": speaking(cards),
            "feed": ui.url(feed_path("stories", suffix="atom")),
            **context,
        },
        data=[draft.linked.listing(title, cards)],
        description=ui.say("list.stories"),
        feeds=[*_feeds(ui, "stories"), *_podcast(ui)],
    )


def _months(ui: PageWords, first: date, last: date) -> str:
    """From when to when, by month: "March 2025 – May 2025", or one month alone."""
    return " – ".join(dict.fromkeys((ui.day(first, "month"), ui.day(last, "month"))))


def _common(draft: _Draft, page: ListPage) -> Label:
    """What all records of a narrowed list have in common, and the page of that where it has one."""
    site, value = draft.site, page.value
    if page.narrowing == "challenge" and value in site.community.challenges:
        challenge = site.community.challenges[value]
        return draft.views.local(challenge.title, challenge.path)
    if page.narrowing == "place" and value in browsing.places_of_people(site):
        name = one_line(browsing.places_of_people(site)[value].name)
        return Label(text=name, language="", path=lists.path_of_place(site, value))
    if page.narrowing == "language":
        return Label(text=draft.ui.autonym(value), language=value)
    name = browsing.role_names(site).get(value, value) if page.narrowing == "role" else value
    return Label(text=name, language="")


def speaking(cards: Iterable[StoryCard]) -> frozenset[str]:
    """Which stories of a list speak for themselves: the first that has words, then one after some titles."""
    chosen: list[str] = []
    titles = TITLES_BETWEEN
    for card in cards:
        if card.words and titles >= TITLES_BETWEEN:
            chosen.append(card.slug)
            titles = 0
        else:
            titles += 1
    return frozenset(chosen)


def member_list(site: Site, path: str) -> Iterator[Page]:
    """A page of the list of members, by name."""
    page = lists.member_pages(site)[path]
    draft = _list_draft(site, "members", page, "members.html")
    yield _member_list(draft, page, draft.ui.say("nav.members"), None)


def narrowed_member_list(site: Site, path: str) -> Iterator[Page]:
    """A page of the list of the members who have a challenge or place in common, by name."""
    page = browsing.narrowed_members(site)[path]
    draft = _list_draft(site, "members", page, "members.html")
    about = _common(draft, page)
    yield _member_list(draft, page, f"{draft.ui.say('nav.members')}: {about.text}", about if about.path else None)


def _member_list(draft: _Draft, page: ListPage, title: str, about: Label | None) -> Page:
    faces = draft.views.faces(page.slugs)
    title = _numbered_title(title, page, [face.name for face in faces])
    return draft.page(
        title,
        context={"page": page, "faces": faces, "about": about},
        data=[draft.linked.listing(title, faces)],
        description=draft.ui.say("list.members"),
    )


def _numbered_title(title: str, page: ListPage, names: Sequence[str]) -> str:
    return f"{title}: {names[0]} – {names[-1]}" if page.number > 1 and names else title


def _counted_title(title: str, page: ListPage) -> str:
    return f"{title} ({page.number})" if page.number > 1 else title


def group_list(site: Site, path: str) -> Iterator[Page]:
    """A page of the list of groups: from anywhere, then by country."""
    page = lists.group_pages(site)[path]
    draft = _list_draft(site, "groups", page, "groups.html")
    title = _counted_title(draft.ui.say("nav.groups"), page)
    cards = draft.views.groups(page.slugs)
    yield draft.page(
        title,
        context={"page": page, "sections": _by_country(site, draft.ui, cards)},
        data=[draft.linked.listing(title, cards)],
        description=draft.ui.say("list.groups"),
    )


def _by_country(site: Site, ui: PageWords, cards: Iterable[GroupCard]) -> tuple[tuple[str, tuple[GroupCard, ...]], ...]:
    def country(card: GroupCard) -> str:
        if card.status == "retired":
            return ui.say("group.retired_ones")
        place = site.community.groups[card.slug].place
        if place is not None:
            return place.country_name or place.name
        return ui.say("group.place_unknown" if card.kind == "chapter" else "group.no_place")

    return tuple((name, tuple(group)) for name, group in groupby(cards, key=country))


def meetup_list(site: Site, path: str) -> Iterator[Page]:
    """A page of the list of coming dates by month and day: all of them, or narrowed."""
    page = dates.date_pages(site)[path]
    draft = _Draft(site, path=path, language=site.settings.language, template="meetups.html").under("meetups")
    ui, views = draft.ui, draft.views
    title = ui.say("nav.meetups")
    if page.narrowing:
        title = f"{title}: {meetups.narrowed_title(ui, page)}"
    elif page.number > 1:
        title = f"{title} ({page.number})"
    kind, slug = _calendar_of(page)
    name = site.settings.site_name if kind == "all" else meetups.narrowed_title(ui, page)
    rows = meetups.list_rows(site, ui, views, page)
    whole = len(rows) == page.total
    values = None if whole and not page.narrowing else {value for row in rows for value in row.values}
    yield draft.page(
        title,
        context={
            "page": page,
            "months": meetups.by_month(rows),
            "month_path": dates.this_month(site)["path"],
            "whole": whole,
            "narrowed": meetups.narrowed_query(page),
            "years": lists.past_years(site)["years"] if page.path == "meetups/" else (),
            "subscribe": _ways(site, kind, slug, name),
            "countries": meetups.countries(site, ui, page, whole=whole and not page.narrowing),
            "options": meetups.options(site, ui, views, values),
            "km": dates.NEAR_KM,
        },
        data=[draft.linked.listing(title, _first_dates(views, page))],
        description=ui.say("list.meetups"),
        feeds=_feeds(ui, kind, slug, name=draft.linked.site_name),
        listed=page.narrowing != "near",
        more_head=_meetup_head(ui),
    )


def _calendar_of(page: DatePage) -> tuple[FeedKind, str]:
    """The calendar that holds what a list does; of what is near a place there is none, so it is that of all."""
    if page.narrowing == "country" and (country := country_place(page.value.upper())) is not None:
        return "places", country.slug
    if page.narrowing == "language":
        return "languages", page.value
    return ("online", "") if page.narrowing == "online" else ("all", "")


def _first_dates(views: Views, page: DatePage) -> tuple[MeetupCard, ...]:
    """The meetups of a list, each once. Nobody asks for their next dates: the page stays as it is when one comes."""
    slugs = dict.fromkeys(slug for slug, _ in page.dates)
    return tuple(views.meetup_on(views.site.community.meetups[slug], None) for slug in slugs)


def _meetup_head(ui: PageWords) -> tuple[str, ...]:
    """Their own style and script: other pages and embeds do without."""
    return (
        f'<link rel="stylesheet" href="{ui.url(meetups.STYLE)}">',
        f'<script src="{ui.url(meetups.SCRIPT)}" defer></script>',
    )


def meetup_month(site: Site, path: str) -> Iterator[Page]:
    """A month of meetups, as people hang it on a wall."""
    page = dates.month_pages(site)[path]
    draft = _Draft(site, path=path, language=site.settings.language, template="meetups_month.html").under("meetups")
    ui, views = draft.ui, draft.views
    month = ui.day(page.first, "month")
    yield draft.page(
        f"{ui.say('nav.meetups')}: {month}",
        context={
            "page": page,
            "month": month,
            "month_path": path,
            "weeks": meetups.weeks(site, ui, views, page),
            "weekdays": meetups.weekdays(ui.language),
            "months": tuple((first, dates.month_path(first)) for first in page.all),
            "subscribe": _ways(site, "all", "", site.settings.site_name),
            "countries": meetups.countries(site, ui, None, whole=True),
            "options": meetups.options(site, ui, views),
            "km": dates.NEAR_KM,
        },
        description=ui.say("list.meetups"),
        feeds=[_calendar(ui, "all")],
        more_head=_meetup_head(ui),
    )


def past_meetups(site: Site, path: str) -> Iterator[Page]:
    """A page of the meetups of a past year, newest first."""
    page = lists.past_pages(site)[path]
    draft = _list_draft(site, "meetups", page, "meetups_past.html")
    ui = draft.ui
    cards = draft.views.meetups(page.slugs)
    title = _counted_title(ui.say("meetup.year", year=page.year), page)
    sections = tuple(
        (ui.day(date(year, number, 1), "month"), tuple(group))
        for (year, number), group in groupby(cards, key=lambda card: _year_and_month(card.last))
    )
    yield draft.page(
        title,
        context={"page": page, "sections": sections},
        data=[draft.linked.listing(title, cards)],
        description=ui.say("list.meetups"),
    )


def _year_and_month(day: date | None) -> tuple[int, int]:
    return (day.year, day.month) if day is not None else (1970, 1)


def place_list(site: Site, path: str) -> Iterator[Page]:
    """A page of the list of places, by country."""
    page = lists.place_pages(site)[path]
    draft = _list_draft(site, "places", page, "places.html")
    shown = lists.places(site)
    title = _counted_title(draft.ui.say("nav.places"), page)
    sections = tuple(
        (heading, tuple(_place_label(shown[slug]) for slug in slugs if lists.place_path(slug) != heading.path))
        for heading, slugs in groupby(page.slugs, key=lambda slug: _country_label(shown[slug], shown))
    )
    yield draft.page(title, context={"page": page, "sections": sections}, description=draft.ui.say("list.places"))


def _country_label(place: Place, shown: Mapping[str, Place]) -> Label:
    """What a place stands below: its country, with its page where it has one, or itself."""
    country = ((place, *areas_of(place)))[-1]
    if country.slug in shown and country.name == place.country_name:
        return _place_label(country)
    return Label(text=one_line(place.country_name or place.name), language="")


def challenge_list(site: Site) -> Iterator[Page]:
    """The list of challenges, in the order of their file."""
    draft = _Draft(site, path="challenges/", language=site.settings.language, template="challenges.html").under(
        "challenges"
    )
    gathered = lists.gathered_by_challenge(site)
    cards = []
    for slug, challenge in site.community.challenges.items():
        found = gathered.get(slug, Gathered())
        counts = tuple(
            (kind, len(slugs) + more)
            for kind, slugs, more in zip(
                ("stories", "members", "groups", "meetups"),
                (found.stories, found.members, found.groups, found.meetups),
                (found.more[1], found.more[0], found.more[2], found.more[3]),
                strict=True,
            )
            if slugs
        )
        cards.append((draft.views.local(challenge.title, challenge.path), counts, draft.views.faces(found.members[:4])))
    yield draft.page(
        draft.ui.say("nav.challenges"), context={"cards": tuple(cards)}, description=draft.ui.say("list.challenges")
    )


def browse_page(site: Site) -> Iterator[Page]:
    """The page that leads to every list, without a script."""
    draft = _Draft(site, path=BROWSE, language=site.settings.language, template="browse.html")
    totals = browsing.totals(site)
    kinds = tuple((draft.ui.say(f"nav.{kind}"), f"{kind}/", totals[kind]) for kind in KINDS if totals[kind])
    yield draft.page(
        draft.ui.say("nav.browse"),
        context={
            "kinds": kinds,
            "ways": _ways_around(draft, browsing.WAYS),
            "first": CHOICES,
            "search": site.settings.search,
        },
        description=draft.ui.say("browse.lead"),
    )


def _ways_around(draft: _Draft, ways: Iterable[str]) -> tuple[tuple[str, tuple[tuple[Label, int], ...]], ...]:
    """Ways to browse: the heading of each, and what one may choose with how many stories there are."""
    found = []
    for way in ways:
        labels = tuple((_choice(draft, way, one), one.count) for one in browsing.choices(draft.site)[way])
        leading = tuple((label, count) for label, count in labels if label.path)
        if leading:
            found.append((draft.ui.say(f"browse.{way}"), leading))
    return tuple(found)


def _choice(draft: _Draft, way: str, choice: browsing.Choice) -> Label:
    """What one may choose; of a challenge or place, the page that tells more than its list of stories."""
    if way == "challenge" and choice.value in draft.site.community.challenges:
        challenge = draft.site.community.challenges[choice.value]
        return draft.views.local(challenge.title, challenge.path)
    if way == "place":
        path = lists.path_of_place(draft.site, choice.value) or choice.path
        return Label(text=choice.name, language="", path=path)
    if way == "language":
        return Label(text=draft.ui.autonym(choice.value), language=choice.value, path=choice.path)
    return Label(text=choice.name, language="", path=choice.path)


def journey_page(site: Site) -> Iterator[Page]:
    """The map of all journeys, without figures."""
    told = map_journeys(site.community, site.settings)
    draft = _Draft(site, path="journeys/", language=told.language, template="journeys.html")
    yield draft.page(
        draft.ui.say("nav.journeys"), context={"lead": told.lead, "figure": map_figure(told)}, description=told.lead
    )
