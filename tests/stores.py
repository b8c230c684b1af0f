"""Stores as pytest fixtures: SQLite files, and databases of a throw-away PostgreSQL server, one in every worker.

A test that asks for `store` gets one that was made before and copied: making it runs every migration, and there are a
thousand of those tests. How a store is made, those that ask for `environment` alone see to.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
import sqlalchemy as sa
from bench.mail_servers import fast_folder
from bench.postgresql import running_postgresql

from alongside.delivery.store import Store, open_store

READY = "ready"  # the database with a store in it that is copied

MakeDatabase = Callable[..., str]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def environment(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """What opens a new store: once a SQLite file, once a database of the server."""
    is_ready = "store" in request.fixturenames
    if request.param == "sqlite":
        if is_ready:
            put_store(tmp_path)
        return {"ALONGSIDE_DATABASE_URL": f"sqlite:///{tmp_path / 'alongside.sqlite'}"}
    make_database: MakeDatabase = request.getfixturevalue("make_database")
    return {"ALONGSIDE_DATABASE_URL": make_database(like=READY if is_ready else "template1")}


@pytest.fixture
def store(environment: dict[str, str], tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path, environment)
    yield opened
    opened.close()


def put_store(folder: Path) -> None:
    """A new store as a file of `folder`."""
    file = os.open(folder / "alongside.sqlite", os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(file, "wb") as stream:
        stream.write(_new_store())


@cache
def _new_store() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        open_store(Path(folder), {}).close()
        return (Path(folder) / "alongside.sqlite").read_bytes()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """A server of our own, on a socket in a folder of its own; its URL without a database."""
    with running_postgresql(folder=fast_folder() or "/tmp") as url:
        yield url


@pytest.fixture(scope="session")
def outside(postgresql: str) -> Iterator[sa.Connection]:
    """A connection to the server from outside any store: there is a store that is copied, and copies can be made."""
    engine = sa.create_engine(postgresql.format(database="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {READY}"))
        open_store(Path("/tmp"), {"ALONGSIDE_DATABASE_URL": postgresql.format(database=READY)}).close()
        yield connection
    engine.dispose()


@pytest.fixture
def make_database(postgresql: str, outside: sa.Connection) -> Iterator[MakeDatabase]:
    """A factory of URLs, each of a new database that is like another."""
    # Files are copied in half the time that the log takes; before version 15 PostgreSQL knew no other way.
    strategy = "STRATEGY FILE_COPY" if (outside.dialect.server_version_info or ()) >= (15,) else ""
    made: list[str] = []

    def make(*, like: str = "template1") -> str:
        made.append(f"store{len(made)}")
        outside.execute(sa.text(f"CREATE DATABASE {made[-1]} TEMPLATE {like} {strategy}"))
        return postgresql.format(database=made[-1])

    yield make
    for name in made:  # each takes megabytes
        outside.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
