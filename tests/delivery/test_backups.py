"""Copies of the store: whole while others write, and nobody is written to twice after going back to one."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from alongside.delivery import backups
from alongside.delivery.backups import REASON, SKIPPED_NUMBERS, back_up, last_backup, restore
from alongside.delivery.contacts import import_contacts
from alongside.delivery.desk import Desk
from alongside.delivery.digests import write_digests
from alongside.delivery.enrollment import Candidate, enroll
from alongside.delivery.helped import write_monthly
from alongside.delivery.pending import list_held
from alongside.delivery.recovery import resolve_held
from alongside.delivery.schema import enrollments, letters, newcomers, steps
from alongside.delivery.store import Store, StoreError, open_store
from alongside.delivery.transports.maildir import Maildir
from alongside.delivery.worker import send_due
from alongside.model.journeys import Window
from alongside.model.people import Newcomer

from .conftest import CHECK_IN, WELCOME, make_community, make_journey, make_member, make_message, make_world
from .sending import make_settings

GoBack = Callable[[Path, datetime], tuple[Store, backups.Restored]]

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # a Monday
LATER = NOW + timedelta(hours=3)
SECOND = replace(CHECK_IN, window=Window(), messages={"en": make_message("How is it, {{ newcomer.name }}?")})
MONTH = make_journey(WELCOME, SECOND)
COMMUNITY = make_community(make_member("ana", welcomes=100), journeys=(MONTH,))


def join(store: Store, *names: str, now: datetime = NOW) -> None:
    people = [Candidate(newcomer=Newcomer(email=f"{name}@example.net", name=name)) for name in names]
    enroll(store, MONTH, people, community=COMMUNITY, basis="consent", source="test", now=now)


def send(store: Store, folder: Path, now: datetime) -> int:
    """A pass; how many mails went out. The same mail once more would be the same file."""
    settings = make_settings(folder)
    desk = Desk(COMMUNITY, settings, key=store.key)
    report = send_due(store, desk, Maildir(folder / "outbox"), make_world(folder, now, wall=lambda: now))
    return sum(outcome.kind == "sent" for outcome in report.outcomes)


def sent(folder: Path) -> Counter[str]:
    """How often each mail went out, by what names it."""
    texts = [path.read_text() for path in (folder / "outbox" / "new").glob("*")]
    return Counter(
        f"{line.partition(': ')[2]} {text.partition('Subject: ')[2].partition(chr(10))[0]}"
        for text in texts
        for line in text.splitlines()
        if line.startswith("To: ")
    )


@pytest.fixture
def back(store: Store, environment: dict[str, str], tmp_path: Path) -> Iterator[GoBack]:
    """Go back to a copy; the store it gives."""
    opened: list[Store] = []

    def go_back(copy: Path, now: datetime) -> tuple[Store, backups.Restored]:
        store.close()
        done = restore(copy, tmp_path, environment, replace=True, now=now)
        opened.append(open_store(tmp_path, environment))
        return opened[-1], done

    yield go_back
    for each in opened:
        each.close()


def test_nobody_is_written_to_twice(store: Store, tmp_path: Path, back: GoBack) -> None:
    """Before the copy one pass; after it more people, more mails; then back, and on until nothing is due."""
    join(store, "joana", "rui")
    send(store, tmp_path, NOW)
    join(store, "ines", now=NOW + timedelta(minutes=1))
    copy = tmp_path / "copies" / "store"
    copy.parent.mkdir()
    back_up(store, copy, now=NOW + timedelta(minutes=2))
    assert copy.stat().st_mode & 0o777 == 0o600
    with store.reading() as connection:
        assert last_backup(connection) == NOW + timedelta(minutes=2)
    join(store, "lost", now=NOW + timedelta(minutes=3))
    send(store, tmp_path, NOW + timedelta(minutes=4))
    week = NOW + timedelta(days=7, minutes=5)
    send(store, tmp_path, week)
    before = sent(tmp_path)
    assert set(before.values()) == {1}
    assert len(before) == 8  # each of the four both mails
    with store.reading() as connection:
        numbers = {table.name: connection.scalar(sa.select(sa.func.max(table.c.id))) for table in (newcomers, steps)}

    again, done = back(copy, week + timedelta(minutes=1))
    assert done.begun == NOW + timedelta(minutes=2)
    assert (done.held_steps, done.held_letters) == (4, 0)  # two of ines, one each of the others
    assert done.aside
    with again.reading() as connection:
        held = list_held(connection)
        assert {each.reason for each in held} == {REASON}
        assert sorted(each.address for each in held if each.moment == "welcome") == ["ines@example.net"]
    assert sum(send(again, tmp_path, NOW + timedelta(days=day)) for day in range(8, 30)) == 0
    assert sent(tmp_path) == before

    # Who comes now gets no number that somebody had who was lost.
    join(again, "tomas", now=week + timedelta(minutes=2))
    with again.reading() as connection:
        for table in (newcomers, steps):
            newest = connection.scalar(sa.select(sa.func.max(table.c.id))) or 0
            assert newest > (numbers[table.name] or 0) + SKIPPED_NUMBERS // 2

    # A person decides, and it is the same mail.
    with again.writing() as connection:
        chosen = [each.step_id for each in list_held(connection) if each.address.startswith("ines")]
        resolve_held(connection, chosen, sent=False, key=again.key, domain="example.org", now=week)
    assert send(again, tmp_path, week + timedelta(minutes=3)) == 2  # the welcomes of ines and of tomas
    assert not (before - sent(tmp_path))


def test_what_is_written_by_the_clock_is_not_written_twice(store: Store, tmp_path: Path, back: GoBack) -> None:
    """Digests and monthly words that were written after the copy: it does not know of them."""
    settings = make_settings(tmp_path)

    def write(into: Store, now: datetime) -> int:
        with into.writing() as connection:
            words = write_monthly(connection, COMMUNITY, now=now)
        return words + write_digests(into, COMMUNITY, settings, now=now)

    write(store, NOW)  # a store begins with the next ones
    join(store, "joana")
    send(store, tmp_path, NOW)
    with store.writing() as connection:
        import_contacts(connection, [("ana", "ana@members.example.org")], resolve=str, now=NOW)
    copy = tmp_path / "copy"
    back_up(store, copy, now=NOW + timedelta(hours=1))
    december = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)  # the Tuesday after
    assert write(store, december) == 2
    again, _ = back(copy, december + timedelta(hours=1))
    assert write(again, december + timedelta(hours=2)) == 0
    assert write(again, datetime(2027, 1, 4, 9, 0, tzinfo=UTC)) == 1  # the next digest; nobody was helped in December


def test_what_a_sender_had_in_hand_is_held(store: Store, tmp_path: Path, back: GoBack) -> None:
    """Its journal tells nothing of it any more; and letters are held as steps are."""
    join(store, "joana", "rui")
    with store.writing() as connection:
        first = connection.scalar(sa.select(sa.func.min(steps.c.id)))
        claimed = {"state": "claimed", "claimed_by": "x", "leased_until": NOW + timedelta(minutes=10)}
        connection.execute(sa.update(steps).where(steps.c.id == first).values(**claimed))
        rows = (("planned", NOW), ("planned", NOW + timedelta(days=3)), ("claimed", NOW), ("sent", NOW))
        for state, due in rows:
            letter = {"kind": "alert", "due_at": due, "state": state, "written_at": NOW}
            connection.execute(sa.insert(letters).values(**letter))
    copy = tmp_path / "copy"
    back_up(store, copy, now=NOW)
    again, done = back(copy, LATER)
    assert (done.held_steps, done.held_letters) == (2, 2)
    with again.reading() as connection:
        states = connection.scalars(sa.select(letters.c.state).order_by(letters.c.id)).all()
        assert list(states) == ["held", "planned", "held", "sent"]
        assert not connection.scalar(sa.select(sa.func.count()).where(steps.c.claimed_by != ""))


def test_a_copy_is_whole_while_others_write(store: Store, tmp_path: Path, back: GoBack) -> None:
    stopping = threading.Event()
    failures: list[BaseException] = []

    def keep_joining() -> None:
        number = 0
        try:
            while not stopping.is_set():
                join(store, *(f"n{number + each}" for each in range(5)))
                number += 5
        except BaseException as error:
            failures.append(error)

    writer = threading.Thread(target=keep_joining)
    writer.start()
    copies = [tmp_path / f"copy{number % 2}" for number in range(4)]  # each is replaced once
    try:
        for copy in copies:
            back_up(store, copy, now=NOW)
    finally:
        stopping.set()
        writer.join(60)
    assert not failures
    again, _ = back(copies[-1], LATER)
    with again.reading() as connection:
        people = connection.scalar(sa.select(sa.func.count()).select_from(newcomers)) or 0
        planned = connection.scalar(sa.select(sa.func.count()).select_from(steps)) or 0
        assert people % 5 == 0  # every transaction is there as a whole
        assert planned == 2 * people


def test_a_copy_replaces_nothing_else(store: Store, tmp_path: Path) -> None:
    other = tmp_path / "letter.txt"
    other.write_text("Dear Ana")
    with pytest.raises(StoreError, match="is no backup"):
        back_up(store, other, now=NOW)
    with pytest.raises(StoreError, match="cannot be written"):
        back_up(store, tmp_path / "nowhere" / "copy", now=NOW)
    if store.path is not None:
        with pytest.raises(StoreError, match="That is the store itself"):
            back_up(store, store.path, now=NOW)
    assert other.read_text() == "Dear Ana"
    assert not list(tmp_path.glob(".letter*"))
    with store.reading() as connection:
        assert last_backup(connection) is None  # none is whole


def test_a_store_that_is_there_or_in_use_stays(store: Store, environment: dict[str, str], tmp_path: Path) -> None:
    join(store, "joana")
    copy = tmp_path / "copy"
    back_up(store, copy, now=NOW)
    with pytest.raises(StoreError, match="is a store already"):
        restore(copy, tmp_path, environment, replace=False, now=LATER)
    with store.reading(), pytest.raises(StoreError, match="Something uses the store"):
        restore(copy, tmp_path, environment, replace=True, now=LATER)
    with store.reading() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(enrollments)) == 1
        assert not connection.scalar(sa.select(sa.func.count()).where(steps.c.state == "held"))
    text = tmp_path / "text"
    text.write_text("Dear Ana")
    with pytest.raises(StoreError, match="is a backup of no store"):
        restore(text, tmp_path, environment, replace=True, now=LATER)
    with pytest.raises(StoreError, match="cannot be read"):
        restore(tmp_path / "none", tmp_path, environment, replace=True, now=LATER)
    damaged = tmp_path / "damaged"
    damaged.write_bytes(copy.read_bytes()[: copy.stat().st_size // 2])
    store.close()
    with pytest.raises(StoreError):
        restore(damaged, tmp_path, environment, replace=True, now=LATER)
    again = open_store(tmp_path, environment)
    with again.reading() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(enrollments)) == 1
    again.close()


def test_another_secret_opens_no_copy(tmp_path: Path) -> None:
    old = open_store(tmp_path, {"ALONGSIDE_SECRET": "one"})
    back_up(old, tmp_path / "copy", now=NOW)
    old.close()
    (tmp_path / "alongside.sqlite").unlink()
    with pytest.raises(StoreError, match="another ALONGSIDE_SECRET"):
        restore(tmp_path / "copy", tmp_path, {"ALONGSIDE_SECRET": "two"}, replace=False, now=LATER)
    assert not (tmp_path / "alongside.sqlite").exists()
    restore(tmp_path / "copy", tmp_path, {"ALONGSIDE_SECRET": "one"}, replace=False, now=LATER)
    assert (tmp_path / "alongside.sqlite").stat().st_mode & 0o777 == 0o600


def test_a_damaged_store_gives_way(tmp_path: Path) -> None:
    store = open_store(tmp_path, {})
    join(store, "joana")
    back_up(store, tmp_path / "copy", now=NOW)
    store.close()
    path = tmp_path / "alongside.sqlite"
    path.write_bytes(b"SQLite format 3\0" + os.urandom(9000))
    done = restore(tmp_path / "copy", tmp_path, {}, replace=True, now=LATER)
    assert (tmp_path / done.aside).stat().st_size == 9016
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM newcomers").fetchone() == (1,)
    connection.close()


def test_without_the_programs_of_postgresql(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(StoreError, match="pg_dump is not installed here") as caught:
        backups._run("pg_dump", "--file=x", url=sa.engine.make_url("postgresql://ana:secret@db.example.org/ours"))
    assert "--dbname=ours" in str(caught.value)
    assert "secret" not in str(caught.value)
