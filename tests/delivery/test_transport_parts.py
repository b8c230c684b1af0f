"""The parts of a way out: the dialogue with a server, its URL, the pace, and a sendmail program."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import cast

import pytest

from alongside.delivery.transports.dialogue import LONGEST_LINE, ConversationError, Dialogue
from alongside.delivery.transports.envelopes import DeliveryError, Envelope, Fate
from alongside.delivery.transports.pace import Pace
from alongside.delivery.transports.replies import Reply
from alongside.delivery.transports.sendmail import Sendmail
from alongside.delivery.transports.smtp_url import SendmailProgram, parse_smtp_url, parse_transport_url
from alongside.problems import UsageError
from delivery.sending import deliver


class _Line:
    """Stands for asyncio's transport: what was written, and whether it is closed."""

    def __init__(self) -> None:
        self.written, self.closed = b"", False

    def set_protocol(self, protocol: object) -> None:
        pass

    def write(self, data: bytes) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    abort = close


def hear(*packets: bytes | None, questions: int = 1) -> list[Reply]:
    """What a dialogue makes of packets; None: the server hangs up."""

    async def run() -> list[Reply]:
        dialogue = Dialogue(cast(asyncio.Transport, _Line()))
        asked = asyncio.ensure_future(dialogue.ask(*[b"NOOP\r\n"] * questions, timeout=5))
        await asyncio.sleep(0)
        for packet in packets:
            if packet is None:
                dialogue.eof_received()
            else:
                dialogue.data_received(packet)
        return await asyncio.wait_for(asked, 5)

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("packets", "replies"),
    [
        ((b"250 2.0.0 Ok\r\n",), [Reply(250, "2.0.0 Ok")]),
        (tuple(bytes([octet]) for octet in b"250-One\r\n250 Two\r\n"), [Reply(250, "One Two")]),
        ((b"250-One\r\n250-Two\r\n", b"250 Three\r\n"), [Reply(250, "One Two Three")]),
        ((b"250\r\n",), [Reply(250, "")]),
        ((b"250-\r\n250\r\n",), [Reply(250, " ")]),
        ((b"250 Ok\n",), [Reply(250, "Ok")]),
        ((b"250 Ok\r\n", None), [Reply(250, "Ok")]),  # complete before the end
        (("250 schöne Grüße\r\n".encode(),), [Reply(250, "schöne Grüße")]),
        ((b"250 \xff\r\n",), [Reply(250, "�")]),
    ],
)
def test_replies_are_put_together(packets: tuple[bytes | None, ...], replies: list[Reply]) -> None:
    assert hear(*packets) == replies


def test_several_replies_in_one_packet_answer_several_commands() -> None:
    assert [reply.code for reply in hear(b"250 a\r\n250 b\r\n354 c\r\n", questions=3)] == [250, 250, 354]


@pytest.mark.parametrize(
    ("packets", "why"),
    [
        ((None,), "the server hung up"),
        ((b"250 O", None), "the server hung up"),
        ((b"250-One\r\n", None), "the server hung up"),
        ((b"Hello\r\n",), "an answer that is no SMTP"),
        ((b"\r\n",), "an answer that is no SMTP"),
        ((b"2500 Ok\r\n",), "an answer that is no SMTP"),
        ((b"999 Ok\r\n",), "an answer that is no SMTP"),
        ((b"150 Ok\r\n",), "an answer that is no SMTP"),
        (("٢٥٠ Ok\r\n".encode(),), "an answer that is no SMTP"),
        ((b"250-One\r\n550 Two\r\n",), "an answer with two codes"),
        ((b"250 Ok\r\n250 Ok\r\n",), "more answers than questions"),
        ((b"250 " + b"x" * (LONGEST_LINE + 1),), "an answer without an end"),
        ((b"250-x\r\n" * 200,), "an answer without an end"),
    ],
)
def test_what_is_no_reply_ends_it(packets: tuple[bytes | None, ...], why: str) -> None:
    with pytest.raises(ConversationError, match=why):
        hear(*packets)


def test_silence_ends_it() -> None:
    async def run() -> None:
        await Dialogue(cast(asyncio.Transport, _Line())).ask(b"NOOP\r\n", timeout=0.01)

    with pytest.raises(ConversationError, match="no answer in time"):
        asyncio.run(run())


