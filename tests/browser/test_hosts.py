"""The embed `<alongside-moment>` on the pages of eight kinds of product, in Debian's Chromium and Firefox ESR.

Community and product are two origins of this machine. Each page is opened once in each browser, and everything is asked
of that one visit; what changes the page comes in tests of its own further down.

To look at it: `ALONGSIDE_SCREENSHOTS=1 pytest tests/browser/test_hosts.py` writes build/screenshots/<host>-<browser>.png.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import pytest

from alongside.rendering.embeds.scripts import earlier_scripts
from browser.axe import axe_violations
from browser.engines import ENGINES, ChromiumTab, Engine, Tab
from browser.example_site import ROOT
from browser.host_pages import ALL_HOSTS, FALLBACK, MODULES, NEWCOMER, SECRETS, Host, embed_tag, pages, pinned_script
from browser.origins import Asked, Origin, files_of, running_origin

pytestmark = pytest.mark.browser

SCREENSHOTS = ROOT / "build" / "screenshots"
# Late enough for every browser to have drawn the page without the embed, and then the embed without its data.
LATE = {"/embed/v1/*.js": 0.15, "/embed/v1/*.json": 0.05}
CONTRAST_OF_TEXT = 4.5  # WCAG 2.2, 1.4.3
READABLE_PX = range(11, 49)


@dataclass(frozen=True, kw_only=True)
class World:
    """The two origins, and the folder one of them serves."""

    community: Origin
    product: Origin
    site: Path

    def own(self, url: str) -> bool:
        """Whether a request stays with these two. (Firefox draws the dots of lists with a font of its own, in `data:`.)"""
        return url.startswith(("data:", f"{self.community.address}/", f"{self.product.address}/"))


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One page that was opened, and what there was to see when it came to rest."""

    host: Host
    tab: Tab
    asked: tuple[Asked, ...]  # by the embed: what the community was asked for
    requests: tuple[str, ...]
    messages: tuple[str, ...]
    kept: dict[str, Any]
    seen: list[dict[str, Any]]

    @property
    def words(self) -> str:
        return " ".join(piece["text"] for piece in self.seen)

    def probe(self, name: str) -> Any:
        return self.tab.evaluate(f"probe.{name}")


@pytest.fixture(scope="session", params=ENGINES)
def engine_name(request: pytest.FixtureRequest) -> str:
    """For the session, so that pytest does all of one browser and then all of the other: two workers need one each."""
    return str(request.param)


@pytest.fixture(scope="module")
def engine(engine_name: str, engines: Callable[[str], Engine]) -> Engine:
    return engines(engine_name)


@pytest.fixture(scope="module")
def world(example_site: Path) -> Iterator[World]:
    with (
        running_origin(files_of(example_site)) as community,
        running_origin(pages(example_site, lambda: community.address)) as product,
    ):
        yield World(community=community, product=product, site=example_site)


@pytest.fixture(scope="module", params=ALL_HOSTS, ids=lambda host: host.name)
def visit(request: pytest.FixtureRequest, engine: Engine, world: World) -> Iterator[Visit]:
    host: Host = request.param
    _needs_npm(host)
    world.community.heal()
    world.community.slow.update(LATE)
    before = len(world.community.asked)
    tab = engine.open()
    _show(tab, world, host.name)
    # What a test asks for later may fetch; these are taken before.
    kept = tab.evaluate("probe.kept()")
    requests, messages = tuple(tab.requests), tuple(tab.messages)
    _take_picture(tab, host, engine)
    yield Visit(
        host=host,
        tab=tab,
        asked=tuple(world.community.asked[before:]),
        requests=requests,
        messages=messages,
        kept=kept,
        seen=tab.evaluate("probe.seen()"),
    )
    tab.close()


@pytest.fixture
def tab(engine: Engine, world: World) -> Iterator[Tab]:
    """A tab for one test, and a community that answers at once."""
    world.community.heal()
    fresh = engine.open()
    yield fresh
    fresh.close()


