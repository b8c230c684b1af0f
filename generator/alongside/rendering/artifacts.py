"""What the build puts into `site/`: jobs that render artifacts, and a tree that is compared, written and pruned.

A `Job` is a promise of one or a few files. It is rendered only when something it read last time has changed
(`rendering.tracking`), so jobs are cheap to make and may be numerous; the work belongs into `render`.

`Tree` owns the files in `site/` that came from jobs. What it wrote is in its manifest (private, in the cache folder).
A build that was killed, or found its disk full, leaves no manifest, so the next one starts afresh.

The folders that jobs wrote to hold nothing else, as MkDocs leaves nothing of others in `site/` but names that begin
with a dot: what somebody puts there is gone after the next build, and a link is never followed out of `site/`. A folder
that has changed since we wrote to it is looked through, the others are not.
"""

from __future__ import annotations

import contextlib
import errno
import marshal
import os
import stat
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from hashlib import blake2b, sha256
from pathlib import Path
from typing import Any, NamedTuple

from alongside.problems import AlongsideError, Problem
from alongside.rendering.shells import Page

try:
    import fcntl
except ImportError:  # pragma: no cover
    fcntl = None  # type: ignore[assignment]  # Windows: two builds at once are the caller's care

_MANIFEST_FORMAT = 5
_BINARY = getattr(os, "O_BINARY", 0)  # Windows would write other line ends
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_HEAD = 8  # bytes before a batch of pieces: its length
_SEAL = 16  # bytes before what the cache keeps: its digest
_KEEP = ".keep-"  # MkDocs empties site/ on every build, but leaves names that begin with a dot


@dataclass(frozen=True, slots=True)
class Artifact:
    """One file of the site."""

    path: str  # below site/, with "/": "feeds/all.ics"
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A unit of rendering.

    `render` takes no arguments (bind what it needs: `functools.partial(story_page, site, slug)`) and reads the
    community only through the `Site` it was bound to, so that the build knows what it depends on. It may run in a
    forked process.
    """

    name: str  # unique and stable: a page's is its path, "stories/x/"; feeds: "feeds/all"
    render: Callable[[], Iterable[Artifact | Page]]
    page: bool = True  # False: `name` is no page, so it is neither linked to nor in the sitemap
    first: bool = False  # True: makes a piece that other jobs need, too


class Written(NamedTuple):
    """A file as it was written; what it is compared by."""

    path: str
    digest: bytes  # of its content
    size: int
    mtime_ns: int


class Listing(NamedTuple):
    """A page as the sitemap and the site's search name it."""

    path: str
    title: str
    description: str
    modified: str  # ISO date, or empty
    listed: bool


# What stands in several files, such as a meetup's event, in values that `marshal` writes; and what was read to make it.
Piece = tuple[Any, tuple[str, ...]]
PieceKey = tuple[str, ...]  # what `Site.pieces` was asked for: a name and arguments


class Record(NamedTuple):
    """What is remembered of a job that was rendered."""

    call: bytes  # digest of what its `render` was bound to
    reads: tuple[str, ...]  # what it read, sorted
    files: tuple[Written, ...]
    listings: tuple[Listing, ...]


PlainWritten = tuple[str, bytes, int, int]
PlainListing = tuple[str, str, str, str, bool]
# A `Record` as the manifest has it, or a `Record`: of ten thousand jobs that nothing happened to, none is made again.
PlainRecord = tuple[bytes, tuple[str, ...], tuple[PlainWritten, ...], tuple[PlainListing, ...]]


@dataclass(slots=True)
class Manifest:
    """All that is remembered of a build."""

    engine: bytes = b""  # of code, templates and settings: another one renders everything again
    reads: dict[str, bytes] = field(default_factory=dict)  # what was read -> the digest it had
    jobs: Mapping[str, PlainRecord] = field(default_factory=dict)  # by name
    guests: tuple[str, ...] = ()  # files of others among ours (images MkDocs copies), removed before it copies again
    folders: dict[str, int] = field(default_factory=dict)  # those of the files -> when their entries last changed (ns)
    pieces: bytes = b""  # digest of the file that holds them; any other file there is not ours
    outline: bytes = b""  # digest of all that lists are made of (`Site.outline`)


