"""Three mail hosts that send to one another: ours, the newcomer's, and that of everybody else; and mail programs there."""

from __future__ import annotations

import re
import smtplib
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage, Message
from email.utils import formataddr, parseaddr

from mail_servers.mail_host import MailHost, running_mail_host

OUR_DOMAIN, NOTES_DOMAIN = "community.example.org", "notes.example.org"
OUR_SERVER = f"mx.{OUR_DOMAIN}"  # its name in Authentication-Results
SERVICE = "bounces-17@mailer.example.com"  # an envelope that a mailing service gives to the mail of its customers
EVE = "eve@evil.example.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody with a mailbox, and what their mail program tells of them."""

    address: str
    shown: str  # the name in From, which is not the one we know
    zone: str
    date: str  # in that zone, without it
    machine: str
    ip: str
    program: str
    words: tuple[str, ...]  # of their signature

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]

    @property
    def secrets(self) -> set[str]:
        """What nobody else may read, in lower case."""
        local = self.address.rpartition("@")[0]
        names = {part for part in re.split(r"[\s.,-]+", f"{self.shown} {local}") if len(part) > 2}
        # A zone stands after a space; "-0230" may also stand in a token.
        own = {self.address, local, self.domain, f" {self.zone}", self.machine, self.ip, self.program, self.date}
        return {each.lower() for each in names | own | set(self.words)}


