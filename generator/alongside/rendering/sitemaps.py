"""The sitemap (sitemaps.org, protocol 0.9): MkDocs' own pages and record pages in one, or in several below an index.

Lines say when a page was last changed only where its author wrote a day: MkDocs would write the day of the build.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

MOST_URLS = 50_000
MOST_BYTES = 52_428_800
_ENTRY = re.compile(r"\s*<url>.*?</url>", re.DOTALL)
_LASTMOD = re.compile(r"\s*<lastmod>[^<]*</lastmod>")
_SPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"


def render_sitemaps(made: str, pages: Iterable[tuple[str, str]], address: str) -> Mapping[str, str]:
    """Files by name, `sitemap.xml` among them: the sitemap itself, or an index of the others.

    `made`: what MkDocs (or the site's own template) made. `pages`: (whole URL, ISO date or empty) of what it does not
    know, escaped for XML. `address`: where the files lie, escaped, with a slash at the end.
    """
    first = _ENTRY.search(made)
    end = made.rfind("</urlset>")
    if end < 0:
        return {"sitemap.xml": made}  # a template of the site's own, which makes something else of it
    head = made[: first.start() if first else end]
    entries = [_LASTMOD.sub("", entry) for entry in _ENTRY.findall(made)]
    entries += [
        f"\n    <url>\n         <loc>{url}</loc>\n"
        + (f"         <lastmod>{day}</lastmod>\n" if day else "")
        + "    </url>"
        for url, day in pages
    ]
    parts = [f"{head.rstrip()}{''.join(part)}\n{made[end:]}" for part in _cut(entries, MOST_BYTES - len(head) - 100)]
    if len(parts) == 1:
        return {"sitemap.xml": parts[0]}
    names = [f"sitemap-{number}.xml" for number in range(1, len(parts) + 1)]
    listed = "".join(f"    <sitemap>\n         <loc>{address}{name}</loc>\n    </sitemap>\n" for name in names)
    index = f'<?xml version="1.0" encoding="UTF-8"?>\n<sitemapindex xmlns="{_SPACE}">\n{listed}</sitemapindex>'
    return {"sitemap.xml": index, **dict(zip(names, parts, strict=True))}


def _cut(entries: list[str], most_bytes: int) -> Iterator[list[str]]:
    """As few parts as the limits of one file allow; one that is empty where there are no entries."""
    part: list[str] = []
    size = 0
    for entry in entries:
        length = len(entry.encode())
        if part and (len(part) == MOST_URLS or size + length > most_bytes):
            yield part
            part, size = [], 0
        part.append(entry)
        size += length
    yield part
