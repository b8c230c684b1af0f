"""Segments: finished text with typed holes, and the escaping each hole needs where it stands.

`html_segments` looks where every token of a finished HTML document ended up; what is known already is put in at
once, what differs from person to person stays a `Slot`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, urlsplit

from alongside.rendering.mails.holes import Block, Holes, Person, Url, isolated
from alongside.rendering.mails.prose import SCHEMES

Context = Literal[
    "plain", "text", "attribute", "url", "part of url", "link", "isolated plain", "isolated text"
]  # "isolated": between words that run from right to left

_TAG = re.compile(r"""<!--.*?-->|<[A-Za-z/!](?:"[^"]*"|'[^']*'|[^'">])*>""", re.DOTALL)
_URL_ATTRIBUTE = re.compile(r"""\b(?:href|src)\s*=\s*(["']?)$""", re.IGNORECASE)
_IN_URL_ATTRIBUTE = re.compile(r"""\b(?:href|src)\s*=\s*(?:"[^"]*|'[^']*)$""", re.IGNORECASE)
_LINK = re.compile(r"</?a[\s>]", re.IGNORECASE)
_PLAIN_URL = re.compile(r"(?:https?|mailto):[!#$()*+,/:;=?@~._A-Za-z0-9-]+")  # nothing in it to be quoted or escaped
_SPECIAL = re.compile("[&<>\"']")
DEAD = "#"  # where a link leads whose address is none


@dataclass(frozen=True, slots=True)
class Slot:
    """A person's value, and the kind of place it stands in."""

    path: str
    context: Context


Segments = tuple[str | Slot, ...]


def _url(value: str) -> str:
    """A value as the address of a link: only the schemes a mail may lead to."""
    if _PLAIN_URL.fullmatch(value):
        return value
    try:
        known = urlsplit(value).scheme.casefold() in SCHEMES
    except ValueError:
        known = False
    return html.escape(quote(value, safe="!#$%&'()*+,/:;=?@[]~-._")) if known else DEAD


def _link(value: str) -> str:
    address = _url(value)
    if address == DEAD:
        return _text(value)
    return f'<a href="{address}" style="color: #0b6b60;text-decoration: underline;">{_text(value)}</a>'


def _text(value: str) -> str:
    return html.escape(value, quote=False) if _SPECIAL.search(value) else value


def _attribute(value: str) -> str:
    return html.escape(value) if _SPECIAL.search(value) else value


ESCAPES: Mapping[Context, Callable[[str], str]] = {
    "plain": str,
    "text": _text,
    "attribute": _attribute,
    "url": _url,
    "part of url": lambda value: quote(value, safe=""),
    "link": _link,
    "isolated plain": isolated,
    "isolated text": lambda value: _text(isolated(value)),
}


def fill(segments: Segments, values: Mapping[str, str]) -> str:
    """The text with a person's values in it; each is escaped for its place."""
    return "".join(
        [
            piece if type(piece) is str else ESCAPES[piece.context](values.get(piece.path, ""))  # type: ignore[union-attr]
            for piece in segments
        ]
    )


def plain_segments(text: str, holes: Holes, *, isolate: bool = False) -> Segments:
    """Plain text, its known tokens replaced. `isolate`: the text runs from right to left."""
    context: Context = "isolated plain" if isolate else "plain"
    return join_segments(
        _place(piece, "plain" if _is_url(piece, holes) else context, holes) for piece in holes.pieces(text)
    )


def _is_url(piece: str | int, holes: Holes) -> bool:
    """True for an address: it is copied as it stands, so nothing invisible may stand in it."""
    value = piece if isinstance(piece, str) else holes.values[piece]
    return isinstance(value, Url) or (isinstance(value, Person) and value.is_url)


def attribute_segments(text: str, holes: Holes) -> Segments:
    """Escaped text on one line, fit for an attribute and for text alike."""
    return join_segments(_place(piece, "attribute", holes) for piece in holes.pieces(" ".join(text.split())))


def html_segments(document: str, holes: Holes, *, isolate: bool = False) -> Segments:
    """A finished piece of HTML, its known tokens replaced. `isolate`: the text runs from right to left."""
    return join_segments(_walk(document, holes, "isolated text" if isolate else "text"))


def _walk(document: str, holes: Holes, context: Context) -> Iterable[str | Slot]:
    links = 0  # how deep inside <a>: no link may stand in it
    start = 0
    for tag in _TAG.finditer(document):
        yield from _text_pieces(document[start : tag.start()], holes, context, linked=bool(links))
        yield from _tag_pieces(tag[0], holes)
        if _LINK.match(tag[0]):
            links += -1 if tag[0].startswith("</") else 1
        start = tag.end()
    yield from _text_pieces(document[start:], holes, context, linked=bool(links))


def _text_pieces(text: str, holes: Holes, context: Context, *, linked: bool) -> Iterable[str | Slot]:
    for piece in holes.pieces(text):
        if isinstance(piece, str):
            yield piece
            continue
        yield _place(piece, "link" if _is_url(piece, holes) and not linked else context, holes)


def _tag_pieces(tag: str, holes: Holes) -> Iterable[str | Slot]:
    before = ""
    for piece in holes.pieces(tag):
        if isinstance(piece, str):
            before += piece
            yield piece
            continue
        context: Context = "attribute"
        if _URL_ATTRIBUTE.search(before):
            context = "url"
        elif _IN_URL_ATTRIBUTE.search(before):
            context = "part of url"
        before += "x"
        yield _place(piece, context, holes)


def _place(piece: str | int, context: Context, holes: Holes) -> str | Slot:
    if isinstance(piece, str):
        return piece
    value = holes.values[piece]
    if isinstance(value, Person):
        return Slot(value.path, context)
    if isinstance(value, Block):
        return ESCAPES[context](" ".join(html.unescape(re.sub(r"<[^>]*>", " ", value.html)).split()))
    return ESCAPES[context](value)


def join_segments(pieces: Iterable[str | Slot]) -> Segments:
    """The pieces with neighbouring literals made one."""
    joined: list[str | Slot] = []
    for piece in pieces:
        if isinstance(piece, str) and joined and isinstance(joined[-1], str):
            joined[-1] += piece
        elif piece:
            joined.append(piece)
    return tuple(joined)
