from __future__ import annotations

import dataclasses
import fcntl
import os
import socket
import sqlite3
import time
from collections import namedtuple
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, insert, text, update

from alongside.delivery.doctor import stores
from alongside.delivery.doctor.findings import Finding
from alongside.delivery.doctor.stores import _check_database, _encryption, _latency, check_store, remote_file_system
from alongside.delivery.schema import enrollments, newcomers, received, runs, steps
from alongside.delivery.store import REVISION, Store, open_store
from delivery.doctor.looking import NOW, MakeSetup, told

CRON = "Let cron run it: */10 * * * *  cd FOLDER && alongside send. Or keep `alongside run` running."
HOUR = timedelta(hours=1)


def enroll(store: Store, *due: datetime, state: str = "planned", reason: str = "") -> None:
    """One newcomer, with a step for each instant."""
    with store.writing() as connection:
        person = connection.execute(
            insert(newcomers).values(
                address="rui@example.net", address_as_given="rui@example.net", name="Rui", zone="", languages=[], profile={}, created_at=NOW
            )
        ).inserted_primary_key  # fmt: skip
        assert person is not None
        enrollment = connection.execute(
            insert(enrollments).values(
                newcomer_id=person[0], journey="month", basis="consent", source="", enrolled_at=NOW, state="active"
            )
        ).inserted_primary_key
        assert enrollment is not None
        for number, at in enumerate(due):
            connection.execute(
                insert(steps).values(enrollment_id=enrollment[0], moment=f"m{number}", due_at=at, state=state, reason=reason)
            )  # fmt: skip


def record_pass(store: Store, at: datetime) -> None:
    with store.writing() as connection:
        connection.execute(insert(runs).values(at=at, real_at=at, sent=1, skipped=0, planned_again=0, failed=0))


def look(make_setup: MakeSetup, environment: dict[str, str]) -> Sequence[Finding]:
    return list(check_store(make_setup(environment=environment)))


def test_a_store_as_it_should_be(store: Store, environment: dict[str, str], make_setup: MakeSetup) -> None:
    enroll(store, NOW + HOUR)
    record_pass(store, NOW - timedelta(minutes=8))
    findings = look(make_setup, environment)
    assert {finding.state for finding in findings} == {"ok", "skipped"}
    kind = "SQLite" if store.path is not None else "PostgreSQL"
    assert told(findings, "schema") == ("ok", f"{kind}, schema {REVISION}.")
    assert told(findings, "writing") == ("ok", "It can be written.")
    assert told(findings, "passes") == ("ok", "The last pass ran 8 minutes ago.")
    assert told(findings, "mails") == ("ok", "None is held, refused or unwritten.")
    assert told(findings, "arrivals") == ("skipped", "No answer, stop or bounce has come in yet.")
    if store.path is not None:
        assert told(findings, "file mode") == ("ok", "alongside.sqlite is for its owner alone.")
        assert told(findings, "log") == ("ok", "Readers do not wait for writers (WAL).")
        assert told(findings, "room")[1].endswith(" GB free.")
    else:
        assert told(findings, "encryption") == ("ok", "The server is on this machine.")
        assert told(findings, "server")[1].startswith("PostgreSQL ")


def test_looking_makes_no_store(tmp_path: Path, make_setup: MakeSetup) -> None:
    findings = look(make_setup, {})
    assert told(findings, "store") == ("skipped", "There is none yet; `alongside enroll` makes it.")
    assert not (tmp_path / "alongside.sqlite").exists()


@pytest.mark.postgresql
def test_looking_makes_no_tables(make_database: Callable[[], str], make_setup: MakeSetup) -> None:
    environment = {"ALONGSIDE_DATABASE_URL": make_database()}
    for _ in range(2):
        assert [finding.what for finding in look(make_setup, environment)] == ["store"]


def test_an_older_store_is_not_upgraded(store: Store, environment: dict[str, str], make_setup: MakeSetup) -> None:
    with store.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    for _ in range(2):
        assert told(look(make_setup, environment), "schema") == (
            "warning",
            f"The store is of an older version (schema 0001, this one wants {REVISION}). Make a backup; the next command "
            "upgrades it.",
        )


def test_a_newer_store(store: Store, environment: dict[str, str], make_setup: MakeSetup) -> None:
    with store.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    state, message = told(look(make_setup, environment), "store")
    assert (state, message.split(" (")[0]) == ("error", "The store was made by a newer Alongside")


def test_a_file_of_another_program(tmp_path: Path, make_setup: MakeSetup) -> None:
    with sqlite3.connect(tmp_path / "alongside.sqlite") as connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    state, message = told(look(make_setup, {}), "store")
    assert (state, message.split(". ")[0]) == ("error", "The store is a SQLite file of another program")