def test_what_nobody_asked_for_ends_it_before_the_next_question() -> None:
    async def run() -> None:
        line = _Line()
        dialogue = Dialogue(cast(asyncio.Transport, line))
        dialogue.data_received(b"421 4.4.2 Idle for too long\r\n")
        assert not dialogue.is_usable
        with pytest.raises(ConversationError):
            await dialogue.ask(b"NOOP\r\n", timeout=5)
        dialogue.close(politely=True)
        assert line.written == b""

    asyncio.run(run())


def test_quit_is_said_at_the_end() -> None:
    async def run() -> None:
        line = _Line()
        Dialogue(cast(asyncio.Transport, line)).close(politely=True)
        assert (line.written, line.closed) == (b"QUIT\r\n", True)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtps://ana:p%40ss%2Fw@smtp.example.org", ("smtp.example.org", 465, "implicit", "ana", "p@ss/w")),
        ("smtps://smtp.example.org:2465", ("smtp.example.org", 2465, "implicit", "", "")),
        ("smtp://ana%40example.org:x@smtp.example.org", ("smtp.example.org", 587, "starttls", "ana@example.org", "x")),
        ("smtp://relay.example.org", ("relay.example.org", 587, "starttls", "", "")),
        ("smtp://relay.example.org:25?tls=none", ("relay.example.org", 25, "none", "", "")),
        ("smtp://localhost", ("localhost", 25, "none", "", "")),
        ("smtp://LOCALHOST.:2525", ("localhost.", 2525, "none", "", "")),
        ("smtp://127.0.0.1", ("127.0.0.1", 25, "none", "", "")),
        ("smtp://[::1]:2525", ("::1", 2525, "none", "", "")),
        ("smtp://ana:x@localhost", ("localhost", 587, "starttls", "ana", "x")),
        ("smtp://ana:x@localhost?tls=none", ("localhost", 25, "none", "ana", "x")),
        ("  smtp://localhost/ \n", ("localhost", 25, "none", "", "")),
    ],
)
def test_servers_by_url(url: str, expected: tuple[str, int, str, str, str]) -> None:
    server = parse_smtp_url(url)
    assert (server.host, server.port, server.tls, server.username, server.password) == expected
    assert "password" not in repr(server)


