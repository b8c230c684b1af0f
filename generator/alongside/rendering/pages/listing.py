"""The jobs of all record pages, and of the files they share.

`records` makes the page of a record, `list_pages` that of a list.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from alongside.rendering.artifacts import Artifact, Job
from alongside.rendering.pages import browsing, dates, lists, meetups
from alongside.rendering.pages.composing import BROWSE
from alongside.rendering.pages.list_pages import (
    browse_page,
    challenge_list,
    group_list,
    journey_page,
    meetup_list,
    meetup_month,
    member_list,
    narrowed_member_list,
    narrowed_story_list,
    past_meetups,
    place_list,
    story_list,
)
from alongside.rendering.pages.moments import STYLE_SHEET
from alongside.rendering.pages.players import SCRIPT as TRANSCRIPT_SCRIPT
from alongside.rendering.pages.records import (
    challenge_page,
    group_page,
    meetup_page,
    member_page,
    member_path,
    place_page,
    story_page,
)
from alongside.rendering.pages.redirects import redirect_jobs
from alongside.rendering.tracking import Site

_ASSETS = Path(__file__).parent.parent / "assets"
SEARCH_SCRIPT = "assets/search.js"  # site path of what `parts.search` and the theme's search page load
SUBSCRIBE_SCRIPT = "assets/subscribe.js"  # site path of what `parts.subscribe` loads
ROBOTS = "robots.txt"  # names the sitemap (RFC 9309); it is read at the root of a host alone


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
        lists.told_by,
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
