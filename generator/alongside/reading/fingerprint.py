"""Whether anything a community is made of was touched: names, sizes and times of its files, and none of their words."""

from __future__ import annotations

import os
from collections.abc import Mapping
from hashlib import blake2b

from alongside.reading.walks import Walk
from alongside.settings import Settings


def fingerprint(settings: Settings) -> bytes:
    """16 bytes that are the same as long as no file below docs_dir and the journeys' folder was touched.

    A few microseconds a file. Take it before reading: what changes while it is read shows in the next one.
    """
    return digest_of_state(list_state(settings))


def list_state(settings: Settings) -> dict[str, str]:
    """The same, file by file: the path of each, as the system opens it, and its size and time of change."""
    state: dict[str, str] = {"": repr(settings)}
    for folder in (str(settings.docs_dir), str(settings.journeys_dir)):
        walk = _Touched(folder, {str(settings.site_dir), str(settings.build_dir)})
        state.update([_entry(entry) for _, entry in walk.files(folder)])
        state.update(walk.unread)
    return state


def digest_of_state(state: Mapping[str, str]) -> bytes:
    """16 bytes for what `list_state` found."""
    lines = "\n".join([f"{path} {seen}" for path, seen in state.items()])
    return blake2b(lines.encode("utf-8", "surrogateescape"), digest_size=16).digest()


class _Touched(Walk):
    """Every file, also those that are not read: a dot file may be a template's or a theme's."""

    def __init__(self, folder: str, leave: set[str]) -> None:
        super().__init__(leave)
        self.folder = folder
        self.unread: dict[str, str] = {}

    def failed(self, below: str, error: OSError) -> None:
        self.unread[f"{self.folder}/{below}"] = f"{error.errno}"


def _entry(entry: os.DirEntry[str]) -> tuple[str, str]:
    try:
        found = entry.stat()
    except OSError as error:  # a link to nothing
        return entry.path, f"{error.errno}"
    return entry.path, f"{found.st_size} {found.st_mtime_ns}"
