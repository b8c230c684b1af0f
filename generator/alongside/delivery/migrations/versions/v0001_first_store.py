"""The first store: newcomers, their enrollments and steps, what was sent, and who wants no mail."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger()  # whole seconds since 1970, UTC


def words(name: str) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=False)


def upgrade() -> None:
    op.create_table(
        "facts",
        words("name"),
        words("value"),
        sa.PrimaryKeyConstraint("name", name="pk_facts"),
    )
    op.create_table(
        "newcomers",
        sa.Column("id", ID, nullable=False),
        words("address"),
        words("address_as_given"),
        words("name"),
        words("zone"),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("profile", sa.JSON(), nullable=False),
        words("member"),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_newcomers"),
        sa.UniqueConstraint("address", name="uq_newcomers_address"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "enrollments",
        sa.Column("id", ID, nullable=False),
        sa.Column("newcomer_id", ID, nullable=False),
        words("journey"),
        words("basis"),
        words("source"),
        sa.Column("enrolled_at", INSTANT, nullable=False),
        words("state"),
        sa.PrimaryKeyConstraint("id", name="pk_enrollments"),
        sa.ForeignKeyConstraint(
            ["newcomer_id"], ["newcomers.id"], name="fk_enrollments_newcomer_id", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("journey", "newcomer_id", name="uq_enrollments_journey_newcomer_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_enrollments_newcomer_id", "enrollments", ["newcomer_id"])
    create_steps()
    create_messages()
    create_what_outlives_a_person()


def create_steps() -> None:
    op.create_table(
        "steps",
        sa.Column("id", ID, nullable=False),
        sa.Column("enrollment_id", ID, nullable=False),
        words("moment"),
        sa.Column("due_at", INSTANT, nullable=False),
        words("state"),
        words("reason"),
        words("claimed_by"),
        sa.Column("leased_until", INSTANT),
        sa.Column("dated_at", INSTANT),
        sa.Column("done_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_steps"),
        sa.ForeignKeyConstraint(
            ["enrollment_id"], ["enrollments.id"], name="fk_steps_enrollment_id", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("enrollment_id", "moment", name="uq_steps_enrollment_id_moment"),
        sqlite_autoincrement=True,
    )
    for name, column, state in (("ix_steps_due", "due_at", "planned"), ("ix_steps_leased", "leased_until", "claimed")):
        where = sa.text(f"state = '{state}'")
        op.create_index(name, "steps", [column], sqlite_where=where, postgresql_where=where)


def create_messages() -> None:
    op.create_table(
        "messages",
        sa.Column("id", ID, nullable=False),
        sa.Column("step_id", ID, nullable=False),
        words("message_id"),
        sa.Column("sent_at", INSTANT, nullable=False),
        *map(words, ("transport", "subject", "language", "member", "story")),
        sa.PrimaryKeyConstraint("id", name="pk_messages"),
        sa.ForeignKeyConstraint(["step_id"], ["steps.id"], name="fk_messages_step_id", ondelete="CASCADE"),
        sa.UniqueConstraint("step_id", name="uq_messages_step_id"),
        sa.UniqueConstraint("message_id", name="uq_messages_message_id"),
    )
    op.create_table(
        "events",
        sa.Column("id", ID, nullable=False),
        sa.Column("newcomer_id", ID, nullable=False),
        words("kind"),
        words("detail"),
        sa.Column("happened_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_events"),
        sa.ForeignKeyConstraint(["newcomer_id"], ["newcomers.id"], name="fk_events_newcomer_id", ondelete="CASCADE"),
    )
    op.create_index("ix_events_newcomer_id", "events", ["newcomer_id"])


def create_what_outlives_a_person() -> None:
    op.create_table(
        "suppressions",
        sa.Column("id", ID, nullable=False),
        *map(words, ("address_hash", "journey", "reason")),
        sa.Column("suppressed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_suppressions"),
        sa.UniqueConstraint("address_hash", "journey", name="uq_suppressions_address_hash_journey"),
    )
    op.create_table(
        "contacts",
        *map(words, ("member", "address")),
        sa.Column("imported_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("member", name="pk_contacts"),
    )
    op.create_table(
        "assignments",
        sa.Column("id", ID, nullable=False),
        words("member"),
        sa.Column("newcomer_id", ID),
        sa.Column("assigned_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_assignments"),
        sa.ForeignKeyConstraint(
            ["newcomer_id"], ["newcomers.id"], name="fk_assignments_newcomer_id", ondelete="SET NULL"
        ),
    )
    op.create_index("ix_assignments_assigned_at", "assignments", ["assigned_at"])
    op.create_index("ix_assignments_newcomer_id", "assignments", ["newcomer_id"])
    counts = (sa.Column(name, sa.Integer(), nullable=False) for name in ("sent", "skipped", "planned_again", "failed"))
    op.create_table(
        "runs",
        sa.Column("id", ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        *counts,
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
    )
