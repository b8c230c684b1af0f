"""A community of hostile texts, loaded in Chromium without any policy: nothing of it runs, loads or leads astray.

The pages, the pages for frames and the previews of mails are opened as they are, without the headers, sandboxes and
`meta` policies that may stand around them: those are a second wall, and this is about the first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from html import escape
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Dialog, Page

from alongside.build import list_jobs
from alongside.model.people import Newcomer
from alongside.model.places import Place
from alongside.reading.loader import load_community
from alongside.reading.settings_file import read_settings
from alongside.rendering.mails.timelines import plan_timeline, timeline_html
from alongside.rendering.pages.moments import embed_page
from alongside.rendering.templates import environment
from alongside.rendering.tracking import Site
from browser.example_site import Quiet
from browser.hostile_texts import CANARY, PAYLOADS, URLS, hostile_community, hostile_mails, in_one_line
from commands import run_command

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
SITE = "https://community.example.org/"  # whose pictures an embed may show
AT_ONCE = 24  # pages open side by side
KINDS = {
    "stories/s": "story",
    "members/m": "member",
    "groups/g": "group",
    "meetups/u": "meetup",
    "challenges/c": "challenge",
}

pytestmark = pytest.mark.browser

# Said to every document before its own scripts: what a payload calls.
LISTEN = """
window.ran = what => console.log('RAN ' + what + ' ' + location.href)
addEventListener('alongside-shown', ({ detail }) => { window.shown = Object.values(detail).flat() })
"""
PROFILE = (
    "text",
    "topics",
    "roles",
    "place",
    "languages",
    "newcomer",
    "near",
    "timezone",
)  # of which a newcomer may say anything

# Of a document, and of all in it (shadow roots, frames): what is in no text of anybody's to decide.
EXAMINE = r"""() => {
  const shaped = {}
  const shown = {}
  const faults = []
  const forbidden = /^(javascript|data|vbscript|blob|filesystem|livescript|feed|view-source|file):/
  const turning = /[\u202a-\u202e\u2066-\u2069]/
  const examine = (root, path, shape) => {
    for (const e of root.querySelectorAll('*')) {
      const tag = e.localName
      for (const { name, value } of e.attributes) {
        if (/^on/i.test(name)) faults.push(`${path}: ${tag} ${name}=${value}`)
        if (name === 'id' && !/^(fn|fnref)-/.test(value)) shape.push('#' + value)
        if (name === 'name' || name === 'style' || name === 'is' || name === 'slot') shape.push(`${name}=${value}`)
        if (/^(href|src|action|formaction|xlink:href|data|poster|background|ping|cite|manifest|srcset)$/i.test(name)) {
          let address
          try { address = new URL(value, e.baseURI).protocol } catch { continue }
          if (forbidden.test(address)) faults.push(`${path}: ${tag} ${name}=${value}`)
          const { host } = new URL(value, e.baseURI)
          if ((name !== 'href' || tag !== 'a') && host !== location.host && host !== 'community.example.org') shape.push(`${tag} ${name} ${host}`)
        }
      }
      if (tag === 'script') {
        const own = e.src && new URL(e.src).origin === location.origin
        if (e.type === 'application/ld+json') JSON.parse(e.textContent)
        else if (!own) faults.push(`${path}: script ${e.outerHTML.slice(0, 80)}`)
      }
      if (/^(IMG|A|P|LI|UL|OL|B|I|EM|STRONG|DIV|BLOCKQUOTE|PRE|CODE|SECTION|SUP|H[1-6]|T[DHR]|TABLE|TBODY|THEAD|HR|BR|DL|DT|DD|BDI|SPAN|SMALL|DETAILS|SUMMARY|ARTICLE|CAPTION|TIME)$/i.test(tag));
      else shape.push(tag)
      if (e.shadowRoot) examine(e.shadowRoot, path, shape)
      if (tag === 'iframe' && e.contentDocument) examine(e.contentDocument, path + ' (frame)', shape)
      if (/^(title|h1|bdi|iframe)$/.test(tag) && turning.test(e.textContent + (e.title || ''))) faults.push(`${path}: turned ${tag}`)
    }
    if (root.createElement) {
      for (const name of ['createElement', 'getElementById', 'querySelector'])
        if (root[name] !== root.defaultView.Document.prototype[name]) faults.push(`${path}: document.${name} is another`)
      if (!(root.documentElement instanceof root.defaultView.HTMLElement) || root.documentElement.localName !== 'html')
        faults.push(`${path}: document.documentElement is another`)
    }
  }
  for (const frame of document.querySelectorAll('iframe')) {
    const path = frame.dataset.path
    const { contentDocument: inside, contentWindow: w } = frame
    if (!inside || w.location.href !== frame.src) { faults.push(`${path}: went to ${inside ? w.location.href : 'elsewhere'}`); continue }
    if (inside.baseURI !== frame.src) faults.push(`${path}: base ${inside.baseURI}`)
    examine(inside, path, shaped[path] = [])
    shaped[path] = [...new Set(shaped[path])].sort()
    if (w.shown) shown[path] = w.shown
  }
  return { faults, shaped, shown }
}"""


@dataclass(slots=True)
class Seen:
    """What came of opening some pages."""

    ran: list[str] = field(default_factory=list)  # payloads, dialogs
    asked: list[str] = field(default_factory=list)  # requests to anybody else
    faults: list[str] = field(default_factory=list)
    shapes: dict[str, list[str]] = field(default_factory=dict)  # by path: tags, ids and names that no text may add
    shown: dict[str, list[str]] = field(default_factory=dict)  # by path: records that an embed says it shows


class Watch:
    """A tab that opens pages side by side and hears of all that happens in them."""

    def __init__(self, tab: Page, address: str) -> None:
        self._tab, self._address = tab, address
        self._seen = Seen()
        tab.add_init_script(LISTEN)
        tab.on("console", lambda said: self._seen.ran.append(said.text) if said.text.startswith("RAN ") else None)
        tab.on("dialog", self._asked)
        tab.on("request", lambda request: self._heard(request.url))
        tab.on("popup", lambda popup: self._seen.ran.append(f"POPUP {popup.url}"))

    def _asked(self, dialog: Dialog) -> None:
        self._seen.ran.append(f"DIALOG {dialog.message}")
        dialog.dismiss()

    def _heard(self, url: str) -> None:
        if not url.startswith((self._address, SITE, "about:", "data:", "blob:")):
            self._seen.asked.append(url)

    def open(self, paths: Sequence[str]) -> Seen:
        """All of them; each in a frame of its own."""
        self._seen = Seen()
        for start in range(0, len(paths), AT_ONCE):
            some = paths[start : start + AT_ONCE]
            self._tab.goto(f"{self._address}empty.html")
            self._tab.evaluate(
                """paths => Promise.all(paths.map(path => new Promise(done => {
                  const frame = document.createElement('iframe')
                  frame.dataset.path = path
                  frame.style = 'width: 600px; height: 200px'
                  frame.onload = async () => {
                    const moment = frame.contentDocument?.querySelector('alongside-moment')
                    // a page for frames waits for somebody to say who reads
                    const script = frame.contentDocument?.querySelector('script[src$="alongside.js"]')
                      ?? frame.contentWindow?.location.hash.length > 1
                    while (script && moment && !(moment.shadowRoot?.adoptedStyleSheets.length > 1))
                      await new Promise(again => setTimeout(again, 20))
                    done()
                  }
                  frame.src = new URL(path, location.href).href
                  document.body.append(frame)
                  setTimeout(done, 60000)
                })))""",
                some,
            )
            self._tab.wait_for_timeout(60)  # what a text might have begun
            found: dict[str, Any] = self._tab.evaluate(EXAMINE)
            self._seen.faults += found["faults"]
            self._seen.shapes |= found["shaped"]
            self._seen.shown |= found["shown"]
        return self._seen


def write(root: Path, files: Mapping[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8", newline="")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The community, built."""
    folder = tmp_path_factory.mktemp("hostile")
    write(folder, hostile_community())
    build = run_command("build", "--now", NOW.isoformat(), cwd=folder, all_places=True)
    assert build.returncode == 0, build.stderr[-2000:]
    assert "Traceback" not in build.stderr
    (folder / "site" / "empty.html").write_text("<!doctype html><title>x</title><body>", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def address(root: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(root / "site")))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def watch(browser: Browser, address: str) -> Watch:
    return Watch(browser.new_page(), address)