def _needs_npm(host: Host) -> None:
    if host.needs_npm and not MODULES.is_dir():
        pytest.skip(f"The host {host.name} is made with packages of npm, which are missing: make hosts")


def _show(tab: Tab, world: World, page: str) -> None:
    """Open a page of the product, and wait until the embed has shown what it found."""
    tab.goto(f"{world.product.address}/{page}")
    assert tab.evaluate("probe.until(() => probe.shown.length)"), ("nothing was shown", tab.messages)
    tab.evaluate("probe.quiet()")


def _take_picture(tab: Tab, host: Host, engine: Engine) -> None:
    if "ALONGSIDE_SCREENSHOTS" in os.environ:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        (SCREENSHOTS / f"{host.name}-{engine.name}.png").write_bytes(tab.screenshot())


def _name_of(world: World, member: str) -> str:
    text = (ROOT / "content" / "members" / f"{member}.md").read_text(encoding="utf-8")
    found = re.search(r"^name: (.+)$", text, re.MULTILINE)
    assert found is not None
    return found[1]


# --- one visit, many questions ---


def test_a_member_is_seen_and_can_be_read(visit: Visit, world: World) -> None:
    [detail] = visit.probe("shown")
    assert _name_of(world, detail["members"][0]) in visit.words
    assert FALLBACK not in visit.words
    box = visit.tab.evaluate("probe.embed().getBoundingClientRect()")
    assert 0 <= box["left"] <= box["right"] <= 1280
    assert box["width"] >= 250
    assert box["height"] >= 150
    assert box["top"] < 900 - 100
    assert sum(len(piece["text"]) for piece in visit.seen if piece["insideNow"]) > 100
    assert [piece for piece in visit.seen if int(piece["size"]) not in READABLE_PX] == []
    assert [piece for piece in visit.seen if piece["contrast"] < CONTRAST_OF_TEXT] == []


def test_words_begin_where_their_language_does(visit: Visit) -> None:
    side = "rtl" if visit.host.name == "rtl" else "ltr"
    assert {piece["direction"] for piece in visit.seen if re.search(r"[\u0621-\u064a]", piece["text"])} <= {"rtl"}
    assert visit.seen[0]["direction"] == side
    longest = max(visit.seen, key=lambda piece: len(piece["text"]))
    begin, end = ("raggedRight", "raggedLeft") if longest["direction"] == "rtl" else ("raggedLeft", "raggedRight")
    assert longest[begin] < 2 < longest[end]


def test_nothing_shifts(visit: Visit) -> None:
    assert visit.probe("shifts") == []
    assert len(visit.probe("tops")) == 1, visit.probe("tops")


def test_no_policy_is_violated_and_nothing_is_complained_about(visit: Visit) -> None:
    assert visit.probe("violations") == []
    assert list(visit.messages) == []


def test_axe_finds_nothing(visit: Visit) -> None:
    assert axe_violations(visit.tab, within=None if visit.host.readable else "alongside-moment") == []


def test_requests_go_to_two_places_and_tell_neither_who_is_there(visit: Visit, world: World) -> None:
    assert [url for url in visit.requests if not world.own(url)] == []
    assert visit.asked
    for asked in visit.asked:
        told = unquote_plus(asked.everything()).casefold()
        assert [secret for secret in SECRETS if secret in told or secret in asked.path.casefold()] == [], asked
        assert asked.body == b""
        assert "cookie" not in asked.headers
        if not asked.path.endswith(".js"):  # the script is the page's own request
            assert "referer" not in asked.headers, asked


def test_nothing_is_kept(visit: Visit) -> None:
    assert visit.kept == {
        "cookie": "", "local": 0, "session": 0, "databases": 0, "caches": 0, "workers": 0, "globals": []
    }  # fmt: skip
    assert visit.tab.cookies() == []


