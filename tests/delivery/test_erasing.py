"""Forgetting somebody: not a byte of them is left on this machine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from alongside.delivery import suppression
from alongside.delivery.desk import Desk
from alongside.delivery.enrollment import Candidate, enroll
from alongside.delivery.message_ids import message_id
from alongside.delivery.people import erase, export, list_newcomers
from alongside.delivery.schema import assignments, metadata
from alongside.delivery.store import Store, open_store
from alongside.delivery.transports.maildir import Maildir
from alongside.delivery.worker import send_due
from alongside.model.people import Newcomer
from alongside.settings import Settings

from .conftest import make_community, make_member, make_newcomers, make_world

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PERSON = Newcomer(
    email="Zoraida.Quispe@Example.net",
    name="Zoraida Quispe",
    text="I have a very particular story about llamas.",
    languages=("en",),
    basis="consent",
)
TRACES = (b"oraida", b"uispe", b"llamas")


def fill(store: Store, root: Path) -> None:
    """Many people, one of them ours, with mails sent and planned, and a stop."""
    settings = Settings(
        config_file=root / "mkdocs.yml",
        root=root,
        docs_dir=root / "content",
        site_dir=root / "site",
        journeys_dir=root / "journeys",
        site_name="Test community",
        site_url="https://community.example.org/",
    )
    community = make_community(make_member("ana", welcomes=500))
    people = [*make_newcomers(40), PERSON, *(Newcomer(email=f"x{n}@example.org", basis="consent") for n in range(30))]
    journey = community.journeys["month"]
    candidates = [Candidate(newcomer=newcomer) for newcomer in people]
    enroll(store, journey, candidates, community=community, basis=None, source="test", now=NOW)
    for days in (0, 7):
        instant = NOW + timedelta(days=days)
        desk = Desk(community, settings, key=store.key)
        send_due(store, desk, Maildir(root / "outbox"), make_world(root, instant))
    with store.writing() as connection:
        suppression.stop(connection, store.key, "zoraida.quispe@example.net", journey="", reason="asked", now=NOW)


def forget(store: Store, root: Path) -> None:
    with store.writing() as connection:
        erased = erase(connection, store.key, "zoraida.quispe@example.net")
    assert erased is not None
    store.compact()
    outbox = Maildir(root / "outbox")
    assert outbox.remove(message_id(store.key, step, "community.example.org") for step in erased.steps) == 2
    assert outbox.remove(erased.message_ids) == 0  # the same files


def test_no_table_knows_them(store: Store, tmp_path: Path) -> None:
    fill(store, tmp_path)
    forget(store, tmp_path)
    with store.reading() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(sa.select(table)):
                assert not any(trace.decode() in str(value) for trace in TRACES for value in row)
        assert len(list_newcomers(connection)) == 70
        assert connection.scalar(sa.select(sa.func.count()).select_from(assignments)) == 71  # the load stays
        held = export(connection, store.key, "zoraida.quispe@example.net")
    assert held["newcomer"] is None
    assert [row["reason"] for row in held["suppressions"]] == ["asked"]


def test_an_erased_person_stays_left_alone(store: Store, tmp_path: Path) -> None:
    fill(store, tmp_path)
    forget(store, tmp_path)
    community = make_community(make_member("ana"))
    report = enroll(
        store,
        community.journeys["month"],
        [Candidate(newcomer=PERSON)],
        community=community,
        basis=None,
        source="test",
        now=NOW,
    )
    assert report.enrolled == 0
    assert len(report.refusals) == 1


def test_no_byte_of_the_files_knows_them(tmp_path: Path) -> None:
    store = open_store(tmp_path, {})
    fill(store, tmp_path)
    assert any(trace in path.read_bytes() for path in tmp_path.glob("alongside.sqlite*") for trace in TRACES)
    forget(store, tmp_path)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"alongside.sqlite", "alongside.sqlite-wal"}  # while it is open
    for path in files:
        content = path.read_bytes()
        assert not any(trace in content for trace in TRACES), path.name
    store.close()


def test_erasing_a_stranger_says_so(store: Store) -> None:
    with store.writing() as connection:
        assert erase(connection, store.key, "stranger@example.net") is None
