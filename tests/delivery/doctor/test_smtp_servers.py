from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from alongside.delivery.doctor.findings import Finding
from alongside.delivery.doctor.smtp_servers import check_smtp
from delivery.doctor.looking import NOW, MakeSetup, told
from mail_servers.certificates import ELSEWHERE, Authority, Certificate
from mail_servers.servers import free_ports

PASSWORD = "hunter2-not-told"
Look = Callable[..., list[Finding]]


class Mailbox:
    """Answers MAIL and RCPT as it is told, and notes that no mail came."""

    def __init__(self, sender: str = "250 OK", plain: str = "250 OK", tagged: str = "250 OK") -> None:
        self.answers = sender, plain, tagged
        self.mails = 0

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:  # noqa: N802
        envelope.mail_from = address
        return self.answers[0]

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:  # noqa: N802
        return self.answers[2] if "+" in address else self.answers[1]

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.mails += 1
        return "250 OK"


def let_in(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    return AuthResult(success=data.password.decode() == PASSWORD, handled=False)


@contextmanager
def serving(handler: object, **options: Any) -> Iterator[int]:
    [port] = free_ports(1)
    controller = Controller(handler, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def context_of(certificate: Certificate) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate.certificate, certificate.key)
    return context


@pytest.fixture
def look(make_setup: MakeSetup) -> Look:
    def look(url: str, **options: Any) -> list[Finding]:
        findings = list(check_smtp(make_setup(environment={"ALONGSIDE_SMTP_URL": url}, **options)))
        assert PASSWORD not in str(findings)
        return findings

    return look


def test_no_server(look: Look) -> None:
    assert told(look(""), "server") == (
        "skipped",
        "ALONGSIDE_SMTP_URL is not set: mail goes to outbox/. Set it: smtps://name:password@smtp.example.org",
    )
    assert told(look("http://x"), "server")[0] == "error"


def test_a_program(look: Look, tmp_path: Path) -> None:
    program = tmp_path / "sendmail"
    program.touch(0o644)
    program.chmod(0o644)
    assert told(look(f"sendmail:{program}"), "server") == (
        "error",
        f"{program} cannot be run. Make it executable for this user.",
    )
    program.chmod(0o755)
    assert told(look(f"sendmail:{program}"), "server") == (
        "ok",
        f"{program} is there; it queues and sends by itself.",
    )


def test_a_server_on_this_machine(look: Look) -> None:
    mailbox = Mailbox()
    with serving(mailbox, enable_SMTPUTF8=True) as port:
        findings = look(f"smtp://127.0.0.1:{port}")
    assert [(f.what, f.state, f.message) for f in findings] == [
        ("server", "ok", f"127.0.0.1, port {port} answers."),
        ("encryption", "ok", "None, and none is needed: the server is on this machine."),
        ("login", "ok", "None is asked for in ALONGSIDE_SMTP_URL."),
        (
            "extensions",
            "ok",
            "No PIPELINING, ENHANCEDSTATUSCODES. Each mail takes some more round trips. Why a mail is refused is told "
            "less exactly.",
        ),
        ("sender", "ok", "It lets us send as example.org."),
        ("mailbox", "ok", "It takes mail to community@example.org."),
        ("tagged mailbox", "ok", "Tagged addresses are taken too: bounces and stops find back."),
    ]
    assert mailbox.mails == 0


def test_mail_in_the_clear(look: Look) -> None:
    with serving(Mailbox()) as port:
        findings = look(f"smtp://0.0.0.0:{port}?tls=none")  # this machine, by a name that does not say so
    assert told(findings, "encryption") == (
        "warning",
        "Mail crosses the network to 0.0.0.0 unprotected. Take tls=none out of the URL.",
    )


def test_little_room_and_no_other_scripts(look: Look) -> None:
    with serving(Mailbox(), enable_SMTPUTF8=False, data_size_limit=50_000) as port:
        findings = look(f"smtp://127.0.0.1:{port}")
    assert told(findings, "extensions") == (
        "warning",
        "No SMTPUTF8. Newcomers whose address is not plain ASCII before the @ get no mail. Ask the provider, or use "
        "another server.",
    )
    assert told(findings, "size") == (
        "error",
        "It takes mails of 50,000 octets at most; ours may be larger. Ask the provider, or use another server.",
    )


@pytest.mark.parametrize(
    ("mailbox", "what", "state", "said"),
    [
        (
            Mailbox(sender="550 5.7.1 Not\tyours."),
            "sender",
            "error",
            "The server does not let us send as example.org: 550 5.7.1 Not yours. Allow this login to send as "
            "community@example.org and its tagged forms, or set mail.from.",
        ),
        (
            Mailbox(plain="550 5.1.1 No such user"),
            "mailbox",
            "error",
            "It does not take mail to community@example.org: 550 5.1.1 No such user. Make that mailbox: answers go there.",
        ),
        (
            Mailbox(tagged="550 5.1.1 No such user"),
            "tagged mailbox",
            "error",
            "It does not take mail to community+b-doctor@example.org: 550 5.1.1 No such user. Turn on tagged addresses "
            "(recipient_delimiter = + in Postfix): bounces and stops come back there.",
        ),
        (
            Mailbox(plain="451 4.7.1 Greylisted"),
            "mailbox",
            "warning",
            "It does not take mail to community@example.org: 451 4.7.1 Greylisted. Make that mailbox: answers go there.",
        ),
    ],
)
def test_mail_that_is_not_taken(look: Look, mailbox: Mailbox, what: str, state: str, said: str) -> None:
    with serving(mailbox) as port:
        assert told(look(f"smtp://127.0.0.1:{port}"), what) == (state, said)


@pytest.mark.filterwarnings("ignore:Requiring AUTH")  # aiosmtpd does not see TLS that was there from the first byte
@pytest.mark.parametrize("tls", ["starttls", "implicit"])
@pytest.mark.parametrize("password", [PASSWORD, "wrong"])
def test_login_over_tls(look: Look, authority: Authority, tls: str, password: str) -> None:
    context = context_of(authority.issue("server", days=40))
    options: dict[str, Any] = {"authenticator": let_in, "auth_require_tls": tls == "starttls", "auth_required": True}
    options |= {"ssl_context": context} if tls == "implicit" else {"tls_context": context}
    with serving(Mailbox(), **options) as port:
        findings = look(f"smtp://us:{password}@localhost:{port}?ca={authority.file}&tls={tls}", now=NOW, timeout=5)
    state, said = told(findings, "certificate")
    assert (state, said[:15], said[-10:]) == ("ok", "Trusted, until ", "(TLSv1.3).")
    if password == PASSWORD:
        assert told(findings, "login") == ("ok", "Name and password are right.")
        assert told(findings, "tagged mailbox")[0] == "ok"
    else:
        assert told(findings, "login") == (
            "error",
            "The server refuses name or password (535 5.7.8 Authentication credentials invalid). Mend "
            "ALONGSIDE_SMTP_URL; a password with @, / or % is percent-encoded. Some providers want an app password.",
        )
        assert "sender" not in {finding.what for finding in findings}


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("elsewhere", "The certificate of localhost is for another name. Name the server as its certificate does."),
        ("expired", "The certificate of localhost has expired. Renew it on the server."),
        (
            "self-signed",
            "The certificate of localhost is not trusted (self-signed certificate). Use a certificate of a public "
            "authority, or name the file of your own one.",
        ),
    ],
)
@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_bad_certificates(look: Look, authority: Authority, tls: str, kind: str, said: str) -> None:
    certificate = {
        "elsewhere": lambda: authority.issue("elsewhere", ELSEWHERE),
        "expired": lambda: authority.issue("expired", days=-1),
        "self-signed": lambda: authority.self_sign("own"),
    }[kind]()
    context = context_of(certificate)
    options = {"ssl_context": context} if tls == "implicit" else {"tls_context": context}
    with serving(Mailbox(), **options) as port:
        findings = look(f"smtp://localhost:{port}?ca={authority.file}&tls={tls}")
    assert told(findings, "certificate") == ("error", said)
    assert "sender" not in {finding.what for finding in findings}