class Snapshot(NamedTuple):
    """What a build that has nothing to do needs to know: plain values, read in a few milliseconds."""

    manifest: bytes  # the seal of the manifest that it is the short form of
    stamp: bytes  # of the files the output was made from, and of the engine
    theme: bytes  # of what the door brought: shells, templates of the site's own
    since: str  # the instant it was made at, ISO 8601, UTC
    until: str  # the instant from which the same files would give another output; not included
    files: tuple[tuple[str, int, int], ...]  # (path, size, mtime_ns) of every artifact
    folders: tuple[tuple[str, int], ...]  # as the manifest has them
    guests: tuple[str, ...]
    listings: tuple[tuple[str, str, str, str, bool], ...]
    pages: tuple[str, ...]  # site paths of record pages
    records: tuple[tuple[str, str], ...]  # (record's file below docs_dir, site path of its page)
    documents: tuple[str, ...]  # every other file below docs_dir
    counts: tuple[int, int]  # feeds, embeds
    problems: tuple[tuple[str, int, int, str, str, str, str], ...]  # as `Problem` has them, position first
    backdrop: bytes = b""  # digest of the file that holds what else stayed as it is
    mended: tuple[tuple[str, str, bytes], ...] = ()  # stories that were mended since: file, size and time, digest


def plain_problems(problems: Iterable[Problem]) -> tuple[tuple[str, int, int, str, str, str, str], ...]:
    """Problems as a snapshot has them."""
    return tuple(
        [(p.position.path, p.position.line, p.position.column, p.message, p.code, p.hint, p.severity) for p in problems]
    )


class UnmendableError(AlongsideError):
    """A build has to look at more than the stories that were touched."""


