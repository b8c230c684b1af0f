"""Mail that came back: whether it failed, and whether that is about the mailbox or about this mail.

    Action: failed, Status: 5.1.1      hard: there is no such mailbox
    Action: failed, Status: 5.2.2      soft: it is full
    Action: delayed, Status: 4.4.1     delayed: the server still tries

Reports after RFC 3464 say it in fields, some with the server's words in them; older servers write for people, and then
`flufl.bounce` knows their forms. It is only asked about mail to an address that nothing but bounces should come to.
"""

from __future__ import annotations

import email
import email.policy
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from alongside.delivery.addresses import AddressError, normalise_address
from alongside.delivery.arrived.mails import ArrivedMail, Headers, find_address, read_headers, read_mail
from alongside.delivery.arrived.texts import top_text
from alongside.delivery.inbound.automatic import is_autoreply, is_null_sender

# hard: the mailbox is not there; soft: this mail was refused; delayed: it may still arrive; delivered: it did
Verdict = Literal["hard", "soft", "delayed", "delivered"]
_MILDEST: tuple[Verdict, ...] = ("delivered", "delayed", "soft", "hard")

# RFC 3463 section 3, RFC 7505 (5.1.10), and 5.4.1 as Exchange Online says "no such recipient".
_ABOUT_THE_MAILBOX = frozenset(("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"))
# These say no more than "it failed": the server's words decide.
_VAGUE = frozenset(("5.0.0", "5.1.0", "5.2.0", "5.3.0", "5.4.0", "5.4.1", "5.4.4", "5.5.0", ""))

MOST_RECIPIENTS = 20
LONGEST_WORDS = 8_000  # characters of what a server wrote for people
LONGEST_FOR_FLUFL = 1 << 16  # bytes; what a bounce says stands at its top
MOST_LINES = 1_200  # it tries some fifty patterns on each
MOST_LEVELS = 60  # the standard library's parser takes a generator for each level of nesting

logging.getLogger("flufl.bounce").addHandler(logging.NullHandler())
logging.getLogger("flufl.bounce").propagate = False  # it logs whole tracebacks with addresses


@dataclass(frozen=True, slots=True)
class Bounce:
    """What became of a mail of ours for one recipient, as somebody's server tells it."""

    verdict: Verdict
    status: str = ""  # an enhanced status code (RFC 3463), or empty
    recipient: str = ""  # normalised; empty where the server does not say


def is_delivery_report(mail: ArrivedMail) -> bool:
    """Whether it has the form of RFC 3464; also without the token that would say about which mail."""
    if mail.type == "multipart/report" and mail.parameters.get("report-type", "").lower() == "delivery-status":
        return True
    return bool(mail.parts_of("message/delivery-status", "message/global-delivery-status"))


def read_bounces(mail: ArrivedMail, *, sender: str | None) -> tuple[Bounce, ...]:
    """What a mail to a bounce address says; empty when it is no bounce (a vacation note, a person's answer)."""
    reported = tuple(_read_reports(mail))
    if not reported:
        # A gateway's wrapping: the report is the mail in the mail.
        for part in mail.parts_of("message/rfc822")[:1]:
            inner = read_mail(part.body)
            reported = tuple(_read_reports(inner)) if is_delivery_report(inner) else ()
    return reported or _read_words(mail, sender)


def settle(bounces: tuple[Bounce, ...], address: str) -> Bounce:
    """The one that counts for `address`; where a report names only others (a forward's), the mildest."""
    ours = [bounce for bounce in bounces if bounce.recipient == address]
    return min(ours or bounces, key=lambda bounce: _MILDEST.index(bounce.verdict))


def _read_words(mail: ArrivedMail, sender: str | None) -> tuple[Bounce, ...]:
    """A bounce without fields for machines."""
    if not is_delivery_report(mail) and _is_vacation(mail):
        return ()
    if not is_delivery_report(mail) and _is_by_a_person(mail, sender):
        return ()
    words = server_words(mail)
    seen = _ask_flufl(mail)
    if seen is None and not _looks_like_one(mail, sender, words):
        return ()
    if seen == "delayed" or (seen is None and _DELAYED.search(words)):
        return (Bounce("delayed", _code_in_text(words)),)
    return (judge(_code_in_text(words), words),)


