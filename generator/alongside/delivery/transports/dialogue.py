"""The part of an SMTP session in which mail is handed over: commands, their replies, and the message.

`aiosmtplib` connects, greets, starts TLS and logs in; then this protocol takes its transport over. Commands are written
as many at once as the caller likes (RFC 2920: PIPELINING), and their replies read one after the other, when they are
wanted.
"""

from __future__ import annotations

import asyncio
import contextlib

from alongside.delivery.transports.replies import Reply

LONGEST_LINE = 4096  # octets; RFC 5321 section 4.5.3.1.5 says 512, and servers say more
MOST_LINES = 100  # of one reply


class ConversationError(Exception):
    """The connection broke, or what came over it was no SMTP. The session is of no more use."""


class Dialogue(asyncio.Protocol):
    """Replies of one server, in the order of the commands they answer."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._buffer = b""
        self._lines: list[bytes] = []  # of a reply that is not complete
        self._replies: list[Reply] = []  # that nobody read yet
        self._open = 0  # commands whose replies nobody read yet
        self._wanted = 0  # replies, by the waiter
        self._waiter: asyncio.Future[None] | None = None
        self._broken = ""
        self._lost = asyncio.Event()
        transport.set_protocol(self)

    @property
    def is_usable(self) -> bool:
        """False when the server hung up, or said something that nobody asked."""
        return not self._broken and not self._has_more and not self._transport.is_closing()

    @property
    def _has_more(self) -> bool:
        return len(self._replies) + bool(self._lines) > self._open

    async def ask(self, *commands: bytes, timeout: float) -> list[Reply]:
        """Write `commands` at once, and wait for as many replies. Raises `ConversationError`."""
        self.write(*commands)
        return await self.read(len(commands), timeout=timeout)

    def write(self, *commands: bytes) -> None:
        """Write `commands` at once; each is answered by one reply. Raises `ConversationError`."""
        if not self.is_usable:
            raise ConversationError(self._broken or "the connection is closed")
        self._open += len(commands)
        self._transport.write(b"".join(commands))

    async def read(self, count: int, *, timeout: float) -> list[Reply]:
        """The next `count` replies, of commands that were written. Raises `ConversationError`."""
        self._wanted = count
        if not self._is_answered:
            loop = asyncio.get_running_loop()
            self._waiter = loop.create_future()
            timer = loop.call_later(timeout, self._break, "no answer in time")
            try:
                await self._waiter
            finally:
                timer.cancel()
                self._waiter = None
        if self._has_more or len(self._replies) < count:
            raise ConversationError(self._broken or "more answers than questions")
        replies = self._replies[:count]
        del self._replies[:count]
        self._open -= count
        return replies

    @property
    def _is_answered(self) -> bool:
        """True when nothing is to be waited for. Complete answers count, even if the server hung up right after."""
        return len(self._replies) >= self._wanted or bool(self._broken)

    def close(self, *, politely: bool) -> None:
        """End the connection; QUIT is said, and nobody waits for the answer."""
        if politely and self.is_usable:
            with contextlib.suppress(OSError):
                self._transport.write(b"QUIT\r\n")
        self._broken = self._broken or "the connection is closed"
        if politely:
            self._transport.close()
        else:
            self._transport.abort()

    async def wait_closed(self, *, timeout: float) -> None:
        """After `close`: until what was written has gone and the connection with it, or for so many seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._lost.wait()
                return
        self._transport.abort()

    # --- asyncio.Protocol ---

    def data_received(self, data: bytes) -> None:
        """Cut what came into replies."""
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            if not self._broken:  # nobody knows which question an answer after garbage would belong to
                self._add(line.rstrip(b"\r"))
        if len(self._buffer) > LONGEST_LINE or len(self._lines) > MOST_LINES:
            self._break("an answer without an end")
        self._wake()

    def _add(self, line: bytes) -> None:
        code, mark = line[:3], line[3:4]
        if not code.isdigit() or mark not in (b" ", b"-", b"") or code[0] not in b"2345":
            self._break("an answer that is no SMTP")
        elif self._lines and self._lines[0][:3] != code:
            self._break("an answer with two codes")
        else:
            self._lines.append(line)
            if mark != b"-":
                text = b" ".join(part[4:] for part in self._lines).decode("utf-8", "replace")
                self._replies.append(Reply(int(code), text))
                self._lines = []

    def eof_received(self) -> None:
        """The server says no more."""
        self._break("the server hung up")

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._lost.set()
        self._break("the connection was lost")

    def _break(self, why: str) -> None:
        self._broken = self._broken or why
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done() and self._is_answered:
            self._waiter.set_result(None)
