from __future__ import annotations

import json
import os
import random
import sqlite3
import stat
import string
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext

from alongside.delivery import store as store_module
from alongside.delivery.profiles import unpack_newcomer
from alongside.delivery.schema import absences, facts, letters, metadata, newcomers
from alongside.delivery.store import REVISION, Store, StoreError, open_store, store_exists, store_url


def test_the_migrations_make_the_schema_of_the_code(store: Store) -> None:
    with store.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == REVISION


def test_indexes_of_what_waits_cover_nothing_else(store: Store) -> None:
    """Alembic does not compare it, and the code's schema does not say it."""
    with store.reading() as connection:
        where = f"{connection.dialect.name}_where"
        found = {
            index["name"]: str(index.get("dialect_options", {}).get(where))
            for table in ("steps", "letters", "newcomers")
            for index in sa.inspect(connection).get_indexes(table)
        }
    expected = {
        "ix_steps_due": "planned",
        "ix_letters_due": "planned",
        "ix_steps_leased": "claimed",
        "ix_newcomers_product_id": "product_id",
    }
    assert all(word in found[name] for name, word in expected.items()), found


def test_what_uses_a_file_loads_nothing_of_a_server() -> None:
    code = "import sys, alongside.cli.run, alongside.service.app; print([n for n in sys.modules if 'postgresql' in n])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"


def test_the_newest_migration_is_the_one_the_code_names() -> None:
    versions = Path(store_module.__file__).parent / "migrations" / "versions"
    assert max(path.name for path in versions.glob("v*.py")).startswith(f"v{REVISION}_")


def test_a_store_of_the_version_before_keeps_its_people(environment: dict[str, str], tmp_path: Path) -> None:
    """Ids were entries of their profiles, and of any length; an index holds some 2,700 bytes."""
    config = Config()
    config.set_main_option("script_location", "alongside.delivery:migrations")
    ids = ["u-7", None, "".join(random.Random(1).choices(string.ascii_letters, k=12_000))]
    columns = "address, address_as_given, name, zone, languages, profile, member, created_at"
    engine = sa.create_engine(environment["ALONGSIDE_DATABASE_URL"])
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
        connection.execute(sa.text("INSERT INTO facts (name, value) VALUES ('key', :key)"), {"key": "ab" * 32})
        for number, given in enumerate(ids):
            profile = json.dumps({"roles": ["writer"], **({"id": given} if given else {})})
            connection.execute(
                sa.text(f"INSERT INTO newcomers ({columns}) VALUES (:to, :to, 'Jo', '', '[\"pt\"]', :profile, '', 1)"),
                {"to": f"n{number}@example.net", "profile": profile},
            )
        connection.execute(
            sa.text("INSERT INTO letters (kind, side, detail, due_at, state, reason, attempts, claimed_by, written_at)"
                    " VALUES ('note', 'member', '', 1, 'planned', '', 0, '', 1)")
        )  # fmt: skip
        connection.execute(sa.text("INSERT INTO absences (member, until, told_at) VALUES ('ana', 99, 1)"))
    engine.dispose()
    store = open_store(tmp_path, environment)
    with store.reading() as connection:
        rows = connection.execute(sa.select(newcomers).order_by(newcomers.c.id)).mappings().all()
        people = [unpack_newcomer(row) for row in rows]
        assert [(person.id, person.roles, person.languages) for person in people] == [
            (given, ("writer",), ("pt",)) for given in ("u-7", "", "")
        ]
        assert {(row["generation"], row["pace_days"]) for row in rows} == {(0, 0)}
        assert connection.execute(sa.select(letters.c.addressee)).scalars().all() == [""]
        assert connection.execute(sa.select(absences.c.since)).scalars().all() == [None]
    store.close()


def test_a_store_opens_again_as_it_was(environment: dict[str, str], tmp_path: Path) -> None:
    first = open_store(tmp_path, environment)
    first.close()
    again = open_store(tmp_path, environment)
    assert again.key == first.key
    again.close()


def test_a_transaction_that_fails_leaves_nothing(store: Store) -> None:
    row = {"name": "x", "value": "y"}
    with pytest.raises(sa.exc.IntegrityError if store.path else StoreError), store.writing() as connection:
        connection.execute(sa.insert(facts), [row, row])
    with store.reading() as connection:
        assert connection.scalars(sa.select(facts.c.name)).all() == ["key"]


def test_a_newer_store_is_refused_and_left_alone(environment: dict[str, str], tmp_path: Path) -> None:
    store = open_store(tmp_path, environment)
    with store.writing() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    store.close()
    with pytest.raises(StoreError, match="newer Alongside"):
        open_store(tmp_path, environment)


def test_the_file_is_private_durable_and_patient(tmp_path: Path) -> None:
    store = open_store(tmp_path, {})
    with store.writing() as connection:
        connection.execute(sa.insert(facts), {"name": "x", "value": "y"})
        files = sorted(tmp_path.iterdir())
        assert {path.name for path in files} == {"alongside.sqlite", "alongside.sqlite-shm", "alongside.sqlite-wal"}
        assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "busy_timeout")
        }
    assert settings == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "secure_delete": 1,
        "busy_timeout": 30_000,
    }
    store.close()