def judge(status: str, words: str) -> Bounce:
    """A failure by its status code and the server's words: hard when it is about the mailbox, else soft."""
    inner = _code_in_text(words)
    if status in _VAGUE and inner and inner not in _VAGUE:
        status = inner
    if status in _ABOUT_THE_MAILBOX:
        # Some servers say 5.1.1 or 5.2.1 of a mailbox that is only full.
        return Bounce("soft" if _FULL.search(words) else "hard", status)
    if status not in _VAGUE:
        return Bounce("soft", status)
    hard = _GONE.search(words) is not None and _NOT_THE_MAILBOX.search(words) is None
    return Bounce("hard" if hard else "soft", status)


# "500"-like replies are left to the words after them; an address of a server (10.5.1.1) is no code.
_CODE = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")
# In a text only where a server puts one: a version number looks the same.
_CODE_IN_TEXT = re.compile(r"(?:\b[45]\d\d[\s:-]+|#|--\s)([45]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")
_FULL = re.compile(
    r"quota|(?:mail\s?box|mail\s?folder|inbox|account|disk)\s+(?:is\s+|size\s+)?(?:full|exceeded|limit)|over\s?quota"
    r"|space\s+not\s+enough|not\s+enough\s+space|insufficient\s+(?:system\s+)?storage|full\s+mailbox|mailbox\s+voll",
    re.IGNORECASE,
)
_NOT_THE_MAILBOX = re.compile(
    _FULL.pattern
    + r"|spam|unsolicited|block(?:ed|list)|blacklist|reputation|policy|virus|too\s+(?:large|big|many\s+hops)"
    r"|(?:message|mail)\s+size|maximum\s+\w+\s+(?:message\s+)?size|loop|try\s+again|temporar|time[d-]?\s?out|greylist"
    r"|not\s+accepting\s+mail\s+from|sender\s+(?:address\s+)?(?:rejected|denied|verify)|relay(?:ing)?\s+(?:access\s+)?denied"
    r"|has\s+not\s+been\s+collected|gateway",
    re.IGNORECASE,
)
_GONE = re.compile(
    r"(?:user|recipient|mailbox|address|account|addressee|destination|person|userid)\s+(?:is\s+|was\s+|has\s+been\s+)?"
    r"(?:un\s?known|not\s+(?:be\s+)?(?:found|known|valid|exist|listed|available)|invalid|disabled|inactive|suspended"
    r"|closed|deactivated|discontinued|expired|does\s*n[o']t\s+exist|unavailable|no\s+longer)"
    r"|(?:un\s?known|invalid|no\s+such|bad|illegal|non-?existent|inactive|disabled)\s+(?:or\s+illegal\s+)?(?:final\s+)?"
    r"(?:local\s+|virtual\s+|delivery\s+|destination\s+|e-?mail\s+)*(?:user|recipient|mailbox|address|account|addressee)"
    r"|mailbox\s+unavailable|no\s+mailbox\s+here|not\s+a\s+valid\s+(?:user|recipient|mailbox|address)"
    r"|(?:user|account|mailbox|recipient)\s+\S{1,80}(?:\s+\(\S{1,80}\))?\s+(?:not\s+(?:listed|found|known)|does\s*n[o']t)"
    r"|does\s*n[o']t\s+have\s+an?\s+\S{1,60}\s+account|account\s+has\s+been\s+(?:disabled|discontinued|deleted)"
    r"|did\s+not\s+exactly\s+match|no\s+matches\s+to\s+nameserver|does\s+not\s+have\s+a\s+final\s+e-?mail"
    r"|(?:address|adresse)\s+is\s+(?:wrong|incorrect|no\s+longer)|no\s+longer\s+(?:valid|works|employed|in\s+use)"
    r"|(?:domain|host)(?:\s+name)?\s+(?:does\s+not\s+exist|not\s+found|unknown)|unknown\s+(?:host|domain)"
    r"|recipient\s+address\s+rejected(?::\s+access\s+denied)?|unroutable\s+address|undeliverable\s+address"
    r"|n['’]existe\s+pas|non\s+recens|unbekannt\w*\s+(?:empf|adress|benutzer|nutzer)|(?:empf\w+|adresse|benutzer)\s+unbekannt"
    r"|destinat[aá]rio\s+(?:desconhecido|inexistente|desconocido)|no\s+existe|utente\s+sconosciuto|not\s+exist",
    re.IGNORECASE,
)
_DELAYED = re.compile(
    r"(?:has|have)\s+(?:been\s+delayed|not\s+yet\s+been\s+delivered)|delayed\s+\d+\s+(?:hours?|days?)|warning\s+only"
    r"|still\s+being\s+retried|(?:attempts?\s+will|will)\s+(?:be\s+)?continue|will\s+keep\s+trying|postponed",
    re.IGNORECASE,
)
_SENDERS = re.compile(
    r"mailer-?daemon|postmaster|mail[-_.\s]?(?:delivery|system|administrator)|delivery\s+subsystem", re.IGNORECASE
)
_SUBJECTS = re.compile(
    r"undeliver|non-?delivery|not\s+(?:be\s+)?delivered|returned\s+mail|mail\s+(?:error|returned)|fail(?:ure|ed)\b"
    r"|delivery\s+(?:status|report|problem|error)|unzustellbar|n[aã]o\s+entregue|no\s+entregad|non\s+remis"
    r"|配信(?:不能|エラー)|退信|не\s+доставлен",
    re.IGNORECASE,
)