def test_the_keyboard_reaches_every_link_in_order_and_shows_where_it_is(visit: Visit) -> None:
    reached: list[dict[str, Any]] = []
    for _ in range(80):
        visit.tab.press("Tab")
        visit.tab.evaluate("probe.until(() => probe.focus()?.inView ?? true, 1000)")  # scrolling may take its time
        focus = visit.probe("focus()")
        if focus is not None:
            reached.append(focus)
        elif reached:
            break
    links = [focus for focus in reached if focus["name"] in ("a", "button", "summary", "input", "textarea", "select")]
    assert [f"{focus['name']} {focus['link']}" for focus in links] == visit.probe("stops()")
    assert links
    assert [focus for focus in reached if not (focus["ring"] and focus["inView"])] == []


@pytest.mark.parametrize(("percent", "width", "height"), [(200, 640, 450), (400, 320, 225)])
def test_zoom_cuts_nothing_off(visit: Visit, percent: int, width: int, height: int) -> None:
    visit.tab.resize(width, height, percent / 100)
    try:
        assert visit.tab.evaluate(f"probe.until(() => innerWidth === {width})")
        visit.tab.evaluate("probe.quiet(50)")
        # a hostile sheet has its own way with the page around the embed
        assert [wide for wide in visit.probe("cutOff()") if visit.host.readable or wide != "the page"] == []
        assert " ".join(piece["text"] for piece in visit.probe("seen()")) == visit.words
    finally:
        visit.tab.resize(1280, 900)


LANGUAGES = ("en", "ar", "ja", "pt", "uk", "de")  # of readers, in turn


def test_every_moment_can_be_read_under_the_strictest_policy(tab: Tab, world: World) -> None:
    folder = world.site / "embed" / "v1" / "moments"
    moments = sorted(file.stem for file in folder.glob("*.json"))
    assert len(moments) >= 5
    _show(tab, world, "strict")
    for number, moment in enumerate(moments):
        shown = tab.evaluate("probe.shown.length")
        languages = LANGUAGES[number % len(LANGUAGES)]
        tab.evaluate(
            f"Object.entries({{moment: '{moment}', languages: '{languages}', newcomer: 'newcomer-{number}'}})"
            ".forEach(([name, value]) => probe.embed().setAttribute(name, value))"
        )
        assert tab.evaluate(f"probe.until(() => probe.shown.length > {shown})"), (moment, tab.messages)
        tab.evaluate("probe.quiet(100)")
        seen = tab.evaluate("probe.seen()")
        assert sum(len(piece["text"]) for piece in seen) > 50, moment
        assert [piece for piece in seen if piece["contrast"] < CONTRAST_OF_TEXT] == [], moment
        assert [piece for piece in seen if int(piece["size"]) not in READABLE_PX] == [], moment
        # text that was never filled in, or that no language had
        assert [piece for piece in seen if re.search(r"[{}]|undefined|null|NaN|\[object", piece["text"])] == [], moment
        assert tab.evaluate("probe.cutOff()") == [], moment
        if isinstance(tab, ChromiumTab):  # the same rules, and they take long
            assert axe_violations(tab, within="alongside-moment") == [], moment
    assert tab.evaluate("probe.violations") == []
    assert tab.messages == []


@pytest.mark.parametrize("script", [path.rpartition("/")[2] for path, _ in earlier_scripts()])
def test_a_script_that_was_pinned_long_ago_shows_the_people_of_today(tab: Tab, world: World, script: str) -> None:
    """Under the strictest policy, with the hash that its own snippet had."""
    before = len(world.community.asked)
    _show(tab, world, f"strict/{script}")
    tab.evaluate("probe.embed().setAttribute('moment', 'front-door')")
    assert tab.evaluate("probe.until(() => probe.shown.length > 1)"), tab.messages
    tab.evaluate("probe.quiet()")
    sign_up, front_door = tab.evaluate("probe.shown")
    assert sign_up["members"]
    assert sign_up["groups"]
    words = tab.evaluate("probe.seen().map(piece => piece.text)")
    assert _name_of(world, front_door["members"][0]) in words
    stops = " ".join(tab.evaluate("probe.stops()"))
    assert front_door["stories"]
    assert [slug for slug in front_door["stories"] if f"/stories/{slug}/" not in stops] == []
    asked = [asked.path for asked in world.community.asked[before:]]
    assert [path for path in asked if path.endswith(".js")] == [f"/embed/v1/{script}"]
    assert tab.evaluate("probe.violations") == []
    assert tab.messages == []


