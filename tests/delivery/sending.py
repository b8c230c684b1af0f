"""What the tests of sending share: passes over a store, a clock that a test moves, and a transport that is watched."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from alongside.delivery.desk import Desk
from alongside.delivery.enrollment import Candidate, enroll
from alongside.delivery.message_ids import message_id
from alongside.delivery.pending import next_due
from alongside.delivery.schema import enrollments, messages, newcomers, steps, suppressions
from alongside.delivery.store import Store
from alongside.delivery.transports.envelopes import DeliveryError, Envelope, Lane, Verdict
from alongside.delivery.transports.smtp import Smtp
from alongside.delivery.transports.smtp_url import SmtpServer
from alongside.delivery.worker import PassReport, World, send_due
from alongside.model.community import Community
from alongside.model.people import Newcomer
from alongside.settings import MailSettings, Settings
from delivery.conftest import WELCOME, make_community, make_journey, make_member

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # a Monday
DOMAIN = "community.example.org"


def make_settings(root: Path, **mail: Any) -> Settings:
    """Those of a community in `root`; `mail`: fields of `MailSettings`."""
    return Settings(
        config_file=root / "mkdocs.yml",
        root=root,
        docs_dir=root / "content",
        site_dir=root / "site",
        journeys_dir=root / "journeys",
        site_name="Test community",
        site_url=f"https://{DOMAIN}/",
        teams={"community": "Community team"},
        mail=MailSettings(**mail),
    )


def one_mail() -> Community:
    """One member, and a journey of one mail."""
    return make_community(make_member("ana", welcomes=10_000), journeys=(make_journey(WELCOME),))


class Watched(Smtp):
    """SMTP whose verdicts are written down, by Message-ID."""

    def __init__(self, server: SmtpServer) -> None:
        super().__init__(server, hostname=DOMAIN)
        self.verdicts: list[tuple[str, Verdict]] = []

    def open_lane(self) -> Lane:  # type: ignore[override]  # a lane around the lane
        return _WatchedLane(super().open_lane(), self.verdicts)

    @property
    def uncertain(self) -> Counter[str]:
        """How often each mail was."""
        return Counter(identity for identity, verdict in self.verdicts if verdict.fate == "uncertain")


class _WatchedLane:
    def __init__(self, lane: Lane, verdicts: list[tuple[str, Verdict]]) -> None:
        self._lane, self._verdicts = lane, verdicts

    async def prepare(self) -> None:
        await self._lane.prepare()

    async def deliver(
        self, envelope: Envelope, *, starting: Callable[[], None], following: Envelope | None = None
    ) -> Verdict:
        verdict = await self._lane.deliver(envelope, starting=starting, following=following)
        self._verdicts.append((f"<{envelope.message_id}>", verdict))
        return verdict

    async def close(self) -> None:
        await self._lane.close()


class Post:
    """A store of people to write to, and verbs for a test to read by."""

    def __init__(self, store: Store, settings: Settings, community: Community | None = None) -> None:
        self.store, self.settings = store, settings
        self.community = community or one_mail()
        self.now = NOW
        self.wall = datetime.now(UTC)

    def enroll(self, people: Sequence[Newcomer]) -> None:
        candidates = [Candidate(newcomer=newcomer) for newcomer in people]
        for journey in self.community.journeys.values():
            enroll(self.store, journey, candidates, community=self.community, basis="consent", source="t", now=self.now)

    def world(self, **fields: Any) -> World:
        values: dict[str, Any] = {"now": lambda: self.now, "wall": lambda: self.wall, "chance": random.Random(1)}
        return World(journals=self.settings.journal_dir, **{**values, **fields})

    def send(self, transport: Any, *, limit: int | None = None, **fields: Any) -> PassReport:
        desk = Desk(self.community, self.settings, key=self.store.key)
        return send_due(self.store, desk, transport, self.world(**fields), limit=limit)

    def try_to_send(self, transport: Any) -> DeliveryError | None:
        """A pass; the error it ended with."""
        try:
            self.send(transport)
        except DeliveryError as error:
            return error
        return None

    def send_until_done(self, transport: Any, *, passes: int = 40) -> None:
        """Pass after pass, each when something is due, until nothing is planned."""
        for _ in range(passes):
            if self.try_to_send(transport) is not None:
                self.now += timedelta(minutes=5)
            assert self.left_over() == []
            due = next_due(self.store, sorted(self.community.journeys))
            if due is None:
                return
            self.now = max(self.now, due)
        raise AssertionError(f"after {passes} passes: {self.states()}")

    def left_over(self) -> list[str]:
        """Claims and journals that a pass should not leave behind."""
        claimed = [f"step {step['id']}" for step in self.steps() if step["state"] == "claimed" or step["claimed_by"]]
        folder = self.settings.journal_dir
        return claimed + ([path.name for path in folder.iterdir()] if folder.is_dir() else [])

    def steps(self) -> list[dict[str, Any]]:
        with self.store.reading() as connection:
            return [dict(row) for row in connection.execute(sa.select(steps).order_by(steps.c.id)).mappings()]

    def states(self) -> Counter[tuple[str, str]]:
        """(state, reason)"""
        return Counter((step["state"], step["reason"]) for step in self.steps())

    def ids(self, *states: str) -> set[str]:
        """Message-IDs of the steps in these states; of all, when none is named."""
        return {self.identity(step["id"]) for step in self.steps() if not states or step["state"] in states}

    def identity(self, step_id: int) -> str:
        return f"<{message_id(self.store.key, step_id, DOMAIN)}>"

    def recorded(self) -> int:
        """Messages the store knows of."""
        with self.store.reading() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(messages)) or 0

    def suppressed(self) -> int:
        with self.store.reading() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(suppressions)) or 0

    def address_of(self, step_id: int) -> str:
        with self.store.reading() as connection:
            return connection.execute(
                sa.select(newcomers.c.address)
                .join(enrollments, enrollments.c.newcomer_id == newcomers.c.id)
                .join(steps, steps.c.enrollment_id == enrollments.c.id)
                .where(steps.c.id == step_id)
            ).scalar_one()

    def plan_again(self) -> None:
        """Whatever happened, every step is due now, as if for the first time."""
        with self.store.writing() as connection:
            connection.execute(sa.update(steps).values(state="planned", reason="", due_at=self.now, dated_at=None))


def deliver(transport: Any, *envelopes: Envelope) -> list[Verdict]:
    """Over one lane, one after the other."""

    async def run() -> list[Verdict]:
        lane = transport.open_lane()
        try:
            return [await lane.deliver(envelope, starting=lambda: None) for envelope in envelopes]
        finally:
            await lane.close()

    return asyncio.run(run())
