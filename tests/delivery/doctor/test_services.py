from __future__ import annotations

import http.server
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from alongside import __version__
from alongside.delivery.doctor.clocks import check_clock
from alongside.delivery.doctor.findings import Finding
from alongside.delivery.doctor.services import check_service
from alongside.settings import MailSettings
from delivery.doctor.looking import MakeSetup, told
from mail_servers.certificates import ELSEWHERE, Authority, Certificate

OK = b'{"ok": true, "version": "%s"}' % __version__.encode()
Look = Callable[[str], list[Finding]]


@contextmanager
def answering(status: int, body: bytes, certificate: Certificate | None = None) -> Iterator[str]:
    """A web server that always says the same; its address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path == "/sub/healthz"
            self.send_response(status if found else 404)
            self.end_headers()
            self.wfile.write(body if found else b"")

        def log_message(self, format: str, *arguments: object) -> None: ...

    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None: ...

    with Server(("127.0.0.1", 0), Handler) as server:
        if certificate is not None:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(certificate.certificate, certificate.key)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http{'s' if certificate else ''}://localhost:{server.server_address[1]}/sub/"
        server.shutdown()


@pytest.fixture
def look(make_setup: MakeSetup) -> Look:
    return lambda service: list(check_service(make_setup(mail=MailSettings(service=service), now=datetime.now(UTC))))


def test_no_service(look: Look) -> None:
    assert told(look(""), "service") == (
        "skipped",
        "mail.service is empty: mails have no one-click stop. Run `alongside run` behind HTTPS, and write mail: "
        "{service: https://...}.",
    )


def test_a_service_without_tls(look: Look) -> None:
    assert told(look("http://example.org/"), "service") == (
        "error",
        "http://example.org/ is not encrypted, and mail programs press one-click stop over HTTPS alone (RFC 8058). Put "
        "it behind a proxy with a certificate, and write https://.",
    )


@pytest.mark.parametrize(
    ("status", "body", "state", "said"),
    [
        (200, OK, "ok", "answers."),
        (503, b'{"ok": false, "version": "x"}', "error", "answers, but its store does not. See what the store's check says."),
        (200, b'{"ok": true, "version": "0.0"}', "warning", f"answers with another version than this one ({__version__}). Restart `alongside run`."),
        (200, b"<h1>Hello</h1>", "error", "answers, but it is not `alongside run` that does. See where the proxy leads."),
        (502, b"", "error", "answers 502. Look at the output of `alongside run`, and at where the proxy leads."),
    ],
)  # fmt: skip
def test_what_answers(look: Look, status: int, body: bytes, state: str, said: str) -> None:
    with answering(status, body) as address:
        assert told(look(address), "service") == (state, f"{address}healthz {said}")


def test_https(look: Look, authority: Authority, monkeypatch: pytest.MonkeyPatch, make_setup: MakeSetup) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    with answering(200, OK, authority.issue("web", days=40)) as address:
        findings = look(address)
        setup = make_setup(site_url=address)
        clock = list(check_clock(setup, wall=lambda: datetime.now(UTC), offline=False))
    assert [(finding.what, finding.state) for finding in findings] == [("certificate", "ok"), ("service", "ok")]
    assert told(clock, "web clock")[1].startswith("The web server agrees within ")
    with answering(200, OK, authority.issue("other", ELSEWHERE)) as address:
        findings = look(address)
    assert told(findings, "certificate") == (
        "error",
        "The certificate of localhost is for another name. Name the server as its certificate does.",
    )
    assert told(findings, "service")[0] == "error"


def test_nobody_answers(look: Look) -> None:
    assert told(look("https://127.0.0.1:1/"), "service") == (
        "error",
        "https://127.0.0.1:1/healthz does not answer ([Errno 111] Connection refused). See whether `alongside run` runs, "
        "and whether the proxy leads to it.",
    )