# --- what people prefer ---


def test_forced_colours_keep_words_and_focus(tab: Tab, world: World) -> None:
    if isinstance(tab, ChromiumTab):  # Firefox ESR has no command for it
        tab.page.emulate_media(forced_colors="active")
    _show(tab, world, "plain")
    assert [piece for piece in tab.evaluate("probe.seen()") if piece["contrast"] < CONTRAST_OF_TEXT] == []
    for _ in range(20):
        tab.press("Tab")
        if focus := tab.evaluate("probe.focus()"):
            assert focus["ring"]
            return
    pytest.fail("the keyboard never came to the embed")


def test_nothing_moves_for_those_who_asked_for_stillness(tab: Tab, world: World) -> None:
    if isinstance(tab, ChromiumTab):
        tab.page.emulate_media(reduced_motion="reduce")
    _show(tab, world, "plain")
    assert tab.evaluate("probe.embed().shadowRoot.getAnimations().length + document.getAnimations().length") == 0


# --- when the community cannot be reached ---


def _bare(tab: Tab, world: World, *scripts: str, attributes: dict[str, str] | None = None) -> None:
    """A page without the embed, into which a product puts element and scripts by itself."""
    tab.goto(f"{world.product.address}/bare")
    tab.evaluate(
        "(() => { const page = document.createRange().createContextualFragment("
        f"{_js(embed_tag(attributes or NEWCOMER) + ''.join(scripts))}); document.getElementById('after').before(page); }})()"
    )


def _js(text: str) -> str:
    """A string of JavaScript."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") + "'"


def _fallback_is_seen(tab: Tab) -> bool:
    return bool(
        tab.evaluate(
            "(() => { const words = document.querySelector('alongside-moment > p');"
            " const box = words.getBoundingClientRect();"
            f" return words.checkVisibility() && box.width > 100 && box.height > 10 && words.innerText === {_js(FALLBACK)}; }})()"
        )
    )


def _complaints(tab: Tab) -> list[str]:
    """What was said on the console, but for the browser's own line about a request that failed."""
    own = r"^error: (Failed to load resource|Cross-Origin Request Blocked: .* did not succeed)"
    return [message for message in tab.messages if not re.search(own, message)]


FAULTS = [
    ("*.js", "missing"),
    ("*.js", "silent"),
    ("*.json", "missing"),
    ("*.json", "broken"),
    ("*.json", "silent"),
    ("index.json", "broken"),
    ("style.css", "missing"),
    ("members/*", "missing"),
    ("cards/*", "missing"),
    ("cards/*", "broken"),
]


@pytest.mark.parametrize(("what", "fault"), FAULTS)
def test_the_fallback_stays_where_the_community_cannot_answer(tab: Tab, world: World, what: str, fault: str) -> None:
    """Never "nobody is here" about what could not be asked."""
    pattern = f"/embed/v1/{what}"
    before = len(world.community.asked)
    world.community.faults[pattern] = fault
    _bare(tab, world, pinned_script(world.site, world.community.address))
    end = time.monotonic() + 10
    while not any(fnmatch(asked.path, pattern) for asked in world.community.asked[before:]):
        assert time.monotonic() < end, "it was never asked for"
        tab.evaluate("probe.quiet(50)")
    tab.evaluate("probe.quiet(300)")
    assert _fallback_is_seen(tab)
    assert tab.evaluate("probe.shown") == []
    if what != "*.js":
        assert _complaints(tab) == []


