"""The hostile server does what its script says, and records the truth about it."""

from __future__ import annotations

import json
import smtplib
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from mail_servers.certificates import Authority
from mail_servers.faults import FAULTS, Director, Drip, Drop, Never, Phase, Rule, Say, Script, greylist, tls_faults
from mail_servers.hostile import HostileServer, running_hostile_server

MAIL = b"Message-ID: <1@community.example.org>\r\nSubject: Hello\r\n\r\nOne\r\n..two\r\n.\r\n"
SENDER, RECIPIENT = "alongside@community.example.org", "ana@example.net"


def connect(server: HostileServer) -> smtplib.SMTP:
    return smtplib.SMTP(server.host, server.port, timeout=5)


def send(server: HostileServer, *recipients: str) -> None:
    with connect(server) as session:
        session.sendmail(SENDER, recipients or [RECIPIENT], MAIL)


def talk(server: HostileServer, *commands: bytes) -> bytes:
    """Everything the server says to a client that sends all at once."""
    with socket.create_connection((server.host, server.port), timeout=5) as connection:
        connection.sendall(b"".join(command + b"\r\n" for command in commands))
        connection.shutdown(socket.SHUT_WR)
        said = b""
        while received := connection.recv(65_536):
            said += received
        return said


def test_behaves_without_a_script(tmp_path: Path) -> None:
    with running_hostile_server(journal=tmp_path / "journal") as server:
        send(server)
        send(server, RECIPIENT, "bea@example.net")
        [first, second] = server.accepted
    assert (first.content, first.sender, first.recipients) == (MAIL, SENDER, (RECIPIENT,))
    assert first.was_told
    assert second.recipients == (RECIPIENT, "bea@example.net")
    assert server.duplicates == {"<1@community.example.org>": 2}
    assert server.lost(["<1@community.example.org>", "<2@community.example.org>"]) == {"<2@community.example.org>"}
    lines = (tmp_path / "journal").read_text().splitlines()
    assert [json.loads(line)["content"].encode() for line in lines] == [MAIL, MAIL]


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase not in {Phase.STARTTLS, Phase.AUTH, Phase.RSET}])
@pytest.mark.parametrize("reset", [False, True])
def test_drops_the_connection(phase: Phase, *, reset: bool) -> None:
    with running_hostile_server(Script(rules=(Rule(at=phase, do=Drop(reset=reset)),))) as server:
        if phase is Phase.QUIT:
            with connect(server) as session:
                session.sendmail(SENDER, [RECIPIENT], MAIL)
        else:
            with pytest.raises((smtplib.SMTPException, OSError)):
                send(server)
        assert len(server.accepted) == (phase in {Phase.ACCEPTED, Phase.QUIT})
        assert [mail.was_told for mail in server.accepted] == [phase is Phase.QUIT] * len(server.accepted)


def test_says_half_a_reply() -> None:
    with running_hostile_server(Script(rules=(FAULTS["half at accepted"],))) as server:
        said = talk(server, b"EHLO x", b"MAIL FROM:<a@b>", b"RCPT TO:<c@d>", b"DATA", b"Message-ID: <x>\r\n\r\n.")
    assert said.endswith(b"\r\n250 2.0.0 O")
    assert server.counts == {"<x>": 1}


@pytest.mark.parametrize("name", [name for name in FAULTS if name[:3].isdigit()])
def test_refuses(name: str) -> None:
    with running_hostile_server(Script(rules=(FAULTS[name],))) as server:
        commands = (
            b"EHLO x",
            b"RSET",
            b"MAIL FROM:<a@b>",
            b"RCPT TO:<c@d>",
            b"DATA",
            b"Message-ID: <x>\r\n\r\n.",
            b"QUIT",
        )
        said = talk(server, *commands)
    text, _, phase = name.rpartition(" at ")
    assert text.encode() + b"\r\n" in said
    assert len(server.accepted) == (phase in {Phase.ACCEPTED, Phase.QUIT})


def test_greylists_each_recipient() -> None:
    with running_hostile_server(Script(rules=(greylist(2),))) as server:
        for recipient in (RECIPIENT, "bea@example.net"):
            for _ in range(2):
                with pytest.raises(smtplib.SMTPRecipientsRefused):
                    send(server, recipient)
            send(server, recipient)
    assert [mail.recipients for mail in server.accepted] == [(RECIPIENT,), ("bea@example.net",)]


def test_refuses_some_recipients() -> None:
    rule = Rule(at=Phase.RCPT, do=Say("550 5.1.1 Unknown"), recipient="*@gone.example")
    with running_hostile_server(Script(rules=(rule,))) as server:
        send(server, RECIPIENT, "x@gone.example")
    assert server.accepted[0].recipients == (RECIPIENT,)


def test_counts_by_connection_and_from_a_moment_on() -> None:
    rule = Rule(at=Phase.MAIL, do=Say("451 4.3.0 Later"), skip=1, times=1, per="connection")
    with running_hostile_server(Script(rules=(rule,))) as server:
        for _ in range(2):
            with connect(server) as session:
                session.ehlo()
                assert [session.mail("a@b")[0] for _ in range(3)] == [250, 451, 250]


def test_chance_is_decided_by_the_seed() -> None:
    def draw(seed: int) -> list[bool]:
        director = Director(Script(rules=(Rule(at=Phase.DOT, do=Drop(), chance=0.3),), seed=seed))
        return [director.choose(Phase.DOT, 0, ()) is not None for _ in range(1000)]

    assert draw(1) == draw(1) != draw(2)
    assert 250 < sum(draw(1)) < 350