def _looks_like_one(mail: ArrivedMail, sender: str | None, words: str) -> bool:
    """A failure nobody gave a form: sent by a mail system, and saying what went wrong."""
    by_machine = is_null_sender(mail, sender) or _SENDERS.search(mail.headers.text("from")) is not None
    subject = mail.headers.text("subject")
    says = _SUBJECTS.search(subject) or _GONE.search(words) or _FULL.search(words) or _DELAYED.search(words)
    has_original = bool(mail.parts_of("message/rfc822", "text/rfc822-headers"))
    named = _SUBJECTS.search(subject) is not None or _COULD_NOT.search(words[:2000]) is not None
    return says is not None and (by_machine or (has_original and named))


def _is_by_a_person(mail: ArrivedMail, sender: str | None) -> bool:
    """Whether it came from where it says, and answers a mail or forwards one: then its words are a person's."""
    is_known = sender is not None or mail.headers.has("return-path")
    returned = (
        find_address(mail.headers.first("return-path") if sender is None else sender) if is_known else mail.sender
    )
    if returned != mail.sender or returned == "" or _SENDERS.search(mail.headers.text("from")):
        return False
    subject = mail.headers.text("subject")
    # Servers answer "Re: your mail: delivery failed", but forward nothing.
    answers = (bool(mail.answers) or subject.lower().startswith("re:")) and _SUBJECTS.search(subject) is None
    return answers or _FORWARDED.match(subject) is not None


_FORWARDED = re.compile(r"(?:fwd?|wg|tr|rv|enc|doorst|vb|vl|vid|pd|пер|ilt|转发|轉寄|転送)\s?[:：]", re.IGNORECASE)


_COULD_NOT = re.compile(r"(?:could|can|was)\s?not\s+be\s+delivered|cannot\s+be\s+delivered", re.IGNORECASE)


def _is_vacation(mail: ArrivedMail) -> bool:
    """An automatic answer that does not claim to be a mail system's."""
    return is_autoreply(mail) and _SENDERS.search(mail.headers.text("from")) is None and not _names_failure(mail)


def _names_failure(mail: ArrivedMail) -> bool:
    return (
        "rejected" in mail.headers.first("auto-submitted") or _SUBJECTS.search(mail.headers.text("subject")) is not None
    )


