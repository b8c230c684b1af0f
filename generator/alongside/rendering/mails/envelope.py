"""The envelope: a filled mail as an RFC 5322 message, the same bytes for the same input.

Written by hand and not by `email.message`: the latter draws boundaries at random and takes milliseconds a mail. What
other people wrote reaches a header as one line of text without controls, encoded (RFC 2047) or quoted, never raw.
"""

from __future__ import annotations

import binascii
import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple, Protocol
from urllib.parse import urlsplit

from alongside.rendering.mails.holes import clean
from alongside.rendering.mails.transfer import LINE, quoted
from alongside.settings import Settings

LONGEST_NAME = 80  # characters of a display name
FIRST_NOTE = "notes"  # the mailbox of first notes in a domain that is all notes
LONGEST_LINE = 998  # octets of a line that cannot be folded (RFC 5322 section 2.1.1)

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]+"  # RFC 5322 section 3.2.3, RFC 6532 section 3.2
_LOCAL = re.compile(rf'{_ATOM}(?:\.{_ATOM})*|"(?:[^"\\\x00-\x1f\x7f]|\\[\x20-\x7e])*"')
_DOMAIN = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
)
_ID = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+")
_LIST_ID = re.compile(r"[A-Za-z0-9._-]+")
_FEEDBACK_ID = re.compile(r"[\x21-\x7e]{1,200}")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_PRINTABLE = re.compile(r"[\x20-\x7e]*")
_LINK = re.compile(r"(?:https?|mailto):[\x21-\x2b\x2d-\x3b\x3d\x3f-\x7e]+")  # neither "<", ">" nor ","

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

# The same in every mail: quoted-printable holds no "=_", so no part can contain them (RFC 2045 section 6.7).
ALTERNATIVE, MIXED = "=_alternative", "=_mixed"
TEXT, HTML, CALENDAR = "text/plain; charset=utf-8", "text/html; charset=utf-8", "text/calendar"
CALENDAR_FILE = "meetups.ics"
_PART = f"--{ALTERNATIVE}\r\nContent-Type: {{}}\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
BEFORE_HTML = f"\r\n{_PART.format(HTML)}".encode()  # stands between the two parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """What delivery adds to a mail: from where to where, and where its answers and stop requests go."""

    sender_address: str  # From: the team's mailbox, never a member's
    to_address: str  # a local part beyond ASCII needs SMTPUTF8 (RFC 6531)
    to_name: str = ""
    message_id: str  # without brackets
    date: datetime  # aware
    list_id: str = ""  # List-Id without brackets (RFC 2919)
    reply_to: str = ""  # where answers go, when not to the sender
    stop_mailto: str = ""  # mailto: URL, the person's own
    stop_url: str = ""  # https URL, the person's own; empty when no service runs
    page_url: str = ""  # the same, to what we hold of them
    feedback_id: str = ""  # Feedback-ID: what a mailbox provider counts complaints by
    in_reply_to: str = ""  # Message-ID this one answers
    references: tuple[str, ...] = ()  # Message-IDs of the thread, oldest first; empty: `in_reply_to` alone
    personal: bool = False  # a person wrote it to this reader

    @property
    def stop(self) -> str:
        """Where the visible stop line leads; empty when nothing is known."""
        return self.stop_url or self.stop_mailto


class Letter(Protocol):
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
    @property
    def calendar(self) -> bytes: ...


def sender_address(settings: Settings) -> str:
    """The team's own address: the setting, else `community@` the site's host (`localhost` for one without address)."""
    if settings.mail.sender:
        return checked_address(settings.mail.sender)
    try:
        host = urlsplit(settings.site_url).hostname or ""
    except ValueError:
        host = ""
    return f"community@{_ascii_domain(host) or 'localhost'}"


def tagged_address(address: str, tag: str) -> str:
    """`community@example.org` with a tag: `community+s-...@example.org` (RFC 5233: subaddress)."""
    local, _, domain = address.rpartition("@")
    return f"{local}+{tag}@{domain}"