@pytest.mark.parametrize("phase", [Phase.CONNECT, Phase.EHLO, Phase.RCPT, Phase.ACCEPTED])
def test_never_answers_and_still_stops(phase: Phase) -> None:
    with running_hostile_server(Script(rules=(Rule(at=phase, do=Never()),))) as server:
        with pytest.raises(OSError, match="timed out"), smtplib.SMTP(server.host, server.port, timeout=0.2) as session:
            session.sendmail(SENDER, [RECIPIENT], MAIL)
        assert len(server.accepted) == (phase is Phase.ACCEPTED)


@pytest.mark.parametrize("name", ["endless line at mail", "endless lines at rcpt"])
def test_never_comes_to_an_end(name: str) -> None:
    with running_hostile_server(Script(rules=(FAULTS[name],))) as server:
        with socket.create_connection((server.host, server.port), timeout=5) as connection:
            connection.sendall(b"EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n")
            received = sum(len(connection.recv(65_536)) for _ in range(100))
        assert received > 100_000


def test_replies_byte_by_byte_and_with_lines_nobody_asked_for() -> None:
    rules = (Rule(at=Phase.EHLO, do=Drip()), FAULTS["lines nobody asked for"], FAULTS["beyond ASCII"])
    with running_hostile_server(Script(rules=rules)) as server:
        said = talk(server, b"HELO x", b"MAIL FROM:<a@b>", b"RCPT TO:<c@d>", b"DATA", b"\r\n.")
    codes = [line[:3] for line in said.splitlines()]
    assert codes == [b"220", b"250", b"250", b"250", b"250", b"354", b"250"]
    assert "schöne Grüße".encode() in said


@pytest.mark.parametrize(("pipelining", "hurries"), [(True, []), (False, [(0, "EHLO"), (0, "MAIL"), (0, "RCPT")])])
def test_notes_who_does_not_wait(pipelining: bool, hurries: list[tuple[int, str]]) -> None:
    with (
        running_hostile_server(Script(pipelining=pipelining)) as server,
        socket.create_connection((server.host, server.port), timeout=5) as connection,
    ):
        greeting = connection.recv(1000)
        if not pipelining:
            connection.sendall(b"EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n")
        else:
            connection.sendall(b"EHLO x\r\n")
            greeting += connection.recv(1000)
            connection.sendall(b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n")
        while b"354" not in greeting:
            greeting += connection.recv(1000)
    assert (b"PIPELINING" in greeting) is pipelining
    assert server.record.hurries == hurries


def test_keeps_the_size_it_announced() -> None:
    with running_hostile_server(Script(size=1000)) as server, connect(server) as session:
        session.ehlo()
        assert session.esmtp_features["size"] == "1000"
        assert session.mail(SENDER, ["SIZE=1001"])[0] == 552
        session.mail(SENDER)
        session.rcpt(RECIPIENT)
        assert session.data(b"x" * 1001)[1].startswith(b"5.3.4")


@pytest.mark.parametrize("method", ["auth_plain", "auth_login"])
def test_checks_passwords(method: str) -> None:
    with running_hostile_server(Script(passwords={"ana": "pässword"})) as server, connect(server) as session:
        session.ehlo()
        mechanism: Callable[..., str] = getattr(session, method)
        name = method.removeprefix("auth_").upper()
        session.user, session.password = "ana", "wrong"
        with pytest.raises(smtplib.SMTPAuthenticationError, match="535"):
            session.auth(name, mechanism)
    with running_hostile_server(Script(passwords={"ana": "password"})) as server, connect(server) as session:
        session.login("ana", "password")


def start_tls(session: smtplib.SMTP, context: ssl.SSLContext) -> None:
    code, text = session.starttls(context=context)
    if code != 220:
        raise smtplib.SMTPResponseException(code, text)


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("self-signed", ssl.SSLCertVerificationError),
        ("wrong host", ssl.SSLCertVerificationError),
        ("expired", ssl.SSLCertVerificationError),
        ("454", smtplib.SMTPResponseException),
        ("no TLS after 220", ssl.SSLError),
        ("drop at starttls", smtplib.SMTPServerDisconnected),
    ],
)
def test_fails_at_tls(authority: Authority, name: str, error: type[Exception]) -> None:
    context = ssl.create_default_context(cafile=str(authority.file))
    with (
        running_hostile_server(tls_faults(authority)[name]) as server,
        smtplib.SMTP("localhost", server.port) as session,
    ):
        with pytest.raises(error):
            start_tls(session, context)
        session.close()


@pytest.mark.parametrize("implicit", [False, True])
def test_talks_tls(authority: Authority, implicit: bool) -> None:
    context = ssl.create_default_context(cafile=str(authority.file))
    script = Script(tls=authority.issue("fitting"), implicit_tls=implicit)
    with running_hostile_server(script) as server:
        if implicit:
            session: smtplib.SMTP = smtplib.SMTP_SSL("localhost", server.port, context=context, timeout=5)
        else:
            session = smtplib.SMTP("localhost", server.port, timeout=5)
            session.starttls(context=context)
        with session:
            session.sendmail(SENDER, [RECIPIENT], MAIL)
    assert len(server.accepted) == 1


def test_every_fault_can_be_played_and_stopped() -> None:
    commands = (b"EHLO x", b"RSET", b"MAIL FROM:<a@b>", b"RCPT TO:<c@d>", b"DATA", b"Message-ID: <x>\r\n\r\n.", b"QUIT")
    for rule in FAULTS.values():
        with (
            running_hostile_server(Script(rules=(rule,))) as server,
            suppress(OSError),  # a reset, or silence
            socket.create_connection((server.host, server.port), timeout=5) as connection,
        ):
            connection.sendall(b"".join(command + b"\r\n" for command in commands))
            connection.settimeout(0.05)
            connection.recv(65_536)
