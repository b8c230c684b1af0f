"""`ALONGSIDE_SMTP_URL`: which server takes our mail, and how.

    smtps://name:password@smtp.example.org              port 465, TLS from the first byte (RFC 8314)
    smtp://name:password@smtp.example.org               port 587, STARTTLS (RFC 3207), never without
    smtp://localhost                                    port 25 on this machine, where TLS guards nothing
    smtp://relay.example.org:25?tls=none                a relay in a network of one's own that knows no TLS
    sendmail:/usr/sbin/sendmail                         no server, the program every mail system brings

Options after `?`: `tls` (implicit, starttls, none), `ca` (a file of certificates to trust), `connections`, `messages`
(per connection), `timeout` (seconds). A password with `@`, `/` or `%` is percent-encoded.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from alongside.problems import UsageError

Tls = Literal["implicit", "starttls", "none"]
PORTS: dict[Tls, int] = {"implicit": 465, "starttls": 587, "none": 25}
CONNECTIONS = 4  # what an ordinary provider allows; a relay of one's own takes more
MESSAGES = 100  # Postfix closes after so many by habit, Exchange earlier
TIMEOUT_SECONDS = 60.0
SENDMAIL = "/usr/sbin/sendmail"

_HINT = "Write smtps://name:password@smtp.example.org, smtp://name:password@host:587, or smtp://localhost."


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """A server that takes our mail."""

    host: str
    port: int
    tls: Tls
    username: str = ""
    password: str = field(default="", repr=False)
    ca_file: Path | None = None  # certificates to trust instead of the machine's
    connections: int = CONNECTIONS  # at once, at most
    messages: int = MESSAGES  # over one connection, at most
    timeout_seconds: float = TIMEOUT_SECONDS  # for one answer; the last one of a mail may take five times that


@dataclass(frozen=True, slots=True, kw_only=True)
class SendmailProgram:
    """A program that takes a message on standard input, as sendmail did in 1983."""

    path: Path


def parse_smtp_url(text: str) -> SmtpServer:
    """The server of `smtp:` or `smtps:`. Raises `UsageError`, which never repeats the password."""
    try:
        url = urlsplit(text.strip())
        port = url.port
    except ValueError as error:
        raise _wrong("is no URL") from error
    if url.scheme not in ("smtp", "smtps"):
        raise _wrong(f'begins with "{url.scheme[:20]}:"' if url.scheme else "is no URL")
    if not url.hostname:
        raise _wrong("names no server")
    if url.path not in ("", "/") or url.fragment:
        raise _wrong("has a path; a password with / or # in it is percent-encoded")
    options = _options(url)
    tls = _tls(url, options)
    username, password = unquote(url.username or ""), unquote(url.password or "")
    if username and tls == "none" and not is_loopback(url.hostname):
        raise _wrong("would send the password unprotected (tls=none)", "Leave tls=none out.")
    return SmtpServer(
        host=url.hostname,
        port=port or PORTS[tls],
        tls=tls,
        username=username,
        password=password,
        ca_file=_ca_file(options),
        connections=_whole(options, "connections", CONNECTIONS, 1, 100),
        messages=_whole(options, "messages", MESSAGES, 1, 1_000_000),
        timeout_seconds=float(_whole(options, "timeout", int(TIMEOUT_SECONDS), 1, 3600)),
    )


def parse_transport_url(text: str) -> SmtpServer | SendmailProgram:
    """A server, or the program of `sendmail:/path`. Raises `UsageError`."""
    scheme, _, rest = text.strip().partition(":")
    if scheme != "sendmail":
        return parse_smtp_url(text)
    path = Path(unquote(rest.removeprefix("//") or SENDMAIL))
    if not path.is_absolute() or not path.is_file():
        raise UsageError(
            f'ALONGSIDE_SMTP_URL names the program "{path}", which is not there.',
            hint=f"Write sendmail:{SENDMAIL}, and install a mail system that brings it.",
        )
    return SendmailProgram(path=path)


def is_loopback(host: str) -> bool:
    """True for this machine's own addresses: nobody else can listen there."""
    if host.rstrip(".").lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _wrong(what: str, hint: str = _HINT) -> UsageError:
    return UsageError(f"ALONGSIDE_SMTP_URL {what}.", hint=hint)


def _options(url: SplitResult) -> dict[str, str]:
    known = ("tls", "ca", "connections", "messages", "timeout")
    options: dict[str, str] = {}
    for name, value in parse_qsl(url.query, keep_blank_values=True):
        if name not in known or name in options:
            raise _wrong(f'has an option "{name[:20]}" too many', f"There are: {', '.join(known)}.")
        options[name] = value
    return options


def _tls(url: SplitResult, options: dict[str, str]) -> Tls:
    local = is_loopback(url.hostname or "")
    default: Tls = "implicit" if url.scheme == "smtps" else "none" if local and url.username is None else "starttls"
    if options.get("tls", default) not in get_args(Tls):
        raise _wrong("has a tls= that is not known", f"Write one of: {', '.join(get_args(Tls))}.")
    chosen: Tls = options.get("tls", default)  # type: ignore[assignment]  # looked at above
    if url.scheme == "smtps" and chosen != "implicit":
        raise _wrong(f"is smtps:, which is not tls={chosen}", "Write smtp: instead.")
    return chosen


def _ca_file(options: dict[str, str]) -> Path | None:
    if "ca" not in options:
        return None
    path = Path(options["ca"])
    if not path.is_file():
        raise _wrong("names a file of certificates (ca=) that is not there", "Write its whole path.")
    return path


def _whole(options: dict[str, str], name: str, default: int, least: int, most: int) -> int:
    text = options.get(name, str(default))
    if not text.isdecimal() or not least <= int(text) <= most:
        raise _wrong(f"has a {name}= that is no number from {least} to {most:,}", f"Write {name}={default}.")
    return int(text)
