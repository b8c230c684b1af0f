"""The LMTP door over real sockets: whole conversations, byte by byte where it matters."""

from __future__ import annotations

import re
import smtplib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from alongside.delivery.arrived.mails import LONGEST
from alongside.delivery.inbound import lmtp
from alongside.delivery.inbound.listening import Place, listening
from alongside.delivery.inbound.lmtp import LARGEST, MOST_RECIPIENTS, PIECE, Door, serve
from alongside.delivery.store import StoreError
from delivery.inbound.letters import JOANA, MAILBOX, Office, letter, report

ENVELOPE = b"LHLO mx\r\nMAIL FROM:<ana@example.net>\r\nRCPT TO:<community@example.org>\r\nDATA\r\n"
END = b".\r\n"
FINAL = re.compile(r"\d{3}(?: |$)")


@dataclass
class Desk:
    """What is behind the door: it keeps what it hears, or refuses it."""

    place: Place
    heard: list[tuple[bytes, str, str]] = field(default_factory=list)
    troubles: list[BaseException] = field(default_factory=list)
    refuses: Callable[[str], BaseException | None] = lambda _: None
    let_go: threading.Event = field(default_factory=threading.Event)  # until then every mail is in hand
    at_once: int = 0
    most_at_once: int = 0
    stopping: threading.Event = field(default_factory=threading.Event)

    def accepts(self, address: str) -> bool:
        if address.startswith("defect@"):
            raise RuntimeError("a defect")
        return address.endswith("@example.org")

    def hear(self, mail: bytes, recipient: str, sender: str) -> None:
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        self.let_go.wait(60)
        self.at_once -= 1
        error = self.refuses(recipient)
        if error is not None:
            raise error
        self.heard.append((mail, recipient, sender))

    def call(self) -> Client:
        client = Client(self.place)
        assert client.read() == ["220 alongside LMTP"]
        return client


class Client:
    """A client that says what it wants, when it wants."""

    def __init__(self, place: Place) -> None:
        self.socket = socket.socket(socket.AF_UNIX if place.path else socket.AF_INET)
        self.socket.settimeout(60)
        self.socket.connect(str(place.path) if place.path else (place.host, place.port))
        self.stream = self.socket.makefile("rb")

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.stream.close()
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def read(self, answers: int = 1) -> list[str]:
        """So many answers; of one with several lines the last."""
        found: list[str] = []
        while len(found) < answers:
            line = self.stream.readline().decode().rstrip("\r\n")
            assert line, f"it ended after {found}"
            if FINAL.match(line):
                found.append(line)
        return found

    def read_all(self) -> list[str]:
        """Every answer, until the server ends it."""
        lines = self.stream.read().decode().splitlines()
        return [line for line in lines if FINAL.match(line)]

    def ask(self, *commands: bytes) -> list[str]:
        found: list[str] = []
        for command in commands:
            self.send(command + b"\r\n")
            found += self.read()
        return found


@contextmanager
def running(
    place: Place, *, waits: bool = False, hear: Callable[[bytes, str, str], None] | None = None
) -> Iterator[Desk]:
    with listening(place) as (found, listener):
        desk = Desk(found)
        if not waits:
            desk.let_go.set()
        door = Door(accepts=desk.accepts, hear=hear or desk.hear, trouble=desk.troubles.append)
        thread = threading.Thread(target=serve, args=(listener, door), kwargs={"stopping": desk.stopping})
        thread.start()
        try:
            yield desk
        finally:
            desk.let_go.set()
            desk.stopping.set()
            thread.join(60)
            assert not thread.is_alive()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with running(Place(path=tmp_path / "lmtp")) as found:
        yield found
    assert found.troubles == []


@pytest.fixture(scope="module")
def desk_of_module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with running(Place(path=tmp_path_factory.mktemp("lmtp") / "lmtp")) as found:
        yield found


# --- the conversation ---


def test_what_it_can_do(desk: Desk) -> None:
    with desk.call() as client:
        client.send(b"LHLO mx\r\nQUIT\r\n")
        lines = client.stream.read().decode().splitlines()
    assert lines == [
        "250-alongside",
        "250-PIPELINING",
        "250-ENHANCEDSTATUSCODES",
        "250-8BITMIME",
        "250-SMTPUTF8",
        f"250 SIZE {LARGEST}",
        "221 2.0.0 Bye",
    ]


