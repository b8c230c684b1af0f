"""Readings kept between runs: a file that did not change is not parsed again.

One file in `build/cache`, a log of batches. Each batch has an index, which tells what is known of its files, and their
readings, each pickled for itself: who needs a few loads a few. It is safe to load: `build/` is ours and is never part
of `content/`, and the unpickler knows a short list of record classes and nothing that acts, so even a forged file makes
records or fails. A cache of another version, another Python or other settings is passed over.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import io
import marshal
import os
import pickle
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from operator import attrgetter
from pathlib import Path
from typing import Any

import alongside
from alongside.model import gatherings, people, places, recordings, stories, texts
from alongside.model.digests import Seal, digest_of_outline, digest_of_plain
from alongside.problems import Position, Problem
from alongside.processes import answers, collector_off, how_many
from alongside.reading import fields as reading_fields
from alongside.reading import readings
from alongside.reading.fields import Defaults
from alongside.reading.folders import FoundFile
from alongside.reading.media_names import media_names
from alongside.reading.readings import Reading
from alongside.source.decoding import read_bytes

NAME = "readings.log"
# The packages whose code decides what a reading is.
_PACKAGES = ("source", "reading", "model", "gazetteer")
_RECORDS: tuple[type, ...] = (
    Problem, texts.LocalText, places.Place, people.Challenge, people.Consent, people.Away, people.MemberPage,
    people.Member, stories.Media, stories.Source, stories.Story, gatherings.Chat, gatherings.Group, gatherings.Change,
    gatherings.Meetup, recordings.Passage, recordings.Transcript, readings.Draft, readings.Reading,
)  # fmt: skip
_TUPLES = (Position, reading_fields.Reference, readings.Link, readings.Mark)
_NAMES: dict[type, tuple[str, ...]] = {record: tuple(field.name for field in fields(record)) for record in _RECORDS}
# Slots are set through their descriptors: ten thousand frozen records come back in a tenth of the time.
_SETTERS: dict[type, tuple[Callable[[Any, Any], None], ...]] = {
    record: tuple(record.__dict__[name].__set__ for name in names) for record, names in _NAMES.items()
}
_SAFE: dict[tuple[str, str], Any] = {
    **{(record.__module__, record.__qualname__): record for record in _RECORDS},
    **{(kind.__module__, kind.__qualname__): kind for kind in _TUPLES},
    **{("datetime", name): getattr(__import__("datetime"), name) for name in ("date", "datetime", "timedelta")},
    ("builtins", "frozenset"): frozenset,
}
Digests = tuple[bytes, bytes]  # of the only record of a file, and of its outline
Pickled = tuple[memoryview, bytes]  # a reading as the log has it, and its digest
# mtime_ns, size, SHA-256 (empty: not to be kept), kind, the reading, digests
Entry = tuple[int, int, bytes, str, "Reading | Pickled", "Digests | None"]
Read = Callable[[FoundFile, bytes | Problem], Reading]
_MANY = 400  # files to be read from which on other processes pay
_BATCH = 50  # files between two reports of progress, where there is only one process
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
_HEAD = 8 + 8 + 16  # bytes before a batch: the length of its index, that of its readings, the digest of the index


def make_record(number: int, values: tuple[object, ...]) -> object:
    """A record of one of the known classes, as it was pickled."""
    record = _RECORDS[number]
    made: object = object.__new__(record)
    for set_value, value in zip(_SETTERS[record], values, strict=True):
        set_value(made, value)
    return made


def make_tuple(number: int, values: tuple[object, ...]) -> object:
    """The same of one of the known tuples with names."""
    made: object = tuple.__new__(_TUPLES[number], values)
    return made


_SAFE[make_record.__module__, make_record.__qualname__] = make_record
_SAFE[make_tuple.__module__, make_tuple.__qualname__] = make_tuple


# Each reading names its classes anew, so these are numbers.
def _record_reducer(number: int) -> Callable[[Any], Any]:
    names = _NAMES[_RECORDS[number]]
    if len(names) == 1:  # of one name `attrgetter` gives the value alone
        return lambda value: (make_record, (number, (getattr(value, names[0]),)))
    read_values = attrgetter(*names)
    return lambda value: (make_record, (number, read_values(value)))


def _tuple_reducer(number: int) -> Callable[[Any], Any]:
    return lambda value: (make_tuple, (number, (*value,)))


class RecordPickler(pickle.Pickler):
    """Writes the records of readings by their number."""

    # asked by class: `reducer_override` would be called for every date as well
    dispatch_table = {  # noqa: RUF012
        **{record: _record_reducer(number) for number, record in enumerate(_RECORDS)},
        **{kind: _tuple_reducer(number) for number, kind in enumerate(_TUPLES)},
    }


class RecordUnpickler(pickle.Unpickler):
    """Knows these records and nothing that acts."""

    def find_class(self, module: str, name: str) -> Any:
        """One of the classes that a reading is made of. Raises `UnpicklingError` for any other."""
        try:
            return _SAFE[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"{module}.{name} is no part of a reading") from None


class ReadingCache:
    """Readings by path. Looked up by time and size first, then by content; saved when anything changed."""

    def __init__(self, folder: Path | None, defaults: Defaults) -> None:
        self.fresh = 0  # files that had to be read
        self._file = folder / NAME if folder is not None else None
        self._key = _key(defaults) if folder is not None else b""
        self._known: dict[str, Entry] = {}
        self._current: dict[str, Entry] = {}  # of the files there are
        self._logged = 0  # entries of the log, those that are out of date included
        self._sound = False  # the log can be added to
        self._added = 0  # entries of the batches
        self._batches: list[bytes] = []  # what was read, pickled
        if self._file is not None:
            self._load(self._file)

    def readings(
        self, files: Sequence[FoundFile], read: Read, progress: Callable[[int], None] | None = None
    ) -> dict[str, Reading]:
        """The readings of files by path, from the cache where a file did not change.

        `read` is a pure function of a file and its bytes. `progress` is told how many readings there are.
        """
        stale = [file for file in files if not self._is_current(file)]
        count = len(files) - len(stale)
        for batch in self._read(stale, read):
            for path, entry in batch.items():
                self.fresh += not _has_content(self._known.get(path), entry)
                self._known[path] = entry
            count += len(batch)
            self._added += len(batch)
            if progress is not None:
                progress(count)
        self._current = {file.docs_path: self._known[file.docs_path] for file in files}
        return {path: self._reading(path, self._known[path]) for path in self._current}

    def seals(self) -> Iterator[Seal]:
        """Of the records of the last `readings` that have a file of their own."""
        for path in self._current:
            entry = self._known[path]
            if entry[5] is not None:
                yield self._reading(path, entry).drafts[0].record, *entry[5]

    def digests(self, path: str) -> Digests | None:
        """As the log has them, whether or not the file was touched since."""
        entry = self._known.get(path)
        return entry[5] if entry is not None else None

    def reading(self, path: str) -> Reading:
        """As the log has it, whether or not the file was touched since. Raises what it likes when it is damaged."""
        return self._reading(path, self._known[path])

    def read_again(self, file: FoundFile, read: Read) -> Reading:
        """The reading of one file that was touched; what is known of the others holds."""
        batch = self._batch([file], read)
        self._known.update(batch)
        self._current = self._known
        self._batches.append(self._packed(batch))
        self._added += 1
        return self.reading(file.docs_path)

    def forget(self, paths: Iterable[str]) -> None:
        """Look into these files again, whatever their times and sizes say: a clock's tick holds two writes."""
        for path in paths:
            entry = self._known.get(path)
            if entry is not None:
                self._known[path] = (-1, *entry[1:])

    def _read(self, files: Sequence[FoundFile], read: Read) -> Iterator[dict[str, Entry]]:
        processes = how_many(len(files), least=_MANY)
        if processes == 1:
            for start in range(0, len(files), _BATCH):
                batch = self._batch(files[start : start + _BATCH], read)
                if self._file is not None:
                    self._batches.append(self._packed(batch))
                yield batch
            return
        for answer in answers(lambda part: self._packed(self._batch(files[part::processes], read)), processes):
            self._batches.append(answer)
            batch, _ = self._unpacked(memoryview(answer))
            yield batch

    def _batch(self, files: Iterable[FoundFile], read: Read) -> dict[str, Entry]:
        with collector_off():
            return {file.docs_path: _entry(file, self._whole(file.docs_path), read) for file in files}

    def _load(self, file: Path) -> None:
        """Read the log up to the first batch that is not ours, or was cut."""
        try:
            log = file.read_bytes()
        except OSError:
            return
        rest = memoryview(log)
        while rest:
            try:
                batch, end = self._unpacked(rest)
            except Exception:  # a broken batch can fail in any way, and is then no batch
                return
            self._known.update(batch)
            self._logged += len(batch)
            rest = rest[end:]
        self._sound = True

    def save(self) -> None:
        """Add what was read to the log, or write it anew; a folder that cannot be written to only costs the time."""
        if self._file is None or not self._batches:
            return
        with contextlib.suppress(OSError):
            if self._sound and self._logged <= 2 * len(self._current):
                with self._file.open("ab") as log:
                    log.write(b"".join(self._batches))
                self._logged += self._added
            else:
                self._write_anew(self._file)
                self._logged, self._sound = len(self._current), True
        self._batches, self._added = [], 0

    def _write_anew(self, file: Path) -> None:
        batches = self._batches if not self._logged else [self._packed(self._current)]
        file.parent.mkdir(parents=True, exist_ok=True)
        # two machines, or two containers, may have one number for their processes and one folder
        temporary = file.with_name(f".readings-{os.getpid()}-{os.urandom(4).hex()}")
        try:
            with os.fdopen(os.open(temporary, _NEW_FILE, 0o600), "wb") as log:
                log.writelines(batches)
            temporary.replace(file)
        except OSError:
            temporary.unlink(missing_ok=True)

    def _is_current(self, file: FoundFile) -> bool:
        """True when a file was not touched since, and its reading is whole; what could not be opened is asked again."""
        entry = self._known.get(file.docs_path)
        if entry is None or entry[:2] != (file.mtime_ns, file.size) or entry[3] != file.kind or entry[2] == b"":
            return False
        return self._whole(file.docs_path) is not None

    def _whole(self, path: str) -> Entry | None:
        """What is known of a file, unless its reading is damaged."""
        entry = self._known.get(path)
        if entry is not None:
            try:
                self._reading(path, entry)
            except Exception:  # what is damaged can fail in any way
                del self._known[path]
                self._sound = False
                return None
        return entry

    def _reading(self, path: str, entry: Entry) -> Reading:
        if isinstance(entry[4], Reading):
            return entry[4]
        pickled, digest = entry[4]
        if self._digest(pickled) != digest:
            raise ValueError(f"The reading of {path} is damaged.")
        reading = _unpickled(pickled)
        self._known[path] = (*entry[:4], reading, entry[5])
        return reading

    def _packed(self, batch: Mapping[str, Entry]) -> bytes:
        """A batch as the log has it: lengths, the digest of the index, the index, the readings one after the other."""
        index, readings, at = {}, [], 0
        for path, entry in batch.items():
            pickled = entry[4][0] if isinstance(entry[4], tuple) else _pickled(entry[4])
            index[path] = (*entry[:4], entry[5], at, at + len(pickled), self._digest(pickled))
            readings.append(pickled)
            at += len(pickled)
        head = marshal.dumps(index)
        return b"".join((len(head).to_bytes(8), at.to_bytes(8), self._digest(head), head, *readings))

    def _unpacked(self, log: memoryview) -> tuple[dict[str, Entry], int]:
        """The batch that a log begins with, and where it ends. Raises what it likes when it is none of ours."""
        start = _HEAD + int.from_bytes(log[:8])
        end = start + int.from_bytes(log[8:16])
        head = log[_HEAD:start]
        if end > len(log) or log[16:_HEAD] != self._digest(head):
            raise ValueError("this batch is damaged, or another version's")
        readings = log[start:end]
        return {
            path: (mtime_ns, size, sha256, kind, (readings[begins:ends], digest), digests)
            for path, (mtime_ns, size, sha256, kind, digests, begins, ends, digest) in marshal.loads(head).items()  # noqa: S302  sealed by us
        }, end

    def _digest(self, content: bytes | memoryview) -> bytes:
        return hashlib.blake2b(content, digest_size=16, key=self._key).digest()


