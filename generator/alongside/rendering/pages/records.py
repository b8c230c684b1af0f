"""Record pages: that of a story, member, group, meetup, challenge or place.

Second half of rendering a page: each reads its cards through `views`, fills the template of its kind (which a site may
override) and makes a `Page` that a shell of the theme is put around.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from alongside.model.people import Member, MemberPage
from alongside.model.stories import Story
from alongside.reading.places import areas_of
from alongside.rendering.artifacts import Artifact
from alongside.rendering.embeds.oembeds import oembed_link, oembed_path, story_oembed
from alongside.rendering.pages import browsing, dates, lists
from alongside.rendering.pages.composing import (
    PageComposer,
    calendar_link,
    event_data,
    feed_lines,
    next_events,
    place_label,
    podcast_lines,
    subscribe_ways,
)
from alongside.rendering.pages.jsonld import schedule
from alongside.rendering.pages.lists import Gathered
from alongside.rendering.pages.picture_cards import (
    challenge_card,
    group_card,
    meetup_card,
    member_card,
    picture_head,
    story_card,
)
from alongside.rendering.pages.players import players
from alongside.rendering.pages.views import (
    Face,
    Label,
    Views,
    body_language,
    docs_source,
    one_line,
    safe_url,
)
from alongside.rendering.pages.words import PageWords
from alongside.rendering.shells import Page
from alongside.rendering.tracking import Site

# --- stories ---


def story_page(site: Site, slug: str) -> Iterator[Page | Artifact]:
    """The page of a story, and what stands where somebody pastes a link to it (oEmbed)."""
    story = site.community.stories[slug]
    draft = PageComposer(site, path=story.path, language=story.language, template="story.html").under("stories")
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
        feeds=[*feed_lines(ui, "stories"), *(podcast_lines(ui) if card.audio else ())],
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
    others = [slug for slug in lists.told_by(views.site).get(voice, ()) if slug not in same]
    return views.stories(others[: lists.MORE_STORIES])


# --- members ---


def member_path(member: Member, language: str) -> str:
    """The page of a member's words in another language than their own."""
    return f"{member.path}{language}/"


def member_page(site: Site, slug: str, language: str) -> Iterator[Page]:
    """The page of a member, with their words in one of their languages."""
    member = site.community.members[slug]
    words: MemberPage = member.pages[language]
    own = next(iter(member.pages))
    path = member.path if language == own else member_path(member, language)
    draft = PageComposer(site, path=path, language=language, template="member.html").under("members")
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
    draft = PageComposer(site, path=group.path, language=language, template="group.html").under("groups")
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
            "subscribe": subscribe_ways(site, "groups", slug, card.name.text),
        },
        data=[
            draft.linked.group(card, hosts=hosts, place=group.place),
            *next_events(views, draft.linked, coming_cards),
        ],
        feeds=feed_lines(ui, "groups", slug, name=card.name.text),
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
    draft = PageComposer(site, path=meetup.path, language=language, template="meetup.html").under("meetups")
    ui, views = draft.ui, draft.views
    card = views.meetup_of(meetup)
    dates = views.dates(meetup)
    hosts = views.faces(meetup.hosts)
    title = views.local(meetup.title)
    group = site.community.groups.get(meetup.group) if meetup.group else None
    events = [event_data(views, draft.linked, card, when) for when in dates]
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
            "subscribe": subscribe_ways(site, "meetups", slug, title.text),
        },
        data=events,
        feeds=[calendar_link(ui, "meetups", slug)],
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
    draft = PageComposer(site, path=challenge.path, language=site.settings.language, template="challenge.html").under(
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
            "subscribe": subscribe_ways(site, "challenges", slug, heading.text),
            **found,
        },
        data=[draft.linked.listing(heading.text, found["stories"])],
        feeds=feed_lines(draft.ui, "challenges", slug),
        picture=picture_head(site, challenge_card, challenge),
    )


def place_page(site: Site, slug: str) -> Iterator[Page]:
    """The page of a place: who and what is there, and what is near."""
    shown = lists.places(site)
    place = shown[slug]
    draft = PageComposer(
        site, path=lists.place_path(slug), language=site.settings.language, template="place.html"
    ).under("places")
    found = _gathered(draft.views, lists.gathered_by_place(site).get(slug, Gathered()), "place", slug)
    near = tuple((place_label(shown[other]), km) for other, km in lists.near_places(site).get(slug, ()))
    yield draft.page(
        one_line(place.name),
        context={
            "place": place,
            "areas": tuple(place_label(shown[area.slug]) for area in areas_of(place) if area.slug in shown),
            "near": near,
            "around": dates.narrowed_path("near", slug) if slug in dates.near_towns(site) else "",
            "km": dates.NEAR_KM,
            "subscribe": subscribe_ways(site, "places", slug, one_line(place.name)),
            "map_url": map_url(place.lat, place.lon) if place.precise else "",
            **found,
        },
        listed=any(found[kind] for kind in ("members", "stories", "groups", "meetups")),
        data=[draft.linked.place(place), *next_events(draft.views, draft.linked, found["meetups"])],
        feeds=[calendar_link(draft.ui, "places", slug)],
    )
