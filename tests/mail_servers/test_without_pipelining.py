"""Servers that do not announce PIPELINING keep what they accept, once."""

from __future__ import annotations

import smtplib

import pytest

from mail_servers.no_pipelining import NoPipelining
from mail_servers.opensmtpd import OpenSmtpd

SENDER = "alongside@community.example.org"


def send(server: OpenSmtpd | NoPipelining, *message_ids: str) -> set[str]:
    """Send a mail for each; what the server announced."""
    with smtplib.SMTP(server.host, server.port, timeout=20) as session:
        for message_id in message_ids:
            session.sendmail(SENDER, ["ana@example.net"], f"Message-ID: {message_id}\r\nSubject: Hello\r\n\r\nHi\r\n")
        return set(session.esmtp_features)


def test_counts_by_message_id(without_pipelining: OpenSmtpd | NoPipelining) -> None:
    assert "pipelining" not in send(without_pipelining, "<1@example.org>", "<2@example.org>", "<1@example.org>")
    assert without_pipelining.store.wait_for(3) == {"<1@example.org>": 2, "<2@example.org>": 1}


def test_starts_each_test_empty(without_pipelining: OpenSmtpd | NoPipelining) -> None:
    assert without_pipelining.store.mails() == []


@pytest.mark.opensmtpd
def test_opensmtpd_refuses_other_domains(opensmtpd: OpenSmtpd) -> None:
    with (
        smtplib.SMTP(opensmtpd.host, opensmtpd.port, timeout=20) as session,
        pytest.raises(smtplib.SMTPRecipientsRefused),
    ):
        session.sendmail(SENDER, ["ana@elsewhere.example"], "Subject: Hello\r\n\r\nHi\r\n")
