"""The community the service speaks for: read once, and again when its files, its settings or the day changed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from alongside.model.community import Community
from alongside.reading.fingerprint import fingerprint
from alongside.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """A community and the settings it was read with."""

    settings: Settings
    community: Community


class LiveHome:
    """The newest `Home`. Requests look at `current`; the clock's threads call `refresh` before they work."""

    def __init__(
        self,
        read_settings: Callable[[], Settings],
        read_community: Callable[[Settings, date], Community],
        *,
        now: datetime,
    ) -> None:
        """Read everything. Raises what the two functions raise; later, `refresh` does."""
        self._read_settings = read_settings
        self._read_community = read_community
        self._lock = threading.Lock()
        self._seen: tuple[bytes, date] | None = None
        self._home = self._read(now.date())

    @property
    def current(self) -> Home:
        """As it was last read."""
        return self._home

    def refresh(self, now: datetime) -> Home:
        """The community as it is at `now`, read again if something changed; a second caller waits for the first.

        Raises what reading raises, and keeps what it had.
        """
        with self._lock:
            self._home = self._read(now.date())
            return self._home

    def reload(self, now: datetime) -> Home:
        """As `refresh`, and read again whether anything changed or not."""
        with self._lock:
            seen, self._seen = self._seen, None
            try:
                self._home = self._read(now.date())
            except BaseException:
                self._seen = seen
                raise
            return self._home

    def _read(self, day: date) -> Home:
        settings = self._read_settings()
        seen = (fingerprint(settings), day)
        if seen == self._seen:
            return self._home
        home = Home(settings=settings, community=self._read_community(settings, day))
        self._seen = seen
        return home
