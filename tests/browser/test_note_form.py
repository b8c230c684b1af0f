"""The form for a note in two browsers: in an embed on a strict page of another origin, and on its own page."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from alongside.delivery.contacts import import_contacts
from alongside.delivery.schema import conversations, first_notes, letters, newcomers, notes
from alongside.delivery.sealing import unseal
from alongside.delivery.store import open_store
from alongside.delivery.tokens import make_token
from alongside.reading.loader import load_community
from alongside.reading.settings_file import read_settings
from alongside.service.home import Home
from alongside.settings import ServiceSettings
from browser.axe import axe_violations
from browser.engines import ENGINES, Engine, Tab
from browser.example_site import EXAMPLE_DAY, ROOT
from browser.host_pages import SECRETS, pages
from browser.origins import Answer, Origin, files_of, running_origin
from commands import run_command
from service.conftest import URLENCODED, Running, running

pytestmark = pytest.mark.browser

SCREENSHOTS = ROOT / "build" / "screenshots"
SERVICE = "https://service.example.org/alongside/"  # stands in the built files for the service's real port
FORM = "probe.embed().shadowRoot.querySelector('.form')"
WORDS = "Hello, how did you begin?"


@dataclass(kw_only=True)
class Clock:
    """The example's day, going on as ours does."""

    skipped: timedelta = field(default=timedelta(0))
    begun: float = field(default_factory=time.monotonic)

    def __call__(self) -> datetime:
        return EXAMPLE_DAY + self.skipped + timedelta(seconds=time.monotonic() - self.begun)


@dataclass(kw_only=True)
class World:
    """Three origins: the community's site, the product that shows its embed, and the service."""

    community: Origin
    product: Origin
    service: Running
    clock: Clock
    site: Path

    @property
    def waiting(self) -> list[tuple[str, str, str]]:
        """Address, language and text of each first note."""
        store = self.service.store
        with store.reading() as connection:
            rows = connection.execute(sa.select(first_notes).order_by(first_notes.c.id)).all()
        return [(unseal(row.sealed_address, store.key), row.language, unseal(row.sealed, store.key)) for row in rows]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    root = tmp_path_factory.mktemp("noted")
    for name in ("content", "journeys"):
        shutil.copytree(ROOT / name, root / name)
    config = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    config = config.replace(
        "      mail:\n", f"      mail:\n        service: {SERVICE}\n        notes: notes@example.org\n"
    )
    (root / "mkdocs.yml").write_text(config, encoding="utf-8")
    built = run_command("build", "--now", EXAMPLE_DAY.isoformat(), cwd=root, all_places=True)
    assert built.returncode == 0, built.stderr
    settings, _ = read_settings(root / "mkdocs.yml")
    community = load_community(settings, today=EXAMPLE_DAY.date()).community
    store = open_store(root, {})
    with store.writing() as connection:
        contacts = [(slug, f"{slug}@members.example.org") for slug in community.members]
        import_contacts(connection, contacts, resolve=str, now=EXAMPLE_DAY)
    clock, site = Clock(), root / "site"
    answers: list[Callable[[str], Answer | None]] = []
    with ExitStack() as stack:
        stack.callback(store.close)
        product = stack.enter_context(running_origin(lambda path: answers[0](path)))
        service_settings = ServiceSettings(origins=frozenset({product.address}), altcha=True)
        home = Home(settings=replace(settings, service=service_settings), community=community)
        service = stack.enter_context(running(store, home, clock))
        address = f"http://127.0.0.1:{service.port}/"
        for file in site.rglob("*"):
            if file.suffix in (".json", ".html") and SERVICE in (text := file.read_text(encoding="utf-8")):
                file.write_text(text.replace(SERVICE, address), encoding="utf-8")
        origin = stack.enter_context(running_origin(files_of(site)))
        answers.append(pages(site, lambda: origin.address, address))
        yield World(community=origin, product=product, service=service, clock=clock, site=site)


@pytest.fixture(params=ENGINES)
def tab(request: pytest.FixtureRequest, engines: Callable[[str], Engine]) -> Iterator[Tab]:
    fresh = engines(request.param).open()
    yield fresh
    fresh.close()


def _open(tab: Tab, world: World, page: str = "strict") -> str:
    """Open a page of the product, press the button, and wait for the form. The member's slug."""
    tab.goto(f"{world.product.address}/{page}")
    assert tab.evaluate("probe.until(() => probe.shown.length)"), tab.messages
    tab.evaluate("probe.quiet()")
    tab.evaluate("probe.embed().shadowRoot.querySelector('a.n').click()")
    assert tab.evaluate(f"probe.until(() => {FORM}?.querySelector('form'))"), tab.messages
    return str(tab.evaluate("probe.embed().shadowRoot.querySelector('a.n').pathname")).rpartition("/")[2]


def _fill(tab: Tab, **fields: str) -> None:
    for name, value in fields.items():
        tab.evaluate(
            f"(() => {{ const input = {FORM}.querySelector('#n-{name}'); input.value = {json.dumps(value)};"
            " input.dispatchEvent(new Event('input')); })()"
        )


def _send(tab: Tab) -> None:
    """By the keyboard: Enter in a field of one line."""
    tab.evaluate(f"{FORM}.querySelector('#n-address').focus()")
    tab.press("Enter")


def _focus(tab: Tab) -> str:
    return str(tab.evaluate("probe.embed().shadowRoot.activeElement?.id ?? ''"))


def _take_picture(tab: Tab, name: str) -> None:
    if "ALONGSIDE_SCREENSHOTS" in os.environ:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        (SCREENSHOTS / f"{name}.png").write_bytes(tab.screenshot())


