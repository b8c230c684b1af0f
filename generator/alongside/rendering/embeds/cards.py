"""What an embed shows of one record, as JSON: `embed/v1/cards/<kind>/<slug>.json`, fetched when it is to be shown.

A card holds the record in all its languages, since whoever reads it decides which is theirs. Members who did not agree
to embeds have no card, and in others' cards no name. Each name goes with the last day of its consent, so that a card
built weeks ago still says when to stop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import islice

from alongside.planning.occurrences import occurrences
from alongside.rendering.artifacts import Artifact, Job
from alongside.rendering.embeds.files import BASE, json_bytes
from alongside.rendering.embeds.layouts import Tree, group_card, meetup_card, member_card, story_card
from alongside.rendering.embeds.shards import DATES_SOON, SOON, chosen_people
from alongside.rendering.embeds.trees import render_tree
from alongside.rendering.pages.views import Views
from alongside.rendering.tracking import Site

Card = dict[str, list[Tree]]  # by part


def card_jobs(site: Site) -> Iterator[Job]:
    """One job for each record that any embed may show."""
    people = chosen_people(site)
    members = {slug for slugs in people.members.values() for slug in slugs}
    stories = {slug for slugs in people.stories.values() for slug in slugs}
    translations = {one.slug for slug in stories for one in site.whole.translations_of.get(slug, ())}
    groups = (slug for slug, group in site.whole.groups.items() if group.status != "retired")
    meetups = (slug for slug, meetup in site.whole.meetups.items() if meetup.status != "cancelled")
    wanted: Mapping[str, Iterable[str]] = {
        "members": members,
        "stories": stories | translations,
        "groups": groups,
        "meetups": meetups,
    }
    for kind, slugs in wanted.items():
        for slug in sorted(slugs):
            yield Job(name=f"{BASE}cards/{kind}/{slug}.json", render=partial(_render, site, kind, slug), page=False)


def _render(site: Site, kind: str, slug: str) -> Iterator[Artifact]:
    card = _DRAWN[kind](Views(site, site.settings.language, "embed"), slug)
    if card is not None:
        yield Artifact(f"{BASE}cards/{kind}/{slug}.json", json_bytes(card))


def _member(views: Views, slug: str) -> Card | None:
    face = views.face(slug)
    if face is None:
        return None
    site = views.site
    links = site.links(site.settings.site_url, site.settings.embed_pictures)
    words: dict[str, tuple[Tree, ...]] = {}
    for page in site.community.members[slug].pages.values():
        prose = views.prose(page.welcome, page.position, page.language)
        if prose is not None:
            words[page.language] = render_tree(prose.text, source=prose.source, links=links, convert=site.convert)
    return member_card(views, slug, face, words)


def _story(views: Views, slug: str) -> Card | None:
    card = views.story(slug)
    return story_card(card) if card is not None else None


def _group(views: Views, slug: str) -> Card | None:
    card = views.group(slug)
    return group_card(views, card) if card is not None else None


def _meetup(views: Views, slug: str) -> Card | None:
    site = views.site
    following = site.upcoming.get(slug)
    if following is None:
        return None
    meetup = site.community.meetups[slug]
    coming = occurrences(meetup, start=following.instant, end=following.instant + SOON)
    return meetup_card(views, meetup, islice((one for one in coming if one.status != "cancelled"), DATES_SOON))


_DRAWN: Mapping[str, Callable[[Views, str], Card | None]] = {
    "members": _member,
    "stories": _story,
    "groups": _group,
    "meetups": _meetup,
}
