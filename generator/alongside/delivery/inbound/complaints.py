"""A mailbox provider's word that somebody called a mail of ours spam (ARF, RFC 5965)."""

from __future__ import annotations

from dataclasses import dataclass

from alongside.delivery.arrived.mails import ArrivedMail, find_addresses, find_ids


@dataclass(frozen=True, slots=True)
class Complaint:
    """What a complaint says of the mail it is about; providers black out most of it."""

    message_ids: tuple[str, ...]  # of the mail that came with it
    addresses: tuple[str, ...]  # whom the mail came from, as the envelope said: there our token stands


def read_complaint(mail: ArrivedMail) -> Complaint | None:
    """The complaint in a mail, or None."""
    reports = mail.parts_of("message/feedback-report")
    says_so = mail.type == "multipart/report" and mail.parameters.get("report-type", "").lower() == "feedback-report"
    if not reports and not says_so:
        return None
    ids: list[str] = []
    addresses: list[str] = []
    for part in mail.parts:
        if part.type in ("message/feedback-report", "message/rfc822", "text/rfc822-headers", "text/rfc822"):
            inner = part.inner_headers()
            ids.extend(find_ids(inner.first("message-id")))
            for name in ("original-mail-from", "return-path", "list-unsubscribe"):
                addresses.extend(find_addresses(inner.first(name).replace("mailto:", " ").replace("?", " ")))
    # One that is not abuse (a "not-spam" report) takes back what nobody did here.
    if any(part.inner_headers().first("feedback-type").strip().lower() == "not-spam" for part in reports):
        return None
    return Complaint(tuple(dict.fromkeys(ids))[:20], tuple(dict.fromkeys(addresses))[:20])
