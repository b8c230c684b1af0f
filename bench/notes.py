"""Notes and inbound: real mails through `ingest`, bounces, automatic answers, people's answers, loops, prefetching.

Real mails are those of other parsers' tests (`../shared/mail`, or ALONGSIDE_SHARED); where they are missing, and where
a corpus of the tests is, that is said and the rest is measured.
"""

from __future__ import annotations

import argparse
import email
import email.policy
import http.client
import importlib
import os
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import sqlalchemy as sa

from alongside.delivery.arrived.trimming import Trimmer
from alongside.delivery.contacts import import_contacts
from alongside.delivery.enrollment import Candidate, enroll
from alongside.delivery.inbound import ingest, reception_of
from alongside.delivery.inbound.findings import look_at
from alongside.delivery.relay_addresses import Relay, RelayKeys, make_relay
from alongside.delivery.schema import metadata, newcomers
from alongside.delivery.store import Store
from alongside.delivery.tokens import Kind, make_token
from alongside.model.people import Newcomer
from alongside.rendering.mails.envelope import sender_address, tagged_address
from alongside.service.app import make_app
from alongside.service.core import Service
from alongside.service.home import Home
from alongside.service.lines import line_log
from alongside.service.server import listen, serve
from bench.harness import BenchError, Figure
from bench.mail_people import NOW, ROOT, Example, load_example, opened
from bench.mail_servers import fast_folder
from bench.notes_autoresponders import answer_for, choose_pairs, too_many

SLOW_SECONDS = 1.0
# Longer than the lines of most parsers' tests: 4,000 newlines take mail-parser-reply four seconds.
NEWLINES = b"From: n1@example.net\nSubject: x\n\nHello.\n" + b"\n" * 4_000 + b"Bye.\n"
JOANA = "joana@example.net"  # who writes the recipes of automatic answers
ANA = "ana@member.example.com"
LINKS = tuple(kind for kind in get_args(Kind) if kind not in ("bounce", "letter"))  # those are addresses


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How much of it."""
    parser.add_argument("--pairs", type=int, default=1_000, help="notes: pairs of autoresponders")
    parser.add_argument("--gets", type=int, default=10_000, help="notes: prefetching GETs")


def measure(arguments: argparse.Namespace) -> Iterator[Figure]:
    """The rows of GOALS, in their order."""
    with tempfile.TemporaryDirectory(prefix="alongside-notes-", dir=fast_folder()) as folder:
        root = Path(folder)
        example = load_example(root)
        with _heard(example, root / "heard") as place:
            yield from _real_mails(place)
            yield from _bounces(place)
            yield from _automatic_answers(place)
            yield from _human_answers(place)
        yield from _autoresponders(example, root / "pairs", arguments.pairs)
        yield from _prefetching(example, root / "service", arguments.gets)


class _Place:
    """A store with newcomers, and what hears for it."""

    def __init__(self, store: Store, example: Example, trimmer: Trimmer) -> None:
        self.store, self.example = store, example
        self.mailbox = sender_address(example.settings)
        self.keys = RelayKeys(key=store.key)
        self.reception = reception_of(example.settings, example.community, trim=trimmer.trim)

    def hear(self, raw: bytes, *, recipient: str = "", sender: str | None = None) -> Any:
        """What it was."""
        return ingest(
            self.store, raw, recipient=recipient, sender=sender, reception=self.reception, now=NOW
        )  # fmt: skip

    def relay(self, step: int = 1) -> str:
        """Where an answer to the mail of that step goes."""
        relay = Relay(writer="step", number=step, good_until=NOW.date().replace(year=NOW.year + 1))
        return tagged_address(self.mailbox, make_relay(relay, self.keys))

    def bounce(self, step: int) -> str:
        """Where the mail of that step comes back to."""
        return tagged_address(self.mailbox, make_token("bounce", step, self.store.key))


@contextmanager
def _heard(example: Example, root: Path) -> Iterator[_Place]:
    """Joana and two hundred others, all welcomed by somebody."""
    root.mkdir()
    mail = replace(example.settings.mail, notes="", service="")
    example = replace(example, settings=replace(example.settings, root=root, mail=mail))
    addresses = [JOANA, *(f"n{number}@example.net" for number in range(200))]
    people = [Newcomer(email=each, languages=("en",), met="ana-souza", basis="consent") for each in addresses]
    with opened(root) as store, Trimmer() as trimmer:
        candidates = [Candidate(newcomer=person) for person in people]
        enroll(store, example.journey, candidates, community=example.community, basis=None, source="bench", now=NOW)
        with store.writing() as connection:
            import_contacts(connection, [("ana-souza", ANA)], resolve=str, now=NOW)
            connection.execute(sa.update(newcomers).values(member="ana-souza"))
        place = _Place(store, example, trimmer)
        control = place.hear(f"From: {JOANA}\n\nHello Ana.\n".encode(), recipient=place.relay(), sender=JOANA)
        if control.kind != "note":
            raise BenchError(f"a person's note was not passed on, but {control.kind}: nothing can be measured here")
        yield place


# --- real mails ---


def _shared() -> Path | None:
    folder = Path(os.environ.get("ALONGSIDE_SHARED", ROOT.parent / "shared")) / "mail"
    if folder.is_dir():
        return folder
    print(f"# real mails: not measured, {folder} is missing")
    return None


def _real_mails(place: _Place) -> Iterator[Figure]:
    """Each to the mailbox, as an answer to a person's mail and as a bounce; and the same mails through a peer."""
    shared = _shared()
    if shared is None:
        return
    paths = [path for path in sorted(shared.rglob("*")) if path.is_file() and path.suffix not in (".md", ".py")]
    raws = [*(path.read_bytes() for path in paths), NEWLINES]
    crashes, slow, slowest = 0, 0, 0.0
    begun = time.perf_counter()
    for number, raw in enumerate(raws):
        for recipient in ("", place.relay(1 + number % 200), place.bounce(1 + number % 200)):
            started = time.process_time()
            try:
                crashes += place.hear(raw, recipient=recipient).detail == "unreadable"
            except Exception:
                traceback.print_exc()
                crashes += 1
            spent = time.process_time() - started
            slow, slowest = slow + (spent > SLOW_SECONDS), max(slowest, spent)
    ours = 3 * len(raws) / (time.perf_counter() - begun)
    yield Figure(name=f"{len(raws):,} real mails through ingest: crashes", value=crashes, goal=0)
    yield Figure(name="real mails: over 1 s", value=slow, goal=0)
    yield Figure(name="real mails: the slowest", value=slowest, goal=SLOW_SECONDS, unit=" s")
    theirs, failed = _peer(raws)
    print(f"# ingest {ours:.0f} mails/s, with the store; email and mail-parser-reply {theirs:.0f}/s, {failed} failed")


