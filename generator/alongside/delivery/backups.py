"""Copies of the store, and going back to one without writing to anybody twice.

A copy is made while everything runs: by SQLite's online backup, or by `pg_dump`. It holds the instant at which it was
begun. What went out after that instant, the copy does not know of. So whoever goes back to it finds every mail that was
due since *held*: a person says whether it goes out again (`alongside send --resolve`).

Numbers are the other thing a copy does not know of. Links, stops and answer addresses that went out since hold numbers
of people who are not in the copy. Were those given to newcomers who come later, one person's link would open another
one's page. So after going back, numbers begin again far above.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, func, literal_column, select, text, update
from sqlalchemy.engine import URL

from alongside.delivery import digests, helped
from alongside.delivery.claims import CLAIM_LOCK
from alongside.delivery.clocks import last_pass
from alongside.delivery.rows import dialect_of, insert_into
from alongside.delivery.schema import facts, letters, metadata, steps
from alongside.delivery.store import Store, StoreError, open_store, store_url

BEGUN = "backup begun"  # the fact that a copy holds: seconds since 1970
DONE = "backup done"  # the fact in the store itself, once a copy is whole
REASON = "may have gone out after the backup"
SKIPPED_NUMBERS = 1_000_000  # more than are given out between two copies
MINUTES = 60  # seconds a program of PostgreSQL's may take, times that
_MAGIC = b"SQLite format 3\0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What was found in a copy, and what became of it."""

    begun: datetime | None  # when the copy was; None: it does not say, and nothing was ever sent from it
    held_steps: int
    held_letters: int
    aside: str  # where the store is now that was there before; empty: none was


def last_backup(connection: Connection) -> datetime | None:
    """When the newest copy that is whole was begun."""
    return _read_instant(connection, DONE)


# --- making one ---


def back_up(store: Store, target: Path, *, now: datetime) -> None:
    """Write a copy of the store, as it is at `now` or a moment later, to the file `target`, for its owner alone.

    A copy that is there already is replaced when the new one is whole. Raises `StoreError`.
    """
    _check_target(store, target)
    with store.writing() as connection:
        _write_instant(connection, BEGUN, now)
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with _on_disk(target):
            os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            if store.path is not None:
                _copy_sqlite(store.path, draft)
            else:
                _run("pg_dump", "--format=custom", f"--file={draft}", *_our_tables(store), url=store.engine.url)
            _settle_on_disk(draft)
            draft.replace(target)
    finally:
        with contextlib.suppress(FileNotFoundError):
            draft.unlink()
    with store.writing() as connection:
        _write_instant(connection, DONE, now)


def _our_tables(store: Store) -> list[str]:
    """What `pg_dump` is to take: a database may be shared with other programs."""
    with store.reading() as connection:
        schema = connection.scalar(text("SELECT current_schema()"))
    return [f'--table="{schema}"."{name}"' for name in (*metadata.tables, "alembic_version")]


def _check_target(store: Store, target: Path) -> None:
    """Only an older copy may be written over."""
    if not target.exists():
        return
    if store.path is not None and target.samefile(store.path):
        raise StoreError("That is the store itself.", hint="Name another file, best on another disk.")
    if not target.is_file() or not _is_copy(target):
        raise StoreError(f"{target.name} is there already, and is no backup.", hint="Name another file.")


def _is_copy(path: Path) -> bool:
    with path.open("rb") as stream:
        head = stream.read(16)
    if head != _MAGIC:
        return head.startswith(b"PGDMP")
    try:
        with _sqlite(path) as connection:
            return bool(connection.execute("SELECT 1 FROM facts WHERE name = ?", (BEGUN,)).fetchone())
    except sqlite3.DatabaseError:
        return False


def _copy_sqlite(source: Path, draft: Path) -> None:
    """One state of the store, whoever writes meanwhile; in one file, without a log beside it."""
    try:
        with _sqlite(source) as store, contextlib.closing(sqlite3.connect(draft)) as copy:
            store.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
            _check_whole(copy, "The copy")
    except sqlite3.DatabaseError as error:
        raise StoreError(f"The store could not be copied: {error}.", hint="Look at its disk.") from error


# --- going back to one ---


def restore(source: Path, root: Path, environment: Mapping[str, str], *, replace: bool, now: datetime) -> Restored:
    """Put a copy in the place of the store of the community in `root`; `environment` says where that is.

    Every mail that was due by `now`, or in hand when the copy was made, is held. `replace`: a store that is there is
    kept aside. Raises `StoreError`: there is one, something uses it, or the copy is none, is damaged, was made by a
    newer version or with another secret. Then the store is what it was.
    """
    try:
        with source.open("rb") as stream:
            head = stream.read(16)
    except OSError as error:
        raise StoreError(f"{source.name} cannot be read: {error.strerror}.", hint="Name a backup.") from error
    url = store_url(root, environment)
    is_file = url.get_backend_name() == "sqlite"
    if head == _MAGIC and is_file:
        return _restore_sqlite(source, Path(str(url.database)), root, environment, replace=replace, now=now)
    if head.startswith(b"PGDMP") and not is_file:
        return _restore_postgresql(source, url, root, environment, replace=replace, now=now)
    kinds = {_MAGIC: "a SQLite store"}
    kind = kinds.get(head, "a PostgreSQL store" if head.startswith(b"PGDMP") else "no store")
    raise StoreError(
        f"{source.name} is a backup of {kind}, and the store is {'a SQLite file' if is_file else 'on a server'}.",
        hint="Name the right file, or set ALONGSIDE_DATABASE_URL to where the store was.",
    )


