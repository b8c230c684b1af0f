"""What the tests of inbound mail share: letters in few words, and a store where mails were sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from alongside.delivery.enrollment import Candidate, enroll
from alongside.delivery.inbound import Heard, Reception, ingest
from alongside.delivery.schema import enrollments, events, messages, newcomers, received, steps, suppressions
from alongside.delivery.store import Store
from alongside.delivery.tokens import Kind, make_token
from alongside.model.community import Community
from alongside.model.people import Newcomer
from alongside.rendering.mails.envelope import tagged_address

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MAILBOX = "community@example.org"
JOANA, BRUNO = "joana@example.net", "bruno@example.com"
STRANGER = "stranger@example.com"
UNKNOWN_USER = "550 5.1.1 <joana@example.net>: Recipient address rejected: User unknown"


def letter(
    body: str = "Hello.\n",
    *,
    sender: str = f"Joana <{JOANA}>",
    to: str = MAILBOX,
    subject: str = "Hello",
    **headers: str,
) -> bytes:
    """A mail in UTF-8; further headers by name, with `_` for `-`."""
    more = "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in headers.items())
    return f"From: {sender}\nTo: {to}\nSubject: {subject}\n{more}\n{body}".encode()


def report(
    action: str = "failed",
    status: str = "5.1.1",
    diagnostic: str = f"smtp; {UNKNOWN_USER}",
    *,
    to: str,
    recipient: str = JOANA,
    words: str = "I'm sorry to have to inform you that your message could not be delivered.",
    id_: str = "<bounce@mx.example.net>",
) -> bytes:
    """A report as Postfix writes it (RFC 3464)."""
    return letter(
        f"--b\nContent-Type: text/plain\n\n{words}\n\n"
        "--b\nContent-Type: message/delivery-status\n\n"
        "Reporting-MTA: dns; mx.example.net\n\n"
        f"Final-Recipient: rfc822; {recipient}\nAction: {action}\nStatus: {status}\nDiagnostic-Code: {diagnostic}\n\n"
        "--b\nContent-Type: text/rfc822-headers\n\nSubject: Hello\n\n--b--\n",
        sender="MAILER-DAEMON@mx.example.net (Mail Delivery System)",
        to=to,
        subject="Undelivered Mail Returned to Sender",
        Message_ID=id_,
        Content_Type="multipart/report; report-type=delivery-status; boundary=b",
    )


@dataclass(frozen=True, slots=True)
class Office:
    """A store where Joana and Bruno got their first mails, and verbs for a test to read by."""

    store: Store
    community: Community

    def hear(
        self, raw: bytes, *, recipient: str = "", sender: str | None = None, after: timedelta = timedelta()
    ) -> Heard:
        reception = Reception(mailbox=MAILBOX, community=self.community)
        return ingest(
            self.store,
            raw,
            recipient=recipient,
            sender=sender,
            reception=reception,
            now=NOW + timedelta(days=1) + after,
        )

    def address(self, kind: Kind, who: str = JOANA, *, journey: str = "month", moment: str = "welcome") -> str:
        """An address of ours with the token of a person's enrollment, or of the step of one mail."""
        number = self.step(who, journey, moment) if kind == "bounce" else self.enrollment(who, journey)
        return tagged_address(MAILBOX, make_token(kind, number, self.store.key))

    def enrollment(self, who: str, journey: str = "month") -> int:
        return self._one(
            sa.select(enrollments.c.id)
            .join(newcomers, newcomers.c.id == enrollments.c.newcomer_id)
            .where(newcomers.c.address == who, enrollments.c.journey == journey)
        )

    def step(self, who: str, journey: str = "month", moment: str = "welcome") -> int:
        return self._one(
            sa.select(steps.c.id).where(
                steps.c.enrollment_id == self.enrollment(who, journey), steps.c.moment == moment
            )
        )

    def newcomer(self, who: str = JOANA) -> int:
        return self._one(sa.select(newcomers.c.id).where(newcomers.c.address == who))

    def _one(self, statement: sa.Select[int]) -> int:
        with self.store.reading() as connection:
            return connection.execute(statement).scalar_one()

    def sent_id(self, who: str = JOANA) -> str:
        """The Message-ID of their welcome."""
        return f"welcome-{self.step(who)}@example.org"

    def events(self, who: str = JOANA) -> list[tuple[str, str]]:
        """Kind and detail of what happened after the enrollment."""
        statement = (
            sa.select(events.c.kind, events.c.detail)
            .join(newcomers, newcomers.c.id == events.c.newcomer_id)
            .where(newcomers.c.address == who, events.c.kind.not_in(("enrolled", "assigned")))
            .order_by(events.c.id)
        )
        with self.store.reading() as connection:
            return [(row.kind, row.detail) for row in connection.execute(statement)]

    def states(self, who: str = JOANA) -> dict[str, str]:
        """State of each enrollment, by journey."""
        statement = (
            sa.select(enrollments.c.journey, enrollments.c.state)
            .join(newcomers, newcomers.c.id == enrollments.c.newcomer_id)
            .where(newcomers.c.address == who)
        )
        with self.store.reading() as connection:
            return dict(connection.execute(statement).all())

    def suppressed(self) -> list[tuple[str, str]]:
        """(journey or empty, reason) of everybody."""
        with self.store.reading() as connection:
            rows = connection.execute(
                sa.select(suppressions.c.journey, suppressions.c.reason).order_by(suppressions.c.id)
            )
            return [(row.journey, row.reason) for row in rows]

    def message(self, who: str = JOANA) -> tuple[datetime | None, datetime | None]:
        """When their welcome bounced, and when it was answered."""
        with self.store.reading() as connection:
            row = connection.execute(sa.select(messages).where(messages.c.message_id == self.sent_id(who))).one()
        return row.bounced_at, row.answered_at

    def everything(self) -> dict[str, list[tuple[object, ...]]]:
        """All rows that mail can change."""
        tables = (enrollments, steps, messages, suppressions, events, received)
        with self.store.reading() as connection:
            return {
                table.name: [tuple(row) for row in connection.execute(sa.select(table).order_by(table.c.id))]
                for table in tables
            }


def make_office(store: Store, community: Community) -> Office:
    """Joana and Bruno on every journey, with a welcome sent to each."""
    people = [
        Newcomer(email=address, name=address.partition("@")[0].title(), languages=("en",), basis="consent")
        for address in (JOANA, BRUNO)
    ]
    for journey in community.journeys.values():
        candidates = [Candidate(newcomer=person) for person in people]
        enroll(store, journey, candidates, community=community, basis=None, source="test", now=NOW)
    office = Office(store, community)
    with store.writing() as connection:
        for who in (JOANA, BRUNO):
            number = office.step(who)
            connection.execute(sa.update(steps).where(steps.c.id == number).values(state="sent", done_at=NOW))
            row = {
                "step_id": number,
                "message_id": f"welcome-{number}@example.org",
                "sent_at": NOW,
                "transport": "smtp",
            }
            connection.execute(sa.insert(messages), {**row, "subject": "", "language": "en", "member": "", "story": ""})
    return office
