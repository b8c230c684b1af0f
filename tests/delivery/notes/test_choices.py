"""What somebody decides about notes by a link: looked at without a trace, done once, and over when it is over."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from alongside.delivery import people, suppression
from alongside.delivery.addresses import hash_address
from alongside.delivery.arms import choose_arm
from alongside.delivery.asks import record_ask
from alongside.delivery.contacts import contact_bounced, import_contacts
from alongside.delivery.enrollment import Candidate, enroll
from alongside.delivery.notes.choices import (
    FIRST_NOTE_SOURCE,
    Asked,
    Effect,
    choice_number,
    choose,
    first_note_journey,
    look_up,
)
from alongside.delivery.notes.conversations import close_conversation, open_conversation, pair_of
from alongside.delivery.notes.letters import answer_once_a_day
from alongside.delivery.notes.relaying import Note, take_first_note
from alongside.delivery.schema import (
    Side,
    absences,
    asks,
    conversations,
    enrollments,
    events,
    first_notes,
    letters,
    metadata,
    newcomers,
    notes,
    steps,
    suppressions,
)
from alongside.delivery.sealing import unseal
from alongside.delivery.store import Store, open_store
from alongside.delivery.tokens import CHOICES, Choice
from alongside.model.community import Community
from alongside.model.journeys import Journey
from alongside.model.people import Newcomer
from delivery.conftest import WELCOME, make_community, make_journey, make_member, make_moment
from delivery.sending import make_settings

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # a Monday
LATER = NOW + timedelta(hours=3)
JOANA = "joana@example.net"
STRANGER = "sam@example.com"
WORDS = "Hello Ana, I saw your story and would like to know how you began."
CHECK_IN = make_moment("check-in", days=7, ask_first=timedelta(days=2))


def make_community_of_notes() -> Community:
    """Two members, one of them under another name before, and two journeys."""
    return make_community(
        make_member("ana", timezone="Asia/Tokyo", languages=("pt",), was=("ana-old",)),
        make_member("bea"),
        journeys=(
            make_journey(WELCOME, CHECK_IN),
            make_journey(WELCOME, slug="careful", confirm=True),
        ),
    )


class Desk:
    """A store, and what is decided in it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.community = make_community_of_notes()
        self.journey: Journey | None = self.community.journeys["month"]
        with store.writing() as connection:
            pairs = [("ana", "ana@members.example.org"), ("bea", "bea@members.example.org")]
            import_contacts(connection, pairs, resolve=self.community.resolve_member, now=NOW)

    def enroll(self, journey: str = "month", *, member: str = "ana", **fields: Any) -> int:
        """A newcomer whom that member welcomes; their number."""
        values = {"email": JOANA, "name": "Joana Prado", "languages": ("de",), "basis": "consent"}
        newcomer = Newcomer(**{**values, **fields})
        enroll(
            self.store, self.community.journeys[journey], [Candidate(newcomer=newcomer)], community=self.community,
            basis=None, source="test", now=NOW,
        )  # fmt: skip
        with self.store.writing() as connection:
            connection.execute(sa.update(newcomers).where(newcomers.c.address == newcomer.email).values(member=member))
            return people.find_newcomer(connection, newcomer.email) or 0

    def converse(self, newcomer: int, member: str = "ana") -> int:
        with self.store.writing() as connection:
            pair = pair_of(connection, "newcomer", newcomer, "", member, resolve=str)
            return open_conversation(connection, pair, now=NOW)

    def write_first(self, sender: str = STRANGER, *, member: str = "ana", text: str = WORDS) -> int:
        """A stranger's note; its number."""
        with self.store.writing() as connection:
            take_first_note(
                connection, self.store.key, member, Note(text=text), sender=sender, language="fr", now=NOW
            )  # fmt: skip
            return connection.scalar(sa.select(sa.func.max(first_notes.c.id))) or 0

    def step(self, moment: str = "check-in") -> int:
        with self.store.reading() as connection:
            return connection.scalar(sa.select(steps.c.id).where(steps.c.moment == moment)) or 0

    def settle(self, step: int, state: str) -> None:
        with self.store.writing() as connection:
            connection.execute(sa.update(steps).where(steps.c.id == step).values(state=state))

    def look(self, choice: Choice, number: int, *, now: datetime = NOW) -> Asked | None:
        """What there is to decide; that nothing changed is looked at each time."""
        before = self.dump()
        with self.store.writing() as connection:
            found = look_up(
                connection, self.store.key, choice, number, community=self.community, first_journey=self.journey,
                now=now,
            )  # fmt: skip
        assert self.dump() == before
        return found

    def state(self, choice: Choice, number: int, *, now: datetime = NOW) -> str:
        found = self.look(choice, number, now=now)
        return found.state if found is not None else "gone"

    def choose(self, choice: Choice, number: int, *, until: datetime | None = None, now: datetime = NOW) -> Effect:
        with self.store.writing() as connection:
            return choose(
                connection, self.store.key, choice, number, community=self.community, first_journey=self.journey,
                until=until, now=now,
            )  # fmt: skip

    def choose_twice(self, choice: Choice, number: int, again: Effect, *, until: datetime | None = None) -> Effect:
        """What the first time did; the second one, hours later, says `again` and does nothing."""
        first = self.choose(choice, number, until=until)
        before = self.dump()
        assert self.choose(choice, number, until=until, now=LATER) == again
        assert self.dump() == before
        return first

    def rows(self, table: sa.Table[Any]) -> list[dict[str, Any]]:
        with self.store.reading() as connection:
            found = connection.execute(sa.select(table).order_by(*table.primary_key))
            return [dict(row) for row in found.mappings()]

    def dump(self) -> dict[str, list[dict[str, Any]]]:
        return {table.name: self.rows(table) for table in metadata.sorted_tables}


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store)


