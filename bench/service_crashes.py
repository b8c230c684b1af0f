"""The service under load, killed with `kill -9` again and again: what it acknowledged is in the store, and once.

Clients ask as a host product and as mail programs do: signed `POST /enroll`, each with a key of its own, and one-click
stops. What was not answered is asked again with the same key, until it is. The service is a process as `alongside run`
starts it; the store says in the end what became of what was acknowledged.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import func, select

from alongside.delivery.schema import enrollments, events, newcomers, steps, suppressions
from alongside.delivery.store import Store
from alongside.delivery.tokens import make_token
from bench.harness import BenchError
from bench.mail_people import JOURNEY, ROOT, fill_store, load_example, opened

SECRET = "a-secret-of-benchmarks-and-tests"
START_SECONDS = 60.0
ONE_CLICK = b"List-Unsubscribe=One-Click"


@dataclass(frozen=True, slots=True, kw_only=True)
class Survived:
    """What a series of kills came to."""

    enrolled: int  # acknowledged
    stopped: int  # acknowledged
    kills: int
    asked_again: int  # requests whose answer a kill took
    lost: int  # acknowledged enrollments or stops that are not in the store
    torn: int  # enrollments in the store without all their steps, or without the word that they began
    doubled: int  # events beyond one for each, and enrollments told as new and as known already
    refused: Counter[str]  # answers that should not have come


def kill_service(root: Path, *, url: str, seconds: float, kills: int, clients: int, seed: int) -> Survived:
    """So many clients while the service is there for so long, killed so often in between, at random moments."""
    example = load_example(root)
    chance = random.Random(seed)
    with opened(root, url) as store:
        fill_store(store, example, int(seconds * 300), seed=seed)
        tokens = [make_token("stop", number, store.key) for number in store_numbers(store)]
        chance.shuffle(tokens)
        load = _Load(tokens=tokens, port=_free_port())
        _drive(load, url, root, kills=kills, clients=clients, seconds=seconds / (kills + 1), chance=chance)
        return _count(store, load, kills)


def store_numbers(store: Store) -> list[int]:
    """Every enrollment's."""
    with store.reading() as connection:
        return list(connection.scalars(select(enrollments.c.id).order_by(enrollments.c.id)))


@dataclass(slots=True, kw_only=True)
class _Load:
    """What clients ask, and what was acknowledged."""

    tokens: list[str]  # for stops
    port: int
    over: threading.Event = field(default_factory=threading.Event)  # nothing new is asked
    enrolled: dict[str, str] = field(default_factory=dict)  # address -> status told
    stopped: list[str] = field(default_factory=list)  # tokens
    asked_again: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def acknowledged(self) -> int:
        """How many requests were."""
        return len(self.enrolled) + len(self.stopped)


def _drive(
    load: _Load, url: str, root: Path, *, kills: int, clients: int, seconds: float, chance: random.Random
) -> None:
    """The service is started, asked, killed and started again; each life lasts `seconds` on the whole."""
    threads = [threading.Thread(target=_ask, args=(load, number), daemon=True) for number in range(clients)]
    for thread in threads:
        thread.start()
    for number in range(kills + 1):
        before = load.acknowledged
        with running_service(url, root, load.port) as service:
            _wait_until_asked(load, before)
            if number < kills:
                time.sleep(chance.uniform(0, 2 * seconds))
                service.send_signal(signal.SIGKILL)
                service.wait()
                continue
            time.sleep(seconds)
            load.over.set()
            for thread in threads:
                thread.join(START_SECONDS)
            if any(thread.is_alive() for thread in threads):
                raise BenchError("a client got no answer after the last start of the service")