def _restore_sqlite(
    source: Path, target: Path, root: Path, environment: Mapping[str, str], *, replace: bool, now: datetime
) -> Restored:
    if target.exists() and not replace:
        raise _there_is_one(str(target.name))
    if target.exists() and target.samefile(source):
        raise StoreError("That is the store itself.", hint="Name a backup of it.")
    draft = target.with_name(f".{target.name}.restored")
    _remove(draft)
    rest = {name: value for name, value in environment.items() if not name.startswith("ALONGSIDE_DATABASE_URL")}
    try:
        with _on_disk(target):
            os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            shutil.copyfile(source, draft)
        try:
            with _sqlite(draft) as copy:
                _check_whole(copy, source.name)
        except sqlite3.DatabaseError as error:
            raise StoreError(f"{source.name} is damaged: {error}.", hint="Take an older backup.") from error
        store = open_store(root, {**rest, "ALONGSIDE_DATABASE_URL": str(URL.create("sqlite", database=str(draft)))})
        try:
            begun, held = _settle(store, now)
        finally:
            store.close()
        _settle_on_disk(draft)
        aside = _put_aside(target, now)
        draft.replace(target)
    finally:
        _remove(draft)
    return Restored(begun=begun, held_steps=held[0], held_letters=held[1], aside=aside)


def _put_aside(target: Path, now: datetime) -> str:
    """The store gets another name; "" where there is none. Raises `StoreError` while anything else has it open."""
    if not target.exists():
        _remove(target)  # a log that was left alone would be taken for the new file's
        return ""
    try:
        with _sqlite(target) as connection:
            # Leaving the log folds it into the file, and is refused while there is another connection.
            connection.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise _in_use() from error
    except sqlite3.DatabaseError:
        pass  # it is damaged, which may be why somebody goes back
    name = f"{target.name}.{now:%Y%m%dT%H%M%SZ}"
    for ending in ("-wal", "-shm", ""):
        part = target.with_name(f"{target.name}{ending}")
        if part.exists():
            part.rename(target.with_name(f"{name}{ending}"))
    return name


def _restore_postgresql(
    source: Path, url: URL, root: Path, environment: Mapping[str, str], *, replace: bool, now: datetime
) -> Restored:
    from sqlalchemy import create_engine, inspect  # late, as the driver is an extra

    _run("pg_restore", "--list", str(source))
    aside = f"before_{now:%Y%m%dt%H%M%Sz}"
    engine = create_engine(url, hide_parameters=True, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            schema = str(connection.scalar(text("SELECT current_schema()")))
            tables = set(inspect(connection).get_table_names())
            is_there = "alembic_version" in tables
            if is_there and not replace:
                raise _there_is_one(f"The database {url.database}")
            if is_there and tables - {*metadata.tables, "alembic_version"}:
                raise StoreError(
                    f"The schema {schema} also holds tables of other programs, which would be put aside, too.",
                    hint="Restore into a database of its own.",
                )
            if connection.scalar(text(_OTHER_CLIENTS)):
                raise _in_use()
            # From here on no pass can take a mail: claims wait for this lock.
            connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": CLAIM_LOCK})
            quoted = connection.dialect.identifier_preparer.quote(schema)
            if is_there:
                connection.execute(text(f"ALTER SCHEMA {quoted} RENAME TO {aside}"))
                connection.execute(text(f"CREATE SCHEMA {quoted}"))
            try:
                options = ("--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error")
                _run("pg_restore", *options, f"--dbname={url.database}", str(source), url=url)
                store = open_store(root, environment)
                try:
                    begun, held = _settle(store, now)
                finally:
                    store.close()
            except BaseException:
                metadata.drop_all(connection)
                connection.execute(text("DROP TABLE IF EXISTS alembic_version"))
                if is_there:
                    connection.execute(text(f"DROP SCHEMA {quoted}"))
                    connection.execute(text(f"ALTER SCHEMA {aside} RENAME TO {quoted}"))
                raise
    finally:
        engine.dispose()
    return Restored(
        begun=begun, held_steps=held[0], held_letters=held[1], aside=f"the schema {aside}" if is_there else ""
    )


def _settle(store: Store, now: datetime) -> tuple[datetime | None, tuple[int, int]]:
    """Make a store out of a copy: (when the copy was begun, (steps, letters) that are held from now on)."""
    with store.writing() as connection:
        begun = max(
            (found for found in (_read_instant(connection, BEGUN), last_pass(connection)) if found), default=None
        )
        held = hold_due(connection, now=now)
        skip_numbers(connection)
        # This week's digests and this month's words may have gone out, too: both go on with the next ones.
        connection.execute(delete(facts).where(facts.c.name.in_((digests.WRITTEN, helped.FACT))))
    return begun, held


def hold_due(connection: Connection, *, now: datetime) -> tuple[int, int]:
    """Hold every step and letter that may have gone out since the copy was made; how many of each.

    That is what was planned and is due by `now`, and what a sender had in hand.
    """
    counts = []
    for table in (steps, letters):
        may_have = ((table.c.state == "planned") & (table.c.due_at <= now)) | (table.c.state == "claimed")
        held = update(table).where(may_have).values(state="held", reason=REASON, claimed_by="", leased_until=None)
        counts.append(connection.execute(held).rowcount)
    return counts[0], counts[1]


def skip_numbers(connection: Connection) -> None:
    """Give out no number that may have been given out since the copy was made."""
    for table in metadata.sorted_tables:
        if "id" not in table.c or table.c.id.foreign_keys:
            continue
        if dialect_of(connection) == "postgresql":
            sequence = connection.scalar(select(func.pg_get_serial_sequence(table.name, "id")))
            last = connection.scalar(select(literal_column("last_value")).select_from(text(str(sequence))))
            connection.execute(select(func.setval(sequence, int(last or 0) + SKIPPED_NUMBERS)))
        elif table.dialect_options["sqlite"]["autoincrement"]:
            found = connection.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": table.name})
            words = "UPDATE sqlite_sequence SET seq = :seq WHERE name = :name"
            if found is None:
                words = "INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :seq)"
            connection.execute(text(words), {"name": table.name, "seq": (found or 0) + SKIPPED_NUMBERS})


# --- small ones ---

_OTHER_CLIENTS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


def _there_is_one(what: str) -> StoreError:
    return StoreError(f"{what} is a store already.", hint="To go back all the same, and keep that one aside: --replace")


def _in_use() -> StoreError:
    return StoreError(
        "Something uses the store.", hint="Stop the service, cron and every other command first. Nothing was changed."
    )


@contextlib.contextmanager
def _sqlite(path: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None, timeout=5)) as connection:
        yield connection


