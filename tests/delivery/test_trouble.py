"""Senders in trouble: two at once of which one is killed, a full disk, a store that cannot be used. Real processes.

Whatever happens, the next pass sends the rest, and nothing twice that was not uncertain.
"""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from textwrap import dedent

import pytest
import sqlalchemy as sa

from alongside.delivery import store as store_module
from alongside.delivery import worker
from alongside.delivery.schema import messages, steps
from alongside.delivery.store import StoreError, open_store
from alongside.delivery.transports.smtp_url import SmtpServer
from commands import Command
from conftest import CONFIG
from delivery.conftest import make_newcomers
from delivery.sending import Post, Watched, make_settings
from mail_servers.faults import Drop, Never, Phase, Rule, Script, Wait
from mail_servers.hostile import HostileServer, running_hostile_server
from mail_servers.servers import own_folder
from small_community import FOR_ONE_MAIL
from small_disks import filled, mounted, read_only


class Sender:
    """A community in a folder, and its commands as processes."""

    def __init__(self, root: Path, environment: dict[str, str], *, uncertain: str = "resend", count: int = 60) -> None:
        self.root, self.environment, self.count = root, environment, count
        settings = f"{CONFIG}      mail: {{uncertain: {uncertain}}}\n"
        for path, text in {**FOR_ONE_MAIL, "mkdocs.yml": settings}.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(dedent(text), encoding="utf-8")
        rows = "".join(f"newcomer{number}@example.net,Newcomer {number},consent\n" for number in range(count))
        (root / "newcomers.csv").write_text(f"email,name,basis\n{rows}", encoding="utf-8")
        result = self.run("enroll", "month", "--csv", str(root / "newcomers.csv"))
        assert result.returncode == 0, result.stderr

    def start(
        self, name: str, *arguments: str, server: HostileServer | None = None, largest_file: int | None = None
    ) -> Command:
        url = {"ALONGSIDE_SMTP_URL": f"{server.smtp_url}?timeout=20"} if server is not None else {}
        words = (name, "-f", str(self.root / "mkdocs.yml"), *arguments)
        return Command(*words, environment={**self.environment, **url}, largest_file=largest_file)

    def run(
        self, name: str, *arguments: str, server: HostileServer | None = None, largest_file: int | None = None
    ) -> subprocess.CompletedProcess[str]:
        return self.start(name, *arguments, server=server, largest_file=largest_file).communicate()

    def send(self, server: HostileServer) -> str:
        result = self.run("send", server=server)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    def states(self) -> Counter[str]:
        store = open_store(self.root, self.environment)
        with store.reading() as connection:
            found = Counter(connection.scalars(sa.select(steps.c.state)))
            assert connection.scalar(sa.select(sa.func.count()).select_from(messages)) == found["sent"]
        store.close()
        return found

    def be_due(self) -> None:
        """As if the pauses had passed."""
        store = open_store(self.root, self.environment)
        with store.writing() as connection:
            connection.execute(sa.text("UPDATE steps SET due_at = due_at - 86400 WHERE state = 'planned'"))
        store.close()

    def check_all_once(self, server: HostileServer) -> None:
        assert self.states() == {"sent": self.count}
        assert len(server.counts) == self.count
        assert server.duplicates == {}
        assert list((self.root / "journal").iterdir()) == []


def wait_for(server: HostileServer, count: int, *processes: Command) -> None:
    """Until so many mails were accepted, or all processes ended."""
    while len(server.accepted) < count and any(process.poll() is None for process in processes):
        time.sleep(0.002)


@pytest.mark.postgresql
@pytest.mark.parametrize("uncertain", ["resend", "hold"])
@pytest.mark.parametrize("after", [pytest.param(3, marks=pytest.mark.soak), 120])
def test_one_of_two_senders_is_killed(
    tmp_path: Path, make_database: Callable[[], str], uncertain: str, after: int
) -> None:
    environment = {"ALONGSIDE_DATABASE_URL": make_database()}
    sender = Sender(tmp_path, environment, uncertain=uncertain, count=300)
    slow = Rule(at=Phase.ACCEPTED, do=Wait(0.02))  # so that the kill meets mails on their way
    with running_hostile_server(Script(rules=(slow,))) as server:
        processes = [sender.start("send", server=server) for _ in range(2)]
        wait_for(server, after, *processes)
        processes[0].send_signal(signal.SIGKILL)
        for process in processes:
            process.communicate()
        assert [processes[0].returncode in (0, -9), processes[1].returncode] == [True, 0]
        told = sender.send(server)
        duplicates = sum(server.counts.values()) - len(server.counts)
        states = sender.states()
        if uncertain == "resend":
            assert states == {"sent": 300}
            assert len(server.counts) == 300
            assert duplicates <= 4  # its connections
        else:
            assert states["sent"] + states["held"] == 300
            assert states["held"] <= 4
            assert duplicates == 0
            assert len(server.counts) >= states["sent"]
        assert "planned" not in states
        assert "@" not in told
    assert list((tmp_path / "journal").iterdir()) == []


