"""An SMTP server of our own that plays scripts of faults, and keeps a record of what it accepted.

    with running_hostile_server(Script(rules=(FAULTS["drop at accepted"],))) as server:
        ... send through server.smtp_url ...
        assert server.counts["<1@community.example.org>"] == 1

What it accepts it records before it replies, even where it then drops the connection: so a test can tell a mail that
was lost from one that was accepted unheard, and count duplicates. It has a thread for each connection.
"""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from base64 import b64decode
from binascii import Error as NotBase64
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from email import message_from_bytes
from pathlib import Path

from mail_servers.faults import Action, Director, Phase, Script, is_yes
from mail_servers.servers import LOOPBACK
from mail_servers.wire import Gone, Wire

_REPLIES = {
    Phase.CONNECT: "220 mx.hostile.example ESMTP",
    Phase.STARTTLS: "220 2.0.0 Ready to start TLS",
    Phase.AUTH: "235 2.7.0 Authentication successful",
    Phase.MAIL: "250 2.1.0 Ok",
    Phase.RCPT: "250 2.1.5 Ok",
    Phase.DATA: "354 End data with <CR><LF>.<CR><LF>",
    Phase.BODY: "451 4.3.0 Interrupted",
    Phase.DOT: "250 2.0.0 Ok: queued",
    Phase.ACCEPTED: "250 2.0.0 Ok: queued",
    Phase.RSET: "250 2.0.0 Ok",
    Phase.QUIT: "221 2.0.0 Bye",
}


@dataclass(slots=True, kw_only=True)
class Accepted:
    """One mail that the server took responsibility for."""

    message_id: str
    sender: str
    recipients: tuple[str, ...]
    content: bytes  # with CRLF, unstuffed
    connection: int  # of those of the server, from 0
    after_seconds: float  # since the server started, when it decided
    was_told: bool = False  # a whole reply went out; with the right code unless the script said otherwise


@dataclass(slots=True)
class Record:
    """What happened, in order."""

    accepted: list[Accepted] = field(default_factory=list)
    commands: list[tuple[int, str]] = field(default_factory=list)  # (connection, line); passwords are left out
    hurries: list[tuple[int, str]] = field(default_factory=list)  # commands that did not wait for a reply but had to
    connections: int = 0


class HostileServer:
    """A server that runs since it was made, until `stop()`."""

    def __init__(self, script: Script, journal: Path | None = None, port: int = 0) -> None:
        self.script = script
        self.record = Record()
        self._journal = journal
        self._director = Director(script)
        self._started = time.monotonic()
        self._lock = threading.Lock()
        self._wires: set[Wire] = set()
        self._threads: list[threading.Thread] = []
        self._context = _make_context(script)
        self._listener = socket.create_server((LOOPBACK, port), backlog=1024)
        self.host: str = LOOPBACK
        self.port: int = self._listener.getsockname()[1]
        self._is_stopping = False
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    @property
    def smtp_url(self) -> str:
        """Without a password; by name, as certificates are for `localhost`."""
        return f"{'smtps' if self.script.implicit_tls else 'smtp'}://localhost:{self.port}"

    @property
    def accepted(self) -> list[Accepted]:
        return self.record.accepted

    @property
    def counts(self) -> Counter[str]:
        """How often each Message-ID was accepted."""
        return Counter(mail.message_id for mail in self.record.accepted)

    @property
    def duplicates(self) -> dict[str, int]:
        """Message-IDs that were accepted more than once."""
        return {message_id: count for message_id, count in self.counts.items() if count > 1}

    def lost(self, message_ids: Iterable[str]) -> set[str]:
        """Those that were never accepted."""
        return set(message_ids) - set(self.counts)

    def stop(self) -> None:
        """End every connection."""
        self._is_stopping = True
        self._listener.shutdown(socket.SHUT_RDWR)
        self._acceptor.join()
        self._listener.close()
        with self._lock:
            for wire in self._wires:
                wire.interrupt()
        for thread in self._threads:
            thread.join()

    def choose(self, phase: Phase, connection: int, recipients: tuple[str, ...]) -> Action | None:
        return self._director.choose(phase, connection, recipients)

    def take(self, connection: int, sender: str, recipients: tuple[str, ...], content: bytes) -> Accepted:
        """Record a mail as accepted, in the journal as well, before anybody is told."""
        message_id = str(
            message_from_bytes(content.partition(b"\r\n\r\n")[0] + b"\r\n\r\n")["Message-ID"] or ""
        ).strip()
        with self._lock:
            mail = Accepted(
                message_id=message_id,
                sender=sender,
                recipients=recipients,
                content=content,
                connection=connection,
                after_seconds=time.monotonic() - self._started,
            )
            self.record.accepted.append(mail)
            if self._journal is not None:
                with self._journal.open("a", encoding="utf-8") as file:
                    file.write(json.dumps({**asdict(mail), "content": content.decode("latin-1")}) + "\n")
        return mail

    def _accept(self) -> None:
        while not self._is_stopping:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                number, self.record.connections = self.record.connections, self.record.connections + 1
                wire = Wire(connection)
                self._wires.add(wire)
            thread = threading.Thread(target=self._serve, args=(wire, number), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, wire: Wire, number: int) -> None:
        try:
            _Session(self, wire, number, self._context).run()
        except Gone:
            pass  # as the script, or the client, has it
        finally:
            with self._lock:
                self._wires.discard(wire)
                wire.close()


