"""Postfix and Dovecot do what a mail host does: told by Python's own clients."""

from __future__ import annotations

import imaplib
import smtplib
import socket
import ssl
import sys
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage, Message

import pytest

from mail_servers.mail_host import MailHost, running_mail_host

pytestmark = pytest.mark.mail

SENDER = "alongside+v-1@community.example.org"


def make_mail(message_id: str = "<1@community.example.org>") -> bytes:
    mail = EmailMessage()
    mail["From"] = "Alongside <alongside@community.example.org>"
    mail["Message-ID"] = message_id
    mail["Subject"] = "Hello"
    mail.set_content("Hello.\n")
    return mail.as_bytes()


def send(host: MailHost, recipient: str, mail: bytes | None = None, *, sender: str = SENDER) -> None:
    with smtplib.SMTP(host.host, host.smtp_port, timeout=20) as session:
        session.sendmail(sender, [recipient], mail or make_mail())


def parts(mail: bytes) -> dict[str, Message]:
    return {part.get_content_type(): part for part in message_from_bytes(mail, policy=policy.default).walk()}


def test_delivers_and_keeps_what_was_sent(mail_host: MailHost) -> None:
    mail_host.add_user("ana@example.net")
    send(mail_host, "ana@example.net")
    [mail] = mail_host.wait_for("ana@example.net")
    headers, _, body = mail.partition(b"\r\n\r\n")
    assert b"Return-Path: <alongside+v-1@community.example.org>" in headers
    assert b"Message-ID: <1@community.example.org>" in headers
    assert body == b"Hello.\r\n\r\n"


def test_starts_each_test_with_empty_mailboxes(mail_host: MailHost) -> None:
    mail_host.add_user("ana@example.net")
    assert mail_host.fetch("ana@example.net") == []


def test_finds_the_mailbox_before_the_plus(mail_host: MailHost) -> None:
    mail_host.add_user("notes@community.example.org")
    send(mail_host, "notes+r-abc@community.example.org")
    [mail] = mail_host.wait_for("notes@community.example.org")
    assert b"Delivered-To: notes+r-abc@community.example.org" in mail


def test_delivers_to_addresses_beyond_ascii(mail_host: MailHost) -> None:
    mail_host.add_user("jürgen@example.net")
    with smtplib.SMTP(mail_host.host, mail_host.smtp_port, timeout=20) as session:
        session.sendmail(SENDER, ["jürgen@example.net"], make_mail(), mail_options=["SMTPUTF8"])
    assert len(mail_host.wait_for("jürgen@example.net")) == 1


def test_announces_what_relays_announce(mail_host: MailHost) -> None:
    with smtplib.SMTP(mail_host.host, mail_host.smtp_port, timeout=20) as session:
        session.ehlo()
        announced = set(session.esmtp_features)
    assert {"pipelining", "starttls", "smtputf8", "8bitmime", "dsn", "size", "chunking"} <= announced


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_takes_passwords_after_starttls(mail_host: MailHost, mechanism: str) -> None:
    context = ssl.create_default_context(cafile=str(mail_host.ca_file))
    with smtplib.SMTP("localhost", mail_host.smtp_port, timeout=20) as session:
        session.starttls(context=context)
        session.ehlo()
        session.user, session.password = mail_host.user, mail_host.password
        method: Callable[..., str] = session.auth_plain if mechanism == "PLAIN" else session.auth_login
        assert session.auth(mechanism, method)[0] == 235


def test_speaks_tls_from_the_first_byte(mail_host: MailHost) -> None:
    context = ssl.create_default_context(cafile=str(mail_host.ca_file))
    with smtplib.SMTP_SSL(mail_host.host, mail_host.smtps_port, context=context, timeout=20) as session:
        with pytest.raises(smtplib.SMTPAuthenticationError):
            session.login(mail_host.user, "wrong")
        session.login(mail_host.user, mail_host.password)
    with imaplib.IMAP4_SSL(mail_host.host, mail_host.imaps_port, ssl_context=context, timeout=20) as imap:
        imap.login(mail_host.user, mail_host.password)


@pytest.mark.parametrize(
    ("recipient", "code", "text"),
    [("nobody@example.net", 550, b"5.1.1 "), ("x@elsewhere.example", 554, b"5.7.1 ")],
)
def test_refuses_recipients(mail_host: MailHost, recipient: str, code: int, text: bytes) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused) as failure:
        send(mail_host, recipient)
    assert failure.value.recipients[recipient][0] == code
    assert failure.value.recipients[recipient][1].startswith(text)


def test_bounces_to_the_envelope_sender(mail_host: MailHost) -> None:
    for recipient in (mail_host.full, mail_host.refusing):
        send(mail_host, recipient)
    bounces = [parts(mail) for mail in mail_host.wait_for(mail_host.user, 2)]
    assert all("multipart/report" in bounce and "message/rfc822" in bounce for bounce in bounces)
    reports = [str(bounce["message/delivery-status"]) for bounce in bounces]
    assert sorted(line for report in reports for line in report.splitlines() if line.startswith("Status:")) == [
        "Status: 5.1.1",
        "Status: 5.2.2",
    ]


def test_appends_by_imap(mail_host: MailHost) -> None:
    mail_host.add_user("team@community.example.org")
    mail_host.append("team@community.example.org", make_mail("<2@community.example.org>"))
    assert mail_host.fetch("team@community.example.org") == [
        make_mail("<2@community.example.org>").replace(b"\n", b"\r\n")
    ]


def test_pipes_mail_to_a_command_and_obeys_its_exit_status() -> None:
    script = "import sys; mail = sys.stdin.buffer.read(); print(len(mail)); sys.exit(int(b'bad' in mail) * 65)"
    command = [sys.executable, "-c", script, "${sender}", "${recipient}"]
    with running_mail_host(pipe_to={"notes@community.example.org": command}) as host:
        send(host, "notes+r-abc@community.example.org", make_mail("<good@example.net>"))
        send(host, "notes@community.example.org", make_mail("<bad@example.net>"))
        [bounce] = host.wait_for(host.user)
        host.wait_until_quiet()
        runs = sorted(host.pipe_runs, key=lambda run: run.status)
    assert [run.status for run in runs] == [0, 65]
    assert runs[0].command[-2:] == (SENDER, "notes+r-abc@community.example.org")
    assert b"Message-ID: <good@example.net>" in runs[0].mail
    assert "Diagnostic-Code: x-unix" in str(parts(bounce)["message/delivery-status"])


def test_runs_beside_another_and_hides_what_it_shall(mail_host: MailHost) -> None:
    with running_mail_host(hidden_keywords=["pipelining"]) as other:
        assert other.smtp_port != mail_host.smtp_port
        with smtplib.SMTP(other.host, other.smtp_port, timeout=20) as session:
            session.ehlo()
            assert "pipelining" not in session.esmtp_features
    with socket.socket() as probe:
        assert probe.connect_ex((other.host, other.smtp_port)) != 0, "it is still there"
