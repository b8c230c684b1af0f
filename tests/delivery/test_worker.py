from __future__ import annotations

import email
import email.policy
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from bench.mail import put_to_sleep

from alongside.delivery import suppression
from alongside.delivery.claims import due_statement, follow_keys
from alongside.delivery.desk import Desk
from alongside.delivery.enrollment import Candidate, enroll
from alongside.delivery.overview import read_overview
from alongside.delivery.pending import next_due
from alongside.delivery.schema import assignments, events, messages, newcomers, runs, steps
from alongside.delivery.store import Store
from alongside.delivery.transports.envelopes import DeliveryError, Envelope
from alongside.delivery.transports.maildir import Maildir
from alongside.delivery.worker import PassReport, plan_pass, send_due
from alongside.model.community import Community
from alongside.model.journeys import Window
from alongside.model.people import Away, Newcomer
from alongside.model.stories import Story
from alongside.settings import Settings

from .conftest import (
    CHECK_IN,
    HERE,
    WELCOME,
    make_community,
    make_journey,
    make_member,
    make_message,
    make_moment,
    make_newcomers,
    make_world,
)

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # a Monday


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        config_file=tmp_path / "mkdocs.yml",
        root=tmp_path,
        docs_dir=tmp_path / "content",
        site_dir=tmp_path / "site",
        journeys_dir=tmp_path / "journeys",
        site_name="Test community",
        site_url="https://community.example.org/",
        teams={"community": "Community team"},
    )


@pytest.fixture
def outbox(tmp_path: Path) -> Maildir:
    return Maildir(tmp_path / "outbox")


class Everything:
    """One store with its community and outbox, and verbs for a test to read by."""

    def __init__(self, store: Store, settings: Settings, outbox: Maildir) -> None:
        self.store, self.settings, self.outbox = store, settings, outbox

    def enroll(self, community: Community, people: Sequence[Newcomer], at: datetime = NOW) -> None:
        candidates = [Candidate(newcomer=newcomer) for newcomer in people]
        for journey in community.journeys.values():
            enroll(self.store, journey, candidates, community=community, basis="consent", source="test", now=at)

    def send(self, community: Community, at: datetime = NOW, **how: Any) -> PassReport:
        desk = Desk(community, self.settings, key=self.store.key)
        transport = how.pop("transport", self.outbox)
        limit = how.pop("limit", None)
        return send_due(self.store, desk, transport, make_world(self.settings.root, at, **how), limit=limit)

    def told(self, report: PassReport) -> list[tuple[str, str, str]]:
        return [(outcome.moment, outcome.kind, outcome.detail) for outcome in report.outcomes]

    def steps(self) -> list[dict[str, Any]]:
        with self.store.reading() as connection:
            return [dict(row) for row in connection.execute(sa.select(steps).order_by(steps.c.id)).mappings()]

    def states(self) -> Counter[tuple[str, str, str]]:
        return Counter((step["moment"], step["state"], step["reason"]) for step in self.steps())

    def mails(self) -> list[Any]:
        paths = sorted((self.outbox.path / "new").iterdir())
        return [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in paths]

    def happened(self, kind: str, at: datetime = NOW) -> None:
        with self.store.writing() as connection:
            for number in connection.scalars(sa.select(newcomers.c.id)).all():
                row = {"newcomer_id": number, "kind": kind, "detail": "", "happened_at": at}
                connection.execute(sa.insert(events), row)


@pytest.fixture
def everything(store: Store, settings: Settings, outbox: Maildir) -> Everything:
    return Everything(store, settings, outbox)


def test_what_is_due_goes_out_once(everything: Everything, community: Community) -> None:
    everything.enroll(community, make_newcomers(3))
    assert everything.told(everything.send(community)) == [
        ("welcome", "sent", f"Hello Newcomer {number}") for number in range(3)
    ]
    assert everything.told(everything.send(community)) == []
    assert len(everything.mails()) == 3
    assert everything.states() == {("welcome", "sent", ""): 3, ("check-in", "planned", ""): 3}


