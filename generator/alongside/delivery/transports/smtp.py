"""SMTP as a way out: lanes that keep their connection, each mail one transaction (RFC 5321 section 3.3).

`aiosmtplib` opens the session: greeting, EHLO, TLS with the certificate looked at, AUTH. Then `dialogue.Dialogue` hands
mail over. A connection that breaks before the message was on its way costs nothing: the mail is tried again on a new
one. One that breaks after it, before the server answered, leaves the mail uncertain, and only there.

Where the server announced PIPELINING, MAIL, RCPT and DATA go out at once, and behind the message before, which spares
all round trips but one a mail (RFC 2920 section 3.1). The order that a crash is judged by stays: all that can be
refused was asked before the first byte of a message, and no message begins before the one before it was answered.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Callable
from dataclasses import replace
from typing import cast

import aiosmtplib

from alongside.delivery.transports.dialogue import ConversationError, Dialogue
from alongside.delivery.transports.envelopes import DeliveryError, Envelope, OutOfReachError, Verdict
from alongside.delivery.transports.replies import Reply, judge
from alongside.delivery.transports.smtp_url import SmtpServer

TRIES = 3  # connections for one mail, before it is put off
CONNECT_TRIES = 4  # before the server counts as out of reach
LAST_ANSWER = 5  # times as long as for others: the server may be writing to a slow disk (RFC 5321 section 4.5.3.2.6)
PARTING_SECONDS = 2.0  # for a QUIT to go out
PAUSE_SECONDS = 0.5  # before the second connection; twice as long before each next one

_LEADING_DOT = re.compile(rb"(?m)^\.")
_SERVICE_CLOSING = 421  # RFC 5321 section 3.8: it closes the connection


class Smtp:
    """One server; `open_lane` gives as many connections as it takes."""

    name = "smtp"
    keeps_once = False

    def __init__(self, server: SmtpServer, *, hostname: str) -> None:
        """`hostname`: what we call ourselves in EHLO; the domain our mail comes from."""
        self.server = server
        self.hostname = hostname
        self.lanes = server.connections
        self.introduces_ahead = True  # until a server turns out not to bear it
        self._context = _tls_context(server) if server.tls != "none" else None

    def share(self, of: int) -> Smtp:
        """The same server with one of `of` equal parts of its connections, at least one."""
        server = replace(self.server, connections=max(1, self.server.connections // of))
        return Smtp(server, hostname=self.hostname)

    def open_lane(self) -> SmtpLane:
        """A lane with a connection of its own, which it opens for its first mail."""
        return SmtpLane(self)

    def flush(self) -> None:
        """What the server took is its own to keep."""

    async def connect(self) -> tuple[aiosmtplib.SMTP, Dialogue]:
        """A session ready for mail. Raises `ConversationError`, and `DeliveryError` where trying again is no use."""
        server = self.server
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            local_hostname=self.hostname,
            use_tls=server.tls == "implicit",
            start_tls=server.tls == "starttls",
            tls_context=self._context,
            username=server.username or None,
            password=server.password or None,
            timeout=server.timeout_seconds,
        )
        try:
            await client.connect()
            if not server.username:
                await _greet(client)
        except aiosmtplib.SMTPAuthenticationError as error:
            client.close()
            raise self._login_error(error) from error
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            client.close()
            if isinstance(_root(error), ssl.SSLCertVerificationError):
                raise self._certificate_error(error) from error
            raise ConversationError(_said(error)) from error
        return client, Dialogue(cast(asyncio.Transport, client.transport))

    def _login_error(self, error: aiosmtplib.SMTPAuthenticationError) -> Exception:
        if 400 <= error.code < 500:
            return ConversationError(str(Reply(error.code, error.message)))
        return DeliveryError(
            f"{self.server.host} refused the login: {Reply(error.code, error.message)}.",
            hint="Look at the name and the password in ALONGSIDE_SMTP_URL; nothing was sent that way.",
        )

    def _certificate_error(self, error: Exception) -> DeliveryError:
        why = getattr(_root(error), "verify_message", "") or "it cannot be trusted"
        return DeliveryError(
            f"The certificate of {self.server.host} does not fit: {why}.",
            hint="Name the server as its certificate does; for one of your own, add ?ca=/path/to/ca.pem to "
            "ALONGSIDE_SMTP_URL.",
        )


class SmtpLane:
    """One connection after the other, for one mail at a time."""

    def __init__(self, smtp: Smtp) -> None:
        self._smtp = smtp
        self._client: aiosmtplib.SMTP | None = None  # kept: it owns the socket
        self._dialogue: Dialogue | None = None
        self._sent = 0  # over this connection
        self._reset = False  # the server has a transaction open
        self._introduced: Envelope | None = None  # behind the message before; its replies are to be read

    async def prepare(self) -> None:
        """Connect, where there is no connection. Raises `OutOfReachError` and `DeliveryError`."""
        await self._ready()

    async def deliver(
        self, envelope: Envelope, *, starting: Callable[[], None], following: Envelope | None = None
    ) -> Verdict:
        """One transaction, on a new connection where the old one is of no more use.

        Raises `OutOfReachError`, and `DeliveryError` when the server takes no mail of ours.
        """
        why = ""
        for _ in range(TRIES):
            dialogue = await self._ready()
            if self._introduced is not None and self._introduced is not envelope:
                self._drop()  # it waits for another message, and no word but that one may be said
                dialogue = await self._ready()
            started = False

            def start() -> None:
                nonlocal started
                started = True
                starting()

            try:
                verdict = await self._hand_over(dialogue, envelope, start, following)
            except ConversationError as error:
                self._drop()
                if started:
                    return Verdict(fate="uncertain", reason=str(error))
                why = str(error)
                continue
            if verdict is not None:
                return verdict
            why = "the server closed the service"
        return Verdict(fate="later", reason=why)

    async def close(self) -> None:
        """Say QUIT, unless the server waits for a message."""
        dialogue = self._dialogue
        self._drop(politely=self._introduced is None)
        if dialogue is not None:
            await dialogue.wait_closed(timeout=PARTING_SECONDS)

    async def _ready(self) -> Dialogue:
        """A usable session: the one there is, or a new one. Raises `OutOfReachError` and `DeliveryError`."""
        if self._dialogue is not None and self._sent >= self._smtp.server.messages:
            self._drop(politely=True)
        if self._dialogue is not None and self._dialogue.is_usable:
            return self._dialogue
        self._drop()
        pause = PAUSE_SECONDS
        for attempt in range(CONNECT_TRIES):
            try:
                self._client, self._dialogue = await self._smtp.connect()
            except ConversationError as error:
                if attempt == CONNECT_TRIES - 1:
                    raise OutOfReachError(
                        f"{self._smtp.server.host} takes no mail: {error}.",
                        hint="What was not sent stays due and goes out by a later pass. See: alongside doctor",
                    ) from error
                await asyncio.sleep(pause)
                pause *= 2
            else:
                self._sent, self._reset, self._introduced = 0, False, None
                return self._dialogue
        raise AssertionError("the loop returns or raises")

    def _drop(self, *, politely: bool = False) -> None:
        if self._dialogue is not None:
            self._dialogue.close(politely=politely)
        self._dialogue = self._client = self._introduced = None

    async def _hand_over(
        self, dialogue: Dialogue, envelope: Envelope, starting: Callable[[], None], following: Envelope | None
    ) -> Verdict | None:
        """The transaction; None when the server said 421 before the message went, so another connection may do."""
        unfit = self._unfit(envelope)
        if unfit is not None:
            return unfit
        replies = await self._introduce(dialogue, envelope)
        for reply, stage in zip(replies, ("sender", "recipient", "data"), strict=False):
            if reply.code == _SERVICE_CLOSING:
                self._drop()
                return None
            if stage == "data" and reply.is_good:
                # Only 354 asks for a message; this one answers something else, and the next would count as the end's.
                raise ConversationError("an answer out of turn")
            if not (reply.is_good or (stage == "data" and reply.code == 354)):
                self._reset = True
                if replies[-1].code == 354:  # the server waits for a message we have not got
                    self._drop()
                return judge(reply, stage)  # type: ignore[arg-type]  # zip loses the literals
        content = envelope.content
        if not envelope.is_dotless and (content.startswith(b".") or b"\n." in content):
            content = _LEADING_DOT.sub(b"..", content)  # RFC 5321 section 4.5.2
        if not dialogue.is_usable:  # it hung up meanwhile: then nothing has to be uncertain
            raise ConversationError("the server hung up")
        try:
            starting()
        except Exception:
            self._drop()  # the server waits for the message; nothing else may be said
            raise
        ahead = self._commands(following) if following is not None and self._may_introduce(following) else ()
        dialogue.write(content + b".\r\n", *ahead)
        self._introduced = following if ahead else None
        (last,) = await dialogue.read(1, timeout=self._timeout * LAST_ANSWER)
        self._sent += 1
        if last.code == _SERVICE_CLOSING:
            self._drop()
        return judge(last, "end")

    async def _introduce(self, dialogue: Dialogue, envelope: Envelope) -> list[Reply]:
        """MAIL, RCPT, DATA: all at once, or one after the other until one is refused."""
        commands = self._commands(envelope)
        if self._introduced is not None:
            try:
                replies = await dialogue.read(len(commands), timeout=self._timeout)
            except ConversationError:
                self._smtp.introduces_ahead = False
                raise
            self._introduced = None
            return replies
        if self._reset:
            (reply,) = await dialogue.ask(b"RSET\r\n", timeout=self._timeout)
            if not reply.is_good:
                raise ConversationError(str(reply))
            self._reset = False
        if self._has("pipelining"):
            return await dialogue.ask(*commands, timeout=self._timeout)
        answers: list[Reply] = []
        for command in commands:
            answers += await dialogue.ask(command, timeout=self._timeout)
            if not answers[-1].is_good:
                break
        return answers

    def _commands(self, envelope: Envelope) -> tuple[bytes, ...]:
        sender, recipient = envelope.sender, envelope.recipient
        return (
            f"MAIL FROM:<{sender}>{self._options(envelope)}\r\n".encode(),
            f"RCPT TO:<{recipient}>\r\n".encode(),
            b"DATA\r\n",
        )

    def _may_introduce(self, following: Envelope) -> bool:
        """Whether that one can be introduced behind a message, over this connection."""
        return (
            self._smtp.introduces_ahead
            and self._has("pipelining")
            and self._sent + 1 < self._smtp.server.messages
            and self._unfit(following) is None
        )

    def _options(self, envelope: Envelope) -> str:
        size = f" SIZE={len(envelope.content)}" if self._has("size") else ""  # RFC 1870
        return f"{size} BODY=8BITMIME SMTPUTF8" if envelope.needs_smtputf8 else size  # RFC 6531 section 3.4

    def _unfit(self, envelope: Envelope) -> Verdict | None:
        """Why this server cannot take this mail at all."""
        if envelope.needs_smtputf8 and not self._has("smtputf8"):
            return Verdict(fate="refused", reason="the mail server takes no addresses beyond ASCII (SMTPUTF8)")
        limit = self._client.esmtp_extensions.get("size", "") if self._client is not None else ""
        if limit.isdecimal() and 0 < int(limit) < len(envelope.content):
            return Verdict(fate="refused", reason=f"the mail is larger than the server takes ({int(limit):,} octets)")
        return None

    def _has(self, extension: str) -> bool:
        return self._client is not None and extension in self._client.esmtp_extensions

    @property
    def _timeout(self) -> float:
        return self._smtp.server.timeout_seconds


async def _greet(client: aiosmtplib.SMTP) -> None:
    """EHLO; HELO where a server of old does not know it (RFC 5321 section 3.2)."""
    try:
        await client.ehlo()
    except aiosmtplib.SMTPHeloError as error:
        if error.code not in (500, 502, 504):
            raise
        await client.helo()


def _tls_context(server: SmtpServer) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(server.ca_file) if server.ca_file is not None else None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2  # RFC 8996
    return context


def _root(error: BaseException) -> BaseException:
    """The first of a chain of causes."""
    while error.__cause__ is not None or error.__context__ is not None:
        error = error.__cause__ or error.__context__  # type: ignore[assignment]  # one of them is there
    return error


def _said(error: Exception) -> str:
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return str(Reply(error.code, error.message))
    text = getattr(error, "message", "") or str(error) or type(error).__name__
    return str(Reply(0, text))[2:]