class _Session:
    """One connection from greeting to end."""

    def __init__(self, server: HostileServer, wire: Wire, number: int, context: ssl.SSLContext | None) -> None:
        self.server, self.wire, self.number, self.context = server, wire, number, context
        self.script = server.script
        self.sender: str | None = None
        self.recipients: tuple[str, ...] = ()
        self.is_secure = False
        self.commands: dict[str, Callable[[str], None]] = {
            "EHLO": self.ehlo,
            "HELO": self.helo,
            "STARTTLS": self.starttls,
            "AUTH": self.auth,
            "MAIL": self.mail,
            "RCPT": self.rcpt,
            "DATA": self.data,
            "RSET": self.rset,
            "NOOP": lambda _: self.say("250 2.0.0 Ok"),
            "QUIT": self.quit,
        }

    def run(self) -> None:
        if self.script.implicit_tls:
            self.secure()
        is_welcome = self.reply(Phase.CONNECT)
        while True:
            line = self.wire.read_line().decode(errors="replace")
            verb, _, rest = line.partition(" ")
            verb = verb.upper()
            self.server.record.commands.append((self.number, "AUTH ..." if verb == "AUTH" else line))
            self.note_hurry(verb)
            if verb not in self.commands:
                self.say("500 5.5.2 Command unknown")
            elif not is_welcome and verb != "QUIT":
                self.say("503 5.5.1 Only QUIT now")
            else:
                self.commands[verb](rest)

    def note_hurry(self, verb: str) -> None:
        """RFC 2920: nothing may follow these before their reply; without PIPELINING, nothing may follow anything."""
        last_in_a_group = {"EHLO", "HELO", "STARTTLS", "AUTH", "DATA", "QUIT", "NOOP"}
        if (verb in last_in_a_group or not self.script.pipelining) and self.wire.has_more() and verb != "QUIT":
            self.server.record.hurries.append((self.number, verb))

    def say(self, text: str) -> None:
        self.wire.send(text.encode() + b"\r\n")

    def reply(self, phase: Phase, text: str = "", recipients: tuple[str, ...] | None = None) -> bool:
        """Reply as the script wants; True when that was a yes (2xx or 3xx)."""
        right = (text or _REPLIES[phase]).encode() + b"\r\n"
        action = self.server.choose(phase, self.number, self.recipients if recipients is None else recipients)
        if action is None:
            self.wire.send(right)
            return is_yes(right)
        action.play(self.wire, right)
        return is_yes(action.verdict(right))

    def ehlo(self, _: str) -> None:
        self.forget()
        if not self.script.knows_ehlo:
            return self.say("502 5.5.1 Command not implemented")
        words = ["mx.hostile.example", "8BITMIME", "ENHANCEDSTATUSCODES", "DSN"]
        words += ["PIPELINING"] * self.script.pipelining + ["SMTPUTF8"] * self.script.smtputf8
        words += [f"SIZE {self.script.size}"] if self.script.size is not None else []
        words += ["STARTTLS"] if self.script.tls and not self.is_secure else []
        words += ["AUTH PLAIN LOGIN"] if self.script.passwords else []
        lines = [f"250-{word}" for word in words[:-1]] + [f"250 {words[-1]}"]
        self.reply(Phase.EHLO, "\r\n".join(lines))
        return None

    def helo(self, _: str) -> None:
        self.forget()
        self.reply(Phase.EHLO, "250 mx.hostile.example")

    def starttls(self, _: str) -> None:
        if self.context is None or self.is_secure:
            self.say("503 5.5.1 Not now")
        elif self.reply(Phase.STARTTLS):
            self.secure()
            self.forget()

    def secure(self) -> None:
        assert self.context is not None, "a script with TLS needs a certificate"
        self.wire.start_tls(self.context)
        self.is_secure = True

    def auth(self, rest: str) -> None:
        mechanism, _, initial = rest.partition(" ")
        if not self.script.passwords or mechanism.upper() not in {"PLAIN", "LOGIN"}:
            return self.say("504 5.5.4 Mechanism unknown")
        if mechanism.upper() == "PLAIN":
            user, _, password = self.ask("", initial).strip("\0").rpartition("\0")
            user = user.rpartition("\0")[2]
        else:
            user, password = self.ask("VXNlcm5hbWU6", initial), self.ask("UGFzc3dvcmQ6")
        is_right = bool(user) and self.script.passwords.get(user) == password
        if is_right:
            self.reply(Phase.AUTH)
        else:
            self.say("535 5.7.8 Authentication failed")
        return None

    def ask(self, question: str, initial: str = "") -> str:
        if not initial:
            self.say(f"334 {question}")
            initial = self.wire.read_line().decode(errors="replace")
        try:
            return b64decode(initial, validate=True).decode(errors="replace")
        except NotBase64:
            return ""

    def mail(self, rest: str) -> None:
        self.forget()
        if _parameter(rest, "SIZE") > (self.script.size or 2**60):
            self.say("552 5.3.4 Message too big")
        elif self.reply(Phase.MAIL):
            self.sender = _address(rest)

    def rcpt(self, rest: str) -> None:
        if self.sender is None:
            self.say("503 5.5.1 MAIL first")
        elif self.reply(Phase.RCPT, recipients=(_address(rest),)):
            self.recipients += (_address(rest),)

    def data(self, _: str) -> None:
        if self.sender is None or not self.recipients:
            self.say("503 5.5.1 RCPT first")
        elif self.reply(Phase.DATA):
            self.receive(self.sender)
            self.forget()

    def receive(self, sender: str) -> None:
        """The mail itself. What is accepted is recorded before the reply."""
        self.wire.read_some()
        interruption = self.server.choose(Phase.BODY, self.number, self.recipients)
        if interruption is not None:
            interruption.play(self.wire, _REPLIES[Phase.BODY].encode() + b"\r\n")
            raise Gone
        content = self.wire.read_mail()
        if len(content) > (self.script.size or 2**60):
            return self.say("552 5.3.4 Message too big")
        right = _REPLIES[Phase.DOT].encode() + b"\r\n"
        action = self.server.choose(Phase.DOT, self.number, self.recipients)
        if action is not None and not (is_yes(action.verdict(right)) and action.verdict(right).startswith(b"2")):
            action.play(self.wire, right)
            return None
        mail = self.server.take(self.number, sender, self.recipients, content)
        if action is None:
            self.reply(Phase.ACCEPTED)
        else:
            action.play(self.wire, right)
        mail.was_told = True
        return None

    def rset(self, _: str) -> None:
        self.forget()
        self.reply(Phase.RSET)

    def quit(self, _: str) -> None:
        self.reply(Phase.QUIT)
        raise Gone

    def forget(self) -> None:
        """No transaction is open."""
        self.sender, self.recipients = None, ()


@contextmanager
def running_hostile_server(
    script: Script | None = None, journal: Path | None = None, port: int = 0
) -> Iterator[HostileServer]:
    """A server until the block ends, on any free port or on one of `free_ports`.

    With `journal`, each accepted mail is a line of JSON in that file, too.
    """
    server = HostileServer(script or Script(), journal, port)
    try:
        yield server
    finally:
        server.stop()


def _make_context(script: Script) -> ssl.SSLContext | None:
    if script.tls is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(script.tls.certificate, script.tls.key)
    return context


def _address(rest: str) -> str:
    """`FROM:<ana@example.net> SIZE=1` is `ana@example.net`."""
    return rest.partition("<")[2].partition(">")[0]


def _parameter(rest: str, name: str) -> int:
    words = rest.rpartition(">")[2].upper().split()
    return next((int(word.partition("=")[2]) for word in words if word.startswith(f"{name}=")), 0)