def test_held_mails_are_listed_and_settled_by_hand(tmp_path: Path) -> None:
    sender = Sender(tmp_path, {}, uncertain="hold", count=3)
    assert sender.run("send", "--resolve").stdout == "No mail is held.\n"
    rules = (Rule(at=Phase.ACCEPTED, do=Drop(), times=2), Rule(at=Phase.DOT, do=Drop(), skip=2, times=1))
    with running_hostile_server(Script(rules=rules)) as server:
        told = sender.send(server)
        assert "held: the server hung up" in told or "held: the connection was lost" in told
        assert sender.states() == {"held": 3}
        assert "0 mails sent" in sender.send(server)
        listed = sender.run("send", "--resolve").stdout
        assert listed.count("n…@example.net") == 3
        assert "newcomer0@" not in listed
        assert "alongside send --resolve resend" in listed
        assert (
            sender.run("send", "--resolve", "resend").stdout
            == "3 held mails due again; they go out with the next pass.\n"
        )
        assert "3 mails sent" in sender.send(server)
    assert sorted(server.counts.values()) == [1, 2, 2]
    assert sender.run("send", "--resolve", "sent").stdout == "0 held mails taken as sent.\n"
    with running_hostile_server(Script(rules=(Rule(at=Phase.ACCEPTED, do=Drop()),))) as server:
        store = open_store(tmp_path, {})
        with store.writing() as connection:
            connection.execute(sa.delete(messages))
            connection.execute(sa.update(steps).values(state="planned", done_at=None))
        store.close()
        sender.send(server)
        assert sender.run("send", "--resolve", "sent").stdout == "3 held mails taken as sent.\n"
        assert "0 mails sent" in sender.send(server)
    assert sender.states() == {"sent": 3}