def _peer(raws: list[bytes]) -> tuple[float, int]:
    """(mails a second, mails it raised on): the standard library reads, mail-parser-reply finds where quotes begin."""
    parser = importlib.import_module("mailparser_reply").EmailReplyParser(languages=["en", "de", "fr", "es"])
    failed, begun = 0, time.perf_counter()
    for raw in raws:
        try:
            part = email.message_from_bytes(raw, policy=email.policy.default).get_body(("plain", "html"))
            parser.parse_reply(str(part.get_content()) if part is not None else "")
        except Exception:
            failed += 1
    return len(raws) / (time.perf_counter() - begun), failed


def _bounces(place: _Place) -> Iterator[Figure]:
    shared, labels = _shared(), _of_tests("real.test_inbound_real", "LABELS")
    if shared is None or labels is None:
        return
    right, kinds, paths = 0, Counter[str](), sorted((shared / "flufl.bounce/data").glob("*.txt"))
    for number, path in enumerate(paths, start=1):
        raw = path.read_bytes() + b"\n"  # another mail than the one that was heard above
        heard = place.hear(_anew(raw, number), recipient=place.bounce(number))
        told = heard.detail.partition(" ")[0] if heard.kind == "bounce" else "none"
        right += told == labels[path.stem]
        if labels[path.stem] != "none":
            kinds[place.hear(_anew(raw, -number), recipient=place.relay(number)).kind] += 1
    print(f"# bounces to a person's address: {_told(kinds)}")
    yield Figure(name=f"{len(paths)} bounces to a person's address: relayed", value=kinds["note"], goal=0)
    yield Figure(
        name="bounces told as labelled", value=100 * right / len(paths), goal=98, relation=">=", unit=" %"
    )  # fmt: skip


def _told(kinds: Counter[str]) -> str:
    return ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items()))


def _anew(raw: bytes, number: int) -> bytes:
    """The same mail under a Message-ID of its own, so that it was not heard before."""
    head, _, body = raw.replace(b"\r\n", b"\n").partition(b"\n\n")
    lines = [line for line in head.split(b"\n") if not line.lower().startswith(b"message-id:")]
    return b"\n".join([*lines, b"Message-ID: <anew-%d@bench.example>" % number, b"", body])


# --- corpora of the tests: imported late, for not every checkout has all of them ---


def _of_tests(module: str, name: str) -> Any:
    """A name of a module below `tests/`; None, and a line, where there is none."""
    if str(ROOT / "tests") not in sys.path:
        sys.path.insert(0, str(ROOT / "tests"))
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        print(f"# not measured: {error}")
        return None


def _automatic_answers(place: _Place) -> Iterator[Figure]:
    """Every recipe to a person's address, to the mailbox, and to where bounces go.

    And once more as if the envelope were Joana's: then nothing but the mail itself says that nobody wrote it.
    """
    recipes = _of_tests("delivery.inbound.recipes", "MACHINES")
    if recipes is None:
        return
    kinds: Counter[str] = Counter()
    for number, recipe in enumerate(recipes):
        for place_number, recipient in enumerate((place.relay(), place.mailbox, place.bounce(1))):
            raw = _anew(recipe.raw, 10_000 + 3 * number + place_number)
            kinds[place.hear(raw, recipient=recipient).kind] += 1
        raw = _anew(recipe.raw, 20_000 + number)
        kinds[place.hear(raw, recipient=place.relay(2), sender=JOANA).kind] += 1
    print(f"# recipes: {_told(kinds)}")
    conversations = kinds["reply"] + kinds["confirm"] + kinds["choice"]
    yield Figure(name="recipes of automatic answers", value=len(recipes), goal=60, relation=">=")
    yield Figure(name="automatic answers: relayed", value=kinds["note"] + kinds["first note"], goal=0)
    yield Figure(name="automatic answers: counted as a conversation", value=conversations, goal=0)