@pytest.fixture(params=[pytest.param(4, id="some"), pytest.param(1, id="all", marks=pytest.mark.soak)])
def every(request: pytest.FixtureRequest) -> int:
    """Every fourth payload is tried on a kind of page, another fourth on the next kind; `make soak` tries all on all."""
    return int(request.param)


def numbers(every: int, offset: int) -> list[int]:
    """Of payloads; the harmless first is always there."""
    return sorted({0, *range(offset % every, len(PAYLOADS), every)})


def is_quiet(seen: Seen) -> None:
    assert seen.ran == []
    assert seen.asked == []
    assert seen.faults == []


@pytest.mark.parametrize("folder", KINDS, ids=KINDS.values())
def test_a_page_of_a_record(watch: Watch, root: Path, folder: str, every: int) -> None:
    tried = numbers(every, list(KINDS).index(folder))
    paths = [f"{folder}{number}/" for number in tried]
    assert all((root / "site" / path / "index.html").is_file() for path in paths), "a record was left out"
    seen = watch.open(paths)
    is_quiet(seen)
    harmless = set(seen.shapes[paths[0]])
    for number, path in zip(tried, paths, strict=True):
        assert set(seen.shapes[path]) <= harmless, PAYLOADS[number]


def test_everything_else(watch: Watch, root: Path, every: int) -> None:
    """Lists, places, the home page, what is found by searching; and the pages for frames as they were built."""
    site = root / "site"
    made = sorted(path.relative_to(site).as_posix().removesuffix("index.html") for path in site.rglob("*.html"))
    paths = [
        path for path in made if not path.startswith((*KINDS, "previews/", "frames/", "hosts/", "unsafe", "embed/"))
    ]
    assert len(paths) > 8
    if every > 1:  # pages of places are many, and alike
        paths = [path for path in paths if path.count("/") < 2]
    is_quiet(watch.open([*paths, "search.html?q=script", "embed/j0/sign-up/", "embed/j1/sign-up/"]))