class Tree:
    """The files of the jobs in one folder `site/`, one build at a time."""

    def __init__(self, site_dir: Path, cache_dir: Path) -> None:
        self.site_dir = site_dir
        name = blake2b(str(site_dir.resolve()).encode(), digest_size=8).hexdigest()
        self._manifest_file = cache_dir / f"site-{name}.manifest"
        self._pieces_file = cache_dir / f"site-{name}.pieces"
        self._snapshot_file = cache_dir / f"site-{name}.snapshot"
        self._backdrop_file = cache_dir / f"site-{name}.backdrop"
        self.is_locked = False  # True while this build has the folder
        self._lock: int | None = None  # what holds it, where there are locks
        self._manifest: Manifest | None = None  # as it was read, until the folder changes
        self._kept: tuple[str, ...] = ()  # names in the folder that were put away and brought back
        self._pieces_hash = sha256()  # of the file of pieces, as it was read or written
        self._logged = 0  # pieces in that file, those that are out of date included
        self._folders: set[str] = set()  # folders that were made, or stood already

    # --- one build at a time -----------------------------------------------------------------------------------

    def lock(self) -> None:
        """Take the folder for this build, made where there is none. Raises `AlongsideError` when another build has it.

        The folder itself is locked: builds of two checkouts, each with a cache of its own, may have one folder. What a
        build forked has it locked, too, so the next one does not begin before the last process of a killed one ended.
        """
        self.site_dir.mkdir(parents=True, exist_ok=True)
        try:
            self._lock = _locked(self.site_dir, wait=False)
        except BlockingIOError as error:
            raise AlongsideError(
                f"Another build is writing to {self.site_dir}.", hint="Wait for it, or name another --site-dir."
            ) from error
        self.is_locked = True

    def unlock(self) -> None:
        """Give the folder free. Harmless when this build does not have it."""
        if self._lock is not None:
            os.close(self._lock)
        self._lock, self.is_locked = None, False

    # --- through MkDocs' emptying of site/ ---------------------------------------------------------------------

    def put_away(self, snapshot: Snapshot | None = None) -> None:
        """Rename what is ours to names that MkDocs leaves alone; without a manifest nothing is known to be ours.

        `snapshot`: what holds, so that the manifest need not be asked. Links are taken away: MkDocs would leave them,
        and write through them.
        """
        paths, guests, folders = self._known_files(snapshot)
        tops = {path.split("/", 1)[0] for path in paths}
        self._remove_links(tops)
        for name in sorted(tops):
            kept = self.site_dir / (_KEEP + name)
            # a build that was killed before `bring_back` left it kept; what stands beside it is newer and not ours
            if not kept.exists() and (self.site_dir / name).exists():
                try:
                    (self.site_dir / name).rename(kept)
                except OSError as error:
                    if error.errno != errno.EXDEV:  # a folder of a container's image: MkDocs empties it
                        raise
        self._remove_files(guests)
        self._remove_strangers(paths, folders)

    def bring_back(self) -> None:
        """Undo `put_away`, after MkDocs emptied the folder."""
        if not self.site_dir.is_dir():
            return
        for kept in sorted(self.site_dir.glob(f"{_KEEP}*")):
            target = self.site_dir / kept.name.removeprefix(_KEEP)
            if target.exists():
                _remove_tree(kept)
            else:
                kept.rename(target)
                self._kept = (*self._kept, target.name)

    def empty(self) -> None:
        """Remove what was brought back: nothing is known of it after all."""
        for name in self._kept:
            _remove_tree(self.site_dir / name)
        self._kept = ()

    def _known_files(self, snapshot: Snapshot | None) -> tuple[Sequence[str], tuple[str, ...], Mapping[str, int]]:
        """(our files, guests, our folders) of the last build; nothing when it left nothing to trust."""
        if snapshot is not None:
            return [path for path, _, _ in snapshot.files], snapshot.guests, dict(snapshot.folders)
        manifest = self.read_manifest() or Manifest()
        files = [path for _, _, files, _ in manifest.jobs.values() for path, *_ in files]
        return files, manifest.guests, manifest.folders

    def _remove_links(self, tops: Container[str]) -> None:
        """Links in the site's folder, and what was put away and is not of `tops`."""
        with os.scandir(self.site_dir) as entries:
            found = [(entry.name, entry.is_symlink()) for entry in entries]
        for name, is_link in found:
            kept = name.startswith(_KEEP)
            if (is_link and (kept or name[0] != ".")) or (kept and name.removeprefix(_KEEP) not in tops):
                _remove_tree(self.site_dir / name)

    def _remove_strangers(self, paths: Iterable[str], folders: Mapping[str, int]) -> None:
        """What is not ours in folders of ours (put away) that have changed since we wrote to them."""
        root = f"{self.site_dir}/{_KEEP}"
        changed = [folder for folder in sorted(folders) if _changed_ns(root + folder) != folders[folder]]
        if not changed:
            return
        ours = {*paths, *folders}
        for folder in changed:  # the outer ones first: a link in place of a folder is gone when its turn comes
            with contextlib.suppress(FileNotFoundError, NotADirectoryError), os.scandir(root + folder) as entries:
                for entry in entries:
                    path = f"{folder}/{entry.name}"
                    if path not in ours or entry.is_symlink() or entry.is_dir() != (path in folders):
                        _remove_tree(Path(entry.path))

    # --- the manifest ------------------------------------------------------------------------------------------

    def read_manifest(self) -> Manifest | None:
        """What the last build left, or None: there was none, it was killed, it is damaged, or of another version."""
        if self._manifest is None:
            try:
                version, *values = marshal.loads(read_sealed(self._manifest_file))  # noqa: S302  sealed by us
                self._manifest = Manifest(*values) if version == _MANIFEST_FORMAT else None
            except (OSError, EOFError, TypeError, ValueError):  # any damage to a cache means that there is none
                return None
        return self._manifest

    def begin(self) -> None:
        """From here on the folder changes: until `finish` there is no manifest to trust.

        Raises `AlongsideError` when the last one cannot be taken away: it would be trusted by the next build.
        """
        self._manifest = None
        try:
            for file in (self._snapshot_file, self._manifest_file):
                if os.path.lexists(file):  # a read-only disk refuses to remove what is not there
                    file.unlink()
        except OSError as error:
            raise AlongsideError(
                f"{self._manifest_file} cannot be removed: {error.strerror}.",
                hint="What it says of the site would no longer be true. Make its folder writable, or remove it.",
            ) from error

    def finish(self, manifest: Manifest) -> None:
        """The folder is as `manifest` says."""
        self._manifest_file.parent.mkdir(parents=True, exist_ok=True)
        jobs = {name: record if type(record) is tuple else _plain(record) for name, record in manifest.jobs.items()}
        values = [jobs if one.name == "jobs" else getattr(manifest, one.name) for one in fields(manifest)]
        write_sealed(self._manifest_file, marshal.dumps((_MANIFEST_FORMAT, *values)))

    def times_of_folders(
        self, paths: Iterable[str], before: Mapping[str, int], touched: Iterable[str]
    ) -> dict[str, int]:
        """The folders that hold the files `paths`, and when the entries of each last changed, as the manifest has it.

        Only those of the files `touched`, written or removed in this build, are looked at; of the others is known what
        was so `before`, whatever others have done there since.
        """
        changed = _folders_of(touched)
        root = f"{self.site_dir}/"
        return {
            folder: before[folder] if folder in before and folder not in changed else _changed_ns(root + folder)
            for folder in _folders_of(paths)
        }

    def read_pieces(self, digest: bytes) -> dict[PieceKey, Piece]:
        """What `write_pieces` left when it gave `digest`; empty when the file is another one, or damaged, or gone."""
        try:
            content = self._pieces_file.read_bytes()
        except OSError:
            return {}
        self._pieces_hash = sha256(content)  # of megabytes: processors have instructions for it
        self._logged = 0
        if self._pieces_hash.digest() != digest:
            return {}
        pieces: dict[PieceKey, Piece | None] = {}
        view, place = memoryview(content), 0
        while place < len(content):
            end = place + _HEAD + int.from_bytes(content[place : place + _HEAD])
            batch = marshal.loads(view[place + _HEAD : end])  # noqa: S302  as we wrote it, or it had another digest
            self._logged += len(batch)
            pieces.update(batch)
            place = end
        return {key: piece for key, piece in pieces.items() if piece is not None}

    def write_pieces(self, pieces: Mapping[PieceKey, Piece], kept: Mapping[PieceKey, Piece]) -> bytes:
        """Keep pieces for the next build. Returns the digest of their file, for the manifest.

        `kept` is what `read_pieces` gave. What differs is added at the end, until half of the file is out of date.
        """
        batch: dict[PieceKey, Piece | None] = {key: one for key, one in pieces.items() if kept.get(key) != one}
        batch.update(dict.fromkeys(kept.keys() - pieces.keys()))
        if kept and self._logged + len(batch) <= 2 * len(pieces):
            content = _framed(batch)
            with self._pieces_file.open("ab") as stream:  # cut short by a crash, it has no digest anybody knows
                stream.write(content)
        else:
            content = _framed(pieces)
            self._pieces_file.parent.mkdir(parents=True, exist_ok=True)
            _write_atomically(self._pieces_file, content)
            self._pieces_hash, self._logged, batch = sha256(), 0, dict(pieces)
        self._pieces_hash.update(content)
        self._logged += len(batch)
        return self._pieces_hash.digest()

    def read_snapshot(self) -> Snapshot | None:
        """What `write_snapshot` left, or None."""
        try:
            version, *values = marshal.loads(read_sealed(self._snapshot_file))  # noqa: S302  sealed by us
            snapshot = Snapshot(*values) if version == _MANIFEST_FORMAT else None
            # caches are restored from elsewhere, too, file by file
            return snapshot if snapshot is not None and snapshot.manifest == self.seal() else None
        except (OSError, EOFError, TypeError, ValueError):
            return None

    def seal(self) -> bytes:
        """What tells the manifest that is kept from others. Raises `OSError` where there is none."""
        with self._manifest_file.open("rb") as stream:
            return stream.read(_SEAL)

    def write_snapshot(self, snapshot: Snapshot) -> None:
        """Leave the short form of the manifest beside it."""
        write_sealed(self._snapshot_file, marshal.dumps((_MANIFEST_FORMAT, *snapshot)))

    def read_backdrop(self, seal: bytes = b"") -> bytes:
        """What `write_backdrop` left when it gave `seal`, or at any time; empty when it is not there."""
        try:
            content = read_sealed(self._backdrop_file)
            return content if not seal or _seal_of(content) == seal else b""
        except (OSError, ValueError):
            return b""

    def write_backdrop(self, content: bytes) -> bytes:
        """Keep a backdrop for later builds. Returns its seal, for the snapshot."""
        write_sealed(self._backdrop_file, content)
        return _seal_of(content)

    def forget(self) -> None:
        """The folder is gone, or is to be written anew: leave nothing behind in the cache."""
        self.unlock()
        self._snapshot_file.unlink(missing_ok=True)
        self._manifest_file.unlink(missing_ok=True)
        self._pieces_file.unlink(missing_ok=True)
        self._backdrop_file.unlink(missing_ok=True)

    # --- files -------------------------------------------------------------------------------------------------

    def is_intact(self, files: Iterable[PlainWritten]) -> bool:
        """True when the files stand as they were written."""
        return self.stand([(path, size, mtime_ns) for path, _, size, mtime_ns in files])

    def stand(self, files: Iterable[tuple[str, int, int]]) -> bool:
        """True when files of these paths, sizes and times of change stand in the folder."""
        root = f"{self.site_dir}/"
        try:
            for path, size, mtime_ns in files:
                found = os.stat(root + path)  # noqa: PTH116  a Path a page would take longer than the call
                if found.st_size != size or found.st_mtime_ns != mtime_ns:
                    return False
        except OSError:
            return False
        return True

    def write(self, path: str, content: bytes, before: Written | None) -> Written:
        """Write a file unless it already stands there as `before` says."""
        digest = blake2b(content, digest_size=16).digest()
        if before is not None and before.digest == digest and self.is_intact((before,)):
            return before
        target = f"{self.site_dir}/{path}"
        written = None if before is not None else self._write_new(path, target, content)
        if written is None:
            try:
                written = _write_atomically(target, content)
            except (FileNotFoundError, NotADirectoryError):
                self._make_folder(path)
                written = _write_atomically(target, content)
        return Written(path, digest, len(content), written)

    def _write_new(self, path: str, target: str, content: bytes) -> int | None:
        """Write a file where none stands: nobody reads it yet, so it needs no other name first.

        Most pages of a first build have a folder of their own, so that is made before anything is asked. Returns as
        `_write_atomically` does, or None when there is something in the way.
        """
        folder = target.rpartition("/")[0]
        try:
            if folder not in self._folders:
                self._folders.add(folder)
                with contextlib.suppress(FileExistsError):
                    os.mkdir(folder)  # noqa: PTH102  a Path a page would take as long as the call
            return _write(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o666), content)
        except (FileExistsError, FileNotFoundError, NotADirectoryError):
            return None

    def prune(self, paths: Iterable[str]) -> int:
        """Delete files that no job claims any more, and folders that this empties. Returns how many there were."""
        return self._remove_files(paths)

    def _make_folder(self, path: str) -> None:
        """Make the folder of `path`; a file of ours that stands in the way (a page became a folder) gives way."""
        folder = (self.site_dir / path).parent
        for parent in [*reversed(folder.relative_to(self.site_dir).parents), folder.relative_to(self.site_dir)]:
            if (self.site_dir / parent).is_file():
                (self.site_dir / parent).unlink()
        folder.mkdir(parents=True, exist_ok=True)

    def _remove_files(self, paths: Iterable[str]) -> int:
        removed = 0
        folders: set[Path] = set()
        for path in paths:
            for root in (self.site_dir / path, self.site_dir / (_KEEP + path)):
                with contextlib.suppress(OSError):
                    root.unlink()
                    removed += 1
                    folders.add(root.parent)
        for folder in sorted(folders, key=lambda folder: len(folder.parts), reverse=True):
            self._remove_empty(folder)
        return removed

    def _remove_empty(self, folder: Path) -> None:
        while folder != self.site_dir:
            try:
                folder.rmdir()
            except OSError:  # something is left in it
                return
            folder = folder.parent