def _has_content(old: Entry | None, new: Entry) -> bool:
    """True when the old entry was read from the same bytes, so that its reading holds."""
    return old is not None and new[2] != b"" and old[2:4] == new[2:4]


def _entry(file: FoundFile, old: Entry | None, read: Read) -> Entry:
    content = read_bytes(file.file, file.path)
    digest = hashlib.sha256(content).digest() if isinstance(content, bytes) and file.size >= 0 else b""
    if old is not None and digest and old[2:4] == (digest, file.kind):
        return (file.mtime_ns, file.size, *old[2:])
    reading = read(file, content)
    return (file.mtime_ns, file.size, digest, file.kind, reading, _digests(file, digest, reading))


def _digests(file: FoundFile, content: bytes, reading: Reading) -> tuple[bytes, bytes] | None:
    """Digests of the only record of a file and of its outline; None where there are several, or none.

    A reading is a pure function of the file, so the digest of its bytes, which is known, does for the record. What a
    story links to counts as its outline, as it is checked with what others say; and so do the pictures it names, which
    are published for its sake.
    """
    if len(reading.drafts) != 1 or not content:
        return None
    record = reading.drafts[0].record
    digest = hashlib.blake2b(content + file.docs_path.encode(), digest_size=16).digest()
    if not isinstance(record, stories.Story):
        return digest, digest
    links = tuple([(link.href, link.target) for link in reading.links])
    named = tuple(sorted(media_names(record.body)))
    return digest, digest_of_plain((digest_of_outline(record), links, named))


def _pickled(reading: Reading) -> bytes:
    stream = io.BytesIO()
    RecordPickler(stream, protocol=5).dump(reading)
    return stream.getvalue()


def _unpickled(pickled: memoryview) -> Reading:
    found = RecordUnpickler(io.BytesIO(pickled)).load()
    if not isinstance(found, Reading):
        raise TypeError(f"A {type(found).__name__} is no reading.")
    return found


def _key(defaults: Defaults) -> bytes:
    """What a reading depends on besides its file: our version and code, Python, the settings' defaults."""
    parts = (alongside.__version__, sys.version, code_hash(), defaults.language, defaults.timezone, *defaults.teams)
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=32).digest()


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
