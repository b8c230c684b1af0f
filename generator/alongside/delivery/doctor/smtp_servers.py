"""A conversation with the mail server up to the point where a mail would begin, and then RSET: nothing is sent."""

from __future__ import annotations

import os
import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress

from alongside.delivery.doctor.certificates import check_certificate, distrust, trusting
from alongside.delivery.doctor.findings import Finding, Notebook, quote
from alongside.delivery.doctor.setups import Setup
from alongside.delivery.transports.smtp_url import SendmailProgram, SmtpServer, is_loopback, parse_transport_url
from alongside.problems import UsageError
from alongside.rendering.mails.envelope import tagged_address

_NOTE = Notebook("smtp")
LEAST_SIZE = 100_000  # octets; a mail of ours is smaller
TAG = "b-doctor"  # as the tag of a bounce looks; nobody's
_FIREWALL = "See whether a firewall is between, and whether the provider opens the port (587 or 465 rather than 25)."

# An extension -> what is lost without it.
_EXTENSIONS = {
    "pipelining": "Each mail takes some more round trips.",
    "8bitmime": "Nothing is lost: mails are 7-bit.",
    "smtputf8": "Newcomers whose address is not plain ASCII before the @ get no mail.",
    "enhancedstatuscodes": "Why a mail is refused is told less exactly.",
}
_NEEDED = ("smtputf8",)


def mail_server(setup: Setup) -> SmtpServer | None:
    """The server named in the environment; None where none is, or it is a program, or the URL is wrong."""
    text = setup.variable("ALONGSIDE_SMTP_URL")
    with suppress(UsageError):
        found = parse_transport_url(text) if text else None
        return found if isinstance(found, SmtpServer) else None
    return None


def check_smtp(setup: Setup) -> Iterator[Finding]:
    """Name, connection, greeting, TLS, login, extensions, and whether it takes mail from us and to a tagged address."""
    text = setup.variable("ALONGSIDE_SMTP_URL")
    if not text:
        yield _NOTE.skipped(
            "server",
            "ALONGSIDE_SMTP_URL is not set: mail goes to outbox/.",
            "Set it: smtps://name:password@smtp.example.org",
        )
        return
    try:
        server = parse_transport_url(text)
    except UsageError as error:
        yield _NOTE.error("server", error.message, error.hint)
        return
    if isinstance(server, SendmailProgram):
        yield _check_program(server)
        return
    with suppress(_Ended):
        yield from _converse(server, setup)


class _Ended(Exception):  # noqa: N818  no error: the finding before it says what happened
    """Nothing more can be asked."""


def _check_program(program: SendmailProgram) -> Finding:
    if os.access(program.path, os.X_OK):
        return _NOTE.ok("server", f"{program.path} is there; it queues and sends by itself.")
    return _NOTE.error("server", f"{program.path} cannot be run.", "Make it executable for this user.")


def _converse(server: SmtpServer, setup: Setup) -> Iterator[Finding]:
    session, findings = _connect(server, setup)
    yield from findings
    if session is None:
        return
    try:
        yield from _greet(session, server, setup)
        yield from _check_login(session, server)
        yield from _check_extensions(session)
        yield from _check_mailbox(session, setup)
    except (OSError, smtplib.SMTPException) as error:
        hide = (server.password, server.username)
        yield _NOTE.error(
            "server", f"{server.host} broke off ({quote(error, hide=hide)}).", "Look at the server's log."
        )
    finally:
        with suppress(OSError, smtplib.SMTPException):
            session.quit()
        session.close()


def _connect(server: SmtpServer, setup: Setup) -> tuple[smtplib.SMTP | None, list[Finding]]:
    """Up to the greeting, TLS from the first byte included."""
    where = f"{server.host}, port {server.port}"
    try:
        session: smtplib.SMTP
        if server.tls == "implicit":
            context = trusting(server.ca_file)
            session = smtplib.SMTP_SSL(server.host, server.port, timeout=setup.timeout, context=context)
        else:
            session = smtplib.SMTP(server.host, server.port, timeout=setup.timeout)
    except socket.gaierror:
        return None, [_NOTE.error("server", f"There is no {server.host} in the DNS.", "Mend ALONGSIDE_SMTP_URL.")]
    except ssl.SSLError as error:
        return None, [distrust(_NOTE, error, server.host)]
    except TimeoutError:
        return None, [_silent(where, setup)]
    except ConnectionRefusedError:
        return None, [_NOTE.error("server", f"Nobody listens at {where}.", "See whether the mail server runs.")]
    except smtplib.SMTPConnectError as error:
        greeting = f"{where} greets with {error.smtp_code} {quote(error.smtp_error)}."
        return None, [_NOTE.error("server", greeting, "It does not want this machine: look at its log.")]
    except (OSError, smtplib.SMTPException) as error:
        if isinstance(error.__context__, TimeoutError):  # as smtplib tells it when the greeting does not come
            return None, [_silent(where, setup)]
        return None, [_NOTE.error("server", f"{where} cannot be reached ({quote(error)}).", _FIREWALL)]
    return session, [_NOTE.ok("server", f"{where} answers.")]