def test_a_mail_in_the_outbox(everything: Everything, community: Community) -> None:
    everything.enroll(community, make_newcomers(1))
    everything.send(community)
    (mail,) = everything.mails()
    assert mail["To"] == "Newcomer 0 <newcomer0@example.net>"
    assert mail["From"].addresses[0].addr_spec == "community@community.example.org"
    assert mail["Message-ID"].endswith("@community.example.org>")
    assert mail["List-Id"] == "<month.community.example.org>"
    assert mail["List-Unsubscribe"].startswith("<mailto:community+s-")
    assert mail["Date"].datetime == NOW
    assert mail["Auto-Submitted"] == "auto-generated"
    bodies = [mail.get_body((kind,)).get_content() for kind in ("plain", "html")]
    for body in bodies:
        assert "Hello Newcomer 0," in body
        assert "Welcome from" in body


def test_the_check_in_stands_in_the_thread_of_the_welcome(everything: Everything, community: Community) -> None:
    everything.enroll(community, make_newcomers(1))
    everything.send(community)
    everything.send(community, NOW + timedelta(days=7))
    by_date = sorted(everything.mails(), key=lambda mail: mail["Date"].datetime)
    assert by_date[1]["In-Reply-To"] == by_date[0]["Message-ID"]


def test_the_same_member_all_the_way(everything: Everything) -> None:
    community = make_community(*(make_member(slug) for slug in ("ana", "bea", "cem", "dea")))
    everything.enroll(community, make_newcomers(6))
    first = everything.send(community)
    second = everything.send(community, NOW + timedelta(days=7))
    members = {outcome.newcomer: outcome.member for outcome in first.outcomes}
    assert all(members.values())
    assert {outcome.newcomer: outcome.member for outcome in second.outcomes} == members
    assert not any(outcome.member_changed for outcome in second.outcomes)
    with everything.store.reading() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(assignments)) == 6


def test_nobody_takes_on_more_than_they_offered_in_a_week(everything: Everything) -> None:
    community = make_community(make_member("ana", welcomes=2), make_member("bea", welcomes=3))
    everything.enroll(community, make_newcomers(9))
    report = everything.send(community)
    assert Counter(outcome.member for outcome in report.outcomes) == {"ana": 2, "bea": 3, "": 4}
    everything.enroll(community, [replace(make_newcomers(1)[0], email="late@example.net")], NOW + timedelta(days=3))
    later = everything.send(community, NOW + timedelta(days=3))
    assert [outcome.member for outcome in later.outcomes] == [""]
    everything.enroll(community, [replace(make_newcomers(1)[0], email="week@example.net")], NOW + timedelta(days=7))
    after = everything.send(community, NOW + timedelta(days=7))
    assert [outcome.member for outcome in after.outcomes if outcome.moment == "welcome"] != [""]


@pytest.mark.parametrize(
    "gone",
    [
        {"status": "former"},
        {"consent": None},
        {"away": Away(first=date(2026, 11, 28), last=date(2026, 12, 5))},
        {"until": date(2026, 11, 29)},
    ],
)
def test_a_member_who_is_gone_is_followed_by_the_next(everything: Everything, gone: dict[str, Any]) -> None:
    alone = make_community(make_member("ana"))
    everything.enroll(alone, make_newcomers(1))
    assert everything.send(alone).outcomes[0].member == "ana"
    community = make_community(make_member("ana", **gone), make_member("bea"))
    (outcome,) = everything.send(community, NOW + timedelta(days=7)).outcomes
    assert (outcome.member, outcome.member_changed) == ("bea", True)
    check_in = max(everything.mails(), key=lambda mail: mail["Date"].datetime)
    for kind in ("plain", "html"):
        body = " ".join(check_in.get_body((kind,)).get_content().split())
        assert "From here on, your mails come from Bea." in body
        assert "Ana" not in body  # who may have taken their consent back


def test_that_somebody_else_writes_is_told_however_often_it_is_tried(everything: Everything) -> None:
    everything.enroll(make_community(make_member("ana")), make_newcomers(1))
    everything.send(make_community(make_member("ana")))
    community, later = make_community(make_member("bea")), NOW + timedelta(days=7)
    full = FullDisk(everything.outbox.path)
    full.room = 0
    with pytest.raises(DeliveryError):
        everything.send(community, later, transport=full)
    (outcome,) = everything.send(community, later).outcomes
    assert (outcome.kind, outcome.member, outcome.member_changed) == ("sent", "bea", True)


