"""Which files change while a site is served: the system tells, and nobody looks at ten thousand files to find out."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from types import TracebackType

from watchdog.events import (
    DirModifiedEvent,
    FileClosedNoWriteEvent,
    FileOpenedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer

# What editors write beside a file while they save it, and what nothing here reads. Our own facts stand in `.alongside`.
_PASSING = re.compile(r"\.(?!alongside$).*|.*~|#.*#|4913|.*___jb_(?:tmp|old)___|.*\.sw[a-p]|__pycache__")
_ONLY_LOOKED_AT = (FileOpenedEvent, FileClosedNoWriteEvent, DirModifiedEvent)


class Watch(FileSystemEventHandler):
    """Tells of files and folders that change, come, go or are moved. A context manager."""

    def __init__(self, touch: Callable[[Collection[Path]], None], *, tell: Callable[[str], None]) -> None:
        """`tell` is given a sentence about what cannot be watched."""
        self._touch = touch
        self._tell = tell
        self._leave: tuple[Path, ...] = ()
        self._observer = Observer()
        self._folders: set[Path] = set()  # watched with all that is in them
        self._files: set[Path] = set()  # watched by themselves

    def __enter__(self) -> Watch:
        self._observer.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._observer.stop()
        self._observer.join(timeout=5)

    def follow(self, paths: Iterable[Path], leave: Iterable[Path]) -> None:
        """Watch these files, and folders with all that is in them, besides those that are watched already.

        Links to folders are followed, as reading does. `leave`: folders whose changes are of no interest.
        """
        self._leave = tuple(leave)
        for path in paths:
            if path.is_dir() and path not in self._folders:
                self._folders.add(path)
                for folder in (path, *(found for found in path.glob("**/") if found.is_symlink())):
                    self._schedule(folder, recursive=True)
            elif not path.is_dir() and path not in self._files:
                self._files.add(path)
                self._schedule(path.parent, recursive=False)  # what is renamed over a file is the file then

    def _schedule(self, folder: Path, *, recursive: bool) -> None:
        try:
            self._observer.schedule(self, str(folder), recursive=recursive)
        except OSError as error:  # the system has no more watches to give, or the folder cannot be read
            self._tell(f"What changes in {folder} is not followed ({error.strerror or error}); start again to see it.")

    def on_any_event(self, event: FileSystemEvent) -> None:
        """As watchdog calls it, from a thread of its own."""
        if isinstance(event, _ONLY_LOOKED_AT):
            return
        found = [Path(os.fsdecode(name)) for name in (event.src_path, event.dest_path) if name]
        found = [path for path in found if self._counts(path)]
        if found:
            self._touch(found)

    def _counts(self, path: Path) -> bool:
        if path in self._files:
            return True
        within = next((folder for folder in self._folders if path.is_relative_to(folder)), None)
        if within is None or any(path.is_relative_to(folder) for folder in self._leave):
            return False
        return not any(_PASSING.fullmatch(part) for part in path.relative_to(within).parts)