def test_a_certificate_that_ends_soon(look: Look, authority: Authority) -> None:
    with serving(Mailbox(), tls_context=context_of(authority.issue("soon", days=5))) as port:
        findings = look(f"smtp://localhost:{port}?ca={authority.file}&tls=starttls", now=datetime.now(UTC))
    state, said = told(findings, "certificate")
    ends = datetime.now(UTC) + timedelta(days=5)
    assert (state, said) == (
        "warning",
        f"The certificate ends on {ends:%Y-%m-%d}, in 4 days. Renew it, and see why that did not happen by itself.",
    )


def test_no_starttls(look: Look) -> None:
    with serving(Mailbox()) as port:
        findings = look(f"smtp://127.0.0.1:{port}?tls=starttls")
    assert told(findings, "encryption") == (
        "error",
        f"127.0.0.1 offers no STARTTLS at port {port}. Use smtps:// (port 465), or ask the provider for the right port.",
    )


def test_tls_to_a_port_without(look: Look) -> None:
    with serving(Mailbox()) as port:
        state, said = told(look(f"smtps://127.0.0.1:{port}"), "certificate")
    assert state == "error"
    assert said.startswith("127.0.0.1 does not speak TLS as we do (")
    assert said.endswith(" See whether the port speaks TLS from the first byte, or only after STARTTLS.")


