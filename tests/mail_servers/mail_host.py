"""Postfix and Dovecot as one mail host: what a small organisation runs, on loopback.

with running_mail_host() as host:
    host.add_user("newcomer@example.net")
    ... send through host.smtp_url ...
    [mail] = host.wait_for("newcomer@example.net")
"""

from __future__ import annotations

import imaplib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from mail_servers.certificates import make_authority
from mail_servers.dovecot import ACCOUNT, Dovecot
from mail_servers.pipes import PipeRun, Pipes
from mail_servers.postfix import Delivery, Postfix
from mail_servers.servers import LOOPBACK, free_ports, own_folder, read_log, wait_until

DOMAINS = ("community.example.org", "example.net")
USER = f"alongside@{DOMAINS[0]}"
PASSWORD = "a-password-of-tests"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailHost:
    """A running host. Every mailbox has the same password."""

    postfix: Postfix
    dovecot: Dovecot
    pipes: Pipes
    ca_file: Path
    host: str = LOOPBACK
    domains: tuple[str, ...]
    user: str  # may relay
    password: str = PASSWORD
    full: str  # over quota
    refusing: str  # accepted by SMTP, refused by LMTP: a bounce follows
    _users: list[str] = field(default_factory=list)

    @property
    def smtp_port(self) -> int:
        """SMTP with STARTTLS."""
        return self.postfix.smtp_port

    @property
    def smtps_port(self) -> int:
        """SMTP in TLS from the first byte."""
        return self.postfix.smtps_port

    @property
    def imap_port(self) -> int:
        """IMAP with STARTTLS; passwords in clear are taken, too."""
        return self.dovecot.imap_port

    @property
    def imaps_port(self) -> int:
        """IMAP in TLS from the first byte."""
        return self.dovecot.imaps_port

    @property
    def smtp_url(self) -> str:
        return f"smtp://{self._login}@{self.host}:{self.smtp_port}"

    @property
    def smtps_url(self) -> str:
        return f"smtps://{self._login}@{self.host}:{self.smtps_port}"

    @property
    def imap_url(self) -> str:
        return f"imap://{self._login}@{self.host}:{self.imap_port}"

    @property
    def imaps_url(self) -> str:
        return f"imaps://{self._login}@{self.host}:{self.imaps_port}"

    @property
    def pipe_runs(self) -> Sequence[PipeRun]:
        """Every call of a command in `pipe_to`, in order."""
        return self.pipes.runs

    @property
    def _login(self) -> str:
        return f"{self.user.replace('@', '%40')}:{self.password}"

    def add_user(self, address: str) -> None:
        """A mailbox for an address of `domains`; mail to `name+anything@` gets there too. Known ones stay."""
        if address not in self._users:
            self._users.append(address)
            self.dovecot.add_user(address, self.password)
            self.postfix.add_recipient(address)

    def connect(self, address: str) -> imaplib.IMAP4:
        """An IMAP session of a mailbox, logged in."""
        session = imaplib.IMAP4(self.host, self.imap_port, timeout=20)
        session.authenticate("PLAIN", lambda _: f"\0{address}\0{self.password}".encode())
        return session

    def fetch(self, address: str, folder: str = "INBOX") -> list[bytes]:
        """Every mail of a mailbox as it is stored, oldest first."""
        with self.connect(address) as session:
            session.select(folder, readonly=True)
            numbers = session.search(None, "ALL")[1][0].split()
            return [_body(session.fetch(number.decode(), "(BODY.PEEK[])")[1]) for number in numbers]

    def append(self, address: str, mail: bytes, folder: str = "INBOX") -> None:
        """Put a mail into a mailbox by IMAP, past SMTP."""
        with self.connect(address) as session:
            answer, [text] = session.append(folder, "", "", mail)
            assert answer == "OK", text

    def wait_for(self, address: str, count: int = 1, *, patience: float = 20) -> list[bytes]:
        """As `fetch`, as soon as there are `count` mails. Raises `ServerError` with Postfix's log."""
        found: list[bytes] = []

        def has_come() -> bool:
            found[:] = self.fetch(address)
            return len(found) >= count

        wait_until(has_come, patience, f"{count} mails to {address}", self.postfix.folder / "log")
        return found

    def wait_until_quiet(self, patience: float = 20) -> None:
        """Until Postfix has delivered or bounced all that it accepted."""
        wait_until(lambda: not self.postfix.queue(), patience, "an empty queue", self.postfix.folder / "log")

    def log(self) -> str:
        """The last lines that Postfix wrote."""
        return read_log(self.postfix.folder / "log")

    def empty(self) -> None:
        """Remove every mail, for the next test."""
        self.wait_until_quiet()
        self.dovecot.empty()
        self.pipes.runs.clear()


@contextmanager
def running_mail_host(
    *,
    pipe_to: Mapping[str, Sequence[str]] | None = None,
    pipe_environment: Mapping[str, str] | None = None,
    lmtp_to: Mapping[str, str] | None = None,
    domains: tuple[str, ...] = DOMAINS,
    hidden_keywords: Sequence[str] = (),
    timeout_seconds: int = 300,
) -> Iterator[MailHost]:
    """A host of its own until the block ends.

    `pipe_to`: address to the command that gets its mail on stdin; `${sender}` and `${recipient}` in it are the
    envelope's. `lmtp_to`: address to the LMTP server that gets its mail, as Postfix names it ("unix:/path"), plus
    addresses too. `domains`: its own; of the accounts that each host has, `user` is of the first, the others of the
    last. `hidden_keywords`: what EHLO shall not announce ("pipelining", "chunking", "starttls").
    `timeout_seconds`: how long Postfix waits for a silent client.
    """
    with own_folder("mail") as folder, ExitStack() as stack:
        authority = make_authority(folder / "tls")
        certificate = authority.issue("server")
        smtp, smtps, imap, imaps = free_ports(4)
        dovecot = Dovecot(folder=folder / "dovecot", imap_port=imap, imaps_port=imaps)
        postfix = Postfix(
            folder=folder / "postfix", smtp_port=smtp, smtps_port=smtps, domains=domains, name=f"mx.{domains[0]}"
        )
        pipes = Pipes(folder, pipe_to or {}, pipe_environment or {})
        dovecot.configure(certificate)
        postfix.configure(
            certificate,
            Delivery(lmtp=dovecot.lmtp_socket, auth=dovecot.auth_socket, mail=dovecot.folder / "mail", account=ACCOUNT),
            pipes=pipes.for_postfix(),
            pipe_account=ACCOUNT,
            lmtp=lmtp_to or {},
            hidden_keywords=hidden_keywords,
            timeout_seconds=timeout_seconds,
        )
        host = MailHost(
            postfix=postfix, dovecot=dovecot, pipes=pipes, ca_file=authority.file, domains=domains,
            user=f"alongside@{domains[0]}", full=f"full@{domains[-1]}", refusing=f"refusing@{domains[-1]}",
        )  # fmt: skip
        _add_mailboxes(host)
        stack.enter_context(pipes.running())
        stack.enter_context(dovecot.running())
        stack.enter_context(postfix.running())
        yield host


def _add_mailboxes(host: MailHost) -> None:
    host.add_user(host.user)
    host.dovecot.add_user(host.full, PASSWORD, quota_bytes=1)
    for address in (host.full, host.refusing):
        host.postfix.add_recipient(address)


def _body(parts: Sequence[bytes | tuple[bytes, bytes] | None]) -> bytes:
    return next(part[1] for part in parts if isinstance(part, tuple))