@pytest.mark.parametrize("port", [False, True], ids=["socket", "port"])
def test_python_talks_to_it(tmp_path: Path, port: bool) -> None:
    first, second = (letter(text).replace(b"\n", b"\r\n") for text in ("Olá.\n", ".\n..\n.x\n"))
    with running(Place(host="127.0.0.1") if port else Place(path=tmp_path / "lmtp")) as desk:
        host = desk.place.host if port else str(desk.place.path)
        with smtplib.LMTP(host, desk.place.port, local_hostname="mx") as session:
            session.sendmail(JOANA, ["community+s-1@example.org"], first, ["SMTPUTF8", "BODY=8BITMIME"])
            session.sendmail("", [MAILBOX], second)
    assert desk.heard == [(first, "community+s-1@example.org", JOANA), (second, MAILBOX, "")]


def test_one_answer_for_each_recipient(desk: Desk) -> None:
    """RFC 2033 section 4.2, in the order of the recipients that were taken; nothing for those that were not."""
    desk.refuses = lambda recipient: StoreError("The store is busy.") if "+busy" in recipient else None
    with desk.call() as client:
        client.send(
            b"LHLO mx\r\nMAIL FROM:<>\r\nRCPT TO:<a@example.org>\r\nRCPT TO:<b@example.com>\r\n"
            b"RCPT TO:<c+busy@example.org>\r\nRCPT TO:<d@example.org>\r\nRCPT TO:<a@example.org>\r\n"
            b"DATA\r\nHello.\r\n.\r\nQUIT\r\n"
        )
        answers = [answer[:9] for answer in client.read_all()]
    assert answers == [
        "250 SIZE ", "250 2.0.0", "250 2.1.5", "550 5.1.1", "250 2.1.5", "250 2.1.5", "250 2.1.5", "354 End w",
        "250 2.0.0", "451 4.3.0", "250 2.0.0", "250 2.0.0", "221 2.0.0",
    ]  # fmt: skip
    assert [heard[1:] for heard in desk.heard] == [(f"{who}@example.org", "") for who in ("a", "d", "a")]
    assert [str(error) for error in desk.troubles] == ["The store is busy."]
    desk.troubles.clear()


def test_a_defect_of_hearing_loses_no_mail_either(desk: Desk) -> None:
    desk.refuses = lambda _: ZeroDivisionError()
    with desk.call() as client:
        client.send(ENVELOPE + b"Hello.\r\n" + END)
        assert client.read(5)[-1].startswith("451 4.3.0 ")
        desk.refuses = lambda _: None
        client.send(ENVELOPE.partition(b"\r\n")[2] + b"Hello.\r\n" + END)
        assert client.read(4)[-1].startswith("250 2.0.0 ")
    assert len(desk.heard) == len(desk.troubles) == 1
    desk.troubles.clear()


