"""oEmbed (https://oembed.com, version 1.0): what a blog, a forum or a wiki shows when somebody pastes a link to us.

The site is static, so there is no endpoint that takes a `url`: each page that can be embedded names its own answer in
its head (section 4, discovery), and the answer is a file below `oembed/`. Both kinds are `rich`:

- a story is a quotation, not a frame: the words its writer chose, who tells it, a link. Nothing is loaded from here
  when somebody reads the page that quotes it, it takes that page's look, and it stays readable where frames are not
  allowed. What an answer holds may be kept elsewhere, so only what consent to embeds allows stands in it, and
  `cache_age` asks to look again every day: after the consent is gone there is no answer any more;
- a moment is its page in a frame that runs no script: nobody has said for whom it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from urllib.parse import quote

from alongside.model.stories import Story
from alongside.model.texts import direction
from alongside.rendering.embeds.files import json_bytes
from alongside.rendering.pages.views import Face, Views, one_line
from alongside.settings import Settings

MEDIA_TYPE = "application/json+oembed"
FOLDER = "oembed/"
CACHE_SECONDS = 86_400
STORY_WIDTH = 550
MOMENT_WIDTH, MOMENT_HEIGHT = 600, 640
_LETTERS_A_LINE, _LINE, _AROUND = 62, 26, 96  # pixels, of a quotation in ordinary type


def oembed_path(page: str) -> str:
    """The site path of the answer about a page: "stories/x/" -> "oembed/stories/x.json"."""
    return f"{FOLDER}{page.rstrip('/')}.json"


def oembed_link(settings: Settings, page: str, title: str) -> str:
    """The element in a page's head by which its answer is found; `title` is plain text."""
    return (
        f'<link rel="alternate" type="{MEDIA_TYPE}" title="{escape(title)}"'
        f' href="{escape(_address(settings, oembed_path(page)))}">'
    )


def story_oembed(views: Views, story: Story, words: Sequence[str]) -> bytes | None:
    """The answer about a story, JSON. `words`: paragraphs its writer chose; `views`: those of the container "embed".

    None where nobody who tells it agreed to embeds, or the site has no address.
    """
    settings = views.site.settings
    if not settings.site_url or story.status != "published":
        return None
    tellers = views.faces(story.members)
    if not tellers:
        return None
    title = one_line(story.title)
    url = escape(_address(settings, story.path))
    said = "".join([f"<p>{escape(paragraph)}</p>" for paragraph in words])
    names = ", ".join([_linked(settings, face) for face in tellers])
    told = f'<p>{names}: <a href="{url}">{escape(title)}</a>, {escape(settings.site_name)}</p>'
    marks = f'cite="{url}" lang="{escape(story.language)}" dir="{direction(story.language)}"'
    html = f"<blockquote {marks}>{said}{told}</blockquote>"
    lines = sum([1 + len(paragraph) // _LETTERS_A_LINE for paragraph in words])
    author = {"author_name": ", ".join([face.name for face in tellers])}
    if len(tellers) == 1 and tellers[0].path:
        author["author_url"] = _address(settings, tellers[0].path)
    return _answer(settings, title, html, STORY_WIDTH, _AROUND + _LINE * lines, **author)


def moment_oembed(settings: Settings, page: str, title: str) -> bytes | None:
    """The answer about a moment's page ("embed/first-month/sign-up/"), JSON; None where the site has no address."""
    if not settings.site_url:
        return None
    html = (
        f'<iframe src="{escape(_address(settings, page))}" title="{escape(title)}" width="{MOMENT_WIDTH}"'
        f' height="{MOMENT_HEIGHT}" frameborder="0" loading="lazy" referrerpolicy="no-referrer"'
        ' sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe>'
    )
    return _answer(settings, title, html, MOMENT_WIDTH, MOMENT_HEIGHT)


def _answer(settings: Settings, title: str, html: str, width: int, height: int, **more: str) -> bytes:
    return json_bytes(
        {
            "version": "1.0",
            "type": "rich",
            "title": title,
            **more,
            "provider_name": settings.site_name,
            "provider_url": settings.site_url,
            "cache_age": CACHE_SECONDS,
            "html": html,
            "width": width,
            "height": height,
        }
    )


def _linked(settings: Settings, face: Face) -> str:
    """A name for HTML, leading to its page where there is one."""
    name = escape(face.name)
    return f'<a href="{escape(_address(settings, face.path))}">{name}</a>' if face.path else name


def _address(settings: Settings, path: str) -> str:
    return settings.site_url + quote(path, safe="/~@!$()*+,;=:")
