"""Shells: one page of the theme per depth, rendered by MkDocs with tokens where a record's own words go.

The door (`plugin`) renders the shell once, `read_shell` splits it at the tokens, `fill` joins the pieces with the
values of a page. Tokens are letters only, so they survive `|striptags|e|urlencode` and `|tojson`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from html import escape
from typing import Literal
from urllib.parse import quote

Slot = Literal["title", "description", "path", "source", "language", "direction", "content", "head", "canonical"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A record page as its template made it; the shell puts the theme around it."""

    path: str  # of the page below the site's root, with a trailing slash: "stories/x/"
    title: str  # plain text
    description: str = ""  # plain text, one line
    language: str  # BCP 47, of the content
    direction: Literal["ltr", "rtl"] = "ltr"
    content: str  # HTML of the page's main part, h1 included; relative links are relative to `path`
    head: str = ""  # HTML for <head>: JSON-LD, alternates, feeds
    source: str = ""  # the authored file below docs_dir, for "edit this page"; empty: none
    canonical: str = ""  # site path of the page that stands for this one; empty: itself
    modified: date | None = None  # for the sitemap
    listed: bool = True  # in the sitemap; False for redirects and drafts


@dataclass(frozen=True, slots=True)
class Shell:
    """The theme's page in pieces: texts and slots by turns, text first and last."""

    depth: int  # how many folders below the root its pages are: "stories/x/" is 2
    pieces: tuple[str, ...]
    site_url: str = ""  # with a trailing slash, or empty


# What the door puts into the theme's page for each slot. Matched longest first; case matters.
TOKENS: Mapping[Slot, str] = {
    "title": "AlongsideSlotTitle",
    "description": "AlongsideSlotDescription",
    "source": "AlongsideSlotSource",
    "language": "AlongsideSlotLanguage",
    "direction": "AlongsideSlotDirection",
    "content": "AlongsideSlotContent",
    "head": "AlongsideSlotHead",
    "canonical": "AlongsideSlotCanonical",
}
_FOLDER = "AlongsideSlotFolder"  # the path of a page is folders: one of these a level


def read_shell(html: str, *, depth: int, site_url: str = "") -> Shell:
    """Split a rendered shell at its tokens."""
    raise NotImplementedError


def fill(shell: Shell, page: Page) -> str:
    """The whole HTML document of `page`."""
    raise NotImplementedError
