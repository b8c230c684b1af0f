"""Web servers of one test: real ones, on ports of this machine, with names that a resolver of ours knows."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from mail_servers.certificates import Certificate

Handler = Callable[[BaseHTTPRequestHandler], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server says to one path."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Asked:
    """A request that came in."""

    method: str
    path: str
    headers: Mapping[str, str]
    name: str | None = None  # the host TLS asked for (SNI)


@dataclass(slots=True, kw_only=True)
class WebServer:
    """A server that runs: its port, and what it was asked."""

    port: int
    asked: list[Asked] = field(default_factory=list)

    @property
    def lines(self) -> list[str]:
        """`GET /path`, in order."""
        return [f"{one.method} {one.path}" for one in self.asked]


@contextmanager
def serving(
    answers: Mapping[str, Answer | Handler], certificate: Certificate | None = None, *, host: str = "127.0.0.1"
) -> Iterator[WebServer]:
    """A server with those paths, over TLS where it has a certificate; any other path is 404 without a body."""
    found = WebServer(port=0)
    names: dict[Any, str | None] = {}

    class Handles(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            name = names.get(id(self.connection))
            found.asked.append(
                Asked(method=self.command, path=self.path, headers=dict(self.headers.items()), name=name)
            )
            answer = answers.get(self.path) or Answer(status=404)
            if not isinstance(answer, Answer):
                answer(self)
                return
            self.send_response(answer.status)
            for key, value in answer.headers.items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)

        do_HEAD = do_GET  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that goes away is none."""

    server = Server((host, 0), Handles)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.certificate, certificate.key)

        def heard(connection: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> None:
            names[id(connection)] = name

        context.sni_callback = heard
        server.socket = context.wrap_socket(server.socket, server_side=True)
    found.port = server.server_port
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass(slots=True)
class Names:
    """A resolver that knows these names alone, each with its addresses; it counts how often it is asked."""

    known: Mapping[str, Sequence[tuple[str, int]]]
    asked: list[str] = field(default_factory=list)

    async def __call__(self, host: str, port: int) -> Sequence[tuple[str, int]]:
        self.asked.append(host)
        if host not in self.known:
            raise OSError(f"no such name: {host}")
        return self.known[host]
