"""A village to write notes in: a community, a newcomer, a member with an address, and mail that goes through a maildir."""

from __future__ import annotations

import email
import email.policy
import random
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa

from alongside.delivery.contacts import import_contacts
from alongside.delivery.desk import Desk
from alongside.delivery.enrollment import Candidate, enroll
from alongside.delivery.inbound import Heard, ingest, reception_of
from alongside.delivery.members import read_choices, with_choices
from alongside.delivery.notes.post import send_letters
from alongside.delivery.notes.writing import office_of
from alongside.delivery.relay_addresses import read_relay_keys
from alongside.delivery.schema import conversations, events, letters, messages, newcomers, notes, steps
from alongside.delivery.store import Store
from alongside.delivery.transports.maildir import Maildir
from alongside.delivery.worker import PassReport, World, send_due
from alongside.model.community import Community
from alongside.model.people import Newcomer
from delivery.conftest import CHECK_IN, WELCOME, make_community, make_journey, make_member
from delivery.sending import make_settings

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # a Monday
JO, ANA, BEA = (
    "johanna.lindqvist@newcomer.example.net",
    "ana.souza.real@member.example.com",
    "bea@elsewhere.example.com",
)
MAILBOX = "community@community.example.org"


def village_community() -> Community:
    """Ana and Bea; a journey with a welcome and a check-in that Ana is asked about two days before."""
    check_in = replace(CHECK_IN, ask_first=timedelta(days=2))
    return make_community(
        make_member("ana", name="Ana Souza", welcomes=10_000),
        make_member("bea", name="Bea", welcomes=0),
        journeys=(make_journey(WELCOME, check_in),),
    )


class Mail(NamedTuple):
    """A mail that went out."""

    message: EmailMessage
    raw: bytes
    envelope_sender: str = ""

    @property
    def text(self) -> str:
        part = self.message.get_body(("plain",))
        assert part is not None
        return str(part.get_content()).replace("\r\n", "\n")

    @property
    def answer_to(self) -> str:
        """Where a mail program sends an answer."""
        return address_in(str(self.message["Reply-To"] or self.message["From"]))

    def link(self, kind: str) -> str:
        """The address of the first mailto link of that kind."""
        found = re.search(rf"mailto:(\S+)\?subject={kind}", self.text)
        assert found is not None, self.text
        return found[1].replace("%2B", "+")


def address_in(header: str) -> str:
    """`Ana <ana@example.org>` -> `ana@example.org`."""
    found = re.search(r"<([^<>]+)>", header)
    return found[1] if found else header.strip()