@pytest.fixture(scope="module")
def frames(root: Path) -> Sequence[str]:
    """Paths of pages for frames, each of a moment that shows one record of each kind."""
    settings, _ = read_settings(root / "mkdocs.yml")
    whole = load_community(settings, today=NOW.date()).community
    templates = environment()
    pages = {job.name for job in list_jobs(Site(community=whole, settings=settings, now=NOW)) if job.page}
    paths = []
    for number in range(len(PAYLOADS)):
        one = replace(
            whole,
            members={f"m{number}": whole.members[f"m{number}"]},
            stories={f"s{number}": whole.stories[f"s{number}"]},
            groups={f"g{number}": whole.groups[f"g{number}"]},
            meetups={f"u{number}": whole.meetups[f"u{number}"]},
        )
        site = Site(community=one, settings=settings, now=NOW, templates=templates)
        site.pages |= pages
        page = next(made for made in embed_page(site, f"j{number}", "sign-up", "") if made.path.endswith(".html"))
        assert f"N{number} " in page.content.decode()
        file = root / "site" / "frames" / f"{number}.html"
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(page.content)
        paths.append(f"frames/{number}.html")
    return paths


def test_a_page_for_frames(watch: Watch, frames: Sequence[str], every: int) -> None:
    tried = numbers(every, 1)
    seen = watch.open([frames[number] for number in tried])
    is_quiet(seen)
    harmless = set(seen.shapes[frames[0]])
    for number in tried:
        path = frames[number]
        assert set(seen.shapes[path]) <= harmless, PAYLOADS[number]


@pytest.fixture(scope="module")
def preview(root: Path) -> Callable[[int], str]:
    """The path of a preview of a journey's mails, for a newcomer who says the same; less what stands around them."""
    write(root, hostile_mails())
    settings, _ = read_settings(root / "mkdocs.yml")
    community = load_community(settings, today=NOW.date()).community
    folder = root / "site" / "previews"
    folder.mkdir()

    def make(number: int) -> str:
        payload = PAYLOADS[number]
        newcomer = Newcomer(
            name=payload, text=payload, languages=("en",), challenges=(f"c{number}",), topics=(payload,), roles=(payload,),
            place=Place(label=payload, slug="x", name=payload, country="DE", lat=52.5, lon=13.4, zone="Europe/Berlin"),
        )  # fmt: skip
        timeline = plan_timeline(community, settings, community.journeys[f"j{number}"], newcomer, now=NOW)
        assert timeline.entries[-1].mail is not None, timeline.entries[-1].failed
        html = timeline_html(timeline)
        assert "Content-Security-Policy" in html
        assert html.count('<iframe sandbox="" ') == html.count("<iframe ") == 1
        bare = re.sub(r"<meta http-equiv=[^>]*>", "", html).replace('<iframe sandbox="" ', "<iframe ")
        (folder / f"{number}.html").write_text(bare, encoding="utf-8")
        return f"previews/{number}.html"

    return make


def test_a_preview_of_mails(watch: Watch, preview: Callable[[int], str], every: int) -> None:
    tried = {number: preview(number) for number in numbers(every, 2)}
    seen = watch.open([*tried.values()])
    is_quiet(seen)
    harmless = {part for part in seen.shapes[tried[0]] if not part.startswith("style=")}
    for number, path in tried.items():
        shape = {part for part in seen.shapes[path] if not part.startswith("style=")}
        assert shape <= harmless, PAYLOADS[number]
        assert not [part for part in seen.shapes[path] if "canary" in part or "expression" in part]


