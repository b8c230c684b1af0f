"""Real processes on one store: two at once, and one that is killed."""

from __future__ import annotations

import mailbox
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
import sqlalchemy as sa

from alongside.delivery.schema import messages, steps
from alongside.delivery.store import Store, open_store

COUNT = 120
NOW = "2026-12-01T09:00Z"
MEMBER = """\
    ---
    name: Ana Souza
    welcomes: 500
    consent: {since: 2026-01-01, for: [page, embed, mail]}
    ---
    Hello.

    ## Welcome
    Good that you are here.
    """
JOURNEY = """\
    title: The first month
    moments:
      - {id: welcome, owner: community, where: mail, message: mails/welcome.md}
    """
MESSAGE = """\
    ---
    subject: Hello
    ---
    Hello {{ newcomer.name }}! {% if member.words %}{{ member.words }}{% endif %}
    """


def alongside(config: Path, environment: dict[str, str], *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [str(Path(sys.executable).parent / "alongside"), arguments[0], "-f", str(config), *arguments[1:]],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> str:
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    return output


@pytest.fixture
def config(write_community: object, environment: dict[str, str]) -> Path:
    """A community with many newcomers, all due."""
    rows = "\n".join(f"newcomer{number}@example.net,Newcomer {number},consent" for number in range(COUNT))
    written: Path = write_community(  # type: ignore[operator]
        {
            "content/members/ana-souza.md": MEMBER,
            "journeys/month.yml": JOURNEY,
            "journeys/mails/welcome.md": MESSAGE,
            "newcomers.csv": f"email,name,basis\n{rows}\n".encode(),
        }
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
