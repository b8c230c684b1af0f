"""The service: members' own words, outcomes, answered requests, arms of an experiment, pace."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger()  # whole seconds since 1970, UTC


def words(name: str) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=False)


def number(name: str) -> "sa.Column[int]":
    return sa.Column(name, sa.Integer(), nullable=False, server_default=sa.text("0"))


def text(name: str) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=False, server_default=sa.text("''"))


# what was an entry of the profile, in both databases' words
PRODUCT_IDS = {
    "sqlite": "UPDATE newcomers SET product_id = coalesce(json_extract(profile, '$.id'), '')",
    "postgresql": "UPDATE newcomers SET product_id = coalesce(profile ->> 'id', '')",
}


def upgrade() -> None:
    op.add_column("newcomers", number("generation"))
    op.add_column("newcomers", number("pace_days"))
    op.add_column("newcomers", text("product_id"))
    op.execute(PRODUCT_IDS[op.get_bind().dialect.name])
    where = sa.text("product_id != ''")
    op.create_index("ix_newcomers_product_id", "newcomers", ["product_id"], sqlite_where=where, postgresql_where=where)
    op.add_column("enrollments", text("arm"))
    op.add_column("letters", text("addressee"))
    op.add_column("absences", sa.Column("since", INSTANT))
    op.add_column("first_notes", sa.Column("sealed_name", sa.LargeBinary()))
    op.create_table(
        "members",
        sa.Column("id", ID, nullable=False),
        words("member"),
        sa.Column("generation", sa.Integer(), nullable=False),
        words("consent"),
        sa.Column("consent_at", INSTANT),
        sa.Column("welcomes", sa.Integer()),
        sa.Column("told_at", INSTANT),
        sa.Column("monthly", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.PrimaryKeyConstraint("id", name="pk_members"),
        sa.UniqueConstraint("member", name="uq_members_member"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "outcomes",
        sa.Column("id", ID, nullable=False),
        sa.Column("newcomer_id", ID, nullable=False),
        words("name"),
        sa.Column("happened_at", INSTANT, nullable=False),
        sa.Column("told_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_outcomes"),
        sa.ForeignKeyConstraint(["newcomer_id"], ["newcomers.id"], name="fk_outcomes_newcomer_id", ondelete="CASCADE"),
        sa.UniqueConstraint("newcomer_id", "name", "happened_at", name="uq_outcomes_newcomer_id_name_happened_at"),
    )
    op.create_index("ix_outcomes_newcomer_id", "outcomes", ["newcomer_id"])
    op.create_table(
        "requests",
        words("identity"),
        words("digest"),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.Column("answered_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("identity", name="pk_requests"),
    )
    op.create_index("ix_requests_answered_at", "requests", ["answered_at"])
