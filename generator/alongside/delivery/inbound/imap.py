"""The team's mailbox read over IMAP (RFC 9051), without leaving a trace in it.

It is opened for reading alone and mails are peeked at: nothing is marked, moved or deleted, and people who read the
same mailbox are not disturbed. How far we came is kept in the store, as the mailbox's UIDVALIDITY and the highest UID
heard; a mailbox that was made anew is read from its start, and `ingest` knows what it heard before.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import imaplib
import ipaddress
import json
import re
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

from imap_tools import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError
from sqlalchemy import select

from alongside.delivery.arrived.mails import LONGEST
from alongside.delivery.rows import insert_into
from alongside.delivery.schema import facts
from alongside.delivery.store import Store
from alongside.problems import AlongsideError, UsageError

TIMEOUT_SECONDS = 30
BATCH = 20  # mails fetched at once, at most a megabyte each; how far we came is noted after each batch
WINDOW = 1_000_000  # UIDs asked for at once: `imap_tools` takes an answer of 20 MB
PORTS = {"imaps": 993, "imap": 143}
_HINT = "Write imaps://user:password@host/INBOX, with % signs for what is special in the password."


class ImapError(AlongsideError):
    """The mailbox could not be read; what was heard before is kept, and the next run goes on from there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImapAccount:
    """Where the mailbox is, and who reads it."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    folder: str
    security: str  # "tls", "starttls" or "none"
    ca_file: str  # PEM; empty: the system's


def parse_imap_url(text: str) -> ImapAccount:
    """`imaps://user:password@host:993/INBOX?ca=FILE`; `imap://` wants STARTTLS, except on loopback.

    Raises `UsageError`, which never repeats the password.
    """
    try:
        url = urlsplit(text.strip())
        host, port = url.hostname or "", url.port
        options = parse_qs(url.query, strict_parsing=bool(url.query))
    except ValueError as error:
        raise UsageError("ALONGSIDE_IMAP_URL is no URL.", hint=_HINT) from error
    if url.scheme not in PORTS or not host or not url.username or url.password is None:
        raise UsageError("ALONGSIDE_IMAP_URL names no mailbox.", hint=_HINT)
    if set(options) - {"ca"}:
        raise UsageError("ALONGSIDE_IMAP_URL has an option nobody knows.", hint="There is one: ?ca=FILE.")
    ca_file = options.get("ca", [""])[0]
    plain = url.scheme == "imap" and _is_loopback(host) and not ca_file
    return ImapAccount(
        host=host,
        port=port or PORTS[url.scheme],
        user=unquote(url.username),
        password=unquote(url.password),
        folder=unquote(url.path.strip("/")) or "INBOX",
        security="tls" if url.scheme == "imaps" else "none" if plain else "starttls",
        ca_file=ca_file,
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run came."""

    heard: int
    total: int  # mails of this run as far as they are counted


def poll(
    store: Store,
    account: ImapAccount,
    *,
    hear: Callable[[bytes], None],
    progress: Callable[[Progress], None] | None = None,
) -> None:
    """Give every mail that came since the last run to `hear`, oldest first. Raises `ImapError`.

    When `hear` raises, the mails of its batch come again the next time.
    """
    with _explained(account), _opened(account) as (mailbox, validity):
        place = _place_name(store, account)
        last = _read_place(store, place, validity)
        heard = 0
        for uids in _windows(mailbox, last):
            for start in range(0, len(uids), BATCH):
                batch = uids[start : start + BATCH]
                for raw in _fetch(mailbox, batch):
                    hear(raw)
                _write_place(store, place, validity, batch[-1])
                heard += len(batch)
                if progress is not None:
                    progress(Progress(heard, heard - start - len(batch) + len(uids)))


@contextlib.contextmanager
def _opened(account: ImapAccount) -> Iterator[tuple[BaseMailBox, int]]:
    """The mailbox, open for reading alone, and its UIDVALIDITY."""
    mailbox = _connect(account)
    try:
        try:
            _log_in(mailbox, account)
        except (imaplib.IMAP4.error, ImapToolsError, UnicodeError) as error:
            raise ImapError(
                f"The mail server {account.host} refused the login.",
                hint="Look at user and password in ALONGSIDE_IMAP_URL; some providers want a password for programs.",
            ) from error
        try:
            mailbox.folder.set(account.folder, readonly=True)
        except (imaplib.IMAP4.error, ImapToolsError) as error:
            raise ImapError(
                f"The mail server {account.host} has no folder of that name.",
                hint="Name it at the end of ALONGSIDE_IMAP_URL, as in /INBOX.",
            ) from error
        answer = mailbox.client.response("UIDVALIDITY")[1]
        yield mailbox, int(answer[0]) if answer and answer[0] else 0
    finally:
        with contextlib.suppress(Exception):  # it is read already, or the line is dead
            mailbox.logout()


def _log_in(mailbox: BaseMailBox, account: ImapAccount) -> None:
    plain = f"{account.user}{account.password}".isascii()
    log_in = mailbox.login if plain else mailbox.login_utf8  # RFC 9051 section 6.2.3: LOGIN is for ASCII
    log_in(account.user, account.password, initial_folder=None)


