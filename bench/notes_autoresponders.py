"""Newcomers and members whose mail programs answer everything, on a simulated clock: how many mails each of them gets.

A newcomer's mail of the journey is answered by a program, to an address that stands for a person; if nothing tells the
answer from a person's, it is passed on to a member whose program answers too. The programs say of themselves what
those of real vendors say, or nothing at all; each mail goes out through a maildir, and comes in through `ingest`.
"""

from __future__ import annotations

import email
import email.policy
import heapq
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import select

from alongside.delivery.contacts import import_contacts
from alongside.delivery.desk import Desk
from alongside.delivery.enrollment import Candidate, enroll
from alongside.delivery.inbound import ingest, reception_of
from alongside.delivery.notes.post import send_letters
from alongside.delivery.notes.writing import office_of
from alongside.delivery.relay_addresses import read_relay_keys
from alongside.delivery.schema import letters, newcomers
from alongside.delivery.store import Store
from alongside.delivery.transports.envelopes import Envelope
from alongside.delivery.transports.maildir import Maildir
from alongside.delivery.worker import World, send_due
from alongside.model.community import Community
from alongside.model.people import Newcomer
from bench.mail_people import NOW, Example, opened

MOST_ROUNDS = 40  # answers to answers of one day: more is a loop
WORDS = "river garden window letter harbour ladder copper violet thunder basket meadow lantern pepper saddle".split()

Way = Literal["reply-to", "from", "return-path"]
_WAYS: tuple[Way, ...] = ("reply-to", "from", "reply-to", "return-path")


