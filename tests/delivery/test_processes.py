"""Real processes on one store: two at once, and one that is killed."""

from __future__ import annotations

import mailbox
import signal
import time
from collections import Counter
from pathlib import Path

import pytest
import sqlalchemy as sa

from alongside.delivery.schema import messages, steps
from alongside.delivery.store import Store, open_store
from commands import Command
from small_community import FOR_ONE_MAIL

COUNT = 120
NOW = "2026-12-01T09:00Z"


def alongside(config: Path, environment: dict[str, str], name: str, *arguments: str) -> Command:
    return Command(name, "-f", str(config), *arguments, environment=environment)


def finish(process: Command) -> str:
    done = process.communicate()
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def config(write_community: object, environment: dict[str, str]) -> Path:
    """A community with many newcomers, all due."""
    rows = "\n".join(f"newcomer{number}@example.net,Newcomer {number},consent" for number in range(COUNT))
    written: Path = write_community(  # type: ignore[operator]
        {**FOR_ONE_MAIL, "newcomers.csv": f"email,name,basis\n{rows}\n".encode()}
    )
    table = str(written.parent / "newcomers.csv")
    finish(alongside(written, environment, "enroll", "month", "--csv", table, "--now", NOW))
    return written


def recipients(config: Path) -> Counter[str]:
    return Counter(str(mail["To"]) for mail in mailbox.Maildir(config.parent / "outbox", create=False))


def check_all_sent_once(config: Path, environment: dict[str, str]) -> None:
    assert len(recipients(config)) == COUNT
    assert set(recipients(config).values()) == {1}
    store: Store = open_store(config.parent, environment)
    with store.reading() as connection:
        states = connection.execute(sa.select(steps.c.state, sa.func.count()).group_by(steps.c.state)).all()
        assert connection.scalar(sa.select(sa.func.count()).select_from(messages)) == COUNT
    store.close()
    assert states == [("sent", COUNT)]


def test_two_at_once_send_nothing_twice(config: Path, environment: dict[str, str]) -> None:
    outputs = [finish(process) for process in [alongside(config, environment, "send", "--now", NOW) for _ in range(2)]]
    counts = [int(output.splitlines()[-1].split()[0]) for output in outputs]
    assert sum(counts) == COUNT
    check_all_sent_once(config, environment)


@pytest.mark.parametrize("after", [pytest.param(1, marks=pytest.mark.soak), 105])
def test_killed_in_the_middle_nothing_is_lost_and_nothing_doubled(
    config: Path, environment: dict[str, str], after: int
) -> None:
    process = alongside(config, environment, "send", "--now", NOW)
    new = config.parent / "outbox" / "new"
    while process.poll() is None and (not new.is_dir() or sum(1 for _ in new.iterdir()) < after):
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    finish(alongside(config, environment, "send", "--now", NOW))
    check_all_sent_once(config, environment)
