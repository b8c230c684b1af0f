"""Rows of area site: what `alongside search` costs, and what a visitor's first query loads.

The step is a process of its own, as people run it; what it made is checked by what is asked of it. Bytes of a query are
those of files on disk: the index is packed, its script and its WebAssembly are not, and a host may pack them smaller.
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

from playwright.sync_api import TimeoutError as PlaywrightTimeout
from playwright.sync_api import sync_playwright

from bench.communities import community_files, stories
from bench.harness import BenchError, Figure, Run, run

NOW = "2026-11-23T09:00Z"
ALONGSIDE = [sys.executable, "-c", "from alongside.cli import main; main()"]
# stories -> CPU seconds, MB of the largest process, MB of the index, kB of the first query: what it may be at most
GOALS = {1_000: (8.0, 300.0, 4.0, 500.0), 10_000: (60.0, 1_500.0, 30.0, 700.0)}


def search_figures(folder: Path, size: int) -> Iterator[Figure]:
    """The step at `size` stories, below `folder`: cold, once more, and one query in a browser."""
    root = folder / "search"
    goals = GOALS.get(size, GOALS[10_000])
    write_community(root, size)
    _command(root, "build")
    made = _command(root, "search")
    print(f"# {size} stories, search: {made.seconds:.1f} s on the wall; {made.output.strip()}", flush=True)
    yield Figure(name=f"{size} stories, search made", value=made.cpu_seconds, goal=goals[0], unit=" CPU s")
    yield Figure(name=f"{size} stories, search, peak memory", value=made.peak_mb, goal=goals[1], unit=" MB")
    index = [path for path in (root / "site" / "pagefind").rglob("*") if path.is_file()]
    yield Figure(
        name=f"{size} stories, index", value=sum(path.stat().st_size for path in index) / 1e6, goal=goals[2], unit=" MB"
    )
    _command(root, "build")
    again = _command(root, "search")
    if "nothing changed" not in again.output:
        raise BenchError(f"the same index was made again: {again.output}")
    yield Figure(
        name=f"{size} stories, search with nothing changed / made",
        value=again.cpu_seconds / made.cpu_seconds,
        goal=0.6,
    )
    kilobytes, seconds = _first_query(root / "site", next(stories(1)).title)
    print(f"# {size} stories, first query: {seconds:.2f} s from the page being there to ten results", flush=True)
    yield Figure(name=f"{size} stories, first query", value=kilobytes, goal=goals[3], unit=" kB")


def write_community(root: Path, size: int) -> None:
    """The generated community with its search turned on."""
    for path, text in community_files(size):
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(
            text.replace("alongside:\n", "alongside:\n      search: true\n", 1) if path == "mkdocs.yml" else text
        )
    for folder in ("site", "build"):
        shutil.rmtree(root / folder, ignore_errors=True)


def _command(root: Path, name: str) -> Run:
    return run([*ALONGSIDE, name, "--now", NOW], cwd=root)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


def _first_query(site: Path, title: str) -> tuple[float, float]:
    """(kB of all that is loaded for the search, seconds) of a visitor who asks for a story by its title."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(site)))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
            )
            page = browser.new_page()
            loaded: list[str] = []
            page.on("response", lambda response: loaded.append(urlsplit(response.url).path))
            page.goto(f"http://127.0.0.1:{server.server_port}/browse/")
            started = time.perf_counter()
            page.fill("#as-query", title)
            try:
                page.wait_for_selector(".as-hits a")
            except PlaywrightTimeout:
                said = page.text_content(".as-results")
                raise BenchError(
                    f"nothing is found in 30 s; the page says {said!r}, {len(loaded)} files came"
                ) from None
            seconds = time.perf_counter() - started
            if page.text_content(".as-hits a") != title:
                raise BenchError(f"{title!r} is not what is found first")
            browser.close()
    finally:
        server.shutdown()
        server.server_close()
    asked = {path for path in loaded if path.startswith("/pagefind/") or path.endswith("/search.js")}
    return sum((site / path.lstrip("/")).stat().st_size for path in asked) / 1e3, seconds
