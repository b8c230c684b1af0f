"""The LMTP door (RFC 2033): a mail server hands over what arrived, and hears for each recipient what became of it.

    RCPT: ours? -> DATA: read, its beginning kept -> for each recipient: heard and committed -> 250, else 451

250 is said after the commit and never before. Whoever got none tries again, and `ingest` knows what it heard. Only CR
LF "." CR LF ends a mail: what other servers take for an end too ("SMTP smuggling") is text here, as are NUL bytes and
lines of any length. aiosmtpd keeps the session; what is added to it is below: an answer for each recipient, enhanced
status codes (RFC 2034), bounds on connections, memory and time, and an end that leaves nobody without an answer.
"""

from __future__ import annotations

import asyncio
import logging
import re
import socket
import threading
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import Envelope, Session

from alongside.delivery.arrived.mails import LONGEST

NAME = "alongside"  # how we greet
LARGEST = 30_000_000  # bytes of a mail that are taken; the first megabyte is kept
LONGEST_COMMAND = 2_000  # bytes; RFC 5321 section 4.5.3.1.4 asks for 512
PIECE = 1 << 16  # bytes, about, that are read at once; a line may be longer
MOST_RECIPIENTS = 100  # of a mail, RFC 5321 section 4.5.3.1.8
MOST_CONNECTIONS = 50  # Postfix opens 20
COMMAND_SECONDS = 300.0  # how long a client may be silent between commands, RFC 5321 section 4.5.3.2.7
MAIL_SECONDS = 600.0  # how long a mail may take to arrive
LAST_SECONDS = 40.0  # for what is in hand when the service stops: more than the store waits for another process
FAREWELL_SECONDS = 5.0  # for a client to read our last words

_END = b"\r\n.\r\n"
_MOST_SENT = LONGEST // 3 * 4 + 8  # bytes that hold the longest beginning: at worst every third one has a dot more
_COMMANDS = ("LHLO", "MAIL", "RCPT", "DATA", "RSET", "NOOP", "QUIT")
_EXTENSIONS = (b"250-PIPELINING", b"250-ENHANCEDSTATUSCODES", b"250-8BITMIME", b"250-SMTPUTF8")
_STOPPING = "421 4.3.2 The service stops, come again"
# RFC 2034 wants a code in every answer; these are for what aiosmtpd says by itself.
_CODES = {"221": "2.0.0", "250": "2.0.0", "500": "5.5.2", "501": "5.5.4", "502": "5.5.1", "503": "5.5.1",
          "552": "5.3.4", "553": "5.1.3", "555": "5.5.4"}  # fmt: skip