@dataclass(frozen=True, slots=True, kw_only=True)
class Got:
    """What a program knows when it answers."""

    mail: EmailMessage
    return_path: str
    number: int  # of its answer
    at: datetime
    chance: random.Random

    @property
    def subject(self) -> str:
        """Of the mail that is answered."""
        return str(self.mail["Subject"])

    @property
    def text(self) -> str:
        """Of the mail that is answered."""
        part = self.mail.get_body(("plain",))
        return str(part.get_content()) if part is not None else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A mail program that answers by itself."""

    name: str
    headers: str = ""
    subject: str = "Re: {subject}"
    body: Callable[[Got], str] | None = None  # None: that its owner travels
    to: Way = "reply-to"
    null_sender: bool = False
    every: timedelta = timedelta(0)  # once per sender in that time
    delay: int = 3  # seconds
    dated: bool = True
    identified: bool = True  # gives a Message-ID


AWAY = "Thank you for your message. I am travelling and will read it when I am back at my desk. Kind regards"
WEEK = timedelta(days=7)


def _with_number(got: Got) -> str:
    return (
        f"Your request was received as ticket #{40_000 + got.number}. We answer within two working days, "
        "please keep the number in the subject of further mails."
    )


def _with_date(got: Got) -> str:
    return (
        f"I got your mail of {got.at:%A, %d %B, %H:%M}. I only look into this mailbox on Thursdays and shall write to "
        "you then; if it burns, call my colleagues at the front desk."
    )


def _with_subject(got: Got) -> str:
    return (
        f'This is to confirm that your mail "{got.subject}" has arrived at our household and was printed for Granny, '
        "who reads all of them on Sundays after church."
    )


def _with_everything(got: Got) -> str:
    return f"I have this from you, and will read it, I promise, before the month is over:\n\n{got.text}"


def _with_fortune(got: Got) -> str:
    said = " ".join(got.chance.sample(WORDS, 5))
    return (
        "Hello! You have reached me at a time when I look at the sea and at nothing else. Try again in some weeks.\n\n"
        f"Today's words: {said}."
    )


def _ever_new(got: Got) -> str:
    return " ".join(got.chance.choices(WORDS, k=30)) + "."


def _says(text: str) -> Callable[[Got], str]:
    return lambda _: text


def _telling(name: str, headers: str, subject: str = "Re: {subject}", **fields: Any) -> Program:
    return Program(name=name, headers=headers, subject=subject, **{"null_sender": True, "every": WEEK, **fields})


_REPLIED, _GENERATED = "Auto-Submitted: auto-replied\n", "Auto-Submitted: auto-generated\n"
_SUPPRESS = "X-Auto-Response-Suppress: All\n"
_AGENT = "X-MS-Exchange-Generated-Message-Source: Mailbox Rules Agent\n"
_EACH_TIME: dict[str, Any] = {"null_sender": False, "every": timedelta(0)}
# As vendors' programs say it, in headers.
TELLING = (
    _telling("Exchange", _AGENT + _SUPPRESS + _GENERATED, "Automatic reply: {subject}", to="from"),
    _telling("Exchange, each time", _SUPPRESS + _REPLIED, "Automatische Antwort: {subject}", **_EACH_TIME),
    _telling("Exchange, a rule", _AGENT, **_EACH_TIME),
    _telling("Gmail", f"Precedence: bulk\nX-Autoreply: yes\n{_REPLIED}", "Out of office Re: {subject}", to="from"),
    _telling("Sieve", "Auto-Submitted: auto-replied (vacation)\n", "Auto: {subject}", to="return-path"),
    _telling("Sieve, to Reply-To", _REPLIED),
    _telling("vacation(1)", f"Precedence: bulk\n{_REPLIED}", "away from my mail", to="return-path"),
    _telling("vacation(1), old", "Precedence: bulk\n", "I am away", null_sender=False),
    _telling("cPanel", "X-Autorespond: Re\nPrecedence: auto_reply\nX-Precedence: auto_reply\n", **_EACH_TIME),
    _telling("a ticket system", _GENERATED + _SUPPRESS, "[#{number}] {subject}", body=_with_number, **_EACH_TIME),
    _telling("GroupWise", "X-Autoreply: true\n", "Auto: {subject}", null_sender=False),
    _telling("a null sender alone", "", every=timedelta(0)),
)

# In the subject alone, in the words their users read.
BY_SUBJECT = tuple(
    Program(name=subject, subject=f"{subject}: {{subject}}", to=_WAYS[number % 4], every=timedelta(days=number % 3))
    for number, subject in enumerate((
        "Out of Office", "Automatic reply", "Abwesenheitsnotiz", "Réponse automatique", "Respuesta automática",
        "Resposta automática", "Risposta automatica", "Automatisch antwoord", "Autosvar", "Odpowiedź automatyczna",
        "Автоматический ответ", "Автоматична відповідь", "自動応答", "自动回复", "رد تلقائي", "부재중",
        "Otomatik Yanıt",
    ))
)  # fmt: skip

# Nothing says it. What they have in common is that they repeat themselves, or answer faster than anybody reads.
SILENT = (
    Program(name="the same words"),
    Program(name="the same words, once a day", every=timedelta(days=1)),
    Program(name="the same words, once a week", every=WEEK, delay=240),
    Program(name="the same words, after minutes", delay=400),
    Program(name="the same words, no Message-ID and no Date", dated=False, identified=False),
    Program(name="the same words, to From", to="from"),
    Program(name="the same words, to Return-Path", to="return-path"),
    Program(name="a ticket's number", body=_with_number),
    Program(name="a ticket's number, after minutes", body=_with_number, delay=300),
    Program(name="a short ticket's number", body=lambda got: f"Got it: #{7000 + got.number}."),
    Program(name="the date", body=_with_date),
    Program(name="the date, after minutes", body=_with_date, delay=600),
    Program(name="the subject", body=_with_subject),
    Program(name="all it got", body=_with_everything),
    Program(name="a saying of the day", body=_with_fortune),
    Program(name="two words", body=_says("Thank you!")),
    Program(name="two words, no Date", body=_says("Got it."), dated=False),
    Program(name="nothing", body=_says("")),
    Program(name="Japanese", body=_says("メールを拝受しました。ただいま外出中につき、戻り次第ご返信いたします。")),
    Program(name="Arabic", body=_says("شكرا لرسالتك، أنا خارج المدينة وسأرد عليك عندما أعود إلى البيت إن شاء الله.")),
)
# Nothing tells these from two people but their pace, so some pass before they are stopped.
EVER_NEW = (Program(name="ever new words", body=_ever_new),)
PROGRAMS = (*TELLING, *BY_SUBJECT, *SILENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What came of it."""

    pairs: int
    mails: dict[tuple[int, str], int]  # (newcomer, side) -> mails beyond the journey's own
    programs: dict[tuple[int, str], str]  # who answers there
    loops: int  # days on which the answers to answers did not end by themselves
    by_day: list[int]  # mails beyond the journey's own
    alerts: int  # to the team

    @property
    def most(self) -> int:
        """Mails that one of them got."""
        return max(self.mails.values(), default=0)


