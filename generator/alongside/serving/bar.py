"""The bar at the foot of served pages: what is wrong with this page's file, and how much is wrong in all.

It stands in a shadow tree, so that neither a theme's style reaches it nor its own reaches the theme, and it can be read
without its script. Between two comments, so that a page without it is the page that `alongside build` writes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

import jinja2

from alongside.problems import Problem
from alongside.rendering.templates import environment
from alongside.serving.editions import NONE, Edition

SCRIPT = Path(__file__).parent / "assets" / "bar.js"
OURS = "_alongside/"  # what this server adds to a site, of which no page begins so
PROBLEMS = f"{OURS}problems/"
PREVIEW = "_preview/"
SHOWN = 20  # problems of one page's file in its bar
SHOWN_IN_ALL = 500
_TEMPLATES = Path(__file__).parent / "templates"
_POLICY = b'<meta http-equiv="Content-Security-Policy"'
_END = re.compile(rb"</body\s*>", re.IGNORECASE)


@cache
def templates() -> jinja2.Environment:
    """The environment of what only served pages have."""
    return environment((_TEMPLATES,))


def with_bar(html: bytes, edition: Edition, page: str, *, shown: str, live: bool, alone: bool = False) -> bytes:
    """The document with the bar at the end of its body.

    `page`: site path, or the name of a page of this server's own. `shown`: its digest, by which a browser that follows
    changes says what it has. `live`: with the script that follows changes. `alone`: only its script is added, as to
    pages of this server's own, and to embeds, whose policy allows no style but their own.
    """
    alone = alone or _POLICY in html
    text = (
        templates()
        .get_template("bar.html")
        .render(
            inside="" if alone else render_bar(edition, page),
            page=page,
            live=live,
            shown=shown,
            bar=bar_digest(edition, page),
            script=f"/{OURS}{SCRIPT.name}",
        )
    )
    ends = list(_END.finditer(html))
    at = ends[-1].start() if ends else len(html)
    return html[:at] + text.encode() + html[at:]


def page_file(page: str) -> str:
    """The file of a page: "stories/x/" -> "stories/x/index.html"."""
    return f"{page}index.html" if not page or page.endswith("/") else page


def problems_of_page(edition: Edition, page: str) -> list[Problem]:
    """What is wrong in the file that the page at a site path is made of."""
    sources = edition.sources(page)
    return [problem for problem in edition.problems if problem.position.path in sources]


def render_bar(edition: Edition, page: str) -> str:
    """What stands in the bar of a page, HTML."""
    here = problems_of_page(edition, page)
    return (
        templates()
        .get_template("bar_inside.html")
        .render(
            here=here[:SHOWN],
            more=len(here) - SHOWN,
            count=len(here),
            errors=sum(problem.severity == "error" for problem in edition.problems),
            total=len(edition.problems),
            stopped=[
                problem for problem in edition.problems if problem.code == "build-stopped" and problem not in here
            ],
            missing=bool(here) and edition.digest(page_file(page)) == NONE,
            problems_page=f"/{PROBLEMS}",
            preview=f"/{PREVIEW}?page={page}" if edition.is_previewed(page) else "",
        )
    )


def bar_digest(edition: Edition, page: str) -> str:
    """Another text when the bar of a page is another."""
    return blake2b(render_bar(edition, page).encode(), digest_size=9).hexdigest()


def render_problems(edition: Edition) -> bytes:
    """The page of all problems, by file."""
    files: dict[str, list[Problem]] = {}
    for problem in edition.problems[:SHOWN_IN_ALL]:
        files.setdefault(problem.position.path, []).append(problem)
    return _document("problems.html", edition, files=files, more=len(edition.problems) - SHOWN_IN_ALL)


def render_fault(problem: Problem, edition: Edition) -> bytes:
    """A page that says why a page cannot be shown."""
    return _document("fault.html", edition, problem=problem)


def _document(name: str, edition: Edition, **names: Any) -> bytes:
    settings: Mapping[str, Any] = {"site": edition.frame.settings.site_name, **names}
    return templates().get_template(name).render(**settings).encode()
