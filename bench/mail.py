"""Area mail: one mail built, many sent to a sink and to a real Postfix, senders killed, and millions asleep."""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import aiosmtplib
import sqlalchemy as sa

from alongside.delivery.claims import LEASE, Claim, LoadBook, claim_batch
from alongside.delivery.decisions import DueStep
from alongside.delivery.records import Sent, record_sent
from alongside.delivery.schema import enrollments, newcomers
from alongside.delivery.side_by_side import send_side_by_side
from alongside.delivery.store import Store, open_store
from alongside.delivery.transports.smtp import Smtp
from alongside.delivery.transports.smtp_url import parse_smtp_url
from alongside.delivery.worker import World, plan_pass, send_due
from alongside.settings import Uncertain
from bench.harness import BenchError, Figure
from bench.mail_build import measure_build
from bench.mail_crashes import CONNECTIONS, crash
from bench.mail_people import NOW, Example, fill_store, load_example, make_newcomers, opened
from bench.mail_servers import fast_folder, running_postfix, running_sink, time_smtp_source
from bench.postgresql import running_postgresql

BATCH = 100  # steps claimed and recorded at once where millions sleep
UNCERTAIN: tuple[Uncertain, ...] = ("resend", "hold")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--mails", type=int, default=10_000, help="mail: how many to send a round (default 10,000)")
    parser.add_argument("--kills", type=int, default=250, help="mail: kills in each set-up (default 250)")
    parser.add_argument("--killed-mails", type=int, default=60_000, help="mail: mails in each set-up (default 60,000)")
    parser.add_argument("--sleeping", type=int, default=3_000_000, help="mail: rows asleep (default 3,000,000)")
    parser.add_argument(
        "--only", choices=("build", "sink", "postfix", "crashes", "sleeping"), help="mail: one part of it"
    )


def measure(arguments: argparse.Namespace) -> Iterator[Figure]:
    """Yield the figures of this area. Raises `BenchError` when a side did not do what was to be measured."""
    parts: dict[str, Callable[[], Iterator[Figure]]] = {
        "build": measure_build,
        "sink": partial(_measure_sink, arguments.mails, arguments.rounds),
        "postfix": partial(_measure_postfix, arguments.mails, arguments.rounds),
        "sleeping": partial(_measure_sleeping, arguments.sleeping),
        "crashes": partial(_measure_crashes, arguments.killed_mails, arguments.kills),
    }
    for name, part in parts.items():
        if arguments.only in (None, name):
            yield from part()


@contextmanager
def _room() -> Iterator[Path]:
    """A folder for a store, in memory where there is some: the peers of these figures wait for no disk either."""
    folder = Path(tempfile.mkdtemp(prefix="alongside-bench-", dir=fast_folder()))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """A whole pass: everything that `alongside send` does once the community is read."""

    seconds: float
    octets: int  # of one mail, in the mean


def _send_all(root: Path, example: Example, mails: int, port: int, *, processes: int) -> Pass:
    """Enroll `mails` newcomers, then one pass over them, as `alongside send` makes it."""
    with opened(root) as store:
        fill_store(store, example, mails)
        desk = example.desk(store)
        url = f"smtp://127.0.0.1:{port}?connections={CONNECTIONS}&messages={mails}"
        transport = Smtp(parse_smtp_url(url), hostname="bench.example.org")
        started = time.perf_counter()
        if processes == 1:
            report = send_due(store, desk, transport, _world(root))
        else:
            report = send_side_by_side(
                store, desk, _world(root), open_store=lambda: open_store(root, {}), open_transport=transport.share,
                processes=processes,
            )  # fmt: skip
        seconds = time.perf_counter() - started
        if report.count("sent") != mails:
            raise BenchError(f"{report.count('sent')} of {mails} mails were sent")
        return Pass(seconds=seconds, octets=_octets(example, store))


def _world(root: Path) -> World:
    return World(now=lambda: NOW, wall=lambda: datetime.now(UTC), chance=random.Random(1), journals=root / "journal")


def _octets(example: Example, store: Store, *, sample: int = 200) -> int:
    """How long a mail is: the mean of the first few newcomers' next ones."""
    desk, step = example.desk(store), example.journey.steps[0]
    lengths = []
    for number, newcomer in enumerate(make_newcomers(sample, example.community), start=1):
        due = DueStep(
            step_id=number, enrollment_id=number, newcomer_id=number, journey=example.journey.slug, moment=step.id,
            enrolled_at=NOW, enrollment_state="active", dated_at=None, newcomer=newcomer,
            domain=newcomer.email.rpartition("@")[2], member="", suppressed=False, last_mail=None,
            events=frozenset(), thread="",
        )  # fmt: skip
        claim = Claim(due=due, member=desk.assign(due, {}, now=NOW), contact="", changed=False, dated_at=NOW)
        lengths.append(len(desk.write(claim, now=NOW)[1].content))
    return round(statistics.mean(lengths))