def test_a_clock_that_jumped_is_asked_about(tmp_path: Path) -> None:
    sender = Sender(tmp_path, {}, count=2)
    with running_hostile_server() as server:
        store = open_store(tmp_path, {})
        with store.writing() as connection:
            row = "INSERT INTO runs (at, real_at, sent, skipped, planned_again, failed) VALUES (:at, :at, 0, 0, 0, 0)"
            connection.execute(sa.text(row), {"at": int(time.time()) + 7200})
        store.close()
        result = sender.run("send", server=server)
        assert result.returncode == 1
        assert "before the last pass at" in result.stderr
        assert "alongside send --catch-up" in result.stderr
        assert not server.accepted
        result = sender.run("send", "--catch-up", server=server)
        assert result.returncode == 0
        sender.check_all_once(server)


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A disk of four megabytes, where this user may make one."""
    with own_folder("disk") as folder, mounted(folder):
        yield folder


@pytest.mark.parametrize(
    "free_kilobytes", [110, *(pytest.param(size, marks=pytest.mark.soak) for size in (0, 8, 40, 80, 150, 220, 400))]
)
def test_a_full_disk(small_disk: Path, free_kilobytes: int) -> None:
    sender = Sender(small_disk, {}, count=250)
    with running_hostile_server() as server:
        with filled(small_disk, free_kilobytes=free_kilobytes):
            result = sender.run("send", server=server)
        if result.returncode:
            assert result.returncode == 1
            assert "Traceback" not in result.stderr
            assert "@" not in result.stderr
            assert "Make room" in result.stderr
        sender.send(server)
        sender.check_all_once(server)


@pytest.mark.parametrize("kilobytes", [70, *(pytest.param(size, marks=pytest.mark.soak) for size in (0, 16, 200))])
def test_a_limit_of_files_sizes(tmp_path: Path, kilobytes: int) -> None:
    sender = Sender(tmp_path, {}, count=250)
    with running_hostile_server() as server:
        result = sender.run("send", server=server, largest_file=kilobytes * 1024)
        assert result.returncode == 1
        assert "Traceback" not in result.stderr
        assert "@" not in result.stderr
        sender.send(server)
        sender.check_all_once(server)


def test_a_disk_that_became_read_only(small_disk: Path) -> None:
    sender = Sender(small_disk, {}, count=20)
    with running_hostile_server() as server:
        with read_only(small_disk):
            result = sender.run("send", server=server)
        assert result.returncode == 1
        assert "Traceback" not in result.stderr
        assert "read-only" in result.stderr or "cannot be opened" in result.stderr
        assert not server.accepted
        sender.send(server)
        sender.check_all_once(server)


def test_a_store_of_a_newer_version(tmp_path: Path) -> None:
    sender = Sender(tmp_path, {}, count=5)

    def revision(text: str) -> None:
        with sqlite3.connect(tmp_path / "alongside.sqlite") as connection:
            connection.execute("UPDATE alembic_version SET version_num = ?", (text,))
        connection.close()

    with running_hostile_server() as server:
        revision("9999")
        result = sender.run("send", server=server)
        assert result.returncode == 1
        assert "made by a newer Alongside (its schema is 9999" in result.stderr
        assert not server.accepted
        revision(store_module.REVISION)
        sender.send(server)
        sender.check_all_once(server)


@pytest.mark.parametrize("from_mail", [7, *(pytest.param(number, marks=pytest.mark.soak) for number in (0, 40))])
def test_a_store_that_is_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, from_mail: int) -> None:
    """Another program holds the file: from the start, or while mails go out that cannot be recorded then."""
    monkeypatch.setattr(store_module, "BUSY_SECONDS", 0.2)
    monkeypatch.setattr(worker, "RECORDED_AFTER", 10)
    monkeypatch.setattr(worker, "BATCH", 30)
    post = Post(open_store(tmp_path, {}), make_settings(tmp_path))
    post.enroll(make_newcomers(100))
    other = sqlite3.connect(tmp_path / "alongside.sqlite", isolation_level=None)
    held: list[bool] = []

    def now() -> datetime:
        if len(server.accepted) >= from_mail and not held:
            other.execute("BEGIN IMMEDIATE")
            held.append(True)
        return post.now

    with running_hostile_server() as server:
        transport = Watched(SmtpServer(host="localhost", port=server.port, tls="none"))
        with pytest.raises(StoreError, match="The store is busy"):
            post.send(transport, now=now)
        accepted = len(server.accepted)
        assert from_mail <= accepted < 100
        other.execute("ROLLBACK")
        post.send(transport)
    other.close()
    post.store.close()
    assert len(server.counts) == 100
    assert server.duplicates == {}
    assert post.left_over() == []


def test_ctrl_c_while_mails_are_on_their_way(tmp_path: Path) -> None:
    """Those in hand are awaited or uncertain, those not begun are due, and the command ends."""
    sender = Sender(tmp_path, {}, count=100)
    with running_hostile_server(Script(rules=(Rule(at=Phase.ACCEPTED, do=Wait(0.02)),))) as server:
        process = sender.start("send", server=server)
        wait_for(server, 20, process)
        process.send_signal(signal.SIGINT)
        process.communicate()
        sender.be_due()
        sender.send(server)
        sender.be_due()
        sender.send(server)
        assert sender.states() == {"sent": 100}
        assert len(server.counts) == 100
        assert sum(server.counts.values()) - 100 <= 4


@pytest.mark.soak
def test_a_silent_server_is_left_and_its_mails_are_held(tmp_path: Path) -> None:
    post = Post(open_store(tmp_path, {}), make_settings(tmp_path, uncertain="hold"))
    post.enroll(make_newcomers(4))
    rules = (Rule(at=Phase.ACCEPTED, do=Never(), times=2),)
    with running_hostile_server(Script(rules=rules)) as server:
        post.send(Watched(SmtpServer(host="localhost", port=server.port, tls="none", timeout_seconds=1)))
    post.store.close()
    assert post.states() == {("held", "no answer in time"): 2, ("sent", ""): 2}
    assert len(server.counts) == 4
