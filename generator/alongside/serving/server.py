"""HTTP for one writer and their browser: files of the latest edition, our bar in its pages, a stream of what changes.

Only GET and HEAD are answered, and neither changes anything. By default nobody but this machine is listened to; a name
that is not ours in `Host` is refused, or any page a writer has open could read drafts here (DNS rebinding).
"""

from __future__ import annotations

import errno
import ipaddress
import mimetypes
import re
import socket
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from typing import Any
from urllib.parse import parse_qs, quote, unquote_to_bytes, urlencode, urlsplit

from alongside.problems import UsageError
from alongside.serving.bar import (
    OURS,
    PREVIEW,
    PROBLEMS,
    SCRIPT,
    bar_digest,
    render_bar,
    render_fault,
    render_problems,
    with_bar,
)
from alongside.serving.editions import INDEX, Edition, RenderingError
from alongside.serving.previews import preview_digest, render_preview
from alongside.serving.rebuilding import Rebuilder

_WHOLE = re.compile(r"sitemap[\w-]*\.xml(?:\.gz)?|search/search_index\.json")  # what MkDocs makes of all record pages
_PATIENCE_SECONDS = 20.0  # a page waits so long for a change that is being worked on, then the older one is shown
_WHOLE_SECONDS = 300.0
_PULSE_SECONDS = 15.0  # a stream says so often that it is alive, and finds out whether anybody listens
_PIECE = 1 << 18  # octets of a file that are sent at once
_HOST = re.compile(r"[\w.-]+(?::\d+)?|\[[0-9a-fA-F:.]+\](?::\d+)?", re.ASCII)
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)
_TYPES: Mapping[str, str] = {
    ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css", ".txt": "text/plain",
    ".json": "application/json", ".xml": "application/xml", ".svg": "image/svg+xml", ".ics": "text/calendar",
    ".atom": "application/atom+xml", ".rss": "application/rss+xml", ".webmanifest": "application/manifest+json",
    ".vtt": "text/vtt", ".md": "text/markdown", ".csv": "text/csv", ".webp": "image/webp", ".avif": "image/avif",
    ".woff2": "font/woff2", ".opus": "audio/ogg", ".m4a": "audio/mp4", ".mp3": "audio/mpeg",
    ".wasm": "application/wasm", ".gz": "application/gzip",
}  # fmt: skip
_TEXTUAL = re.compile(r"text/.*|application/(?:json|xml|.*\+(?:xml|json))|image/svg\+xml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is sent for a request."""

    content: bytes | Path = b""
    media_type: str = "text/html; charset=utf-8"
    status: HTTPStatus = HTTPStatus.OK
    location: str = ""  # of a redirect


class SiteServer(ThreadingHTTPServer):
    """The server. It is bound when it is made, and answers from `serve_forever` on."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, host: str, port: int, *, mount: str = "/", live: bool = True) -> None:
        """`mount`: the path the site is served below. `live`: pages follow what changes.

        Raises `UsageError` when the address cannot be had.
        """
        self.mount = mount
        self.live = live
        self.host = host
        self.rebuilder: Rebuilder | None = None  # before it is there, nothing is answered
        if ":" in host:
            self.address_family = socket.AF_INET6
        try:
            super().__init__((host, port), _Handler)
        except OSError as error:
            raise _cannot_listen(error, host, port) from error
        except OverflowError as error:
            raise UsageError(f"There is no port {port}.", hint="Ports go from 1 to 65535.") from error

    @property
    def address(self) -> str:
        """Where a browser finds the site."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.server_port}{quote(self.mount)}"

    def server_bind(self) -> None:
        """Bind, without asking a name server who we are, as `HTTPServer` does: that may take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self.host, self.server_address[1]

    def knows(self, host: str) -> bool:
        """True for a `Host` (with or without a port) that means this server."""
        name = urlsplit(f"//{host}").hostname or "" if _HOST.fullmatch(host) else ""
        if name in ("localhost", self.host.casefold()) or name.endswith(".localhost"):
            return True
        try:
            ipaddress.ip_address(name)  # no name, so nobody's name server can have said that it is ours
        except ValueError:
            return False
        return True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that went away is nothing to report."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)

    # --- answers ---------------------------------------------------------------------------------------------------

    def answer(self, target: str) -> Answer:
        """What to send for a request's target ("/stories/x/?bare")."""
        assert self.rebuilder is not None
        url = urlsplit(target)
        path, query = _site_path(url.path), _query(url.query)
        if path is None:
            return _plain(HTTPStatus.NOT_FOUND, "No such page.")
        self.rebuilder.settle(_PATIENCE_SECONDS)
        if path.startswith((OURS, PREVIEW)) or f"{path}/" == PREVIEW:
            return self._ours(path, query)
        if not f"/{path}".startswith(self.mount):
            if f"/{path}/" == self.mount or not path:
                return Answer(status=HTTPStatus.FOUND, location=quote(self.mount))
            return self._missing(path, query)
        path = path[len(self.mount) - 1 :]
        if _WHOLE.fullmatch(path):
            self.rebuilder.complete(_WHOLE_SECONDS)
        return self._file(self.rebuilder.edition, path, query)

    def _file(self, edition: Edition, path: str, query: Mapping[str, str]) -> Answer:
        name = f"{path}{INDEX}" if not path or path.endswith("/") else path
        media_type = _media_type(name)
        try:
            content = edition.read(name)
        except RenderingError as error:
            html = render_fault(error.problem, edition)
            return self._page(edition, path, html, query, HTTPStatus.INTERNAL_SERVER_ERROR)
        if content is None and edition.has_folder(path):
            return Answer(status=HTTPStatus.FOUND, location=quote(f"{self.mount}{path}/"))
        if content is None:
            return self._missing(path, query)
        if media_type.startswith("text/html"):
            html = content.read_bytes() if isinstance(content, Path) else content
            return self._page(edition, path, html, query)
        return Answer(content=content, media_type=media_type)

    def _missing(self, path: str, query: Mapping[str, str]) -> Answer:
        """The site's own page for what there is not; the bar tells whether a problem is why."""
        assert self.rebuilder is not None
        edition = self.rebuilder.edition
        found = edition.read("404.html")
        html = found.read_bytes() if isinstance(found, Path) else found or b"<!doctype html>\n<h1>No such page</h1>\n"
        return self._page(edition, path, html, query, HTTPStatus.NOT_FOUND)

    def _page(
        self, edition: Edition, path: str, html: bytes, query: Mapping[str, str], status: HTTPStatus = HTTPStatus.OK
    ) -> Answer:
        """`bare` in the query: without the bar, as the preview shows pages."""
        if "bare" not in query:
            shown = self.digest(edition, path)
            html = with_bar(html, edition, path, shown=shown, live=self.live)
        return Answer(content=html, status=status)

    def _ours(self, path: str, query: Mapping[str, str]) -> Answer:
        assert self.rebuilder is not None
        edition = self.rebuilder.edition
        if path == f"{OURS}bar.js":
            return Answer(content=SCRIPT.read_bytes(), media_type=_media_type(path))
        if path == f"{OURS}bar":
            return Answer(content=render_bar(edition, query.get("page", "")).encode())
        if path == PROBLEMS:
            return self._own(edition, path, render_problems(edition))
        if path == PREVIEW:
            return self._own(edition, _preview_path(query), render_preview(edition, query, mount=self.mount))
        if f"{path}/" in (PROBLEMS, PREVIEW):
            return Answer(status=HTTPStatus.FOUND, location=f"/{path}/")
        return _plain(HTTPStatus.NOT_FOUND, "No such page.")

    def _own(self, edition: Edition, page: str, html: bytes) -> Answer:
        shown = blake2b(html, digest_size=9).hexdigest()
        return Answer(content=with_bar(html, edition, page, shown=shown, live=self.live, alone=True))

    def digest(self, edition: Edition, page: str) -> str:
        """Another text when what a browser shows under this name is another."""
        if page == PROBLEMS:
            return blake2b(render_problems(edition), digest_size=9).hexdigest()
        if page.startswith(PREVIEW):
            return preview_digest(edition, _query(page.partition("?")[2]), mount=self.mount)
        return edition.digest(f"{page}{INDEX}" if not page or page.endswith("/") else page)


class _Handler(BaseHTTPRequestHandler):
    """One connection of a browser."""

    protocol_version = "HTTP/1.1"
    timeout = 120  # seconds for a request to come
    server: SiteServer

    def do_GET(self) -> None:
        """As its parent calls it."""
        hosts = self.headers.get_all("Host", [])
        if len(hosts) != 1 or not self.server.knows(hosts[0]):
            text = f"This server answers to the address it printed, and to no other name.\n{self.server.address}"
            self._send(_plain(HTTPStatus.MISDIRECTED_REQUEST, text))
        elif self.server.rebuilder is None:
            self._send(_plain(HTTPStatus.SERVICE_UNAVAILABLE, "The first build is not done yet."))
        elif self.path.partition("?")[0] == f"/{OURS}events":
            self._stream(_query(self.path.partition("?")[2]))
        else:
            self._send(self._answer())

    def version_string(self) -> str:
        """As its parent calls it."""
        return "alongside"

    def do_HEAD(self) -> None:
        """As GET, without the content."""
        self.do_GET()

    def _answer(self) -> Answer:
        try:
            return self.server.answer(self.path)
        except ValueError:  # an address that is none
            return _plain(HTTPStatus.BAD_REQUEST, "This is no address of a page.")
        except Exception as error:  # the server outlives a defect, and says what it was
            traceback.print_exc()
            text = f"This page cannot be shown: {type(error).__name__}. The terminal says more."
            return _plain(HTTPStatus.INTERNAL_SERVER_ERROR, text)

    def _send(self, answer: Answer) -> None:
        content = answer.content
        try:
            size = content.stat().st_size if isinstance(content, Path) else len(content)
        except OSError:
            answer, content, size = _plain(HTTPStatus.NOT_FOUND, "No such page."), b"", 0
        wanted = self._range(size) if answer.status == HTTPStatus.OK else None
        first, end = wanted or (0, size)
        if wanted is not None and first >= end:
            self.send_response(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
            self.send_header("Content-Range", f"bytes */{size}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(HTTPStatus.PARTIAL_CONTENT if wanted else answer.status)
        if wanted:
            self.send_header("Content-Range", f"bytes {first}-{end - 1}/{size}")
        if answer.location:
            self.send_header("Location", answer.location)
        self.send_header("Content-Type", answer.media_type)
        self.send_header("Content-Length", str(end - first))
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        if self.command == "HEAD":
            return
        if isinstance(content, bytes):
            self.wfile.write(content[first:end])
            return
        with content.open("rb") as stream:
            stream.seek(first)
            while first < end and (piece := stream.read(min(_PIECE, end - first))):
                self.wfile.write(piece)
                first += len(piece)

    def _range(self, size: int) -> tuple[int, int] | None:
        """(first octet, the one after the last) of a request for one part (RFC 9110 section 14); None: all of it."""
        match = _RANGE.fullmatch(self.headers.get("Range", "").strip())
        if match is None or "If-Range" in self.headers or not any(match.groups()):
            return None
        first, last = match.groups()
        if not first:
            return max(0, size - int(last)), size if int(last) else 0
        if last and int(last) < int(first):
            return None
        return int(first), min(size, int(last) + 1) if last else size

    def _stream(self, query: Mapping[str, str]) -> None:
        """Tell a browser whenever the page it shows, or its bar, is another one (HTML, section 9.2).

        The browser says what it shows, so it may come back after any time, to another process even, and is told what
        it missed.
        """
        server, rebuilder = self.server, self.server.rebuilder
        assert rebuilder is not None
        page, shown, bar = query.get("page", ""), query.get("shown", ""), query.get("bar", "")
        self.close_connection = True
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command == "HEAD":
            return
        self.wfile.write(b"retry: 400\n\n")
        number = 0
        while not rebuilder.stopping:
            edition = rebuilder.edition
            if edition.number > number:
                number = edition.number
                if server.digest(edition, page) != shown:
                    self.wfile.write(f"id: {number}\nevent: page\ndata: {number}\n\n".encode())
                    return
                if (now := bar_digest(edition, page)) != bar:
                    bar = now
                    self.wfile.write(f"id: {number}\nevent: bar\ndata: {bar}\n\n".encode())
            if not rebuilder.wait(number, _PULSE_SECONDS):
                self.wfile.write(b": still here\n\n")

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: what a writer wants to know stands on the page."""


def _site_path(path: str) -> str | None:
    """A request's path without its first slash, decoded; None for one that leads out of the site or is none."""
    try:
        decoded = unquote_to_bytes(path).decode("utf-8")
    except UnicodeDecodeError:
        return None
    parts = decoded.lstrip("/").split("/")
    if any(part in (".", "..") for part in parts) or re.search(r"[\x00-\x1f\x7f\\:]", decoded) or "//" in decoded:
        return None
    return decoded.lstrip("/")


def _query(text: str) -> Mapping[str, str]:
    """The last value of each name; of more names than ours have, nothing."""
    try:
        return {name: values[-1] for name, values in parse_qs(text, keep_blank_values=True, max_num_fields=20).items()}
    except ValueError:
        return {}


def _preview_path(query: Mapping[str, str]) -> str:
    return f"{PREVIEW}?{urlencode(query)}" if query else PREVIEW


def _media_type(name: str) -> str:
    suffix = Path(name).suffix.casefold()
    found = _TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    return f"{found}; charset=utf-8" if _TEXTUAL.fullmatch(found) else found


def _plain(status: HTTPStatus, text: str) -> Answer:
    return Answer(content=f"{text}\n".encode(), media_type="text/plain; charset=utf-8", status=status)


def _cannot_listen(error: OSError, host: str, port: int) -> UsageError:
    """Why an address cannot be had, and what to do."""
    if error.errno == errno.EADDRINUSE:
        return UsageError(
            f"Port {port} of {host} is taken.",
            hint=f"End what runs there, or take another: --dev-addr {host}:{port + 1}",
        )
    if error.errno == errno.EACCES:
        return UsageError(f"Port {port} needs an administrator.", hint=f"Take one above 1023: --dev-addr {host}:8000")
    return UsageError(
        f"{host} is no address of this machine ({error.strerror}).", hint="Write --dev-addr 127.0.0.1:8000"
    )
