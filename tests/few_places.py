"""Sites with three of the 2,143 files of the table of places, which is the same in every site.

Writing them takes as long as the rest of a small build. That all are written, and are those of the table, show the
builds by commands of their own in `test_plugin.py` and the example site of the browser tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import islice

from alongside.rendering.embeds import listing
from alongside.rendering.embeds.places import place_shards


def few_places() -> Iterator[tuple[str, bytes]]:
    """The first of `place_shards`."""
    return iter(_few_places())


@cache
def _few_places() -> tuple[tuple[str, bytes], ...]:
    """For which all are unpacked."""
    return tuple(islice(place_shards(), 3))


def write_few_places() -> None:
    """From now on, in this process and its forks."""
    listing.place_shards = few_places  # type: ignore[attr-defined]  # the builder of sites imports it
