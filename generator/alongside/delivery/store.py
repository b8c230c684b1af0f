"""The store: opened, brought up to date, read from and written to. SQLite beside `mkdocs.yml`, or PostgreSQL.

Delivery stands on it: every other module here gets a `Connection` from `Store.reading` or `Store.writing`. A write
is one transaction; on SQLite it takes the write lock at its start (`BEGIN IMMEDIATE`), so two processes never read
the same state and then both write on it. The file is readable by its owner alone.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, exc, insert, inspect, select, text
from sqlalchemy.engine import URL, make_url

from alongside.delivery.credentials import read_secret
from alongside.delivery.schema import facts
from alongside.problems import AlongsideError

REVISION = "0004"  # the newest of `migrations/`; a test compares
BUSY_SECONDS = 30  # how long a write waits for another process's
LOG_MILLISECONDS = 200  # how long emptying the log waits for who reads it
UPGRADE_LOCK = 0x616C6F6E67  # "along": PostgreSQL's advisory lock around an upgrade
DRIVERS = {"sqlite": "sqlite+pysqlite", "postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg"}


_EMPTY_LOG = "PRAGMA wal_checkpoint(TRUNCATE)"


class StoreError(AlongsideError):
    """The store cannot be used as it is; the hint says what to do. What was committed before is safe."""


class RefusedError(StoreError):
    """The server refuses a value, and would refuse it later; other values it takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """An open store of this version."""

    engine: Engine
    path: Path | None  # of the SQLite file; None on a server
    key: bytes = field(repr=False)  # for hashes of addresses and for Message-IDs
    # Set once it is closed: what a thread gives back after that is closed, too, where a pool would keep it open.
    closed: threading.Event = field(default_factory=threading.Event, repr=False, compare=False)

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one state of the store. Raises `StoreError`."""
        with _explained(self.engine.url), self.engine.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction: all of it is kept, or none. Raises `StoreError`."""
        with _explained(self.engine.url), self.engine.connect() as connection:
            connection.execution_options(alongside_writes=True)
            with connection.begin():
                yield connection

    def compact(self) -> None:
        """Rewrite a SQLite file without what was deleted, and empty its log; a server keeps its own house."""
        if self.path is None:
            return
        connection = self.engine.raw_connection()  # outside any transaction
        try:
            connection.cursor().execute("VACUUM")
            busy, *_ = connection.cursor().execute(_EMPTY_LOG).fetchone()
        except sqlite3.OperationalError as error:
            raise StoreError(
                f"The store could not be compacted: {error}.",
                hint="What was erased is overwritten with zeros already; run the command again to shrink the file.",
            ) from error
        finally:
            connection.close()
        if busy:
            raise StoreError(
                "The store's log could not be emptied, because another process is reading it.",
                hint="What was erased is gone from the store itself; run the same command again to empty the log.",
            )

    def empty_log(self) -> bool:
        """Fold SQLite's log into its file and empty it, where nobody is in the way; False: somebody is.

        Holds others up no longer than that takes: what was deleted is overwritten with zeros, and this reaches the
        copies of it. A server keeps its own house. Raises `StoreError`.
        """
        if self.path is None:
            return True
        with _explained(self.engine.url):
            connection = self.engine.raw_connection()
            cursor = connection.cursor()
            try:
                cursor.execute(f"PRAGMA busy_timeout={LOG_MILLISECONDS}")
                busy, *_ = cursor.execute(_EMPTY_LOG).fetchone()
            finally:
                cursor.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
                connection.close()
        return not busy

    def close(self) -> None:
        """Give the connections back; the last one out folds SQLite's log into the file."""
        self.closed.set()
        self.engine.dispose()


def store_url(root: Path, environment: Mapping[str, str]) -> URL:
    """Where the store is: `ALONGSIDE_DATABASE_URL`, else `alongside.sqlite` in `root`. Raises `StoreError`."""
    given = read_secret(environment, "ALONGSIDE_DATABASE_URL").strip()
    if not given:
        return URL.create(DRIVERS["sqlite"], database=str(root / "alongside.sqlite"))
    try:
        url = make_url(given)
    except exc.ArgumentError as error:
        raise StoreError("ALONGSIDE_DATABASE_URL is no database URL.", hint=_URL_HINT) from error
    backend = url.get_backend_name()
    if backend not in DRIVERS or (backend == "sqlite" and url.database in (None, "", ":memory:")):
        raise StoreError(f'ALONGSIDE_DATABASE_URL names "{backend}", which cannot be the store.', hint=_URL_HINT)
    return url.set(drivername=DRIVERS[backend]) if "+" not in url.drivername else url


