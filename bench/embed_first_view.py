"""Area embed: what a first view costs a newcomer's browser, in bytes and in milliseconds.

A built community is served from one address and opened in Chromium from the page of another, as in somebody else's
product. Bytes are those of the bodies, each by gzip -9, of every request the embed makes: script, index, words, shards,
cards. Milliseconds are those of a processor four times slower than ours (DevTools' throttle).
"""

from __future__ import annotations

import gzip
import json
import shutil
import statistics
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from alongside.matching.index import pool_of
from alongside.matching.seekers import said_by
from alongside.matching.shard_matches import match_stories_in_shards
from alongside.matching.shards import (
    People,
    Shelf,
    Sizes,
    choose_people,
    embed_index,
    shelve_people,
)
from alongside.model.community import Community
from alongside.rendering.embeds.files import BASE, json_bytes
from alongside.rendering.embeds.shards import _columns, _rule
from bench.embed_batch import NOW, SHOWN, as_newcomer, embed_community
from bench.embed_communities import MOMENT, GeneratedNewcomer, embed_community_files, newcomers
from bench.harness import BenchError, Figure, Run, interleave, median_seconds, run, spread
from bench.site import ALONGSIDE, replace_text, write_files

ROOT = Path(__file__).resolve().parent.parent
SMALL, LARGE = 1_000, 10_000
FIRST_VIEWS = 20  # newcomers
RANKED = 200  # newcomers with a text
ROUNDS = 5  # so often each is ranked, after a first time that warms up
THROTTLE = 4
# (name, npm package, version, what its guide tells people to load; bundled with what that imports where it is a module)
PEERS = (
    ("giscus component", "giscus", "1.6.0", "dist/giscus.mjs"),
    ("driver.js", "driver.js", "1.8.0", "dist/driver.js.iife.js"),
    ("shepherd.js", "shepherd.js", "15.3.0", "dist/js/shepherd.mjs"),
)
ESBUILD = "0.28.2"
CHROMIUM = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()


# --- the script ----------------------------------------------------------------------------------------------------


def measure_script() -> Iterator[Figure]:
    """The script with its ranker, and beside it what others have people load."""
    for name, size in peers(ROOT / "build" / "npm" / "bench"):
        print(f"# script, gz, {name}: {size} bytes", flush=True)
    script = ROOT / "generator/alongside/rendering/assets/embed/alongside.min.js"
    yield Figure(name="script with ranker, gz", value=compressed(script.read_bytes()), goal=5000, unit=" bytes")


def compressed(content: bytes) -> int:
    """Bytes of `gzip -9`, without a name and a time in its head."""
    return len(gzip.compress(content, 9, mtime=0))