# --- ending and reporting a conversation ---


@pytest.mark.parametrize("side", ["newcomer", "member"])
def test_each_side_ends_a_conversation(desk: Desk, side: Side) -> None:
    number = choice_number(desk.converse(desk.enroll()), side)
    found = desk.look("block", number)
    assert found is not None
    assert (found.state, found.name) == ("open", "Ana" if side == "newcomer" else "Joana Prado")
    assert found.languages == (("de",) if side == "newcomer" else ("pt",))
    assert desk.choose_twice("block", number, "already") == "done"
    (conversation,) = desk.rows(conversations)
    assert (conversation["closed_by"], conversation["closed_at"]) == (side, NOW)
    assert conversation["reported_at"] is None
    assert desk.rows(letters) == []
    assert desk.state("block", number) == "decided"
    assert desk.state("report", number) == "open"


def test_what_the_other_side_ended_has_ended(desk: Desk) -> None:
    conversation = desk.converse(desk.enroll())
    desk.choose("block", choice_number(conversation, "member"))
    assert desk.choose("block", choice_number(conversation, "newcomer")) == "already"
    assert desk.rows(conversations)[0]["closed_by"] == "member"


@pytest.mark.parametrize("side", ["newcomer", "member"])
def test_a_report_ends_it_and_tells_the_team_once(desk: Desk, side: Side) -> None:
    newcomer = desk.enroll()
    conversation = desk.converse(newcomer)
    assert desk.choose_twice("report", choice_number(conversation, side), "already") == "done"
    # the other side finds it reported already
    assert (
        desk.choose("report", choice_number(conversation, "member" if side == "newcomer" else "newcomer")) == "already"
    )
    (row,) = desk.rows(conversations)
    assert (row["closed_by"], row["reported_by"], row["reported_at"]) == (side, side, NOW)
    (letter,) = desk.rows(letters)
    assert (letter["kind"], letter["side"], letter["detail"], letter["state"]) == ("alert", "", "reported", "planned")
    assert (letter["newcomer_id"], letter["conversation_id"]) == (newcomer, conversation)
    assert desk.state("report", choice_number(conversation, side)) == "decided"
    assert desk.state("block", choice_number(conversation, side)) == "decided"


def test_a_report_is_told_though_the_team_had_another_alert_today(desk: Desk) -> None:
    newcomer = desk.enroll()
    conversation = desk.converse(newcomer)
    with desk.store.writing() as connection:
        answer_once_a_day(
            connection, "alert", side="", detail="stranger", newcomer_id=newcomer, conversation_id=conversation, now=NOW
        )
    assert desk.choose("report", choice_number(conversation, "newcomer"), now=LATER) == "done"
    assert [letter["detail"] for letter in desk.rows(letters)] == ["stranger", "reported"]


