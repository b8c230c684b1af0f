"""What can be said of a mail by itself, before the store is asked who is meant."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from alongside.delivery.addresses import without_tag
from alongside.delivery.inbound.automatic import is_automatic, is_autoreply, is_null_sender
from alongside.delivery.inbound.bounces import Bounce, is_delivery_report, read_bounces
from alongside.delivery.inbound.complaints import Complaint, read_complaint
from alongside.delivery.inbound.mails import ArrivedMail, find_addresses, read_mail
from alongside.delivery.inbound.stop_words import subject_stops, text_stops
from alongside.delivery.tokens import Kind, read_token, tag_of

# Where servers leave the recipient of the envelope when they put a mail into a mailbox, the surest first.
_RECIPIENTS = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to", "to", "cc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """A mail, as far as it speaks for itself."""

    identity: str  # a keyed hash: the same mail has the same
    token: tuple[Kind, int] | None = None  # what the address it was sent to stands for
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


def look_at(raw: bytes, *, recipient: str, sender: str | None, mailbox: str, key: bytes) -> Findings:
    """All that; a mail that nobody can read is one of which nothing is known. Never raises."""
    try:
        return _look_at(read_mail(raw), recipient=recipient, sender=_bare(sender), mailbox=mailbox, key=key)
    except Exception:  # the last guard: strangers write these bytes, and one mail must not stop the others
        return Findings(identity=_hash(b"bytes\0" + raw, key), readable=False)


def _look_at(mail: ArrivedMail, *, recipient: str, sender: str | None, mailbox: str, key: bytes) -> Findings:
    recipients = _recipients(mail, recipient)
    token = next((found for found in (read_token(tag_of(each), key) for each in recipients) if found is not None), None)
    is_bounce_address = token is not None and token[0] == "bounce"
    complaint = read_complaint(mail)
    told = complaint.addresses if complaint is not None else ()
    return Findings(
        identity=_identity(mail, token, key),
        token=token,
        sender=mail.sender,
        message_id=mail.message_id,
        answers=mail.answers,
        from_us=mail.sender != "" and without_tag(mail.sender) == without_tag(mailbox),
        null_sender=is_null_sender(mail, sender),
        to_mailbox=any(without_tag(each) == without_tag(mailbox) for each in recipients),
        automatic=is_automatic(mail, sender),
        autoreply=is_autoreply(mail),
        delivery_report=is_delivery_report(mail),
        bounces=read_bounces(mail, sender=sender) if is_bounce_address else (),
        complaint=complaint,
        complained=tuple(found for each in told if (found := read_token(tag_of(each), key)) is not None),
        subject_stops=subject_stops(mail),
        text_stops=text_stops(mail),
    )


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


def _identity(mail: ArrivedMail, token: tuple[Kind, int] | None, key: bytes) -> str:
    """By its Message-ID, and what it was sent to: one mail to two addresses of ours says two things."""
    meant = f"{token[0]} {token[1]}".encode() if token is not None else b""
    if mail.message_id:
        return _hash(b"id\0" + meant + b"\0" + mail.message_id.encode("utf-8", "replace"), key)
    return _hash(b"bytes\0" + meant + b"\0" + mail.raw, key)


def _hash(text: bytes, key: bytes) -> str:
    return hmac.new(key, b"received " + text, hashlib.sha256).hexdigest()
