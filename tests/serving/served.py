"""`alongside serve` as a process of its own, and what it answers."""

from __future__ import annotations

import http.client
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, TypeVar
from urllib.parse import quote, urlsplit

from commands import Command

T = TypeVar("T")
BAR = re.compile(rb"<!--alongside serve-->.*?<!--/alongside serve-->", re.DOTALL)
NOW = "2026-11-23T09:00Z"
PATIENCE_SECONDS = 60.0


class Answered(NamedTuple):
    """An answer of the server."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes


class Served:
    """The server of one community. A context manager."""

    def __init__(self, config: Path, *words: str) -> None:
        self.root = config.parent
        self._connections: list[http.client.HTTPConnection] = []
        self.command = Command("serve", "-f", str(config), "--now", NOW, "--dev-addr", "127.0.0.1:0", *words)
        self.address = until(self._address, "the address")

    def __enter__(self) -> Served:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for connection in self._connections:
            connection.close()
        self.command.send_signal(signal.SIGINT)
        self.command.wait(30)

    def _address(self) -> str:
        found = re.search(r"Serving (http://\S+)", "".join(self.command.lines))
        assert found or self.command.poll() is None, "".join(self.command.lines)
        return found[1] if found else ""

    @property
    def said(self) -> str:
        """What it printed so far."""
        return "".join(self.command.lines)

    def connection(self) -> http.client.HTTPConnection:
        """To ask what no client would; closed in the end."""
        made = http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=PATIENCE_SECONDS)
        self._connections.append(made)
        return made

    def ask(self, path: str, method: str = "GET", **headers: str) -> Answered:
        """The answer for a path below the site ("stories/x/"), or a whole one ("/_preview/")."""
        connection = self.connection()
        try:
            target = path if path.startswith("/") else urlsplit(self.address).path + path
            connection.request(method, target, headers={name.replace("_", "-"): text for name, text in headers.items()})
            answer = connection.getresponse()
            return Answered(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def text(self, path: str) -> str:
        """The page at a path, bar included."""
        return self.ask(path).body.decode()

    def bare(self, path: str) -> bytes | None:
        """The file at a path as it is built; None where there is none."""
        found = self.ask(quote(path))
        return BAR.sub(b"", found.body) if found.status == 200 else None

    def write(self, path: str, text: str) -> None:
        """Save a file of the community as editors do: beside it first, then over it."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = target.with_name(f".{target.name}.tmp")
        beside.write_text(text, encoding="utf-8")
        beside.replace(target)


def until(look: Callable[[], T], what: str) -> T:
    """What `look` finds, as soon as it finds anything."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (found := look()):
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.05)
    return found