def test_what_was_ended_can_be_reported(desk: Desk) -> None:
    conversation = desk.converse(desk.enroll())
    desk.choose("block", choice_number(conversation, "member"))
    assert desk.choose("report", choice_number(conversation, "newcomer"), now=LATER) == "done"
    (row,) = desk.rows(conversations)
    assert (row["closed_by"], row["closed_at"], row["reported_by"]) == ("member", NOW, "newcomer")


def test_a_name_that_looks_like_an_address_is_not_shown(desk: Desk) -> None:
    number = choice_number(desk.converse(desk.enroll(name="joana@example.net")), "member")
    found = desk.look("block", number)
    assert found is not None
    assert found.name == ""


# --- a first note ---


def test_who_owns_up_to_a_note_is_enrolled_and_it_is_passed_on(desk: Desk) -> None:
    number = desk.write_first()
    found = desk.look("first", number)
    assert found is not None
    assert (found.state, found.name, found.languages) == ("open", "Ana", ("fr",))
    assert desk.choose_twice("first", number, "over") == "done"
    (newcomer,) = desk.rows(newcomers)
    assert (newcomer["address"], newcomer["languages"], newcomer["profile"]["met"]) == (STRANGER, ["fr"], "ana")
    (enrollment,) = desk.rows(enrollments)
    assert (enrollment["journey"], enrollment["basis"], enrollment["state"]) == ("month", "consent", "active")
    assert enrollment["source"] == FIRST_NOTE_SOURCE
    (conversation,) = desk.rows(conversations)
    assert (conversation["newcomer_id"], conversation["member"]) == (newcomer["id"], "ana")
    (note,) = desk.rows(notes)
    assert (note["side"], note["state"]) == ("newcomer", "passed on")
    assert unseal(note["sealed"], desk.store.key) == WORDS
    (letter,) = desk.rows(letters)  # the one that asked is gone with the row
    assert (letter["kind"], letter["side"], letter["note_id"]) == ("note", "member", note["id"])
    assert desk.rows(first_notes) == []
    assert {event["kind"] for event in desk.rows(events)} == {"enrolled", "replied"}
    assert desk.state("first", number) == "gone"


def test_who_writes_to_a_member_is_not_held_out(desk: Desk) -> None:
    desk.journey = journey = replace(desk.community.journeys["month"], holdout=50)
    senders = (f"sam{number}@example.com" for number in range(100))
    sender = next(each for each in senders if choose_arm(journey, each, desk.store.key) == "held out")
    assert desk.choose("first", desk.write_first(sender)) == "done"
    assert [(row["arm"], row["state"]) for row in desk.rows(enrollments)] == [("", "active")]
    assert {row["state"] for row in desk.rows(steps)} == {"planned"}


def test_who_was_held_out_and_writes_to_a_member_stays_so(desk: Desk) -> None:
    desk.journey = journey = replace(desk.community.journeys["month"], holdout=50)
    desk.community = replace(desk.community, journeys={**desk.community.journeys, "month": journey})
    senders = (f"sam{number}@example.com" for number in range(100))
    sender = next(each for each in senders if choose_arm(journey, each, desk.store.key) == "held out")
    desk.enroll(email=sender)
    assert desk.choose("first", desk.write_first(sender)) == "done"
    assert [(row["arm"], row["state"]) for row in desk.rows(enrollments)] == [("held out", "held out")]
    assert (desk.rows(steps), [row["state"] for row in desk.rows(notes)]) == ([], ["passed on"])


def test_owning_up_confirms_a_journey_that_asks_for_it(desk: Desk) -> None:
    desk.journey = desk.community.journeys["careful"]
    assert desk.choose("first", desk.write_first()) == "done"
    assert [row["state"] for row in desk.rows(enrollments)] == ["active"]
    assert {row["state"] for row in desk.rows(steps)} == {"planned", "skipped"}


def test_who_is_known_keeps_what_they_told_us(desk: Desk) -> None:
    newcomer = desk.enroll("careful", timezone="Europe/Lisbon", text="I am new to this.")
    assert desk.choose("first", desk.write_first(JOANA)) == "done"
    (row,) = desk.rows(newcomers)
    assert (row["id"], row["name"], row["zone"]) == (newcomer, "Joana Prado", "Europe/Lisbon")
    assert (row["languages"], row["profile"]["text"]) == (["de"], "I am new to this.")
    assert {(each["journey"], each["state"]) for each in desk.rows(enrollments)} == {
        ("careful", "awaiting confirmation"),
        ("month", "active"),
    }


