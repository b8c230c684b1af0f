"""`alongside run` as a process: what it answers, what it sends, what it says, and how it ends."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest

from alongside.cli.run import MailRound
from alongside.cli.stores import read_home
from alongside.delivery.inbound import imap
from alongside.delivery.store import Store, open_store
from alongside.delivery.tokens import make_token
from alongside.service.figures import Figures
from alongside.service.home import Home
from commands import Command
from mail_servers.hostile import running_hostile_server
from mail_servers.servers import free_ports

from .conftest import Run

SERVICE = 'mail: {service: "https://example.org/alongside/"}'


class Process:
    """The service in a folder, until the test ends."""

    def __init__(self, folder: Path, *options: str, **environment: str) -> None:
        self.folder = folder
        self.process = Command("run", "--port", "0", *options, cwd=folder, environment=environment)
        self.lines = self.process.lines
        self.address = ""

    def wait_for_start(self) -> None:
        listening = self.wait_for(r"listening on http://127\.0\.0\.1:(\d+)/")
        self.address = f"http://127.0.0.1:{listening[1]}"

    def wait_for(self, pattern: str, *, times: int = 1, seconds: float = 60) -> re.Match[str]:
        """The last of so many lines that match."""
        end = time.monotonic() + seconds
        while True:
            found = [match for line in list(self.lines) if (match := re.search(pattern, line))]
            if len(found) >= times:
                return found[-1]
            assert self.process.poll() is None, self.lines
            assert time.monotonic() < end, self.lines
            time.sleep(0.02)

    def ask(self, path: str, body: bytes | None = None) -> tuple[int, str]:
        try:
            with urlopen(Request(self.address + path, body), timeout=20) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def mails(self) -> list[Path]:
        return sorted((self.folder / "outbox" / "new").glob("*"))

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Its exit code."""
        self.process.send_signal(number)
        return self.process.communicate(60).returncode


StartService = Callable[..., Process]


@pytest.fixture
def start(small_community: Path) -> Iterator[StartService]:
    started: list[Process] = []

    def make(*options: str, **environment: str) -> Process:
        started.append(Process(small_community, *options, **environment))
        started[-1].wait_for_start()
        return started[-1]

    yield make
    for process in started:
        process.end()


def with_service(folder: Path) -> None:
    """The community's mails name the service."""
    config = folder / "mkdocs.yml"
    text = config.read_text()
    config.write_text(text.replace("      teams:", f"      {SERVICE}\n      teams:"))


def opened(folder: Path) -> Store:
    return open_store(folder, {})


def test_from_a_mail_to_no_more_mails(run: Run, start: StartService, small_community: Path) -> None:
    """What a newcomer lives through: a mail, its link, one click; and the log knows nothing of them."""
    with_service(small_community)
    run("enroll", "month", "joana.yml")
    service = start("--every", "1")
    service.wait_for(" info send sent=1")
    (mail,) = service.mails()
    message = message_from_bytes(mail.read_bytes(), policy=policy.default)
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    found = re.search(r"<https://example\.org/alongside(/stop/[^>]+)>", str(message["List-Unsubscribe"]))
    assert found is not None, message["List-Unsubscribe"]
    path = found[1]
    assert "The first month" in service.ask(path)[1]
    assert service.ask(f"/alongside{path}", b"List-Unsubscribe=One-Click")[0] == 200
    assert service.ask("/stop/s-" + "a" * 9_000)[0] == 404
    assert service.ask("/healthz")[0] == 200
    assert service.end() == 0
    assert "stopped" in run("newcomers", "list", "--show").output
    log = "".join(service.lines)
    assert re.search(r" info http .*stopped=1", log)
    assert service.lines[-1].endswith(" info run stopped\n")
    assert not re.search("joana|example.org|s-[a-z2-7]{10}|Traceback", log, re.IGNORECASE), log
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (info|warning|error) \w+ \S", line) for line in service.lines)


def test_a_file_that_changed_is_read_again(run: Run, start: StartService, small_community: Path) -> None:
    service = start("--every", "1")
    service.wait_for("No mail names this service yet")
    mail = small_community / "journeys" / "mails" / "welcome.md"
    mail.write_text(mail.read_text().replace("Welcome, ", "Good morning, "))
    service.wait_for(" info read ", times=2)
    run("enroll", "month", "joana.yml")
    service.wait_for(" info send sent=1")
    message = message_from_bytes(service.mails()[0].read_bytes(), policy=policy.default)
    assert message["Subject"] == "Good morning, Joana"
    (small_community / "mkdocs.yml").write_text("site_name: [")
    service.wait_for(" error send ")
    assert service.ask("/healthz")[0] == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_when_asked(start: StartService, number: signal.Signals) -> None:
    service = start()
    begun = time.monotonic()
    assert service.end(number) == 0
    assert time.monotonic() - begun < 20
    assert service.lines[-1].endswith(" info run stopped\n")