def test_commands_out_of_order(desk: Desk) -> None:
    with desk.call() as client:
        assert [answer[:9] for answer in client.ask(
            b"MAIL FROM:<a@b.example>", b"LHLO mx", b"RCPT TO:<a@example.org>", b"DATA", b"MAIL FROM:<a@b.example>",
            b"MAIL FROM:<a@b.example>", b"DATA", b"RCPT TO:<a@b.example>", b"DATA", b"RCPT TO:<a@example.org>",
            b"DATA now", b"RSET", b"DATA", b"NOOP",
        )] == [
            "503 5.5.1", "250 SIZE ", "503 5.5.1", "503 5.5.1", "250 2.0.0",
            "503 5.5.1", "503 5.5.1", "550 5.1.1", "503 5.5.1", "250 2.1.5",
            "501 5.5.4", "250 2.0.0", "503 5.5.1", "250 2.0.0",
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "sender"),
    [
        (b"<>", ""),
        (b" <>", ""),
        (b"<ana@example.net> BODY=8BITMIME SIZE=1000", "ana@example.net"),
        (b"<MAILER-DAEMON>", "MAILER-DAEMON"),
        (b'<"a b>c\\"d"@example.net>', '"a b>c\\"d"@example.net'),
        (b"<ana..souza.@example.net>", "ana..souza.@example.net"),
        (b"<SRS0=x=y=example.net=ana@[192.0.2.1]>", "SRS0=x=y=example.net=ana@[192.0.2.1]"),
        ("<añ@exämple.net> SMTPUTF8".encode(), "añ@exämple.net"),
        (b"<\xff@example.net>", "\ufffd@example.net"),
        (b"<" + b"a" * 1000 + b"@example.net>", "a" * 1000 + "@example.net"),
    ],
)
def test_senders(desk: Desk, path: bytes, sender: str) -> None:
    """A mail is not refused for how somebody writes its sender."""
    with desk.call() as client:
        client.send(ENVELOPE.replace(b"<ana@example.net>", path) + b"Hello.\r\n" + END)
        assert client.read(5)[-1].startswith("250 ")
    assert desk.heard == [(b"Hello.\r\n", "community@example.org", sender)]


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        (b"MAIL FROM:ana@example.net", "553 5.1.3"),
        (b"MAIL FROM:<ana@example.net", "553 5.1.3"),
        (b"MAIL FROM:<ana@example.net>x", "553 5.1.3"),
        (b"MAIL FROM:", "553 5.1.3"),
        (b'MAIL FROM:<"' + b'\\"' * 900, "553 5.1.3"),
        (b"MAIL", "501 5.5.4"),
        (b"MAIL FROM:<a@b.example> SIZE=30000001", "552 5.3.4"),
        (b"MAIL FROM:<a@b.example> SIZE=" + b"9" * 1000, "552 5.3.4"),
        (b"MAIL FROM:<a@b.example> SIZE=-1", "501 5.5.4"),
        (b"MAIL FROM:<a@b.example> BODY=BINARYMIME", "501 5.5.4"),
        (b"MAIL FROM:<a@b.example> XYZZY=1", "555 5.5.4"),
        (b"MAIL FROM:<" + b"a" * 3000 + b">", "500 5.5.2"),
        (b"x" * 1_000_000, "500 5.5.2"),
        (b"EHLO mx", "500 5.5.2"),
        (b"HELO mx", "500 5.5.2"),
        (b"AUTH PLAIN AAA=", "500 5.5.2"),
        (b"STARTTLS", "500 5.5.2"),
        (b"VRFY \xff", "500 5.5.2"),
        (b"BDAT 10 LAST", "500 5.5.2"),
        (b"LHLO", "501 5.5.4"),
        (b"", "500 5.5.2"),
        (b"\0\xff\x80", "500 5.5.2"),
        (b"QUIT now", "501 5.5.4"),
    ],
)
def test_wrong_commands(desk: Desk, command: bytes, answer: str) -> None:
    with desk.call() as client:
        _, told, then = client.ask(b"LHLO mx", command, b"NOOP")
    assert (told[:9].strip(), then) == (answer, "250 2.0.0 OK")


def test_who_only_talks_nonsense_is_sent_away(desk: Desk) -> None:
    with desk.call() as client:
        client.send(b"GET / HTTP/1.1\r\n" * 10)
        answers = client.read_all()
    assert [answer[:9] for answer in answers] == ["500 5.5.2"] * 4 + ["502 5.5.1"]


def test_recipients_are_bounded(desk: Desk) -> None:
    """A server brings the others later; RFC 5321 section 4.5.3.1.10."""
    with desk.call() as client:
        client.send(
            b"LHLO mx\r\nMAIL FROM:<>\r\n" + b"RCPT TO:<a@example.org>\r\n" * (MOST_RECIPIENTS + 3) + b"DATA\r\n"
        )
        answers = client.read(MOST_RECIPIENTS + 6)[2:]
        assert [answer[:9] for answer in answers] == ["250 2.1.5"] * MOST_RECIPIENTS + ["452 4.5.3"] * 3 + ["354 End w"]
        client.send(b"Hello.\r\n.\r\n")
        assert {answer[:9] for answer in client.read(MOST_RECIPIENTS)} == {"250 2.0.0"}
    assert len(desk.heard) == MOST_RECIPIENTS


# --- the mail ---


def take(desk: Desk, data: bytes, *, cut: int = 0) -> bytes:
    """What is heard of a mail whose bytes are sent as they are, with the end; `cut`: where the sender pauses."""
    desk.heard.clear()
    with desk.call() as client:
        client.send(ENVELOPE)
        client.read(4)
        client.send(data[:cut])
        client.send(data[cut:] + END)
        assert client.read()[0].startswith("250 2.0.0 ")
        assert client.ask(b"NOOP") == ["250 2.0.0 OK"]  # nothing of the mail was taken for a command
    [(mail, _, _)] = desk.heard
    return mail