def test_a_member_whose_file_was_renamed_stays_who_they_are(everything: Everything) -> None:
    everything.enroll(make_community(make_member("ana", welcomes=1)), make_newcomers(1))
    everything.send(make_community(make_member("ana", welcomes=1)))
    community = make_community(make_member("ana-souza", welcomes=1, was=("ana",)))
    late = replace(make_newcomers(1)[0], email="late@example.net", met="ana")
    everything.enroll(community, [late], NOW + timedelta(days=3))
    (full,) = everything.send(community, NOW + timedelta(days=3)).outcomes
    assert full.member == ""  # what they took on as "ana" still counts
    (outcome,) = everything.send(community, NOW + timedelta(days=7)).outcomes
    assert (outcome.member, outcome.member_changed) == ("ana-souza", False)
    with everything.store.reading() as connection:
        overview = read_overview(connection, now=NOW + timedelta(days=1), resolve=community.resolve_member)
    assert overview.load == {"ana-souza": 1}


def test_who_met_a_member_under_a_former_name_gets_that_member(everything: Everything) -> None:
    members = [make_member(slug) for slug in ("bea", "cem", "dea")]
    community = make_community(*members, make_member("ana-souza", was=("ana",)))
    everything.enroll(community, [replace(newcomer, met="ana") for newcomer in make_newcomers(3)])
    assert {outcome.member for outcome in everything.send(community).outcomes} == {"ana-souza"}


MET = "The person you met when you signed up cannot take on anyone new for now"


def told_of_another(everything: Everything) -> dict[str, list[str]]:
    """What each mail says of whom they met, by the address, the earlier mail first; empty: nothing."""
    found: dict[str, list[str]] = {}
    for mail in sorted(everything.mails(), key=lambda mail: mail["Date"].datetime):
        bodies = [" ".join(mail.get_body((kind,)).get_content().split()) for kind in ("plain", "html")]
        sentence = re.compile(rf"{MET}(\. Meet \w+ instead|, so [\w ]+)\.")
        said = {match[0] if (match := sentence.search(body)) else "" for body in bodies}
        found.setdefault(mail["To"].addresses[0].username, []).extend(said)
    return found


def test_who_they_met_writes_while_there_is_room_and_the_next_one_says_why(everything: Everything) -> None:
    community = make_community(make_member("cem", welcomes=2), make_member("dea"))
    everything.enroll(community, [replace(newcomer, met="cem") for newcomer in make_newcomers(3)])
    assert [outcome.member for outcome in everything.send(community).outcomes] == ["cem", "cem", "dea"]
    everything.send(community, NOW + timedelta(days=7))
    told = told_of_another(everything)
    assert told == {"newcomer0": ["", ""], "newcomer1": ["", ""], "newcomer2": [f"{MET}. Meet Dea instead.", ""]}


@pytest.mark.parametrize(
    "gone",
    [
        {"status": "former"},
        {"consent": None},
        {"welcomes": 0},
        {"away": Away(first=NOW.date(), last=NOW.date())},
        {"slug": "ana-souza", "was": ("ana",), "status": "memorial"},
    ],
)
def test_who_they_met_cannot_take_anybody_on(everything: Everything, gone: dict[str, Any]) -> None:
    community = make_community(make_member(**{"slug": "ana", **gone}), make_member("bea"))
    everything.enroll(community, [replace(make_newcomers(1)[0], met="ana")])
    assert [outcome.member for outcome in everything.send(community).outcomes] == ["bea"]
    assert told_of_another(everything) == {"newcomer0": [f"{MET}. Meet Bea instead."]}
    (mail,) = everything.mails()
    assert "Ana" not in mail.get_body(("plain",)).get_content()  # who may have taken their consent back


