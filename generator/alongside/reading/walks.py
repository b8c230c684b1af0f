"""The files below a folder: one walk for what is read and for what is watched, so that both see the same files."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator

MAX_DEPTH = 40  # folders in folders
MAX_LINKS = 100  # links to folders that are followed


class Walk:
    """The files below a folder by name. Links to folders are followed, as MkDocs does, but not in circles.

    A link back to a folder on the way is passed over; what links multiply ends after `MAX_LINKS` of them. Each walk
    may say what it looks at (`keeps`), which folders are none to it (`opens`) and what it does about one that cannot
    be read (`failed`).
    """

    def __init__(self, leave: Collection[str]) -> None:
        self.leave = frozenset(leave)  # folders that are left out, as they are reached from the first
        self.links = 0  # folders entered through a link

    def files(self, folder: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
        """(path below `folder` with "/", entry) of every file, also of links to nothing."""
        return self._below(folder, "", (os.path.realpath(folder),))

    def keeps(self, below: str, entry: os.DirEntry[str]) -> bool:
        """Whether an entry of the folder `below` ("" or with "/" at its end) is looked at."""
        return True

    def opens(self, path: str, entry: os.DirEntry[str]) -> bool:
        """Whether a folder is looked into; else it counts as a file."""
        return True

    def failed(self, below: str, error: OSError) -> None:
        """A folder cannot be read; the walk goes on beside it."""

    def _below(self, folder: str, below: str, above: tuple[str, ...]) -> Iterator[tuple[str, os.DirEntry[str]]]:
        """The files of one folder; `above` holds the real paths of the folders on the way."""
        for entry in self._listed(folder, below):
            path = below + entry.name
            if not _is_dir(entry) or not self.opens(path, entry):
                yield path, entry
                continue
            if entry.path in self.leave or len(above) > MAX_DEPTH:
                continue
            real = os.path.join(above[-1], entry.name)  # noqa: PTH118 (texts, as in scandir)
            if entry.is_symlink():
                real = os.path.realpath(entry.path)
                self.links += 1
                if real in above or self.links > MAX_LINKS:
                    continue
            yield from self._below(entry.path, path + "/", (*above, real))

    def _listed(self, folder: str, below: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(folder) as entries:
                listed = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            self.failed(below, error)
            return []
        return [entry for entry in listed if self.keeps(below, entry)]


def _is_dir(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False
