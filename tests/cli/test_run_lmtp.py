"""`alongside run --lmtp`: behind a real Postfix, away and back again, and killed in the middle."""

from __future__ import annotations

import re
import shutil
import signal
import smtplib
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from email import message_from_bytes, policy
from pathlib import Path

import pytest
import sqlalchemy as sa

from alongside.delivery.inbound.findings import Reception, look_at
from alongside.delivery.relay_addresses import RelayKeys
from alongside.delivery.schema import received
from alongside.delivery.store import Store, open_store
from alongside.delivery.tokens import make_token
from alongside.model.community import Community
from alongside.rendering.mails.envelope import tagged_address
from commands import Command
from mail_servers.mail_host import DOMAINS, MailHost, running_mail_host
from mail_servers.servers import own_folder, wait_until

from .conftest import Run

REFUSING = f"refusing@{DOMAINS[1]}"
TEAM = "community@community.example.org"
JOANA = "joana@example.net"


class Process:
    """`alongside run` in a folder."""

    def __init__(self, folder: Path, *options: str, **environment: str) -> None:
        self.process = Command("run", *options, cwd=folder, environment=environment)
        self.lines = self.process.lines

    def wait_for(self, pattern: str) -> re.Match[str]:
        """The last line that matches."""
        found: list[re.Match[str]] = []

        def is_there() -> bool:
            found.extend(match for line in list(self.lines) if (match := re.search(pattern, line)))
            assert found or self.process.poll() is None, self.lines
            return bool(found)

        wait_until(is_there, 60, pattern)
        return found[-1]

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.communicate(90).returncode


StartDoor = Callable[..., Process]


@pytest.fixture
def start(small_community: Path) -> Iterator[StartDoor]:
    """A factory of processes that have opened their LMTP door."""
    started: list[Process] = []

    def make(place: str, *options: str, **environment: str) -> Process:
        started.append(Process(small_community, "--lmtp", place, *options, **environment))
        started[-1].wait_for(" info run listening on lmtp:")
        return started[-1]

    yield make
    for process in started:
        process.end()


def tell(port: int) -> str:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        return client.recv(100).decode()


# --- the command ---


def test_the_door_alone(start: StartDoor) -> None:
    door = start("127.0.0.1:0", "--only", "lmtp")
    port = int(door.wait_for(r"listening on lmtp:inet:127\.0\.0\.1:(\d+)")[1])
    assert tell(port) == "220 alongside LMTP\r\n"
    with smtplib.LMTP("127.0.0.1", port, local_hostname="mx") as session:
        session.sendmail(JOANA, [TEAM], b"From: joana@example.net\r\nSubject: Hello\r\n\r\nHello.\r\n")
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            session.sendmail(JOANA, ["somebody@community.example.org"], b"")
    assert refused.value.recipients["somebody@community.example.org"][0] == 550
    assert door.end() == 0
    log = "".join(door.lines)
    assert " info lmtp refused=1 unknown=1\n" in log
    assert not re.search(" http|joana|somebody|info send", log), log


def test_the_whole_service(start: StartDoor, tmp_path: Path) -> None:
    with own_folder("door") as folder:
        service = start(f"unix:{folder / 'lmtp'}", "--port", "0", "--every", "1")
        service.wait_for(r"listening on http://127\.0\.0\.1:\d+/")
        with smtplib.LMTP(str(folder / "lmtp"), local_hostname="mx") as session:
            assert session.noop()[0] == 250
            assert service.end() == 0
        assert list(folder.iterdir()) == []
    assert not re.search("error|Traceback", "".join(service.lines))


def test_a_door_for_other_machines_is_warned_of(start: StartDoor) -> None:
    start("0.0.0.0:0", "--only", "lmtp").wait_for(" warning run LMTP knows no password")


def test_a_socket_that_is_used(run: Run, start: StartDoor) -> None:
    with own_folder("door") as folder:
        place = f"unix:{folder / 'lmtp'}"
        door = start(place, "--only", "lmtp")
        result = run("run", "--lmtp", place, "--only", "lmtp")
        assert result.exit_code == 2
        assert "Another process takes mail at" in result.output
        door.end(signal.SIGKILL)
        assert (folder / "lmtp").exists()
        start(place, "--only", "lmtp")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--only", "lmtp"), "--lmtp and --only lmtp go together."),
        (("--lmtp", "8024", "--only", "http"), "--lmtp and --only lmtp go together."),
        (("--lmtp", "nowhere"), '"nowhere" is no place for LMTP.'),
    ],
)
def test_wrong_calls(run: Run, options: Sequence[str], message: str) -> None:
    result = run("run", *options)
    assert result.exit_code == 2
    assert message in result.output


