"""Members' Markdown to HTML that is safe on every page, in every embed and in every mail.

Stories come from many hands and may be copied from anywhere, so their text is untrusted: cmark-gfm turns it into HTML
(linear time, raw HTML kept), then `nh3` keeps the harmless part by ONE allow-list, and only then links are resolved.
CommonMark with GFM tables, strikethrough, autolinks and footnotes.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from html import escape, unescape
from typing import Any
from urllib.parse import quote, urlsplit

import nh3
from cmarkgfm import _cmark

from alongside.model.links import docs_target
from alongside.rendering.copies import TEXTS, source_set

Converter = Callable[[str], str]  # Markdown to raw HTML: `markdown: site` passes the site's own

# --- the allow-list ------------------------------------------------------------------------------------------------

TAGS = frozenset(
    "a abbr b bdi bdo blockquote br caption cite code col colgroup dd del details dfn div dl dt em figcaption figure "
    "h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q rp rt ruby s samp section small span strong sub summary sup "
    "table tbody td tfoot th thead time tr u ul var wbr".split()
)
# Dropped with all they hold; of any other tag that is not allowed the words stay.
DROPPED_WITH_CONTENT = frozenset(
    "applet embed iframe math noembed noframes noscript object script select style svg template textarea title "
    "xmp".split()
)
ATTRIBUTES = {
    "*": {"dir", "lang", "title"},
    "a": {"aria-label", "class", "href", "id"},
    "code": {"class"},
    "details": {"open"},
    "img": {"alt", "height", "src", "width"},
    "li": {"id"},
    "ol": {"start"},
    "section": {"class"},
    "sup": {"class", "id"},
    "td": {"align", "colspan", "rowspan"},
    "th": {"align", "colspan", "rowspan", "scope"},
    "time": {"datetime"},
}
SCHEMES = frozenset({"http", "https", "mailto"})
CLASSES = re.compile(r"language-[\w+#.-]{1,40}|footnotes|footnote-ref|footnote-backref")
_IDS = re.compile(r"(?:fn|fnref)-[\w-]{1,60}")  # footnotes alone: any other id could stand in for one of the theme's
_REMOTE_PATH = re.compile(r"[\s\x00-\x1f]*[/\\]\s*[/\\]|[\s\x00-\x1f]*\\")  # "//host", and what browsers take for it


def _keep_attribute(_tag: str, name: str, value: str) -> str | None:
    """nh3 asks for every attribute the table above allows; schemes are settled by then."""
    if name == "class":
        return value if CLASSES.fullmatch(value) else None
    if name == "id":
        return value if _IDS.fullmatch(value) else None
    if name in ("href", "src") and _REMOTE_PATH.match(value):
        return None
    if name == "src" and value[:7].lower() == "mailto:":
        return None
    return value


_CLEANER = nh3.Cleaner(
    tags=set(TAGS),
    clean_content_tags=set(DROPPED_WITH_CONTENT),
    attributes=ATTRIBUTES,
    attribute_filter=_keep_attribute,
    url_schemes=set(SCHEMES),
    link_rel="noopener nofollow ugc",
    set_tag_attribute_values={"img": {"referrerpolicy": "no-referrer"}},  # one: nh3 writes several in any order
)

# --- Markdown to raw HTML ------------------------------------------------------------------------------------------

_lib, _ffi = _cmark.lib, _cmark.ffi
_OPTIONS = _lib.CMARK_OPT_UNSAFE | _lib.CMARK_OPT_FOOTNOTES
# HTML nested this deep is no story; parsing it by the rules of HTML takes time by the square of the depth
_DEEPEST = 100


@cache
def _extensions() -> tuple[Any, ...]:
    _lib.cmark_gfm_core_extensions_ensure_registered()
    return tuple(_lib.cmark_find_syntax_extension(name) for name in (b"table", b"strikethrough", b"autolink"))


@cache
def _releases() -> tuple[Callable[[int], None], Callable[[int], None]]:
    """How to give back a syntax tree and a rendered text.

    cmarkgfm keeps both for ever (tens of kilobytes a story), and its interface has no function for it; the library
    below exports one. Where the system does not show it (Windows), they are kept.
    """
    try:
        free_node = ctypes.CDLL(_cmark.__file__).cmark_node_free
        free_text = ctypes.CDLL(None).free
    except (AttributeError, OSError, TypeError):  # pragma: no cover
        return (lambda _address: None), (lambda _address: None)
    for function in (free_node, free_text):
        function.argtypes = [ctypes.c_void_p]
        function.restype = None
    return free_node, free_text


def commonmark(text: str) -> str:
    """Raw HTML of GFM, not yet safe. Linear in the length of `text`."""
    encoded = text.encode("utf-8", "replace")
    parser = _lib.cmark_parser_new(_OPTIONS)
    for extension in _extensions():
        _lib.cmark_parser_attach_syntax_extension(parser, extension)
    _lib.cmark_parser_feed(parser, encoded, len(encoded))
    tree = _lib.cmark_parser_finish(parser)
    rendered = _lib.cmark_render_html(tree, _OPTIONS, _lib.cmark_parser_get_syntax_extensions(parser))
    html: str = _ffi.string(rendered).decode("utf-8")
    free_node, free_text = _releases()
    free_text(int(_ffi.cast("uintptr_t", rendered)))
    free_node(int(_ffi.cast("uintptr_t", tree)))
    _lib.cmark_parser_free(parser)
    return html


VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())
_ANY_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")


def _too_deep(html: str) -> bool:
    if html.count("<") < 2 * _DEEPEST:
        return False
    depth = 0
    for match in _ANY_TAG.finditer(html):
        if match[2].lower() not in VOID:
            depth = depth + 1 if not match[1] else max(0, depth - 1)
            if depth > _DEEPEST:
                return True
    return False


def clean_html(html: str) -> str:
    """The harmless part of `html`, well-formed: every tag closed, every attribute in double quotes."""
    if _too_deep(html):
        return f"<pre>{escape(html)}</pre>"
    return with_attribute(_CLEANER.clean(html), "img", 'loading="lazy"')


# What nh3 writes: lower-case names, attributes in double quotes, no "<" in text. So one pass from tag to tag is exact.
_TAG = re.compile(r'<(/?)([a-z][a-z0-9]*)((?: [a-z-]+="[^"]*")*)>')


def with_attribute(html: str, tag: str, attribute: str) -> str:
    """Clean HTML with one attribute more in every `tag`.

    From tag to tag, never by replacing letters: `title="<img "` would take the attribute as its end.
    """
    if f"<{tag}" not in html:
        return html
    return _TAG.sub(lambda at: f"<{tag} {attribute}{at[3]}>" if at[2] == tag and not at[1] else at[0], html)


# --- links ---------------------------------------------------------------------------------------------------------


_PLAIN_PICTURE = re.compile(r"https://([a-z0-9.-]+)(?:[/?][!-\[\]-~]*)?", re.IGNORECASE | re.ASCII)
_PLAIN_PATH = re.compile(r"[a-zA-Z0-9/._-]*")  # most are, and quoting takes ten times as long as looking


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
    sizes: Mapping[str, tuple[int, int]] = field(default_factory=dict)  # width and height of pictures below docs_dir
    copies: Mapping[str, tuple[int, ...]] = field(default_factory=dict)  # widths of smaller copies of them that exist
    pictures: Container[str] = frozenset()  # hosts whose pictures the page loads; of any other it shows a link

    def url(self, path: str) -> str:
        """The URL of the site path `path` as it is written on the page; percent-encoded."""
        encoded = path if _PLAIN_PATH.fullmatch(path) else quote(path, safe="/~@!$&'()*+,;=:")
        if "://" in self.page:
            return self.page + encoded
        return ("../" * self.page.count("/") or "./") + encoded

    def resolve(self, source: str, href: str) -> str | None:
        """The URL for a relative `href` in the docs file `source`; None when it leads nowhere."""
        target = docs_target(source, href)
        if target is None:
            return None
        path = self._site_path(target.rstrip("/"))
        if path is None:
            return None
        parts = urlsplit(href)
        query = f"?{parts.query}" if parts.query else ""
        fragment = f"#{parts.fragment}" if parts.fragment else ""
        return self.url(path) + query + fragment

    def loads(self, url: str) -> bool:
        """True for a picture on another server that the page may load.

        Only of addresses in which nothing is left to a reader's opinion (user names, ports, backslashes, letters that
        browsers fold): else the host we see and the host a browser asks could be two.
        """
        found = _PLAIN_PICTURE.fullmatch(url)
        return found is not None and found[1].lower() in self.pictures

    def _site_path(self, target: str) -> str | None:
        record = self.files.get(target)
        if record is not None:
            return record if record in self.pages else None
        if target in self.documents:
            return document_path(target, use_directory_urls=self.use_directory_urls)
        return f"{target}/" if f"{target}/" in self.pages else None


def document_path(target: str, *, use_directory_urls: bool) -> str:
    """The site path MkDocs gives to a file below docs_dir: "guide.md" is "guide/", "talk.mp3" stays."""
    stem, dot, suffix = target.rpartition(".")
    if not dot or suffix.lower() not in ("md", "markdown", "mdown", "mkdn", "mkd"):
        return target
    folder, slash, name = stem.rpartition("/")
    if name in ("index", "README"):
        return folder + slash if use_directory_urls else f"{folder}{slash}index.html"
    return f"{stem}/" if use_directory_urls else f"{stem}.html"


# --- all of it -----------------------------------------------------------------------------------------------------

_ATTRIBUTE = re.compile(r' ([a-z-]+)="([^"]*)"')
_RELATIVE = re.compile(r' (?:href|src)="(?!https?:|mailto:|#)', re.IGNORECASE)
_LINE = 688  # pixels of a line of text, which no picture in it is wider than
_HEADING = re.compile(r"<h([1-6])[ >]")


def render_markdown(text: str, *, source: str, links: Links, heading: int = 2, convert: Converter | None = None) -> str:
    """Safe HTML of authored Markdown.

    `source` is the docs file the text stands in ("stories/x.md"): its relative links and images are resolved, to
    URLs that work on `links.page`; links to records without a page become plain text, and pictures on other servers
    become links, but for those of `links.pictures`. The highest heading becomes
    `<h{heading}>`. Links to other sites get `rel="noopener nofollow ugc"`, images `loading="lazy"`.
    """
    html = clean_html((convert or commonmark)(text))
    return _with_headings(_with_links(html, source=source, links=links), heading)


def _with_links(html: str, *, source: str, links: Links) -> str:
    if not _RELATIVE.search(html) and ' href="#' not in html and "<img " not in html:
        return html
    unlinked: list[bool] = []  # for each open link: is its tag left out?
    return _TAG.sub(partial(_resolved_tag, source=source, links=links, unlinked=unlinked), html)


def _resolved_tag(match: re.Match[str], *, source: str, links: Links, unlinked: list[bool]) -> str:
    closing, tag, attributes = match.groups()
    if tag == "a":
        if closing:
            return "" if unlinked and unlinked.pop() else match[0]
        opened = _resolved_link(match[0], attributes, source=source, links=links)
        unlinked.append(not opened)
        return opened
    if tag == "img":
        return _resolved_image(
            match[0], attributes, source=source, links=links, linked=any(not out for out in unlinked)
        )
    return match[0]


def _is_relative(url: str) -> bool:
    return not url.lower().startswith(("http:", "https:", "mailto:", "#", "/"))


def _resolved_link(tag: str, attributes: str, *, source: str, links: Links) -> str:
    values = dict(_ATTRIBUTE.findall(attributes))
    if "href" not in values:
        return tag
    href = unescape(values["href"])
    if href.startswith(("#", "/")):
        return tag.replace(' rel="noopener nofollow ugc"', "")
    if not _is_relative(href):
        return tag
    url = links.resolve(source, href)
    if url is None:
        return ""
    values["href"] = escape(url)
    values.pop("rel", None)
    return "<a" + "".join([f' {name}="{value}"' for name, value in values.items()]) + ">"


def _resolved_image(tag: str, attributes: str, *, source: str, links: Links, linked: bool) -> str:
    """The image; one on somebody else's server as a link, so that reading a page tells nobody else about the reader."""
    values = dict(_ATTRIBUTE.findall(attributes))
    source_url = unescape(values.get("src", ""))
    if source_url.lower().startswith(("http:", "https:")) and not links.loads(source_url):
        words = escape(unescape(values.get("alt", "")).strip() or _short_address(source_url))
        if linked:
            return words
        return f'<a class="as-picture" href="{escape(source_url)}" rel="noopener nofollow ugc">{words}</a>'
    if not source_url or not _is_relative(source_url):
        return tag
    url = links.resolve(source, unescape(values["src"]))
    if url is None:
        return escape(unescape(values.get("alt", "")))
    values["src"] = escape(url)
    target = docs_target(source, source_url) or ""
    size = links.sizes.get(target)
    if size is not None:
        shown = values.get("width", "")
        widest = min(int(shown) if shown.isascii() and shown.isdigit() and len(shown) < 6 else size[0], _LINE)
        if "width" not in values and "height" not in values:
            values |= {"width": str(size[0]), "height": str(size[1])}  # the page keeps the room, and does not jump
        srcset = source_set(target, size, links.copies.get(target, ()), TEXTS, links.url)
        if srcset:
            sizes = f"(max-width: {widest}px) 100vw, {widest}px"
            values |= {"srcset": escape(srcset), "sizes": sizes, "decoding": "async"}
    return "<img" + "".join([f' {name}="{value}"' for name, value in values.items()]) + ">"


def _short_address(url: str) -> str:
    """What a picture without a text is called: where it lies and its file's name."""
    host, _, path = url.split("://", 1)[1].partition("/")
    return f"{host}: {path.split('?')[0].rstrip('/').rpartition('/')[2]}".rstrip(": ")


def _with_headings(html: str, top: int) -> str:
    levels = [int(level) for level in _HEADING.findall(html)] if "<h" in html else []
    shift = top - min(levels, default=top)
    if not shift:
        return html

    def shifted(match: re.Match[str]) -> str:
        tag = match[2]
        if len(tag) != 2 or tag[0] != "h" or not tag[1].isdigit():
            return match[0]
        return f"<{match[1]}h{min(6, int(tag[1]) + shift)}{match[3]}>"

    return _TAG.sub(shifted, html)
