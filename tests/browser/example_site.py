"""The example community as anyone would build it: once for all tests that look at it in a browser."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from made_once import made_once

ROOT = Path(__file__).resolve().parent.parent.parent
EXAMPLE_DAY = datetime(2026, 11, 23, 9, tzinfo=UTC)  # the example's own day


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing about it."""

    def do_GET(self) -> None:
        """As its parent; an embed has no icon, and a browser asks for one only where it is opened by itself."""
        if self.path == "/favicon.ico":
            self.send_response(204)
            self.end_headers()
        else:
            super().do_GET()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="session")
def example_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the built site, which nothing may write to: all workers of a run look at the same one."""
    return made_once(tmp_path_factory, "example", _build) / "site"


def _build(root: Path) -> None:
    for name in ("content", "journeys"):
        shutil.copytree(ROOT / name, root / name)
    shutil.copy(ROOT / "mkdocs.yml", root)
    subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "-q"],
        cwd=root,
        env={**os.environ, "SOURCE_DATE_EPOCH": str(int(EXAMPLE_DAY.timestamp()))},
        check=True,
        capture_output=True,
    )


@pytest.fixture(scope="session")
def address(example_site: Path) -> Iterator[str]:
    """The example community at an address of this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(example_site)))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
