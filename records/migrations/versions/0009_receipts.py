"""What was given to each channel and what became of it; the budget of a notification."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the table and add the columns."""
    op.create_table(
        "deliveries",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("channel", sa.String(63), nullable=False),
        sa.Column("parameters", sa.JSON, nullable=False),
        sa.Column("budget", sa.String(200), nullable=False),
        sa.Column("emergency", sa.Boolean, nullable=False),
        sa.Column("notifications", sa.Integer, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("receipt", sa.Text),
        sa.Column("detail", sa.Text),
        sa.Column("blocked_until", sa.BigInteger, nullable=False),
        sa.Column("reported_at", sa.BigInteger),
        sa.Column("ask_at", sa.BigInteger),
        sa.Column("asked", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
    )
    op.create_index("ix_deliveries_at", "deliveries", ["at"])
    to_ask = sa.text("ask_at IS NOT NULL")
    op.create_index(
        "ix_deliveries_ask_at", "deliveries", ["ask_at"],
        sqlite_where=to_ask, postgresql_where=to_ask,
    )  # fmt: skip
    op.add_column("outbox", sa.Column("budget", sa.String(200), nullable=False, server_default=""))
    op.add_column("outbox", sa.Column("delivery", sa.BigInteger))
    waiting = sa.text("sent_at IS NULL AND failed_at IS NULL")
    op.create_index(
        "ix_outbox_target", "outbox", ["target", "rank"],
        sqlite_where=waiting, postgresql_where=waiting,
    )  # fmt: skip