def _wait_until_asked(load: _Load, before: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while load.acknowledged == before and not load.refused:
        if time.monotonic() > deadline:
            raise BenchError("the service acknowledges nothing")
        time.sleep(0.005)


@contextmanager
def running_service(url: str, root: Path, port: int, *more: str) -> Iterator[subprocess.Popen[bytes]]:
    """`alongside run --only http` of the example community on that port and store, until it is left."""
    environment = {**os.environ, "ALONGSIDE_DATABASE_URL": url, "ALONGSIDE_WEBHOOK_SECRET": SECRET}
    service = subprocess.Popen(
        [sys.executable, "-c", "from alongside.cli import main; main()", "run", "--only", "http", "--port", str(port),
         "-f", str(ROOT / "mkdocs.yml"), *more],
        env=environment, cwd=root, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        _wait_for(service, port)
        yield service
    finally:
        if service.poll() is None:
            service.send_signal(signal.SIGTERM)
        service.communicate(timeout=60)


def _wait_for(service: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if service.poll() is not None:
            raise BenchError(f"the service ended: {(service.stderr.read() if service.stderr else b'')[-500:]!r}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise BenchError("the service did not start")


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


# --- what a client does ---


def _ask(load: _Load, number: int) -> None:
    """Newcomers and stops in turns, each until it is answered."""
    connection = http.client.HTTPConnection("127.0.0.1", load.port, timeout=30)
    count = 0
    while not load.over.is_set():
        count += 1
        address = f"load{number}x{count}@example.net"
        status = _until_answered(load, connection, "/enroll", enroll_body(address), key=f"key-{number}-{count}")
        if status is not None:
            with load.lock:
                load.enrolled[address] = status
        with load.lock:
            token = load.tokens.pop() if load.tokens else None
        if token is not None and _until_answered(load, connection, f"/stop/{token}", ONE_CLICK) is not None:
            with load.lock:
                load.stopped.append(token)
    connection.close()


def enroll_body(address: str) -> bytes:
    """What a host product sends of one newcomer."""
    newcomer = {
        "email": address, "name": "Load", "languages": ["en"], "place": "Recife, Brazil",
        "challenges": ["first-talk"], "text": "My first talk is in March.", "basis": "consent", "id": address,
    }  # fmt: skip
    return json.dumps({"journey": JOURNEY, "newcomer": newcomer}).encode()


def signature(body: bytes, at: int) -> str:
    """The header's value."""
    mac = hmac.new(SECRET.encode(), b"%d." % at + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={mac}"


def _until_answered(
    load: _Load, connection: http.client.HTTPConnection, path: str, body: bytes, *, key: str = ""
) -> str | None:
    """What was told of it; None for an answer that should not have come."""
    while True:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if key:
            headers = {
                "Content-Type": "application/json",
                "Idempotency-Key": key,
                "Alongside-Signature": signature(body, int(time.time())),
            }
        try:
            connection.request("POST", path, body, headers)
            response = connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            with load.lock:
                load.asked_again += 1
            time.sleep(0.1)
            continue
        if response.status < 300:
            return str(json.loads(content)["status"]) if key else "stopped"
        if response.status != 503:
            with load.lock:
                load.refused[f"{response.status} {content[:80]!r}"] += 1
            return None
        time.sleep(0.05)


# --- what became of it ---


def _count(store: Store, load: _Load, kills: int) -> Survived:
    with store.reading() as connection:
        rows = connection.execute(
            select(newcomers.c.address, enrollments.c.id, enrollments.c.state, func.count(steps.c.id))
            .join(enrollments, enrollments.c.newcomer_id == newcomers.c.id)
            .join(steps, steps.c.enrollment_id == enrollments.c.id)
            .group_by(newcomers.c.address, enrollments.c.id, enrollments.c.state)
        ).all()
        counted = connection.execute(
            select(events.c.newcomer_id, events.c.kind, func.count()).group_by(events.c.newcomer_id, events.c.kind)
        )
        told = {(newcomer, kind): count for newcomer, kind, count in counted}
        people = connection.scalar(select(func.count()).select_from(newcomers)) or 0
        stops = connection.scalar(select(func.count()).select_from(suppressions)) or 0
    enrolled = Counter(row[0] for row in rows)
    whole = max(row[3] for row in rows)
    states = {row[1]: row[2] for row in rows}
    numbers = {make_token("stop", number, store.key): number for number in states}
    lost = sum(1 for address in load.enrolled if not enrolled[address])
    lost += sum(1 for token in load.stopped if states.get(numbers.get(token, 0)) != "stopped")
    lost += max(0, len(load.stopped) - stops)
    torn = sum(1 for row in rows if row[3] != whole) + people - len(enrolled)
    torn += sum(1 for newcomer, kind in told if kind == "enrolled") != people
    doubled = sum(count - 1 for count in told.values()) + sum(count - 1 for count in enrolled.values())
    doubled += sum(1 for status in load.enrolled.values() if status != "enrolled")
    return Survived(
        enrolled=len(load.enrolled), stopped=len(load.stopped), kills=kills, asked_again=load.asked_again,
        lost=lost, torn=torn, doubled=doubled, refused=load.refused,
    )  # fmt: skip