def test_it_ends_in_the_middle_of_a_pass_and_loses_nothing(
    run: Run, start: StartService, small_community: Path
) -> None:
    with_service(small_community)
    config = small_community / "mkdocs.yml"
    config.write_text(config.read_text().replace('/alongside/"}', '/alongside/", rate: 40 per second}'))
    rows = "".join(f"newcomer{number}@example.org\n" for number in range(100))
    (small_community / "many.csv").write_text(f"email\n{rows}")
    assert run("enroll", "month", "--csv", "many.csv", "--basis", "consent").exit_code == 0
    service = start()
    end = time.monotonic() + 60
    while len(service.mails()) < 10:
        assert time.monotonic() < end
        time.sleep(0.02)
    begun = time.monotonic()
    assert service.end() == 0
    assert time.monotonic() - begun < 10
    sent = len(service.mails())
    assert 10 <= sent < 100
    assert run("send").exit_code == 0
    assert len(service.mails()) == 100
    with opened(small_community).reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM messages").scalar() == 100


def test_a_server_that_refuses_is_told_and_tried_again(run: Run, start: StartService, small_community: Path) -> None:
    run("enroll", "month", "joana.yml")
    [port] = free_ports(1)
    service = start(
        "--every",
        "1",
        ALONGSIDE_SMTP_URL=f"smtp://127.0.0.1:{port}",
        ALONGSIDE_IMAP_URL=f"imap://a:b@127.0.0.1:{port}/",
    )
    service.wait_for(" error inbound ")
    service.wait_for(" error send ")
    assert service.ask("/healthz")[0] == 200
    with running_hostile_server(port=port) as server:
        service.wait_for(" info send sent=1")
    assert len(server.accepted) == 1
    assert service.end() == 0
    assert "joana" not in "".join(service.lines).lower()


def test_a_busy_store_is_waited_for(run: Run, start: StartService, small_community: Path) -> None:
    """Somebody else writes meanwhile: pages that only read answer, and a click is done when the store is free."""
    run("enroll", "month", "joana.yml")
    store = opened(small_community)
    service = start()
    service.wait_for(" info send sent=1")
    path = f"/stop/{make_token('stop', 1, store.key)}"
    with store.writing():
        click = threading.Thread(target=service.ask, args=(path, b"List-Unsubscribe=One-Click"))
        click.start()
        assert service.ask(path)[0] == 200
        assert service.ask("/healthz")[0] == 200
        assert click.is_alive()
    click.join(40)
    assert "Stopped" in service.ask(path)[1]
    store.close()