def peers(folder: Path) -> Iterator[tuple[str, int]]:
    """(peer and version, its bytes compressed); installed by npm into `folder`, each at the version named here."""
    wanted = {package: version for _, package, version, _ in PEERS} | {"esbuild": ESBUILD}
    text = json.dumps({"private": True, "dependencies": wanted}, indent=1)
    package = folder / "package.json"
    if not package.is_file() or package.read_text() != text or not (folder / "node_modules").is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        package.write_text(text)
        run(["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], cwd=folder)
    for name, package_name, version, path in PEERS:
        file = folder / "node_modules" / package_name / path
        content = file.read_bytes()
        if path.endswith(".mjs"):
            bundle = [
                "node_modules/.bin/esbuild",
                str(file),
                "--bundle",
                "--minify",
                "--format=esm",
                "--outfile=out.js",
            ]
            run([*bundle, "--log-level=error"], cwd=folder)
            content = (folder / "out.js").read_bytes()
        yield f"{name} {version}", compressed(content)


# --- a server that counts ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Request:
    """One answer of ours."""

    path: str
    status: int
    size: int  # bytes of its body, compressed


class Served:
    """A folder, and a few files more, behind an address of its own; every request is written down."""

    def __init__(self, root: Path, more: Mapping[str, bytes] | None = None) -> None:
        self.root = root
        self.more = dict(more or {})
        self.requests: list[Request] = []
        self.address = ""
        self._lock = Lock()
        self._bodies: dict[str, bytes | None] = {}

    def body(self, path: str) -> bytes | None:
        """A file, compressed; None where there is none."""
        if path not in self._bodies:
            file = self.root / path
            content = self.more.get(path) or (file.read_bytes() if file.is_file() else None)
            self._bodies[path] = None if content is None else gzip.compress(content, 9, mtime=0)
        return self._bodies[path]

    def answer(self, path: str) -> bytes | None:
        """The same, written down."""
        with self._lock:
            body = self.body(path)
            self.requests.append(Request(path, 404 if body is None else 200, len(body or b"")))
        return body

    def taken(self) -> list[Request]:
        """The requests since this was last asked."""
        with self._lock:
            found, self.requests = self.requests, []
        return found


TYPES = {"js": "text/javascript", "json": "application/json", "css": "text/css", "html": "text/html; charset=utf-8"}


@contextmanager
def serving(served: Served) -> Iterator[Served]:
    """While open, `served` is at its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = self.path.partition("?")[0].lstrip("/")
            body = served.answer(path)
            self.send_response(404 if body is None else 200)
            self.send_header("Access-Control-Allow-Origin", "*")
            # an isolated page has a finer clock
            self.send_header("Cross-Origin-Opener-Policy", "same-origin")
            self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
            self.send_header("Cross-Origin-Resource-Policy", "cross-origin")
            self.send_header("Timing-Allow-Origin", "*")
            if body is not None:
                self.send_header("Content-Type", TYPES[path.rpartition(".")[2] or "html"])
                self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, format: str, *_: object) -> None:
            """Nothing: requests are counted, not told."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    served.address = f"http://127.0.0.1:{server.server_port}/"
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        try:
            yield browser
        finally:
            browser.close()


# --- the first view ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What one newcomer's browser loaded and showed."""

    newcomer: GeneratedNewcomer
    requests: tuple[Request, ...]
    shown: Mapping[str, Sequence[str]]  # slugs by kind
    milliseconds: float  # from the script's arrival to `alongside-shown`, on the slow processor

    @property
    def size(self) -> int:
        """Bytes of all answers."""
        return sum(request.size for request in self.requests)


def measure_first_view(site: Path, stories: int) -> Iterator[Figure]:
    """A first view of 20 newcomers, each with a browser that has nothing in its cache, of a built site."""
    people = list(newcomers(FIRST_VIEWS))
    with serving(Served(site)) as served, chromium() as browser:
        views = [first_view(browser, served, one) for one in people]
    sizes = sorted(view.size for view in views)
    counts = sorted(len(view.requests) for view in views)
    lost = {request.path for view in views for request in view.requests if request.status != 200}
    worst = max(views, key=lambda view: view.size)
    parts: dict[str, list[int]] = {}
    for request in worst.requests:
        kind = request.path.removeprefix(BASE).rpartition("/")[0] or request.path.removeprefix(BASE)
        parts.setdefault(kind, []).append(request.size)
    told = ", ".join(f"{kind} {sum(own)}" + (f" ({len(own)})" if len(own) > 1 else "") for kind, own in parts.items())
    print(
        f"# {stories} stories, first view of {len(views)} newcomers, gz: median {statistics.median(sizes):.0f} bytes, "
        f"worst {sizes[-1]}; requests: median {statistics.median(counts):.0f}, most {counts[-1]}"
    )
    print(f"# {stories} stories, the worst: {told}")
    times = sorted(view.milliseconds for view in views)
    print(
        f"# {stories} stories, script to shown, {THROTTLE} x throttle, all local: median "
        f"{statistics.median(times):.0f} ms, worst {times[-1]:.0f} ms",
        flush=True,
    )
    yield Figure(name=f"{stories} stories, first view, gz, all requests", value=sizes[-1], goal=40_000, unit=" bytes")
    if lost:
        print(f"# not there: {', '.join(sorted(lost)[:5])}")
    yield Figure(name=f"{stories} stories, first view: requests without an answer", value=len(lost), goal=0)


def first_view(browser: Browser, served: Served, newcomer: GeneratedNewcomer) -> View:
    """Open a page of another origin with the embed on it, and wait until it is shown."""
    with serving(Served(served.root / "nowhere", {"": host_page(served.address, newcomer)})) as host:
        context = browser.new_context(locale="en-US", timezone_id="Europe/Berlin")
        try:
            page = context.new_page()
            slow_down(page)
            served.taken()
            page.goto(host.address)
            page.wait_for_function("window.shown !== undefined", timeout=60_000)
            page.wait_for_load_state("networkidle")
            detail, milliseconds = page.evaluate("window.shown")
        finally:
            context.close()
    empty = [kind for kind in ("members", "stories", "groups", "meetups") if not detail.get(kind)]
    if empty:
        raise BenchError(f"{newcomer.id} is shown no {' and no '.join(empty)}")
    return View(newcomer=newcomer, requests=tuple(served.taken()), shown=detail, milliseconds=milliseconds)


def host_page(address: str, newcomer: GeneratedNewcomer) -> bytes:
    """A page of somebody else's product."""
    said = {
        "moment": MOMENT,
        "newcomer": newcomer.id,
        "challenges": ",".join(newcomer.challenges),
        "topics": ",".join(newcomer.topics),
        "roles": ",".join(newcomer.roles),
        "place": newcomer.place,
        "languages": ",".join(newcomer.languages),
        "text": newcomer.text,
    }
    attributes = " ".join(f'{name}="{escape(value)}"' for name, value in said.items() if value)
    script = f"{address}{BASE}alongside.js"
    return (
        "<!doctype html><meta charset=utf-8><title>Dashboard</title><link rel=icon href=data:,>"
        "<script>addEventListener('alongside-shown', ({ detail }) => {"
        f"const [{{ responseEnd }}] = performance.getEntriesByName('{script}');"
        "window.shown = [detail, performance.now() - responseEnd]; })</script>"
        f'<script type="module" src="{script}" crossorigin></script>'
        f"<h1>Dashboard</h1><alongside-moment {attributes}>Community</alongside-moment>"
    ).encode()


def slow_down(page: Page) -> None:
    """From now on its processor is four times slower."""
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": THROTTLE})


# --- ranking -------------------------------------------------------------------------------------------------------

RANK = """async ([script, shardPath, askedPath, rounds]) => {
  await import(script);
  const [folderOf, partsOf, , rank, seekerOf] = customElements.get("alongside-moment").all;
  const load = async (path) => (await fetch(path)).json();
  const shard = (await load(shardPath)).stories;
  const { rule, newcomers, now, today, limit } = await load(askedPath);
  const tables = new Map();
  const table = async (part) => {
    if (!tables.has(part)) tables.set(part, await load(new URL(`characters/${part}.json`, script)));
    return tables.get(part);
  };
  const seekers = [];
  for (const { titles, ...said } of newcomers) {
    const parts = [...partsOf([said.text, ...said.topics].join())];
    seekers.push(seekerOf(said, titles, folderOf(await Promise.all(parts.map(table)))));
  }
  const options = { rule, community: "en", near: 0, now, today, limit };
  const pause = () => new Promise((done) => setTimeout(done, 5));
  const times = [], found = [];
  for (let round = 0; round < rounds; round++)
    for (const seeker of seekers) {
      await pause();
      const started = performance.now();
      const ranked = rank("stories", [shard], seeker, options);
      times.push(performance.now() - started);
      if (!round) found.push(ranked.map(({ slug, score }) => [slug, score]));
    }
  return { times, found, isolated: crossOriginIsolated };
}"""


def measure_rank(community_folder: Path, site: Path, stories: int) -> Iterator[Figure]:
    """One shard of all stories, 200 newcomers who wrote something, each ranked several times."""
    community = embed_community(community_folder, stories)
    sizes = Sizes(stories=stories, everybody_percent=100)
    today = NOW.date()
    everybody = {"_": choose_people(community, today, sizes).stories["_"]}
    _, shelf = shelve_people(community, People(members={}, stories=everybody, sizes=sizes))
    shard = shelf.shards["_"]
    if len(shard.numbers) != stories:
        raise BenchError(f"{len(shard.numbers)} stories in the shard instead of {stories}")
    columns = _columns(shelf.pool, shard.numbers, located=False)
    columns |= {"until": [date.max.isoformat()] * stories, "versions": {}}
    people = [replace(one, id=f"reader-{number}") for number, one in enumerate(newcomers(RANKED, text=1.0))]
    titles = {slug: challenge.title.text("en") for slug, challenge in community.challenges.items()}
    asked = []
    for one in people:
        said = said_by(as_newcomer(one))
        asked.append(
            {
                "text": said.text,
                "challenges": said.challenges,
                "topics": said.topics,
                "roles": said.roles,
                "languages": said.languages,
                "country": said.country,
                "at": said.vector,
                "zone": said.zone,
                "newcomer": one.id,
                "titles": [titles[slug] for slug in said.challenges],
            }
        )
    given = {"rule": _rule(), "newcomers": asked, "now": NOW.timestamp(), "today": today.isoformat(), "limit": SHOWN}
    more = {"shard.json": json_bytes({"stories": columns}), "asked.json": json_bytes(given), "": b"<!doctype html>"}
    with serving(Served(site, more)) as served, chromium() as browser:
        page = browser.new_page()
        page.goto(served.address)
        slow_down(page)
        names = [f"{served.address}{BASE}alongside.js", f"{served.address}shard.json", f"{served.address}asked.json"]
        found: dict[str, Any] = page.evaluate(RANK, [*names, 1 + ROUNDS])
    if not found["isolated"] or any(len(ranked) < 4 for ranked in found["found"]):
        raise BenchError("ranking found too little, or its clock was coarse")
    _check_ranked(shelf, people, community, found["found"])
    all_times: list[float] = found["times"]
    first, warm = all_times[0], all_times[RANKED:]
    # the middle one of a newcomer's calls: that another process was given the processor is no cost of ranking
    times = sorted(statistics.median(warm[number::RANKED]) for number in range(RANKED))
    p95 = _percentile(times, 95)
    print(
        f"# rank {stories} stories, {THROTTLE} x throttle: shard {compressed(more['shard.json'])} bytes gz; first call "
        f"{first:.1f} ms; then median {statistics.median(times):.2f}, p95 {p95:.2f}, worst {times[-1]:.2f} ms; of all "
        f"{len(warm)} calls: median {statistics.median(warm):.2f}, p95 {_percentile(sorted(warm), 95):.2f} ms",
        flush=True,
    )
    yield Figure(name=f"rank {stories} stories, p95, {THROTTLE} x throttle", value=p95, goal=5, unit=" ms")


def _percentile(ascending: Sequence[float], percent: int) -> float:
    return ascending[max(0, -(-percent * len(ascending) // 100) - 1)]


def _check_ranked(
    shelf: Shelf, people: Sequence[GeneratedNewcomer], community: Community, found: Sequence[Sequence[tuple[str, int]]]
) -> None:
    """The browser chose what Python chooses among the same stories."""
    nothing = Shelf(pool=pool_of([]), shards={}, near={})
    embed = embed_index(community, people=(nothing, shelf), gatherings=(nothing, nothing), dates={}, today=NOW.date())
    for one, ranked in zip(people, found, strict=True):
        matches = match_stories_in_shards(embed, as_newcomer(one), today=NOW.date(), limit=SHOWN)
        if [[match.slug, match.score] for match in matches] != [[*pair] for pair in ranked]:
            raise BenchError(f"{one.id} is ranked otherwise by the browser than by Python")


# --- what it costs the build ---------------------------------------------------------------------------------------


def measure_build(folder: Path, stories: int, *, rounds: int) -> Iterator[Figure]:
    """Wall time of a cold build and of one edit, with a moment that is an embed and without; nothing to reach yet."""
    sides = {"with embeds": True, "without": False}
    for name, embed in sides.items():
        write_files(folder / name, embed_community_files(stories, embed=embed))
    cold = interleave({name: partial(_cold, folder / name) for name in sides}, rounds=rounds)
    edits = {name: iter(sorted((folder / name / "content/stories").iterdir())) for name in sides}
    edited = interleave({name: partial(_edited, folder / name, edits[name]) for name in sides}, rounds=rounds)
    for what, runs in (("cold build", cold), ("one story edited", edited)):
        for side, times in runs.items():
            print(f"# {stories} stories, {what}, {side}: {spread(times)}", flush=True)
        more = median_seconds(runs["with embeds"]) - median_seconds(runs["without"])
        print(f"# {stories} stories, {what}: embeds take {1e6 * more / stories:.0f} ms per 1,000 stories", flush=True)
    data = folder / "with embeds" / "site" / "embed"
    if not data.is_dir() or (folder / "without" / "site" / "embed").exists():
        raise BenchError("the side without embeds has some, or the other has none")
    yield from ()


def _cold(root: Path) -> Run:
    for name in ("site", "build"):
        shutil.rmtree(root / name, ignore_errors=True)
    return build(root)


def _edited(root: Path, stories: Iterator[Path]) -> Run:
    replace_text(next(stories), "## Then", "## Then again")
    return build(root)


def build(root: Path) -> Run:
    """`alongside build` in `root`, as a process of its own."""
    return run([*ALONGSIDE, "build", "--now", NOW.strftime("%Y-%m-%dT%H:%MZ")], cwd=root)


# --- all of it -----------------------------------------------------------------------------------------------------


def measure_views(folder: Path, sizes: Sequence[int], *, rounds: int = 3) -> Iterator[Figure]:
    """Script, builds, first views and ranking, at each number of stories."""
    yield from measure_script()
    for size in sizes:
        yield from measure_build(folder / str(size), size, rounds=rounds)
        root = folder / str(size) / "with embeds"
        yield from measure_first_view(root / "site", size)
        yield from measure_rank(root, root / "site", size)