JOHANNA = Person(
    address="johanna.lindqvist@newcomer.example.net",
    shown="Johanna Lindqvist-Åkesson",
    zone="+0530",
    date="Thu, 26 Nov 2026 11:07:43",
    machine="laptop-of-jl",
    ip="203.0.113.77",
    program="Letterbird 115.4 (Haiku)",
    words=("Varvsgatan 17", "+46 70 174 06 05", "jl-private"),
)
ANNELIESE = Person(
    address="a.brandstaetter@member.example.com",
    shown="Anneliese Brandstätter",
    zone="-0230",
    date="Thu, 26 Nov 2026 03:41:19",
    machine="office-pc-4711",
    ip="198.51.100.23",
    program="Postcutter/9.2 Plan9",
    words=("Traunkai 4b", "+43 660 7777 123", "abr-secret"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosts:
    """All three, running, and each knows the way to the others."""

    ours: MailHost
    newcomers: MailHost
    others: MailHost

    def host_of(self, address: str) -> MailHost:
        """Where its mailbox is."""
        domain = address.rpartition("@")[2]
        return next(host for host in (self.ours, self.newcomers, self.others) if domain in host.domains)

    def empty(self) -> None:
        for host in (self.ours, self.newcomers, self.others):
            host.empty()

    def post(self, mail: bytes, *, account: str, envelope: str, to: str) -> None:
        """Give a mail to the host of `account`, logged in, as a mail program does; it goes on from there."""
        host = self.host_of(account)
        with smtplib.SMTP(host.host, host.smtp_port, timeout=60) as session:
            session.login(account, host.password)
            session.sendmail(envelope, [to], mail)


@contextmanager
def running_hosts(ours: MailHost) -> Iterator[Hosts]:
    """The other two, around our own."""
    with (
        running_mail_host(domains=(JOHANNA.domain,)) as newcomers,
        running_mail_host(domains=(ANNELIESE.domain, "mailer.example.com", "evil.example.com")) as others,
    ):
        hosts = Hosts(ours=ours, newcomers=newcomers, others=others)
        everywhere = (ours, newcomers, others)
        for host in everywhere:
            for other in everywhere:
                for domain in other.domains if other is not host else ():
                    host.postfix.add_route(domain, other.smtp_port)
        for address in (JOHANNA.address, ANNELIESE.address, EVE):
            hosts.host_of(address).add_user(address)
        yield hosts


@contextmanager
def running_our_host(
    mailbox: str, *, pipe_to: Mapping[str, Sequence[str]] | None = None, environment: Mapping[str, str] | None = None
) -> Iterator[MailHost]:
    """Our own: with the team's mailbox, and a domain all of whose mail gets there."""
    domains = (OUR_DOMAIN, NOTES_DOMAIN)
    with running_mail_host(pipe_to=pipe_to, pipe_environment=environment, domains=domains) as host:
        if not pipe_to:
            host.add_user(mailbox)
        host.postfix.add_alias(f"@{NOTES_DOMAIN}", mailbox)
        yield host


# --- mail programs ---


def write_answer(mail: EmailMessage, person: Person, words: str, **headers: str) -> bytes:
    """An answer as a mail program writes it: quoted below, signed, in HTML too, and with all it tells of its user.

    `headers`: more of them, at the top.
    """
    quoted = text_of(mail)
    name, address = parseaddr(str(mail["From"]))
    led = f"On {person.date} {person.zone}, {name} <{address}> wrote:"
    signature = "\n".join((person.shown, person.address, *person.words, f"https://www.{person.domain}/me"))
    plain = f"{words}\n\n-- \n{signature}\n\n{led}\n" + "".join(f"> {line}\n" for line in quoted.splitlines())
    answer = EmailMessage(policy=policy.SMTP)
    answer["From"] = formataddr((person.shown, person.address))
    answer["To"] = str(mail["Reply-To"] or mail["From"])
    subject = str(mail["Subject"])
    answer["Subject"] = subject if subject.lower().startswith("re:") else f"Re: {subject}"
    answer["Date"] = f"{person.date} {person.zone}"
    answer["Message-ID"] = f"<{uuid.uuid4()}@{person.machine}.{person.domain}>"
    answer["In-Reply-To"] = str(mail["Message-ID"])
    answer["References"] = f"{mail['References'] or ''} {mail['Message-ID']}".strip()
    answer["User-Agent"] = person.program
    answer["X-Originating-IP"] = f"[{person.ip}]"
    answer["Organization"] = f"{person.shown} & Co"
    answer.set_content(plain, cte="quoted-printable")
    shown = "<br>".join(words.splitlines())
    answer.add_alternative(
        f'<html><body><div style="color:#123456">{shown}</div><div>-- <br>{"<br>".join(signature.splitlines())}</div>'
        f'<div class="gmail_quote"><div>{led}</div><blockquote>{"<br>".join(quoted.splitlines())}</blockquote></div>'
        "</body></html>\n",
        subtype="html",
        cte="base64",
    )
    hop = (
        f"Received: from {person.machine}.{person.domain} ([{person.ip}])\r\n\tby gate.{person.domain} with ESMTPSA id 4711"
        f";\r\n\t{person.date} {person.zone}\r\n"
    )
    more = "".join(f"{header.replace('_', '-')}: {value}\r\n" for header, value in headers.items())
    return f"{more}{hop}".encode() + answer.as_bytes()


def write_plain(person: Person, to: str, subject: str, text: str = "") -> bytes:
    """A mail of a line, or of none, as a mailto link opens it."""
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"], mail["To"], mail["Subject"] = formataddr((person.shown, person.address)), to, subject
    mail["Message-ID"] = f"<{uuid.uuid4()}@{person.machine}.{person.domain}>"
    mail.set_content(f"{text}\n")
    return mail.as_bytes()


def parse(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=policy.default)


def text_of(mail: EmailMessage) -> str:
    """Its plain text."""
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def link_in(mail: EmailMessage, kind: str) -> str:
    """The address of its first mailto link of that kind."""
    found = re.search(rf"mailto:(\S+)\?subject={kind}", text_of(mail))
    assert found is not None, text_of(mail)
    return found[1]


def answer_address(mail: EmailMessage) -> str:
    """Where a mail program sends an answer."""
    return parseaddr(str(mail["Reply-To"] or mail["From"]))[1]


# --- what a mailbox holds ---


def everything_in(raw: bytes) -> str:
    """A mail in lower case: as it stands there, unfolded, every header decoded and every part decoded."""
    mail = message_from_bytes(raw)
    pieces = [raw.decode("latin-1"), re.sub(r"\r?\n[ \t]+", " ", raw.decode("latin-1")), *map(_decoded, mail.walk())]
    return "\n".join(pieces).lower()


def _decoded(part: Message) -> str:
    headers = "\n".join(f"{name}: {make_header(decode_header(str(value)))}" for name, value in part.items())
    payload = part.get_payload(decode=True)
    text = payload.decode(part.get_content_charset("utf-8"), "replace") if isinstance(payload, bytes) else ""
    return f"{headers}\n{text}"


def threads(host: MailHost, address: str, folder: str = "INBOX") -> int:
    """How many conversations a reader of mail sees by References alone (RFC 5256, without its merging by subject)."""
    with host.connect(address) as session:
        session.select(folder, readonly=True)
        answer, [told] = session.thread("REFS", "UTF-8", "ALL")
        assert answer == "OK", told
    depth, roots = 0, 0
    for letter in (told or b"").decode():
        roots += letter == "(" and depth == 0
        depth += {"(": 1, ")": -1}.get(letter, 0)
    return roots