def test_a_port_that_is_taken(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = run("run", "--port", str(taken.getsockname()[1]))
    assert result.exit_code == 2
    assert "Name another with --host and --port" in result.output


@pytest.mark.parametrize("name", ["starlette", "prometheus_client"])
def test_without_the_extra(run: Run, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    result = run("run")
    assert result.exit_code == 2
    assert f"The service needs {name}, which is not installed." in result.output
    assert 'pip install "alongside[service]"' in result.output


def test_the_clock_alone(run: Run, small_community: Path) -> None:
    run("enroll", "month", "joana.yml")
    clock = Process(small_community, "--only", "clock", "--every", "1")
    clock.wait_for(" info send sent=1")
    assert clock.end() == 0
    assert not re.search("listening| http ", "".join(clock.lines))


def test_the_links_alone(run: Run, start: StartService, small_community: Path) -> None:
    run("enroll", "month", "joana.yml")
    service = start("--only", "http")
    assert service.ask("/healthz")[0] == 200
    assert service.end() == 0
    assert service.mails() == []
    assert not re.search(" send | lmtp ", "".join(service.lines))


def test_a_part_that_breaks_ends_the_service(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alongside.service.server.serve", lambda *_, **__: 1 / 0)
    result = run("run", "--port", "0", "--only", "http")
    assert result.exit_code == 1
    assert "error http ZeroDivisionError at test_run.py:" in result.output
    assert "The service ended because of a defect in: http." in result.output


def test_a_hangup_reads_everything_again(run: Run, small_community: Path, tmp_path: Path) -> None:
    """Under a supervisor that wants to hear of it; a file that cannot be read changes nothing; secrets lie in files."""
    [port] = free_ports(1)
    secret = tmp_path / "smtp"
    secret.write_text(f"smtp://127.0.0.1:{port}\n")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.bind(str(tmp_path / "notify"))
        told: list[str] = []

        def listen() -> None:
            while not told or told[-1] != "end":
                told.append(supervisor.recv(4096).decode())

        def wait_for(words: str, times: int) -> None:
            end = time.monotonic() + 60
            while sum(each.startswith(words) for each in list(told)) < times:
                assert time.monotonic() < end, told
                time.sleep(0.02)

        threading.Thread(target=listen, daemon=True).start()

        given = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "400000"}
        service = Process(
            small_community, "--every", "1", "--log", "json", ALONGSIDE_SMTP_URL_FILE=str(secret), **given
        )
        service.wait_for_start()
        try:
            wait_for("READY=1", 1)
            wait_for("WATCHDOG=1", 2)
            service.process.send_signal(signal.SIGHUP)
            wait_for("READY=1", 2)
            assert re.search(r"RELOADING=1\nMONOTONIC_USEC=\d{6,}", "".join(told))
            service.wait_for('"about": "reload", "text": "settings and content read again"')
            config = small_community / "mkdocs.yml"
            whole = config.read_text()
            config.write_text("site_name: [")
            service.process.send_signal(signal.SIGHUP)
            service.wait_for('"error", "about": "reload", "text": "nothing was changed: ')
            wait_for("READY=1", 3)
            assert service.ask("/healthz")[0] == 200
            config.write_text(whole)
            run("enroll", "month", "joana.yml")
            service.wait_for('"level": "error", "about": "send"')
            with running_hostile_server() as server:  # somewhere else, as the file says from now on
                secret.write_text(f"smtp://127.0.0.1:{server.port}\n")
                service.wait_for('"about": "send", "text": "sent=1", "sent": 1}')
        finally:
            assert service.end() == 0
        wait_for("STOPPING=1", 1)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
            last.sendto(b"end", str(tmp_path / "notify"))
        wait_for("end", 1)
    assert all(json.loads(line)["time"] for line in service.lines)


@pytest.mark.systemd
def test_a_socket_that_systemd_holds(small_community: Path) -> None:
    """Who comes while nothing runs yet waits, and is answered."""
    [port] = free_ports(1)
    script = "import sys; from alongside.cli import main; sys.argv[:1] = ['alongside']; main()"
    ours = ["env", f"PYTHONPATH={os.pathsep.join(sys.path)}", sys.executable, "-c", script, "run", "--only", "http"]
    with subprocess.Popen(
        ["systemd-socket-activate", "-l", f"127.0.0.1:{port}", *ours],
        cwd=small_community, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            answer = None
            for _ in range(100):
                with contextlib.suppress(URLError), urlopen(f"http://127.0.0.1:{port}/healthz", timeout=60) as found:
                    answer = found.status
                    break
                time.sleep(0.1)
            assert answer == 200
        finally:
            process.terminate()
            _, lines = process.communicate(timeout=60)
    assert f"listening on http://127.0.0.1:{port}/" in lines


def test_mail_that_came_in_is_heard(run: Run, small_community: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mailbox is replaced; that of a real server has its own tests. A stop of the service leaves the rest."""
    run("enroll", "month", "joana.yml")
    store = opened(small_community)
    stopping = threading.Event()
    tag = make_token("stop", 1, store.key)
    mail = (
        f"From: joana@example.org\r\nTo: community+{tag}@community.example.org\r\nMessage-ID: <1@example.org>\r\n\r\n."
    )
    given: list[str] = []

    def poll(_: object, __: object, *, hear: Callable[[bytes], None]) -> None:
        hear(mail.encode())
        hear(mail.encode())
        stopping.set()
        hear(mail.encode())
        given.append("all")

    monkeypatch.setattr(imap, "poll", poll)
    found = read_home(small_community / "mkdocs.yml", now=datetime(2026, 11, 23, 9, 0, tzinfo=UTC))
    home = Home(settings=found.settings, community=found.community)
    figures = Figures()
    environment = {"ALONGSIDE_IMAP_URL": "imaps://a:b@mail.example.org/INBOX"}
    work = MailRound(store, lambda: home, stopping, environment, figures)
    assert work.fetch() == "stop=1"
    assert figures.registry.get_sample_value("alongside_inbound_mails_total", {"kind": "stop"}) == 1
    assert given == []
    store.close()