@dataclass(slots=True)
class _Party:
    program: Program
    address: str
    answered: int = 0
    last: dict[str, datetime] = field(default_factory=dict)  # by the address that was answered

    def answer(self, got: EmailMessage, return_path: str, at: datetime, chance: random.Random) -> _Arrival | None:
        """What its program writes, if it does."""
        program = self.program
        headers = {
            "reply-to": str(got["Reply-To"] or got["From"]),
            "from": str(got["From"]),
            "return-path": return_path,
        }
        to = headers[program.to].rpartition("<")[2].strip("<> ")
        held = self.last.get(to)
        if not to or (held is not None and at < held + program.every):
            return None
        self.last[to] = at
        self.answered += 1
        known = Got(mail=got, return_path=return_path, number=self.answered, at=at, chance=chance)
        subject = program.subject.format(subject=known.subject, number=known.number)
        head = f"From: <{self.address}>\nTo: <{to}>\nSubject: {subject}\n{program.headers}"
        if program.identified:
            head += f"Message-ID: <{self.answered}.{self.address}>\nIn-Reply-To: {got['Message-ID']}\n"
        if program.dated:
            head += f"Date: {format_datetime(at)}\n"
        head += "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n"
        raw = f"{head}\n{program.body(known) if program.body is not None else AWAY}\n".encode()
        return _Arrival(raw=raw, recipient=to, sender="" if program.null_sender else self.address)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Arrival:
    raw: bytes
    recipient: str
    sender: str


def choose_pairs(count: int) -> list[tuple[Program, Program]]:
    """(newcomer's, member's) programs: each of a kind, and the silent ones against one another twice as often."""
    chance = random.Random(f"pairs {count}")
    silent = [(mine, theirs) for mine in SILENT for theirs in SILENT]
    chance.shuffle(silent)
    mixed = [(program, chance.choice(PROGRAMS)) for program in PROGRAMS]
    mixed += [(chance.choice(PROGRAMS), program) for program in PROGRAMS]
    chance.shuffle(mixed)
    found = [pair for pairs in zip(mixed, silent, strict=False) for pair in pairs] + silent[len(mixed) :]
    return [found[number % len(found)] for number in range(count)]


def answer_for(
    example: Example, root: Path, pairs: Sequence[tuple[Program, Program]], *, url: str = "", days: int = 30
) -> Answers:
    """Let them answer for so many days. `root`: an empty folder for outbox and store."""
    example = replace(
        example,
        community=_with_members(example, len(pairs)),
        settings=replace(example.settings, root=root, mail=replace(example.settings.mail, notes="")),
    )
    with opened(root, url) as store:
        return _Month(store, example, root, pairs).run(days)


def _with_members(example: Example, count: int) -> Community:
    """Ana Souza so many times, each under a name of her own."""
    one = example.community.members["ana-souza"]
    members = {f"member-{n}": replace(one, slug=f"member-{n}", name=f"Member {n}", welcomes=5) for n in range(count)}
    return replace(example.community, members=members)


