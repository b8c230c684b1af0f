"""What can be said of a mail by itself, before the store is asked who is meant."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime

from alongside.delivery.addresses import without_tag
from alongside.delivery.arrived.mails import ArrivedMail, find_address, find_addresses, read_mail
from alongside.delivery.arrived.reading import Trouble, read_note
from alongside.delivery.inbound.authenticity import NOT_KNOWN, Authenticity, read_authenticity
from alongside.delivery.inbound.automatic import is_automatic, is_autoreply, is_null_sender
from alongside.delivery.inbound.bounces import Bounce, is_delivery_report, read_bounces
from alongside.delivery.inbound.complaints import Complaint, read_complaint
from alongside.delivery.inbound.returning import read_return
from alongside.delivery.inbound.stop_words import subject_stops, text_stops
from alongside.delivery.notes.relaying import NOTHING, Note
from alongside.delivery.relay_addresses import Relay, RelayKeys, read_relay
from alongside.delivery.tokens import Kind, read_token, tag_of
from alongside.model.community import Community
from alongside.model.journeys import Journey
from alongside.rendering.mails.envelope import FIRST_NOTE

# Where servers leave the recipient of the envelope when they put a mail into a mailbox, the surest first.
_RECIPIENTS = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to", "to", "cc")


def no_trimming(text: str) -> None:
    """Nobody else is asked where a person's words end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """Who hears, and what they know."""

    mailbox: str  # the team's address, From of every mail
    community: Community
    notes: str = ""  # the mailbox of notes, or "@" and their domain; empty: the team's (`MailSettings.notes`)
    authserv: str = ""  # our own mail server's name in Authentication-Results; empty: none is believed
    first_journey: Journey | None = None  # where who writes to a member first begins
    trim: Callable[[str], str | None] = no_trimming  # asks somebody else where a person's words end

    def is_ours(self, address: str) -> bool:
        """Whether mail to an address is for us: the team's mailbox, with any tag, or one of notes."""
        if self.notes.startswith("@") and address.strip("<> ").lower().endswith(self.notes):
            return True
        return without_tag(address) in {without_tag(self.mailbox), without_tag(self.notes)} - {""}

    def member_of(self, address: str) -> str:
        """The member an address for first notes names, by the slug in its tag; else an empty text."""
        local, _, domain = address.strip("<> ").lower().rpartition("@")
        mailbox, _, tag = local.partition("+")
        if self.notes.startswith("@"):
            is_for_notes = f"@{domain}" == self.notes and mailbox == FIRST_NOTE
        else:
            is_for_notes = without_tag(address) == without_tag(self.notes or self.mailbox)
        return tag if is_for_notes and self.community.resolve_member(tag) in self.community.members else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """A mail, as far as it speaks for itself."""

    identity: str  # a keyed hash: the same mail has the same
    token: tuple[Kind, int] | None = None  # what the address it was sent to stands for
    relay: Relay | None = None  # the same, where it stands for a person
    member: str = ""  # the same, where it is a member's slug, of today or a former one
    note: Note = NOTHING  # of what came to a person or a member: what may be passed on
    authenticity: Authenticity = NOT_KNOWN
    returns: date | None = None  # of who is away: the first day on which they are back
    language: str = ""  # BCP 47, of a note's writer, where the mail says so
    sender: str = ""  # From, normalised
    message_id: str = ""
    answers: tuple[str, ...] = ()  # Message-IDs, the nearest first
    from_us: bool = False
    null_sender: bool = False
    to_mailbox: bool = False  # the team's own address, with or without a tag
    automatic: bool = False
    autoreply: bool = False
    delivery_report: bool = False
    bounces: tuple[Bounce, ...] = ()  # only of mail to a bounce address
    complaint: Complaint | None = None
    complained: tuple[tuple[Kind, int], ...] = ()  # tokens in a complaint
    subject_stops: bool = False
    text_stops: bool = False
    readable: bool = True


def look_at(
    raw: bytes, *, recipient: str, sender: str | None, reception: Reception, keys: RelayKeys, today: date
) -> Findings:
    """All that; a mail that nobody can read is one of which nothing is known. Never raises."""
    try:
        return _look_at(read_mail(raw), recipient, _bare(sender), reception, keys, today)
    except Exception:  # the last guard: strangers write these bytes, and one mail must not stop the others
        return Findings(identity=_hash(b"bytes\0" + raw, keys.key), readable=False)