def test_a_server_out_of_reach(make_setup: MakeSetup) -> None:
    findings = look(make_setup, {"ALONGSIDE_DATABASE_URL": "postgresql://us:hunter2@127.0.0.1:1/x"})
    assert told(findings, "store") == (
        "error",
        "The database server at 127.0.0.1 cannot be used (OperationalError). Look at ALONGSIDE_DATABASE_URL and at the "
        "server's log; nothing was lost.",
    )
    assert "hunter2" not in str(findings)


def test_another_process_holds_the_store(
    tmp_path: Path, make_setup: MakeSetup, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_store(tmp_path, {}).close()
    monkeypatch.setattr(stores, "PATIENCE", 0)
    holder = sqlite3.connect(tmp_path / "alongside.sqlite", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    state, message = told(look(make_setup, {}), "store")
    holder.close()
    assert (state, message.split(":")[0]) == ("error", "The store is busy")


def test_other_accounts_can_read_it(tmp_path: Path, make_setup: MakeSetup) -> None:
    open_store(tmp_path, {}).close()
    (tmp_path / "alongside.sqlite").chmod(0o640)
    assert told(look(make_setup, {}), "file mode") == (
        "error",
        "Other accounts of this machine can open alongside.sqlite (mode 0640). chmod -R u=rwX,go= alongside.sqlite",
    )


def test_little_room(tmp_path: Path, make_setup: MakeSetup, monkeypatch: pytest.MonkeyPatch) -> None:
    open_store(tmp_path, {}).close()
    usage = namedtuple("usage", "free")
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage(free=50 * 2**20))
    state, message = told(look(make_setup, {}), "room")
    assert (state, message.partition(", ")[2]) == (
        "warning",
        "0.0 GB free. Make room: a full disk stops every pass, and compacting needs a copy.",
    )


MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
host:/export /srv nfs4 rw,vers=4.2 0 0
/dev/sdb1 /srv/local\\040disk xfs rw 0 0
us@host: /home/us/far fuse.sshfs rw 0 0
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/srv/ours/alongside.sqlite", "nfs4"),
        ("/srvx/alongside.sqlite", ""),
        ("/srv/local disk/alongside.sqlite", ""),
        ("/home/us/far/alongside.sqlite", "fuse.sshfs"),
        ("/home/us/alongside.sqlite", ""),
    ],
)
def test_file_systems(tmp_path: Path, path: str, kind: str) -> None:
    (tmp_path / "mounts").write_text(MOUNTS)
    assert remote_file_system(Path(path), tmp_path / "mounts") == kind


def test_a_store_on_nfs(tmp_path: Path, make_setup: MakeSetup) -> None:
    open_store(tmp_path, {}).close()
    (tmp_path / "mounts").write_text(f"host:/export {tmp_path} nfs rw 0 0\n")
    setup = dataclasses.replace(make_setup(), mounts=tmp_path / "mounts")
    assert told(check_store(setup), "file system") == (
        "error",
        "alongside.sqlite is on nfs, where two processes can damage it. Move it to a disk of this machine, or use "
        "PostgreSQL.",
    )


@pytest.mark.parametrize(
    ("due", "ran", "state", "said"),
    [
        ((), None, "skipped", f"Nobody is enrolled yet, and no pass has run. {CRON}"),
        ((NOW,), None, "warning", f"No pass has run yet. {CRON}"),
        (
            (NOW - 2 * HOUR, NOW - 3 * HOUR),
            None,
            "error",
            f"No pass has run yet; 2 mails should have gone out, the first one 3 hours ago. {CRON}",
        ),
        (
            (NOW - 2 * HOUR,),
            NOW - timedelta(days=3),
            "error",
            "The last pass ran 3 days ago; 1 mail should have gone out, the first one 2 hours ago. See why "
            f"none ran since. {CRON}",
        ),
        ((NOW,), NOW - timedelta(days=3), "warning", f"The last pass ran 3 days ago. See why none ran since. {CRON}"),
        ((NOW,), NOW - 2 * HOUR, "ok", "The last pass ran 2 hours ago."),
        ((NOW - 2 * HOUR,), NOW, "ok", "The last pass ran now."),
    ],
)  # fmt: skip
def test_whether_cron_runs(
    tmp_path: Path, make_setup: MakeSetup, due: tuple[datetime, ...], ran: datetime | None, state: str, said: str
) -> None:
    store = open_store(tmp_path, {})
    if due:
        enroll(store, *due)
    if ran is not None:
        record_pass(store, ran)
    store.close()
    assert told(look(make_setup, {}), "passes") == (state, said)


def test_overdue_although_passes_run(store: Store, environment: dict[str, str], make_setup: MakeSetup) -> None:
    enroll(store, NOW - 2 * HOUR)
    record_pass(store, NOW)
    assert told(look(make_setup, environment), "overdue mails") == (
        "warning",
        "Passes run, and yet 1 mail should have gone out, the first one 2 hours ago. See why: alongside status. A journey "
        "or a moment may be gone.",
    )