_UNCODED = re.compile(r"([25]\d\d) (?![25]\.\d{1,3}\.\d{1,3} )")
# A path and what follows it (RFC 5321 section 4.1.2). Servers write senders that no standard knows, so all else goes.
_PATH = re.compile(r'<((?:"(?:[^"\\]|\\.)*"|[^"<>\s])*)>(?:\s+(.*))?')
_NULL_PATH = "<>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """What happens to mail at the door."""

    accepts: Callable[[str], bool]  # whether mail to this address is for us
    # Mail, recipient, sender ("": the null sender). Returns when the mail is safe, and raises when it is not; it is
    # called in a thread, one mail at a time.
    hear: Callable[[bytes, str, str], None]
    trouble: Callable[[BaseException], None]  # is told what went wrong


def serve(listener: socket.socket, door: Door, *, stopping: threading.Event) -> None:
    """Take mail until `stopping` is set; then finish what is in hand. The listener stays open."""
    _silence_aiosmtpd()
    asyncio.run(_serve(listener, door, stopping))


async def _serve(listener: socket.socket, door: Door, stopping: threading.Event) -> None:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: _tell_of_loop(door, context))
    with ThreadPoolExecutor(1, "lmtp-store") as hearing:
        house = _House(door, loop, hearing)
        server = await loop.create_server(house.answer, sock=listener.dup(), backlog=MOST_CONNECTIONS)
        while not stopping.is_set():
            await asyncio.sleep(0.1)
        await house.close()
        server.close()


def _tell_of_loop(door: Door, context: dict[str, Any]) -> None:
    error = context.get("exception")
    if not isinstance(error, ConnectionError):  # a client that went away
        door.trouble(error if error is not None else RuntimeError(context["message"]))


def _silence_aiosmtpd() -> None:
    """It writes addresses into its log."""
    logger = logging.getLogger("mail.log")
    logger.handlers = [logging.NullHandler()]
    logger.propagate = False
    logger.setLevel(logging.CRITICAL)


class _House:
    """All sessions, and what aiosmtpd asks at some commands (`handle_...`)."""

    def __init__(self, door: Door, loop: asyncio.AbstractEventLoop, hearing: Executor) -> None:
        self.door = door
        self.loop = loop
        self.hearing = hearing
        self.sessions: set[_Session] = set()
        self.is_closing = False

    def answer(self) -> asyncio.BaseProtocol:
        """A client is there."""
        if self.is_closing:
            return _Refusal(_STOPPING)
        if len(self.sessions) >= MOST_CONNECTIONS:
            return _Refusal("421 4.3.2 Too many connections, come again")
        return _Session(self)

    async def close(self) -> None:
        """Say goodbye to those who wait, and to the others when they have their answers."""
        self.is_closing = True
        for session in tuple(self.sessions):
            if not session.has_mail:
                session.say_goodbye(_STOPPING)
        until = self.loop.time() + LAST_SECONDS
        while self.sessions and self.loop.time() < until:
            await asyncio.sleep(0.05)

    async def handle_EHLO(  # noqa: N802 - aiosmtpd finds it by this name
        self, server: LMTP, session: Session, _: Envelope, hostname: str, __: list[str]
    ) -> list[bytes]:
        """What we can do, as bytes: these lines get no enhanced code."""
        session.host_name = hostname
        return [f"250-{NAME}".encode(), *_EXTENSIONS, f"250 SIZE {LARGEST}".encode()]

    async def handle_RCPT(  # noqa: N802
        self, _: LMTP, __: Session, envelope: Envelope, address: str, ___: list[str]
    ) -> str:
        """Whether a recipient is taken."""
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return "452 4.5.3 Too many recipients of one mail"
        if not self.door.accepts(address):
            return "550 5.1.1 No such mailbox here"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"


class _Session(LMTP):
    """One client."""

    line_length_limit = PIECE  # of the stream's buffer
    command_size_limit = LONGEST_COMMAND

    def __init__(self, house: _House) -> None:
        super().__init__(
            house,
            data_size_limit=LARGEST,
            enable_SMTPUTF8=True,
            hostname=NAME,
            ident="LMTP",
            timeout=COMMAND_SECONDS,
            loop=house.loop,
        )
        self.command_size_limits = defaultdict(lambda: LONGEST_COMMAND)
        self.has_mail = False  # one is on its way, or waits for its answers
        self._house = house
        self._smtp_methods = {name: self._smtp_methods[name] for name in _COMMANDS}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client is there."""
        self._house.sessions.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """The client is gone. A mail without its answer comes again."""
        self._house.sessions.discard(self)
        super().connection_lost(error)

    async def push(self, status: str | bytes) -> None:
        """Answer. What lacks an enhanced code gets one, unless it is given as bytes."""
        if self._writer.is_closing():
            await asyncio.sleep(0)  # here the session ends
            return
        await super().push(_with_code(status).encode() if isinstance(status, str) else status)

    async def handle_exception(self, error: Exception) -> str:
        """A defect. Nobody knows where in the conversation we are, so it ends: a mail's text is no command."""
        self._house.door.trouble(error)
        self.say_goodbye("421 4.3.0 Something is wrong here, come again")
        return ""

    def say_goodbye(self, words: str) -> None:
        """End the session with these words."""
        assert self._handler_coroutine is not None
        self._writer.write(f"{words}\r\n".encode())
        self._writer.close()
        self._handler_coroutine.cancel()
        self.loop.call_later(FAREWELL_SECONDS, self._writer.transport.abort)  # it may read nothing

    def _timeout_cb(self) -> None:
        self.say_goodbye("421 4.4.2 You were silent for too long")

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """The address of a path and the parameters after it; None for what is no path."""
        found = _PATH.fullmatch(arg)
        if found is None:
            return None, None
        address = found[1].encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        return address or _NULL_PATH, found[2] or ""

    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802
        """Take a mail, and answer for each recipient (RFC 2033 section 4.2)."""
        assert self.envelope is not None
        if arg:
            await self.push("501 5.5.4 DATA stands alone")
        elif not self.envelope.rcpt_tos:
            await self.push("503 5.5.1 No recipient was taken")
        else:
            self.has_mail = True
            try:
                await self._take_mail(self.envelope)
            finally:
                self.has_mail = False
            self._set_post_data_state()  # type: ignore[no-untyped-call]
            if self._house.is_closing:
                self.say_goodbye(_STOPPING)

    async def _take_mail(self, envelope: Envelope) -> None:
        self._reset_timeout(MAIL_SECONDS)
        await self.push("354 End with a dot on a line of its own")
        mail = await self._read_mail()
        sender = "" if envelope.mail_from == _NULL_PATH else envelope.mail_from or ""
        for recipient in envelope.rcpt_tos:
            await self.push(await self._hear(mail, recipient, sender))

    async def _hear(self, mail: bytes | None, recipient: str, sender: str) -> str:
        """The answer for one recipient."""
        if mail is None:
            return f"552 5.3.4 A mail has at most {LARGEST} bytes here"
        if self._timeout_handle is not None:
            self._timeout_handle.cancel()  # now the client waits for us
        answer = "250 2.0.0 Heard"
        try:
            await self.loop.run_in_executor(self._house.hearing, self._house.door.hear, mail, recipient, sender)
        except Exception as error:  # the store is busy or away, or a defect: the mail server keeps the mail
            self._house.door.trouble(error)
            answer = "451 4.3.0 The mail could not be kept now, come again"
        self._reset_timeout()
        return answer

    async def _read_mail(self) -> bytes | None:
        """The beginning of a mail without its dots (RFC 5321 section 4.5.2); None for one that is too large."""
        # The end begins with the end of a line. An empty mail has none, so each gets one, in front of what is there.
        self._reader._buffer[:0] = b"\r\n"  # type: ignore[attr-defined]
        kept, length, piece = bytearray(), 0, b""
        while not piece.endswith(_END):
            piece = await self._read_piece()
            length += len(piece)
            kept += piece[: _MOST_SENT - len(kept)]
        if length - len(_END) > LARGEST:
            return None
        whole = kept[: length - len(b".\r\n")]
        return bytes(whole.replace(b"\r\n.", b"\r\n")[2 : 2 + LONGEST])

    async def _read_piece(self) -> bytes:
        """Up to the end of the mail, or some of a long one: never a part of the end."""
        try:
            return await self._reader.readuntil(_END)
        except asyncio.LimitOverrunError as overrun:
            return await self._reader.read(overrun.consumed)


class _Refusal(asyncio.Protocol):
    """A client that is sent away."""

    def __init__(self, words: str) -> None:
        self._words = words

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        transport.write(f"{self._words}\r\n".encode())
        transport.close()


def _with_code(answer: str) -> str:
    """`250 OK` -> `250 2.0.0 OK`."""
    found = _UNCODED.match(answer)
    return f"{found[1]} {_CODES[found[1]]} {answer[4:]}" if found is not None and found[1] in _CODES else answer
