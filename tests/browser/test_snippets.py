"""What `alongside snippet` prints, pasted into pages of somebody else's product and run in Debian's Chromium.

Community and product are two origins, as in life; both are answered from files here. The product's page has exactly
the policy that is printed, beside a strict one of its own: everything else from nowhere but itself, Trusted Types
without any policy.
"""

from __future__ import annotations

import json
import mimetypes
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner
from playwright.sync_api import Page, Route

from alongside.cli import main
from browser.axe import check_with_axe
from browser.example_site import ROOT

COMMUNITY = "https://alongside.example.org"
PRODUCT = "https://app.example.com"
STRICT = "default-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'"
ESBUILD = ROOT / "build" / "npm" / "embed" / "node_modules" / ".bin" / "esbuild"
SHELL = """\
<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sign up</title>
<link rel="stylesheet" href="/style.css">{head}<script type="module" src="/script.js"></script></head>
<body><main><h1>Sign up</h1><form>{form}</form>{body}<p id="after">What stands below</p></main></body></html>
"""
WATCH = """\
window.violations = []; window.shift = 0; window.told = [];
addEventListener("securitypolicyviolation", (one) => violations.push(`${one.violatedDirective} ${one.blockedURI}`));
new PerformanceObserver((list) => { for (const one of list.getEntries()) shift += one.value })
  .observe({ type: "layout-shift", buffered: true });
addEventListener("message", ({ origin, data }) => told.push([origin, data]));
"""

pytestmark = pytest.mark.browser

Answer = tuple[str, str, Mapping[str, str]]  # text, media type, headers


@dataclass
class Web:
    """Two origins, what was asked of them, and what a page complained about."""

    tab: Page
    site: Path
    product: dict[str, Answer] = field(default_factory=dict)  # by path
    replaced: dict[str, str] = field(default_factory=dict)  # HTML of the community's that is another than built
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def answer(self, route: Route) -> None:
        """Everything that is asked for."""
        url = route.request.url.split("#")[0]
        self.asked.append(url)
        if url in self.replaced:
            return route.fulfill(body=self.replaced[url], content_type="text/html")
        for origin in (PRODUCT, "https://evil.example.net"):
            path = url.removeprefix(origin)
            if path != url and path in self.product:
                text, kind, headers = self.product[path]
                return route.fulfill(body=text, content_type=kind, headers=dict(headers))
        file = self.site / url.removeprefix(f"{COMMUNITY}/")
        file = file / "index.html" if file.is_dir() else file
        if not url.startswith(f"{COMMUNITY}/") or not file.is_file():
            return route.fulfill(status=404)
        media_type = {".js": "text/javascript", ".json": "application/json"}.get(file.suffix)
        media_type = media_type or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        headers = {"Access-Control-Allow-Origin": "*", "Content-Type": media_type}
        return route.fulfill(body=file.read_bytes(), headers=headers)

    def open(self, snippet: Mapping[str, str], policy: str, *, head: str = "", origin: str = PRODUCT) -> None:
        """The product's page with the pieces of a snippet."""
        html = SHELL.format(head=head, form=snippet.get("form", ""), body=snippet["body"])
        self.product["/"] = (html, "text/html", {"Content-Security-Policy": policy})
        self.product["/style.css"] = (snippet.get("css", ""), "text/css", {})
        self.product["/script.js"] = (snippet.get("js", ""), "text/javascript", {})
        self.tab.goto(f"{origin}/")

    def check(self) -> None:
        """Nothing was complained about, nothing moved, nothing of the newcomer was asked for, nothing is kept."""
        assert self.tab.evaluate("violations") == []
        assert self.complaints == []
        assert self.tab.evaluate("shift") == 0
        assert [url for url in self.asked if not url.startswith((f"{PRODUCT}/", f"{COMMUNITY}/"))] == []
        assert [url for url in self.asked if re.search("nc-4f1a|berlin,|germany", url, re.IGNORECASE)] == []
        assert self.tab.context.cookies() == []


@pytest.fixture
def web(tab: Page, example_site: Path) -> Web:
    web = Web(tab, example_site)
    tab.on("pageerror", lambda error: web.complaints.append(str(error)))
    tab.add_init_script(WATCH)
    tab.context.route("**/*", web.answer)
    return web


def until(tab: Page, expression: str) -> None:
    """Wait for what is true. Playwright's own way needs `eval` in the page, which its policy forbids."""
    for _ in range(200):
        if tab.evaluate(expression):
            return
        tab.wait_for_timeout(50)
    pytest.fail(f"never true: {expression}")


def printed(moment: str, way: str, *options: str) -> list[dict[str, str]]:
    arguments = ["snippet", moment, "--for", way, "--format", "json", "-f", str(ROOT / "mkdocs.yml"), *options]
    result = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    pieces: list[dict[str, str]] = json.loads(result.stdout)["pieces"]
    return pieces


