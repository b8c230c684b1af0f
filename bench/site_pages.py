"""Area site_pages: what a visitor's browser loads for each kind of page, and whether anything moves under their eyes.

The example community, and a generated one of 10,000 stories where lists grow long, each built as people build it and
opened in Chromium: a visitor who was never there, in the width of a phone. Bytes are those of the bodies, text by
`gzip -9`, as any host packs it; pictures of authors and recordings are counted apart, as they are the authors'. A shift
is Chromium's own sum of layout shifts (https://wicg.github.io/layout-instability/), of a page left alone until nothing
is loaded any more.

Goals. A story is what people come for from a mail, on a train: 30 kB take a second on a slow phone network (HTTP
Archive's median page is 2,500 kB). Lists may be twice that. The meetups with all their dates, which are narrowed in
place, and a page with several moments may be five times that; MkDocs' own search brings a script and all of its index.
Nothing shifts: whatever comes later has its room kept. That is a shift of 0.00, as browsers' tools round it: Chromium's
own player of a recording moves its clock by 0.002. Nobody else is asked for anything.
"""

from __future__ import annotations

import argparse
import gzip
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from playwright.sync_api import Browser, Response, sync_playwright

from bench.communities import community_files
from bench.harness import BenchError, Figure, run
from bench.site import ALONGSIDE, NOW, ROOT, write_files

sys.path.insert(0, str(ROOT / "tests"))  # the server is that of the tests

from browser.example_site import Quiet

SIZE = 10_000
PHONE = {"width": 390, "height": 844}
STORY, LIST, DATES, SEARCH = 30.0, 60.0, 150.0, 200.0  # kB at most
# layout -> (page, kB at most)
EXAMPLE: Mapping[str, tuple[str, float]] = {
    "home": ("", LIST),
    "story": ("stories/first-talk-in-two-languages/", STORY),
    "story with a recording": ("stories/the-button-called-button/", STORY),
    "story from right to left": ("stories/katabtuha-bilarabiyya-awwalan/", STORY),
    "stories": ("stories/", LIST),
    "stories in a language": ("stories/language/es/", LIST),
    "member": ("members/ana-souza/", STORY),
    "members": ("members/", LIST),
    "group": ("groups/docs-berlin/", STORY),
    "groups": ("groups/", LIST),
    "challenge": ("challenges/first-talk/", STORY),
    "challenges": ("challenges/", LIST),
    "place": ("places/berlin-germany/", STORY),
    "places": ("places/", LIST),
    "meetup": ("meetups/docs-berlin-monthly/", STORY),
    "meetups": ("meetups/", DATES),
    "meetups of a country": ("meetups/country/de/", LIST),
    "month": ("meetups/month/2026-12/", LIST),
    "browse": ("browse/", LIST),
    "journeys": ("journeys/", LIST),
    "embed": ("embed/first-month/sign-up/", LIST),
    "plain page": ("handbook/writers/", LIST),
    "plain page with moments": ("handbook/embeds/", DATES),
    "search": ("search.html", SEARCH),
    "not found": ("404.html", STORY),
}
GENERATED: Mapping[str, tuple[str, float]] = {
    "home": ("", STORY),
    "story": ("stories/story-1/", STORY),
    "stories": ("stories/", LIST),
    "oldest stories": ("stories/page/1/", LIST),
    "stories of a year": ("stories/year/*/", LIST),
    "member": ("members/*/", STORY),
    "members": ("members/", LIST),
    "challenge": ("challenges/*/", LIST),
    "challenges": ("challenges/", LIST),
    "places": ("places/", LIST),
    "place": ("places/*/", LIST),
    "browse": ("browse/", LIST),
}
_WATCH = """
window.shifted = 0;
new PerformanceObserver((list) => { for (const one of list.getEntries()) window.shifted += one.value; })
  .observe({ type: "layout-shift", buffered: true });
"""


