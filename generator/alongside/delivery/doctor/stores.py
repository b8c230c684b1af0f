"""The store: whether it opens, can be written and has room, and what the passes over it left behind."""

from __future__ import annotations

import contextlib
import fcntl
import re
import shutil
import stat
import time
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Select, create_engine, exc, func, insert, inspect, select
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

from alongside.delivery.doctor.findings import Finding, Notebook, count_of
from alongside.delivery.doctor.setups import Setup
from alongside.delivery.journal import SUFFIX
from alongside.delivery.schema import enrollments, facts, received, runs, steps
from alongside.delivery.store import REVISION, Store, StoreError, open_store, store_exists, store_url
from alongside.delivery.worker import FAILED

_NOTE = Notebook("store")
LATE = timedelta(hours=1)  # cron runs every few minutes; after an hour it does not
SILENT = timedelta(days=1)
RECENT = timedelta(days=7)
HEARD = timedelta(days=30)  # a mail that came in since then shows that answers arrive
ROOM = 200 * 2**20  # bytes; less than this is soon nothing
SLOW = 0.25  # seconds of one question to the database
PATIENCE = 5  # seconds of waiting for another process's write
CRON = "Let cron run it: */10 * * * *  cd FOLDER && alongside send. Or keep `alongside run` running."

# File systems on which SQLite's log cannot be shared, because locks or shared memory end at the machine.
REMOTE = re.compile(r"nfs\d?|cifs|smb\d?|smbfs|9p|afs|ceph|glusterfs|fuse\.(sshfs|glusterfs|s3fs|rclone|gcsfuse)|davfs")


def check_store(setup: Setup) -> Iterator[Finding]:
    """The store of a set-up, as it is: none is made, none upgraded, nothing kept."""
    try:
        if not store_exists(setup.settings.root, setup.environment):
            yield _NO_STORE
            return
        url = store_url(setup.settings.root, hurried(setup))
        path = Path(str(url.database)) if url.get_backend_name() == "sqlite" else None
        if path is not None:
            yield from _check_file(path, setup)
        revision = read_revision(url)
        if revision in OLDER:
            yield OLDER[revision]
            return
        with contextlib.closing(open_soon(setup)) as store:
            yield _NOTE.ok("schema", f"{'PostgreSQL' if path is None else 'SQLite'}, schema {REVISION}.")
            yield from _check_database(store)
            yield _check_writing(store)
            with store.reading() as connection:
                yield from _check_passes(connection, setup)
                yield from _check_steps(connection, setup.now)
                yield _check_arrivals(connection, setup.now)
    except StoreError as error:
        yield _NOTE.error("store", error.message, error.hint)
    yield from _check_journals(setup)


_NO_STORE = _NOTE.skipped("store", "There is none yet; `alongside enroll` makes it.")
# What `read_revision` says of a store that opening would change -> what is told instead of opening it.
OLDER = {"": _NO_STORE} | {
    f"{number:04}": _NOTE.warning(
        "schema",
        f"The store is of an older version (schema {number:04}, this one wants {REVISION}).",
        "Make a backup; the next command upgrades it.",
    )
    for number in range(1, int(REVISION))
}


def open_soon(setup: Setup) -> Store:
    """The store, by `open_store`; a server that does not answer is not waited for as long as a pass would."""
    return open_store(setup.settings.root, hurried(setup))


def hurried(setup: Setup) -> Mapping[str, str]:
    """The environment with the doctor's timeout in the URL of a server (libpq's `connect_timeout`, whole seconds)."""
    url = store_url(setup.settings.root, setup.environment)
    if url.get_backend_name() == "sqlite" or "connect_timeout" in url.query:
        return setup.environment
    url = url.update_query_dict({"connect_timeout": str(max(2, round(setup.timeout)))})
    rest = {name: value for name, value in setup.environment.items() if name != "ALONGSIDE_DATABASE_URL_FILE"}
    return {**rest, "ALONGSIDE_DATABASE_URL": url.render_as_string(hide_password=False)}


def read_revision(url: URL) -> str:
    """The schema's revision, read without a change. Empty: nothing was made yet; `?`: `open_store` says what it is."""
    if url.get_backend_name() == "sqlite":
        url = url.set(database=f"{Path(str(url.database)).resolve().as_uri()}").update_query_dict(
            {"mode": "ro", "uri": "true"}
        )
    try:
        engine = create_engine(url, hide_parameters=True, poolclass=NullPool)
        with engine.connect() as connection:
            tables = inspect(connection).get_table_names()
            if "alembic_version" not in tables:
                return "?" if tables else ""
            return str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar())
    except (exc.DBAPIError, ModuleNotFoundError):
        return "?"