def sorted_out(pieces: list[dict[str, str]]) -> dict[str, str]:
    """The pieces by where they belong."""
    found = {}
    for piece in pieces:
        text = piece["text"]
        place = "head" if text.startswith("<script") else "form" if text.startswith("<input") else "body"
        found[place if piece["language"] == "html" else piece["language"]] = text
    return found


def policy(part: int) -> str:
    text = printed("sign-up", "csp")[part]["text"]
    assert text.startswith("Content-Security-Policy: ")
    return f"{STRICT}; {text.removeprefix('Content-Security-Policy: ')}"


def test_the_tag_runs_as_it_is_printed(web: Web) -> None:
    snippet = sorted_out(printed("sign-up", "html"))
    web.open(snippet, policy(0), head=snippet["head"])
    tab = web.tab
    until(tab, "document.querySelector('alongside-moment').shadowRoot?.querySelector('[part=card]') != null")
    assert "You share a challenge" in tab.locator("alongside-moment [part=welcome]").inner_text()
    met = tab.locator("input[name=met]").input_value()
    assert met
    assert met in str(tab.locator("alongside-moment [part=name]").first.get_attribute("href"))
    check_with_axe(tab)
    web.check()


def test_without_the_script_there_is_a_way_to_the_community(web: Web) -> None:
    snippet = sorted_out(printed("sign-up", "html"))
    web.open(snippet, STRICT, head=snippet["head"])
    web.tab.wait_for_timeout(200)
    assert web.tab.evaluate("violations") != []  # the strict policy alone lets no script of the community in
    link = web.tab.locator("alongside-moment a")
    assert link.is_visible()
    assert link.get_attribute("href") == f"{COMMUNITY}/members/"
    assert web.tab.evaluate("shift") == 0


def test_a_script_that_was_changed_does_not_run(web: Web) -> None:
    snippet = sorted_out(printed("sign-up", "html"))
    head = re.sub(r'integrity="sha384-...', 'integrity="sha384-AAA', snippet["head"])
    web.open(snippet, policy(0), head=head)
    web.tab.wait_for_timeout(200)
    assert web.tab.evaluate("customElements.get('alongside-moment') === undefined")
    assert web.tab.locator("alongside-moment a").is_visible()


def test_the_frame_runs_as_it_is_printed(web: Web) -> None:
    web.open(sorted_out(printed("sign-up", "iframe")), policy(1))
    tab = web.tab
    frame = tab.frame_locator("iframe")
    frame.locator("[part=card]").first.wait_for()
    until(tab, "document.querySelector('iframe').height !== '480'")
    until(tab, "document.querySelector('input').value !== ''")
    high = frame.locator("html").evaluate("html => Math.ceil(html.getBoundingClientRect().height)")
    until(tab, f"document.querySelector('iframe').height === '{high}'")
    assert frame.locator("html").evaluate("html => html.scrollHeight <= innerHeight")
    assert "You share a challenge" in frame.locator("[part=welcome]").inner_text()
    assert web.complaints == []
    assert tab.evaluate("violations") == []
    assert [url for url in web.asked if re.search("nc-4f1a|berlin,", url, re.IGNORECASE)] == []
    check_with_axe(tab)


def test_a_frame_of_nobody_in_particular_loads_nothing(web: Web) -> None:
    body = f'<iframe title="Community" src="{COMMUNITY}/embed/first-month/sign-up/#host={PRODUCT}"></iframe>'
    web.open({"body": body}, policy(1))
    web.tab.frame_locator("iframe").locator(".as-moment").wait_for()
    until(web.tab, "told.length > 0")
    assert [url for url in web.asked if "/embed/v1/" in url] == [f"{COMMUNITY}/embed/v1/frame.js"]
    height = web.tab.evaluate("told[0]")
    assert height[0] == COMMUNITY
    assert set(height[1]["alongside"]) == {"height"}


def test_a_frame_shows_nobody_whose_consent_ended_since_the_build(web: Web) -> None:
    address = f"{COMMUNITY}/embed/first-month/sign-up/"
    web.tab.clock.set_fixed_time("2026-11-23")
    web.tab.goto(address)
    people = web.tab.locator("[data-until]")
    assert people.count() > 0
    ends = sorted(str(one.get_attribute("data-until")) for one in people.all())
    web.tab.clock.set_fixed_time(f"{ends[-1]}T12:00")
    web.tab.reload()
    assert people.count() == ends.count(ends[-1])
    web.tab.clock.set_fixed_time("2099-01-01")
    web.tab.reload()
    web.tab.locator(".as-moment").wait_for()
    assert people.count() == 0
    assert web.complaints == []


