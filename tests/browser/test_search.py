"""The search of record pages: what `alongside search` makes and leaves alone, and asking it in a browser by keyboard."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser

from browser.axe import axe_violations
from browser.engines import Chromium, Tab
from browser.example_site import Quiet
from browser.origins import files_of, running_origin
from commands import run_command
from conftest import CONFIG, WriteCommunity

NOW = "2026-11-23T09:00Z"
# Pagefind is WebAssembly; beyond that it gets along with scripts of the site's own, and no text becomes markup.
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; style-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
MEMBER = "---\nname: {}\nplace: {}\nroles: [{}]\nconsent: {{since: 2026-01-01, for: [{}]}}\n---\n{}\n"
STORY = "---\ntitle: {}\nmembers: [{}]\ndate: {}\nlanguage: {}\nchallenges: [talk]\n{}---\n{}\n"
FILES: dict[str, str | bytes] = {
    "mkdocs.yml": CONFIG.replace("plugins:", "plugins:\n  - search").replace(
        "alongside:\n", "alongside:\n      search: true\n"
    ),
    "content/index.md": "# Home\n\nWhat a plain page says of lighthouses.\n",
    "content/challenges.yml": "talk: {title: Giving a talk}\n",
    "content/members/ana.md": MEMBER.format("Ana Souza", "Recife, Brazil", "writer", "page", "A bio."),
    "content/members/cat.md": MEMBER.format("Cat Hidden", "Lima, Peru", "spy", "mail", "A secret."),
    "content/stories/en.md": STORY.format(
        "A proposal", "ana", "2025-05-04", "en", "", "My lighthouse <mark>& <img src=x onerror=alert(1)> were shown."
    ),
    "content/stories/ja.md": STORY.format(
        "はじめてのレビュー", "cat", "2026-05-04", "ja", "", "面接の練習を三週間しました。"
    ),
    "content/stories/ar.md": STORY.format("أول حديث", "ana", "2026-06-04", "ar", "", "كان أول حديث لي في المؤتمر."),
    "content/stories/draft.md": STORY.format("Draft", "ana", "2026-06-04", "en", "status: draft\n", "Lighthouse."),
    "content/stories/new.md": STORY.format("Renamed", "ana", "2026-06-05", "en", "was: [old]\n", "Proposals again."),
}
STATUS = "document.querySelector('.as-results [role=status]').textContent"
HITS = "[...document.querySelectorAll('.as-hits a')].map(link => link.textContent)"

pytestmark = pytest.mark.browser


class Strict(Quiet):
    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[str]:
    """Everything below `tmp_path`: the site is in a sub folder."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Strict, directory=str(tmp_path)))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def wait_for(tab: Tab, condition: str) -> None:
    for _ in range(200):
        if tab.evaluate(condition):
            return
        time.sleep(0.05)
    raise AssertionError((condition, tab.evaluate(STATUS), tab.evaluate(HITS)))


def ask(tab: Tab, text: str) -> list[str]:
    """The titles found for what a hand writes."""
    tab.evaluate("document.querySelector('.as-results [role=status]').textContent = ''")
    tab.evaluate(f"document.querySelector('#as-query').value = {text!r}")
    tab.evaluate("document.querySelector('#as-query').focus()")
    tab.press("Enter")
    wait_for(tab, f"{STATUS} !== ''")
    found = tab.evaluate(HITS)
    assert isinstance(found, list)
    return found