def _silent(where: str, setup: Setup) -> Finding:
    return _NOTE.error("server", f"{where} does not answer within {setup.timeout:g} s.", _FIREWALL)


def _greet(session: smtplib.SMTP, server: SmtpServer, setup: Setup) -> Iterator[Finding]:
    """EHLO, STARTTLS where that is so, and what the certificate says."""
    code, said = session.ehlo()
    if not 200 <= code < 300:
        yield _NOTE.error(
            "server", f"It answers EHLO with {code} {quote(said)}.", "Mails need ESMTP: use another port."
        )
        raise _Ended
    if server.tls == "starttls":
        if not session.has_extn("starttls"):
            yield _NOTE.error(
                "encryption",
                f"{server.host} offers no STARTTLS at port {server.port}.",
                "Use smtps:// (port 465), or ask the provider for the right port.",
            )
            raise _Ended
        try:
            session.starttls(context=trusting(server.ca_file))
        except ssl.SSLError as error:
            yield distrust(_NOTE, error, server.host)
            raise _Ended from error
        session.ehlo()
    secure = session.sock
    if isinstance(secure, ssl.SSLSocket):
        yield check_certificate(_NOTE, secure.getpeercert(), version=secure.version(), now=setup.now)
    elif is_loopback(server.host):
        yield _NOTE.ok("encryption", "None, and none is needed: the server is on this machine.")
    else:
        yield _NOTE.warning(
            "encryption", f"Mail crosses the network to {server.host} unprotected.", "Take tls=none out of the URL."
        )


def _check_login(session: smtplib.SMTP, server: SmtpServer) -> Iterator[Finding]:
    if not server.username:
        yield _NOTE.ok("login", "None is asked for in ALONGSIDE_SMTP_URL.")
        return
    hide = (server.password, server.username)
    try:
        session.login(server.username, server.password)
    except smtplib.SMTPAuthenticationError as error:
        yield _NOTE.error(
            "login",
            f"The server refuses name or password ({error.smtp_code} {quote(error.smtp_error, hide=hide)}).",
            "Mend ALONGSIDE_SMTP_URL; a password with @, / or % is percent-encoded. Some providers want an "
            "app password.",
        )
        raise _Ended from error
    except smtplib.SMTPNotSupportedError as error:
        yield _NOTE.error("login", "The server knows no login here.", "Use the port for submission: 465 or 587.")
        raise _Ended from error
    yield _NOTE.ok("login", "Name and password are right.")


def _check_extensions(session: smtplib.SMTP) -> Iterator[Finding]:
    missing = [name for name in _EXTENSIONS if not session.has_extn(name)]
    needed = [name for name in missing if name in _NEEDED]
    if needed:
        yield _NOTE.warning(
            "extensions", f"No {', '.join(name.upper() for name in needed)}. {_EXTENSIONS[needed[0]]}", _ASK
        )
    elif missing:
        lost = " ".join(_EXTENSIONS[name] for name in missing)
        yield _NOTE.ok("extensions", f"No {', '.join(name.upper() for name in missing)}. {lost}")
    else:
        yield _NOTE.ok("extensions", f"{', '.join(name.upper() for name in _EXTENSIONS)}.")
    size = session.esmtp_features.get("size", "")
    if size.isdecimal() and 0 < int(size) < LEAST_SIZE:  # RFC 1870 section 4: 0 is no limit
        yield _NOTE.error("size", f"It takes mails of {int(size):,} octets at most; ours may be larger.", _ASK)


_ASK = "Ask the provider, or use another server."


def _check_mailbox(session: smtplib.SMTP, setup: Setup) -> Iterator[Finding]:
    """MAIL FROM as a mail of ours has it, RCPT TO our own mailbox, plain and tagged (RFC 5233), then RSET."""
    sender, tagged = setup.sender, tagged_address(setup.sender, TAG)
    code, said = session.mail(tagged)
    if code != 250:
        session.rset()
        yield _NOTE.error(
            "sender",
            f"The server does not let us send as {setup.domain}: {code} {quote(said)}.",
            f"Allow this login to send as {sender} and its tagged forms, or set mail.from.",
        )
        return
    yield _NOTE.ok("sender", f"It lets us send as {setup.domain}.")
    code, said = session.rcpt(sender)
    if code not in (250, 251):
        yield _refused(
            "mailbox", f"It does not take mail to {sender}", code, said, "Make that mailbox: answers go there."
        )
    else:
        yield _NOTE.ok("mailbox", f"It takes mail to {sender}.")
        code, said = session.rcpt(tagged)
        if code not in (250, 251):
            hint = "Turn on tagged addresses (recipient_delimiter = + in Postfix): bounces and stops come back there."
            yield _refused("tagged mailbox", f"It does not take mail to {tagged}", code, said, hint)
        else:
            yield _NOTE.ok("tagged mailbox", "Tagged addresses are taken too: bounces and stops find back.")
    session.rset()


def _refused(what: str, message: str, code: int, said: bytes, hint: str) -> Finding:
    """450 and 451 are mostly greylisting, or a server that looks the mailbox up elsewhere: no reason to worry yet."""
    how = _NOTE.warning if 400 <= code < 500 else _NOTE.error
    return how(what, f"{message}: {code} {quote(said)}.", hint)
