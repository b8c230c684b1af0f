"""Area service: newcomers in over HTTP, each kept before it is answered, beside a bare route with one INSERT."""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from alongside.delivery.schema import enrollments
from alongside.delivery.store import open_store
from bench.harness import BenchError, Figure, as_people_have_it
from bench.postgresql import running_postgresql
from bench.service_crashes import kill_service

ROOT = Path(__file__).resolve().parent.parent
SECRET = "the-secret-of-the-benchmark"
CONNECTIONS = 32
WARMING = 300  # requests before the first that count
START_SECONDS = 60.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--requests", type=int, default=3_000, help="service: requests a round (default 3,000)")
    parser.add_argument("--service-seconds", type=float, default=60.0, help="service: load with kill -9 in between")
    parser.add_argument("--service-kills", type=int, default=10, help="service: how often it is killed in that time")


def measure(arguments: argparse.Namespace) -> Iterator[Figure]:
    """Yield the figures of this area. Raises `BenchError` when a request failed, or somebody is missing after it."""
    folder = Path(tempfile.mkdtemp(prefix="alongside-bench-"))  # on a disk: a commit waits for it on both sides
    try:
        yield from _measure(folder, arguments.requests, max(5, arguments.rounds))
        yield from _killed(folder, arguments.service_seconds, arguments.service_kills)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A process that answers."""

    pid: int
    port: int

    def load(self, first: int, count: int) -> dict[str, float]:
        """So many requests, of newcomers counted from `first`."""
        command = [
            sys.executable, "-m", "bench.service_load", "--port", str(self.port), "--path", "/enroll",
            "--secret", SECRET, "--first", str(first), "--count", str(count), "--connections", str(CONNECTIONS),
        ]  # fmt: skip
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        found: dict[str, float] = json.loads(done.stdout)
        if found["failures"]:
            raise BenchError(f"{found['failures']:.0f} of {count} requests failed")
        return found

    @property
    def cpu_seconds(self) -> float:
        """What it has computed so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def megabytes(self) -> float:
        """What it holds in memory now."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        return int(re.findall(r"VmRSS:\s+(\d+) kB", status)[0]) / 1024


def _measure(folder: Path, count: int, rounds: int) -> Iterator[Figure]:
    ratios, ours, peers, slow, slow_peers, cpu = [], [], [], [], [], []
    url = f"sqlite:///{folder}/ours/alongside.sqlite"
    with _running_service(folder / "ours", url) as service, _running_peer(folder / "peer") as peer:
        before = service.megabytes
        first = 0
        for side in (service, peer):
            side.load(first, WARMING)
        first += WARMING
        for number in range(rounds):
            sides = (service, peer) if number % 2 == 0 else (peer, service)
            before_round = {side.pid: side.cpu_seconds for side in sides}
            took = {side.pid: side.load(first, count) for side in sides}
            computed = {side.pid: side.cpu_seconds - before_round[side.pid] for side in sides}
            cpu.append(computed[peer.pid] / computed[service.pid])
            first += count
            mine, theirs = took[service.pid], took[peer.pid]
            ratios.append(theirs["seconds"] / mine["seconds"])
            ours.append(count / mine["seconds"])
            peers.append(count / theirs["seconds"])
            slow.append(mine["p99"])
            slow_peers.append(theirs["p99"])
        after = service.megabytes
    _check(folder / "ours", url, first)
    print(
        f"newcomers by POST /enroll, {CONNECTIONS} connections, {count:,} a round: {_spread(ours)}, "
        f"slowest hundredth {statistics.median(slow) * 1000:.0f} ms; "
        f"a bare route with one INSERT: {_spread(peers)}, {statistics.median(slow_peers) * 1000:.0f} ms"
    )
    print(f"computing alone, a bare route / POST /enroll: {statistics.median(cpu):.3f}")
    yield Figure(
        name="POST /enroll / a bare route with one durable INSERT, requests a second",
        value=statistics.median(ratios), goal=0.6, relation=">=",
    )  # fmt: skip
    yield Figure(name="memory of alongside run with nothing to do", value=before, goal=80, unit=" MB")
    yield Figure(name=f"memory of alongside run after {first:,} newcomers", value=after, goal=80, unit=" MB")


def _killed(folder: Path, seconds: float, kills: int) -> Iterator[Figure]:
    """Enrolling and one-click stops under load, the service killed again and again, on both kinds of store."""
    for kind in ("sqlite", "postgresql"):
        root = folder / f"killed-{kind}"
        root.mkdir()
        with ExitStack() as stack:
            url = f"sqlite:///{root / 'alongside.sqlite'}"
            if kind == "postgresql":
                # its own user has to reach the folder
                url = stack.enter_context(running_postgresql(folder="/tmp")).format(database="postgres")
            found = kill_service(root, url=url, seconds=seconds, kills=kills, clients=16, seed=1)
        print(
            f"{kind}: {seconds:.0f} s of load, {found.kills} times kill -9: {found.enrolled:,} enrolled and "
            f"{found.stopped:,} stopped, acknowledged; {found.asked_again:,} asked again; "
            f"refused: {dict(found.refused) or 'none'}"
        )
        yield Figure(name=f"{kind}, acknowledged and lost", value=found.lost, goal=0)
        yield Figure(name=f"{kind}, half done", value=found.torn, goal=0)
        yield Figure(name=f"{kind}, done twice", value=found.doubled, goal=0)


def _spread(rates: list[float]) -> str:
    return f"{statistics.median(rates):.0f} a second ({min(rates):.0f} to {max(rates):.0f})"


def _check(root: Path, url: str, wanted: int) -> None:
    """Everybody is there."""
    store = open_store(root, {"ALONGSIDE_DATABASE_URL": url})
    with store.reading() as connection:
        found = connection.scalar(sa.select(sa.func.count()).select_from(enrollments))
    store.close()
    if found != wanted:
        raise BenchError(f"{found} of {wanted} newcomers are enrolled")


@contextmanager
def _running_service(root: Path, url: str) -> Iterator[Side]:
    """`alongside run` on the example community, as people start it; it sends once, at its start. There is a store."""
    root.mkdir()
    open_store(root, {"ALONGSIDE_DATABASE_URL": url}).close()
    shutil.copy(ROOT / "mkdocs.yml", root)
    for name in ("content", "journeys"):
        shutil.copytree(ROOT / name, root / name)
    command = [
        sys.executable, "-c", "from alongside.cli.main import main; main()", "run", "--port", "0", "--every", "86400",
        "-f", str(root / "mkdocs.yml"),
    ]  # fmt: skip
    environment = {"ALONGSIDE_DATABASE_URL": url, "ALONGSIDE_WEBHOOK_SECRET": SECRET}
    with _running(
        command, root, environment, lambda text: re.search(r"listening on http://[\d.]+:(\d+)", text)
    ) as side:
        yield side


@contextmanager
def _running_peer(root: Path) -> Iterator[Side]:
    root.mkdir()
    command = [sys.executable, "-m", "bench.service_peer", f"sqlite:///{root}/peer.sqlite"]
    with _running(command, root, {}, lambda text: re.match(r"(\d+)\n", text)) as side:
        yield side


@contextmanager
def _running(
    command: list[str], root: Path, environment: dict[str, str], find: Callable[[str], re.Match[str] | None]
) -> Iterator[Side]:
    log = root / "output.log"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            command, cwd=ROOT, env=as_people_have_it(environment), stdout=stream, stderr=subprocess.STDOUT
        )
    try:
        until = time.monotonic() + START_SECONDS
        while (found := find(log.read_text(errors="replace"))) is None:
            if process.poll() is not None or time.monotonic() > until:
                raise BenchError(f"{' '.join(command)} did not start:\n{log.read_text(errors='replace')}")
            time.sleep(0.05)
        yield Side(pid=process.pid, port=int(found[1]))
    finally:
        process.terminate()
        process.wait(30)