def test_two_notes_of_one_stranger(desk: Desk) -> None:
    first, second = desk.write_first(), desk.write_first(member="bea", text="Hello Bea, may I ask you something?")
    assert (desk.choose("first", first), desk.choose("first", second)) == ("done", "done")
    assert len(desk.rows(newcomers)) == len(desk.rows(enrollments)) == 1
    assert [row["member"] for row in desk.rows(conversations)] == ["ana", "bea"]
    assert len(desk.rows(letters)) == 2


def test_a_note_to_a_member_who_was_renamed(desk: Desk) -> None:
    number = desk.write_first(member="ana-old")
    found = desk.look("first", number)
    assert found is not None
    assert found.name == "Ana"
    assert desk.choose("first", number) == "done"
    assert desk.rows(conversations)[0]["member"] == "ana"


def no_journey(desk: Desk) -> None:
    desk.journey = None


def stopped(desk: Desk) -> None:
    with desk.store.writing() as connection:
        suppression.stop(connection, desk.store.key, STRANGER, journey="", reason="test", now=NOW)


def no_mailbox(desk: Desk) -> None:
    with desk.store.writing() as connection:
        contact_bounced(connection, "ana", resolve=str, now=NOW)


def left(desk: Desk) -> None:
    members = {slug: member for slug, member in desk.community.members.items() if slug != "ana"}
    desk.community = replace(desk.community, members=members)


def ended(desk: Desk, member: str = "ana") -> None:
    conversation = desk.converse(desk.enroll(email=STRANGER), member)
    with desk.store.writing() as connection:
        close_conversation(connection, conversation, by="member", now=NOW)


def ended_before_a_new_name(desk: Desk) -> None:
    ended(desk, "ana-old")


def unreadable(desk: Desk) -> None:
    with desk.store.writing() as connection:
        connection.execute(sa.update(first_notes).values(sealed=b"x" * 40))


@pytest.mark.parametrize(
    "happen", [no_journey, stopped, no_mailbox, left, ended, ended_before_a_new_name, unreadable]
)  # fmt: skip
def test_a_first_note_that_cannot_be_passed_on(desk: Desk, happen: Any) -> None:
    number = desk.write_first()
    happen(desk)
    before = desk.dump()
    assert desk.state("first", number) == "over"
    assert desk.choose("first", number) == "over"
    assert desk.dump() == before


def test_who_wants_no_mail_of_that_journey_is_not_enrolled(desk: Desk) -> None:
    number = desk.write_first()
    with desk.store.writing() as connection:
        suppression.stop(connection, desk.store.key, STRANGER, journey="month", reason="test", now=NOW)
    assert desk.choose("first", number) == "over"
    assert desk.rows(newcomers) == desk.rows(enrollments) == desk.rows(notes) == []
    assert [row["address_hash"] for row in desk.rows(suppressions)] == [hash_address(STRANGER, desk.store.key)]


# --- what a member wants of a mail ---


@pytest.mark.parametrize(("choice", "answer"), [("ask-send", "send"), ("ask-skip", "skip")])
def test_a_member_answers(desk: Desk, choice: Choice, answer: str) -> None:
    desk.enroll()
    step = desk.step()
    found = desk.look(choice, step)
    assert found is not None
    assert (found.state, found.name, found.languages, found.zone) == ("open", "Joana Prado", ("pt",), "Asia/Tokyo")
    assert found.due_at == NOW + timedelta(days=7)
    assert desk.choose_twice(choice, step, "already") == "done"
    (row,) = desk.rows(asks)
    assert (row["step_id"], row["answer"], row["until"], row["answered_at"]) == (step, answer, None, NOW)
    assert desk.rows(absences) == []
    assert [desk.state(each, step) == "decided" for each in ("ask-send", "ask-skip", "ask-away")] == [
        answer == "send", answer == "skip", False,
    ]  # fmt: skip


def test_the_last_answer_counts(desk: Desk) -> None:
    desk.enroll()
    for choice in ("ask-skip", "ask-send", "ask-skip"):
        assert desk.choose(choice, desk.step()) == "done"
    assert [row["answer"] for row in desk.rows(asks)] == ["skip"]