def _look_at(
    mail: ArrivedMail, recipient: str, sender: str | None, reception: Reception, keys: RelayKeys, today: date
) -> Findings:
    key, mailbox = keys.key, reception.mailbox
    recipients = _recipients(mail, recipient)
    if recipient and _is_meant(recipients[0], reception, keys):
        recipients = recipients[:1]  # one mail to two addresses of ours comes once for each
    token = next((found for found in (read_token(tag_of(each), key) for each in recipients) if found is not None), None)
    relay = next((found for found in (read_relay(_tag(each), keys) for each in recipients) if found is not None), None)
    member = next((slug for slug in map(reception.member_of, recipients) if slug), "") if not relay else ""
    automatic = is_automatic(mail, sender)
    is_bounce_address = token is not None and token[0] in ("bounce", "letter")
    authenticity = read_authenticity(mail, sender=sender, authserv=reception.authserv)
    complaint = read_complaint(mail)
    told = complaint.addresses if complaint is not None else ()
    return Findings(
        identity=_identity(mail, token, relay, member, key),
        token=token,
        relay=relay,
        member=member,
        note=_note(mail, reception, authenticity.envelope) if (relay or member) and not automatic else NOTHING,
        authenticity=authenticity,
        returns=read_return(mail, today=today) if automatic or _says_when(token) else None,
        language=mail.headers.first("content-language").partition(",")[0].strip()[:35],
        sender=mail.sender,
        message_id=mail.message_id,
        answers=mail.answers,
        from_us=mail.sender != "" and reception.is_ours(mail.sender),
        null_sender=is_null_sender(mail, sender),
        to_mailbox=any(without_tag(each) == without_tag(mailbox) for each in recipients),
        automatic=automatic,
        autoreply=is_autoreply(mail),
        delivery_report=is_delivery_report(mail),
        bounces=read_bounces(mail, sender=sender) if is_bounce_address else (),
        complaint=complaint,
        complained=tuple(found for each in told if (found := read_token(tag_of(each), key)) is not None),
        subject_stops=subject_stops(mail),
        text_stops=text_stops(mail),
    )


def _is_meant(address: str, reception: Reception, keys: RelayKeys) -> bool:
    """Whether an address by itself says what is meant: by a token, a relay, or a member's slug."""
    told = read_token(tag_of(address), keys.key) or read_relay(_tag(address), keys)
    return told is not None or reception.member_of(address) != ""


def _note(mail: ArrivedMail, reception: Reception, envelope: str) -> Note:
    """What a person wrote, without what nobody may pass on. `envelope`: its sender, normalised, as far as known."""
    own = {
        mail.sender,
        envelope,
        *(find_address(mail.headers.first(name)) for name in ("reply-to", "sender", "return-path")),
    }
    read = read_note(mail, own_addresses=own - {""}, trim=reception.trim)
    stops = subject_stops(mail) or text_stops(mail)
    if isinstance(read, Trouble):
        return Note(trouble=read.kind.replace(" ", "_"), is_stop=stops, written_at=_written_at(mail))
    left_out = bool(set(read.left_out) - {"address"})
    return Note(text=read.text, left_out=left_out, is_stop=stops, written_at=_written_at(mail))


def _says_when(token: tuple[Kind, int] | None) -> bool:
    """Whether it is a member's word that they are away."""
    return token is not None and token[0] == "ask-away"


def _written_at(mail: ArrivedMail) -> datetime | None:
    """Date (RFC 5322 section 3.6.1), whole seconds; None where there is none, or none with a zone that is known."""
    try:
        found = parsedate_to_datetime(mail.headers.first("date")[:100])
        return found.astimezone(UTC).replace(microsecond=0) if found.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def _tag(address: str) -> str:
    """What may be a relay's token: a tag, or the whole local part in a domain that is all notes."""
    return tag_of(address) or address.strip("<> ").rpartition("@")[0]


def _recipients(mail: ArrivedMail, recipient: str) -> list[str]:
    """Whom a mail was sent to: the envelope first, then what servers and the sender wrote of it."""
    found = [recipient.strip("<> ")] if recipient else []
    for name in _RECIPIENTS:
        for value in mail.headers.all(name)[:10]:
            found.extend(find_addresses(value))
    return found[:200]


def _bare(sender: str | None) -> str | None:
    """The envelope's sender; servers write the null sender in three ways."""
    if sender is None:
        return None
    bare = sender.strip().strip("<>")
    return "" if bare.upper() == "MAILER-DAEMON" else bare


def _identity(mail: ArrivedMail, token: tuple[Kind, int] | None, relay: Relay | None, member: str, key: bytes) -> str:
    """By its Message-ID, and what it was sent to: one mail to two addresses of ours says two things."""
    meant = f"{token[0]} {token[1]}".encode() if token is not None else b""
    meant += f" {relay.writer} {relay.number}".encode() if relay is not None else b""
    meant += f" {member}".encode() if member else b""
    if mail.message_id:
        return _hash(b"id\0" + meant + b"\0" + mail.message_id.encode("utf-8", "replace"), key)
    return _hash(b"bytes\0" + meant + b"\0" + _without_traces(mail), key)


def _without_traces(mail: ArrivedMail) -> bytes:
    """A mail without what servers and files add to it, each its own: the same by whichever door it came."""
    head = "\n".join(f"{name}: {mail.headers.first(name)}" for name in _WRITTEN)
    body = mail.raw.partition(b"\n\n")[2]
    return head.encode("utf-8", "replace") + b"\n\n" + _QUOTED_FROM.sub(b"From ", body).strip()


_WRITTEN = ("from", "to", "date", "subject", "in-reply-to", "references", "content-type")  # by who wrote it
_QUOTED_FROM = re.compile(rb"^>{1,9}From ", re.MULTILINE)  # of an mbox (RFC 4155, appendix A)


def _hash(text: bytes, key: bytes) -> str:
    return hmac.new(key, b"received " + text, hashlib.sha256).hexdigest()