def test_the_team_says_it_once(everything: Everything) -> None:
    """Until there is somebody: then they are another person than the one they met, and their mail says so."""
    hello, again, later = (make_moment(name, days=days) for name, days in (("hello", 0), ("again", 7), ("later", 14)))
    journeys = (make_journey(hello, again, later),)
    full = make_community(make_member("ana", welcomes=0), journeys=journeys)
    everything.enroll(full, [replace(make_newcomers(1)[0], met="ana")])
    everything.send(full)
    everything.send(full, NOW + timedelta(days=7))
    room = make_community(make_member("ana", welcomes=0), make_member("bea"), journeys=journeys)
    everything.send(room, NOW + timedelta(days=14))
    team = f"{MET}, so Community team is writing to you."
    assert told_of_another(everything) == {"newcomer0": [team, "", f"{MET}. Meet Bea instead."]}


def test_who_met_a_story_gets_one_of_its_tellers(everything: Everything) -> None:
    members = [make_member("ana", welcomes=1), make_member("bea", welcomes=1), make_member("cem")]
    story = Story(
        slug="comma",
        was=("nine-days",),
        title="Nine days",
        language="en",
        date=NOW.date(),
        members=("bea", "ana"),
        position=HERE,
    )
    community = replace(make_community(*members), stories={"comma": story})
    everything.enroll(community, [replace(newcomer, met="nine-days") for newcomer in make_newcomers(3)])
    assert [outcome.member for outcome in everything.send(community).outcomes] == ["bea", "ana", "cem"]
    told = told_of_another(everything)
    assert told == {"newcomer0": [""], "newcomer1": [""], "newcomer2": [f"{MET}. Meet Cem instead."]}


def test_who_met_nobody_known_is_told_nothing(everything: Everything, community: Community) -> None:
    everything.enroll(community, [replace(make_newcomers(1)[0], met="nobody-here")])
    everything.send(community)
    assert told_of_another(everything) == {"newcomer0": [""]}


def test_that_it_is_not_who_they_met_is_told_however_often_it_is_tried(everything: Everything) -> None:
    community = make_community(make_member("ana", welcomes=0), make_member("bea"))
    everything.enroll(community, [replace(make_newcomers(1)[0], met="ana")])
    full = FullDisk(everything.outbox.path)
    full.room = 0
    with pytest.raises(DeliveryError):
        everything.send(community, transport=full)
    everything.send(community, NOW + timedelta(hours=1))
    assert told_of_another(everything) == {"newcomer0": [f"{MET}. Meet Bea instead."]}


def test_with_no_member_left_the_team_writes(everything: Everything) -> None:
    everything.enroll(make_community(make_member("ana")), make_newcomers(1))
    everything.send(make_community(make_member("ana")))
    (outcome,) = everything.send(make_community(), NOW + timedelta(days=7)).outcomes
    assert (outcome.kind, outcome.member) == ("sent", "")


@pytest.mark.parametrize("kind", ["replied", "talked"])
def test_who_already_talks_gets_no_check_in(everything: Everything, community: Community, kind: str) -> None:
    everything.enroll(community, make_newcomers(1))
    everything.happened(kind)
    assert [outcome.kind for outcome in everything.send(community).outcomes] == ["sent"]  # the welcome has no such rule
    assert everything.told(everything.send(community, NOW + timedelta(days=7))) == [("check-in", "skipped", kind)]


def test_who_stops_gets_nothing_more(everything: Everything, community: Community) -> None:
    everything.enroll(community, make_newcomers(2))
    everything.send(community)
    with everything.store.writing() as connection:
        stopped = suppression.stop(
            connection, everything.store.key, "newcomer0@example.net", journey="", reason="asked by hand", now=NOW
        )
    assert stopped == 1
    report = everything.send(community, NOW + timedelta(days=8))
    assert [(outcome.newcomer, outcome.kind) for outcome in report.outcomes] == [("Newcomer 1", "sent")]
    assert everything.states()["check-in", "skipped", "stopped"] == 1


def test_a_suppression_from_elsewhere_is_seen_when_the_step_is_claimed(
    everything: Everything, community: Community
) -> None:
    everything.enroll(community, make_newcomers(1))
    with everything.store.writing() as connection:
        suppression.stop(connection, everything.store.key, "newcomer0@example.net", journey="", reason="x", now=NOW)
        connection.execute(sa.update(steps).values(state="planned", reason=""))
    assert {told[1:] for told in everything.told(everything.send(community))} == {("skipped", "stopped")}


