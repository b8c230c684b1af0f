"""A mailbox provider's word that somebody called a mail of ours spam.

multipart/report; report-type=feedback-report       most of them (ARF, RFC 5965)
X-HmXmrOriginalRecipient in the mail that came      Outlook.com's junk mail reports, which have no other form
[ Offending message ]                               SpamCop's, in plain text
"""

from __future__ import annotations

from dataclasses import dataclass

from alongside.delivery.arrived.mails import ArrivedMail, Headers, find_addresses, find_ids, read_headers
from alongside.delivery.arrived.texts import top_text

# Reports in the same form of what no person complained of: a button pressed back, a forged sender (RFC 6591), a virus.
_NO_COMPLAINTS = frozenset(("not-spam", "auth-failure", "virus"))
_SPAMCOP, _SPAMCOP_ORIGINAL = "@reports.spamcop.net", "[ Offending message ]"


@dataclass(frozen=True, slots=True)
class Complaint:
    """What a complaint says of the mail it is about; providers black out most of it."""

    message_ids: tuple[str, ...]  # of the mail that came with it
    addresses: tuple[str, ...]  # whom the mail came from, as the envelope said: there our token stands


def read_complaint(mail: ArrivedMail) -> Complaint | None:
    """The complaint in a mail, or None."""
    told = next((found for read in _FORMS if (found := read(mail)) is not None), None)
    if told is None:
        return None
    ids = [found for headers in told for found in find_ids(headers.first("message-id"))]
    addresses = [
        found
        for headers in told
        for name in ("original-mail-from", "return-path", "list-unsubscribe")
        for found in find_addresses(headers.first(name).replace("mailto:", " ").replace("?", " "))
    ]
    return Complaint(tuple(dict.fromkeys(ids))[:20], tuple(dict.fromkeys(addresses))[:20])


def _read_feedback(mail: ArrivedMail) -> list[Headers] | None:
    """The fields of an ARF report, and the headers of the mail it is about."""
    reports = [part.inner_headers() for part in mail.parts_of("message/feedback-report")]
    says_so = mail.type == "multipart/report" and mail.parameters.get("report-type", "").lower() == "feedback-report"
    if not reports and not says_so:
        return None
    if any(report.first("feedback-type").strip().lower() in _NO_COMPLAINTS for report in reports):
        return None
    originals = mail.parts_of("message/rfc822", "text/rfc822-headers", "text/rfc822", "message/global")
    return [*reports, *(part.inner_headers() for part in originals)]


def _read_junk_report(mail: ArrivedMail) -> list[Headers] | None:
    originals = [part.inner_headers() for part in mail.parts_of("message/rfc822")]
    return [original for original in originals if original.has("x-hmxmroriginalrecipient")] or None


def _read_spamcop(mail: ArrivedMail) -> list[Headers] | None:
    if not mail.sender.endswith(_SPAMCOP):
        return None
    _, mark, original = top_text(mail).partition(_SPAMCOP_ORIGINAL)
    return [read_headers(original.encode())] if mark else None


_FORMS = (_read_feedback, _read_junk_report, _read_spamcop)
