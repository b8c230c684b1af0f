"""The weekly digest of each team: its week, its figures, what needs somebody, and that it comes once."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa

from alongside.delivery import suppression
from alongside.delivery.digests import MAILBOX, last_monday, read_digest, read_weeks, week_bounds, write_digests
from alongside.delivery.enrollment import Candidate, enroll
from alongside.delivery.notes.choices import choice_number, choose
from alongside.delivery.notes.letters import claim_letter
from alongside.delivery.notes.post import send_letters
from alongside.delivery.notes.writing import office_of, write
from alongside.delivery.owners import pack_digest, unpack_digest
from alongside.delivery.schema import (
    assignments,
    conversations,
    enrollments,
    events,
    letters,
    members,
    messages,
    newcomers,
    notes,
    steps,
)
from alongside.delivery.store import Store, open_store
from alongside.model.community import Community
from alongside.model.gatherings import Chat, Group
from alongside.model.people import Challenge, Consent
from alongside.model.stories import Story
from alongside.model.texts import LocalText
from alongside.problems import Position
from alongside.rendering.mails.digest import MomentWeek, digest_letter
from alongside.settings import Organisation, Settings
from delivery.conftest import make_community, make_journey, make_member, make_moment, make_newcomers
from delivery.notes.village import JO, Village
from delivery.sending import make_settings

HERE = Position("test.md")
BERLIN = "Europe/Berlin"
AUTUMN = date(2026, 10, 19)  # a Monday; clocks are put back on the Sunday of that week
MONDAY = datetime(2026, 10, 26, 7, 0, tzinfo=UTC)  # eight o'clock in Berlin
EDGES = ("2026-10-18T22:00:00+00:00", "2026-10-25T23:00:00+00:00")  # of that week in Berlin
HOUR = timedelta(hours=1)


def make_owned() -> Community:
    """Two journeys: moments of the community team, of growth, and of product, which has no mail."""
    embed = replace(make_moment("dashboard"), where="embed")
    return replace(
        make_community(
            make_member("ana", name="Ana Souza", welcomes=5),
            make_member("bea", name="Bea"),
            journeys=(
                make_journey(
                    make_moment("welcome"),
                    replace(make_moment("check-in", days=7), owner="growth"),
                    replace(embed, owner="product", show=("story",)),
                ),
                make_journey(replace(make_moment("renewal", days=300), owner="growth"), slug="year"),
            ),
        ),
        timezone=BERLIN,
    )


def owned_settings(root: Path, **fields: Any) -> Settings:
    return replace(
        make_settings(root),
        teams={"community": "Community team", "growth": "Growth team", "product": "Product team"},
        team_emails={"growth": "growth@example.org", "product": "product@example.org"},
        organisation=Organisation(email="team@example.org"),
        **fields,
    )


def begin_conversation(connection: sa.Connection, newcomer: int, at: datetime) -> int:
    """One with Ana; its number."""
    values = {"newcomer_id": newcomer, "member": "ana", "generation": 0, "opened_at": at}
    return connection.execute(sa.insert(conversations).returning(conversations.c.id), values).scalar_one()


class History:
    """A store with a known past: each newcomer's steps of `month` are told by hand."""

    def __init__(self, store: Store, community: Community, *, at: datetime) -> None:
        self.store, self.community = store, community
        for journey in community.journeys.values():
            if journey.slug == "month":
                people = [Candidate(newcomer=person) for person in make_newcomers(12)]
                enroll(store, journey, people, community=community, basis="consent", source="t", now=at)
        with store.reading() as connection:
            rows = connection.execute(
                sa.select(steps.c.id, steps.c.moment, enrollments.c.newcomer_id)
                .join(enrollments, enrollments.c.id == steps.c.enrollment_id)
                .order_by(enrollments.c.newcomer_id)
            ).all()
        self.people = sorted({row.newcomer_id for row in rows})
        self._steps: Mapping[tuple[int, str], int] = {(row.newcomer_id, row.moment): row.id for row in rows}

    def sent(self, person: int, moment: str, at: str, **fields: str) -> None:
        """A mail went out; `fields`: what became of it, and when."""
        step, instant = self._steps[self.people[person], moment], datetime.fromisoformat(at)
        with self.store.writing() as connection:
            connection.execute(sa.update(steps).where(steps.c.id == step).values(state="sent", done_at=instant))
            connection.execute(
                sa.insert(messages),
                {
                    "step_id": step,
                    "message_id": f"m{step}@example.org",
                    "sent_at": instant,
                    "transport": "maildir",
                    "subject": "Hello",
                    "language": "en",
                    "member": "ana",
                    "story": "",
                    **{name: datetime.fromisoformat(when) for name, when in fields.items()},
                },
            )

    def became(self, person: int, moment: str, state: str, reason: str = "", at: str = EDGES[0]) -> None:
        step = self._steps[self.people[person], moment]
        with self.store.writing() as connection:
            connection.execute(
                sa.update(steps)
                .where(steps.c.id == step)
                .values(state=state, reason=reason, done_at=datetime.fromisoformat(at))
            )

    def stopped(self, person: int, at: str, *, journey: str = "", bounced: bool = False) -> None:
        number, now = self.people[person], datetime.fromisoformat(at)
        with self.store.writing() as connection:
            if bounced:
                gone = {"newcomer_id": number, "kind": "bounced", "detail": "550", "happened_at": now}
                connection.execute(sa.insert(events), gone)
            address = connection.scalar(sa.select(newcomers.c.address).where(newcomers.c.id == number))
            assert address is not None
            suppression.stop(connection, self.store.key, address, journey=journey, reason="t", now=now)