def _connect(account: ImapAccount) -> BaseMailBox:
    if account.security == "none":
        return MailBoxUnencrypted(account.host, account.port, timeout=TIMEOUT_SECONDS)
    try:
        context = ssl.create_default_context(cafile=account.ca_file or None)
    except OSError as error:
        raise UsageError("The file ?ca= of ALONGSIDE_IMAP_URL is no certificate that can be read.") from error
    if account.security == "tls":
        return MailBox(account.host, account.port, timeout=TIMEOUT_SECONDS, ssl_context=context)
    return MailBoxStartTls(account.host, account.port, timeout=TIMEOUT_SECONDS, ssl_context=context)


def _windows(mailbox: BaseMailBox, last: int) -> Iterator[Sequence[int]]:
    """UIDs above `last`, in order, so many at a time that a server's line stays short."""
    highest = _highest(mailbox)
    for start in range(last + 1, highest + 1, WINDOW):
        end = min(start + WINDOW - 1, highest)
        found = sorted(int(uid) for uid in mailbox.uids(f"UID {start}:{end}", charset=None))
        # A range above the last UID names the last mail instead (RFC 9051 section 9, seq-range).
        if uids := [uid for uid in found if start <= uid <= end]:
            yield uids


def _highest(mailbox: BaseMailBox) -> int:
    """No UID is above it: what the server said when the folder was opened (RFC 9051 section 6.3.2)."""
    answer = mailbox.client.response("UIDNEXT")[1]
    if answer and answer[0]:
        return int(answer[0]) - 1
    return max((int(uid) for uid in mailbox.uids("UID *", charset=None)), default=0)


def _fetch(mailbox: BaseMailBox, uids: Sequence[int]) -> list[bytes]:
    """The beginnings of these mails, without marking them as read; one that is gone meanwhile is left out."""
    wanted = ",".join(str(uid) for uid in uids)
    state, answer = mailbox.client.uid("FETCH", wanted, f"(UID BODY.PEEK[]<0.{LONGEST}>)")
    if state != "OK":
        raise ImapError("The mail server did not give the mails.", hint="Run the command again; nothing was lost.")
    found = [(_uid_of(part[0]), bytes(part[1])) for part in answer if isinstance(part, tuple)]
    return [raw for _, raw in sorted(found, key=lambda pair: pair[0])]


def _uid_of(line: bytes) -> int:
    match = re.search(rb"\bUID (\d+)", line)
    return int(match[1]) if match is not None else 0


@contextlib.contextmanager
def _explained(account: ImapAccount) -> Iterator[None]:
    """Turn what the network does into an `ImapError` that says what to do."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise ImapError(
            f"The certificate of {account.host} cannot be trusted: {error.verify_message}.",
            hint="Name the host as its certificate does, or its authority's file with ?ca=FILE.",
        ) from error
    except socket.gaierror as error:
        raise ImapError(f"There is no host {account.host}.", hint=_HINT) from error
    except TimeoutError as error:
        raise ImapError(
            f"The mail server {account.host} did not answer for {TIMEOUT_SECONDS} seconds.",
            hint="Run the command again: it goes on where it stopped.",
        ) from error
    except ssl.SSLError as error:
        raise ImapError(
            f"{account.host}:{account.port} does not speak TLS.", hint="For STARTTLS write imap:// instead of imaps://."
        ) from error
    except OSError as error:
        raise ImapError(
            f"The mail server {account.host}:{account.port} cannot be reached: {error.strerror or 'the line broke'}.",
            hint="Run the command again: it goes on where it stopped.",
        ) from error
    except (imaplib.IMAP4.error, ImapToolsError) as error:
        raise ImapError(
            f"The mail server {account.host} broke off ({type(error).__name__}).",
            hint="imap:// wants a server with STARTTLS. Else run the command again: it goes on where it stopped.",
        ) from error


def _place_name(store: Store, account: ImapAccount) -> str:
    """Of a mailbox in `facts`; a hash, because a user's name is an address more often than not."""
    named = f"imap\0{account.host}\0{account.port}\0{account.user}\0{account.folder}".encode()
    return f"imap {hmac.new(store.key, named, hashlib.sha256).hexdigest()[:32]}"


def _read_place(store: Store, name: str, validity: int) -> int:
    """The highest UID heard; 0 for a mailbox that is new to us, or was made anew."""
    with store.reading() as connection:
        text = connection.scalar(select(facts.c.value).where(facts.c.name == name))
    held = json.loads(text) if text is not None else {}
    return int(held["uid"]) if held.get("validity") == validity else 0


def _write_place(store: Store, name: str, validity: int, uid: int) -> None:
    row = {"name": name, "value": json.dumps({"validity": validity, "uid": uid})}
    with store.writing() as connection:
        statement = insert_into(connection, facts).values(row)
        connection.execute(
            statement.on_conflict_do_update(index_elements=["name"], set_={"value": statement.excluded.value})
        )
