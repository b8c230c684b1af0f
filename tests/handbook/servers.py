"""The servers that pages of the handbook talk to: real ones, which stand for the invented names of the page.

A page says `<!-- servers: a mail host and a name server -->`, and in its text smtp.example.org is Postfix and
imap.example.org Dovecot, both of the tests; the DNS holds exactly the records that the page shows.
"""

from __future__ import annotations

import base64
import re
import smtplib
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import unquote, urlsplit

import dkim
import dns.rdatatype
import dns.zonefile
import pytest

from mail_servers.dns import NameServer, running_name_server
from mail_servers.mail_host import MailHost
from mail_servers.no_pipelining import NoPipelining, running_without_pipelining

HOME = "/srv/our-community"  # where recipes suppose a community
MAIL_HOST = "a mail host and a name server"
ANY_MAIL = "one that takes every mail"
TEAM, READER = "community@community.example.org", "you@example.net"
ZONE = re.compile(r"```dns\n(.+?)```", re.DOTALL)
Record = tuple[str, str, str]  # name without its last dot, type, data


class NoServers:
    """Of a page that needs none; what the others can do."""

    environment: Mapping[str, str] = {}

    def local(self, text: str, folder: Path) -> str:
        """A file of the page, with our servers in it."""
        return text.replace(HOME, str(folder))

    def do(self, deed: str) -> None:
        """What a reader does in a mail program."""
        raise AssertionError(f"nobody knows how to have {deed}")

    def check(self, folder: Path) -> None:
        """After the last block."""


class MailHostServers(NoServers):
    """Postfix, Dovecot and dnsmasq."""

    def __init__(self, host: MailHost, names: NameServer) -> None:
        self._host = host
        self._comes = 0  # mails that the team's mailbox must hold by now
        self.environment = {"ALONGSIDE_DNS": f"{names.host}:{names.port}"}
        for address in (TEAM, READER):
            host.add_user(address)

    def local(self, text: str, folder: Path) -> str:
        host, trust = self._host, f"ca={self._host.ca_file}"
        smtp = f"{host.password}@{host.host}:{host.smtps_port}?{trust}"
        imap = f"{host.password}@{host.host}:{host.imaps_port}/INBOX?{trust}"
        text = text.replace("app-password@smtp.example.org", smtp)
        return super().local(text.replace("app-password@imap.example.org/INBOX", imap), folder)

    def do(self, deed: str) -> None:
        [raw] = self._host.wait_for(READER, 1)
        mail = message_from_bytes(raw, policy=policy.default)
        answer = EmailMessage()
        answer["From"], answer["Message-ID"] = READER, f"<{self._comes}@example.net>"
        if deed == "answered the mail":
            answer["To"], answer["Subject"] = mail["Reply-To"], f"Re: {mail['Subject']}"
            answer["In-Reply-To"] = mail["Message-ID"]
            answer.set_content("Thank you, that is kind.")
        elif deed == "pressed the stop line":
            [link] = re.findall(r"<(mailto:[^>]+)>", mail["List-Unsubscribe"])
            answer["To"], answer["Subject"] = unquote(urlsplit(link).path), "stop"
            answer.set_content("")
        else:
            super().do(deed)
        with smtplib.SMTP(self._host.host, self._host.smtp_port) as session:
            session.send_message(answer)
        self._comes += 1
        self._host.wait_for(TEAM, self._comes)


class AnyMailServer(NoServers):
    """A server that takes every mail, in the place of the one on the reader's machine."""

    def __init__(self, server: NoPipelining) -> None:
        self._server = server

    def local(self, text: str, folder: Path) -> str:
        return super().local(text.replace("smtp://localhost", self._server.smtp_url), folder)

    def check(self, folder: Path) -> None:
        """Mail arrived, with a signature that the page's key explains."""
        mails = self._server.store.mails()
        public = public_key(next(folder.parent.rglob("dkim.pem")))

        def lookup(name: bytes, timeout: float = 0) -> bytes:
            assert name == b"own._domainkey.community.example.org."
            return f"v=DKIM1; k=rsa; p={public}".encode()

        assert mails
        for mail in mails:
            assert dkim.verify(mail.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"), dnsfunc=lookup)


@contextmanager
def _mail_host(text: str, request: pytest.FixtureRequest) -> Iterator[NoServers]:
    host: MailHost = request.getfixturevalue("mail_host")
    folder: Path = request.getfixturevalue("tmp_path")
    key = folder / "provider.pem"
    subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
    records = [
        record for zone in ZONE.findall(text) for record in read_zone(zone.replace("p=...", public_key(key, "p=")))
    ]
    txt: dict[str, list[str]] = {"_spf.example.net": ["v=spf1 ip4:192.0.2.0/24 -all"]}
    mx: dict[str, list[str]] = {}
    for name, kind, data in records:
        (txt if kind == "TXT" else mx).setdefault(name, []).append(data)
    hosts = {name: "192.0.2.1" for names in mx.values() for name in names}
    with running_name_server(txt=txt, mx=mx, a=hosts) as names:
        yield MailHostServers(host, names)


@contextmanager
def _any_mail(text: str, request: pytest.FixtureRequest) -> Iterator[NoServers]:
    with running_without_pipelining() as server:
        yield AnyMailServer(server)


SERVING: Mapping[str, Callable[[str, pytest.FixtureRequest], AbstractContextManager[NoServers]]] = {
    MAIL_HOST: _mail_host,
    ANY_MAIL: _any_mail,
}


def public_key(key: Path, before: str = "") -> str:
    """The public half of a private key, as DKIM has it."""
    shown = subprocess.run(
        ["openssl", "rsa", "-in", key, "-pubout", "-outform", "DER"], check=True, capture_output=True
    ).stdout
    return before + base64.b64encode(shown).decode()


def read_zone(text: str) -> list[Record]:
    """Records of a zone file (RFC 1035 section 5), TXT and MX."""
    # dnspython wants a string of at most 255 octets (RFC 1035 section 3.3.14)
    parts = re.sub(r'"([^"]*)"', lambda found: _in_strings(found[1]), text)
    found: list[Record] = []
    for rrset in dns.zonefile.read_rrsets(parts, default_ttl=300):
        name = rrset.name.to_text().rstrip(".")
        for record in rrset:
            if rrset.rdtype == dns.rdatatype.TXT:
                found.append((name, "TXT", b"".join(record.strings).decode()))
            else:
                assert rrset.rdtype == dns.rdatatype.MX
                found.append((name, "MX", record.exchange.to_text().rstrip(".")))
    return found


def _in_strings(text: str) -> str:
    return " ".join(f'"{text[at : at + 250]}"' for at in range(0, len(text), 250))
