"""Where renamed records were: a page at each former address (`was:`) that leads to the one of today.

A static host can send no 301, so the page says it in the two ways that browsers and search engines take for one: a
refresh at once, and the canonical address. It is in no sitemap and no search. Nothing leads to who has no page (any
more): there, the former address is as unknown as the new one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from markupsafe import escape

from alongside.model.gatherings import Group, Meetup
from alongside.model.people import Member
from alongside.model.stories import Story
from alongside.rendering.artifacts import Artifact, Job
from alongside.rendering.pages import lists
from alongside.rendering.pages.views import one_line
from alongside.rendering.pages.words import PageWords
from alongside.rendering.tracking import Site


def redirect_jobs(site: Site) -> Iterator[Job]:
    """A job for each former address of a record that has a page, and of its pages in other languages.

    An address that a record has today stays that record's; of two records that were there once, the first has it.
    """
    community = site.whole
    stories = (story for story in community.stories.values() if lists.is_shown(site, story))
    members = (member for member in community.members.values() if site.allows(member, "page"))
    kinds: tuple[tuple[str, Iterable[str], Iterable[Story | Member | Group | Meetup]], ...] = (
        ("stories", community.stories, stories),
        ("members", community.members, members),
        ("groups", community.groups, community.groups.values()),
        ("meetups", community.meetups, community.meetups.values()),
    )
    for kind, slugs, records in kinds:
        taken = set(slugs)
        for record in records:
            for old in record.was:
                if old in taken:
                    continue
                taken.add(old)
                for below, language in _pages(record, site.settings.language):
                    path, target = f"{kind}/{old}/{below}", f"{record.path}{below}"
                    render = partial(redirect, site, path, target, _title(record, site.settings.language), language)
                    yield Job(name=path, render=render)


def _pages(record: Story | Member | Group | Meetup, language: str) -> Iterator[tuple[str, str]]:
    """What follows a record's address on each of its pages, and the language there."""
    if isinstance(record, Member):
        for index, code in enumerate(record.pages):
            yield (f"{code}/" if index else "", code)
    else:
        yield "", record.language if isinstance(record, Story) else language


def _title(record: Story | Member | Group | Meetup, language: str) -> str:
    if isinstance(record, Story):
        return one_line(record.title)
    if isinstance(record, Member):
        return one_line(record.name)
    return one_line((record.name if isinstance(record, Group) else record.title).text(language))


def redirect(site: Site, path: str, target: str, title: str, language: str) -> Iterator[Artifact]:
    """The page at `path` that leads to `target`; a whole document, as no theme is needed for a moment."""
    ui = PageWords(site, page=path, language=language)
    url = ui.url(target)
    site_url = site.settings.site_url
    canonical = (
        f'<link rel="canonical" href="{escape(site_url)}{ui.url(target)[len(ui.root) :]}">\n' if site_url else ""
    )
    yield Artifact(
        f"{path}index.html",
        f"""\
<!doctype html>
<html lang="{escape(ui.language)}" dir="{ui.direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(ui.say("moved.title"))}</title>
<meta name="robots" content="noindex">
<meta http-equiv="refresh" content="0; url={url}">
{canonical}</head>
<body>
<h1>{escape(ui.say("moved.title"))}</h1>
<p>{escape(ui.say("moved.text"))} <a href="{url}"><bdi>{escape(title)}</bdi></a></p>
</body>
</html>
""".encode(),
    )
