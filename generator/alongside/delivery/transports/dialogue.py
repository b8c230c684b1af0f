"""The part of an SMTP session in which mail is handed over: commands, their replies, and the message.

`aiosmtplib` connects, greets, starts TLS and logs in; then this protocol takes its transport over. It writes MAIL, RCPT
and DATA at once where the server announced PIPELINING (RFC 2920), which spares two round trips a mail, and keeps the
order that a crash is judged by: all that can be refused is asked before the first byte of the message.
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
        self._replies: list[Reply] = []
        self._wanted = 0
        self._waiter: asyncio.Future[None] | None = None
        self._broken = ""
        transport.set_protocol(self)

    @property
    def is_usable(self) -> bool:
        """False when the server hung up, or said something that nobody asked."""
        return not self._broken and not self._replies and not self._lines and not self._transport.is_closing()

    async def ask(self, *commands: bytes, timeout: float) -> list[Reply]:
        """Write `commands` at once, and wait for as many replies. Raises `ConversationError`."""
        if not self.is_usable:
            raise ConversationError(self._broken or "the connection is closed")
        self._transport.write(b"".join(commands))
        return await self._read(len(commands), timeout)

    async def _read(self, count: int, timeout: float) -> list[Reply]:
        self._wanted = count
        loop = asyncio.get_running_loop()
        self._waiter = loop.create_future()
        timer = loop.call_later(timeout, self._break, "no answer in time")
        try:
            self._wake()
            await self._waiter
        finally:
            timer.cancel()
            self._waiter = None
        replies, self._replies = self._replies, []
        return replies

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

    # --- asyncio.Protocol ---

    def data_received(self, data: bytes) -> None:
        """Cut what came into replies."""
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
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
        self._break("the connection was lost")

    def _break(self, why: str) -> None:
        self._broken = self._broken or why
        self._wake()

    def _wake(self) -> None:
        if self._waiter is None or self._waiter.done():
            return
        if len(self._replies) > self._wanted:
            self._broken = self._broken or "more answers than questions"
        if len(self._replies) == self._wanted:  # complete, even if the server hung up right after
            self._waiter.set_result(None)
        elif self._broken:
            self._waiter.set_exception(ConversationError(self._broken))