# --- weeks ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "zone", "monday"),
    [
        ("2026-10-26T06:59:59+00:00", BERLIN, "2026-10-19"),  # a second before eight
        ("2026-10-26T07:00:00+00:00", BERLIN, "2026-10-26"),
        ("2026-03-30T06:00:00+00:00", BERLIN, "2026-03-30"),  # the day after clocks were put forward
        ("2026-11-01T17:59:59+00:00", "Pacific/Kiritimati", "2026-10-26"),  # Monday already, fourteen hours ahead
        ("2026-11-01T18:00:00+00:00", "Pacific/Kiritimati", "2026-11-02"),
        ("2026-11-02T12:00:00+00:00", "America/Los_Angeles", "2026-10-26"),  # four in the morning
        ("2026-10-29T12:00:00+00:00", "UTC", "2026-10-26"),
    ],
)
def test_a_digest_is_due_on_monday_at_eight(now: str, zone: str, monday: str) -> None:
    assert last_monday(datetime.fromisoformat(now), zone).isoformat() == monday


@pytest.mark.parametrize(
    ("monday", "zone", "hours"),
    [("2026-10-19", BERLIN, 169), ("2026-03-23", BERLIN, 167), ("2026-06-01", BERLIN, 168), ("2026-10-19", "UTC", 168)],
)
def test_weeks_are_as_long_as_their_days(monday: str, zone: str, hours: int) -> None:
    since, until = week_bounds(date.fromisoformat(monday), zone)
    assert until - since == hours * HOUR
    assert (since.tzinfo, until.tzinfo) == (UTC, UTC)


# --- figures -------------------------------------------------------------------------------------------------------


def test_figures_are_those_of_the_week(store: Store) -> None:
    history = History(store, make_owned(), at=datetime(2026, 10, 1, 8, tzinfo=UTC))
    first, after = EDGES
    history.sent(0, "welcome", first, answered_at="2026-10-20T10:00:00+00:00")
    history.sent(1, "welcome", "2026-10-25T22:59:59+00:00", bounced_at="2026-10-25T22:59:59+00:00")
    history.sent(2, "welcome", "2026-10-18T21:59:59+00:00", answered_at=first)  # the week before, answered in this one
    history.sent(3, "welcome", after, answered_at=after)  # a second late
    history.sent(4, "welcome", "2026-10-10T08:00:00+00:00")
    history.sent(4, "check-in", "2026-10-20T08:00:00+00:00")
    history.stopped(4, "2026-10-21T08:00:00+00:00")  # after the check-in
    history.sent(5, "welcome", "2026-10-10T08:00:00+00:00")
    history.stopped(5, "2026-10-21T08:00:00+00:00", journey="month")  # after the welcome
    history.sent(6, "welcome", "2026-10-10T08:00:00+00:00")
    history.stopped(6, "2026-10-21T09:00:00+00:00", bounced=True)  # nobody asked
    history.stopped(7, "2026-10-21T09:00:00+00:00")  # before any mail: it was no moment's
    history.became(8, "welcome", "held")
    history.became(9, "welcome", "failed", "550", "2026-10-22T09:00:00+00:00")
    history.became(9, "check-in", "skipped", "expired", "2026-10-22T09:00:00+00:00")
    history.became(10, "check-in", "skipped", "the member wrote it", "2026-10-22T09:00:00+00:00")
    history.became(8, "check-in", "skipped", "the member wrote it", after)
    with store.reading() as connection:
        since, until = week_bounds(AUTUMN, BERLIN)
        weeks = read_weeks(connection, since=since, until=until)
    assert weeks[("month", "welcome")] == MomentWeek(
        journey="month", moment="welcome", sent=2, answered=2, stopped=1, bounced=1, held=1, refused=1
    )
    assert weeks[("month", "check-in")] == MomentWeek(
        journey="month", moment="check-in", sent=1, stopped=1, skipped=(("expired", 1), ("the member wrote it", 1))
    )
    assert weeks.keys() == {("month", "welcome"), ("month", "check-in")}


