"""Shells: one page of the theme per depth, rendered by MkDocs with tokens where a record's own words go.

The door (`plugin`) renders the shell once, `read_shell` splits it at the tokens, `fill` joins the pieces with the
values of a page: the theme, and what other plugins do to a page, cost nothing per record. Tokens are letters only, so
they survive `|striptags|e|urlencode` and `|tojson`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import Literal
from urllib.parse import quote

Slot = Literal["title", "description", "path", "canonical", "source", "language", "direction", "content", "head"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A record page as its template made it; the shell puts the theme around it."""

    path: str  # of the page below the site's root, with a trailing slash: "stories/x/"
    title: str  # plain text
    description: str = ""  # plain text
    language: str  # BCP 47, of the content
    direction: Literal["ltr", "rtl"] = "ltr"
    content: str  # HTML of the page's main part, h1 included; relative links are relative to `path`
    head: str = ""  # HTML for <head>: JSON-LD, alternates, feeds
    source: str = ""  # the authored file below docs_dir, for "edit this page"; empty: none
    canonical: str = ""  # site path of the page that stands for this one; empty: itself
    modified: date | None = None  # for the sitemap
    listed: bool = True  # in the sitemap; False for drafts and what stands elsewhere, too


@dataclass(frozen=True, slots=True)
class Shell:
    """The theme's page in pieces: `texts[0]`, `slots[0]`, `texts[1]`, ... and a last text."""

    texts: tuple[str, ...]
    slots: tuple[tuple[Slot, bool], ...]  # which value stands there; True: percent-encoded, inside a URL's query


# What the door puts into the theme's page for each slot.
TOKENS: Mapping[Slot, str] = {
    "title": "AlongsideSlotTitle",
    "description": "AlongsideSlotDescription",
    "canonical": "AlongsideSlotCanonical",
    "source": "AlongsideSlotSource",
    "language": "AlongsideSlotLanguage",
    "direction": "AlongsideSlotDirection",
    "content": "AlongsideSlotContent",
    "head": "AlongsideSlotHead",
}
_FOLDER = "AlongsideSlotFolder"  # a page's path is one of these for each level
_SLOTS: Mapping[str, Slot] = {token: slot for slot, token in TOKENS.items()}
_SPLIT = re.compile(f"((?:{_FOLDER}(?:/|%2F))*{_FOLDER}(?:/|%2F)?|{'|'.join(TOKENS.values())})")
_CANONICAL = re.compile(r"<link\b[^>]*\brel=[\"']?canonical\b[^>]*>", re.IGNORECASE)
_HTML = re.compile(r"<html\b[^>]*>", re.IGNORECASE)
_LANGUAGE = re.compile(r"\s(?:lang|dir)=(?:\"[^\"]*\"|'[^']*'|[^\s>]+)", re.IGNORECASE)
_IN_QUERY = re.compile(r"\b(?:href|src|action)=(?:\"[^\"<]*[?#][^\"<]*|'[^'<]*[?#][^'<]*)$")

_LONGEST_URL = 2000


def token_folder(depth: int) -> str:
    """The site path of the shell of `depth`: what stands for the path of its pages."""
    return f"{_FOLDER}/" * depth


def read_shell(html: str) -> Shell:
    """Split a rendered shell at its tokens, after adding those a theme knows nothing about.

    Any theme gets the page's language and direction on `<html>`, and the page's own lines at the end of `<head>`.
    """
    html = _HTML.sub(_with_language, html, count=1)
    if TOKENS["description"] not in html:
        html = html.replace("</head>", f'<meta name="description" content="{TOKENS["description"]}">\n</head>', 1)
    if TOKENS["head"] not in html:
        html = html.replace("</head>", f"{TOKENS['head']}</head>", 1)
    html = _CANONICAL.sub(_with_canonical, html)
    parts = _SPLIT.split(html)
    texts, tokens = parts[::2], parts[1::2]
    slots: list[tuple[Slot, bool]] = []
    before = ""
    for text, token in zip(texts, tokens, strict=False):
        before = (before + text)[-_LONGEST_URL:]
        slots.append((_SLOTS.get(token, "path"), _IN_QUERY.search(before) is not None))
        before += token
    return Shell(tuple(texts), tuple(slots))


def _with_language(match: re.Match[str]) -> str:
    tag = _LANGUAGE.sub("", match[0])
    return f'{tag[:-1].rstrip()} lang="{TOKENS["language"]}" dir="{TOKENS["direction"]}">'


def _with_canonical(match: re.Match[str]) -> str:
    return re.sub(f"(?:{_FOLDER}/)+", TOKENS["canonical"], match[0])


def fill(shell: Shell, page: Page) -> str:
    """The whole HTML document of `page`. Its texts are safe in text, in attributes and in a script's strings."""
    values: dict[Slot, str] = {
        "title": _text(page.title),
        "description": _text(page.description),
        "path": _path(page.path),
        "canonical": _path(page.canonical or page.path),
        "source": _path(page.source),
        "language": _text(page.language),
        "direction": page.direction,
        "content": page.content,
        "head": page.head,
    }
    pieces = [shell.texts[0]]
    for (slot, in_query), text in zip(shell.slots, shell.texts[1:], strict=True):
        pieces.append(quote(_plain(page, slot), safe="") if in_query and slot != "content" else values[slot])
        pieces.append(text)
    return "".join(pieces)


def _text(text: str) -> str:
    """Plain text for HTML. A backslash becomes an entity too: themes write titles into strings of scripts."""
    return escape(" ".join(text.split())).replace("\\", "&#92;")


def _path(path: str) -> str:
    return escape(quote(path, safe="/~@!$()*+,;=:"))


def _plain(page: Page, slot: Slot) -> str:
    if slot == "canonical":
        return page.canonical or page.path
    return " ".join(str(getattr(page, slot)).split())