@pytest.mark.parametrize("fault", ["missing", "broken"])
def test_a_card_that_does_not_come_is_passed_over(tab: Tab, world: World, fault: str) -> None:
    _show(tab, world, "plain")
    [first] = tab.evaluate("probe.shown[0].members")
    world.community.faults[f"/embed/v1/cards/members/{first}.json"] = fault
    _show(tab, world, "plain")
    [second] = tab.evaluate("probe.shown[0].members")
    assert second != first
    assert _name_of(world, second) in tab.evaluate("probe.seen().map(piece => piece.text)")
    assert _complaints(tab) == []


def test_the_fallback_stays_where_there_is_no_network(tab: Tab, world: World) -> None:
    with running_origin(files_of(world.site)) as gone:
        address = gone.address
    _bare(tab, world, pinned_script(world.site, address))
    tab.evaluate("probe.quiet(200)")
    assert _fallback_is_seen(tab)


# --- a page that lives ---


def test_an_element_that_moves_shows_itself_again(tab: Tab, world: World) -> None:
    _show(tab, world, "plain")
    before = tab.evaluate("probe.seen().map(piece => piece.text)")
    tab.evaluate("document.querySelector('h1').before(probe.embed())")
    tab.evaluate("probe.quiet()")
    assert tab.evaluate("probe.seen().map(piece => piece.text)") == before
    assert tab.evaluate("probe.shown.length") <= 2
    assert tab.messages == []


def test_many_changes_at_once_are_ranked_once(tab: Tab, world: World) -> None:
    _show(tab, world, "plain")
    tab.evaluate(
        "Object.entries({challenges: 'burnout', topics: 'rest', languages: 'es,en', place: 'Medellín, Colombia'})"
        ".forEach(([name, value]) => probe.embed().setAttribute(name, value))"
    )
    assert tab.evaluate("probe.until(() => probe.shown.length === 2)")
    tab.evaluate("probe.quiet(300)")
    first, second = tab.evaluate("probe.shown")
    assert first != second
    tab.evaluate("probe.embed().setAttribute('challenges', 'burnout')")
    tab.evaluate("probe.quiet(300)")
    assert tab.evaluate("probe.shown.length") == 2
    assert tab.messages == []


def test_a_distance_is_in_kilometres_or_in_miles(tab: Tab, world: World) -> None:
    """From Potsdam to a group in Berlin there are 27 kilometres."""
    _show(tab, world, "plain")
    found = []
    for turn, near in enumerate(("20 km", "20 miles"), 2):
        tab.evaluate(
            f"Object.entries({{place: 'Potsdam, Germany', near: '{near}'}})"
            ".forEach(([name, value]) => probe.embed().setAttribute(name, value))"
        )
        assert tab.evaluate(f"probe.until(() => probe.shown.length === {turn})")
        found.append("docs-berlin" in tab.evaluate("probe.shown.at(-1).groups"))
    assert found == [False, True]


def test_who_changes_their_mind_while_it_loads_sees_what_they_said_last(tab: Tab, world: World) -> None:
    _show(tab, world, "plain")
    words = tab.evaluate("probe.seen().map(piece => piece.text)")
    world.community.slow["/embed/v1/*.json"] = 0.3
    tab.evaluate("probe.embed().setAttribute('challenges', 'burnout')")
    tab.evaluate("new Promise(done => setTimeout(done, 150))")
    tab.evaluate(f"probe.embed().setAttribute('challenges', '{NEWCOMER['challenges']}')")
    tab.evaluate("probe.quiet(500)")
    assert tab.evaluate("probe.seen().map(piece => piece.text)") == words
    assert tab.messages == []


