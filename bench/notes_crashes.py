"""Notes and letters under `kill -9`: what hears mail and what sends letters, killed at random moments again and again.

What hears is a process that reads mails from files, one after the other, and writes a mail's name down once `ingest`
has returned, as a pipe or LMTP acknowledges it; whatever is not acknowledged is given to it again. What sends is a
process that does what `alongside send` does with letters. Both are forked, as in `mail_crashes`.
"""

from __future__ import annotations

import email
import email.policy
import hashlib
import os
import random
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Protocol

from sqlalchemy import func, select

from alongside.delivery.contacts import import_contacts
from alongside.delivery.desk import Desk
from alongside.delivery.enrollment import Candidate, enroll
from alongside.delivery.inbound import Reception, ingest, reception_of
from alongside.delivery.message_ids import letter_message_id
from alongside.delivery.notes.letters import LEASE
from alongside.delivery.notes.post import send_letters
from alongside.delivery.notes.writing import office_of
from alongside.delivery.relay_addresses import read_relay_keys
from alongside.delivery.schema import conversations, letters, newcomers, notes
from alongside.delivery.store import Store
from alongside.delivery.transports.envelopes import Transport
from alongside.delivery.transports.maildir import Maildir, file_name
from alongside.delivery.transports.smtp import Smtp
from alongside.delivery.transports.smtp_url import parse_smtp_url
from alongside.delivery.worker import World, send_due
from alongside.model.people import Newcomer
from alongside.settings import Uncertain
from bench.children import kill_within, wait_for
from bench.harness import BenchError
from bench.mail_crashes import recording_sink
from bench.mail_people import NOW, Example, opened