def test_options_of_a_url(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("x")
    server = parse_smtp_url(f"smtps://a:b@h.example?ca={tmp_path}/ca.pem&connections=9&messages=7&timeout=3")
    assert (server.connections, server.messages, server.timeout_seconds) == (9, 7, 3.0)
    assert server.ca_file == tmp_path / "ca.pem"


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("smtp.example.org", "is no URL"),
        ("https://ana:hunter2@example.org", 'begins with "https:"'),
        ("smtp://", "names no server"),
        ("smtp://ana:hunter2@", "names no server"),
        ("smtp://ana:hunter2@example.org:port", "is no URL"),
        ("smtp://ana:hunter2@example.org:99999", "is no URL"),
        ("smtp://ana:hunter2/x@example.org", "is no URL"),
        ("smtp://ana:x#hunter2@example.org", "is no URL"),
        ("smtp://ana:hunter2@example.org/path", "has a path"),
        ("smtp://ana:hunter2@example.org?tls=none", "would send the password unprotected"),
        ("smtps://ana:hunter2@example.org?tls=starttls", "is not tls=starttls"),
        ("smtp://ana:hunter2@example.org?tls=maybe", "a tls= that is not known"),
        ("smtp://ana:hunter2@example.org?tsl=none", 'an option "tsl" too many'),
        ("smtp://ana:hunter2@example.org?timeout=1&timeout=2", 'an option "timeout" too many'),
        ("smtp://ana:hunter2@example.org?timeout=0", "a timeout= that is no number from 1 to 3,600"),
        ("smtp://ana:hunter2@example.org?connections=many", "a connections= that is no number from 1 to 100"),
        ("smtp://ana:hunter2@example.org?ca=/no/such/file", "names a file of certificates"),
        ("sendmail:/no/such/program", "which is not there"),
        ("sendmail:relative", "which is not there"),
    ],
)
def test_urls_that_are_none(url: str, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_transport_url(url)
    assert says in caught.value.message
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("form", ["sendmail:{path}", "sendmail://{path}"])
def test_a_program_by_url(tmp_path: Path, form: str) -> None:
    path = tmp_path / "send mail"
    path.write_text("")
    assert parse_transport_url(form.format(path=str(path).replace(" ", "%20"))) == SendmailProgram(path=path)


def test_a_pace_spaces_evenly() -> None:
    pace = Pace(10, {})
    assert [round(pace.take("a", 100), 6) for _ in range(4)] == [0, 0.1, 0.2, 0.3]
    assert pace.take("a", 200) == 0  # what was not used is not saved up
    assert round(pace.delay("b", 200), 6) == 0.1


def test_a_slow_pace_goes_on_where_the_last_pass_left_it() -> None:
    hourly, kept, sent = 20 / 3600, {"": 0.0}, 0
    for number in range(25):  # every ten minutes, for four hours; each takes what may go soon
        pace, at = Pace(hourly, {}, kept=kept), 10_000.0 + 600 * number
        while pace.delay("a", at) <= 20:
            pace.take("a", at)
            sent += 1
        kept = pace.keep()
    assert sent == 4 * 20 + 4  # its rate, the first one, and what a rest of ten minutes is worth


def test_a_domain_has_a_pace_of_its_own() -> None:
    pace = Pace(None, {"slow.example": 2})
    assert [pace.take("slow.example", 0) for _ in range(3)] == [0, 0.5, 1]
    assert [pace.take("other.example", 0) for _ in range(3)] == [0, 0, 0]
    assert not pace.is_free
    assert Pace(None, {}).is_free


def test_both_paces_are_kept() -> None:
    pace = Pace(10, {"slow.example": 2})
    assert [round(pace.take("slow.example", 0), 6) for _ in range(2)] == [0, 0.5]
    assert round(pace.take("other.example", 0), 6) == 0.6  # in line behind the slow one


MAIL = Envelope(
    message_id="1@example.org",
    sender="community+b-x@example.org",
    recipient="-ana@example.net",
    content=b"Subject: hello\r\n\r\n.\r\nhello\r\n",
)


def program(folder: Path, script: str) -> Sendmail:
    path = folder / "sendmail"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return Sendmail(path)


def test_a_program_gets_the_mail_and_the_envelope(tmp_path: Path) -> None:
    sendmail = program(tmp_path, f'printf "%s\\n" "$@" > {tmp_path}/arguments; cat > {tmp_path}/mail')
    (verdict,) = deliver(sendmail, MAIL)
    assert verdict.fate == "delivered"
    arguments = (tmp_path / "arguments").read_text().splitlines()
    assert arguments == ["-i", "-f", "community+b-x@example.org", "--", "-ana@example.net"]
    assert (tmp_path / "mail").read_bytes() == b"Subject: hello\n\n.\nhello\n"


@pytest.mark.parametrize(
    ("script", "fate", "gone"),
    [
        ("exit 0", "delivered", False),  # without reading it, and it answers for it
        ("cat >/dev/null; exit 67", "refused", True),  # EX_NOUSER
        ("cat >/dev/null; exit 68", "refused", True),  # EX_NOHOST
        ("cat >/dev/null; exit 65", "refused", False),  # EX_DATAERR
        ("exit 75", "later", False),  # EX_TEMPFAIL
        ("exit 71", "later", False),
        ("exit 64", "blocked", False),
        ("exit 77", "blocked", False),
        ("cat >/dev/null; kill -9 $$", "uncertain", False),
    ],
)
def test_exit_codes_of_a_program(tmp_path: Path, script: str, fate: Fate, gone: bool) -> None:
    (verdict,) = deliver(program(tmp_path, script), MAIL)
    assert (verdict.fate, verdict.mailbox_gone) == (fate, gone)


def test_a_program_says_why(tmp_path: Path) -> None:
    (verdict,) = deliver(program(tmp_path, "echo 'ana@example.net: unknown user' >&2; exit 67"), MAIL)
    assert verdict.reason == "67 a…@example.net: unknown user"


def test_a_program_that_hangs_is_uncertain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alongside.delivery.transports.sendmail.TIMEOUT_SECONDS", 0.2)
    (verdict,) = deliver(program(tmp_path, "exec sleep 60"), MAIL)
    assert (verdict.fate, verdict.reason) == ("uncertain", "the sendmail program did not end")


def test_a_program_that_cannot_be_run(tmp_path: Path) -> None:
    sendmail = program(tmp_path, "exit 0")
    sendmail.path.chmod(0o600)
    with pytest.raises(DeliveryError, match="cannot be run: Permission denied"):
        deliver(sendmail, MAIL)
