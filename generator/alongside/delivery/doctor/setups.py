"""What is examined: a community's settings, its surroundings, and the outside world as far as it may be asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from alongside.delivery.credentials import read_secret
from alongside.problems import Problem
from alongside.rendering.mails.envelope import sender_address
from alongside.settings import Settings

TIMEOUT_SECONDS = 10.0  # of one question to a server; an area asks several


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """One set-up at one instant."""

    settings: Settings
    problems: Sequence[Problem] = ()  # of `mkdocs.yml`
    environment: Mapping[str, str]
    now: datetime  # aware; what passes and certificates are compared with
    simulated: bool = False  # `now` is not the real clock, which then is no matter of the doctor's
    timeout: float = TIMEOUT_SECONDS
    mounts: Path = Path("/proc/self/mounts")  # which file system a folder is on, where the system tells

    def variable(self, name: str) -> str:
        """A variable of the environment, or its file, without blanks around it; empty where there is neither."""
        return read_secret(self.environment, name).strip()

    @property
    def sender(self) -> str:
        """The team's mailbox: From of every mail, and where answers and bounces come back."""
        return self.settings.mail.sender or sender_address(self.settings)

    @property
    def domain(self) -> str:
        """The domain of that mailbox, in A-labels."""
        domain = self.sender.rpartition("@")[2]
        try:
            return domain.encode("idna").decode("ascii").lower()
        except UnicodeError:
            return domain.lower()
