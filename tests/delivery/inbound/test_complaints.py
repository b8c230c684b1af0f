"""What mailbox providers write when somebody presses "this is spam"."""

from __future__ import annotations

import pytest

from alongside.delivery.arrived.mails import read_mail
from alongside.delivery.inbound.automatic import is_automatic
from alongside.delivery.inbound.complaints import read_complaint
from delivery.inbound.letters import MAILBOX, Office

ORIGINAL = """\
Return-Path: <{bounce}>
Received: from mx.example.org (mx.example.org [192.0.2.1])
From: Community <community@example.org>
To: {redacted}
Subject: Welcome
Message-ID: <{id}>
List-Unsubscribe: <https://example.org/leave>, <mailto:{stop}?subject=stop>

Hello.
"""


def arf(fields: str, sender: str, original: str = ORIGINAL, kind: str = "message/rfc822", type_: str = "") -> str:
    return (
        f"From: {sender}\nTo: {MAILBOX}\nSubject: FW: Welcome\nMessage-ID: <report@provider.example>\n"
        f'Content-Type: {type_ or "multipart/report; report-type=feedback-report"}; boundary="r"\n\n'
        "--r\nContent-Type: text/plain\n\nThis is an email abuse report.\n"
        f"--r\nContent-Type: message/feedback-report\n\n{fields}\n"
        f"--r\nContent-Type: {kind}\nContent-Disposition: inline\n\n{original}\n--r--\n"
    )


# Names of fields as the providers write them; what they black out is left blacked out.
COMPLAINTS = {
    "Yahoo": arf(
        "Feedback-Type: abuse\nUser-Agent: Yahoo!-Mail-Feedback/2.0\nVersion: 0.1\nOriginal-Mail-From: <{bounce}>\n"
        "Original-Rcpt-To: joana@example.net\nReported-Domain: example.org\nArrival-Date: Thu, 26 Nov 2026 10:00:00 +0000\n",
        "Yahoo! Mail AntiSpam Feedback <feedback@arf.mail.yahoo.example>",
    ),
    "AOL": arf(
        "Feedback-Type: abuse\nUser-Agent: AOL SComp\nVersion: 0.1\nReceived-Date: Thu, 26 Nov 2026\nSource-IP: 192.0.2.1\n"
        "Redacted-Address: redacted\nRedacted-Address: redacted@\n",
        "scomp@aol.example",
    ),
    "Validity for Comcast and Fastmail": arf(
        "Feedback-Type: abuse\nUser-Agent: ReturnPathFBL/2.0\nVersion: 1\nOriginal-Mail-From: <{bounce}>\nSource-IP: 192.0.2.1\n",
        "feedbackloop@feedback.postmaster.fbl.example",
    ),
    "mail.ru": arf(
        "Feedback-Type: abuse\nUser-Agent: Mail.Ru-FBL/1.0\nVersion: 0.1\nOriginal-Rcpt-To: <joana@example.net>\n"
        "Abuse-Type: complaint\n",
        "fbl@corp.mail.ru.example",
    ),
    "Yandex, headers alone": arf(
        "Feedback-Type: abuse\nUser-Agent: Yandex/1.0\nVersion: 0.1\n", "fbl@yandex.example", kind="text/rfc822-headers"
    ),
    "Signal Spam": arf(
        "Version: 1\nUser-Agent: Signal-Spam/1\nFeedback-Type: abuse\nReporting-MTA: dns; signal-spam.example\n",
        "signalement@signal-spam.example",
    ),
    "A phishing button": arf("Feedback-Type: fraud\nUser-Agent: x\nVersion: 1\n", "fbl@provider.example"),
    "An opt-out": arf("Feedback-Type: opt-out\nUser-Agent: x\nVersion: 0.1\n", "fbl@provider.example"),
    "In a multipart of another name": arf(
        "Feedback-Type: abuse\nUser-Agent: x\nVersion: 1\n", "fbl@provider.example", type_="multipart/mixed"
    ),
    "Outlook.com": (
        "From: staff@hotmail.example\nSubject: complaint about message from 192.0.2.1\nMessage-ID: <jmrp@hotmail.example>\n"
        'Content-Type: multipart/mixed; boundary="r"\n\n--r\nContent-Type: message/rfc822\n\n'
        "X-HmXmrOriginalRecipient: joana@hotmail.example\n" + ORIGINAL + "\n--r--\n"
    ),
    "SpamCop": (
        "From: Somebody <7123456789@reports.spamcop.net>\nSubject: [SpamCop (192.0.2.1) id:7123456789]Welcome\n"
        "Precedence: list\nMessage-ID: <rid_7123456789@msgid.spamcop.net>\nContent-Type: text/plain\n\n"
        "[ SpamCop V5.1.0 ]\nThis message is brief for your comfort.\n\n[ Offending message ]\n" + ORIGINAL
    ),
}  # fmt: skip
NO_COMPLAINTS = {
    "not spam after all": arf("Feedback-Type: not-spam\nUser-Agent: x\nVersion: 1\n", "fbl@provider.example"),
    "a forged sender (RFC 6591)": arf(
        "Feedback-Type: auth-failure\nUser-Agent: x\nVersion: 1\nAuth-Failure: dmarc\nIdentity-Alignment: none\n",
        "dmarc@provider.example",
    ),
    "a virus": arf("Feedback-Type: virus\nUser-Agent: x\nVersion: 1\n", "fbl@provider.example"),
}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("told_by", ["id", "bounce", "stop"])
@pytest.mark.parametrize("provider", COMPLAINTS)
def test_providers(office: Office, provider: str, told_by: str, end: str) -> None:
    """Whatever the provider leaves of the mail, its Message-ID or one of our addresses, it is enough."""
    known = {"id": office.sent_id(), "bounce": office.address("bounce"), "stop": office.address("stop")}
    blacked = {name: value if name == told_by else "redacted" for name, value in known.items()}
    heard = office.hear(COMPLAINTS[provider].format(**blacked, redacted="redacted@").replace("\n", end).encode())
    assert (heard.kind, heard.newcomer_id) == ("complaint", office.newcomer())
    assert office.suppressed() == [("", "complaint")]


@pytest.mark.parametrize("kind", NO_COMPLAINTS)
def test_reports_of_something_else(office: Office, kind: str) -> None:
    raw = NO_COMPLAINTS[kind].format(
        id=office.sent_id(), bounce=office.address("bounce"), stop=office.address("stop"), redacted=""
    )
    assert read_complaint(read_mail(raw.encode())) is None
    assert is_automatic(read_mail(raw.encode()), None)
    assert office.hear(raw.encode()).kind == "automatic"
    assert office.suppressed() == []


def test_complaints_about_nobody_here(office: Office) -> None:
    for raw in COMPLAINTS.values():
        mail = raw.format(id="other@example.com", bounce="b@example.com", stop="s@example.com", redacted="").encode()
        assert office.hear(mail).kind == "foreign"
    assert office.suppressed() == []


def test_a_person_who_forwards_a_mail_of_ours(office: Office) -> None:
    """Without a provider's mark it is no complaint."""
    raw = (
        COMPLAINTS["Outlook.com"]
        .replace("X-HmXmrOriginalRecipient", "X-Other")
        .replace("staff@hotmail.example", "joana@example.net")
    )
    mail = raw.format(id=office.sent_id(), bounce="b@example.com", stop="s@example.com", redacted="").encode()
    assert office.hear(mail).kind == "reply"
    assert read_complaint(read_mail(b"From: x@reports.spamcop.net\n\n[ Offending message ]")) is not None
    assert read_complaint(read_mail(b"From: x@reports.spamcop.net\n\nHello")) is None