def test_what_needs_somebody(store: Store, tmp_path: Path) -> None:
    """Each kind once; the team whose moment it was is told of conversations, the mailbox of all the rest."""
    base = make_owned()
    long_ago = make_member("cleo", name="Cleo", welcomes=0, consent=None)
    ending = Consent(since=date(2026, 1, 1), until=date(2026, 11, 10), containers=frozenset({"mail"}))
    community = replace(
        base,
        members={
            **base.members,
            "bea": replace(base.members["bea"], consent=replace(ending, until=date(2026, 10, 1))),
            "cleo": replace(long_ago, consent=ending),
        },
        challenges={
            "told": Challenge(slug="told", title=LocalText((("en", "Told"),)), position=HERE),
            "untold": Challenge(slug="untold", title=LocalText((("en", "Not told"),)), position=HERE),
        },
        groups={
            "berlin": Group(
                slug="berlin",
                name=LocalText((("en", "Docs Berlin"),)),
                kind="chat",
                chat=(Chat(platform="matrix", url="https://example.org/", expires=date(2026, 11, 1)),),
                position=HERE,
            )
        },
        stories={
            "old": Story(
                slug="old", title="An old tale", members=("ana",), date=date(2020, 1, 1), language="en",
                challenges=("told",), position=HERE,
            )
        },
    )  # fmt: skip
    settings = owned_settings(tmp_path)
    settings = replace(settings, mail=replace(settings.mail, service="https://run.example.org/"))
    history = History(store, community, at=datetime(2026, 8, 1, 8, tzinfo=UTC))
    history.sent(0, "welcome", "2026-10-20T08:00:00+00:00")
    history.became(1, "welcome", "held")
    with store.writing() as connection:
        for person in history.people[:6]:
            taken = {"member": "ana", "newcomer_id": person, "assigned_at": MONDAY - 2 * HOUR}
            connection.execute(sa.insert(assignments), taken)
        connection.execute(sa.insert(members), {"member": "bea", "consent": "withdrawn"})
        number = begin_conversation(connection, history.people[0], MONDAY - 3 * HOUR)
        held = {"conversation_id": number, "side": "member", "state": "held", "digest": "d", "shape": "s"}
        connection.execute(sa.insert(notes), {**held, "received_at": MONDAY})
    with store.reading() as connection:
        told, growth = (
            read_digest(connection, community, settings, team=team, monday=AUTUMN, now=MONDAY)
            for team in (MAILBOX, "growth")
        )
    assert {need.kind: (need.count, need.names) for need in told.needs} == {
        "held_mails": (1, ()),
        "held_notes": (1, ()),
        "overloaded": (1, ("Ana Souza (6/5)",)),
        "withdrawn": (1, ("Bea",)),
        "unconfirmed": (1, ("Ana Souza",)),
        "consent_over": (1, ("Bea",)),
        "consent_ends": (1, ("Cleo",)),
        "chats": (1, ("Docs Berlin",)),
        "old_stories": (1, ("An old tale",)),
        "challenges": (1, ("Not told",)),
    }
    assert [(need.kind, need.names) for need in growth.needs] == [("unreached", ("check-in (The first month)",))]
    text = digest_letter(told, community).text
    for words in (
        "- welcome: sent 1, uncertain 1",
        "Bea (1 October 2026)",
        "alongside send --resolve",
        "Ana Souza (6/5)",
    ):
        assert words in text
    assert unpack_digest(pack_digest(told)) == told


