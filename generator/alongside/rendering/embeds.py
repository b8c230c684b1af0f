"""Moments made visible: a standalone page for an iframe, and the fragment that fills a tag in an ordinary page."""

from __future__ import annotations

from collections.abc import Iterator

from alongside.rendering.artifacts import Job
from alongside.rendering.tracking import Site


def render_embeds(site: Site) -> Iterator[Job]:
    """One job for each moment with `where: embed`: the file `embed/<journey>/<moment>/index.html` (no page of the theme)."""
    raise NotImplementedError


def render_moment(site: Site, journey: str, moment: str, *, page: str) -> str:
    """The HTML of a moment as it stands on the page `page` (site path, "" for the home page).

    What it shows is general: no newcomer is known while building.
    """
    raise NotImplementedError


def fill_moments(site: Site, html: str, *, page: str) -> str:
    """`html` of an ordinary page with each `<alongside-moment moment="..."></alongside-moment>` filled.

    `moment` is an id, or `journey/id` where two journeys have one of that name; the first journey that has it counts.
    A moment nobody knows stays an empty tag (`check` reports it).
    """
    raise NotImplementedError