class _Outbox(Maildir):
    """A maildir that knows where each mail comes back to."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.return_paths: dict[str, str] = {}  # by Message-ID with brackets

    def write(self, envelope: Envelope) -> None:
        super().write(envelope)
        self.return_paths[f"<{envelope.message_id}>"] = envelope.sender


class _Month:
    """A clock, an outbox, and everybody who answers."""

    def __init__(self, store: Store, example: Example, root: Path, pairs: Sequence[tuple[Program, Program]]) -> None:
        self._store, self._example = store, example
        self._outbox = _Outbox(root / "outbox")
        self._journals = root / "journal"
        self._now = NOW
        self._chance = random.Random(1)
        self._arriving: list[tuple[datetime, int, _Arrival]] = []  # a heap
        self._count = 0
        self._parties: dict[str, _Party] = {}
        people = []
        for number, (mine, theirs) in enumerate(pairs):
            newcomer, member = f"newcomer-{number}@newcomer.example.net", f"member-{number}@member.example.com"
            self._parties[newcomer], self._parties[member] = _Party(mine, newcomer), _Party(theirs, member)
            people.append(
                Newcomer(
                    email=newcomer, name=f"New {number}", languages=("en",), met=f"member-{number}", basis="consent"
                )
            )
        with store.writing() as connection:
            contacts = [(f"member-{number}", f"member-{number}@member.example.com") for number in range(len(pairs))]
            import_contacts(connection, contacts, resolve=str, now=NOW)
        candidates = [Candidate(newcomer=person) for person in people]
        enroll(store, example.journey, candidates, community=example.community, basis=None, source="bench", now=NOW)
        with store.reading() as connection:
            keys = read_relay_keys(connection, store.key)
        self._desk = Desk(example.community, example.settings, key=store.key, relay_keys=keys)
        self._reception = reception_of(example.settings, example.community)

    def run(self, days: int) -> Answers:
        """So many days."""
        loops = sum(not self._live(day) for day in range(days))
        return self._count_up(days, loops)

    def _live(self, day: int) -> bool:
        """A day: the journey's mails, and answers until there are none. False when there is no end of them."""
        self._now = max(self._now, NOW + timedelta(days=day))
        send_due(self._store, self._desk, self._outbox, self._world())
        for _ in range(MOST_ROUNDS):
            self._post()
            if not self._arriving:
                return True
            self._now = max(self._now, self._arriving[0][0])
            while self._arriving and self._arriving[0][0] <= self._now:
                self._hear(heapq.heappop(self._arriving)[2])
        self._arriving.clear()
        return False

    def _world(self) -> World:
        return World(
            now=lambda: self._now, wall=lambda: datetime.now(UTC), chance=self._chance, journals=self._journals
        )

    def _post(self) -> None:
        send_letters(self._store, office_of(self._desk), self._outbox, self._world())
        for path in sorted((self._outbox.path / "new").iterdir()):
            mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            path.unlink()
            assert isinstance(mail, EmailMessage)
            party = self._parties.get(mail["To"].addresses[0].addr_spec)
            if party is None:
                continue  # the team's
            at = self._now + timedelta(seconds=party.program.delay)
            answer = party.answer(mail, self._outbox.return_paths[str(mail["Message-ID"])], at, self._chance)
            if answer is not None:
                self._count += 1
                heapq.heappush(self._arriving, (at, self._count, answer))

    def _hear(self, arrival: _Arrival) -> None:
        ingest(
            self._store, arrival.raw, recipient=arrival.recipient, sender=arrival.sender, reception=self._reception,
            now=self._now,
        )  # fmt: skip

    def _count_up(self, days: int, loops: int) -> Answers:
        with self._store.reading() as connection:
            sent = connection.execute(
                select(letters.c.newcomer_id, letters.c.side, letters.c.kind, letters.c.done_at).where(
                    letters.c.state == "sent"
                )
            ).all()
            names = dict(connection.execute(select(newcomers.c.id, newcomers.c.address)).all())
        mails = Counter((row.newcomer_id, row.side) for row in sent if row.kind != "alert")
        by_day = Counter((row.done_at - NOW).days for row in sent if row.kind != "alert")
        programs: dict[tuple[int, str], str] = {}
        for number, address in names.items():
            programs[number, "newcomer"] = self._parties[address].program.name
            member = address.replace("newcomer-", "member-").replace("newcomer.example.net", "member.example.com")
            programs[number, "member"] = self._parties[member].program.name
        return Answers(
            pairs=len(names),
            mails=dict(mails),
            programs=programs,
            loops=loops,
            by_day=[by_day[day] for day in range(days)],
            alerts=sum(row.kind == "alert" for row in sent),
        )


def too_many(answers: Answers, *, most: int) -> Iterator[str]:
    """Who got more than `most`, and which programs answered one another there."""
    for (number, side), count in sorted(answers.mails.items()):
        if count > most:
            told = " / ".join(answers.programs[number, each] for each in ("newcomer", "member"))
            yield f"{side} {number} got {count}: {told}"
