"""Record pages: one job a page of story, member, group, meetup, challenge and place, and of the lists of each.

`build` asks `render_pages` for the jobs; each makes a `Page` that a shell of the theme is put around.
"""

from __future__ import annotations

from collections.abc import Iterator

from alongside.rendering.artifacts import Job
from alongside.rendering.tracking import Site


def render_pages(site: Site) -> Iterator[Job]:
    """The jobs of all record pages and their lists, by path, and of the style sheet they share."""
    raise NotImplementedError