def test_an_element_taken_away_while_it_loads(tab: Tab, world: World) -> None:
    world.community.slow["/embed/v1/*.json"] = 0.3
    asked = len(world.community.asked)
    _bare(tab, world, pinned_script(world.site, world.community.address))
    tab.evaluate("probe.until(() => probe.embed().shadowRoot)")
    tab.evaluate("new Promise(done => setTimeout(done, 150))")
    assert any(request.path.endswith("index.json") for request in world.community.asked[asked:])
    tab.evaluate("(() => { globalThis.taken = probe.embed(); taken.remove(); })()")
    tab.evaluate("probe.quiet(500)")
    assert tab.evaluate("probe.shown") == []
    tab.evaluate("document.getElementById('after').before(taken)")
    assert tab.evaluate("probe.until(() => probe.seen().length)")
    assert tab.messages == []


def test_scripts_that_stand_in_a_page_twice(tab: Tab, world: World) -> None:
    pinned = pinned_script(world.site, world.community.address)
    alias = f'<script type="module" src="{world.community.address}/embed/v1/alongside.js" crossorigin></script>'
    _bare(tab, world, pinned, alias, alias.replace(".js", ".js?again"))
    assert tab.evaluate("probe.until(() => probe.shown.length)")
    tab.evaluate("probe.quiet(200)")
    assert tab.evaluate("probe.shown.length") == 1
    assert tab.messages == []


def test_two_elements_on_one_page(tab: Tab, world: World) -> None:
    script = pinned_script(world.site, world.community.address)
    _bare(tab, world, embed_tag(NEWCOMER | {"challenges": "burnout"}), script)
    assert tab.evaluate("probe.until(() => probe.shown.length === 2)")
    assert tab.evaluate("[...document.querySelectorAll('alongside-moment')].every(embed => probe.seen(embed).length)")
    assert tab.messages == []


def test_screens_of_react_come_and_go(tab: Tab, world: World) -> None:
    _needs_npm(next(host for host in ALL_HOSTS if host.name == "react"))
    _show(tab, world, "react")
    for state, shows in (
        ("{side: true}", True),
        ("{screen: 'settings'}", False),
        ("{screen: 'dashboard', side: false}", True),
        ("{changes: {challenges: 'burnout', newcomer: null}}", True),
        ("{screen: 'settings', changes: {}}", False),
        ("{screen: 'sign-up'}", True),
    ):
        shown = tab.evaluate("probe.shown.length")
        tab.evaluate(f"product.go({state})")
        if shows:
            assert tab.evaluate(f"probe.until(() => probe.shown.length > {shown})"), (state, tab.messages)
            assert tab.evaluate("probe.seen().length"), state
        else:
            assert tab.evaluate("probe.until(() => !probe.embed())"), state
    # Quicker than anything can load: each screen is left before it is complete.
    tab.evaluate("['settings', 'sign-up', 'settings', 'dashboard'].forEach(screen => product.go({screen}))")
    tab.evaluate("probe.quiet()")
    assert tab.evaluate("probe.seen().length")
    assert tab.messages == []


def test_turbo_goes_back_and_forth(tab: Tab, world: World) -> None:
    _needs_npm(next(host for host in ALL_HOSTS if host.name == "turbo"))
    _show(tab, world, "turbo")
    words = tab.evaluate("probe.seen().map(piece => piece.text)")
    for step, heading in (
        ("Turbo.visit('/turbo-second')", "Page turbo-second"),
        ("history.back()", "Page turbo"),
        ("history.forward()", "Page turbo-second"),
        ("Turbo.visit('/turbo')", "Page turbo"),
    ):
        tab.evaluate(step)
        assert tab.evaluate(f"probe.until(() => document.querySelector('h1').innerText === {_js(heading)})"), step
        assert tab.evaluate("probe.until(() => probe.seen().length)"), step
        tab.evaluate("probe.quiet()")
        assert tab.evaluate("probe.seen().map(piece => piece.text)") == words, step
        assert tab.evaluate("document.querySelectorAll('alongside-moment').length") == 1
    assert tab.messages == []