def test_mails_that_wait_for_a_person(store: Store, environment: dict[str, str], make_setup: MakeSetup) -> None:
    enroll(store, *[NOW + HOUR] * 4)
    with store.writing() as connection:
        for moment, state, reason in (("m0", "held", ""), ("m1", "held", ""), ("m2", "failed", "550")):
            connection.execute(update(steps).where(steps.c.moment == moment).values(state=state, reason=reason))
        connection.execute(update(steps).where(steps.c.moment == "m3").values(reason="could not be written: x"))
    findings = look(make_setup, environment)
    assert told(findings, "held mails") == (
        "warning",
        "2 mails of which nobody can say whether they arrived. Decide: alongside send --resolve",
    )
    assert told(findings, "refused mails") == (
        "warning",
        "1 mail refused for good in the last seven days. See why: alongside status",
    )
    assert told(findings, "unwritten mails") == ("warning", "1 mail could not be written. See why: alongside status")


def test_an_old_refusal_is_no_news(store: Store, environment: dict[str, str], make_setup: MakeSetup) -> None:
    enroll(store, NOW - timedelta(days=30), state="failed")
    assert told(look(make_setup, environment), "mails") == ("ok", "None is held, refused or unwritten.")


@pytest.mark.parametrize(("days", "state"), [(3, "ok"), (40, "skipped")])
def test_mail_that_came_in(
    store: Store, environment: dict[str, str], make_setup: MakeSetup, days: int, state: str
) -> None:
    with store.writing() as connection:
        at = NOW - timedelta(days=days)
        connection.execute(insert(received).values(identity="x", kind="reply", newcomer_id=None, received_at=at))
    assert told(look(make_setup, environment), "arrivals") == (state, f"The last mail came in {days} days ago.")


def test_journals_left_behind(tmp_path: Path, make_setup: MakeSetup) -> None:
    open_store(tmp_path, {}).close()
    folder = tmp_path / "journal"
    folder.mkdir(mode=0o700)
    assert told(look(make_setup, {}), "journals") == ("ok", "None is left behind.")
    for name in ("dead", "living"):
        (folder / f"{name}.journal").touch()
    living = os.open(folder / "living.journal", os.O_WRONLY)
    fcntl.flock(living, fcntl.LOCK_EX)
    assert told(look(make_setup, {}), "journals") == (
        "warning",
        "1 journal left behind by passes that did not end. Run: alongside send. It reads them and decides what arrived; "
        "keep them until then.",
    )
    os.close(living)
    folder.chmod(0o755)
    assert told(look(make_setup, {}), "journal mode")[0] == "error"


@pytest.mark.postgresql
def test_a_server_elsewhere_without_tls(make_database: Callable[[], str], tmp_path: Path) -> None:
    with (
        closing(open_store(tmp_path, {"ALONGSIDE_DATABASE_URL": make_database()})) as store,
        store.reading() as reading,
    ):
        assert told([_encryption(reading, "db.example.org")], "encryption") == (
            "error",
            "The connection to db.example.org is not encrypted, and people's addresses cross it. Add ?sslmode=verify-full "
            "to ALONGSIDE_DATABASE_URL, and turn on ssl in the server.",
        )


@pytest.mark.parametrize(
    ("version", "seconds", "state", "said"),
    [
        ("17.2", 0.0012, "ok", "PostgreSQL 17.2 answers in 1.2 ms."),
        (
            "17.2",
            0.4,
            "warning",
            "PostgreSQL 17.2 answers in 400.0 ms. Run Alongside near its database: a pass asks many times.",
        ),
        (
            "11.4",
            0.001,
            "warning",
            "PostgreSQL 11.4 answers in 1.0 ms. Upgrade PostgreSQL: this version is no longer maintained.",
        ),
    ],
)
def test_how_a_server_answers(version: str, seconds: float, state: str, said: str) -> None:
    assert told([_latency(version, seconds)], "server") == (state, said)


def test_a_server_that_accepts_and_says_nothing(make_setup: MakeSetup) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        began = time.monotonic()
        url = f"postgresql://us:hunter2@127.0.0.1:{silent.getsockname()[1]}/x"
        state, said = told(look(make_setup, {"ALONGSIDE_DATABASE_URL": url}), "store")
    assert (state, said.split(" (")[0]) == ("error", "The database server at 127.0.0.1 cannot be used")
    assert time.monotonic() - began < 15


def test_a_file_system_without_shared_memory(tmp_path: Path) -> None:
    engine = create_engine("sqlite://")  # in memory, where there is no write-ahead log either
    with closing(Store(engine=engine, path=tmp_path / "alongside.sqlite", key=b"")) as store:
        assert told(_check_database(store), "log") == (
            "warning",
            "The file system does not let SQLite keep a write-ahead log (it uses memory). Move the store to a disk of this "
            "machine.",
        )