def _human_answers(place: _Place) -> Iterator[Figure]:
    """Answers of people x an address in each form x encodings: what `ingest` would pass on of each."""
    replies = _of_tests("delivery.arrived.replies", "REPLIES")
    forms, shows = _of_tests("delivery.arrived.forms", "FORMS"), _of_tests("delivery.arrived.forms", "shows")
    plain = _of_tests("delivery.arrived.forms", "ADDRESS")
    if replies is None or forms is None or shows is None:
        return
    leaks = dropped = count = 0
    for reply in replies:
        for form in forms.values():
            for encoding in ("8bit", "base64", "quoted-printable"):
                planted = form.replace("<", "&lt;") if reply.html else form
                above = f"<p>Bruno {planted}</p>\n" if reply.html else f"Bruno {planted}\n\n"
                raw = _human_mail(above + reply.text.format(a=plain), html=reply.html, encoding=encoding)
                note = look_at(
                    raw, recipient=place.relay(), sender=JOANA, reception=place.reception, keys=place.keys,
                    today=NOW.date(),
                ).note  # fmt: skip
                count += 1
                leaks += shows(note.text)
                dropped += reply.words not in note.text
    yield Figure(name=f"{count:,} answers of people with a planted address: leaks", value=leaks, goal=0)
    yield Figure(name="answers of people: wrongly dropped", value=100 * dropped / count, goal=1, unit=" %")


def _human_mail(text: str, *, html: bool, encoding: str) -> bytes:
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["From"], message["Subject"] = f"Joana <{JOANA}>", "Re: Welcome"
    message.set_content(text, subtype="html" if html else "plain", cte=encoding)
    return message.as_bytes()


# --- loops, and links that machines follow ---


def _autoresponders(example: Example, root: Path, pairs: int) -> Iterator[Figure]:
    root.mkdir()
    found = answer_for(example, root, choose_pairs(pairs))
    for line in list(too_many(found, most=1))[:20]:
        print(f"# {line}")
    print(f"# mails beyond the journey's own by day: {' '.join(map(str, found.by_day))}; {found.alerts} to the team")
    yield Figure(name=f"{found.pairs:,} pairs of autoresponders, 30 days: most mails each", value=found.most, goal=1)
    yield Figure(name="pairs of autoresponders: loops", value=found.loops, goal=0)


def _prefetching(example: Example, root: Path, count: int) -> Iterator[Figure]:
    """So many GETs and HEADs of every kind of link, over HTTP, as filters of mail and browsers follow them."""
    root.mkdir()
    with _heard(example, root / "store") as place:
        settings = replace(
            place.example.settings, mail=replace(place.example.settings.mail, service="http://127.0.0.1/")
        )
        home = Home(settings=settings, community=place.example.community)
        log = line_log(lambda: NOW)
        service = Service(store=place.store, home=lambda: home, now=lambda: NOW, log=log)
        listener, stopping = listen("127.0.0.1", 0), threading.Event()
        thread = threading.Thread(
            target=serve, args=(make_app(service), listener),
            kwargs={"stopping": stopping, "log": log, "counts": service.counts},
        )  # fmt: skip
        before = _everything(place.store)
        thread.start()
        try:
            answers = _follow(listener.getsockname()[1], place.store.key, count)
        finally:
            stopping.set()
            thread.join(30)
        after = _everything(place.store)
    for kind in LINKS:
        if answers[kind, 404]:
            print(f"# /{kind}/: {answers[kind, 404]:,} answers were 404")
    failed = sum(number for (_, status), number in answers.items() if status >= 500)
    if failed:
        raise BenchError(f"{failed} of {count} GETs failed")
    changed = sum(before[name] != rows for name, rows in after.items())
    yield Figure(name=f"{count:,} prefetching GETs of {len(LINKS)} kinds: state changes", value=changed, goal=0)


def _follow(port: int, key: bytes, count: int) -> Counter[tuple[str, int]]:
    """(kind, status) -> how often."""
    answers: Counter[tuple[str, int]] = Counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for number in range(count):
        kind = LINKS[number % len(LINKS)]
        method = "HEAD" if number % 10 == 0 else "GET"
        connection.request(method, f"/{kind}/{make_token(kind, 1 + number // len(LINKS) % 200, key)}")
        response = connection.getresponse()
        response.read()
        answers[kind, response.status] += 1
    connection.close()
    return answers


def _everything(store: Store) -> dict[str, list[Any]]:
    """All rows of all tables."""
    with store.reading() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key))]
            for table in metadata.sorted_tables
        }
