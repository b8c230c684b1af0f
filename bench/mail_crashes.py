"""Senders killed with `kill -9` at random moments: what is lost, doubled and held, in each way to set it up.

A server records every mail before it answers. A sender is a process of its own, forked from one that has read the
community already, and does what `alongside send` does: it settles what the last one left, claims, writes, sends. It is
killed after a random while, again and again; the last one may finish. Then the server's record is counted.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from sqlalchemy import func, select, update

from alongside.delivery.desk import Desk
from alongside.delivery.message_ids import message_id
from alongside.delivery.schema import steps
from alongside.delivery.transports.smtp import Smtp
from alongside.delivery.transports.smtp_url import parse_smtp_url
from alongside.delivery.worker import World, plan_pass, send_due
from alongside.settings import Uncertain
from bench.children import kill_within, wait_for
from bench.mail_people import NOW, Example, fill_store, opened

CONNECTIONS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Crashes:
    """What a series of kills came to."""

    mails: int
    accepted: int  # different mails that the server took
    sent: int  # that the store knows as sent
    duplicates: int  # mails that the server took once more
    most_duplicates: int  # of one kill: a sender that is killed early leaves some of the last one's to the next
    held: int  # mails left to a person, whether the server took them or not
    most_held: int  # after one kill
    held_unheard: int  # of those held: the server never took them

    @property
    def lost(self) -> int:
        """Mails that did not arrive, and that nobody is asked about."""
        return self.mails - self.accepted - self.held_unheard

    @property
    def unsettled(self) -> int:
        """Steps that are neither sent nor held in the end."""
        return self.mails - self.sent - self.held


def crash(
    example: Example, root: Path, *, url: str, uncertain: Uncertain, mails: int, kills: int, longest: float, seed: int
) -> Crashes:
    """Send `mails` with `kills` kills, each within `longest` seconds of a sender's first mail."""
    mail = replace(example.settings.mail, uncertain=uncertain)
    example = replace(example, settings=replace(example.settings, root=root, mail=mail))
    with opened(root, url) as store:
        fill_store(store, example, mails)
        with store.writing() as connection:  # one mail each is what is counted
            first = example.journey.steps[0].id
            connection.execute(update(steps).where(steps.c.moment != first).values(state="skipped"))
        desk = example.desk(store)
        plan_pass(store, desk, now=NOW, limit=50)  # what a process works out once is not what is killed here
    chance, record = random.Random(seed), root / "accepted"
    taken: dict[str, int] = {}  # by mail: the life of the sender in which the server took it last
    doubled: Counter[int] = Counter()  # by life: what the server took in it, unheard, and then again
    held = [0]  # after each life
    position = 0
    with recording_sink(record) as port:
        for number in range(kills + 1):
            child = _fork_sender(desk, root, url, port)
            if number == kills:
                wait_for(child)
            else:
                kill_within(child, lambda: record.stat().st_size > position, chance.uniform(0, longest))  # noqa: B023
            fresh, position = _read_on(record, position)
            for identity in fresh:
                if identity in taken:
                    doubled[taken[identity]] += 1
                taken[identity] = number
            held.append(_count(root, url, "held"))
    return Crashes(
        mails=mails,
        accepted=len(taken),
        sent=_count(root, url, "sent"),
        duplicates=doubled.total(),
        most_duplicates=max(doubled.values(), default=0),
        held=held[-1],
        most_held=max(after - before for before, after in pairwise(held)),
        held_unheard=_count_unheard(root, url, taken, desk.domain),
    )


def _fork_sender(desk: Desk, root: Path, url: str, port: int) -> int:
    """A process that makes one pass; its number."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        with opened(root, url) as store:
            server = parse_smtp_url(f"smtp://127.0.0.1:{port}?connections={CONNECTIONS}")
            world = World(
                now=lambda: NOW, wall=lambda: datetime.now(UTC), chance=random.Random(), journals=root / "journal"
            )
            send_due(store, desk, Smtp(server, hostname="bench.example.org"), world)
        code = 0
    except BaseException as error:
        print(f"sender: {error!r}", file=sys.stderr, flush=True)
    finally:
        os._exit(code)


def _read_on(record: Path, position: int) -> tuple[list[str], int]:
    with record.open("rb") as file:
        file.seek(position)
        content = file.read()
    return [line.split()[0] for line in content.decode().splitlines()], position + len(content)


def _count(root: Path, url: str, state: str) -> int:
    with opened(root, url) as store, store.reading() as connection:
        return connection.scalar(select(func.count()).select_from(steps).where(steps.c.state == state)) or 0


def _count_unheard(root: Path, url: str, taken: Collection[str], domain: str) -> int:
    with opened(root, url) as store, store.reading() as connection:
        held = connection.scalars(select(steps.c.id).where(steps.c.state == "held")).all()
        return sum(message_id(store.key, step, domain) not in taken for step in held)


@contextmanager
def recording_sink(record: Path) -> Iterator[int]:
    """The recording server in a process of its own; its port."""
    record.touch()
    command = [sys.executable, "-m", "bench.recording_sink", str(record)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent.parent)
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()