def note_address(settings: Settings, tag: str) -> str:
    """Where a note goes that `tag` says whose it is: below the mailbox of notes, or in the domain they have."""
    mailbox = settings.mail.notes or sender_address(settings)
    return f"{tag}{mailbox}" if mailbox.startswith("@") else tagged_address(mailbox, tag)


def first_note_address(settings: Settings, member: str) -> str:
    """Where anybody may write to a member (a slug) for the first time: `notes+ana-souza@example.org`."""
    return note_address(settings, f"{FIRST_NOTE}+{member}" if settings.mail.notes.startswith("@") else member)


def address_for_notes(settings: Settings, member: str) -> str:
    """Where pages and embeds say that a member (a slug) can be written to; empty where nobody would read it.

    Only a setting makes it public: `mail: notes`, whose mail is passed on, else the team's address, which passes it on.
    """
    return first_note_address(settings, member) if settings.mail.notes else settings.organisation.email


def compose(mail: Letter, routing: Routing) -> bytes:
    """The message (RFC 5322, CRLF): headers, then text and HTML, then its calendar if it has one.

    Raises `ValueError` for an address, id or URL that cannot stand in a header, and for a naive date.
    """
    head = message_head(mail.subject, mail.sender_name, routing)
    before_text, end = body_marks(mail.language, mail.calendar)
    return b"".join((head, before_text, quoted(mail.text), BEFORE_HTML, quoted(mail.html), end))


def compose_plain(subject: str, text: str, *, sender_name: str, routing: Routing) -> bytes:
    """A message of text alone (RFC 5322, CRLF). Raises `ValueError` as `compose`."""
    return (
        message_head(subject, sender_name, routing) + _PLAIN_BODY + quoted(text if text.endswith("\n") else f"{text}\n")
    )


_PLAIN_BODY = (
    f"MIME-Version: 1.0\r\nContent-Type: {TEXT}\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
).encode()


def message_head(subject: str, sender_name: str, routing: Routing) -> bytes:
    """The headers that differ from mail to mail, always in this order. Raises `ValueError`."""
    same = _same_fields(
        sender_name, routing.sender_address, routing.list_id, routing.feedback_id,
        routing.stop_url.startswith("https:"), routing.personal,
    )  # fmt: skip
    if not routing.references and _PLAIN_HEAD.fullmatch(
        f"{routing.to_address}\n{routing.message_id}\n{routing.stop_mailto}\n{routing.stop_url}\n{routing.in_reply_to}\n{routing.reply_to}"
    ):
        address, identity, answers = routing.to_address, f"<{routing.message_id}>", routing.reply_to
        stop = f"<{routing.stop_mailto}>,\r\n <{routing.stop_url}>"
        thread = references = f"<{routing.in_reply_to}>" if routing.in_reply_to else ""
    else:
        address, identity = checked_address(routing.to_address), _bracketed(routing.message_id)
        answers = checked_address(routing.reply_to) if routing.reply_to else ""
        stop = ",\r\n ".join(_header_url(way) for way in (routing.stop_mailto, routing.stop_url) if way)
        thread = _bracketed(routing.in_reply_to) if routing.in_reply_to else ""
        references = "\r\n ".join(map(_bracketed, routing.references)) or thread
    to, shown = _named(routing.to_name, address), encoded_text(clean(subject), start=len("Subject: "))
    return (
        f"Date: {format_instant(routing.date)}\r\n{same.sender}To: {to}\r\nMessage-ID: {identity}\r\n"
        + (f"Reply-To: {answers}\r\n" if answers else "")
        + (f"In-Reply-To: {thread}\r\n" if thread else "")
        + (f"References: {references}\r\n" if references else "")
        + f"Subject: {shown}\r\n{same.list_id}"
        + (f"List-Unsubscribe: {stop}\r\n" if stop else "")
        + same.rest
    ).encode()