def test_a_frame_loads_what_is_its_own_and_nothing_else(web: Web) -> None:
    """Whatever got into the page; without scripts (oEmbed) it is drawn as ever."""
    hostile = (
        "<script>window.ran = 1</script><img src=x onerror='window.ran = 2'><style>body { display: none }</style>"
        "<img src='https://evil.example.net/x.png'><base href='https://evil.example.net/'>"
    )
    path = "/embed/first-month/sign-up/"
    html = (web.site / path.strip("/") / "index.html").read_text(encoding="utf-8")
    web.replaced[f"{COMMUNITY}{path}"] = html.replace("<main>", f"<main>{hostile}")
    web.tab.goto(f"{COMMUNITY}{path}#challenges=first-talk&languages=en")
    web.tab.locator("[part=card]").first.wait_for()
    assert web.tab.evaluate("window.ran") is None
    assert web.tab.locator("body").evaluate("one => getComputedStyle(one).padding") == "16px"
    assert web.tab.evaluate("document.baseURI").startswith(f"{COMMUNITY}{path}")
    assert [url for url in web.asked if "evil" in url] == []
    blocked = web.tab.evaluate("violations.map((one) => one.split(' ')[0]).sort()")
    assert [*dict.fromkeys(blocked)] == ["base-uri", "img-src", "script-src-attr", "script-src-elem", "style-src-elem"]


@pytest.mark.parametrize("sandbox", ["", "allow-scripts", "allow-scripts allow-same-origin"])
def test_a_frame_has_its_style_and_pictures_in_every_sandbox(web: Web, sandbox: str) -> None:
    body = f'<iframe title="Community" sandbox="{sandbox}" src="{COMMUNITY}/embed/first-month/sign-up/"></iframe>'
    web.open({"body": body}, policy(1))
    frame = web.tab.frame_locator("iframe")
    frame.locator("[data-until]").first.wait_for()
    assert frame.locator("body").evaluate("one => getComputedStyle(one).padding") == "16px"
    photo = frame.locator("img").first
    photo.scroll_into_view_if_needed()
    photo.evaluate("one => one.decode()")
    assert photo.evaluate("one => one.naturalWidth") > 0


def test_each_moment_is_called_by_what_it_shows(web: Web) -> None:
    for moment, name in (("sign-up", "People who have been there"), ("empty-project", "Begin with a story")):
        web.tab.goto(f"{COMMUNITY}/embed/first-month/{moment}/#languages=en&challenges=first-talk")
        web.tab.locator("[part=footer]").wait_for()
        group = web.tab.get_by_role("group")
        assert group.count() == 1
        assert web.tab.get_by_role("group", name=f"{name} Foldout Community", exact=True).count() == 1


SENDS = """\
const frame = document.querySelector("iframe");
const send = (what) => frame.contentWindow.postMessage(what, "*");
addEventListener("message", () => { if (!window.sent) { window.sent = true; MESSAGES.forEach(send); } });
frame.addEventListener("load", () => MESSAGES.forEach(send));
"""


def framed(web: Web, host: str, messages: list[Any], *, origin: str = PRODUCT) -> Callable[[], dict[str, str]]:
    """A page that sends messages to a frame; what the frame's element says afterwards."""
    body = f'<iframe title="Community" src="{COMMUNITY}/embed/first-month/sign-up/#host={host}"></iframe>'
    snippet = {"body": body, "js": f"const MESSAGES = {json.dumps(messages)};\n{SENDS}"}
    web.open(snippet, policy(1), origin=origin)
    element = web.tab.frame_locator("iframe").locator("alongside-moment")
    element.wait_for()
    web.tab.wait_for_timeout(300)

    def attributes() -> dict[str, str]:
        found: dict[str, str] = element.evaluate(
            "one => Object.fromEntries([...one.attributes].map(({name, value}) => [name, value]))"
        )
        return found

    return attributes


def test_a_frame_takes_a_profile_from_the_page_it_was_told_of(web: Web) -> None:
    messages = [{"alongside": {"challenges": "first-talk", "languages": "ar"}}]
    attributes = framed(web, PRODUCT, messages)
    web.tab.frame_locator("iframe").locator("[part=card]").first.wait_for()
    assert attributes() == {"moment": "first-month/sign-up", "challenges": "first-talk", "languages": "ar"}
    assert web.tab.frame_locator("iframe").locator("[part=moment]").get_attribute("dir") == "rtl"


@pytest.mark.parametrize(
    "host", [PRODUCT, f"{PRODUCT}/", "null", "*", "", "https://evil.example.net/x", "javascript:1"]
)
def test_a_frame_hears_and_tells_no_other_page(web: Web, host: str) -> None:
    """The page around it is another one than the fragment names, or the fragment names no origin."""
    attributes = framed(web, host, [{"alongside": {"challenges": "first-talk"}}], origin="https://evil.example.net")
    assert attributes() == {"moment": "first-month/sign-up"}
    assert web.tab.evaluate("told") == []