def _check_file(path: Path, setup: Setup) -> Iterator[Finding]:
    """Mode, file system and room of a SQLite file."""
    try:
        status = path.stat()
        free = shutil.disk_usage(path.parent).free
    except OSError as error:
        yield _NOTE.error("file", f"{path.name} cannot be looked at: {error.strerror}.", "Let this user read it.")
        return
    yield check_private(_NOTE, "file mode", path)
    remote = remote_file_system(path, setup.mounts)
    if remote:
        yield _NOTE.error(
            "file system",
            f"{path.name} is on {remote}, where two processes can damage it.",
            "Move it to a disk of this machine, or use PostgreSQL.",
        )
    size = f"{status.st_size / 2**20:,.1f} MB, {free / 2**30:,.1f} GB free"
    if free < max(ROOM, status.st_size):
        yield _NOTE.warning("room", f"{size}.", "Make room: a full disk stops every pass, and compacting needs a copy.")
    else:
        yield _NOTE.ok("room", f"{size}.")


def check_private(note: Notebook, what: str, path: Path) -> Finding:
    """Whether the owner alone can read what is at `path`."""
    mode = stat.S_IMODE(path.stat().st_mode)
    letters = "u=rwX,go="
    if mode & 0o077:
        return note.error(
            what,
            f"Other accounts of this machine can open {path.name} (mode {mode:04o}).",
            f"chmod -R {letters} {path.name}",
        )
    return note.ok(what, f"{path.name} is for its owner alone.")


def remote_file_system(path: Path, mounts: Path) -> str:
    """The kind of file system `path` is on where that is one of `REMOTE`, else an empty text.

    `mounts` (proc(5)): `host:/export /srv nfs4 rw,... 0 0`, spaces in paths as `\\040`.
    """
    try:
        lines = mounts.read_text("utf-8", "replace").splitlines()
    except OSError:
        return ""
    place = str(path.resolve())
    best, kind = -1, ""
    for line in lines:
        fields = line.split()
        if len(fields) < 3:
            continue
        point = fields[1].replace("\\040", " ").rstrip("/")
        if place.startswith(f"{point}/") and len(point) >= best:
            best, kind = len(point), fields[2]
    return kind if REMOTE.fullmatch(kind) else ""


def _check_database(store: Store) -> Iterator[Finding]:
    with store.reading() as connection:
        if store.path is not None:
            mode = str(connection.exec_driver_sql("PRAGMA journal_mode").scalar())
            if mode == "wal":
                yield _NOTE.ok("log", "Readers do not wait for writers (WAL).")
            else:
                yield _NOTE.warning(
                    "log",
                    f"The file system does not let SQLite keep a write-ahead log (it uses {mode}).",
                    "Move the store to a disk of this machine.",
                )
            return
        began = time.perf_counter()
        version = str(connection.exec_driver_sql("SHOW server_version").scalar()).split()[0]
        took = time.perf_counter() - began
        yield _latency(version, took)
        yield _encryption(connection, store.engine.url.host or str(store.engine.url.query.get("host", "")))


def _latency(version: str, seconds: float) -> Finding:
    said = f"PostgreSQL {version} answers in {seconds * 1000:,.1f} ms."
    if seconds > SLOW:
        return _NOTE.warning("server", said, "Run Alongside near its database: a pass asks many times.")
    if int(re.match(r"\d+", version).group() if re.match(r"\d+", version) else 99) < 13:  # type: ignore[union-attr]
        return _NOTE.warning("server", said, "Upgrade PostgreSQL: this version is no longer maintained.")
    return _NOTE.ok("server", said)


def _encryption(connection: Connection, host: str) -> Finding:
    """Addresses of people cross the network only inside TLS."""
    row = connection.exec_driver_sql("SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()").one_or_none()
    if row is not None and row[0]:
        return _NOTE.ok("encryption", f"The connection is encrypted ({row[1]}).")
    if host in ("", "localhost", "127.0.0.1", "::1") or host.startswith("/"):
        return _NOTE.ok("encryption", "The server is on this machine.")
    return _NOTE.error(
        "encryption",
        f"The connection to {host} is not encrypted, and people's addresses cross it.",
        "Add ?sslmode=verify-full to ALONGSIDE_DATABASE_URL, and turn on ssl in the server.",
    )


def _check_writing(store: Store) -> Finding:
    """A row is written and taken back."""
    if store.path is not None:
        _be_brief(store)
    with store.writing() as connection:
        if store.path is None:
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{PATIENCE}s'")
        connection.execute(insert(facts), {"name": "doctor", "value": "was here"})
        connection.rollback()
    return _NOTE.ok("writing", "It can be written.")


def _be_brief(store: Store) -> None:
    """Wait for another process not as long as a pass would; the pool gives the same connection again."""
    connection = store.engine.raw_connection()
    try:
        connection.cursor().execute(f"PRAGMA busy_timeout={PATIENCE * 1000}")
    finally:
        connection.close()


