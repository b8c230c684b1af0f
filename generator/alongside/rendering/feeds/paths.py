"""Where feeds stand, for all who link to one; what makes them need not be loaded for that."""

from __future__ import annotations

from typing import Literal

FeedKind = Literal["all", "online", "languages", "groups", "places", "challenges", "meetups", "stories"]


def feed_path(kind: FeedKind, slug: str = "", suffix: str = "ics") -> str:
    """Where a feed stands below the site's root: `feeds/groups/docs-berlin.ics`, `feeds/stories.atom`.

    `slug` is that of the group, place, challenge or meetup, or a language; empty for all. `suffix`: `ics`, `atom`,
    `rss` or `json`.
    """
    return f"feeds/{kind}/{slug}.{suffix}" if slug else f"feeds/{kind}.{suffix}"