def test_the_search_is_made_and_asked(browser: Browser, write_community: WriteCommunity, origin: str) -> None:
    config = write_community(FILES)
    root = config.parent
    early = run_command("search", "--now", NOW, cwd=root)
    assert early.returncode == 1
    assert "First: alongside build" in early.stderr
    assert run_command("build", "--now", NOW, cwd=root).returncode == 0
    made = run_command("search", "--now", NOW, cwd=root)
    assert made.returncode == 0, made.stderr
    assert "made anew" in made.stdout
    files = {path.name: path.read_bytes() for path in (root / "site/pagefind").glob("*/*.*")}
    # a build takes it away; where nothing changed, it is put back and not made again
    assert run_command("build", "--now", NOW, cwd=root).returncode == 0
    assert not (root / "site/pagefind").exists()
    assert "nothing changed" in run_command("search", "--now", NOW, cwd=root).stdout
    assert files == {path.name: path.read_bytes() for path in (root / "site/pagefind").glob("*/*.*")}
    # MkDocs' own search has plain pages alone
    own = (root / "site/search/search_index.json").read_text()
    assert "lighthouses" in own
    assert "stories/" not in own
    with closing(Chromium(browser).open(width=360, height=740)) as tab:
        tab.goto(f"{origin}community/site/browse/")
        assert axe_violations(tab) == []
        assert ask(tab, "lighthouses") == ["A proposal"]  # no draft, and one ending less
        assert tab.evaluate("document.querySelector('.as-hits p:last-child').textContent").count("<img src=x") <= 1
        assert tab.evaluate("document.querySelectorAll('.as-hits .as-hit-words img').length") == 0
        assert ask(tab, "面接") == ["はじめてのレビュー"]
        assert "面接の練習を三週間しました。" in tab.evaluate("document.querySelector('.as-hit-words').textContent")
        assert ask(tab, "حديث") == ["أول حديث"]
        assert ask(tab, "interview") == []
        # nobody is found who may not be named, nor what only a former address says
        assert ask(tab, "Hidden") == ask(tab, "Peru") == ask(tab, "spy") == ask(tab, "old") == []
        assert ask(tab, "Souza")[0] == "Ana Souza"
        assert ask(tab, "proposal") == ["A proposal", "Renamed"] or ask(tab, "proposal") == ["Renamed", "A proposal"]
        # narrowed by keyboard: the next stop after the button opens the choices
        tab.press("Tab", "Tab", "Enter")
        wait_for(tab, "document.querySelector('.as-narrowing select')")
        assert axe_violations(tab) == []
        assert (
            tab.evaluate("[...document.querySelectorAll('.as-narrowing select')].map(field => field.name).join()")
            == "kind,place,language,year"
        )
        tab.evaluate(
            "(() => { const field = document.querySelector('select[name=year]'); field.value = '2025';"
            " field.dispatchEvent(new Event('change', {bubbles: true})); })()"
        )
        wait_for(tab, f"{HITS}.join() === 'A proposal'")
        assert tab.evaluate("location.search") == "?q=proposal&year=2025"
        # it can be kept, and what is found leads there
        tab.goto(f"{origin}community/site/browse/?q=proposal&year=2025")
        wait_for(tab, f"{HITS}.join() === 'A proposal'")
        assert tab.evaluate("document.querySelector('.as-hits a').href") == f"{origin}community/site/stories/en/"
        assert tab.evaluate("document.documentElement.scrollWidth") <= 360
        assert tab.cookies() == []
        assert [message for message in tab.messages if "favicon" not in message] == []
        assert all(url.startswith(origin) for url in tab.requests if url[:4] == "http")
        assert not any("worker" in url for url in tab.requests)  # the policy would not have it
        # the search page of the theme has both
        tab.goto(f"{origin}community/site/search.html?q=حديث")
        wait_for(tab, f"{HITS}.join() === 'أول حديث'")
    # without a policy the same is found beside the page
    with closing(Chromium(browser).open(width=360, height=740)) as tab, running_origin(files_of(root / "site")) as free:
        tab.goto(f"{free.address}/browse/?q=proposal&year=2025")
        wait_for(tab, f"{HITS}.join() === 'A proposal'")
        assert any(url.endswith("/pagefind/pagefind-worker.js") for url in tab.requests)
        assert [message for message in tab.messages if "favicon" not in message] == []


def test_the_missing_page_leads_on_from_any_depth(
    browser: Browser, write_community: WriteCommunity, tmp_path: Path
) -> None:
    config = CONFIG.replace("https://community.example.org/", "https://community.example.org/below/").replace(
        "plugins:", "plugins:\n  - search"
    )
    root = write_community({**FILES, "mkdocs.yml": config}).parent
    assert run_command("build", "--now", NOW, cwd=root).returncode == 0
    (root / "site").rename(tmp_path / "below")

    class Missing(Quiet):
        def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
            """What hosts do with a 404.html."""
            self.send_response(404)
            self.end_headers()
            self.wfile.write((tmp_path / "below/404.html").read_bytes())

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Missing, directory=str(tmp_path)))
    Thread(target=server.serve_forever, daemon=True).start()
    with closing(Chromium(browser).open()) as tab:
        tab.goto(f"http://127.0.0.1:{server.server_port}/below/stories/gone/for/good/")
        assert axe_violations(tab) == []
        assert tab.evaluate("new URL(document.querySelector('main form').action).pathname") == "/below/search.html"
        tab.evaluate("document.querySelector('main a[href$=\"browse/\"]').click()")
        wait_for_path = "location.pathname === '/below/browse/' && document.readyState === 'complete'"
        for _ in range(100):
            if tab.evaluate(wait_for_path):
                break
            time.sleep(0.05)
        assert tab.evaluate(wait_for_path)
        # there is no search of records where the settings name none, and nothing is asked for one
        assert tab.evaluate("document.querySelectorAll('.as-search').length") == 0
    server.shutdown()
    server.server_close()