def last_real_pass(connection: Connection) -> datetime | None:
    """When the last pass on the real clock began."""
    latest: Select[Any] = select(func.max(runs.c.real_at, type_=runs.c.real_at.type))
    found: datetime | None = connection.scalar(latest)
    return found


def _check_passes(connection: Connection, setup: Setup) -> Iterator[Finding]:
    """Whether cron, or the service, runs."""
    last = last_real_pass(connection)
    late = select(func.count(), func.min(steps.c.due_at, type_=steps.c.due_at.type)).where(
        steps.c.state == "planned", steps.c.due_at <= setup.now - LATE
    )
    overdue, oldest = connection.execute(late).one()
    people = connection.scalar(select(func.count()).select_from(enrollments)) or 0
    waiting = f"{count_of(overdue, 'mail')} should have gone out, the first one {_ago(setup.now, oldest)}."
    if last is None:
        if overdue:
            yield _NOTE.error("passes", f"No pass has run yet; {waiting}", CRON)
        elif people:
            yield _NOTE.warning("passes", "No pass has run yet.", CRON)
        else:
            yield _NOTE.skipped("passes", "Nobody is enrolled yet, and no pass has run.", CRON)
        return
    ran = f"The last pass ran {_ago(setup.now, last)}"
    if setup.now - last > LATE and overdue:
        yield _NOTE.error("passes", f"{ran}; {waiting}", f"See why none ran since. {CRON}")
    elif setup.now - last > SILENT:
        yield _NOTE.warning("passes", f"{ran}.", f"See why none ran since. {CRON}")
    else:
        yield _NOTE.ok("passes", f"{ran}.")
        if overdue:
            yield _NOTE.warning(
                "overdue mails", f"Passes run, and yet {waiting}", f"{_STATUS}. A journey or a moment may be gone."
            )


def _check_steps(connection: Connection, now: datetime) -> Iterator[Finding]:
    """Steps that wait for a person."""

    def count(*conditions: Any) -> int:
        return connection.scalar(select(func.count()).select_from(steps).where(*conditions)) or 0

    held = count(steps.c.state == "held")
    refused = count(steps.c.state == "failed", func.coalesce(steps.c.done_at, steps.c.due_at) >= now - RECENT)
    unwritten = count(steps.c.state == "planned", steps.c.reason.startswith(FAILED, autoescape=True))
    if held:
        yield _NOTE.warning(
            "held mails",
            f"{count_of(held, 'mail')} of which nobody can say whether {'it' if held == 1 else 'they'} arrived.",
            "Decide: alongside send --resolve",
        )
    if refused:
        yield _NOTE.warning(
            "refused mails", f"{count_of(refused, 'mail')} refused for good in the last seven days.", _STATUS
        )
    if unwritten:
        yield _NOTE.warning("unwritten mails", f"{count_of(unwritten, 'mail')} could not be written.", _STATUS)
    if not held and not refused and not unwritten:
        yield _NOTE.ok("mails", "None is held, refused or unwritten.")


_STATUS = "See why: alongside status"


def _check_arrivals(connection: Connection, now: datetime) -> Finding:
    """Whether mail comes in at all, on whichever way."""
    last: datetime | None = connection.scalar(
        select(func.max(received.c.received_at, type_=received.c.received_at.type))
    )
    if last is None:
        return _NOTE.skipped("arrivals", "No answer, stop or bounce has come in yet.")
    if now - last > HEARD:
        return _NOTE.skipped("arrivals", f"The last mail came in {_ago(now, last)}.")
    return _NOTE.ok("arrivals", f"The last mail came in {_ago(now, last)}.")


def _check_journals(setup: Setup) -> Iterator[Finding]:
    """What a sender writes down while it sends, and takes away when the store knows all of it."""
    folder = setup.settings.journal_dir
    if not folder.is_dir():
        return
    try:
        yield check_private(_NOTE, "journal mode", folder)
        left = sum(_is_left(path) for path in folder.iterdir() if path.name.endswith(SUFFIX))
    except OSError as error:
        yield _NOTE.error("journals", f"journal/ cannot be read: {error.strerror}.", "Let this user read and write it.")
        return
    if left:
        yield _NOTE.warning(
            "journals",
            f"{count_of(left, 'journal')} left behind by passes that did not end.",
            "Run: alongside send. It reads them and decides what arrived; keep them until then.",
        )
    else:
        yield _NOTE.ok("journals", "None is left behind.")


def _is_left(path: Path) -> bool:
    """Whether nobody writes it any more: a living writer holds its lock."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except FileNotFoundError:  # its writer has just taken it away
        return False
    return True


def _ago(now: datetime, then: datetime | None) -> str:
    """`8 minutes ago`, for people; an instant to come is `now`."""
    if then is None:
        return "now"
    seconds = int((now - then).total_seconds())
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size * 2 or (seconds >= size and unit == "minute"):
            return f"{count_of(seconds // size, unit)} ago"
    return "now"
