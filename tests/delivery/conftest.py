"""A small community as records, and stores: SQLite files, and a throw-away PostgreSQL server."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from bench.postgresql import running_postgresql

from alongside.delivery.store import Store, open_store
from alongside.delivery.worker import World
from alongside.model.community import Community
from alongside.model.journeys import Delay, Journey, Message, Moment, Window
from alongside.model.people import Consent, Member, MemberPage, Newcomer
from alongside.model.texts import LocalText
from alongside.problems import Position

HERE = Position("test.md")


def make_member(slug: str, *, welcomes: int = 5, until: date | None = None, **fields: object) -> Member:
    consent = Consent(since=date(2026, 1, 1), until=until, containers=frozenset({"page", "embed", "mail"}))
    page = MemberPage(
        language="en", bio=f"I am {slug}.", welcome=f"Welcome from {slug}.", check_in="How is it?", position=HERE
    )
    values: dict[str, object] = {"name": slug.title(), "languages": ("en",), "consent": consent, "pages": {"en": page}}
    return Member(slug=slug, welcomes=welcomes, position=HERE, **{**values, **fields})  # type: ignore[arg-type]


def make_message(subject: str = "Hello {{ newcomer.name }}") -> Message:
    body = "Hello {{ newcomer.name }},\n\n{% if member.words %}{{ member.words }}{% endif %}\n"
    return Message(language="en", subject=subject, body=body, subject_position=HERE, body_position=HERE)


def make_moment(moment_id: str, *, days: int = 0, **fields: object) -> Moment:
    return Moment(
        id=moment_id,
        owner="community",
        where="mail",
        after=Delay(amount=days, unit="days"),
        message=f"mails/{moment_id}.md",
        messages={"en": make_message()},
        position=HERE,
        **fields,  # type: ignore[arg-type]
    )


def make_journey(*moments: Moment, slug: str = "month", confirm: bool = False) -> Journey:
    return Journey(
        slug=slug, title=LocalText((("en", "The first month"),)), moments=moments, confirm=confirm, position=HERE
    )


WELCOME = make_moment("welcome")
CHECK_IN = make_moment(
    "check-in",
    days=7,
    window=Window(days=frozenset(range(5))),
    stop_when=frozenset({"replied", "talked"}),
    gap=timedelta(hours=20),
)


def make_community(*members: Member, journeys: tuple[Journey, ...] = ()) -> Community:
    journeys = journeys or (make_journey(WELCOME, CHECK_IN),)
    return Community(
        name="Test community",
        url="https://community.example.org/",
        members={member.slug: member for member in members},
        journeys={journey.slug: journey for journey in journeys},
    )


def make_newcomers(count: int) -> list[Newcomer]:
    return [
        Newcomer(email=f"newcomer{number}@example.net", name=f"Newcomer {number}", languages=("en",), basis="consent")
        for number in range(count)
    ]


def make_world(root: Path, at: datetime, **fields: Any) -> World:
    """A pass at `at`, its journals in `root`, chance from one seed."""
    values: dict[str, Any] = {"now": lambda: at, "wall": lambda: datetime.now(UTC), "chance": random.Random(1)}
    return World(journals=root / "journal", **{**values, **fields})


@pytest.fixture
def community() -> Community:
    return make_community(make_member("ana"), make_member("bea"))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def environment(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """What opens a new store: once a SQLite file, once a database of the server."""
    if request.param == "sqlite":
        return {"ALONGSIDE_DATABASE_URL": f"sqlite:///{tmp_path / 'alongside.sqlite'}"}
    make_database: Callable[[], str] = request.getfixturevalue("make_database")
    return {"ALONGSIDE_DATABASE_URL": make_database()}


@pytest.fixture
def store(environment: dict[str, str], tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path, environment)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """A server of our own, on a socket in a folder of its own; its URL without a database."""
    with running_postgresql() as url:
        yield url


@pytest.fixture(scope="session")
def make_database(postgresql: str) -> Iterator[Callable[[], str]]:
    """A factory of URLs, each of a new database."""
    engine = sa.create_engine(postgresql.format(database="postgres"), isolation_level="AUTOCOMMIT")
    made: list[str] = []

    def make() -> str:
        made.append(f"store{len(made)}")
        with engine.connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE {made[-1]}"))
        return postgresql.format(database=made[-1])

    yield make
    engine.dispose()