@dataclass(slots=True)
class Visit:
    """What one visit of a page took."""

    kilobytes: float = 0.0
    media_kilobytes: float = 0.0  # pictures and recordings
    requests: int = 0
    others: list[str] = field(default_factory=list)  # addresses elsewhere that were asked
    faults: list[str] = field(default_factory=list)  # errors and warnings on the console
    shifted: float = 0.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """None of its own."""


def measure(_: argparse.Namespace) -> Iterator[Figure]:
    """Every figure of the area."""
    with tempfile.TemporaryDirectory(prefix="bench-pages-") as temporary:
        example, generated = Path(temporary) / "example", Path(temporary) / "generated"
        for name in ("content", "journeys"):
            shutil.copytree(ROOT / name, example / name)
        shutil.copy(ROOT / "mkdocs.yml", example)
        write_files(generated, community_files(SIZE))
        for root in (example, generated):
            run([*ALONGSIDE, "build", "--now", NOW], cwd=root)
        yield from page_figures("example", example / "site", EXAMPLE)
        yield from page_figures(f"{SIZE} stories", generated / "site", GENERATED)


def page_figures(name: str, site: Path, layouts: Mapping[str, tuple[str, float]]) -> Iterator[Figure]:
    """The figures of a built site, one of bytes a layout, and those that hold for all of them together."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site)))
    Thread(target=server.serve_forever, daemon=True).start()
    origin = f"http://127.0.0.1:{server.server_port}/"
    visits: list[Visit] = []
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
            )
            for layout, (path, most) in layouts.items():
                visit = _visit(browser, origin, _found(site, path))
                visits.append(visit)
                told = (
                    f"{visit.requests} requests, {visit.media_kilobytes:.1f} kB of pictures, shift {visit.shifted:.4f}"
                )
                print(f"# {name}, {layout}: {told}", flush=True)
                yield Figure(name=f"{name}, {layout}", value=visit.kilobytes, goal=most, unit=" kB")
            browser.close()
    finally:
        server.shutdown()
        server.server_close()
    for fault in [fault for visit in visits for fault in (*visit.others, *visit.faults)]:
        print(f"# {name}: {fault}", flush=True)
    yield Figure(name=f"{name}, largest layout shift", value=round(max(visit.shifted for visit in visits), 2), goal=0)
    yield Figure(name=f"{name}, requests elsewhere", value=sum(len(visit.others) for visit in visits), goal=0)
    yield Figure(name=f"{name}, faults on the console", value=sum(len(visit.faults) for visit in visits), goal=0)


def _found(site: Path, path: str) -> str:
    """The path of a page; of several ("members/*/") that of the first by name."""
    if "*" not in path:
        return path
    found = sorted(one for one in site.glob(path) if (one / "index.html").is_file())
    if not found:
        raise BenchError(f"there is no {path} below {site}")
    return f"{found[0].relative_to(site).as_posix()}/"


def _visit(browser: Browser, origin: str, path: str) -> Visit:
    visit = Visit()

    def count(response: Response) -> None:
        if not response.url.startswith((origin, "data:")):
            visit.others.append(response.url)
        elif response.url.startswith(origin) and response.ok:
            visit.requests += 1
            media = response.headers.get("content-type", "").startswith(("image/png", "image/jpeg", "audio/", "video/"))
            size = len(response.body() if media else gzip.compress(response.body(), 9, mtime=0)) / 1e3
            visit.media_kilobytes += size if media else 0
            visit.kilobytes += 0 if media else size

    with browser.new_context(viewport=PHONE) as context:  # type: ignore[arg-type]
        tab = context.new_page()
        answers: list[Response] = []
        tab.on("response", lambda response: answers.append(response))
        tab.on("pageerror", lambda error: visit.faults.append(f"{path}: {error}"))
        tab.on(
            "console",
            lambda said: visit.faults.append(f"{path}: {said.text}") if said.type in ("error", "warning") else None,
        )
        tab.add_init_script(_WATCH)
        tab.goto(origin + path, wait_until="networkidle")
        for answer in answers:
            count(answer)
        visit.shifted = float(tab.evaluate("window.shifted"))
    return visit
