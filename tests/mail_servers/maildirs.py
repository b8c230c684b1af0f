"""A Maildir that a server fills and a test counts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from email import message_from_bytes
from pathlib import Path

from mail_servers.servers import wait_until


@dataclass(frozen=True, slots=True)
class Maildir:
    """Mails are in `new` when they are complete."""

    folder: Path

    def mails(self) -> list[bytes]:
        """Every mail, in no order that means anything."""
        return [path.read_bytes() for path in sorted((self.folder / "new").glob("*"))]

    def counts(self) -> Counter[str]:
        """How often each Message-ID is there."""
        return Counter(str(message_from_bytes(mail)["Message-ID"] or "").strip() for mail in self.mails())

    def empty(self) -> None:
        """Remove every mail."""
        for path in (self.folder / "new").glob("*"):
            path.unlink()

    def wait_for(self, count: int, *, patience: float = 20) -> Counter[str]:
        """As `counts`, as soon as there are so many mails."""
        wait_until(lambda: len(self.mails()) >= count, patience, f"{count} mails in {self.folder}")
        return self.counts()