_URL_HINT = "Write sqlite:////absolute/path/alongside.sqlite or postgresql://user@host/database."


def store_exists(root: Path, environment: Mapping[str, str]) -> bool:
    """False when the store would be a SQLite file that is not there yet."""
    url = store_url(root, environment)
    return url.get_backend_name() != "sqlite" or Path(str(url.database)).exists()


def open_store(root: Path, environment: Mapping[str, str]) -> Store:
    """The store of the community in `root`, made or upgraded where that is needed.

    `environment`: `ALONGSIDE_DATABASE_URL`, and `ALONGSIDE_SECRET` for the key of a new store. Raises `StoreError`:
    out of reach, not ours, made by a newer version, or made with another secret.
    """
    url = store_url(root, environment)
    path = Path(str(url.database)) if url.get_backend_name() == "sqlite" else None
    if path is not None:
        _make_private(path)
    try:
        engine = create_engine(
            url,
            hide_parameters=True,  # they are addresses: never in a message
            pool_pre_ping=path is None,  # a server that was restarted costs a long-lived service nothing
        )
    except ModuleNotFoundError as error:
        raise StoreError(
            "PostgreSQL needs its driver.", hint='Install it with: pip install "alongside[postgresql]"'
        ) from error
    if path is not None:
        _tune_sqlite(engine)
    try:
        with _explained(url):
            _upgrade(engine)
            key = _read_key(engine, read_secret(environment, "ALONGSIDE_SECRET").encode())
    except BaseException:
        engine.dispose()
        raise
    store = Store(engine=engine, path=path, key=key)
    event.listen(engine, "checkin", lambda connection, _record: _close_late(store, connection))
    return store


def _close_late(store: Store, connection: Any) -> None:
    if store.closed.is_set() and connection is not None:
        connection.close()


def _make_private(path: Path) -> None:
    """Create the file before SQLite does, for its owner alone; its log and index get the same mode."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        return
    except OSError as error:
        raise StoreError(
            f"The store {path.name} cannot be made: {error.strerror}.",
            hint=f"Make {path.parent} writable, or name another place with ALONGSIDE_DATABASE_URL.",
        ) from error


def _tune_sqlite(engine: Engine) -> None:
    """Durable, private, patient, and with transactions that are ours alone to begin."""

    def on_connect(connection: Any, _record: object) -> None:
        # The driver would begin transactions on its own, and late; this way schema changes are part of them too.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
        _use_write_ahead_log(cursor)
        cursor.execute("PRAGMA synchronous=FULL")  # a commit survives a power cut
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA secure_delete=ON")  # deleted text is overwritten with zeros
        cursor.execute("PRAGMA temp_store=MEMORY")
        cursor.close()

    def on_begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("alongside_writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", on_begin)


def _use_write_ahead_log(cursor: Any) -> None:
    """Readers and one writer at once. Switching is once in a file's life, and does not wait for others by itself."""
    for attempt in range(100):
        try:
            if cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                cursor.execute("PRAGMA journal_mode=WAL")
        except Exception as error:
            if "locked" not in str(error) or attempt == 99:
                raise
            time.sleep(0.05)
        else:
            return


def _upgrade(engine: Engine) -> None:
    """Run the missing migrations in one transaction. Two processes at once: the second finds nothing to do."""
    with engine.connect() as connection:
        if _revision(connection) == REVISION:
            return
    with engine.connect() as connection:
        connection.execution_options(alongside_writes=True)
        with connection.begin():
            _wait_for_others(connection)
            revision = _revision(connection)
            if revision != REVISION:
                _migrate(connection, revision)


def is_current(connection: Connection) -> bool:
    """Whether the schema is this version's still; another machine may run a newer one by now."""
    return _revision(connection) == REVISION