@pytest.fixture(scope="module")
def hosts(root: Path) -> Sequence[str]:
    """Paths of pages of a product with an embed, for a newcomer who says the payload of the records they are shown."""
    folder = root / "site" / "hosts"
    folder.mkdir()
    for number, payload in enumerate(PAYLOADS):
        said = dict.fromkeys(PROFILE, payload)
        said |= {"challenges": f"c{number},{payload},constructor,__proto__", "moment": f"j{number}/sign-up"}
        attributes = " ".join(f'{name}="{escape(value)}"' for name, value in said.items())
        (folder / f"{number}.html").write_text(
            f"<!doctype html><meta charset=utf-8><title>x</title><body><alongside-moment {attributes}>Wait.</alongside-moment>"
            '<script type=module src="../embed/v1/alongside.js"></script>',
            encoding="utf-8",
        )
    return [f"hosts/{number}.html" for number in range(len(PAYLOADS))]


def test_an_embed_on_a_page_of_somebody_else(watch: Watch, hosts: Sequence[str], every: int) -> None:
    tried = numbers(every, 3)
    seen = watch.open([hosts[number] for number in tried])
    is_quiet(seen)
    harmless = set(seen.shapes[hosts[0]])
    for number in tried:
        path = hosts[number]
        assert {f"{kind}{number}" for kind in "msgu"} <= set(seen.shown[path]), PAYLOADS[number]
        assert set(seen.shapes[path]) <= harmless, PAYLOADS[number]


def test_a_page_for_frames_with_a_profile_in_its_address(watch: Watch, every: int) -> None:
    said = [{**dict.fromkeys(PROFILE, payload), "challenges": f"c{n}"} for n, payload in enumerate(PAYLOADS)]
    is_quiet(watch.open([f"embed/j0/sign-up/#{urlencode(said[number])}" for number in numbers(every, 0)]))


UNSAFE = {
    "script": ("<script>ran(1)</script>", "RAN"),
    "image": ("<img src=x onerror=ran(1)>", "RAN"),
    "dialog": ("<svg onload=alert(1)>", "DIALOG"),
    "frame": ("<iframe srcdoc='<script>ran(1)</script>'></iframe>", "RAN"),
    "canary": (f"<img src={CANARY}x.gif>", "asked"),
    "sheet": (f"<style>@import '{CANARY}x.css'</style>", "asked"),
    "link": ("<a href='java&Tab;script:ran(1)'>x</a>", "faults"),
    "handler": ("<p onclick=ran(1)>x</p>", "faults"),
    "base": (f"<base href={CANARY}>", "faults"),
    "refresh": (f"<meta http-equiv=refresh content='0;url={CANARY}'>", "asked"),
    "names": ("<form name=getElementById></form><img name=documentElement>", "faults"),
    "turned": ("<h1>\u202egnp.exe</h1>", "faults"),
    "shadow": ("<div><template shadowrootmode=open><a href='data:text/html,x'>x</a></template></div>", "faults"),
    "id": ("<p id=content>x</p>", "shape"),
    "form": ("<form action=/x></form>", "shape"),
    "svg": ("<svg></svg>", "shape"),
}  # fmt: skip


@pytest.mark.parametrize("name", UNSAFE)
def test_what_would_be_found(watch: Watch, root: Path, name: str) -> None:
    """A page that is not safe: each kind of danger is seen by the eyes that see none above."""
    html, how = UNSAFE[name]
    (root / "site" / f"unsafe-{name}.html").write_text(
        f"<!doctype html><meta charset=utf-8><title>x</title><body>{html}", encoding="utf-8"
    )
    seen = watch.open([f"unsafe-{name}.html"])
    found = {
        "RAN": [text for text in seen.ran if text.startswith("RAN")],
        "DIALOG": [text for text in seen.ran if text.startswith("DIALOG")],
        "asked": [url for url in seen.asked if url.startswith(CANARY)],
        "faults": seen.faults,
        "shape": set(seen.shapes.get(f"unsafe-{name}.html", ())) - {"html", "head", "title", "body", "meta"},
    }
    assert found[how], seen


def test_enough_is_tried() -> None:
    assert len(PAYLOADS) >= 60
    assert len(set(map(in_one_line, PAYLOADS))) == len(PAYLOADS)
    assert len(URLS) >= 20
