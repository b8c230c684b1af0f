"""Newcomers for the mail area: a store full of them, as sign-up forms would make them, and the example community."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from alongside.delivery.desk import Desk
from alongside.delivery.enrollment import Candidate, enroll
from alongside.delivery.store import Store, open_store
from alongside.model.community import Community
from alongside.model.journeys import Journey
from alongside.model.people import Newcomer
from alongside.model.places import Place
from alongside.reading.loader import load_community
from alongside.reading.places import find_place
from alongside.reading.settings_file import read_settings
from alongside.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)  # the example community's own day
JOURNEY = "first-month"
PLACES = ("Berlin, Germany", "Recife, Brazil", "Cairo, Egypt", "Kyoto, Japan", "Nairobi, Kenya", "Lyon, France", "")
LANGUAGES = (("en",), ("pt", "en"), ("ar",), ("es", "en"), ("ja",), ("uk", "en"), ("de", "en"))
NAMES = ("Ana", "Bea", "Çağla", "D'Arcy", "Émile", "Fatou", "Grace", "花子", "كريم", "Олена", "Nguyễn Văn An", "")
WORDS = (
    "I am the only writer here and nobody reads what I write.",
    "My first talk is in March, and I am afraid of it.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """The example community, with members enough for everybody."""

    settings: Settings
    community: Community

    @property
    def journey(self) -> Journey:
        """The journey that the newcomers are put on."""
        return self.community.journeys[JOURNEY]

    def desk(self, store: Store) -> Desk:
        """A desk as a pass makes it."""
        return Desk(self.community, self.settings, key=store.key)


def load_example(root: Path) -> Example:
    """The example community; what it writes goes to `root`. A member takes on as many as come."""
    settings, _ = read_settings(ROOT / "mkdocs.yml")
    community = load_community(settings, today=NOW.date()).community
    members = {slug: replace(member, welcomes=1_000_000) for slug, member in community.members.items()}
    return Example(settings=replace(settings, root=root), community=replace(community, members=members))


def make_newcomers(count: int, community: Community, *, seed: int = 1, words_every: int = 10) -> Iterator[Newcomer]:
    """So many people, all different; what forms let choose repeats, and one in `words_every` writes a sentence."""
    chance = random.Random(seed)
    places: list[Place | None] = [find_place(name)[0] if name else None for name in PLACES]
    challenges = list(community.challenges)
    for number in range(count):
        text = f"{chance.choice(WORDS)} It is case {number}." if number % words_every == 0 else ""
        yield Newcomer(
            email=f"newcomer{number}@{chance.choice(('example.net', 'example.com', 'mail.example.org'))}",
            name=f"{chance.choice(NAMES)} {number}".strip(),
            id=f"id-{number}",
            place=chance.choice(places),
            languages=chance.choice(LANGUAGES),
            challenges=(chance.choice(challenges),),
            text=text,
            basis="consent",
        )


def fill_store(store: Store, example: Example, count: int, *, seed: int = 1) -> None:
    """Enroll so many newcomers, whose first mail is due at `NOW`."""
    people = (Candidate(newcomer=newcomer) for newcomer in make_newcomers(count, example.community, seed=seed))
    enroll(store, example.journey, people, community=example.community, basis=None, source="bench", now=NOW)


@contextmanager
def opened(root: Path, url: str = "") -> Iterator[Store]:
    """A store in `root`, or at `url`."""
    store = open_store(root, {"ALONGSIDE_DATABASE_URL": url} if url else {})
    try:
        yield store
    finally:
        store.close()
