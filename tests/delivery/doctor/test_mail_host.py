"""Against Postfix, Dovecot and dnsmasq, as a small organisation runs them."""

from __future__ import annotations

import socket
from contextlib import closing

import pytest

from alongside.delivery.doctor.domains import check_domain
from alongside.delivery.doctor.findings import Finding
from alongside.delivery.doctor.mailboxes import check_imap
from alongside.delivery.doctor.name_servers import make_lookup, make_resolver
from alongside.delivery.doctor.smtp_servers import check_smtp
from alongside.settings import MailSettings
from delivery.doctor.looking import MakeSetup, told
from mail_servers.dns import running_name_server
from mail_servers.mail_host import PASSWORD, USER, MailHost
from mail_servers.servers import free_ports

pytestmark = pytest.mark.mail


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_postfix(mail_host: MailHost, make_setup: MakeSetup, scheme: str) -> None:
    url = mail_host.smtp_url if scheme == "smtp" else mail_host.smtps_url
    setup = make_setup(
        environment={"ALONGSIDE_SMTP_URL": f"{url.replace('127.0.0.1', 'localhost')}?ca={mail_host.ca_file}"},
        mail=MailSettings(sender=USER),
        timeout=10,
    )
    findings = list(check_smtp(setup))
    assert {f.what for f in findings if f.state != "ok"} == {"certificate"}  # that of the tests ends soon
    assert told(findings, "extensions") == ("ok", "PIPELINING, 8BITMIME, SMTPUTF8, ENHANCEDSTATUSCODES.")
    assert told(findings, "tagged mailbox")[0] == "ok"
    mail_host.wait_until_quiet()
    assert mail_host.fetch(USER) == []


def test_a_mailbox_postfix_does_not_have(mail_host: MailHost, make_setup: MakeSetup) -> None:
    setup = make_setup(
        environment={"ALONGSIDE_SMTP_URL": f"{mail_host.smtp_url}?ca={mail_host.ca_file}"},
        mail=MailSettings(sender="nobody@community.example.org"),
        timeout=10,
    )
    state, said = told(check_smtp(setup), "mailbox")
    assert state == "error"
    assert said.startswith("It does not take mail to nobody@community.example.org: 550 5.1.1")


@pytest.mark.parametrize("scheme", ["imap", "imaps"])
def test_dovecot(mail_host: MailHost, make_setup: MakeSetup, scheme: str) -> None:
    url = mail_host.imap_url if scheme == "imap" else mail_host.imaps_url
    url = f"{url.replace('127.0.0.1', 'localhost')}?ca={mail_host.ca_file}"
    mail_host.append(USER, b"Subject: One\r\n\r\nHello.\r\n")
    findings = list(check_imap(make_setup(environment={"ALONGSIDE_IMAP_URL": url}, timeout=10)))
    assert told(findings, "server")[0] == "ok"
    assert told(findings, "certificate")[0] in ("ok", "warning")
    assert told(findings, "login") == ("ok", "Name and password are right.")
    assert told(findings, "folder") == ("ok", "INBOX holds 1 mail.")


def test_what_dovecot_refuses(mail_host: MailHost, make_setup: MakeSetup) -> None:
    def look(url: str) -> list[Finding]:
        return list(check_imap(make_setup(environment={"ALONGSIDE_IMAP_URL": url}, timeout=10)))

    good = mail_host.imap_url
    wrong = look(good.replace(PASSWORD, "hunter2"))
    state, said = told(wrong, "login")
    assert (state, said[:41]) == ("error", "The server refuses name or password ([AUT")
    assert "hunter2" not in str(wrong)
    assert told(look(f"{good}/Ans%C3%AAwers"), "folder") == (
        "error",
        'There is no folder "Ansêwers". Write it after the host: /INBOX.',
    )


def test_no_imap(make_setup: MakeSetup) -> None:
    [port] = free_ports(1)
    for url, state, said in (
        (
            "",
            "skipped",
            "ALONGSIDE_IMAP_URL is not set: answers are not read. Set it: imaps://name:password@imap.example.org/INBOX, "
            "or let the mail system pipe them in.",
        ),
        (
            f"imaps://us:x@127.0.0.1:{port}",
            "error",
            f"Nobody listens at 127.0.0.1, port {port}. See whether the IMAP server runs.",
        ),
        (
            "imaps://us:x@nobody.invalid",
            "error",
            "There is no nobody.invalid in the DNS. Mend ALONGSIDE_IMAP_URL.",
        ),
    ):
        assert told(check_imap(make_setup(environment={"ALONGSIDE_IMAP_URL": url})), "server") == (state, said)
    assert told(check_imap(make_setup(environment={"ALONGSIDE_IMAP_URL": "x"})), "server")[0] == "error"


def test_dnsmasq(make_setup: MakeSetup) -> None:
    with running_name_server(
        txt={
            "example.org": ["v=spf1 include:_spf.example.net ~all"],
            "_spf.example.net": [f"v=spf1 {' '.join(f'ip4:192.0.2.{number}' for number in range(40))} -all"],
            "_dmarc.example.org": ["v=DMARC1; p=reject; rua=mailto:dmarc@example.org"],
        },
        mx={"example.org": ["mail.example.org"]},
        a={"mail.example.org": "192.0.2.1"},
    ) as server:
        lookup = make_lookup(make_resolver(f"{server.host}:{server.port}", timeout=5))
        findings = list(check_domain(make_setup(), lookup, None))
    assert [(f.what, f.state) for f in findings] == [
        ("MX", "ok"),
        ("SPF", "ok"),
        ("SPF end", "ok"),
        ("DKIM", "warning"),
        ("DMARC", "ok"),
        ("DMARC reports", "ok"),
        ("alignment", "ok"),
    ]


def test_an_imap_server_nobody_vouches_for(mail_host: MailHost, make_setup: MakeSetup) -> None:
    url = mail_host.imaps_url.replace("127.0.0.1", "localhost")
    state, said = told(check_imap(make_setup(environment={"ALONGSIDE_IMAP_URL": url}, timeout=10)), "certificate")
    assert (state, said.split(" (")[0]) == ("error", "The certificate of localhost is not trusted")


def test_an_imap_server_that_says_nothing(make_setup: MakeSetup) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        port = silent.getsockname()[1]
        setup = make_setup(environment={"ALONGSIDE_IMAP_URL": f"imap://us:x@127.0.0.1:{port}"}, timeout=0.2)
        assert told(check_imap(setup), "server") == (
            "error",
            f"127.0.0.1, port {port} does not answer within 0.2 s. Is a firewall between?",
        )
