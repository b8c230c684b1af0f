"""The store's tables, one schema for SQLite and PostgreSQL. What a table holds is said here; how it changed, in
`migrations/`.

Timers are rows: each step of each enrollment stands in `steps` with the instant it is due, and a partial index over
the planned ones alone keeps "what is due now" quick however many sleep. Everything personal hangs on a row of
`newcomers` and goes with it (`ON DELETE CASCADE`); what must outlive a person (how often a member was asked, that an
address wants no mail) is kept without them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Named,
    Table,
    Text,
    TypedColumns,
    TypeDecorator,
    UniqueConstraint,
    text,
    true,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import JSON

# held out: never mailed, so that it can be seen what the mails of the others do
EnrollmentState = Literal["active", "awaiting confirmation", "stopped", "held out"]
Arm = Literal["", "treated", "held out"]  # of an experiment; "": of none
# held: nobody can say whether it arrived, and a person decides; failed: refused for good
StepState = Literal["waiting", "planned", "claimed", "sent", "skipped", "held", "failed"]
CONFIRMATION = "(confirmation)"  # stands for a moment in the step that asks for a confirmation; no slug looks like it
ASK = "(ask) "  # before a moment's id: the step that asks the member whether they write that moment's mail themselves

Side = Literal["newcomer", "member"]  # of a conversation
# held: a person of the team decides; dropped: it goes nowhere, and its text is gone
NoteState = Literal["passed on", "held", "dropped"]
AskAnswer = Literal["wrote", "send", "skip", "away"]
ConsentWord = Literal["", "confirmed", "withdrawn"]  # what a member said of it themselves; "": nothing yet


def ask_moment(moment: str) -> str:
    """What stands for the moment in the step that asks about it."""
    return f"{ASK}{moment}"


def asked_moment(moment: str) -> str:
    """The moment a step asks about; empty when it is no such step."""
    return moment.removeprefix(ASK) if moment.startswith(ASK) else ""


# SQLite counts rows in an INTEGER PRIMARY KEY only; PostgreSQL wants 8 bytes.
Id = BigInteger().with_variant(Integer(), "sqlite")


class Instant(TypeDecorator[datetime]):
    """An aware datetime, kept as whole seconds since 1970 UTC: compared and indexed as a number everywhere."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a zone")
        return int(value.timestamp())

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromtimestamp(value, UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class FactColumns(TypedColumns):
    name: Named[str] = Column(Text, primary_key=True)  # "secret", "secret check"
    value: Named[str] = Column(Text, nullable=False)


class NewcomerColumns(TypedColumns):
    id: Named[int] = Column(Id, primary_key=True)
    address: Named[str] = Column(Text, nullable=False, unique=True)  # normalised: one person, one row
    address_as_given: Named[str] = Column(Text, nullable=False)  # what mail is sent to
    name: Named[str] = Column(Text, nullable=False)
    zone: Named[str] = Column(Text, nullable=False)  # IANA; empty: unknown
    languages: Named[list[str]] = Column(JSON, nullable=False)
    profile: Named[dict[str, Any]] = Column(JSON, nullable=False)  # the rest of `model.people.Newcomer`
    # Slug of who welcomes them, on every journey they are on; empty: nobody yet.
    member: Named[str] = Column(Text, nullable=False, default="")
    created_at: Named[datetime] = Column(Instant, nullable=False)
    # Part of the links to their page: one more, and all that were given out are void.
    generation: Named[int] = Column(Integer, nullable=False, default=0, server_default="0")
    pace_days: Named[int] = Column(Integer, nullable=False, default=0, server_default="0")  # between mails, at least
    # Their id in the host product, as it gave it; empty: it did not.
    product_id: Named[str] = Column(Text, nullable=False, default="", server_default=text("''"))


class EnrollmentColumns(TypedColumns):
    id: Named[int] = Column(Id, primary_key=True)
    newcomer_id: Named[int] = Column(Id, ForeignKey("newcomers.id", ondelete="CASCADE"), nullable=False, index=True)
    journey: Named[str] = Column(Text, nullable=False)  # slug
    basis: Named[str] = Column(Text, nullable=False)  # why we may write (GDPR, article 6)
    source: Named[str] = Column(Text, nullable=False)  # where they signed up: free text, or a file's name
    enrolled_at: Named[datetime] = Column(Instant, nullable=False)
    state: Named[str] = Column(Text, nullable=False)  # EnrollmentState
    arm: Named[str] = Column(
        Text, nullable=False, default="", server_default=text("''")
    )  # Arm: kept whatever the state becomes


class StepColumns(TypedColumns):
    id: Named[int] = Column(Id, primary_key=True)
    enrollment_id: Named[int] = Column(Id, ForeignKey("enrollments.id", ondelete="CASCADE"), nullable=False)
    moment: Named[str] = Column(Text, nullable=False)  # id
    due_at: Named[datetime] = Column(Instant, nullable=False)  # when it is looked at next
    state: Named[str] = Column(Text, nullable=False)  # StepState
    reason: Named[str] = Column(Text, nullable=False, default="")  # why skipped, held, refused or planned again
    attempts: Named[int] = Column(
        Integer, nullable=False, default=0, server_default="0"
    )  # put off by a server so often
    claimed_by: Named[str] = Column(Text, nullable=False, default="")  # the process that sends it
    leased_until: Named[datetime | None] = Column(Instant)  # when its claim is void, by the real clock
    dated_at: Named[datetime | None] = Column(Instant)  # the mail's Date, of the first claim: a resend is the same mail
    done_at: Named[datetime | None] = Column(Instant)  # when it was sent or skipped


class MessageColumns(TypedColumns):
    id: Named[int] = Column(Id, primary_key=True)
    step_id: Named[int] = Column(Id, ForeignKey("steps.id", ondelete="CASCADE"), nullable=False, unique=True)
    message_id: Named[str] = Column(Text, nullable=False, unique=True)  # without angle brackets
    sent_at: Named[datetime] = Column(Instant, nullable=False)
    transport: Named[str] = Column(Text, nullable=False)  # "maildir", "sendmail", "smtp"
    subject: Named[str] = Column(Text, nullable=False)  # empty after `mail.keep`, or when a crash took it
    bounced_at: Named[datetime | None] = Column(Instant)  # when it came back
    answered_at: Named[datetime | None] = Column(Instant)  # when the newcomer first answered it
    language: Named[str] = Column(Text, nullable=False)
    member: Named[str] = Column(Text, nullable=False)  # slug; empty: the team wrote
    story: Named[str] = Column(Text, nullable=False)  # slug; empty: none


class SuppressionColumns(TypedColumns):
    id: Named[int] = Column(Id, primary_key=True)
    address_hash: Named[str] = Column(Text, nullable=False)  # keyed: see `delivery.addresses.hash_address`
    journey: Named[str] = Column(Text, nullable=False)  # slug; empty: all
    reason: Named[str] = Column(Text, nullable=False)
    suppressed_at: Named[datetime] = Column(Instant, nullable=False)


class ContactColumns(TypedColumns):
    member: Named[str] = Column(Text, primary_key=True)  # slug
    address: Named[str] = Column(Text, nullable=False)
    imported_at: Named[datetime] = Column(Instant, nullable=False)
    bounced_at: Named[datetime | None] = Column(Instant)  # there is no such mailbox: nothing goes to it any more


class AssignmentColumns(TypedColumns):
    id: Named[int] = Column(Id, primary_key=True)
    member: Named[str] = Column(Text, nullable=False)  # slug
    # The load of a member outlives the newcomer; who it was does not.
    newcomer_id: Named[int | None] = Column(Id, ForeignKey("newcomers.id", ondelete="SET NULL"), index=True)
    assigned_at: Named[datetime] = Column(Instant, nullable=False, index=True)


class EventColumns(TypedColumns):
    id: Named[int] = Column(Id, primary_key=True)
    newcomer_id: Named[int] = Column(Id, ForeignKey("newcomers.id", ondelete="CASCADE"), nullable=False, index=True)
    kind: Named[str] = Column(
        Text, nullable=False
    )  # "enrolled", "confirmed", "replied", "talked", "stopped", "bounced", "outcome"
    detail: Named[str] = Column(Text, nullable=False)  # a journey, what a server said, an outcome
    happened_at: Named[datetime] = Column(Instant, nullable=False)


class ReceivedColumns(TypedColumns):
    """Mail that came in, told by what it was; its text is not kept."""

    id: Named[int] = Column(Id, primary_key=True)
    identity: Named[str] = Column(Text, nullable=False, unique=True)  # keyed hash of its Message-ID: heard only once
    kind: Named[str] = Column(Text, nullable=False)  # "stop", "bounce", "reply", "confirm", "automatic", "unknown"
    newcomer_id: Named[int | None] = Column(Id, ForeignKey("newcomers.id", ondelete="CASCADE"), index=True)
    received_at: Named[datetime] = Column(Instant, nullable=False)


class ConversationColumns(TypedColumns):
    """A newcomer and a member who write to each other, as far as it went through us."""

    id: Named[int] = Column(Id, primary_key=True)
    newcomer_id: Named[int] = Column(Id, ForeignKey("newcomers.id", ondelete="CASCADE"), nullable=False, index=True)
    member: Named[str] = Column(Text, nullable=False)  # slug
    # Part of the conversation's addresses: one more, and all that were given out are void.
    generation: Named[int] = Column(Integer, nullable=False, default=0)
    opened_at: Named[datetime] = Column(Instant, nullable=False)
    closed_at: Named[datetime | None] = Column(Instant)
    closed_by: Named[str] = Column(Text, nullable=False, default="")  # Side, "team", or empty
    reported_at: Named[datetime | None] = Column(Instant)
    reported_by: Named[str] = Column(Text, nullable=False, default="")  # Side, or empty


class NoteColumns(TypedColumns):
    id: Named[int] = Column(Id, primary_key=True)
    conversation_id: Named[int] = Column(
        Id, ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False, index=True
    )
    side: Named[str] = Column(Text, nullable=False)  # Side: who wrote it
    state: Named[str] = Column(Text, nullable=False)  # NoteState
    reason: Named[str] = Column(Text, nullable=False, default="")  # why held or dropped
    sealed: Named[bytes | None] = Column(LargeBinary)  # its text, encrypted (`notes.sealing`); None: deleted
    digest: Named[str] = Column(Text, nullable=False)  # keyed hash of its words: the same ones again are a machine's
    shape: Named[str] = Column(Text, nullable=False)  # the same without numbers
    received_at: Named[datetime] = Column(Instant, nullable=False, index=True)


class LetterColumns(TypedColumns):
    """A mail that is no step of a sequence: a note passed on, an answer to its writer, a word to the team."""

    id: Named[int] = Column(Id, primary_key=True)
    kind: Named[str] = Column(Text, nullable=False)  # `notes.letters.Kind`
    newcomer_id: Named[int | None] = Column(Id, ForeignKey("newcomers.id", ondelete="CASCADE"), index=True)
    conversation_id: Named[int | None] = Column(Id, ForeignKey("conversations.id", ondelete="CASCADE"), index=True)
    note_id: Named[int | None] = Column(Id, ForeignKey("notes.id", ondelete="CASCADE"), unique=True)
    first_note_id: Named[int | None] = Column(Id, ForeignKey("first_notes.id", ondelete="CASCADE"), index=True)
    side: Named[str] = Column(Text, nullable=False, default="")  # to whom: Side, or "" where neither
    detail: Named[str] = Column(Text, nullable=False, default="")  # what it is about, in a word; nothing personal
    # To whom, where it is about no newcomer: a member's slug or a team's id, by kind.
    addressee: Named[str] = Column(Text, nullable=False, default="", server_default=text("''"))
    due_at: Named[datetime] = Column(Instant, nullable=False)
    state: Named[str] = Column(Text, nullable=False)  # StepState
    reason: Named[str] = Column(Text, nullable=False, default="")
    attempts: Named[int] = Column(Integer, nullable=False, default=0)
    leased_until: Named[datetime | None] = Column(Instant)  # when its claim is void, by the real clock
    claimed_by: Named[str] = Column(Text, nullable=False, default="")
    dated_at: Named[datetime | None] = Column(Instant)  # the mail's Date, of the first claim
    done_at: Named[datetime | None] = Column(Instant)
    written_at: Named[datetime] = Column(Instant, nullable=False, index=True)


class FirstNoteColumns(TypedColumns):
    """A note from somebody who is not with us yet: it waits until they confirm."""

    id: Named[int] = Column(Id, primary_key=True)
    member: Named[str] = Column(Text, nullable=False)  # slug
    address_hash: Named[str] = Column(Text, nullable=False, index=True)  # keyed, as in `suppressions`
    sealed_address: Named[bytes] = Column(LargeBinary, nullable=False)  # as given, encrypted
    sealed_name: Named[bytes | None] = Column(LargeBinary)  # what they call themselves, encrypted; None: not said
    sealed: Named[bytes] = Column(LargeBinary, nullable=False)  # the text, encrypted
    language: Named[str] = Column(Text, nullable=False)
    received_at: Named[datetime] = Column(Instant, nullable=False)


class AskColumns(TypedColumns):
    """What a member answered when asked whether they write a moment's mail themselves."""

    step_id: Named[int] = Column(Id, ForeignKey("steps.id", ondelete="CASCADE"), primary_key=True)  # of that mail
    answer: Named[str] = Column(Text, nullable=False)  # AskAnswer
    until: Named[datetime | None] = Column(Instant)  # of "away": when they are back
    answered_at: Named[datetime] = Column(Instant, nullable=False)


class AbsenceColumns(TypedColumns):
    """Members who said by mail or link that they are away, beside what their files say."""

    member: Named[str] = Column(Text, primary_key=True)  # slug
    since: Named[datetime | None] = Column(Instant)  # when they leave; None: they have
    until: Named[datetime] = Column(Instant, nullable=False)  # when they are back
    told_at: Named[datetime] = Column(Instant, nullable=False)


class MemberColumns(TypedColumns):
    """What members said of themselves by their own page, beside what their files say."""

    id: Named[int] = Column(Id, primary_key=True)  # stands in the links to that page
    member: Named[str] = Column(Text, nullable=False, unique=True)  # slug
    generation: Named[int] = Column(Integer, nullable=False, default=0)  # of those links
    consent: Named[str] = Column(Text, nullable=False, default="")  # ConsentWord
    consent_at: Named[datetime | None] = Column(Instant)
    welcomes: Named[int | None] = Column(Integer)  # newcomers a week, where they want other than their file says
    told_at: Named[datetime | None] = Column(Instant)  # when they last got a word on whom they helped
    # Whether they want that word.
    monthly: Named[bool] = Column(Boolean, nullable=False, default=True, server_default=true())


class OutcomeColumns(TypedColumns):
    """What a newcomer did in the host product, as it told us."""

    id: Named[int] = Column(Id, primary_key=True)
    newcomer_id: Named[int] = Column(Id, ForeignKey("newcomers.id", ondelete="CASCADE"), nullable=False, index=True)
    name: Named[str] = Column(Text, nullable=False)  # "converted", "left", ...
    happened_at: Named[datetime] = Column(Instant, nullable=False)
    told_at: Named[datetime] = Column(Instant, nullable=False)


class RequestColumns(TypedColumns):
    """Signed requests that were answered: the same one again gets the same answer, and does nothing."""

    identity: Named[str] = Column(Text, primary_key=True)  # keyed hash of what names the request
    digest: Named[str] = Column(Text, nullable=False)  # keyed hash of its body
    status: Named[int] = Column(Integer, nullable=False)  # HTTP
    answer: Named[dict[str, Any]] = Column(JSON, nullable=False)  # nothing personal
    answered_at: Named[datetime] = Column(Instant, nullable=False, index=True)


class RunColumns(TypedColumns):
    id: Named[int] = Column(Id, primary_key=True)
    at: Named[datetime] = Column(Instant, nullable=False)  # the pass's clock, simulated or not
    real_at: Named[datetime | None] = Column(Instant, index=True)  # the same by the real clock; empty when simulated
    sent: Named[int] = Column(Integer, nullable=False)
    skipped: Named[int] = Column(Integer, nullable=False)
    planned_again: Named[int] = Column(Integer, nullable=False)
    failed: Named[int] = Column(Integer, nullable=False)


facts = Table("facts", metadata, FactColumns)
newcomers = Table("newcomers", metadata, NewcomerColumns, sqlite_autoincrement=True)
enrollments = Table(
    "enrollments", metadata, EnrollmentColumns, UniqueConstraint("journey", "newcomer_id"), sqlite_autoincrement=True
)
# Numbers are never used twice: a Message-ID is made of its step's, and an erased step's must not come back.
steps = Table("steps", metadata, StepColumns, UniqueConstraint("enrollment_id", "moment"), sqlite_autoincrement=True)
messages = Table("messages", metadata, MessageColumns)
suppressions = Table("suppressions", metadata, SuppressionColumns, UniqueConstraint("address_hash", "journey"))
contacts = Table("contacts", metadata, ContactColumns)
assignments = Table("assignments", metadata, AssignmentColumns)
events = Table("events", metadata, EventColumns)
runs = Table("runs", metadata, RunColumns)
received = Table("received", metadata, ReceivedColumns)
conversations = Table(
    "conversations",
    metadata,
    ConversationColumns,
    UniqueConstraint("newcomer_id", "member"),
    sqlite_autoincrement=True,
)
notes = Table("notes", metadata, NoteColumns, sqlite_autoincrement=True)
first_notes = Table("first_notes", metadata, FirstNoteColumns, sqlite_autoincrement=True)
letters = Table("letters", metadata, LetterColumns, sqlite_autoincrement=True)
asks = Table("asks", metadata, AskColumns)
absences = Table("absences", metadata, AbsenceColumns)
members = Table("members", metadata, MemberColumns, sqlite_autoincrement=True)
outcomes = Table("outcomes", metadata, OutcomeColumns, UniqueConstraint("newcomer_id", "name", "happened_at"))
requests = Table("requests", metadata, RequestColumns)

# Each covers a part of its table alone; which, the migrations say. Said here, too, it would load what SQLAlchemy has
# for PostgreSQL, 3 MB, wherever the store is a file.
Index("ix_steps_due", steps.c.due_at)
Index("ix_letters_due", letters.c.due_at)
Index("ix_newcomers_product_id", newcomers.c.product_id)
Index("ix_steps_leased", steps.c.leased_until)