MEMBER = "ana-souza"
Notes = list[tuple[str, bytes]]  # (name, mail)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a series of kills of a hearing process came to."""

    mails: int  # notes, each another one
    lost: int  # acknowledged, and not in the store
    twice: int  # notes or letters beyond one for each
    missing: int  # notes that are not there in the end


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What a series of kills of a sender came to."""

    letters: int
    accepted: int  # different mails that the server, or the maildir, took
    duplicates: int  # mails that the server took once more
    most_duplicates: int  # of one kill
    changed: int  # of those, other bytes than the first time
    sent: int  # that the store knows as sent
    held: int
    most_held: int  # after one kill
    held_unheard: int  # of those held: never taken

    @property
    def lost(self) -> int:
        """Letters that did not arrive, and that nobody is asked about."""
        return self.letters - self.accepted - self.held_unheard


def kill_hearing(example: Example, root: Path, *, url: str, mails: int, kills: int, longest: float, seed: int) -> Heard:
    """Give so many notes to a process that is killed so often, within `longest` seconds of its first word."""
    example = _at(example, root, "resend")
    raws = _write_notes(example, root, url, mails)
    reception = reception_of(example.settings, example.community)
    chance, log = random.Random(seed), root / "acknowledged"
    log.touch()
    for number in range(kills + 1):
        size, done = log.stat().st_size, set(log.read_text().split())
        left = [(name, raw) for name, raw in raws if name not in done]
        child = _fork(partial(_hear, root, url, reception, left, log))
        if number < kills:
            kill_within(child, partial(_has_grown, log, size), chance.uniform(0, longest))
        else:
            wait_for(child)
    return _count_heard(root, url, mails, set(log.read_text().split()))


def _has_grown(log: Path, size: int) -> bool:
    return log.stat().st_size > size


def kill_sending(
    example: Example, root: Path, *, url: str, uncertain: Uncertain, mails: int, kills: int, longest: float, seed: int,
    to_maildir: bool = False,
) -> Sent:  # fmt: skip
    """Let a sender of so many letters be killed so often, each time within `longest` seconds of its first mail."""
    example = _at(example, root, uncertain)
    desk = _write_letters(example, root, url, mails)
    chance, held = random.Random(seed), [0]
    taken: dict[str, tuple[str, int]] = {}  # by mail: a hash of it, and the life in which it was taken last
    doubled, changed = Counter[int](), 0
    with _taker(root, to_maildir=to_maildir) as taker:
        for number in range(kills + 1):
            at = datetime.now(UTC) + number * (LEASE + timedelta(minutes=1))
            child = _fork(partial(_send, root, url, desk, taker, at))
            if number < kills:
                kill_within(child, taker.has_more, chance.uniform(0, longest))
            else:
                wait_for(child)
            for identity, digest in taker.take():
                if identity in taken:
                    doubled[taken[identity][1]] += 1
                    changed += taken[identity][0] != digest
                taken[identity] = digest, number
            held.append(len(_numbers(root, url, "held")))
    with opened(root, url) as store:
        key = store.key
    told = _numbers(root, url, "held")
    return Sent(
        letters=mails,
        accepted=len(taken),
        duplicates=doubled.total(),
        most_duplicates=max(doubled.values(), default=0),
        changed=changed,
        sent=len(_numbers(root, url, "sent")),
        held=held[-1],
        most_held=max(after - before for before, after in pairwise(held)),
        held_unheard=sum(taker.name_of(letter_message_id(key, number, desk.domain)) not in taken for number in told),
    )


def send_side_by_side(example: Example, root: Path, *, url: str, mails: int, senders: int = 2) -> Sent:
    """Let several senders share so many letters."""
    example = _at(example, root, "resend")
    desk = _write_letters(example, root, url, mails)
    with _taker(root, to_maildir=False) as taker:
        children = [_fork(partial(_send, root, url, desk, taker, datetime.now(UTC))) for _ in range(senders)]
        for child in children:
            wait_for(child)
        found = Counter(identity for identity, _ in taker.take())
    return Sent(
        letters=mails,
        accepted=len(found),
        duplicates=found.total() - len(found),
        most_duplicates=max(found.values(), default=1) - 1,
        changed=0,
        sent=len(_numbers(root, url, "sent")),
        held=0,
        most_held=0,
        held_unheard=0,
    )


def hear_side_by_side(example: Example, root: Path, *, url: str, mails: int, processes: int = 2) -> Heard:
    """Let several processes hear the same notes at the same time."""
    example = _at(example, root, "resend")
    raws = _write_notes(example, root, url, mails)
    reception = reception_of(example.settings, example.community)
    logs = [root / f"acknowledged-{number}" for number in range(processes)]
    children = [_fork(partial(_hear, root, url, reception, raws, log)) for log in logs]
    for child in children:
        wait_for(child)
    return _count_heard(root, url, mails, {name for log in logs for name in log.read_text().split()})


# --- what is sent and heard ---


def _at(example: Example, root: Path, uncertain: Uncertain) -> Example:
    mail = replace(example.settings.mail, uncertain=uncertain, notes="", service="")
    return replace(example, settings=replace(example.settings, root=root, mail=mail))


def _write_notes(example: Example, root: Path, url: str, count: int) -> Notes:
    """Newcomers who have their welcome, and an answer of each: names and mails."""
    people = [
        Newcomer(email=f"newcomer-{number}@example.net", languages=("en",), met=MEMBER, basis="consent")
        for number in range(count)
    ]
    with opened(root, url) as store:
        with store.writing() as connection:
            import_contacts(connection, [(MEMBER, "ana@member.example.com")], resolve=str, now=NOW)
        enroll(
            store, example.journey, map(_candidate, people), community=example.community, basis=None, source="bench",
            now=NOW,
        )  # fmt: skip
        welcomes = Maildir(root / "welcomes")
        world = World(
            now=lambda: NOW, wall=lambda: datetime.now(UTC), chance=random.Random(1), journals=root / "journal"
        )
        send_due(store, _desk(store, example), welcomes, world)
    found: Notes = []
    for path in sorted((welcomes.path / "new").iterdir()):
        welcome = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        writer, to = welcome["To"].addresses[0].addr_spec, welcome["Reply-To"].addresses[0].addr_spec
        name = writer.partition("@")[0]
        raw = (
            f"From: <{writer}>\nReturn-Path: <{writer}>\nTo: <{to}>\nSubject: Re: Welcome\n"
            f"Message-ID: <{name}@example.net>\n\nHello Ana, this is {name}. How long did you practise?\n"
        )
        found.append((name, raw.encode()))
    if len(found) != count:
        raise BenchError(f"{len(found)} of {count} newcomers were welcomed")
    return found


def _candidate(person: Newcomer) -> Candidate:
    return Candidate(newcomer=person)


def _write_letters(example: Example, root: Path, url: str, count: int) -> Desk:
    """So many letters that are due, and the desk they are written at."""
    raws = _write_notes(example, root, url, count)
    _hear(root, url, reception_of(example.settings, example.community), raws, root / "acknowledged")
    with opened(root, url) as store:
        return _desk(store, example)


def _desk(store: Store, example: Example) -> Desk:
    with store.reading() as connection:
        keys = read_relay_keys(connection, store.key)
    return Desk(example.community, example.settings, key=store.key, relay_keys=keys)


def _hear(root: Path, url: str, reception: Reception, raws: Notes, log: Path) -> None:
    """Hear mails, and acknowledge each in `log`."""
    record = os.open(log, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    with opened(root, url) as store:
        for name, raw in raws:
            ingest(store, raw, reception=reception, now=NOW)
            os.write(record, f"{name}\n".encode())
    os.close(record)


def _send(root: Path, url: str, desk: Desk, taker: _Taker, at: datetime) -> None:
    """One pass over the letters; `at`: what the real clock says."""
    world = World(now=lambda: NOW, wall=lambda: at, chance=random.Random(), journals=root / "journal")
    with opened(root, url) as store:
        send_letters(store, office_of(desk), taker.transport(), world)


# --- what takes the mails ---


class _Taker(Protocol):
    """A maildir or a server, and what it took."""

    def transport(self) -> Transport: ...
    def name_of(self, message_id: str) -> str: ...
    def has_more(self) -> bool: ...
    def take(self) -> list[tuple[str, str]]: ...


class _Server:
    def __init__(self, record: Path, port: int) -> None:
        self._record, self._port, self._place = record, port, 0

    def transport(self) -> Transport:
        return Smtp(parse_smtp_url(f"smtp://127.0.0.1:{self._port}"), hostname="bench.example.org")

    def name_of(self, message_id: str) -> str:
        return message_id

    def has_more(self) -> bool:
        return self._record.stat().st_size > self._place

    def take(self) -> list[tuple[str, str]]:
        with self._record.open("rb") as file:
            file.seek(self._place)
            content = file.read()
        self._place += len(content)
        return [(name, digest) for name, digest in map(str.split, content.decode().splitlines())]


class _Folder:
    def __init__(self, path: Path) -> None:
        self._path, self._seen = path, dict[str, str]()
        Maildir(path)

    def transport(self) -> Transport:
        return Maildir(self._path)

    def name_of(self, message_id: str) -> str:
        return file_name(message_id)

    def has_more(self) -> bool:
        return sum(1 for _ in (self._path / "new").iterdir()) > len(self._seen)

    def take(self) -> list[tuple[str, str]]:
        """What is new, or another than it was."""
        now = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (self._path / "new").iterdir()}
        fresh = [(name, digest) for name, digest in now.items() if self._seen.get(name) != digest]
        self._seen = now
        return fresh


@contextmanager
def _taker(root: Path, *, to_maildir: bool) -> Iterator[_Taker]:
    if to_maildir:
        yield _Folder(root / "letters")
        return
    with recording_sink(root / "accepted") as port:
        yield _Server(root / "accepted", port)


# --- processes ---


def _fork(work: Callable[[], None]) -> int:
    """A process that does `work`; its number."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        work()
        code = 0
    except BaseException as error:
        print(f"child: {error!r}", file=sys.stderr, flush=True)
    finally:
        os._exit(code)


def _numbers(root: Path, url: str, state: str) -> list[int]:
    with opened(root, url) as store, store.reading() as connection:
        return list(connection.scalars(select(letters.c.id).where(letters.c.state == state)))


def _count_heard(root: Path, url: str, mails: int, acknowledged: Collection[str]) -> Heard:
    with opened(root, url) as store, store.reading() as connection:
        rows = connection.execute(
            select(newcomers.c.address, func.count(notes.c.id), func.count(letters.c.id))
            .join(conversations, conversations.c.newcomer_id == newcomers.c.id)
            .join(notes, notes.c.conversation_id == conversations.c.id)
            .outerjoin(letters, letters.c.note_id == notes.c.id)
            .group_by(newcomers.c.address)
        ).all()
    heard = {address.partition("@")[0]: (said, told) for address, said, told in rows}
    return Heard(
        mails=mails,
        lost=sum(name not in heard for name in acknowledged),
        twice=sum(counts > (1, 1) for counts in heard.values()),
        missing=mails - sum(counts == (1, 1) for counts in heard.values()),
    )
