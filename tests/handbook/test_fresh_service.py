"""A fresh machine, from the handbook's words alone: the service behind nginx with TLS, mail through Postfix.

What runs here is what the pages show: settings and nginx's file of `service.md`, the request of `product.md`, the form of
`embeds.md`. Only ports, folders and certificates are this machine's. A newcomer signs up in the product, is written to,
stops with one click, is asked for and is forgotten; a stranger meets a member on a page of the product, and writes there.
Meanwhile a secret changes, a copy is made, and nobody's data gets into a log.
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
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import sync_playwright
from prometheus_client.parser import text_string_to_metric_families

from browser.chromium import CHROMIUM
from browser.engines import ChromiumTab
from commands import Command, run_command
from handbook.test_handbook import FOLDER, SERVICE, Block, blocks_of, nginx_file, write
from mail_servers.certificates import Authority
from mail_servers.mail_host import MailHost
from mail_servers.servers import free_ports, own_folder, running, wait_until

HOST, PRODUCT = "community.example.org", "app.example.com"
NEWCOMER, TEAM = "ines@example.net", f"community@{HOST}"
MEMBER, STRANGER = "sam@example.net", "tomas@example.net"
ONE_CLICK = "List-Unsubscribe=One-Click"
FIRST, SECOND, FIGURES = "first-secret-of-the-product", "second-secret-of-the-product", "token-of-prometheus"

# The product's own: everything from nowhere, but what the snippet is said to need.
STRICT = (
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
SCREEN = """\
<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sign up</title>
{head}<link rel="stylesheet" href="/style.css"><script type="module" src="/script.js"></script></head>
<body><main><h1>Sign up</h1><form>{form}</form>{body}</main></body></html>
"""
PRODUCT_SERVER = """\
server {{
    listen 127.0.0.1:{port} ssl;
    server_name {name};
    ssl_certificate {certificate};
    ssl_certificate_key {key};
    root {folder};
    add_header Content-Security-Policy "{policy}";
    location = /favicon.ico {{
        return 204;
    }}
}}
"""

pytestmark = [pytest.mark.mail, pytest.mark.nginx, pytest.mark.browser]


def block(page: Path, has: str) -> Block:
    """The first block of a page that has those words."""
    return next(each for each in blocks_of(page.read_text(encoding="utf-8")) if has in each.text)


class Machine:
    """The fresh one."""

    def __init__(self, folder: Path, mail: MailHost, authority: Authority) -> None:
        self.folder, self.community = folder, folder / "community"
        self.port, self.plain_port, self.tls_port = free_ports(3)
        self.certificate = authority.issue("fresh", f"DNS:{HOST},DNS:{PRODUCT}")
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
        done = run_command(*words, cwd=self.community, environment=self.environment, all_places=True)
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
        """nginx, with the page's file, and beside it the product."""
        shown = block(SERVICE, "limit_req_zone").text
        for ours, here in (
            ("listen 80;", f"listen 127.0.0.1:{self.plain_port};"),
            ("listen 443 ssl;", f"listen 127.0.0.1:{self.tls_port} ssl;"),
            ("127.0.0.1:8025", f"127.0.0.1:{self.port}"),
            ("/srv/our-community/site", str(self.community / "site")),
        ):
            assert ours in shown
            shown = shown.replace(ours, here)
        path = nginx_file(shown + self._product(), self.folder, self.certificate)
        with running(["nginx", "-c", str(path)], log=self.folder / "nginx", ports=[self.plain_port, self.tls_port]):
            yield

    def _product(self) -> str:
        """A screen with all that the snippet prints, under the policy that it prints; its part of nginx's file."""
        parts = {"head": "", "form": "", "body": "", "css": "", "js": ""}
        for piece in self._snippet("html"):
            text = piece["text"]
            place = "head" if text.startswith("<script") else "form" if text.startswith("<input") else "body"
            parts[place if piece["language"] == "html" else piece["language"]] += f"{text}\n"
        parts["head"] = parts["head"].replace('<script type="importmap">', '<script type="importmap" nonce="once">')
        _, _, needed = self._snippet("csp")[0]["text"].partition(": ")
        folder = self.folder / "product"
        folder.mkdir()
        (folder / "index.html").write_text(SCREEN.format_map(parts), encoding="utf-8")
        (folder / "style.css").write_text(parts["css"])
        (folder / "script.js").write_text(parts["js"])
        return PRODUCT_SERVER.format(
            port=self.tls_port, name=PRODUCT, folder=folder,
            certificate=self.certificate.certificate, key=self.certificate.key,
            policy=f"{STRICT}; {needed}".replace("script-src", "script-src 'nonce-once'"),
        )  # fmt: skip

    def _snippet(self, way: str) -> list[dict[str, str]]:
        shown = json.loads(self.call("snippet", "sign-up", "--for", way, "--format", "json"))
        pieces: list[dict[str, str]] = shown["pieces"]
        return pieces

    @contextmanager
    def browser(self) -> Iterator[ChromiumTab]:
        """A tab of a Chromium to which both names are this machine's, and their certificate is good."""
        names = ", ".join(f"MAP {name}:443 127.0.0.1:{self.tls_port}" for name in (HOST, PRODUCT))
        own = (f"--host-resolver-rules={names}", f"--ignore-certificate-errors-spki-list={self.certificate.pin}")
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=[*CHROMIUM, *own])
            yield ChromiumTab(chromium, 1280, 900, 1)
            chromium.close()

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
    form = block(FOLDER / "embeds.md", "origins:").text.replace("example.org", HOST)
    for text in (settings.text, form):
        write(machine.community / "mkdocs.yml", text, merged=True)
    journey = machine.community / "journeys" / "first-month.yml"
    journey.write_text(journey.read_text().replace("show: [welcome, group]", "show: [welcome, note, group]"))
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


