"""Two origins on this machine: the community's site with its embed, and the product that shows it.

Both remember what they were asked. The community can be slow, broken or gone, file by file.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fnmatch import fnmatch
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from mimetypes import guess_type
from pathlib import Path
from threading import Thread
from urllib.parse import unquote, urlsplit


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request as it arrived."""

    # with its query, as it was written
    path: str
    # names in lower case
    headers: Mapping[str, str]
    body: bytes

    def everything(self) -> str:
        """All that the request told: path, headers and body."""
        return "\n".join([self.path, *map(": ".join, self.headers.items()), self.body.decode(errors="replace")])


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a server sends."""

    body: bytes
    type: str
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


class Origin:
    """A server of this machine, at a port of its own."""

    def __init__(self, find: Callable[[str], Answer | None]) -> None:
        """Serve what `find` has for a path (no query), else 404."""
        self.asked: list[Asked] = []
        # Pattern of a path to how many seconds its answer takes, and to what is wrong with it:
        # "missing" is 404, "broken" is cut in half, "silent" is a connection that closes without an answer.
        self.slow: dict[str, float] = {}
        self.faults: dict[str, str] = {}
        origin = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                origin.asked.append(Asked(path=self.path, headers=headers, body=body))
                path = urlsplit(self.path).path
                time.sleep(next((seconds for pattern, seconds in origin.slow.items() if fnmatch(path, pattern)), 0))
                fault = next((fault for pattern, fault in origin.faults.items() if fnmatch(path, pattern)), None)
                if fault != "silent":
                    self._send(None if fault == "missing" else find(path), half=fault == "broken")

            do_HEAD = do_POST = do_OPTIONS = do_GET  # noqa: N815

            def _send(self, answer: Answer | None, *, half: bool) -> None:
                answer = answer or Answer(body=b"Not found", type="text/plain", status=404, headers=_ANYONE)
                # the tab may have been closed, or the element taken away
                with suppress(BrokenPipeError, ConnectionResetError):
                    self.send_response(answer.status)
                    for name, value in (("Content-Type", answer.type), *answer.headers):
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(answer.body[: len(answer.body) // 2] if half else answer.body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def heal(self) -> None:
        """Answer at once and in full again."""
        self.slow.clear()
        self.faults.clear()

    def stop(self) -> None:
        """Refuse every connection from now on."""
        self._server.shutdown()
        self._server.server_close()


_ANYONE = (("Access-Control-Allow-Origin", "*"),)


def files_of(folder: Path) -> Callable[[str], Answer | None]:
    """The files of a built site; what lies under `embed/` may be read from any origin, as the handbook asks."""

    def find(path: str) -> Answer | None:
        file = folder / unquote(path).lstrip("/").replace("\0", "")
        if file.is_dir():
            file /= "index.html"
        if not file.is_file() or not file.resolve().is_relative_to(folder.resolve()):
            return None
        return Answer(
            body=file.read_bytes(),
            type=guess_type(file.name)[0] or "application/octet-stream",
            headers=_ANYONE if path.startswith("/embed/") else (),
        )

    return find


@contextmanager
def running_origin(find: Callable[[str], Answer | None]) -> Iterator[Origin]:
    origin = Origin(find)
    try:
        yield origin
    finally:
        origin.stop()