@pytest.mark.parametrize("end", [b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n.\r", b"\r.\r\n", b"\r\n.\n", b"\r\n\0.\r\n", b"\n.\r", b"\r.\n", b"\r\n.\r\r\n"])  # fmt: skip
def test_what_is_no_end_ends_nothing(desk: Desk, end: bytes) -> None:
    """SMTP smuggling: a second mail inside a first one, behind what some servers take for the end."""
    smuggled = b"MAIL FROM:<boss@example.org>\r\nRCPT TO:<community@example.org>\r\nDATA\r\nSubject: stop\r\n"
    data = b"Subject: Hello\r\n\r\nHello." + end + smuggled
    assert take(desk, data) == data.replace(b"\r\n.", b"\r\n")


def test_bytes_that_lines_should_not_have(desk: Desk) -> None:
    data = b"Subject: a\0b\r\n\r\n\0\0\rbare\nbare\r\r\n\n\r\n\xff\xfe\r\n"
    assert take(desk, data) == data


@pytest.mark.parametrize("length", [998, 999, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 2 * PIECE + 1, 1_000_000])
def test_long_lines(desk: Desk, length: int) -> None:
    data = b"a" * length + b"\r\n.." + b"b" * length + b"\r\n"
    assert take(desk, data) == data.replace(b"\r\n..", b"\r\n.")[:LONGEST]


PARTS = st.lists(
    st.sampled_from([b"\r", b"\n", b"\r\n", b".", b"..", b"a", b"\0", b"a" * (PIECE - 2), b"a" * (2 * PIECE - 1)]),
    max_size=10,
)


@given(PARTS, st.integers(min_value=0))
@example([b"a" * (PIECE - 2), b"\r", b"\r\n", b".", b"\r\n"], PIECE - 1)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_any_bytes_come_as_they_were_sent(desk_of_module: Desk, parts: list[bytes], cut: int) -> None:
    mail = b"".join(parts) + b"\r\n"
    stuffed = b"\r\n".join(b"." + line if line.startswith(b".") else line for line in mail.split(b"\r\n"))
    assert take(desk_of_module, stuffed, cut=cut % len(stuffed)) == mail[:LONGEST]


def test_of_a_large_mail_the_beginning_is_kept(desk: Desk) -> None:
    line = b"a" * 998 + b"\r\n"
    data = line * (LARGEST // len(line))
    assert len(data) == LARGEST
    assert take(desk, data) == data[:LONGEST]
    assert take(desk, b"\r\n" * (LARGEST // 10)) == b"\r\n" * (LONGEST // 2)


def test_a_mail_that_is_too_large(desk: Desk) -> None:
    with desk.call() as client:
        client.send(ENVELOPE.replace(b"DATA", b"RCPT TO:<b@example.org>\r\nDATA"))
        client.read(5)
        client.send(b"a" * LARGEST + b"\r\n" + END)
        assert [answer[:9] for answer in client.read(2)] == ["552 5.3.4"] * 2
        assert client.ask(b"NOOP") == ["250 2.0.0 OK"]
    assert desk.heard == []


def test_a_mail_that_is_empty(desk: Desk) -> None:
    assert take(desk, b"") == b""


# --- the store ---


def test_mails_come_to_the_store(office: Office, tmp_path: Path) -> None:
    """A stop, a bounce and an answer by their addresses; the same again changes nothing."""
    mails = [
        (office.address("stop"), JOANA, letter("stop", Message_ID="<1@example.net>")),
        (office.address("bounce", "bruno@example.com"), "", report(to=MAILBOX, recipient="bruno@example.com")),
        (MAILBOX, JOANA, letter("Thanks!", Message_ID="<2@example.net>")),
    ]
    kinds: list[str] = []

    def hear(mail: bytes, recipient: str, sender: str) -> None:
        heard = office.hear(mail, recipient=recipient, sender=sender)
        kinds.append("again" if heard.again else heard.kind)

    with running(Place(path=tmp_path / "lmtp"), hear=hear) as desk:
        for _ in range(2):
            with smtplib.LMTP(str(desk.place.path), local_hostname="mx") as session:
                for recipient, sender, mail in mails:
                    session.sendmail(sender, [recipient], mail)
    assert kinds == ["stop", "bounce", "reply", "again", "again", "again"]
    assert office.states()["month"] == "stopped"


# --- many clients, slow ones, and the end ---


def test_one_mail_at_a_time_and_the_others_are_answered(tmp_path: Path) -> None:
    with running(Place(path=tmp_path / "lmtp"), waits=True) as desk:
        clients = [desk.call() for _ in range(5)]
        for client in clients:
            client.send(ENVELOPE + b"Hello.\r\n" + END)
            client.read(4)
        with desk.call() as another:
            assert another.ask(b"NOOP") == ["250 2.0.0 OK"]
        assert desk.heard == []
        desk.let_go.set()
        for client in clients:
            with client:
                assert client.read()[0].startswith("250 ")
    assert (len(desk.heard), desk.most_at_once) == (5, 1)


def test_connections_are_bounded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lmtp, "MOST_CONNECTIONS", 2)
    with desk.call() as first, desk.call():
        with Client(desk.place) as third:
            assert third.read_all() == ["421 4.3.2 Too many connections, come again"]
        first.send(b"QUIT\r\n")
        assert first.read_all() == ["221 2.0.0 Bye"]
        with desk.call():
            pass


@pytest.mark.parametrize("said", [b"", b"LHLO m", b"LHLO mx\r\n", ENVELOPE[:-6]])
def test_who_is_silent_is_sent_away(desk: Desk, monkeypatch: pytest.MonkeyPatch, said: bytes) -> None:
    monkeypatch.setattr(lmtp, "COMMAND_SECONDS", 0.2)
    with desk.call() as client:
        client.send(said)
        assert client.read_all()[-1] == "421 4.4.2 You were silent for too long"


def test_who_sends_a_mail_letter_by_letter_is_sent_away(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lmtp, "MAIL_SECONDS", 0.3)
    with desk.call() as client:
        client.send(ENVELOPE)
        client.read(4)
        with pytest.raises(OSError):  # noqa: PT011, PT012 - whichever the system says
            while True:
                client.send(b"a\r\n")
                client.socket.settimeout(0.02)
                try:
                    if client.socket.recv(100).startswith(b"421 4.4.2 "):
                        raise ConnectionResetError
                except TimeoutError:
                    pass
    assert desk.heard == []


def test_who_reads_nothing_is_not_read_either(desk: Desk) -> None:
    """Answers wait for a client that takes none, and then so do its commands: they do not pile up here."""
    commands, sent = b"NOOP\r\n" * 10_000, 0
    with desk.call() as client:
        client.socket.settimeout(1)
        with pytest.raises(TimeoutError):  # noqa: PT012
            while sent < 100_000_000:
                sent += client.socket.send(commands)
        with desk.call() as another:
            assert another.ask(b"NOOP") == ["250 2.0.0 OK"]
    assert sent < 10_000_000


@pytest.mark.parametrize(
    "said", [ENVELOPE, ENVELOPE + b"Hello.\r\n", ENVELOPE + b"Hello.\r\n.", ENVELOPE + b"Hello.\r\n.\r"]
)
@pytest.mark.parametrize("half", [False, True], ids=["gone", "says no more"])
def test_a_mail_without_its_end_is_none(desk: Desk, said: bytes, half: bool) -> None:
    with desk.call() as client:
        client.send(said)
        client.read(4)
        if half:
            client.socket.shutdown(socket.SHUT_WR)
            assert client.read_all() == []
    with desk.call() as another:
        assert another.ask(b"NOOP") == ["250 2.0.0 OK"]
    assert desk.heard == []


def test_a_defect_ends_the_session(desk: Desk) -> None:
    """The commands behind the one that failed are not looked at: they may be anything."""
    with desk.call() as client:
        client.send(ENVELOPE.replace(b"community@", b"defect@") + b"Hello.\r\n" + END)
        assert client.read_all()[-1] == "421 4.3.0 Something is wrong here, come again"
    assert (desk.heard, [str(error) for error in desk.troubles]) == ([], ["a defect"])
    desk.troubles.clear()


def test_at_the_end_what_is_in_hand_is_finished(tmp_path: Path) -> None:
    with (
        running(Place(path=tmp_path / "lmtp"), waits=True) as desk,
        desk.call() as waiting,
        desk.call() as hearing,
        desk.call() as sending,
    ):
        hearing.send(ENVELOPE + b"Heard.\r\n" + END)
        hearing.read(4)
        sending.send(ENVELOPE + b"On its way.\r\n")
        sending.read(4)
        desk.stopping.set()
        assert waiting.read_all() == ["421 4.3.2 The service stops, come again"]
        with Client(desk.place) as late:
            assert late.read_all() == ["421 4.3.2 The service stops, come again"]
        sending.send(END + ENVELOPE.partition(b"\r\n")[2])
        desk.let_go.set()
        for client in (hearing, sending):
            assert [answer[:9] for answer in client.read_all()] == ["250 2.0.0", "421 4.3.2"]
    assert sorted(mail for mail, _, _ in desk.heard) == [b"Heard.\r\n", b"On its way.\r\n"]
    assert desk.place.path is not None
    assert not desk.place.path.exists()


def test_at_the_end_nobody_is_waited_for_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lmtp, "LAST_SECONDS", 0.2)
    with running(Place(path=tmp_path / "lmtp")) as desk, desk.call() as client:
        client.send(ENVELOPE + b"Hello.\r\n")
        client.read(4)
        desk.stopping.set()
        assert client.read_all() == []
    assert desk.heard == []


def test_nothing_is_logged(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    with desk.call() as client:
        client.send(ENVELOPE + b"Hello.\r\n" + END + b"NONSENSE\r\n" * 10)
        client.read_all()
    assert caplog.records == []