def test_without_the_extra(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aiosmtpd", None)
    result = run("run", "--lmtp", "8024", "--only", "lmtp")
    assert result.exit_code == 2
    assert "The service needs aiosmtpd, which is not installed." in result.output


# --- behind Postfix ---


@contextmanager
def mail_host_before(door: Path) -> Iterator[MailHost]:
    """A host that hands the team's mail to a door whose folder Postfix may enter, as the handbook says."""
    shutil.chown(door.parent, group="postfix")
    door.parent.chmod(0o2750)
    with running_mail_host(lmtp_to={TEAM: f"unix:{door}"}) as host:
        yield host


@contextmanager
def own_door() -> Iterator[Path]:
    with own_folder("door") as folder:
        yield folder / "lmtp"


def post(host: MailHost, *mails: bytes, recipient: str = TEAM, sender: str = JOANA) -> None:
    with smtplib.SMTP(host.host, host.smtp_port, timeout=60) as session:
        for mail in mails:
            session.sendmail(sender, [recipient], mail)


def kinds_in(store: Store) -> list[str]:
    with store.reading() as connection:
        return sorted(connection.scalars(sa.select(received.c.kind)))


def wait_for_kinds(store: Store, host: MailHost, *kinds: str) -> None:
    wait_until(lambda: kinds_in(store) == sorted(kinds), 60, str(kinds), host.postfix.folder / "log")


@pytest.mark.mail
def test_out_and_back_again(run: Run, start: StartDoor, small_community: Path) -> None:
    """A welcome to Joana, who answers and then stops; one that bounces; nothing but Postfix between us and them."""
    profile = (small_community / "joana.yml").read_text()
    for address in (JOANA, REFUSING):
        (small_community / "profile.yml").write_text(profile.replace("Joana@Example.org", address))
        assert run("enroll", "month", "profile.yml").exit_code == 0
    store = open_store(small_community, {})
    with own_door() as door, mail_host_before(door) as host:
        host.add_user(JOANA)
        url = f"{host.smtp_url}?ca={host.ca_file}"
        service = start(f"unix:{door}", "--port", "0", "--every", "1", ALONGSIDE_SMTP_URL=url)
        [raw] = host.wait_for(JOANA)
        wait_for_kinds(store, host, "bounce")
        welcome = message_from_bytes(raw, policy=policy.default)
        answer = f"From: {JOANA}\r\nTo: {TEAM}\r\nIn-Reply-To: {welcome['Message-ID']}\r\nMessage-ID: <{{}}@x>\r\n"
        post(host, (answer.format(1) + "Subject: Re: Welcome\r\n\r\nThank you!\r\n").encode())
        wait_for_kinds(store, host, "bounce", "reply")
        stop = re.search(r"<mailto:([^?>]+)", str(welcome["List-Unsubscribe"]))
        assert stop is not None
        post(host, (answer.format(2) + "Subject: stop\r\n\r\n").encode(), recipient=stop[1])
        wait_for_kinds(store, host, "bounce", "reply", "stop")
        host.wait_until_quiet()
        assert service.end() == 0
    store.close()
    shown = run("newcomers", "show", JOANA).output
    assert "No more mail of month" in shown
    assert "No more mail" in run("newcomers", "show", REFUSING).output
    log = "".join(service.lines)
    assert " info lmtp " in log
    assert not re.search("joana|example.net|example.org|Traceback", log), log


@pytest.mark.mail
def test_what_postfix_cannot_deliver_waits(start: StartDoor, small_community: Path) -> None:
    """No door, a door whose store cannot be written, and a mailbox that is not ours."""
    store = open_store(small_community, {})
    with own_door() as door, mail_host_before(door) as host:
        post(host, b"Subject: 1\r\n\r\n")
        wait_until(lambda: "status=deferred" in host.log(), 60, "a deferral", host.postfix.folder / "log")
        assert len(host.postfix.queue()) == 1
        service = start(f"unix:{door}", "--only", "lmtp")
        host.postfix.control("flush")
        wait_for_kinds(store, host, "unknown")
        rename(store, "received", "away")
        post(host, b"Subject: 2\r\n\r\n")
        wait_until(lambda: "451 4.3.0" in host.log(), 60, "an answer of the door", host.postfix.folder / "log")
        rename(store, "away", "received")
        host.postfix.control("flush")
        wait_for_kinds(store, host, "unknown", "unknown")
        host.wait_until_quiet()
        assert service.end() == 0
    store.close()
    assert re.search(r" error lmtp OperationalError at ", "".join(service.lines))


def rename(store: Store, table: str, name: str) -> None:
    with store.writing() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO {name}")


@pytest.mark.mail
def test_what_postfix_hands_over_may_be_odd(run: Run, start: StartDoor, small_community: Path) -> None:
    """A large mail, one from an address beyond ASCII, and one to three addresses of ours: a stop, and twice the same."""
    assert run("enroll", "month", "joana.yml").exit_code == 0
    store = open_store(small_community, {})
    stop = tagged_address(TEAM, make_token("stop", 1, store.key))
    plus = tagged_address(TEAM, "hello")
    with own_door() as door, mail_host_before(door) as host:
        service = start(f"unix:{door}", "--only", "lmtp")
        with smtplib.SMTP(host.host, host.smtp_port, timeout=60) as session:
            session.sendmail(JOANA, [TEAM], b"Message-ID: <1@x>\r\n\r\n" + (b"a" * 990 + b"\r\n") * 15_000)
            session.sendmail("añ@exämple.net", [TEAM], "Subject: Olá\r\n\r\n".encode(), ["SMTPUTF8", "BODY=8BITMIME"])
            session.sendmail(JOANA, [TEAM, plus, stop], b"Message-ID: <2@x>\r\n\r\nHello.\r\n")
        wait_for_kinds(store, host, "stop", "unknown", "unknown", "unknown")
        host.wait_until_quiet()
        assert "status=bounced" not in host.log()
        assert service.end() == 0
    store.close()
    assert " info lmtp again=1 stop=1 unknown=3\n" in "".join(service.lines)


MAILS, KILLS = 150, 4


@pytest.mark.mail
def test_killed_in_the_middle(start: StartDoor, environment: dict[str, str], small_community: Path) -> None:
    """What Postfix was told is safe is in the store; what is not waits in its queue, and is heard later, once."""
    store = open_store(small_community, environment)
    mails = [f"From: {JOANA}\r\nMessage-ID: <{n}@example.net>\r\n\r\n{n}\r\n".encode() for n in range(MAILS)]
    reception = Reception(mailbox=TEAM, community=Community(name="Test community"))
    keys, today = RelayKeys(key=store.key), date(2026, 11, 23)
    expected = {
        look_at(mail, recipient=TEAM, sender=JOANA, reception=reception, keys=keys, today=today).identity
        for mail in mails
    }
    with own_door() as door, mail_host_before(door) as host:

        def open_door() -> Process:
            return start(f"unix:{door}", "--only", "lmtp", **environment)

        service = open_door()
        for kill in range(KILLS):
            heard = len(kinds_in(store)) + 12
            post(host, *mails[kill * MAILS // KILLS : (kill + 1) * MAILS // KILLS])
            wait_until(lambda: len(kinds_in(store)) >= heard, 60, "mails", host.postfix.folder / "log")  # noqa: B023
            service.process.send_signal(signal.SIGKILL)
            assert service.process.wait() == -signal.SIGKILL
            wait_until(lambda: is_idle(host), 180, "Postfix to give up", host.postfix.folder / "log")
            sent = (kill + 1) * MAILS // KILLS
            assert len(kinds_in(store)) >= sent - len(host.postfix.queue())
            service = open_door()
            host.postfix.control("flush")
        host.wait_until_quiet(60)
        assert service.end() == 0
    with store.reading() as connection:
        found = list(connection.scalars(sa.select(received.c.identity)))
    store.close()
    assert (len(found), set(found)) == (MAILS, expected)


def is_idle(host: MailHost) -> bool:
    """Whether all it has not delivered waits for another try."""
    return all("deferred" in path.parts for path in host.postfix.queue())