def write_folder(folder: Path, artifacts: Iterable[Artifact]) -> None:
    """Make `folder`, all of which is ours, hold these artifacts and nothing else; a file that is the same stays.

    Of several processes that want to, one comes after the other.
    """
    made = {artifact.path: artifact.content for artifact in artifacts}
    folder.mkdir(parents=True, exist_ok=True)
    lock = _locked(folder, wait=True)
    try:
        for path in sorted(folder.rglob("*"), reverse=True):
            if path.is_dir() and not path.is_symlink():
                with contextlib.suppress(OSError):  # something is left in it
                    path.rmdir()
            elif path.is_symlink() or path.relative_to(folder).as_posix() not in made:
                path.unlink()
        for name, content in made.items():
            write_file(folder / name, content)
    finally:
        if lock is not None:
            os.close(lock)


def _locked(folder: Path, *, wait: bool) -> int | None:
    """A handle that has the folder for us until it is closed; None where the file system, or Windows, has no locks.

    Raises `BlockingIOError` when another has it, unless we `wait`.
    """
    handle: int | None = None
    if fcntl is not None:
        handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise
        except OSError:  # NFS locks no folders
            os.close(handle)
            handle = None
    return handle


def write_file(file: Path, content: bytes) -> bool:
    """Make `file` hold `content`; False, and the file untouched, where it does already."""
    if file.is_file() and file.read_bytes() == content:
        return False
    file.parent.mkdir(parents=True, exist_ok=True)
    # two machines, or two containers, may have one number for their processes and one folder
    _write_atomically(file, content, f"{os.getpid()}-{os.urandom(4).hex()}")
    return True