def test_a_note_from_a_strict_page_is_passed_on(tab: Tab, world: World) -> None:
    before = len(world.waiting)
    form_file = next(world.site.glob("embed/v1/note.*.js")).name

    member = _open(tab, world)

    assert [url for url in tab.requests if form_file in url] == [f"{world.community.address}/embed/v1/{form_file}"]
    asked = [url for url in tab.requests if url.startswith(f"http://127.0.0.1:{world.service.port}/")]
    assert asked == [f"http://127.0.0.1:{world.service.port}/note/{member}?lang=en"]  # nothing of the newcomer
    assert _focus(tab) == "n-title"
    assert axe_violations(tab, within="alongside-moment") == []
    tab.evaluate("addEventListener('keydown', () => (globalThis.heard = true))")
    _fill(tab, address="sam", message=WORDS)
    _send(tab)
    assert tab.evaluate(f"probe.until(() => {FORM}.querySelector('#n-address-error').textContent)")
    assert tab.evaluate(f"{FORM}.querySelector('#n-address').getAttribute('aria-invalid')") == "true"
    assert _focus(tab) == "n-address"
    assert tab.evaluate("globalThis.heard ?? false") is False  # the page's own shortcuts stay quiet
    assert axe_violations(tab, within="alongside-moment") == []
    _take_picture(tab, "note-trouble")
    # the card around it is drawn anew: what was typed is kept, in this page alone
    tab.evaluate("probe.embed().setAttribute('near', '40 km')")
    assert tab.evaluate(f"probe.until(() => !{FORM})")
    tab.evaluate("probe.embed().shadowRoot.querySelector('a.n').click()")
    assert tab.evaluate(f"probe.until(() => {FORM}?.querySelector('form'))")
    assert tab.evaluate(f"{FORM}.querySelector('#n-message').value") == WORDS
    assert len(world.waiting) == before
    world.clock.skipped += timedelta(seconds=5)
    _fill(tab, address="sam@example.com", name="Sam Okafor", language="pt")

    _send(tab)

    assert tab.evaluate(f"probe.until(() => !{FORM}.querySelector('form'))"), tab.messages
    assert "Look into your mailbox" in tab.evaluate(f"{FORM}.innerText")
    assert tab.evaluate("probe.embed().shadowRoot.activeElement.innerText") == "Look into your mailbox"
    assert world.waiting[before:] == [("sam@example.com", "pt", WORDS)]
    assert tab.evaluate("probe.violations") == []
    # what the browser itself says of an answer 422 is no complaint
    assert [message for message in tab.messages if "422" not in message] == []
    assert tab.cookies() == []
    kept = tab.evaluate("probe.kept()")
    assert not any(kept[where] for where in kept if where in ("cookie", "local", "session", "databases", "caches"))
    _confirm(world, member)


def _confirm(world: World, member: str) -> None:
    """By the link of the letter: the note goes on to whom it was written."""
    store = world.service.store
    with store.reading() as connection:
        number = connection.scalar(sa.select(sa.func.max(first_notes.c.id))) or 0
        kinds = connection.scalars(sa.select(letters.c.kind).where(letters.c.first_note_id == number)).all()
    assert kinds == ["confirm"]
    path = f"/first/{make_token('first', number, store.key)}"
    assert world.service.ask("GET", path).status == 200
    assert world.service.post(path, b"sure=yes", URLENCODED).status == 200
    with store.reading() as connection:
        passed = connection.execute(
            sa.select(conversations.c.member, newcomers.c.address, notes.c.sealed)
            .join(newcomers, newcomers.c.id == conversations.c.newcomer_id)
            .join(notes, notes.c.conversation_id == conversations.c.id)
            .order_by(notes.c.id.desc())
        ).first()
    assert passed is not None
    assert (passed.member, passed.address, unseal(passed.sealed or b"", store.key)) == (
        member,
        "sam@example.com",
        WORDS,
    )
    with store.writing() as connection:
        connection.execute(sa.delete(newcomers))  # the same words from the next browser would be a machine's


def test_escape_closes_and_nothing_was_sent(tab: Tab, world: World) -> None:
    _open(tab, world, "rtl")
    assert tab.evaluate(f"[{FORM}.lang, getComputedStyle({FORM}).direction]") == ["ar", "rtl"]
    assert axe_violations(tab, within="alongside-moment") == []
    _take_picture(tab, "note-rtl")
    _fill(tab, address="sam@example.com", message=WORDS)
    before = len(tab.requests)

    tab.press("Escape")

    assert tab.evaluate(f"probe.until(() => !{FORM})")
    assert "n" in tab.evaluate("probe.embed().shadowRoot.activeElement.className").split()
    assert tab.requests[before:] == []
    everything = "\n".join(tab.requests).lower()
    assert not any(secret in everything for secret in (*SECRETS, "sam@", "zephyrine"))


def test_where_no_service_answers_the_link_is_a_link(tab: Tab, world: World) -> None:
    tab.goto(f"{world.product.address}/strict")
    assert tab.evaluate("probe.until(() => probe.shown.length)")
    link = "probe.embed().shadowRoot.querySelector('a.n')"
    tab.evaluate(f"({link}.href = 'http://127.0.0.1:9/note/x', globalThis.followed = [], 0)")
    tab.evaluate(
        f"{link}.addEventListener('click', (event) => event.target.closest('.n') ||"
        " (event.preventDefault(), followed.push(event.target.closest('a').href)))"
    )
    tab.evaluate(f"{link}.click()")
    assert tab.evaluate("probe.until(() => followed.length)")
    assert tab.evaluate("[followed[0], probe.embed().shadowRoot.querySelector('a.b').checkVisibility()]") == [
        "http://127.0.0.1:9/note/x",
        True,
    ]