def test_a_server_without_login(look: Look) -> None:
    with serving(Mailbox(), auth_exclude_mechanism=["LOGIN", "PLAIN"]) as port:
        findings = look(f"smtp://us:{PASSWORD}@127.0.0.1:{port}?tls=none")
    assert told(findings, "login") == (
        "error",
        "The server knows no login here. Use the port for submission: 465 or 587.",
    )


@contextmanager
def speaking(*lines: bytes) -> Iterator[int]:
    """A server that says these lines, one after each it hears, and then hangs up."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection, connection.makefile("rb") as heard:
                for line in lines:
                    connection.sendall(line)
                    heard.readline()

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([b"554 5.7.1 Go away\r\n"], "127.0.0.1, port {port} greets with 554 5.7.1 Go away. It does not want this machine: look at its log."),
        ([b"220 x\r\n", b"502 5.5.1 What?\r\n"], "It answers EHLO with 502 5.5.1 What?. Mails need ESMTP: use another port."),
        ([b"220 x\r\n", b"250 x\r\n"], "127.0.0.1 broke off (Connection unexpectedly closed). Look at the server's log."),
    ],
)  # fmt: skip
def test_servers_that_say_no(look: Look, lines: list[bytes], said: str) -> None:
    with speaking(*lines) as port:
        findings = look(f"smtp://127.0.0.1:{port}")
    assert (findings[-1].state, f"{findings[-1].message} {findings[-1].hint}") == ("error", said.format(port=port))


def test_nobody_there(look: Look) -> None:
    [port] = free_ports(1)
    assert told(look(f"smtp://127.0.0.1:{port}"), "server") == (
        "error",
        f"Nobody listens at 127.0.0.1, port {port}. See whether the mail server runs.",
    )
    assert told(look("smtp://nobody.invalid"), "server") == (
        "error",
        "There is no nobody.invalid in the DNS. Mend ALONGSIDE_SMTP_URL.",
    )


def test_a_server_that_says_nothing(look: Look) -> None:
    with speaking(b"") as port:
        assert told(look(f"smtp://127.0.0.1:{port}", timeout=0.2), "server") == (
            "error",
            f"127.0.0.1, port {port} does not answer within 0.2 s. See whether a firewall is between, and whether the "
            "provider opens the port (587 or 465 rather than 25).",
        )