def _read_reports(mail: ArrivedMail) -> Iterator[Bounce]:
    """Each recipient's fate in the fields of RFC 3464 section 2.3."""
    for part in mail.parts_of("message/delivery-status", "message/global-delivery-status"):
        # Blocks of fields, the first about the report itself; some servers put all into one.
        for block in part.body[:LONGEST_FOR_FLUFL].lstrip(b"\n").split(b"\n\n", MOST_RECIPIENTS)[:MOST_RECIPIENTS]:
            fields = read_headers(block)
            if fields.has("action") or (fields.has("status") and fields.has("final-recipient")):
                yield replace(_fate(fields, mail), recipient=_recipient(fields))


def _recipient(fields: Headers) -> str:
    """`rfc822; ana@example.org` -> `ana@example.org`."""
    for name in ("original-recipient", "final-recipient"):
        try:
            return normalise_address(fields.first(name).partition(";")[2].strip(" <>"))
        except AddressError:
            continue
    return ""


def _fate(fields: Headers, mail: ArrivedMail) -> Bounce:
    action = fields.first("action").strip().lower()
    words = f"{fields.first('status')} {fields.first('diagnostic-code')}"[:LONGEST_WORDS]
    status = _code_in(fields.first("status"))
    if action.startswith(("delivered", "relayed", "expanded")):
        return Bounce("delivered", status)
    if action.startswith("delayed") or (not action.startswith(("fail", "error")) and status.startswith("4.")):
        return Bounce("delayed", status)
    bounce = judge(status, words)
    if bounce.status in _VAGUE and bounce.verdict == "soft" and not _NOT_THE_MAILBOX.search(words):
        return judge(status, server_words(mail))
    return bounce


def _code_in(field: str) -> str:
    found = _CODE.search(field)
    return found[1] if found is not None else ""


def _code_in_text(words: str) -> str:
    found = _CODE_IN_TEXT.search(words)
    return found[1] if found is not None else ""


def server_words(mail: ArrivedMail) -> str:
    """What the server wrote for people, without the mail that came back."""
    text = top_text(mail)[:LONGEST_WORDS]
    returned = _RETURNED.search(text)
    shown = text[: returned.start()] if returned is not None and returned.start() > 0 else text
    return " ".join(_ABOUT_OURS.sub("", shown).split())


# Lines that say which mail it was: its subject is ours, and may speak of viruses and full mailboxes.
_ABOUT_OURS = re.compile(r"^[ \t]*(?:subject|to|cc|sent|date|from):.*$", re.IGNORECASE | re.MULTILINE)


_RETURNED = re.compile(
    r"^[>\s]{0,4}(?:received|return-path|x-\w[\w-]{0,30}):\s|original\s+message\s+(?:follows|as\s+received|attached)"
    r"|^[ \t>]{0,4}[-=|]{2,80}[ \t]{0,9}"
    r"(?:original|returned|unsent|message|this\s+is\s+a\s+copy|below|start\s+of\s+returned|header\s+of)\b"
    r"|here\s+is\s+a\s+copy|your\s+message\s+reads|^old\s+message:",
    re.IGNORECASE | re.MULTILINE,
)


def _ask_flufl(mail: ArrivedMail) -> Literal["failed", "delayed"] | None:
    """What `flufl.bounce` sees in a mail; None: nothing, or it stumbled over it."""
    from flufl.bounce import all_failures  # late: most mail never comes here

    raw = b"\n".join(mail.raw[:LONGEST_FOR_FLUFL].split(b"\n", MOST_LINES)[:MOST_LINES])
    if raw.count(b"boundary") + raw.count(b"message/") > MOST_LEVELS:
        return None
    try:
        temporary, permanent = all_failures(email.message_from_bytes(raw, policy=email.policy.compat32))
    except Exception:  # it raises all kinds on what is no bounce of the kind it thinks it sees
        return None
    return "failed" if permanent else "delayed" if temporary else None