def _check_whole(connection: sqlite3.Connection, what: str) -> None:
    found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if found != "ok":
        raise StoreError(f"{what} is damaged.", hint="Take another one, and look at the disk.")


def _read_instant(connection: Connection, name: str) -> datetime | None:
    found = connection.scalar(select(facts.c.value).where(facts.c.name == name))
    return datetime.fromtimestamp(int(found), UTC) if found is not None else None


def _write_instant(connection: Connection, name: str, instant: datetime) -> None:
    row = {"name": name, "value": str(int(instant.timestamp()))}
    written = insert_into(connection, facts)
    connection.execute(written.on_conflict_do_update(index_elements=["name"], set_={"value": row["value"]}), [row])


@contextlib.contextmanager
def _on_disk(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"{target} cannot be written: {error.strerror}.",
            hint="Name a folder with room that this user may write to.",
        ) from error


def _settle_on_disk(path: Path) -> None:
    """A power cut from here on leaves it whole."""
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


def _remove(path: Path) -> None:
    for ending in ("", "-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(f"{path.name}{ending}").unlink()


def _run(program: str, *arguments: str, url: URL | None = None) -> None:
    """A program of PostgreSQL's. Raises `StoreError`; what it says may hold people's data, so only its kind is told."""
    if shutil.which(program) is None:
        where = f" --dbname={url.database}" if url is not None and program == "pg_dump" else ""
        raise StoreError(
            f"{program} is not installed here.",
            hint=f"Install PostgreSQL's client programs, or call it where they are: {program} --format=custom{where}",
        )
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("ALONGSIDE_")}
    done = subprocess.run(
        [program, *arguments],
        env={**surroundings, **(_libpq(url) if url is not None else {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=MINUTES * 60,
        check=False,
    )
    if done.returncode != 0:
        said = _first_words(done.stderr.splitlines())
        raise StoreError(f"{program} ended with {done.returncode}{said}.", hint="Nothing was changed.")


def _first_words(lines: Sequence[str]) -> str:
    """What a program of PostgreSQL's complains of, up to its first colon after that: names of tables, no values."""
    for line in lines:
        _, found, rest = line.partition("error: ")
        if found:
            return f": {rest.split(':')[0].strip()}"
    return ""


def _libpq(url: URL) -> dict[str, str]:
    """The server as libpq's environment has it: a password among the arguments could be seen by everybody here."""
    query: Mapping[str, Any] = url.query
    given = {
        "PGHOST": url.host or query.get("host"),
        "PGPORT": str(url.port) if url.port else query.get("port"),
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
        "PGSSLMODE": query.get("sslmode"),
        "PGSSLROOTCERT": query.get("sslrootcert"),
        "PGCONNECT_TIMEOUT": query.get("connect_timeout"),
    }
    return {name: str(value) for name, value in given.items() if value}
