"""The journal: what a sender did since the store last knew, so that a crash leaves little to guess.

One file a sending process, in a private folder of its machine. A line is appended before a message goes out and after
the server's answer, by one write each; the store is written a batch at a time. The file ends with zeros: room that
is kept for lines to come.

    S 4711 ana-souza her-story pt    the message of step 4711 begins to go out
    D 4711                           it was taken over
    N 4711                           it was not, and the server said so

A killed process (`kill -9`, out of memory) loses none of its lines, and its lock on the file goes with it: whoever gets
the lock knows that nobody writes there any more. Then D is sent, neither is due again, and S alone is uncertain. After
a power cut the file's end may be missing, which the boot's number in its first line tells: then every step of it
without D is uncertain.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from alongside.problems import AlongsideError

SUFFIX = ".journal"
_FORMAT = "alongside-journal 1"
_CHUNK = 1 << 16  # octets of disk asked for at once
_ROOM = 1 << 12  # of them kept free when a mail begins, for what its server and those of other lanes answer


class JournalError(AlongsideError):
    """The journal cannot be written, so nothing is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """What an S line tells of a mail; nothing of the person."""

    member: str = ""  # slug, as in `messages`
    story: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A journal, read after its writer was gone."""

    token: str
    transport: str
    is_whole: bool  # False: the machine was started again since, and lines may be missing
    started: dict[int, Started] = field(default_factory=dict)  # by step
    delivered: frozenset[int] = frozenset()
    refused: frozenset[int] = frozenset()

    def is_uncertain(self, step: int) -> bool:
        """True when nobody can say whether the mail of that claimed step arrived."""
        if step in self.delivered or step in self.refused:
            return False
        return step in self.started or not self.is_whole


class Journal:
    """The file of this process, open and locked as long as it sends."""

    def __init__(self, folder: Path, *, token: str, transport: str, boot: str) -> None:
        """Begin one. `token` names the process among all senders; raises `JournalError`."""
        self.token = token
        self.path = folder / f"{token}{SUFFIX}"
        self._end = self._reserved = 0
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            draft = folder / f".{token}"  # under its own name only when it is locked: nobody takes it for a dead one's
            self._file = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _failure(folder, error) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._make_room()
            self._write(f"{_FORMAT} {boot} {transport}\n")
            draft.rename(self.path)
            # The first claim must not be on the disk before the name of the file that answers for it.
            os.fsync(self._file)
            _sync_folder(folder)
        except OSError as error:
            os.close(self._file)
            for path in (draft, self.path):
                path.unlink(missing_ok=True)
            raise _failure(folder, error) from error

    def started(self, step: int, what: Started) -> None:
        """The message of `step` goes out now. Raises `JournalError`: then it must not."""
        try:
            self._make_room()
        except OSError as error:
            raise _failure(self.path.parent, error) from error
        self._note(f"S {step} {what.member or '-'} {what.story or '-'} {what.language or '-'}\n")

    def delivered(self, step: int) -> None:
        """It was taken over. Raises `JournalError`."""
        self._note(f"D {step}\n")

    def refused(self, step: int) -> None:
        """It was not, for certain. Raises `JournalError`."""
        self._note(f"N {step}\n")

    def close(self, *, settled: bool) -> None:
        """`settled`: the store knows all of it, so the file goes; otherwise it stays for who comes next."""
        if settled:
            with contextlib.suppress(OSError):
                self.path.unlink()
        os.close(self._file)

    def _note(self, line: str) -> None:
        try:
            self._write(line)
        except OSError as error:
            raise _failure(self.path.parent, error) from error

    def _write(self, line: str) -> None:
        data = line.encode()
        if os.pwrite(self._file, data, self._end) != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))  # the next line takes the place of what was written
        self._end += len(data)

    def _make_room(self) -> None:
        """Ask for disk before a mail begins: when none is left, its answer must still find a place."""
        if self._end + _ROOM <= self._reserved:
            return
        reserve = getattr(os, "posix_fallocate", None)  # not on every Unix
        if reserve is not None:
            try:
                reserve(self._file, self._reserved, _CHUNK)
            except OSError as error:
                if error.errno not in (errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS):  # not on every file system
                    raise
        self._reserved += _CHUNK


def _failure(folder: Path, error: OSError) -> JournalError:
    return JournalError(
        f"The journal in {folder.name}/ cannot be written: {error.strerror}.",
        hint="Make room or make it writable, then run the command again: what is missing goes out then.",
    )


def _sync_folder(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def boot_number() -> str:
    """What names this start of the machine; the same for all its processes, another after a restart."""
    with contextlib.suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    return "-"  # where there is none, a restart goes unnoticed


def known_tokens(folder: Path) -> frozenset[str]:
    """The tokens whose journals lie here, of living processes too."""
    with contextlib.suppress(OSError):
        return frozenset(path.name.removesuffix(SUFFIX) for path in folder.iterdir() if path.name.endswith(SUFFIX))
    return frozenset()


@contextlib.contextmanager
def taken_over(folder: Path, token: str, *, boot: str) -> Iterator[Account | None]:
    """The journal of a process that is gone, ours alone inside the block; None while it lives, or when there is none.

    The file is deleted at the end of the block, unless that raises.
    """
    path = folder / f"{token}{SUFFIX}"
    try:
        number = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        yield None
        return
    try:
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield None
            return
        if not path.exists():  # whoever had it before us has settled it
            yield None
            return
        with open(number, "rb", closefd=False) as file:
            account = read_account(token, file.read(), boot=boot)
        yield account
        path.unlink(missing_ok=True)
    finally:
        os.close(number)


def read_account(token: str, content: bytes, *, boot: str) -> Account:
    """What a journal says. A last line that was cut off, and lines that are none of ours, say nothing."""
    *lines, _ = content.decode("utf-8", "replace").split("\n")
    head = lines[0].split(" ") if lines else []
    known = len(head) == 4 and f"{head[0]} {head[1]}" == _FORMAT
    started: dict[int, Started] = {}
    ended: dict[str, set[int]] = {"D": set(), "N": set()}
    for line in lines[1:]:
        match line.split(" "):
            case ["S", step, member, story, language] if step.isdecimal():
                number = int(step)
                started[number] = Started(member=_slug(member), story=_slug(story), language=_slug(language))
                ended["N"].discard(number)  # tried once more
            case ["D" | "N" as what, step] if step.isdecimal():
                ended[what].add(int(step))
            case _:
                pass
    return Account(
        token=token,
        transport=head[3] if known else "",
        is_whole=known and head[2] == boot,
        started=started,
        delivered=frozenset(ended["D"]),
        refused=frozenset(ended["N"] - ended["D"]),
    )


def _slug(word: str) -> str:
    return "" if word == "-" else word
