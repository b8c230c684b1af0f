"""Mail that arrives: attempts, answers and bounces, what came in, and the real clock of each pass."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger()  # whole seconds since 1970, UTC


def upgrade() -> None:
    op.add_column("steps", sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("messages", sa.Column("bounced_at", INSTANT))
    op.add_column("messages", sa.Column("answered_at", INSTANT))
    op.add_column("runs", sa.Column("real_at", INSTANT))
    op.create_index("ix_runs_real_at", "runs", ["real_at"])
    op.create_table(
        "received",
        sa.Column("id", ID, nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("newcomer_id", ID),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_received"),
        sa.ForeignKeyConstraint(["newcomer_id"], ["newcomers.id"], name="fk_received_newcomer_id", ondelete="CASCADE"),
        sa.UniqueConstraint("identity", name="uq_received_identity"),
    )
    op.create_index("ix_received_newcomer_id", "received", ["newcomer_id"])