def test_a_member_is_away(desk: Desk) -> None:
    desk.enroll(member="ana-old")
    back = NOW + timedelta(days=10)
    assert desk.choose_twice("ask-away", desk.step(), "already", until=back) == "done"
    (row,) = desk.rows(asks)
    assert (row["answer"], row["until"]) == ("away", back)
    (absence,) = desk.rows(absences)
    assert (absence["member"], absence["until"], absence["told_at"]) == ("ana", back, NOW)
    found = desk.look("ask-away", desk.step())
    assert found is not None
    assert (found.state, found.until) == ("decided", back)
    assert desk.state("ask-away", desk.step(), now=back) == "open"  # they are back, and may go again


def test_a_member_who_is_away_longer_says_so(desk: Desk) -> None:
    desk.enroll()
    desk.choose("ask-away", desk.step(), until=NOW + timedelta(days=3))
    assert desk.choose("ask-away", desk.step(), until=NOW + timedelta(days=5), now=LATER) == "done"
    assert [row["until"] for row in desk.rows(absences)] == [NOW + timedelta(days=5)]
    assert [row["until"] for row in desk.rows(asks)] == [NOW + timedelta(days=5)]


def test_who_names_no_day_is_away_for_a_week(desk: Desk) -> None:
    desk.enroll()
    assert desk.choose_twice("ask-away", desk.step(), "already") == "done"
    assert [row["until"] for row in desk.rows(absences)] == [NOW + timedelta(days=7)]


def test_a_day_that_is_over_changes_nothing(desk: Desk) -> None:
    desk.enroll()
    before = desk.dump()
    assert desk.choose("ask-away", desk.step(), until=NOW) == "over"
    assert desk.dump() == before


@pytest.mark.parametrize("choice", ["ask-send", "ask-skip", "ask-away"])
@pytest.mark.parametrize("state", ["claimed", "sent", "skipped", "held", "failed"])
def test_a_mail_that_went_out_is_over(desk: Desk, choice: Choice, state: str) -> None:
    desk.enroll()
    desk.settle(desk.step(), state)
    before = desk.dump()
    assert desk.state(choice, desk.step()) == "over"
    assert desk.choose(choice, desk.step(), until=NOW + timedelta(days=3)) == "over"
    assert desk.dump() == before


@pytest.mark.parametrize("choice", ["ask-send", "ask-skip", "ask-away"])
def test_what_they_wrote_themselves_stays_written(desk: Desk, choice: Choice) -> None:
    desk.enroll()
    with desk.store.writing() as connection:
        assert record_ask(connection, desk.step(), "wrote", now=NOW)
    before = desk.dump()
    assert desk.state(choice, desk.step()) == "over"
    assert desk.choose(choice, desk.step()) == "over"
    assert desk.dump() == before


# --- nothing there ---


@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize("number", [0, 1, 999, 2**62])
def test_what_is_gone_is_over(desk: Desk, choice: Choice, number: int) -> None:
    before = desk.dump()
    assert desk.look(choice, number) is None
    assert desk.choose(choice, number) == "over"
    assert desk.dump() == before


def test_the_journey_of_who_writes_first(tmp_path: Path) -> None:
    community = make_community_of_notes()
    assert first_note_journey(community, make_settings(tmp_path)) == community.journeys["month"]
    assert first_note_journey(community, make_settings(tmp_path, first_note="careful")) == community.journeys["careful"]
    assert first_note_journey(community, make_settings(tmp_path, first_note="gone")) is None
    shows = make_journey(replace(WELCOME, show=("note",)), slug="writers")
    with_writers = replace(community, journeys={**community.journeys, "writers": shows})
    assert first_note_journey(with_writers, make_settings(tmp_path)) == shows
    assert first_note_journey(replace(community, journeys={}), make_settings(tmp_path)) is None


def test_two_at_once(environment: dict[str, str], tmp_path: Path, store: Store) -> None:
    """A button pressed twice, heard by two processes: one note goes out."""
    desk = Desk(store)
    number = desk.write_first()
    other = open_store(tmp_path, environment)
    second = Desk.__new__(Desk)
    second.__dict__ |= {**desk.__dict__, "store": other}
    try:
        with ThreadPoolExecutor(2) as threads:
            effects = list(threads.map(lambda one: one.choose("first", number), (desk, second)))
    finally:
        other.close()
    assert sorted(effects) == ["done", "over"]
    assert len(desk.rows(notes)) == len(desk.rows(enrollments)) == 1