def check_owner(cache_dir: Path, config_file: Path) -> None:
    """Raise `AlongsideError` when the cache is that of somebody who may not say what is built.

    Compiled templates in it are run. Ours are our own, those of root, and those of the configuration's owner, whose
    hooks a build runs anyway.
    """
    try:
        owner = cache_dir.stat().st_uid
        trusted = {0, config_file.stat().st_uid}
    except OSError:  # there is none
        return
    if hasattr(os, "geteuid") and owner not in trusted | {os.geteuid()}:
        raise AlongsideError(
            f"{cache_dir} belongs to another user (number {owner}), and what it holds would be run.",
            hint="Remove it, or give it to yourself.",
        )


def _plain(record: PlainRecord) -> PlainRecord:
    """A record in what `marshal` writes."""
    call, reads, files, listings = record
    return call, reads, tuple([(*file,) for file in files]), tuple([(*listing,) for listing in listings])


def write_sealed(file: Path, content: bytes) -> None:
    """Keep content in the cache, with its digest before it: what is damaged is then no cache."""
    _write_atomically(file, _seal_of(content) + content)


def read_sealed(file: Path) -> bytes:
    """What `write_sealed` wrote. Raises `ValueError` when the file is damaged, `OSError` when it cannot be read."""
    with file.open("rb") as stream:
        seal, content = stream.read(_SEAL), stream.read()
    if _seal_of(content) != seal:
        raise ValueError(f"{file} is damaged.")
    return content


