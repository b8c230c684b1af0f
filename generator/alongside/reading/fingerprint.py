"""Whether anything a community is made of was touched: names, sizes and times of its files, and none of their words."""

from __future__ import annotations

import os
from collections.abc import Iterator
from hashlib import blake2b

from alongside.settings import Settings


def fingerprint(settings: Settings) -> bytes:
    """16 bytes that are the same as long as no file below docs_dir and the journeys' folder was touched.

    Three microseconds a file. Take it before reading: what changes while it is read shows in the next one.
    """
    state: list[str] = [repr(settings)]
    for folder in (str(settings.docs_dir), str(settings.journeys_dir)):
        state += sorted(_entries(folder, {str(settings.site_dir), str(settings.build_dir)}))
    return blake2b("\n".join(state).encode("utf-8", "surrogateescape"), digest_size=16).digest()


def _entries(folder: str, ours: set[str]) -> Iterator[str]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir():
                    if entry.path not in ours:
                        yield from _entries(entry.path, ours)
                else:
                    yield _entry(entry)
    except OSError as error:
        yield f"{folder} {error.errno}"


def _entry(entry: os.DirEntry[str]) -> str:
    try:
        found = entry.stat()
    except OSError as error:  # a link to nothing
        return f"{entry.path} {error.errno}"
    return f"{entry.path} {found.st_size} {found.st_mtime_ns}"
