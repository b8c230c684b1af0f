"""What servers say when mail comes back, without a store."""

from __future__ import annotations

import pytest

from alongside.delivery.arrived.mails import read_mail
from alongside.delivery.inbound.bounces import Bounce, read_bounces, settle
from delivery.inbound.letters import JOANA, MAILBOX, letter, report


def told(raw: bytes, sender: str | None = "", address: str = JOANA) -> str:
    bounces = read_bounces(read_mail(raw), sender=sender)
    if not bounces:
        return "none"
    bounce = settle(bounces, address)
    return f"{bounce.verdict} {bounce.status}".rstrip()


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("action", "status", "diagnostic", "verdict"),
    [
        ("failed", "5.1.1", "", "hard 5.1.1"),
        ("failed", "5.1.2", "", "hard 5.1.2"),
        ("failed", "5.1.3", "", "hard 5.1.3"),
        ("Failed", "5.1.6", "", "hard 5.1.6"),
        ("failed", "5.1.10", "", "hard 5.1.10"),
        ("failed", "5.2.1", "", "hard 5.2.1"),
        ("failed", "5.2.1", "smtp; 552 5.2.1 Mailbox is full", "soft 5.2.1"),
        ("failed", "5.0.0", "smtp; 550 5.1.1 no such user", "hard 5.1.1"),
        ("failed", "5.0.0", "smtp; 550 User unknown", "hard 5.0.0"),
        ("failed", "5.4.1", "smtp; 550 5.4.1 Recipient address rejected: Access denied", "hard 5.4.1"),
        ("failed", "5.4.4", "dns; Host or domain name not found", "hard 5.4.4"),
        ("failed", "5.2.2", "smtp; 552 5.2.2 Over quota", "soft 5.2.2"),
        ("failed", "5.3.4", "smtp; 552 message too large", "soft 5.3.4"),
        ("failed", "5.7.1", "smtp; 554 5.7.1 User unknown to our spam filter", "soft 5.7.1"),
        ("failed", "5.0.0", "smtp; 550-5.7.1 likely unsolicited mail", "soft 5.7.1"),
        ("failed", "5.0.0", "smtp; 554 Sorry", "soft 5.0.0"),
        ("failed", "4.4.7", "smtp; delivery time expired", "soft 4.4.7"),
        ("failed", "nonsense", "", "soft"),
        ("delayed", "4.4.1", "smtp; connection timed out", "delayed 4.4.1"),
        ("delivered", "2.0.0", "", "delivered 2.0.0"),
        ("relayed", "2.0.0", "", "delivered 2.0.0"),
    ],
)
def test_reports(action: str, status: str, diagnostic: str, verdict: str, end: str) -> None:
    assert told(report(action, status, diagnostic, to=MAILBOX).replace(b"\n", end.encode())) == verdict


def test_a_report_in_the_mail_of_a_gateway() -> None:
    inner = report(to=MAILBOX)
    raw = (
        letter("--g\nContent-Type: message/rfc822\n\n", Content_Type="multipart/mixed; boundary=g")
        + inner
        + b"\n--g--\n"
    )
    assert told(raw) == "hard 5.1.1"


def test_several_recipients() -> None:
    bounces = (
        Bounce("hard", "5.1.1", "b@example.net"),
        Bounce("soft", "5.2.2", JOANA),
        Bounce("delivered", "2.1.5", "c@x"),
    )
    assert settle(bounces, JOANA).verdict == "soft"
    assert settle(bounces, "joana@elsewhere.example").verdict == "delivered"


@pytest.mark.parametrize(
    ("subject", "text", "verdict"),
    [
        ("failure notice", "Hi. This is the qmail-send program.\n<a@b.example>:\nNo mailbox here by that name. (#5.1.1)\n", "hard 5.1.1"),
        ("Mail delivery failed", "Your message could not be delivered.\n  joana@example.net\n    550 user unknown\n", "hard"),
        ("Undeliverable", "The mailbox is full.\n", "soft"),
        ("Undeliverable: user unknown", "It did not work.\n", "soft"),  # the subject may be of our mail
        ("Returned mail", "It did not work.\n\n--- Original message follows.\nuser unknown\n", "soft"),
        ("Warning: message delayed 24 hours", "Your message has been delayed.\n", "delayed"),
        ("Undeliverable: version 5.1.1", "Unknown recipient, try 10.5.1.1\n", "hard"),
        ("Hello", "See you on Monday.\n", "none"),
        ("Out of office", "My mailbox is unavailable.\n", "none"),
    ],
)  # fmt: skip
def test_words(subject: str, text: str, verdict: str) -> None:
    sender = "Mailer-Daemon@mx.example.net" if verdict != "none" else JOANA
    assert told(letter(text, sender=sender, subject=subject), sender="" if verdict != "none" else None) == verdict