def test_looking_for_a_store_makes_none(tmp_path: Path) -> None:
    assert not store_exists(tmp_path, {})
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be made"):
        open_store(tmp_path / "missing", {})


def test_a_file_that_is_no_database_says_so(tmp_path: Path) -> None:
    (tmp_path / "alongside.sqlite").write_bytes(b"Dear diary, " * 200)
    with pytest.raises(StoreError, match="no SQLite database"):
        open_store(tmp_path, {})
    assert (tmp_path / "alongside.sqlite").read_bytes() == b"Dear diary, " * 200


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "alongside.sqlite")
    connection.execute("CREATE TABLE diary (entry)")
    connection.close()
    with pytest.raises(StoreError, match="another program"):
        open_store(tmp_path, {})


def test_a_read_only_store_says_so(tmp_path: Path) -> None:
    open_store(tmp_path, {}).close()
    store = open_store(tmp_path, {})
    with store.reading() as connection:
        connection.exec_driver_sql("PRAGMA query_only=ON")
    with pytest.raises(StoreError, match="read-only"), store.writing() as connection:
        connection.execute(sa.insert(facts), {"name": "x", "value": "y"})
    store.close()


def test_a_full_disk_says_so_and_loses_nothing(tmp_path: Path) -> None:
    store = open_store(tmp_path, {})
    with store.reading() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")  # SQLite's own way to a full disk
    with pytest.raises(StoreError, match="disk is full"), store.writing() as connection:
        connection.execute(sa.insert(facts), {"name": "long", "value": "x" * 100_000})
    with store.reading() as connection:
        assert connection.scalars(sa.select(facts.c.name)).all() == ["key"]
    store.close()


def test_a_store_that_stays_locked_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "BUSY_SECONDS", 0)
    store = open_store(tmp_path, {})
    other = sqlite3.connect(tmp_path / "alongside.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="busy"), store.writing():
        pass
    other.close()
    store.close()


def test_errors_never_repeat_what_was_written(store: Store) -> None:
    row: dict[str, object] = {
        "address": "ana@example.org",
        "address_as_given": "ana@example.org",
        "name": "Ana",
        "zone": "",
        "languages": [],
        "profile": {},
        "created_at": None,
    }
    with pytest.raises(Exception, match=r".") as caught, store.writing() as connection:
        connection.execute(sa.insert(newcomers), row)
    assert "ana@example.org" not in str(caught.value)


def test_the_key_of_a_store_made_with_a_secret_stays_outside(environment: dict[str, str], tmp_path: Path) -> None:
    with_secret = {**environment, "ALONGSIDE_SECRET": "correct horse battery staple"}
    store = open_store(tmp_path, with_secret)
    with store.reading() as connection:
        held = dict(connection.execute(sa.select(facts.c.name, facts.c.value)).all())
    assert store.key.hex() not in held.values()
    store.close()
    for wrong in (environment, {**environment, "ALONGSIDE_SECRET": "another"}):
        with pytest.raises(StoreError, match="another ALONGSIDE_SECRET"):
            open_store(tmp_path, wrong)
    again = open_store(tmp_path, with_secret)
    assert again.key == store.key
    again.close()


def test_a_secret_that_comes_later_changes_nothing(tmp_path: Path) -> None:
    store = open_store(tmp_path, {})
    store.close()
    again = open_store(tmp_path, {"ALONGSIDE_SECRET": "late"})
    assert again.key == store.key
    again.close()


@pytest.mark.parametrize(
    ("given", "drivername"),
    [
        ("postgres://me@db.example.org/alongside", "postgresql+psycopg"),
        ("postgresql://me@db.example.org/alongside", "postgresql+psycopg"),
        ("sqlite:////var/lib/alongside.sqlite", "sqlite+pysqlite"),
    ],
)
def test_urls_as_hosts_give_them(given: str, drivername: str, tmp_path: Path) -> None:
    assert store_url(tmp_path, {"ALONGSIDE_DATABASE_URL": given}).drivername == drivername


@pytest.mark.parametrize("given", ["nonsense", "mysql://me@db.example.org/x", "sqlite://", "sqlite:///:memory:"])
def test_urls_that_cannot_be_the_store(given: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="ALONGSIDE_DATABASE_URL"):
        store_url(tmp_path, {"ALONGSIDE_DATABASE_URL": given})


def test_a_server_out_of_reach_says_so_without_the_password(tmp_path: Path) -> None:
    url = "postgresql://me:hunter2@127.0.0.1:9/alongside?connect_timeout=2"
    with pytest.raises(StoreError, match=r"server at 127\.0\.0\.1") as caught:
        open_store(tmp_path, {"ALONGSIDE_DATABASE_URL": url})
    assert "hunter2" not in str(caught.value)


def test_many_processes_open_a_new_store_at_once(environment: dict[str, str], tmp_path: Path) -> None:
    code = (
        "import os; from pathlib import Path; from alongside.delivery.store import open_store\n"
        f"store = open_store(Path({str(tmp_path)!r}), os.environ); print(store.key.hex()); store.close()"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code], env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    keys = {process.communicate(timeout=60)[0] for process in processes}
    assert [process.returncode for process in processes] == [0, 0, 0, 0]
    assert len(keys) == 1
