"""Readings kept between runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from alongside.reading.fields import Defaults
from alongside.reading.folders import FoundFile
from alongside.reading.readings import Reading


class ReadingCache:
    """Provisional: reads everything."""

    def __init__(self, folder: Path | None, defaults: Defaults) -> None:
        self.fresh = 0

    def reading(self, file: FoundFile, read: Callable[[], Reading]) -> Reading:
        """The reading of a file."""
        self.fresh += 1
        return read()

    def save(self) -> None:
        """Keep what was read."""
