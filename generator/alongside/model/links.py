"""Relative links of files below docs_dir: what they point at, as MkDocs reads them."""

from __future__ import annotations

import posixpath
import re
from urllib.parse import unquote

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def docs_target(source: str, href: str) -> str | None:
    """The path below docs_dir that a relative link in the docs file `source` points to.

    Percent-decoded, without fragment and query, normalised; a folder's own address ends without a slash. None for
    what is no such link: another site, `mailto:`, a fragment alone, an absolute path, a path that leaves docs_dir.

    >>> docs_target("stories/a-talk.md", "../members/ana%20s.md#welcome")
    'members/ana s.md'
    """
    href = href.strip()
    if not href or href[0] in "#?/\\" or _SCHEME.match(href):
        return None
    path = unquote(re.split(r"[?#]", href, maxsplit=1)[0])
    if not path or "\x00" in path or "\\" in path:
        return None
    target = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
    if target == ".." or target.startswith(("../", "/")):
        return None
    return "" if target == "." else target
