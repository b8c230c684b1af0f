"""The mailbox into which answers, stops and bounces come, over IMAP (RFC 9051). Nothing in it is changed."""

from __future__ import annotations

import imaplib
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from imap_tools.utils import encode_folder

from alongside.delivery.doctor.certificates import check_certificate, distrust, trusting
from alongside.delivery.doctor.findings import Finding, Notebook, count_of, quote
from alongside.delivery.doctor.setups import Setup
from alongside.delivery.inbound.imap import ImapAccount, parse_imap_url
from alongside.problems import UsageError

_NOTE = Notebook("imap")


def check_imap(setup: Setup) -> Iterator[Finding]:
    """Connection, certificate, login, folder."""
    text = setup.variable("ALONGSIDE_IMAP_URL")
    if not text:
        yield _NOTE.skipped(
            "server",
            "ALONGSIDE_IMAP_URL is not set: answers are not read.",
            "Set it: imaps://name:password@imap.example.org/INBOX, or let the mail system pipe them in.",
        )
        return
    try:
        server = parse_imap_url(text)
    except UsageError as error:
        yield _NOTE.error("server", error.message, error.hint)
        return
    where = f"{server.host}, port {server.port}"
    try:
        yield from _converse(server, where, setup)
    except socket.gaierror:
        yield _NOTE.error("server", f"There is no {server.host} in the DNS.", "Mend ALONGSIDE_IMAP_URL.")
    except ssl.SSLError as error:
        yield distrust(_NOTE, error, server.host)
    except TimeoutError:
        yield _NOTE.error("server", f"{where} does not answer within {setup.timeout:g} s.", "Is a firewall between?")
    except ConnectionRefusedError:
        yield _NOTE.error("server", f"Nobody listens at {where}.", "See whether the IMAP server runs.")
    except (OSError, imaplib.IMAP4.error) as error:
        hide = (server.password, server.user)
        yield _NOTE.error("server", f"{where} broke off ({quote(error, hide=hide)}).", "Look at the server's log.")


def _converse(server: ImapAccount, where: str, setup: Setup) -> Iterator[Finding]:
    session: imaplib.IMAP4
    if server.security == "tls":
        context = trusting(Path(server.ca_file) if server.ca_file else None)
        session = imaplib.IMAP4_SSL(server.host, server.port, ssl_context=context, timeout=setup.timeout)
    else:
        session = imaplib.IMAP4(server.host, server.port, timeout=setup.timeout)
    try:
        yield _NOTE.ok("server", f"{where} answers.")
        if server.security == "starttls":
            session.starttls(trusting(Path(server.ca_file) if server.ca_file else None))
        secure = session.socket()
        if isinstance(secure, ssl.SSLSocket):
            yield check_certificate(_NOTE, secure.getpeercert(), version=secure.version(), now=setup.now)
        yield from _look_inside(session, server)
    finally:
        with suppress(OSError, imaplib.IMAP4.error):
            session.logout()


def _look_inside(session: imaplib.IMAP4, server: ImapAccount) -> Iterator[Finding]:
    try:
        _log_in(session, server)
    except imaplib.IMAP4.error as error:
        said = quote(_without_bytes(error), hide=(server.password, server.user))
        yield _NOTE.error(
            "login",
            f"The server refuses name or password ({said}).",
            "Mend ALONGSIDE_IMAP_URL; a password with @, / or % is percent-encoded. Some providers want an "
            "app password.",
        )
        return
    yield _NOTE.ok("login", "Name and password are right.")
    answer, counts = session.select(encode_folder(server.folder).decode("ascii"), readonly=True)
    if answer != "OK":
        yield _NOTE.error("folder", f'There is no folder "{server.folder}".', "Write it after the host: /INBOX.")
        return
    yield _NOTE.ok("folder", f"{server.folder} holds {count_of(int(counts[0] or 0), 'mail')}.")


def _log_in(session: imaplib.IMAP4, server: ImapAccount) -> None:
    if f"{server.user}{server.password}".isascii():
        session.login(server.user, server.password)
    else:  # LOGIN is for ASCII (RFC 9051 section 6.2.3)
        session.authenticate("PLAIN", lambda _: f"\0{server.user}\0{server.password}".encode())


def _without_bytes(error: BaseException) -> str:
    """imaplib shows what a server said as Python writes bytes: `b'[AUTHENTICATIONFAILED] No.'`."""
    return re.sub(r"^b(['\"])(.*)\1$", r"\2", str(error))
