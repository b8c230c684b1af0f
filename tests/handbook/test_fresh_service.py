"""A fresh machine, from the handbook's words alone: the service behind nginx with TLS, mail through Postfix.

What runs here is what the pages show: settings and nginx's file of `service.md`, the request of `product.md`. Only ports,
folders and certificates are this machine's. A newcomer signs up in the product, is written to, stops with one click, is
asked for and is forgotten; a stranger writes to a member by form. Meanwhile a secret changes, a copy is made, and
nobody's data gets into a log.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from email import message_from_bytes, policy
from pathlib import Path
from urllib.parse import urlencode

import pytest
from prometheus_client.parser import text_string_to_metric_families

from commands import Command, run_command
from handbook.test_handbook import FOLDER, SERVICE, Block, blocks_of, nginx_file, write
from mail_servers.certificates import Authority
from mail_servers.mail_host import MailHost
from mail_servers.servers import free_ports, own_folder, running, wait_until

HOST = "community.example.org"
NEWCOMER, TEAM = "ines@example.net", f"community@{HOST}"
MEMBER, STRANGER = "sam@example.net", "tomas@example.net"
ONE_CLICK = "List-Unsubscribe=One-Click"
FIRST, SECOND, FIGURES = "first-secret-of-the-product", "second-secret-of-the-product", "token-of-prometheus"

pytestmark = [pytest.mark.mail, pytest.mark.nginx]


def block(page: Path, has: str) -> Block:
    """The first block of a page that has those words."""
    return next(each for each in blocks_of(page.read_text(encoding="utf-8")) if has in each.text)


class Machine:
    """The fresh one."""

    def __init__(self, folder: Path, mail: MailHost, authority: Authority) -> None:
        self.folder, self.community = folder, folder / "community"
        self._authority = authority
        self.port, self.plain_port, self.tls_port = free_ports(3)
        trust = f"ca={mail.ca_file}"
        self.environment = {
            f"ALONGSIDE_{name}_FILE": str(self.keep(name, secret))
            for name, secret in {
                "SMTP_URL": f"{mail.smtps_url}?{trust}",
                "IMAP_URL": f"{mail.imaps_url}/INBOX?{trust}".replace("alongside%40", "community%40"),
                "SECRET": "a-secret-of-this-machine",
                "WEBHOOK_SECRET": FIRST,
                "METRICS_TOKEN": FIGURES,
            }.items()
        }
        # As a name server and the machine's certificates would have it.
        (folder / ".curlrc").write_text(
            f"connect-to = {HOST}:443:127.0.0.1:{self.tls_port}\n"
            f"connect-to = {HOST}:80:127.0.0.1:{self.plain_port}\n"
            f"cacert = {authority.file}\nsilent\nshow-error\nmax-time = 30\n"
        )

    def keep(self, name: str, secret: str) -> Path:
        """A file that holds a secret, written as a whole."""
        path = self.folder / f"secret-{name}"
        draft = path.with_suffix(".draft")
        draft.write_text(f"{secret}\n")
        return draft.replace(path)

    def call(self, *words: str) -> str:
        """A command of ours, in the community's folder; what it printed."""
        done = run_command(*words, cwd=self.community, environment=self.environment)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def shell(self, script: str, **variables: str) -> str:
        """What a block of the handbook prints, with curl as it would be there."""
        surroundings = {**os.environ, "CURL_HOME": str(self.folder), **variables}
        done = subprocess.run(["bash", "-c", script], env=surroundings, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def status(self, *arguments: str) -> int:
        """What curl is answered through nginx."""
        quoted = " ".join(f"'{argument}'" for argument in arguments)
        return int(self.shell(f"curl --output /dev/null --write-out '%{{http_code}}' {quoted}"))

    @contextmanager
    def proxy(self) -> Iterator[None]:
        """nginx, with the page's file."""
        shown = block(SERVICE, "limit_req_zone").text
        for ours, here in (
            ("listen 80;", f"listen 127.0.0.1:{self.plain_port};"),
            ("listen 443 ssl;", f"listen 127.0.0.1:{self.tls_port} ssl;"),
            ("127.0.0.1:8025", f"127.0.0.1:{self.port}"),
            ("/srv/our-community/site", str(self.community / "site")),
        ):
            assert ours in shown
            shown = shown.replace(ours, here)
        path = nginx_file(shown, self.folder, self._authority.issue("fresh", f"DNS:{HOST}"))
        with running(["nginx", "-c", str(path)], log=self.folder / "nginx", ports=[self.plain_port, self.tls_port]):
            yield

    def figures(self) -> dict[str, float]:
        """What Prometheus gets, by name and the values of labels in the order of their names."""
        ask = f"curl --fail --header 'Authorization: Bearer {FIGURES}' http://127.0.0.1:{self.port}/metrics"
        return {
            " ".join((sample.name, *(value for _, value in sorted(sample.labels.items())))): sample.value
            for family in text_string_to_metric_families(self.shell(ask))
            for sample in family.samples
        }


@pytest.fixture
def machine(mail_host: MailHost, authority: Authority) -> Iterator[Machine]:
    with own_folder("fresh") as folder:
        for address in (NEWCOMER, TEAM, MEMBER, STRANGER):
            mail_host.add_user(address)
        yield Machine(folder, mail_host, authority)


def wait_for(true: Callable[[], object], service: Command) -> None:
    """Until it is so; the service's lines where it never is."""
    end = time.monotonic() + 60
    while not true():
        assert service.poll() is None, service.lines
        assert time.monotonic() < end, service.lines
        time.sleep(0.05)


def test_from_a_fresh_machine_to_a_newcomer_who_is_forgotten(machine: Machine, mail_host: MailHost) -> None:
    run_command("new", str(machine.community))
    settings = block(SERVICE, "mail: {service:")
    notes = block(FOLDER / "notes.md", "first_note:").text.replace("alongside.example.org", HOST)
    for text in (settings.text, notes):
        write(machine.community / "mkdocs.yml", text, merged=True)
    (machine.community / "contacts.csv").write_text(f"slug,email\nsam-example,{MEMBER}\n")
    machine.call("contacts", "import", "contacts.csv")
    machine.call("build")
    options = ("--port", str(machine.port), "--every", "1", "--log", "json")
    service = Command("run", *options, cwd=machine.community, environment=machine.environment)
    with machine.proxy():
        try:
            wait_for(lambda: any("listening on" in line for line in service.lines), service)
            live(machine, mail_host, service)
        finally:
            service.send_signal(signal.SIGTERM)
            ended = service.communicate(60)
    assert ended.returncode == 0, service.lines
    said = "".join(service.lines)
    assert all(json.loads(line)["level"] in ("info", "warning", "error") for line in service.lines)
    assert not re.search(rf"ines|tomas|sam@|{FIRST}|{SECOND}|[a-z]-[0-9a-f]{{20}}|Traceback", said), said
    for log in ("access.log", "error.log", "alongside.log"):
        assert "/stop/" not in (machine.folder / log).read_text()


def write_a_note(machine: Machine, mail_host: MailHost) -> None:
    """A stranger writes to a member by form, confirms, and neither is told where the other takes mail."""
    form = f"https://{HOST}/alongside/note/sam-example"
    page = machine.shell(f"curl --fail {form}")
    found = re.search(r'name="stamp" value="([^"]+)"', page)
    assert found is not None, page
    time.sleep(4)  # nobody reads and writes faster
    fields = {"address": STRANGER, "name": "Tomás", "language": "en", "message": "Hello Sam, how did you begin?"}
    encoded = urlencode({**fields, "subject": "", "stamp": found[1]})
    assert machine.status("--data", encoded, form) == 200
    [asking] = mail_host.wait_for(STRANGER)
    text = message_from_bytes(asking, policy=policy.default).get_body(("plain",)).get_content()  # type: ignore[union-attr]
    link = re.search(rf"https://{HOST}/alongside/first/f-[0-9a-f]+", text)
    assert link is not None, text
    assert machine.status("--data", "sure=yes", link[0]) == 200
    [note] = mail_host.wait_for(MEMBER)
    assert "how did you begin?" in note.decode()
    assert STRANGER not in note.decode()
    assert b"sam@" not in asking


def live(machine: Machine, mail_host: MailHost, service: Command) -> None:
    """What happens while it runs."""
    public = f"https://{HOST}/alongside"
    # The outside: TLS, the site beside the service, no figures, bounds.
    head = machine.shell(f"curl --head {public}/healthz")
    assert "200" in head.splitlines()[0]
    assert re.search(r"^strict-transport-security: max-age=31536000", head, re.IGNORECASE | re.MULTILINE)
    assert "https://" in machine.shell(f"curl --head http://{HOST}/alongside/healthz | grep -i ^location:")
    assert machine.status(f"https://{HOST}/") == 200
    assert machine.status(f"{public}/readyz") == 200
    for way in ("metrics", "./metrics", "x/../metrics", "%6detrics", "/metrics"):
        bearer = f"Authorization: Bearer {FIGURES}"
        assert machine.status("--path-as-is", "--header", bearer, f"{public}/{way}") == 404, way
    large = machine.folder / "large"
    large.write_bytes(b"x" * 2_000_000)
    assert machine.status("--data-binary", f"@{large}", f"{public}/enroll") == 413

    # The product enrolls somebody, as the handbook shows it; it does so twice, and she is written to once.
    enroll = block(FOLDER / "product.md", "curl --fail-with-body").text
    for _ in range(2):
        assert machine.shell(enroll, ALONGSIDE_WEBHOOK_SECRET=FIRST)
    [raw] = mail_host.wait_for(NEWCOMER)
    mail = message_from_bytes(raw, policy=policy.default)
    assert mail["List-Unsubscribe-Post"] == ONE_CLICK
    found = re.search(rf"<({re.escape(public)}/stop/[^>]+)>", str(mail["List-Unsubscribe"]))
    assert found is not None, mail["List-Unsubscribe"]
    wait_for(lambda: machine.figures().get("alongside_mails_total sent") == 1, service)

    # The product's secret changes while it runs.
    machine.keep("WEBHOOK_SECRET", f"{SECOND} {FIRST}")
    service.send_signal(signal.SIGHUP)
    wait_for(lambda: any('"reload"' in line for line in service.lines), service)
    assert machine.shell(enroll, ALONGSIDE_WEBHOOK_SECRET=SECOND)

    # A filter of a mailbox looks at her link, and changes nothing; her mail program's button does.
    assert machine.status(found[1]) == 200
    assert machine.status(found[1].replace("https:", "http:")) == 301
    assert machine.status("--data", "x" * 9_000, found[1]) == 413
    assert "stopped" not in machine.call("newcomers", "list")
    assert machine.status("--data", ONE_CLICK, found[1]) == 200
    assert "stopped" in machine.call("newcomers", "list")

    write_a_note(machine, mail_host)

    # She asks what there is of her, and to be forgotten.
    assert NEWCOMER in machine.call("newcomers", "export", NEWCOMER)
    machine.call("store", "backup", str(machine.folder / "copy"))
    machine.call("newcomers", "erase", NEWCOMER)
    with closing(sqlite3.connect(machine.community / "alongside.sqlite")) as store:
        assert store.execute("SELECT count(*) FROM newcomers").fetchone() == (1,)  # who wrote the note
        assert NEWCOMER not in "\n".join(store.iterdump())
    assert len(mail_host.fetch(NEWCOMER)) == 1

    # Somebody floods it: nginx says wait, and the service lives.
    flood = f"for n in $(seq 120); do echo url = {found[1]}; echo output = /dev/null; done"
    said = machine.shell(f"({flood}) | curl --parallel --parallel-max 40 --write-out '%{{http_code}}\\n' --config -")
    assert said.count("429") > 10
    assert said.count("200") >= 40
    wait_until(lambda: machine.status(f"{public}/healthz") == 200, 20, "nginx to let us in again")
    assert machine.figures()["alongside_http_requests_total POST /enroll 2xx"] == 3
    wait_for(lambda: "alongside_last_backup_timestamp_seconds" in machine.figures(), service)  # seconds old at most