def _wait_for_others(connection: Connection) -> None:
    """One process at a time makes or upgrades a store. SQLite needs no more than its BEGIN IMMEDIATE for that."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": UPGRADE_LOCK})


def _revision(connection: Connection) -> str | None:
    """The schema's revision, or None for an empty store. Raises `StoreError` for somebody else's database."""
    tables = set(inspect(connection).get_table_names())
    if "alembic_version" not in tables:
        if connection.dialect.name == "sqlite" and tables:
            raise StoreError("The store is a SQLite file of another program.", hint=_URL_HINT)
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    return None if found is None else str(found)


def _migrate(connection: Connection, revision: str | None) -> None:
    """From `revision` to ours, by Alembic, inside the connection's transaction."""
    from alembic import command  # late: it takes 0.1 s, and a store is upgraded once
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", "alongside.delivery:migrations")
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if revision is not None and revision not in known:
        raise StoreError(
            f"The store was made by a newer Alongside (its schema is {revision}, this version knows {REVISION}).",
            hint="Upgrade with: pip install --upgrade alongside. Nothing was changed.",
        )
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _read_key(engine: Engine, secret: bytes) -> bytes:
    """The store's key. Of a store made with ALONGSIDE_SECRET only a check of it is kept inside."""
    with engine.connect() as connection:
        found = dict(connection.execute(select(facts.c.name, facts.c.value)).all())
    if not found:
        return _make_key(engine, secret)
    if "key" in found:
        return bytes.fromhex(found["key"])
    key = hashlib.sha256(secret).digest()
    if not secret or not hmac.compare_digest(found["key check"], _check(key)):
        raise StoreError(
            "The store was made with another ALONGSIDE_SECRET.",
            hint="Set it to what it was: without it, nobody who asked for no more mail would be recognised.",
        )
    return key


def _make_key(engine: Engine, secret: bytes) -> bytes:
    """Choose a new store's key: from the secret, which then stays outside, else a random one."""
    key = hashlib.sha256(secret).digest() if secret else secrets.token_bytes(32)
    row = {"name": "key check", "value": _check(key)} if secret else {"name": "key", "value": key.hex()}
    with engine.connect() as connection:
        connection.execution_options(alongside_writes=True)
        with connection.begin():
            _wait_for_others(connection)
            if connection.execute(select(facts.c.name)).first() is None:
                connection.execute(insert(facts), row)
                return key
    return _read_key(engine, secret)  # another process was first


def _check(key: bytes) -> str:
    return hmac.new(key, b"alongside store", hashlib.sha256).hexdigest()


# What a driver says -> what happened, and what to do. Nothing of the statement's values is repeated.
_EXPLANATIONS: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (
        ("database is locked", "database table is locked"),
        f"The store is busy: another process has held it for {BUSY_SECONDS} seconds.",
        "Wait for the other alongside command to end, then run this one again; nothing was lost.",
    ),
    (
        ("readonly database", "read-only"),
        "The store is read-only.",
        "Make the file and its folder writable for this user; nothing was lost.",
    ),
    (
        ("disk is full", "no space left", "disk i/o error"),
        "The store could not be written: the disk is full or failing.",
        "Make room, then run the command again: what was committed is safe, and the rest is done then.",
    ),
    (("not a database", "malformed"), "The store is no SQLite database, or a damaged one.", "Restore a backup."),
    (("unable to open",), "The store cannot be opened.", "Make the file and its folder readable for this user."),
)


# Classes of PostgreSQL's error codes: data, integrity, and limits of the program.
_ABOUT_VALUES = ("22", "23", "54")


@contextlib.contextmanager
def _explained(url: URL) -> Iterator[None]:
    """Turn a database's error into a `StoreError` that says what to do."""
    try:
        yield
    except exc.DBAPIError as error:
        said = str(error.orig).casefold()
        for needles, message, hint in _EXPLANATIONS:
            if any(needle in said for needle in needles):
                raise StoreError(message, hint=hint) from error
        if url.get_backend_name() == "sqlite":
            raise
        # A server repeats the values it refused, and they are addresses: only the kind of error is said.
        is_about_values = str(getattr(error.orig, "sqlstate", None) or "").startswith(_ABOUT_VALUES)
        raise (RefusedError if is_about_values else StoreError)(
            f"The database server at {url.host or 'the local socket'} cannot be used ({type(error.orig).__name__}).",
            hint="Look at ALONGSIDE_DATABASE_URL and at the server's log; nothing was lost.",
        ) from error
