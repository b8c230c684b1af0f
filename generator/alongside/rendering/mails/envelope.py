"""The envelope: a filled mail as an RFC 5322 message, the same bytes for the same input.

Written by hand and not by `email.message`: the latter draws boundaries at random and takes milliseconds a mail. What
other people wrote reaches a header as one line of text without controls, encoded (RFC 2047) or quoted, never raw.
"""

from __future__ import annotations

import binascii
import hashlib
import re
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Protocol
from urllib.parse import urlsplit

from alongside.rendering.mails.holes import clean
from alongside.settings import Settings

LINE = 76  # RFC 2047 section 2: at most 76 with an encoded word; RFC 5322 asks for 78
LONGEST_NAME = 80  # characters of a display name

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]+"  # RFC 5322 section 3.2.3, RFC 6532 section 3.2
_LOCAL = re.compile(rf'{_ATOM}(?:\.{_ATOM})*|"(?:[^"\\\x00-\x1f\x7f]|\\[\x20-\x7e])*"')
_DOMAIN = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
)
_ID = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+")
_LIST_ID = re.compile(r"[A-Za-z0-9._-]+")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_PRINTABLE = re.compile(r"[\x20-\x7e]*")


class Written(Protocol):
    """What a message is composed of: `messages.Mail`, or anything with these."""

    @property
    def subject(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def html(self) -> str: ...
    @property
    def language(self) -> str: ...
    @property
    def sender_name(self) -> str: ...


def sender_address(settings: Settings) -> str:
    """The team's own address: `community@` the site's host (`community@localhost` for a site without an address)."""
    try:
        host = urlsplit(settings.site_url).hostname or ""
    except ValueError:
        host = ""
    return f"community@{_ascii_domain(host) or 'localhost'}"


def compose(
    mail: Written,
    *,
    sender_address: str,
    to_address: str,
    to_name: str = "",
    message_id: str,
    date: datetime,
    list_id: str = "",
    reply_to: str = "",
    unsubscribe: tuple[str, ...] = (),
    in_reply_to: str = "",
) -> bytes:
    """The message (RFC 5322, CRLF): headers, then `multipart/alternative` with text and HTML. Same input, same bytes.

    From and Reply-To carry `sender_address` and `reply_to`, never a member's address. `message_id`, `in_reply_to`:
    with or without angle brackets. `unsubscribe`: mailto and https URLs for List-Unsubscribe (RFC 2369); an https one
    adds List-Unsubscribe-Post (RFC 8058). An address with a local part beyond ASCII needs SMTPUTF8 (RFC 6531).
    Raises `ValueError` for an address, id or URL that cannot stand in a header, and for a naive date.
    """
    if date.tzinfo is None:
        raise ValueError("a date needs a zone")
    identity = _bracketed(message_id)
    boundary = f"=_{hashlib.blake2s(identity.encode(), digest_size=15).hexdigest()}"
    headers = [
        ("Date", format_datetime(date.astimezone(UTC).replace(microsecond=0))),
        ("From", _mailbox(mail.sender_name, sender_address)),
        ("To", _mailbox(to_name, to_address)),
        ("Message-ID", identity),
    ]
    if reply_to:
        headers.append(("Reply-To", _mailbox("", reply_to)))
    if in_reply_to:
        headers += [("In-Reply-To", _bracketed(in_reply_to)), ("References", _bracketed(in_reply_to))]
    headers.append(("Subject", encoded_text(clean(mail.subject), start=len("Subject: "))))
    if list_id:
        if not _LIST_ID.fullmatch(list_id):
            raise ValueError(f"{list_id!r} is no list id")
        headers.append(("List-Id", f"<{list_id}>"))
    if unsubscribe:
        headers.append(("List-Unsubscribe", ",\r\n ".join(f"<{_header_url(url)}>" for url in unsubscribe)))
        if any(url.startswith("https:") for url in unsubscribe):
            headers.append(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    headers += [
        ("Auto-Submitted", "auto-generated"),  # RFC 3834: autoresponders leave it alone
        ("Content-Language", mail.language if _LIST_ID.fullmatch(mail.language) else "und"),
        ("MIME-Version", "1.0"),
        ("Content-Type", f'multipart/alternative;\r\n boundary="{boundary}"'),
    ]
    head = "".join(f"{name}: {value}\r\n" for name, value in headers).encode()
    mark = f"--{boundary}".encode()
    parts = (_part("text/plain", mail.text), _part("text/html", mail.html))
    return head + b"\r\n" + b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts) + mark + b"--\r\n"


def encoded_text(text: str, *, start: int) -> str:
    """Text for an unstructured header, folded; `start`: columns used on its first line. RFC 2047 beyond ASCII."""
    if _PRINTABLE.fullmatch(text) and "=?" not in text:
        return _folded(text, start)
    return "\r\n ".join(_encoded_words(text, start))


def _folded(text: str, start: int) -> str:
    """Lines broken before a space; a word longer than a line is encoded, which can be broken anywhere."""
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        if len(word) > LINE - 2:
            return "\r\n ".join(_encoded_words(text, start))
        joined = f"{line} {word}" if line else word
        if line and len(joined) + (start if not lines else 1) > LINE:
            lines.append(line)
            joined = word
        line = joined
    return "\r\n ".join([*lines, line])


def _encoded_words(text: str, start: int) -> list[str]:
    """`=?utf-8?b?...?=`, each within the line and cut between characters (RFC 2047 section 5)."""
    words, chunk = [], b""
    room = LINE - start - len("=?utf-8?b??=")
    for char in text:
        encoded = char.encode()
        if chunk and -(-(len(chunk) + len(encoded)) // 3) * 4 > room:
            words.append(chunk)
            chunk, room = b"", LINE - 1 - len("=?utf-8?b??=")
        chunk += encoded
    words.append(chunk)
    return [f"=?utf-8?b?{binascii.b2a_base64(word, newline=False).decode()}?=" for word in words]


def _mailbox(name: str, address: str) -> str:
    """`Ana Souza via Docs People <community@example.org>`. A name that looks like an address is left out."""
    checked = checked_address(address)
    name = clean(name)[:LONGEST_NAME].strip()
    if not name or "@" in name:
        return checked
    if _PLAIN_NAME.fullmatch(name) and "=?" not in name:
        shown = name
    elif _PRINTABLE.fullmatch(name) and "=?" not in name:
        shown = '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'
    else:
        shown = "\r\n ".join(_encoded_words(name, len("Reply-To: ")))
    last = shown.rpartition("\n")[2]
    return f"{shown}{' ' if len(last) + len(checked) + 10 < LINE else chr(13) + chr(10) + ' '}<{checked}>"


def checked_address(address: str) -> str:
    """The address as it stands in a header, its domain in ASCII (RFC 5891). Raises `ValueError`."""
    local, at, domain = address.strip().rpartition("@")
    ascii_domain = _ascii_domain(domain)
    if not at or not _LOCAL.fullmatch(local) or not ascii_domain or clean(local) != local or len(local) > 64:
        raise ValueError(f"{address!r} is no address")
    return f"{local}@{ascii_domain}"


def _ascii_domain(domain: str) -> str:
    """The domain's ASCII form, or an empty text for what is none."""
    try:
        name = domain if domain.isascii() else domain.encode("idna").decode()
    except UnicodeError:
        return ""
    return name.lower() if _DOMAIN.fullmatch(name) and len(name) <= 253 else ""


def _bracketed(identity: str) -> str:
    bare = identity.strip().removeprefix("<").removesuffix(">")
    if not _ID.fullmatch(bare):
        raise ValueError(f"{identity!r} is no message id")
    return f"<{bare}>"


def _header_url(url: str) -> str:
    if not re.fullmatch(r"(?:https?|mailto):[\x21-\x3b\x3d\x3f-\x7e]+", url) or "," in url:
        raise ValueError(f"{url!r} is no address for List-Unsubscribe")
    return url


def _part(kind: str, text: str) -> bytes:
    """One part: quoted-printable where a reader of the source profits, base64 where most of it is not ASCII."""
    content = text.replace("\r\n", "\n").encode("utf-8", "replace")
    beyond = 0 if text.isascii() else len(content.translate(None, bytes(range(128))))
    if beyond * 6 < len(content):
        encoding, body = "quoted-printable", binascii.b2a_qp(content.replace(b"\n", b"\r\n"), istext=True)
    else:
        encoding, body = "base64", _base64_lines(content.replace(b"\n", b"\r\n"))
    return f"Content-Type: {kind}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode() + body


def _base64_lines(content: bytes) -> bytes:
    return b"\r\n".join(
        binascii.b2a_base64(content[start : start + 57], newline=False) for start in range(0, len(content), 57)
    )