class Village:
    """Verbs for a test to read by. Time stands where `now` says."""

    def __init__(self, store: Store, root: Path, community: Community | None = None, **mail: Any) -> None:
        self.store = store
        self.community = community or village_community()
        self.settings = make_settings(root, **mail)
        self.outbox = Maildir(root / "outbox")
        self.now = NOW
        self._seen: set[str] = set()
        with store.writing() as connection:
            import_contacts(connection, [("ana", ANA)], resolve=str, now=NOW)

    def enroll(self, address: str = JO, **fields: Any) -> int:
        """A newcomer on every journey; their number."""
        person = Newcomer(email=address, name=fields.pop("name", "Jo"), languages=("en",), basis="consent", **fields)
        for journey in self.community.journeys.values():
            enroll(
                self.store, journey, [Candidate(newcomer=person)], community=self.community, basis="consent",
                source="t", now=self.now,
            )  # fmt: skip
        with self.store.reading() as connection:
            return connection.execute(sa.select(newcomers.c.id).where(newcomers.c.address == address)).scalar_one()

    def world(self) -> World:
        return World(
            now=lambda: self.now,
            wall=lambda: datetime.now(UTC),
            chance=random.Random(1),
            journals=self.settings.journal_dir,
        )

    def desk(self) -> Desk:
        with self.store.reading() as connection:
            keys = read_relay_keys(connection, self.store.key)
            choices = read_choices(connection, now=self.now)
        community = with_choices(self.community, choices, now=self.now)
        return Desk(community, self.settings, key=self.store.key, relay_keys=keys)

    def send(self, *, after: timedelta = timedelta()) -> list[Mail]:
        """A pass; the mails it sent, steps first."""
        self.now += after
        desk = self.desk()
        self.report: PassReport = send_due(self.store, desk, self.outbox, self.world())
        self.report.letters = send_letters(self.store, office_of(desk), self.outbox, self.world())
        return self.new_mails()

    def new_mails(self) -> list[Mail]:
        """Those in the outbox that were not there before, in the order of their writing."""
        paths = [path for path in (self.outbox.path / "new").iterdir() if path.name not in self._seen]
        paths.sort(key=lambda path: path.stat().st_mtime_ns)
        self._seen.update(path.name for path in paths)
        return [_parse(path.read_bytes()) for path in paths]

    def hear(self, raw: bytes, *, sender: str | None, recipient: str = "", **door: Any) -> Heard:
        """A mail comes in; `sender`: of the envelope."""
        reception = replace(reception_of(self.settings, self.community), **door)
        return ingest(self.store, raw, recipient=recipient, sender=sender, reception=reception, now=self.now)

    def answer(self, mail: Mail, sender: str, text: str, *, envelope: str | None = "same", **headers: str) -> Heard:
        """Answer a mail as a mail program does: quoted below, with a signature, to Reply-To."""
        return self.hear(
            reply(mail, sender, text, **headers), sender=address_in(sender) if envelope == "same" else envelope
        )

    # --- what the store says ---

    def rows(self, table: Any) -> list[Any]:
        with self.store.reading() as connection:
            return list(connection.execute(sa.select(table).order_by(*table.primary_key)).mappings())

    def events(self) -> list[str]:
        return [row["kind"] for row in self.rows(events)]

    def notes(self) -> list[tuple[str, str]]:
        return [(row["side"], row["state"]) for row in self.rows(notes)]

    def letters(self) -> list[tuple[str, str, str]]:
        return [(row["kind"], row["side"], row["state"]) for row in self.rows(letters)]

    def steps(self) -> dict[str, tuple[str, str]]:
        return {row["moment"]: (row["state"], row["reason"]) for row in self.rows(steps)}

    def conversation(self) -> Any:
        (row,) = self.rows(conversations)
        return row

    def sent_messages(self) -> int:
        return len(self.rows(messages))


def _parse(raw: bytes) -> Mail:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return Mail(message, raw)


_count = iter(range(10**9))


def reply(mail: Mail, sender: str, text: str, **headers: str) -> bytes:
    """An answer as a mail program writes it, with all that must not pass: its host, zone, id, quote and signature."""
    domain = address_in(sender).rpartition("@")[2]
    number = next(_count)
    quoted = "".join(f"> {line}\n" for line in mail.text.splitlines())
    more = "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in headers.items())
    return (
        f"Received: from desk-{number}.{domain} ([203.0.113.7]) by mx.community.example.org; Tue, 24 Nov 2026 11:00:07 +0530\n"
        f"Date: Tue, 24 Nov 2026 11:00:05 +0530\nMessage-ID: <{number}.answer@desk.{domain}>\n"
        f"From: {sender}\nTo: {mail.answer_to}\nSubject: Re: {mail.message['Subject']}\n"
        f"In-Reply-To: {mail.message['Message-ID']}\nReferences: {mail.message['Message-ID']}\n"
        f"User-Agent: Mailer 3.1 on desk.{domain}\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n{more}\n"
        f"{text}\n\n-- \n{sender}\nhttps://www.{domain}/me\n\n"
        f"On Tue, Nov 24, 2026 at 10:59 AM +0530 {mail.message['From']} wrote:\n{quoted}"
    ).encode()


Hear = Callable[..., Heard]