def read(raw: bytes) -> str:
    """All that a mail says: its head and its texts, decoded."""
    mail = message_from_bytes(raw, policy=policy.default)
    texts = [part.get_content() for part in mail.walk() if part.get_content_maintype() == "text"]
    return "\n".join([*(f"{name}: {value}" for name, value in mail.items()), *texts])


def write_a_note(machine: Machine, mail_host: MailHost) -> None:
    """On a strict page of the product. Neither is told where the other takes mail, and nobody keeps a cookie."""
    with machine.browser() as tab:
        page, heads = tab.page, []  # of answers, as names of fields; Playwright's own leave out cookies
        session = page.context.new_cdp_session(page)
        heard = "Network.responseReceivedExtraInfo"
        session.on(heard, lambda event: heads.append({name.lower() for name in event["headers"]}))
        session.send("Network.enable")

        tab.goto(f"https://{PRODUCT}/")
        embed = page.locator("alongside-moment")
        assert "Sam Example" in embed.locator("[part=welcome]").inner_text()
        embed.get_by_role("link", name="Write to Sam").click()
        form = embed.locator(".form form")
        form.locator("#n-address").fill(STRANGER)
        form.locator("#n-name").fill("Tomás")
        form.locator("#n-message").fill("Hello Sam, how did you begin?")
        time.sleep(4)  # nobody reads and writes faster
        form.locator("#n-address").press("Enter")
        embed.get_by_text("Look into your mailbox").wait_for()

        [asking] = map(read, mail_host.wait_for(STRANGER))
        link = re.search(rf"https://{HOST}/alongside/first/f-[0-9a-f]+", asking)
        assert link is not None, asking
        tab.goto(link[0])
        assert mail_host.fetch(MEMBER) == []
        page.get_by_role("button").click()
        page.get_by_text("your note is on its way").wait_for()

        assert tab.messages == []
        assert {urlsplit(url).hostname for url in tab.requests} == {HOST, PRODUCT}
        assert tab.cookies() == []
        assert len(heads) >= len(tab.requests)
        assert not any("set-cookie" in names for names in heads)
    [note] = map(read, mail_host.wait_for(MEMBER))
    assert "how did you begin?" in note
    assert "tomas@" not in note
    assert "sam@" not in asking


def live(machine: Machine, mail_host: MailHost, service: Command) -> None:
    """What happens while it runs."""
    public = f"https://{HOST}/alongside"
    # The outside: TLS, the site beside the service, no figures, bounds.
    for address in (f"{public}/healthz", f"https://{HOST}/embed/v1/alongside.js"):
        head = machine.shell(f"curl --head {address}")
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
