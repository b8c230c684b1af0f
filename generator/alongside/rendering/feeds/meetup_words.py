"""What the text of a meetup says where there is no markup: its words, and the picture it shows.

Below the feeds and the pages' JSON-LD, which both ask. A record has no field for a picture: the one its writer put into
the text is meant, the meetup's own or else its group's, and only one that lies on the site itself. Calendar apps and
feed readers load it unasked, and that must not tell anybody else who reads.
"""

from __future__ import annotations

import re
from functools import lru_cache, partial
from html import unescape
from pathlib import Path

from alongside.model.gatherings import Group, Meetup
from alongside.problems import Position
from alongside.rendering.feeds.content_lines import clean_text
from alongside.rendering.feeds.plain_texts import plain_text
from alongside.rendering.markdown import render_markdown
from alongside.rendering.tracking import Site
from alongside.settings import Settings

# One line in which Markdown finds nothing: it begins with a letter, and its other signs mean nothing to it.
_PROSE = re.compile(r"(?![^\n]*(?i:www)\.)[^\W\d_](?:[^\W_]++|[,;.?!()'-]| (?! ))*+")
_PICTURE = re.compile(r'<img (?:[a-z-]+="[^"]*" )*?src="(https://[^"]+)"')


def whole_html(site: Site, markdown: str, position: Position) -> str:
    """Authored Markdown as safe HTML that stands anywhere; links into the site need its address."""
    if not markdown.strip():
        return ""
    links = site.links(site.settings.site_url)
    source = _docs_source(site.settings, position)
    return render_markdown(clean_text(markdown), source=source, links=links, convert=site.convert)


def _docs_source(settings: Settings, position: Position) -> str:
    """The path below docs_dir of the file a record stands in."""
    return position.path.removeprefix(_docs_prefix(settings.root, settings.docs_dir))


@lru_cache(maxsize=16)
def _docs_prefix(root: Path, docs_dir: Path) -> str:
    return f"{docs_dir.relative_to(root).as_posix()}/" if docs_dir.is_relative_to(root) else f"{docs_dir.as_posix()}/"


def meetup_words(site: Site, slug: str) -> tuple[str, str]:
    """(plain text, address of a picture or nothing) of a meetup; made once, for whoever asks."""
    return site.memo("meetup words", partial(_meetup_words, site), slug)


def _meetup_words(site: Site, slug: str) -> tuple[str, str]:
    meetup = site.community.meetups[slug]
    if site.convert is None and is_prose(meetup.body):  # as many descriptions are
        return meetup.body.rstrip(), _picture_of_group(site, meetup)
    html = whole_html(site, meetup.body, meetup.position)
    return plain_text(html), _picture(html) or _picture_of_group(site, meetup)


def is_prose(markdown: str) -> bool:
    """Whether CommonMark takes a text for a single paragraph of words, so that it is its own plain text."""
    return _PROSE.fullmatch(markdown.rstrip()) is not None


def _picture_of_group(site: Site, meetup: Meetup) -> str:
    group = site.community.groups.get(meetup.group) if meetup.group else None
    return "" if group is None else group_picture(site, group)


def group_picture(site: Site, group: Group) -> str:
    """The address of the picture that the text of a group shows, or nothing."""
    return site.memo("group picture", partial(_group_picture, site), group.slug) if _may_show(group.body) else ""


def _group_picture(site: Site, slug: str) -> str:
    group = site.community.groups[slug]
    return _picture(whole_html(site, group.body, group.position))


def _may_show(markdown: str) -> bool:
    """Whether there can be a picture at all: most texts have none, and need no rendering to say so."""
    return "![" in markdown or "<img" in markdown.lower()


def _picture(html: str) -> str:
    found = _PICTURE.search(html) if "<img" in html else None
    return unescape(found[1]) if found is not None else ""