# --- by the clock --------------------------------------------------------------------------------------------------


def digests_in(store: Store) -> list[str]:
    with store.reading() as connection:
        found = sa.select(letters.c.addressee).where(letters.c.kind == "digest").order_by(letters.c.id)
        return list(connection.scalars(found))


def test_digests_are_written_once_a_week(store: Store, tmp_path: Path) -> None:
    community, settings = make_owned(), owned_settings(tmp_path)
    assert write_digests(store, community, settings, now=MONDAY) == 0  # the first pass only begins
    assert write_digests(store, community, settings, now=MONDAY + 168 * HOUR) == 0  # nobody is on a journey
    History(store, community, at=MONDAY)
    assert write_digests(store, community, settings, now=MONDAY + 169 * HOUR) == 0
    # growth has an address; product too, but no mail to tell of; the community team reads with all others
    late = MONDAY + timedelta(days=7 * 5 + 3)  # the service was down on four Mondays
    assert write_digests(store, community, settings, now=late) == 2
    assert write_digests(store, community, settings, now=late + HOUR) == 0
    assert digests_in(store) == ["growth", ""]


def test_two_processes_write_them_once(environment: dict[str, str], tmp_path: Path, store: Store) -> None:
    community, settings = make_owned(), owned_settings(tmp_path)
    write_digests(store, community, settings, now=MONDAY)
    History(store, community, at=MONDAY)
    start = Barrier(3)

    def write_at_once(opened: Store) -> int:
        start.wait()
        return write_digests(opened, community, settings, now=MONDAY + 168 * HOUR)

    others = [open_store(tmp_path, environment) for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        written = sorted(pool.map(write_at_once, others))
    for other in others:
        other.close()
    assert written == [0, 0, 2]
    assert digests_in(store) == ["growth", ""]


def test_a_digest_goes_to_its_team_and_is_the_same_when_written_again(store: Store, tmp_path: Path) -> None:
    village = Village(store, tmp_path, make_owned())
    village.settings = owned_settings(tmp_path)
    village.now = MONDAY - timedelta(days=7)
    write_digests(store, village.community, village.settings, now=village.now)
    village.enroll(JO, name="Johanna Lindqvist")
    village.send()
    village.send(after=timedelta(days=5))
    village.now = MONDAY
    assert write_digests(store, village.community, village.settings, now=MONDAY) == 2
    office = office_of(village.desk())
    with store.writing() as connection:
        letter = claim_letter(connection, token="t", now=MONDAY, wall=datetime.now(UTC))
        assert letter is not None
        first = write(connection, office, letter)
        connection.execute(sa.delete(newcomers))
        assert write(connection, office, letter) == first
        connection.execute(sa.update(letters).values(state="planned"))
    send_letters(store, office, village.outbox, village.world())
    mails = {mail.message["To"].addresses[0].addr_spec: mail for mail in village.new_mails()}
    assert {"growth@example.org", "team@example.org"} <= mails.keys()
    for address in ("growth@example.org", "team@example.org"):
        assert "Johanna" not in mails[address].text
        assert JO not in mails[address].raw.decode()
    assert "- welcome: sent 1" in mails["team@example.org"].text
    assert mails["team@example.org"].message["Auto-Submitted"] is not None
    subject = "Growth team: your week from 19 October 2026 to 25 October 2026"
    assert mails["growth@example.org"].message["Subject"] == subject


def test_an_alert_goes_to_the_team_whose_moment_began_it(store: Store, tmp_path: Path) -> None:
    community = make_owned()
    month = community.journeys["month"]
    growing = replace(month, moments=tuple(replace(moment, owner="growth") for moment in month.moments))
    village = Village(store, tmp_path, replace(community, journeys={"month": growing}))
    village.settings = owned_settings(tmp_path)
    person = village.enroll()
    village.send()
    with store.writing() as connection:
        number = begin_conversation(connection, person, village.now)
        choose(
            connection, store.key, "report", choice_number(number, "newcomer"), community=village.community,
            first_journey=None, now=village.now,
        )  # fmt: skip
    (alert,) = village.send()
    assert alert.message["To"].addresses[0].addr_spec == "growth@example.org"
