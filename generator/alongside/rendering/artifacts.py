"""What the build puts into `site/`: jobs that render artifacts, and a tree that is compared, written and pruned.

A `Job` is a promise of one or a few files. It is rendered only when something it read last time has changed
(`rendering.tracking`), so jobs are cheap to make and may be numerous; the work belongs into `render`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from alongside.rendering.shells import Page


@dataclass(frozen=True, slots=True)
class Artifact:
    """One file of the site."""

    path: str  # below site/, with "/": "feeds/all.ics"
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A unit of rendering.

    `render` takes no arguments (bind what it needs: `functools.partial(story_page, site, slug)`) and reads the
    community only through the `Site` it was bound to, so that the build knows what it depends on. It may run in a
    forked process.
    """

    name: str  # unique and stable: a page's is its path, "stories/x/"; feeds: "feeds/all"
    render: Callable[[], Iterable[Artifact | Page]]
    page: bool = True  # False: `name` is no page, so it is neither linked to nor in the sitemap
