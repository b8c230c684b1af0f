"""What the heads of large files tell, kept between runs: a file that was not touched is not opened again.

One JSON file in `build/cache` for recordings, one for pictures: path below docs_dir -> [mtime_ns, size, what was read].
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path

from alongside.reading.cache import code_hash
from alongside.reading.folders import FoundFile

Values = list[int]  # as the reader of that kind of file gives them; empty: the file cannot be read


class HeadCache:
    """Heads by path; asked for what a build needs, and saved when anything changed."""

    def __init__(self, folder: Path | None, name: str) -> None:
        """`folder`: that of the caches, or None to keep nothing. `name` is that of what is asked for."""
        self._file = folder / f"{name}.json" if folder is not None else None
        self._known = self._load()
        self._current: dict[str, tuple[int, int, Values]] = {}

    def values(self, file: FoundFile, read: Callable[[Path], Values]) -> Values:
        """What `read` gives for `file`, from the cache where it was not touched."""
        known = self._known.get(file.docs_path)
        if known is None or tuple(known[:2]) != (file.mtime_ns, file.size):
            known = (file.mtime_ns, file.size, read(file.file) if file.size >= 0 else [])
        self._current[file.docs_path] = known
        return known[2]

    def save(self) -> None:
        """Write what was asked for; a folder that cannot be written to only costs the time."""
        if self._file is None or self._current == self._known:
            return
        with contextlib.suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            passing = self._file.with_suffix(".new")
            passing.write_text(json.dumps({"code": code_hash(), "heads": self._current}), "utf-8")
            passing.replace(self._file)

    def _load(self) -> dict[str, tuple[int, int, Values]]:
        if self._file is None:
            return {}
        try:
            kept = json.loads(self._file.read_text("utf-8"))
            if kept["code"] != code_hash():
                return {}
            return {path: (mtime_ns, size, list(values)) for path, (mtime_ns, size, values) in kept["heads"].items()}
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            return {}  # none yet, or one that was cut