# What can stand in a head as it is, on lines that need no folding: nearly every mail's. One expression for all takes a
# third of the time of one for each; what it does not match is looked at field by field.
_PLAIN_ID = r"[A-Za-z0-9.+_-]{1,80}@[a-z0-9.-]{1,80}"
_PLAIN_HEAD = re.compile(
    r"[A-Za-z0-9_+-]{1,64}(?:\.[A-Za-z0-9_+-]{1,64}){0,9}@[a-z0-9]+(?:\.[a-z0-9]+)+(?<!.{65})\n"
    rf"{_PLAIN_ID}\n"
    r"mailto:[A-Za-z0-9.+_@?=-]{1,200}\n"
    r"https://[A-Za-z0-9.+_/:-]{1,200}\n"
    rf"(?:{_PLAIN_ID})?\n"
    rf"(?:{_PLAIN_ID})?"  # an address of ours looks like one
)


class _SameFields(NamedTuple):
    """Header lines that are the same for many mails, with their ends; empty ones are left out."""

    sender: str
    list_id: str
    rest: str


@functools.lru_cache(maxsize=1024)
def _same_fields(
    sender_name: str,
    sender_address: str,
    list_id: str,
    feedback_id: str,
    one_click: bool,
    personal: bool,
) -> _SameFields:
    rest = "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" if one_click else ""  # RFC 8058, and only there
    # RFC 3834: autoresponders leave what is generated alone; Exchange's know the other one, and a note wants no answer
    # but a person's.
    rest += (
        "Auto-Submitted: no\r\nX-Auto-Response-Suppress: All\r\n" if personal else "Auto-Submitted: auto-generated\r\n"
    )
    return _SameFields(
        sender=f"From: {_mailbox(sender_name, sender_address)}\r\n",
        list_id=f"List-Id: {_list_id(list_id)}\r\n" if list_id else "",
        rest=f"{rest}Feedback-ID: {_feedback_id(feedback_id)}\r\n" if feedback_id else rest,
    )


@functools.lru_cache(maxsize=256)
def body_marks(language: str, calendar: bytes = b"") -> tuple[bytes, bytes]:
    """What stands before the text and after the HTML; the last headers are part of the first.

    Both parts stand between them in quoted-printable, parted by `BEFORE_HTML`. `calendar`: octets of an iCalendar
    object, or none.
    """
    language = language if _LIST_ID.fullmatch(language) else "und"
    head = f"Content-Language: {language}\r\nMIME-Version: 1.0\r\n"
    kind = f'Content-Type: multipart/alternative;\r\n boundary="{ALTERNATIVE}"\r\n\r\n'
    text, end = _PART.format(TEXT), f"\r\n--{ALTERNATIVE}--\r\n"
    if not calendar:
        return f"{head}{kind}{text}".encode(), end.encode()
    mixed = f'Content-Type: multipart/mixed;\r\n boundary="{MIXED}"\r\n\r\n--{MIXED}\r\n'
    return f"{head}{mixed}{kind}{text}".encode(), end.encode() + _calendar_part(calendar)


def _calendar_part(calendar: bytes) -> bytes:
    """A file that mail programs offer to the calendar; PUBLISH asks nobody for an answer (RFC 5546 section 3.2.1)."""
    head = (
        f"\r\n--{MIXED}\r\n"
        f'Content-Type: {CALENDAR}; charset=utf-8; method=PUBLISH;\r\n name="{CALENDAR_FILE}"\r\n'
        f'Content-Disposition: attachment; filename="{CALENDAR_FILE}"\r\n'
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    )
    return head.encode() + quoted(calendar.decode()) + f"\r\n--{MIXED}--\r\n".encode()


@functools.lru_cache(maxsize=256)  # a batch is dated as one
def format_instant(instant: datetime) -> str:
    """`Mon, 23 Nov 2026 09:00:00 +0000` (RFC 5322 section 3.3), in UTC. Raises `ValueError` for a naive one."""
    if instant.tzinfo is None:
        raise ValueError("a date needs a zone")
    utc = instant.astimezone(UTC)
    return (
        f"{_DAYS[utc.weekday()]}, {utc.day:02d} {_MONTHS[utc.month - 1]} {utc.year:04d} "
        f"{utc.hour:02d}:{utc.minute:02d}:{utc.second:02d} +0000"
    )