def _constant(octets: int) -> bytes:
    """A mail of that length that is always the same."""
    head = b"From: team@example.org\r\nTo: ana@example.net\r\nSubject: hello\r\nMessage-ID: <a@example.org>\r\n\r\n"
    line = b"x" * 74 + b"\r\n"
    return head + line * max(1, (octets - len(head)) // len(line))


def _aiosmtplib(mails: int, port: int, octets: int) -> float:
    """The peer: aiosmtplib sending one constant message over as many connections; seconds."""
    message = _constant(octets)

    async def lane(count: int) -> None:
        client = aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False, use_tls=False)
        await client.connect()
        for _ in range(count):
            await client.sendmail("team@example.org", ["ana@example.net"], message)
        await client.quit()

    async def all_lanes() -> None:
        await asyncio.gather(*(lane(mails // CONNECTIONS) for _ in range(CONNECTIONS)))

    started = time.perf_counter()
    asyncio.run(all_lanes())
    return time.perf_counter() - started


def _measure_sink(mails: int, rounds: int) -> Iterator[Figure]:
    cores = os.cpu_count() or 1
    ratios, alone, ours, peers = [], [], [], []
    with running_sink(counts=False) as sink:
        for _ in range(rounds):
            with _room() as root:
                sent = _send_all(root, load_example(root), mails, sink.port, processes=cores)
            peer = _aiosmtplib(mails, sink.port, sent.octets)
            with _room() as root:
                single = _send_all(root, load_example(root), mails, sink.port, processes=1)
            ours.append(mails / sent.seconds)
            peers.append(mails / peer)
            ratios.append(peer / sent.seconds)
            alone.append(peer / single.seconds)
    print(f"to smtp-sink, {mails:,} mails: pipeline {_spread(ours)}, aiosmtplib with one message {_spread(peers)}")
    name = "whole pipeline to a sink / aiosmtplib sending one constant message"
    yield Figure(name=f"{name}, on {cores} cores", value=statistics.median(ratios), goal=0.85, relation=">=")
    print(f"{name}, one process: {statistics.median(alone):.3f}")


def _measure_postfix(mails: int, rounds: int) -> Iterator[Figure]:
    ratios: dict[str, list[float]] = {"one": [], "two": [], "different": []}
    peers, ours = [], []
    with running_postfix() as port:
        for _ in range(rounds):
            with _room() as root:
                sent = _send_all(root, load_example(root), mails, port, processes=1)
            source = partial(time_smtp_source, port, messages=mails, sessions=CONNECTIONS, length_bytes=sent.octets)
            peer, varied = source(), source(different=True)
            with _room() as root:
                double = _send_all(root, load_example(root), mails, port, processes=2)
            ratios["one"].append(peer / sent.seconds)
            ratios["two"].append(peer / double.seconds)
            ratios["different"].append(varied / sent.seconds)
            peers.append(mails / peer)
            ours.append(mails / sent.seconds)
    print(f"to Postfix, {mails:,} mails: pipeline {_spread(ours)}, smtp-source {_spread(peers)}")
    name = "whole pipeline to a real Postfix / smtp-source to it"
    yield Figure(name=f"{name}, one process", value=statistics.median(ratios["one"]), goal=0.62, relation=">=")
    print(f"{name}, two processes: {statistics.median(ratios['two']):.3f}")
    print(
        f"{name}, one process, where smtp-source writes to different recipients too (-N): "
        f"{statistics.median(ratios['different']):.3f}"
    )


def _measure_crashes(mails: int, kills: int) -> Iterator[Figure]:
    with running_postgresql(folder=fast_folder() or "/tmp") as server:
        for database in ("SQLite", "PostgreSQL"):
            for uncertain in UNCERTAIN:
                with _room() as root:
                    url = _new_database(server, f"crash_{uncertain}") if database == "PostgreSQL" else ""
                    longest = 2 * mails / max(kills, 1) / 600  # so that the kills fall over the whole run
                    found = crash(
                        load_example(root), root, url=url, uncertain=uncertain, mails=mails, kills=kills,
                        longest=longest, seed=1,
                    )  # fmt: skip
                where = f"kill -9 x {kills}, {mails:,} mails, {database}, {uncertain}"
                print(f"{where}: {found}")
                yield Figure(name=f"{where}: lost", value=found.lost + found.unsettled, goal=0)
                most = CONNECTIONS if uncertain == "resend" else 0
                yield Figure(name=f"{where}: duplicates of one kill, at most", value=found.most_duplicates, goal=most)
                most = CONNECTIONS if uncertain == "hold" else 0
                yield Figure(name=f"{where}: held of one kill, at most", value=found.most_held, goal=most)


def _new_database(server: str, name: str) -> str:
    engine = sa.create_engine(server.format(database="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return server.format(database=name)


def _measure_sleeping(most: int) -> Iterator[Figure]:
    """Claiming and recording the same number of steps, with ten times as many rows asleep."""
    with running_postgresql(folder=fast_folder() or "/tmp") as server:
        for database in ("SQLite", "PostgreSQL"):
            seconds = []
            for count in (most // 10, most):
                with _room() as root:
                    url = _new_database(server, f"sleeping_{count}") if database == "PostgreSQL" else ""
                    seconds.append(_claim_and_record(root, url, count))
            print(
                f"claim + record, {database}: {seconds[0]:.0f} us a mail, {seconds[1]:.0f} us with {most:,} rows asleep"
            )
            yield Figure(
                name=f"claim + record with {most:,} sleeping rows / with {most // 10:,}, {database}",
                value=seconds[1] / seconds[0],
                goal=1.3,
            )


def _claim_and_record(root: Path, url: str, sleeping: int, *, due: int = 5_000) -> float:
    """Microseconds a mail to claim and record `due` of them, a batch at a time."""
    example = load_example(root)
    with opened(root, url) as store:
        fill_store(store, example, due)
        put_to_sleep(store, sleeping)
        desk = example.desk(store)
        plan_pass(store, desk, now=NOW, limit=due)  # what matching remembers is not what is measured
        book = LoadBook(desk.community.resolve_member)
        started, handled = time.perf_counter(), 0
        while True:
            with store.writing() as connection:
                batch = claim_batch(
                    connection,
                    key=store.key,
                    journeys=desk.community.journeys,
                    decide=partial(desk.decide, now=NOW),
                    assign=partial(desk.assign, now=NOW),
                    resolve=desk.community.resolve_member,
                    load_book=book,
                    contacts={},
                    now=NOW,
                    leased_until=NOW + LEASE,
                    token="bench",
                    limit=BATCH,
                )
            if not batch:
                break
            sent = [
                Sent(
                    step_id=claim.due.step_id, message_id=f"{claim.due.step_id}@example.org", transport="smtp",
                    subject="hello", language="en", member=claim.member, story="",
                )
                for claim in batch.claims
            ]  # fmt: skip
            with store.writing() as connection:
                record_sent(connection, sent, now=NOW)
            handled += len(sent)
        if handled != due:
            raise BenchError(f"{handled} of {due} steps were claimed")
        return 1e6 * (time.perf_counter() - started) / due


def put_to_sleep(store: Store, count: int) -> None:
    """So many steps of other people that are due next year, written by the database itself."""
    people = -(-count // 10)
    series = (
        f"SELECT value FROM generate_series(1, {people}) AS value"
        if store.path is None
        else f"WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < {people}) "
        "SELECT value FROM n"
    )
    later = int((NOW + timedelta(days=400)).timestamp())
    with store.writing() as connection:
        first = (connection.scalar(sa.select(sa.func.max(newcomers.c.id))) or 0) + 1_000
        enrolled = (connection.scalar(sa.select(sa.func.max(enrollments.c.id))) or 0) + 1_000
        connection.execute(
            sa.text(
                "INSERT INTO newcomers "
                "(id, address, address_as_given, name, zone, languages, profile, member, created_at) "
                f"SELECT {first} + value, 'sleeper' || value || '@example.org', 'sleeper' || value || '@example.org', "
                f"'Sleeper', '', '[]', '{{}}', '', 0 FROM ({series}) AS s"
            )
        )
        connection.execute(
            sa.text(
                "INSERT INTO enrollments (id, newcomer_id, journey, basis, source, enrolled_at, state) "
                f"SELECT {enrolled} + value, {first} + value, 'first-month', 'consent', 'bench', 0, 'active' "
                f"FROM ({series}) AS s"
            )
        )
        for number in range(10):
            connection.execute(
                sa.text(
                    "INSERT INTO steps (enrollment_id, moment, due_at, state, reason, claimed_by, attempts) "
                    f"SELECT {enrolled} + value, 'later-{number}', {later} + value, 'planned', '', '', 0 "
                    f"FROM ({series}) AS s"
                )
            )
    with store.engine.connect() as connection:
        connection.execute(sa.text("ANALYZE"))
        connection.commit()


def _spread(rates: list[float]) -> str:
    return f"{statistics.median(rates):,.0f} a second ({min(rates):,.0f} to {max(rates):,.0f})"
