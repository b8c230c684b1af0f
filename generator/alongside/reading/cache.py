"""Readings kept between runs: a file that did not change is not parsed again.

One file in `build/cache`, written whole and moved into place. It is pickled, and safe to load: `build/` is ours and is
never part of `content/`, and the unpickler knows a short list of record classes and nothing that acts, so even a
forged file makes records or fails. A cache of another version, another Python or other settings is passed over.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import hashlib
import io
import os
import pickle
import sys
import tempfile
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import alongside
from alongside.model import gatherings, people, places, stories, texts
from alongside.problems import Position, Problem
from alongside.reading import fields as reading_fields
from alongside.reading import readings
from alongside.reading.fields import Defaults
from alongside.reading.folders import FoundFile
from alongside.reading.readings import Reading

NAME = "readings.pickle"
# The packages whose code decides what a reading is.
_PACKAGES = ("source", "reading", "model", "gazetteer")
_RECORDS: tuple[type, ...] = (
    Position, Problem, texts.LocalText, places.Place, people.Challenge, people.Consent, people.Away, people.MemberPage,
    people.Member, stories.Media, stories.Source, stories.Story, gatherings.Chat, gatherings.Group, gatherings.Change,
    gatherings.Meetup, readings.Draft, readings.Reading,
)  # fmt: skip
_NAMES: dict[type, tuple[str, ...]] = {record: tuple(field.name for field in fields(record)) for record in _RECORDS}
# Slots are set through their descriptors: ten thousand frozen records come back in a tenth of the time.
_SETTERS: dict[type, tuple[Callable[[Any, Any], None], ...]] = {
    record: tuple(record.__dict__[name].__set__ for name in names) for record, names in _NAMES.items()
}
_SAFE: dict[tuple[str, str], Any] = {
    **{(record.__module__, record.__qualname__): record for record in _RECORDS},
    **{(kind.__module__, kind.__qualname__): kind for kind in (reading_fields.Reference, readings.Link, readings.Mark)},
    **{("datetime", name): getattr(__import__("datetime"), name) for name in ("date", "datetime", "timedelta")},
    ("builtins", "frozenset"): frozenset,
}
Entry = tuple[int, int, bytes, str, Reading]  # mtime_ns, size, SHA-256, kind, the reading


def make_record(record: type, *values: object) -> object:
    """A record of one of the known classes, as it was pickled."""
    made: object = object.__new__(record)
    for set_value, value in zip(_SETTERS[record], values, strict=True):
        set_value(made, value)
    return made


_SAFE[make_record.__module__, make_record.__qualname__] = make_record


class _Pickler(pickle.Pickler):
    def reducer_override(self, value: Any) -> Any:
        names = _NAMES.get(type(value))
        if names is None:
            return NotImplemented
        return make_record, (type(value), *[getattr(value, name) for name in names])


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        try:
            return _SAFE[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"{module}.{name} is no part of a reading") from None


class ReadingCache:
    """Readings by path. Looked up by time and size first, then by content; saved when anything changed."""

    def __init__(self, folder: Path | None, defaults: Defaults) -> None:
        self.fresh = 0  # files that had to be read
        self._file = folder / NAME if folder is not None else None
        self._key = _key(defaults) if folder is not None else ""
        self._old: dict[str, Entry] = _load(self._file, self._key) if self._file is not None else {}
        self._new: dict[str, Entry] = {}
        self._changed = False

    def reading(self, file: FoundFile, read: Callable[[], Reading]) -> Reading:
        """The reading of a file, from the cache where it did not change."""
        if self._file is None or file.size < 0:
            self.fresh += 1
            return read()
        old = self._old.get(file.docs_path)
        if old is not None and old[:2] == (file.mtime_ns, file.size) and old[3] == file.kind:
            self._new[file.docs_path] = old
            return old[4]
        digest = _digest(file.file)
        if old is not None and digest == old[2] and old[3] == file.kind:
            reading = old[4]
        else:
            self.fresh += 1
            reading = read()
        if digest:  # what cannot be opened is asked again next time
            self._new[file.docs_path] = (file.mtime_ns, file.size, digest, file.kind, reading)
            self._changed = True
        return reading

    def save(self) -> None:
        """Write the cache, whole or not at all; a folder that cannot be written to only costs the time."""
        if self._file is None or not (self._changed or self._new.keys() != self._old.keys()):
            return
        stream = io.BytesIO()
        _Pickler(stream, protocol=5).dump((self._key, self._new))
        with contextlib.suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._file.parent, prefix=".readings-")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(stream.getbuffer())
                Path(name).replace(self._file)
            except OSError:
                Path(name).unlink(missing_ok=True)


def _load(file: Path, key: str) -> dict[str, Entry]:
    """The entries of a cache file; none where there is none, or it is not ours."""
    collecting = gc.isenabled()
    gc.disable()  # a hundred thousand new records, none of them garbage
    try:
        with file.open("rb") as stream:
            found = _Unpickler(stream).load()
        if isinstance(found, tuple) and len(found) == 2 and found[0] == key and _sound(found[1]):
            return found[1]  # type: ignore[no-any-return]
    except Exception:  # noqa: S110 (a broken cache can fail in any way, and is then no cache)
        pass
    finally:
        if collecting:
            gc.enable()
    return {}


def _sound(entries: object) -> bool:
    return isinstance(entries, dict) and all(
        isinstance(entry, tuple) and len(entry) == 5 and isinstance(entry[4], Reading) for entry in entries.values()
    )


def _digest(file: Path) -> bytes:
    try:
        return hashlib.sha256(file.read_bytes()).digest()
    except OSError:
        return b""


def _key(defaults: Defaults) -> str:
    """What a reading depends on besides its file: our version and code, Python, the settings' defaults."""
    parts = (alongside.__version__, sys.version, code_hash(), defaults.language, defaults.timezone, *defaults.teams)
    return "\n".join(parts)


@functools.cache
def code_hash() -> str:
    """A hash of the code (and of the gazetteer's data, by size and time) that makes readings."""
    found = hashlib.sha256()
    root = Path(alongside.__file__).parent
    for package in _PACKAGES:
        for path in sorted((root / package).rglob("*")):
            if path.suffix == ".py":
                found.update(path.read_bytes())
            elif path.is_file() and "__pycache__" not in path.parts:
                status = path.stat()
                found.update(f"{path.name} {status.st_size} {status.st_mtime_ns}".encode())
    return found.hexdigest()