def encoded_text(text: str, *, start: int) -> str:
    """Text for an unstructured header, folded; `start`: columns used on its first line. RFC 2047 beyond ASCII."""
    if _PRINTABLE.fullmatch(text) and "=?" not in text:
        return text if len(text) + start <= LINE else _folded(text, start)
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


def _encoded_words(text: str, start: int) -> Iterator[str]:
    """`=?utf-8?b?...?=`, each within the line and cut between characters (RFC 2047 section 5).

    After a space where there is one: some readers show a space between two of them that nobody wrote.
    """
    octets = text.encode()
    while octets:
        end = (LINE - start - len("=?utf-8?b??=")) // 4 * 3
        if len(octets) > end:
            while octets[end] & 0xC0 == 0x80:  # in the middle of a character
                end -= 1
            end = octets.rfind(b" ", 1, end) + 1 or end
        yield f"=?utf-8?b?{binascii.b2a_base64(octets[:end], newline=False).decode()}?="
        octets, start = octets[end:], 1


def _mailbox(name: str, address: str) -> str:
    """`Ana Souza via Docs People <community@example.org>`. Raises `ValueError` for what is no address."""
    return _named(name, checked_address(address))


def _named(name: str, address: str) -> str:
    """An address that was looked at, with its name; one that looks like an address itself is left out."""
    name = clean(name)[:LONGEST_NAME].strip()
    if not name or "@" in name:
        return address
    if "=?" not in name and _PLAIN_NAME.fullmatch(name):
        shown = name
    elif "=?" not in name and _PRINTABLE.fullmatch(name):
        shown = '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'
    else:
        shown = ""
    if not shown or len(shown) > LINE - len("Reply-To: "):  # too long for a line, which encoded words can be cut for
        shown = "\r\n ".join(_encoded_words(name, len("Reply-To: ")))
    last = shown.rpartition("\n")[2]
    return f"{shown} <{address}>" if len(last) + len(address) + 10 < LINE else f"{shown}\r\n <{address}>"


def checked_address(address: str) -> str:
    """The address as it stands in a header, its domain in ASCII (RFC 5891). Raises `ValueError`."""
    local, at, domain = address.strip().rpartition("@")
    ascii_domain = _ascii_domain(domain)
    if not at or not _LOCAL.fullmatch(local) or not ascii_domain or clean(local) != local or len(local) > 64:
        raise ValueError(f"{address!r} is no address")
    return f"{local}@{ascii_domain}"


@functools.lru_cache(maxsize=4096)
def _ascii_domain(domain: str) -> str:
    """The domain's ASCII form, or an empty text for what is none."""
    try:
        name = domain if domain.isascii() else domain.encode("idna").decode()
    except UnicodeError:
        return ""
    return name.lower() if _DOMAIN.fullmatch(name) and len(name) <= 253 else ""


def _bracketed(identity: str) -> str:
    bare = identity.strip().removeprefix("<").removesuffix(">")
    if not _ID.fullmatch(bare) or len(bare) > LONGEST_LINE - 20:
        raise ValueError(f"{identity!r} is no message id")
    return f"<{bare}>"


def _list_id(name: str) -> str:
    if not _LIST_ID.fullmatch(name):
        raise ValueError(f"{name!r} is no list id")
    return f"<{name}>"


def _header_url(url: str) -> str:
    if not _LINK.fullmatch(url) or len(url) > LONGEST_LINE - 30:
        raise ValueError(f"{url!r} is no address for List-Unsubscribe")
    return f"<{url}>"


def _feedback_id(value: str) -> str:
    if not _FEEDBACK_ID.fullmatch(value):
        raise ValueError(f"{value!r} is no feedback id")
    return value
