"""The service on a port of this machine, with stores as delivery's tests have them."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from alongside.delivery.contacts import import_contacts
from alongside.delivery.enrollment import Candidate, enroll
from alongside.delivery.notes.choices import choice_number
from alongside.delivery.notes.conversations import open_conversation, pair_of
from alongside.delivery.notes.relaying import Note, take_first_note
from alongside.delivery.schema import Side, enrollments, first_notes, metadata, newcomers, steps
from alongside.delivery.store import Store
from alongside.delivery.tokens import Kind, make_token
from alongside.model.community import Community
from alongside.model.people import Newcomer
from alongside.model.texts import LocalText
from alongside.service.app import make_app
from alongside.service.core import Counts, Service
from alongside.service.home import Home
from alongside.service.lines import Level
from alongside.service.server import listen, serve
from alongside.service.signatures import Senders
from alongside.settings import MailSettings, Organisation, Settings
from delivery.conftest import CHECK_IN, WELCOME, make_journey, make_member

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # a Monday
ONE_CLICK = b"List-Unsubscribe=One-Click"
URLENCODED = "application/x-www-form-urlencoded"


def make_home(prefix: str = "") -> Home:
    """Two journeys, the second of which asks for a confirmation."""
    month = replace(
        make_journey(WELCOME, CHECK_IN), title=LocalText((("en", "The first month"), ("ar", "الشهر الأول")))
    )
    careful = replace(
        make_journey(WELCOME, slug="careful", confirm=True),
        title=LocalText((("en", "Asked twice"), ("ja", "はじめての一か月"))),
    )
    community = Community(
        name="Test community",
        url="https://community.example.org/",
        members={"ana": make_member("ana")},
        journeys={"month": month, "careful": careful},
    )
    root = Path("/nowhere")
    settings = Settings(
        config_file=root / "mkdocs.yml",
        root=root,
        docs_dir=root / "content",
        site_dir=root / "site",
        journeys_dir=root / "journeys",
        site_name="Test community",
        site_url="https://community.example.org/",
        organisation=Organisation(privacy="https://example.org/privacy"),
        mail=MailSettings(service=f"https://example.org/{prefix}"),
    )
    return Home(settings=settings, community=community)


@dataclass(kw_only=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: str


@dataclass(kw_only=True)
class Running:
    """A service, and how to ask it."""

    port: int
    store: Store
    home: Home
    lines: list[str] = field(default_factory=list)
    counts: Counts = field(default_factory=Counts)
    service: Service | None = None  # where it runs

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body, dict(headers or {}))
            response = connection.getresponse()
            content = response.read().decode()
            return Answer(status=response.status, headers=dict(response.getheaders()), body=plain(content))
        finally:
            connection.close()

    def post(self, path: str, body: bytes, content_type: str = URLENCODED) -> Answer:
        return self.ask("POST", path, body, {"Content-Type": content_type})

    def token(self, kind: Kind, enrollment: int) -> str:
        return make_token(kind, enrollment, self.store.key)

    def enroll(self, journey: str = "month", **fields: object) -> int:
        """A newcomer on that journey; the enrollment's number."""
        values = {"email": "joana@example.net", "name": "Joana Prado", "languages": ("en",), "basis": "consent"}
        newcomer = Newcomer(**{**values, **fields})  # type: ignore[arg-type]
        record = self.home.community.journeys[journey]
        enroll(
            self.store,
            record,
            [Candidate(newcomer=newcomer)],
            community=self.home.community,
            basis=None,
            source="test",
            now=NOW,
        )
        with self.store.reading() as connection:
            return connection.scalar(sa.select(sa.func.max(enrollments.c.id))) or 0

    def path(self, kind: Kind, number: int) -> str:
        """Of a link in a mail."""
        return f"/{kind}/{self.token(kind, number)}"

    def converse(self, side: Side, **fields: object) -> int:
        """A newcomer and Ana write to each other; what a token of that side's "block" or "report" carries."""
        enrollment = self.enroll(**fields)  # type: ignore[arg-type]
        with self.store.writing() as connection:
            newcomer = connection.scalar(
                sa.select(enrollments.c.newcomer_id).where(enrollments.c.id == enrollment)
            )  # fmt: skip
            return choice_number(
                open_conversation(
                    connection, pair_of(connection, "newcomer", newcomer or 0, "", "ana", resolve=str), now=NOW
                ),
                side,
            )

    def write_first(self, *, sender: str = "sam@example.com", language: str = "en") -> int:
        """A stranger's note for Ana, whose address we have; the note's number."""
        with self.store.writing() as connection:
            import_contacts(connection, [("ana", "ana@members.example.org")], resolve=str, now=NOW)
            note = Note(text="Hello Ana, how did you begin?")
            take_first_note(connection, self.store.key, "ana", note, sender=sender, language=language, now=NOW)
            return connection.scalar(sa.select(sa.func.max(first_notes.c.id))) or 0

    def ask_ana(self, **fields: object) -> int:
        """The step of a newcomer's second mail, about which Ana is asked."""
        enrollment = self.enroll(**fields)  # type: ignore[arg-type]
        with self.store.writing() as connection:
            mine = sa.select(enrollments.c.newcomer_id).where(enrollments.c.id == enrollment)
            connection.execute(sa.update(newcomers).where(newcomers.c.id.in_(mine)).values(member="ana"))
            asked = sa.select(steps.c.id).where(steps.c.enrollment_id == enrollment, steps.c.moment == "check-in")
            return connection.scalar(asked) or 0

    def settle(self, step: int, state: str) -> None:
        """Something became of that step's mail."""
        with self.store.writing() as connection:
            connection.execute(sa.update(steps).where(steps.c.id == step).values(state=state))

    def states(self) -> list[str]:
        with self.store.reading() as connection:
            return list(connection.scalars(sa.select(enrollments.c.state).order_by(enrollments.c.id)))

    def dump(self) -> dict[str, list[tuple[object, ...]]]:
        """Every row of every table."""
        return dump(self.store)


def dump(store: Store) -> dict[str, list[tuple[object, ...]]]:
    with store.reading() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key))]
            for table in metadata.sorted_tables
        }


def plain(text: str) -> str:
    """Without the marks that keep a name's direction."""
    return text.replace("\u2068", "").replace("\u2069", "")


@contextmanager
def running(
    store: Store, home: Home, clock: Callable[[], datetime] = lambda: NOW, senders: Senders | None = None
) -> Iterator[Running]:
    """The service in a thread, on any free port."""
    lines: list[str] = []

    def log(level: Level, about: str, text: str) -> None:
        lines.append(f"{level} {about} {text}")

    service = Service(store=store, home=lambda: home, now=clock, log=log, senders=senders or Senders())
    listener = listen("127.0.0.1", 0)
    port = listener.getsockname()[1]
    stopping = threading.Event()
    thread = threading.Thread(
        target=serve,
        args=(make_app(service), listener),
        kwargs={
            "stopping": stopping,
            "log": log,
            "counts": service.counts,
            "proxies": lambda: home.settings.service.proxies,
        },
    )
    thread.start()
    try:
        yield Running(port=port, store=store, home=home, lines=lines, counts=service.counts, service=service)
    finally:
        stopping.set()
        thread.join(30)


@pytest.fixture
def service(store: Store) -> Iterator[Running]:
    with running(store, make_home()) as found:
        yield found