def _seal_of(content: bytes) -> bytes:
    return blake2b(content, digest_size=_SEAL).digest()


def _folders_of(paths: Iterable[str]) -> set[str]:
    """All folders below the site's that hold these files, or folders of these."""
    found: set[str] = set()
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder and folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return found


def _changed_ns(folder: str) -> int:
    """When entries of a folder last changed; -1 where there is none, or a link."""
    try:
        found = os.lstat(folder)
    except OSError:
        return -1
    return found.st_mtime_ns if stat.S_ISDIR(found.st_mode) else -1


def _framed(batch: Mapping[PieceKey, Piece | None]) -> bytes:
    """A batch of pieces as the file has it. None: a piece that nobody needs any more."""
    content = marshal.dumps(dict(batch))
    return len(content).to_bytes(_HEAD) + content


def _write_atomically(path: str | Path, content: bytes, writer: str = "") -> int:
    """Whoever reads meanwhile sees the old file or the new one, never half of one. Returns its time of change.

    `writer`: what no other has that may write the same file at the same time; without it, the process's number.
    """
    temporary = f"{path}.{writer or os.getpid()}.new"
    try:
        written = _write(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _NO_LINK | _BINARY, 0o666), content)
        os.replace(temporary, path)  # noqa: PTH105  as above, a Path would take longer
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(temporary)  # noqa: PTH108  as above
        raise
    return written


def _write(file: int, content: bytes) -> int:
    """Write all of `content`, close the file and return its time of change, in nanoseconds."""
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(file, rest) :]
        return os.fstat(file).st_mtime_ns
    finally:
        os.close(file)


def _remove_tree(path: Path) -> None:
    import shutil  # only after a build that was killed

    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
