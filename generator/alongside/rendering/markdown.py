"""Members' Markdown to HTML that is safe on every page, in every embed and in every mail.

Stories come from many hands and may be copied from anywhere, so their text is untrusted: cmark-gfm turns it into HTML
(linear time, raw HTML kept), then `nh3` keeps the harmless part by ONE allow-list, and only then links are resolved.
CommonMark 0.31 with GFM tables, strikethrough, autolinks and footnotes.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field

Converter = Callable[[str], str]  # Markdown to raw HTML: `markdown: site` passes the site's own


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Where relative links of authored Markdown lead, from the page the HTML will stand on.

    Records and ordinary pages are linked by their files, as writers see them: `[Ana](../members/ana.md)`.
    """

    files: Mapping[str, str] = field(default_factory=dict)  # record's file below docs_dir -> site path of its page
    documents: Container[str] = frozenset()  # every other file below docs_dir: plain pages, images, media
    pages: Container[str] = frozenset()  # site paths of record pages that exist; a link to another is plain text
    page: str = ""  # site path of the page ("stories/x/"), or a whole URL prefix ("https://example.org/") for mail
    use_directory_urls: bool = True  # of the site: plain pages are "guide/" or "guide.html"


def render_markdown(
    text: str, *, source: str, links: Links, heading: int = 2, convert: Converter | None = None
) -> str:
    """Safe HTML of authored Markdown.

    `source` is the docs file the text stands in ("stories/x.md"): its relative links and images are resolved, to
    paths relative to `links.page`; links to records without a page become plain text. The highest heading becomes
    `<h{heading}>`. Links to other sites get `rel="noopener nofollow ugc"`, images `loading="lazy"`.
    """
    raise NotImplementedError
