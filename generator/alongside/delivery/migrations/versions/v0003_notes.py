"""Notes between newcomers and members: conversations, notes, letters, first notes, asks and absences."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger()  # whole seconds since 1970, UTC
PLANNED = sa.text("state = 'planned'")


def words(name: str) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=False)


def instant(name: str, *, always: bool = True) -> "sa.Column[int]":
    return sa.Column(name, INSTANT, nullable=not always)


def of(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=f"fk_{table}_{column}", ondelete="CASCADE")


def upgrade() -> None:
    op.add_column("contacts", sa.Column("bounced_at", INSTANT))
    create_conversations()
    create_first_notes()
    create_letters()
    op.create_table(
        "asks",
        sa.Column("step_id", ID, nullable=False),
        words("answer"),
        instant("until", always=False),
        instant("answered_at"),
        sa.PrimaryKeyConstraint("step_id", name="pk_asks"),
        of("asks", "step_id", "steps"),
    )
    op.create_table(
        "absences",
        words("member"),
        instant("until"),
        instant("told_at"),
        sa.PrimaryKeyConstraint("member", name="pk_absences"),
    )


def create_conversations() -> None:
    op.create_table(
        "conversations",
        sa.Column("id", ID, nullable=False),
        sa.Column("newcomer_id", ID, nullable=False),
        words("member"),
        sa.Column("generation", sa.Integer(), nullable=False),
        instant("opened_at"),
        instant("closed_at", always=False),
        words("closed_by"),
        instant("reported_at", always=False),
        words("reported_by"),
        sa.PrimaryKeyConstraint("id", name="pk_conversations"),
        of("conversations", "newcomer_id", "newcomers"),
        sa.UniqueConstraint("newcomer_id", "member", name="uq_conversations_newcomer_id_member"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_conversations_newcomer_id", "conversations", ["newcomer_id"])
    op.create_table(
        "notes",
        sa.Column("id", ID, nullable=False),
        sa.Column("conversation_id", ID, nullable=False),
        words("side"),
        words("state"),
        words("reason"),
        sa.Column("sealed", sa.LargeBinary()),
        words("digest"),
        words("shape"),
        instant("received_at"),
        sa.PrimaryKeyConstraint("id", name="pk_notes"),
        of("notes", "conversation_id", "conversations"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_notes_conversation_id", "notes", ["conversation_id"])
    op.create_index("ix_notes_received_at", "notes", ["received_at"])


def create_first_notes() -> None:
    op.create_table(
        "first_notes",
        sa.Column("id", ID, nullable=False),
        words("member"),
        words("address_hash"),
        sa.Column("sealed_address", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        words("language"),
        instant("received_at"),
        sa.PrimaryKeyConstraint("id", name="pk_first_notes"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_first_notes_address_hash", "first_notes", ["address_hash"])


def create_letters() -> None:
    op.create_table(
        "letters",
        sa.Column("id", ID, nullable=False),
        words("kind"),
        sa.Column("newcomer_id", ID),
        sa.Column("conversation_id", ID),
        sa.Column("note_id", ID),
        sa.Column("first_note_id", ID),
        words("side"),
        words("detail"),
        instant("due_at"),
        words("state"),
        words("reason"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        instant("leased_until", always=False),
        words("claimed_by"),
        instant("dated_at", always=False),
        instant("done_at", always=False),
        instant("written_at"),
        sa.PrimaryKeyConstraint("id", name="pk_letters"),
        of("letters", "newcomer_id", "newcomers"),
        of("letters", "conversation_id", "conversations"),
        of("letters", "note_id", "notes"),
        of("letters", "first_note_id", "first_notes"),
        sa.UniqueConstraint("note_id", name="uq_letters_note_id"),
        sqlite_autoincrement=True,
    )
    for column in ("newcomer_id", "conversation_id", "first_note_id", "written_at"):
        op.create_index(f"ix_letters_{column}", "letters", [column])
    op.create_index("ix_letters_due", "letters", ["due_at"], sqlite_where=PLANNED, postgresql_where=PLANNED)
