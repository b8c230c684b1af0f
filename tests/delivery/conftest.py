"""A small community as records, and a pass over a store."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

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