def test_what_is_too_late_is_skipped(everything: Everything, community: Community) -> None:
    everything.enroll(community, make_newcomers(1))
    report = everything.send(community, NOW + timedelta(days=30))
    assert everything.told(report) == [("welcome", "skipped", "expired"), ("check-in", "skipped", "expired")]
    assert everything.mails() == []


def test_after_an_outage_mails_are_spaced(everything: Everything, community: Community) -> None:
    everything.enroll(community, make_newcomers(1))
    late = NOW + timedelta(days=8)
    assert {told[:2] for told in everything.told(everything.send(community, late))} == {
        ("welcome", "sent"),
        ("check-in", "waits"),
    }
    (check_in,) = (step for step in everything.steps() if step["moment"] == "check-in")
    assert check_in["due_at"] == late + timedelta(hours=20)
    assert check_in["reason"] == "too soon after another mail"
    assert [told[:2] for told in everything.told(everything.send(community, check_in["due_at"]))] == [
        ("check-in", "sent")
    ]


def test_two_journeys_of_one_person_are_spaced_too(everything: Everything) -> None:
    community = make_community(
        make_member("ana"), journeys=(make_journey(WELCOME), make_journey(WELCOME, slug="other"))
    )
    everything.enroll(community, make_newcomers(1))
    assert sorted(outcome.kind for outcome in everything.send(community).outcomes) == ["sent", "waits"]


def test_a_step_outside_its_window_waits_for_it(everything: Everything) -> None:
    weekdays = replace(WELCOME, window=Window(days=frozenset(range(5))))
    community = make_community(make_member("ana"), journeys=(make_journey(weekdays),))
    everything.enroll(community, make_newcomers(1))
    saturday = NOW + timedelta(days=5)
    assert everything.told(everything.send(community, saturday)) == [("welcome", "waits", "outside its window")]
    assert next_due(everything.store, ["month"]) == datetime(2026, 11, 30, tzinfo=UTC)


@pytest.mark.parametrize("zone", ["Mars/Olympus_Mons", "Europe"])  # the second is a folder
def test_a_zone_this_machine_does_not_know_is_the_communitys(
    everything: Everything, community: Community, zone: str
) -> None:
    everything.enroll(community, make_newcomers(1))
    with everything.store.writing() as connection:
        connection.execute(sa.update(newcomers).values(zone=zone))
    assert [outcome.kind for outcome in everything.send(community).outcomes] == ["sent"]


def test_a_moment_taken_out_of_the_journey_is_skipped(everything: Everything, community: Community) -> None:
    everything.enroll(community, make_newcomers(1))
    shorter = make_community(make_member("ana"), journeys=(make_journey(WELCOME),))
    everything.send(shorter)
    report = everything.send(shorter, NOW + timedelta(days=7))
    assert everything.told(report) == [("check-in", "skipped", "no longer in the journey")]


def test_a_journey_that_cannot_be_read_loses_nothing(everything: Everything, community: Community) -> None:
    everything.enroll(community, make_newcomers(2))
    other = make_community(journeys=(make_journey(slug="other"),))
    assert everything.send(other).outcomes == []
    assert [outcome.kind for outcome in everything.send(community).outcomes] == ["sent", "sent"]


def test_a_message_that_cannot_be_run_waits_for_its_writer(everything: Everything, community: Community) -> None:
    broken = replace(WELCOME, messages={"en": make_message("Hello {{ newcomer.nam }}")})
    slip = make_community(make_member("ana"), journeys=(make_journey(broken, CHECK_IN),))
    everything.enroll(slip, make_newcomers(2))
    report = everything.send(slip)
    assert [outcome.kind for outcome in report.outcomes] == ["failed", "failed"]
    assert "test.md:1:1" in report.outcomes[0].detail
    assert everything.send(community).outcomes == []  # not in a hurry
    with everything.store.reading() as connection:
        assert read_overview(connection, now=NOW, resolve=str).journeys["month"].steps["welcome"].failing == 2
    assert [outcome.kind for outcome in everything.send(community, NOW + timedelta(hours=6)).outcomes] == ["sent"] * 2


