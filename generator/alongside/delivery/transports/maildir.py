"""A maildir as a way out: for trying everything out, and for handing mail to another program.

One file a message, written under `tmp/`, brought to the disk, then moved to `new/` in one step
(https://cr.yp.to/proto/maildir.html). A file's name is made of its Message-ID, not of the clock and the process, so the
same message delivered again is the same file.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path

from alongside.delivery.transports.envelopes import DELIVERED, DeliveryError, Envelope, Verdict

SUFFIX = ".alongside"  # of our files: others may lie in the same maildir
LEFT = timedelta(hours=36)  # after that a draft has no writer any more, says maildir's own rule


class Maildir:
    """A maildir for its owner alone, made where it is missing."""

    name = "maildir"
    lanes = 1
    keeps_once = True  # a file's name is its Message-ID

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            for folder in (path, *(path / name for name in ("tmp", "new", "cur"))):
                folder.mkdir(mode=0o700, parents=folder is path, exist_ok=True)
            self._read = {entry.name.partition(":")[0] for entry in os.scandir(path / "cur")}
        except OSError as error:
            raise self._failure(error) from error

    def open_lane(self) -> Maildir:
        """Itself."""
        return self

    async def prepare(self) -> None:
        """Nothing to do."""

    async def close(self) -> None:
        """Nothing to end."""

    async def deliver(
        self, envelope: Envelope, *, starting: Callable[[], None], following: Envelope | None = None
    ) -> Verdict:
        """Write the message; see `write`."""
        starting()
        self.write(envelope)
        return DELIVERED

    def write(self, envelope: Envelope) -> None:
        """Write the message to `new/`, unless a mail program has moved it to `cur/` already. Raises `DeliveryError`."""
        name = file_name(envelope.message_id)
        if name in self._read:
            return
        draft = self.path / "tmp" / f"{name}.{_machine_mark()}.{os.getpid()}"
        try:
            with os.fdopen(os.open(draft, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as file:
                file.write(envelope.content)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self.path / "new" / name)
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise self._failure(error) from error

    def flush(self) -> None:
        """Bring the names to the disk too; the contents are there."""
        try:
            folder = os.open(self.path / "new", os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise self._failure(error) from error

    def sweep(self, *, wall: datetime) -> int:
        """Delete drafts whose writer was killed; how many there were. `wall`: the real clock. Raises `DeliveryError`.

        Of this machine's writers the process tells; others are given 36 hours.
        """
        removed = 0
        try:
            for draft in sorted((self.path / "tmp").iterdir()):
                machine, _, process = draft.name.rpartition(".")
                ours = machine.endswith(f"{SUFFIX}.{_machine_mark()}")
                gone = ours and _is_gone(process)
                with contextlib.suppress(FileNotFoundError):  # its writer has just finished it
                    if gone or draft.stat().st_mtime < (wall - LEFT).timestamp():
                        draft.unlink()
                        removed += 1
        except OSError as error:
            raise self._failure(error) from error
        return removed

    def remove_older(self, before: datetime) -> int:
        """Delete our messages that were written before that instant, read or not; how many. Raises `DeliveryError`."""
        removed = 0
        try:
            for folder in ("new", "cur"):
                for entry in sorted((self.path / folder).glob(f"*{SUFFIX}*")):
                    if entry.stat().st_mtime < before.timestamp():
                        entry.unlink(missing_ok=True)
                        removed += 1
        except OSError as error:
            raise self._failure(error) from error
        return removed

    def remove(self, message_ids: Iterable[str]) -> int:
        """Delete these messages, read or not; how many there were. Raises `DeliveryError`."""
        names = {file_name(message_id) for message_id in message_ids}
        length = len(file_name(""))  # flags follow in cur/, a process's number in tmp/
        removed = 0
        try:
            for folder in ("tmp", "new", "cur"):
                for entry in sorted((self.path / folder).iterdir()):
                    if entry.name[:length] in names:
                        entry.unlink()
                        removed += 1
        except OSError as error:
            raise self._failure(error) from error
        return removed

    def _failure(self, error: OSError) -> DeliveryError:
        return DeliveryError(
            f"The maildir {self.path.name}/ cannot be written: {error.strerror}.",
            hint="Make room or make it writable, then run the command again: what is missing goes out then.",
        )


def _machine_mark() -> str:
    """Eight letters for this machine, for a draft's name: a process's number says nothing to another one.

    Containers that share the machine's name are told apart by their process space.
    """
    space = ""
    with contextlib.suppress(OSError):
        space = str(Path("/proc/self/ns/pid").readlink())
    return hashlib.sha256(f"{socket.gethostname()}/{space}".encode()).hexdigest()[:8]


def _is_gone(process: str) -> bool:
    """True when there is no process of that number here."""
    if not process.isdigit():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except OSError:
        pass  # it is another user's, so it is there
    return False


def file_name(message_id: str) -> str:
    """A maildir name without `/` and `:`, the same for the same message, telling nothing of whom it is for."""
    return f"{hashlib.sha256(message_id.encode()).hexdigest()[:40]}{SUFFIX}"
