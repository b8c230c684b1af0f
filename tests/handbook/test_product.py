"""What the handbook shows to connect a product is run, in its own language, against a service that listens."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from alongside.delivery.browser_tokens import BrowserToken, make_browser_token
from alongside.delivery.enrollment import Became
from alongside.delivery.outcomes import Effect
from alongside.delivery.schema import enrollments, newcomers, outcomes
from alongside.delivery.store import open_store
from alongside.reading.posted import ENROLL, EVENT
from alongside.service.home import Home
from alongside.service.signatures import Senders
from alongside.settings import ServiceSettings
from browser.origins import Answer, running_origin
from delivery.conftest import CHECK_IN, WELCOME, make_journey
from handbook.test_handbook import blocks_of, sections_of
from service.conftest import Running, make_home, running

SERVICE, SECRET, TOKEN = "https://community.example.org/alongside", "secret-of-the-handbook", "token-of-the-handbook"


def make_product_home(origin: str) -> Home:
    home = make_home()
    month = replace(make_journey(WELCOME, CHECK_IN, slug="first-month"), events={"converted": "stop"})
    settings = replace(home.settings, service=ServiceSettings(origins=frozenset({origin})))
    return Home(settings=settings, community=replace(home.community, journeys={"first-month": month}))


@contextmanager
def serving(folder: Path, origin: str = "https://app.example.org") -> Iterator[Running]:
    store = open_store(folder, {})
    senders = Senders(secrets=(SECRET.encode(),), tokens=(TOKEN.encode(),))
    with running(store, make_product_home(origin), lambda: datetime.now(UTC), senders) as found:
        yield found
    store.close()


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Running]:
    with serving(tmp_path) as found:
        yield found


def snippet(section: str, language: str, service: Running) -> str:
    """The first block of a section in that language, for the service that listens."""
    found = next(block for block in blocks_of(sections_of("product.md")[section]) if block.language == language)
    assert SERVICE in found.text
    return found.text.replace(SERVICE, f"http://127.0.0.1:{service.port}")


def run(command: list[str], folder: Path) -> str:
    environment: Mapping[str, str] = {**os.environ, "ALONGSIDE_WEBHOOK_SECRET": SECRET}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def states(service: Running) -> list[tuple[str, str, str, str]]:
    with service.store.reading() as connection:
        joined = sa.join(enrollments, newcomers, enrollments.c.newcomer_id == newcomers.c.id)
        wanted = (newcomers.c.address, newcomers.c.product_id, enrollments.c.source, enrollments.c.state)
        return [tuple(row) for row in connection.execute(sa.select(*wanted).select_from(joined))]  # type: ignore[misc]


# language -> (what runs it, the file it stands in, what a product does with it)
CALLS = {
    "python": (
        "python3",
        "client.py",
        """
from types import SimpleNamespace
user = SimpleNamespace(email="ines@example.net", first_name="Inês", pk=4711)
print(json.dumps([sign_up(user), sign_up(user), converted(user, "Team")]))
""",
    ),
    "ruby": (
        "ruby",
        "client.rb",
        """
user = Struct.new(:email, :name, :id).new("ines@example.net", "Inês", 4711)
puts JSON.generate([sign_up(user), sign_up(user), converted(user, "Team")])
""",
    ),
    "js": (
        "node",
        "client.mjs",
        """
const user = { email: "ines@example.net", name: "Inês", id: 4711 };
console.log(JSON.stringify([await signUp(user), await signUp(user), await converted(user, "Team")]));
""",
    ),
}


@pytest.mark.parametrize(
    "language",
    ["python", pytest.param("ruby", marks=pytest.mark.ruby), pytest.param("js", marks=pytest.mark.browser)],
)
def test_a_back_end_signs(language: str, service: Running, tmp_path: Path) -> None:
    program, name, calls = CALLS[language]
    (tmp_path / name).write_text(snippet("Sign a request", language, service) + calls, encoding="utf-8")
    enrolled, again, converted = json.loads(run([program, name], tmp_path))
    assert enrolled == again == {"status": "enrolled", "problems": []}
    assert converted == {"status": "recorded", "ended": ["first-month"], "begun": [], "problems": []}
    assert states(service) == [("ines@example.net", "4711", "sign-up form", "stopped")]


def test_a_shell_signs(service: Running, tmp_path: Path) -> None:
    script = snippet("Sign a request", "sh", service)
    assert json.loads(run(["sh", "-eu", "-c", script], tmp_path)) == {"status": "enrolled", "problems": []}


def test_a_tool_without_code_shows_a_token(service: Running) -> None:
    section = sections_of("product.md")["Tools without code"]
    head, body = (block.text for block in list(blocks_of(section))[:2])
    headers = dict(line.split(": ") for line in head.replace("THE-TOKEN", TOKEN).splitlines()[1:])
    answer = service.ask("POST", "/enroll", body.encode(), headers)
    assert (answer.status, json.loads(answer.body)["status"]) == (201, "enrolled")
    (event,) = (
        block.text for block in blocks_of(sections_of("product.md")["What happens later"]) if block.language == "json"
    )
    told = json.loads(event) | {"newcomer": {"email": "ines@example.net"}, "at": datetime.now(UTC).isoformat()}
    answer = service.ask("POST", "/events", json.dumps(told).encode(), headers)
    assert json.loads(answer.body)["ended"] == ["first-month"]
    with service.store.reading() as connection:
        assert connection.scalar(sa.select(outcomes.c.name)) == "converted"


@pytest.mark.browser
def test_a_page_of_another_origin_enrolls(tmp_path: Path, tab: Page) -> None:
    page = (
        "<!doctype html><title>Join</title><form id=join><label>Mail <input name=email type=email></label>"
        "<button>Join</button><output></output></form><script type=module>{}</script>"
    )
    shown: list[str] = []
    with (
        running_origin(lambda _: Answer(body=page.format(shown[0]).encode(), type="text/html")) as product,
        serving(tmp_path, product.address) as service,
    ):
        good_until = datetime.now(UTC) + timedelta(days=1)
        token = BrowserToken(journey="first-month", origins=(product.address,), good_until=good_until)
        script = snippet("A page without a back end", "js", service)
        shown.append(script.replace("b1.PASTE-IT-HERE", make_browser_token(token, service.store.key)))
        for _ in range(2):
            tab.goto(product.address)
            tab.get_by_label("Mail").fill("ines@example.net")
            tab.get_by_role("button").click()
            expect(tab.locator("output")).to_have_text("Look into your mail: one question waits there.")
        assert states(service) == [("ines@example.net", "", f"page of {product.address}", "awaiting confirmation")]


# --- tables ---


def first_cells(section: str) -> list[str]:
    """The first column of each table of a section."""
    return re.findall(r"^\| `([^`|]+)` \|", sections_of("product.md")[section], flags=re.MULTILINE)


def test_tables_are_complete() -> None:
    assert set(first_cells("What you get")) == set(get_args(Became))
    assert first_cells("What you send") == [field.name for field in ENROLL.fields]
    statuses = get_args(get_type_hints(Effect)["status"])
    assert first_cells("What happens later") == [
        *(field.name for field in EVENT.fields),
        "events",
        *statuses,
        "refused",
    ]