def test_a_frame_takes_strings_of_known_names_alone(web: Web) -> None:
    messages: list[Any] = [
        None,
        "text",
        {"alongside": None},
        {"alongside": "challenges"},
        {"alongside": ["first-talk"]},
        {"alongside": {"moment": "../../x", "onclick": "alert(1)", "style": "color: red", "place": 7, "topics": ["a"]}},
        {"alongside": {"text": "x" * 50_000, "near": None, "constructor": "x"}},
    ]
    attributes = framed(web, PRODUCT, messages)()
    assert attributes == {"moment": "first-month/sign-up", "text": "x" * 20_000}


def test_a_fragment_that_changes_is_another_newcomer(web: Web) -> None:
    address = f"{COMMUNITY}/embed/first-month/sign-up/"
    web.tab.goto(f"{address}#challenges=first-talk&newcomer=one")
    web.tab.locator("[part=card]").first.wait_for()
    web.tab.evaluate("location.hash = 'challenges=asking&languages=sw,en'")
    until(web.tab, "document.querySelector('alongside-moment').getAttribute('challenges') === 'asking'")
    assert web.tab.locator("alongside-moment").get_attribute("newcomer") is None


# --- React and Vue: that what is printed is what their compilers read ---


def test_the_react_component_is_one(web: Web, tmp_path: Path) -> None:
    [code] = [piece["text"] for piece in printed("sign-up", "react") if piece["language"] == "jsx"]
    markup = re.search(r"<alongside-moment.+</alongside-moment>", code, re.DOTALL)
    assert markup is not None
    tree = ElementTree.fromstring(re.sub(r"=\{(.+)\}(?=[\s>])", lambda found: f"='{found[1]}'", markup[0]))
    assert tree.get("moment") == "first-month/sign-up"
    script = code.replace(markup[0], "newcomer").replace('from "react"', 'from "/react.js"')
    web.product["/react.js"] = (
        "export const useEffect = (run) => run(), useRef = () => ({current: window});",
        "text/javascript",
        {},
    )
    web.product["/component.js"] = (script, "text/javascript", {})
    web.product["/"] = (SHELL.format(head="", form="", body=""), "text/html", {})
    web.tab.goto(f"{PRODUCT}/")
    assert (
        web.tab.evaluate("import('/component.js').then(({ CommunityMoment }) => CommunityMoment({ newcomer: 1 }))") == 1
    )
    if ESBUILD.is_file():
        (tmp_path / "component.jsx").write_text(code)
        subprocess.run([ESBUILD, tmp_path / "component.jsx", "--log-level=warning"], check=True, capture_output=True)


def test_the_vue_component_is_one(web: Web) -> None:
    pieces = {piece["language"]: piece["text"] for piece in printed("sign-up", "vue")}
    script = re.search(r"<script setup>\n(.+)</script>\n\n<template>\n(.+)</template>", pieces["vue"], re.DOTALL)
    assert script is not None
    markup = re.sub(r"\s[:@]([a-z-]+)=", r" v-\1=", script[2])
    tree = ElementTree.fromstring(markup)
    assert tree.get("moment") == "first-month/sign-up"
    stubs = "const defineProps = () => 0, defineEmits = () => () => 0;\n"
    web.product["/component.js"] = (stubs + script[1], "text/javascript", {})
    web.product["/vite.config.js"] = (
        pieces["js"].replace('"@vitejs/plugin-vue"', '"/plugin.js"'),
        "text/javascript",
        {},
    )
    web.product["/plugin.js"] = ("export default (options) => options;", "text/javascript", {})
    web.product["/"] = (SHELL.format(head="", form="", body=""), "text/html", {})
    web.tab.goto(f"{PRODUCT}/")
    web.tab.evaluate("import('/component.js').then(() => 1)")
    told = "import('/vite.config.js').then(({ default: { plugins: [{ template: { compilerOptions } }] } }) => compilerOptions)"
    assert web.tab.evaluate(
        f"{told}.then((one) => [one.isCustomElement('alongside-moment'), one.isCustomElement('p')])"
    ) == [True, False]


def test_node_reads_the_scripts(tmp_path: Path) -> None:
    """Where Node.js is, which nothing else here needs."""
    if shutil.which("node") is None:
        return
    for way in ("html", "iframe", "vue"):
        for number, piece in enumerate(printed("sign-up", way)):
            if piece["language"] == "js":
                file = tmp_path / f"{way}{number}.mjs"
                file.write_text(piece["text"])
                subprocess.run(["node", "--check", file], check=True, capture_output=True)