def test_a_moment_without_its_message_file(everything: Everything) -> None:
    community = make_community(make_member("ana"), journeys=(make_journey(replace(WELCOME, messages={})),))
    everything.enroll(community, make_newcomers(1))
    (outcome,) = everything.send(community).outcomes
    assert (outcome.kind, outcome.detail) == (
        "failed",
        "test.md:1:1: The mail of welcome is missing. See: alongside check",
    )


def test_a_limit_is_kept(everything: Everything, community: Community) -> None:
    everything.enroll(community, make_newcomers(5))
    assert everything.send(community, limit=2).count("sent") == 2
    assert everything.send(community, limit=10).count("sent") == 3


def test_a_dry_run_changes_nothing(everything: Everything, community: Community, settings: Settings) -> None:
    everything.enroll(community, make_newcomers(3))
    before = everything.steps()
    report = plan_pass(everything.store, Desk(community, settings, key=everything.store.key), now=NOW, limit=100)
    assert everything.told(report) == [("welcome", "sent", f"Hello Newcomer {number}") for number in range(3)]
    assert everything.steps() == before
    with everything.store.reading() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(assignments)) == 0
    assert everything.mails() == []


class FullDisk(Maildir):
    """A disk that is full after so many messages."""

    room = 2

    def write(self, envelope: Envelope) -> None:
        if self.room == 0:
            raise DeliveryError("The maildir outbox/ cannot be written: No space left on device.")
        self.room -= 1
        super().write(envelope)


def test_a_full_disk_in_the_middle_loses_and_doubles_nothing(everything: Everything, community: Community) -> None:
    everything.enroll(community, make_newcomers(5))
    with pytest.raises(DeliveryError):
        everything.send(community, transport=FullDisk(everything.outbox.path))
    assert everything.states()["welcome", "sent", ""] == 2
    assert everything.states()["welcome", "planned", ""] == 3
    assert everything.send(community).count("sent") == 3
    assert len(everything.mails()) == 5


class Interrupted(Maildir):
    """Somebody presses Ctrl-C while a message is written."""

    def write(self, envelope: Envelope) -> None:
        super().write(envelope)
        raise KeyboardInterrupt


def test_ctrl_c_between_delivery_and_record_is_one_file(everything: Everything, community: Community) -> None:
    everything.enroll(community, make_newcomers(2))
    with pytest.raises(KeyboardInterrupt):
        everything.send(community, transport=Interrupted(everything.outbox.path))
    assert len(everything.mails()) == 1
    everything.send(community)
    assert len(everything.mails()) == 2


def test_what_is_written_down(everything: Everything, community: Community) -> None:
    everything.enroll(community, make_newcomers(1))
    everything.send(community)
    with everything.store.reading() as connection:
        (message,) = connection.execute(sa.select(messages)).mappings().all()
        (run,) = connection.execute(sa.select(runs)).mappings().all()
    assert message["subject"] == "Hello Newcomer 0"
    assert message["transport"] == "maildir"
    assert message["member"] in ("ana", "bea")
    assert (run["at"], run["sent"], run["failed"]) == (NOW, 1, 0)


def test_sleeping_steps_cost_nothing(everything: Everything, community: Community) -> None:
    everything.enroll(community, make_newcomers(50))
    put_to_sleep(everything.store, 20_000)
    statement = due_statement(["month"], NOW, 100)
    explain = "EXPLAIN" if everything.store.path is None else "EXPLAIN QUERY PLAN"
    with everything.store.writing() as connection:
        follow_keys(connection)
        compiled = statement.compile(everything.store.engine, compile_kwargs={"literal_binds": True})
        plan = "\n".join(str(row) for row in connection.execute(sa.text(f"{explain} {compiled}")))
    assert "ix_steps_due" in plan
    # Nothing that reads all enrollments first.
    assert not any(word in plan for word in ("BLOOM", "Hash Join", "Merge Join", "Seq Scan on enrollments"))
    if everything.store.path is not None:
        assert "TEMP B-TREE" not in plan  # found in the order they are due
