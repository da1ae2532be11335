"""Energy intervals and counter state."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "counter_intervals",
        sa.Column("device", sa.String(160), nullable=False),
        sa.Column("point", sa.String(80), nullable=False),
        sa.Column("start_ms", sa.BigInteger, nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("recovered_amount", sa.BigInteger, nullable=False),
        sa.Column("covered_ms", sa.Integer, nullable=False),
        sa.Column("recovered_ms", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("device", "point", "start_ms", name="pk_counter_intervals"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "counter_states",
        sa.Column("device", sa.String(160), nullable=False),
        sa.Column("point", sa.String(80), nullable=False),
        sa.Column("segment", sa.String(8), nullable=False),
        sa.Column("first_ms", sa.BigInteger, nullable=False),
        sa.Column("first_count", sa.BigInteger, nullable=False),
        sa.Column("last_ms", sa.BigInteger, nullable=False),
        sa.Column("last_count", sa.BigInteger, nullable=False),
        sa.Column("changed_ms", sa.BigInteger, nullable=False),
        sa.Column("pending_ms", sa.BigInteger),
        sa.Column("pending_count", sa.BigInteger),
        sa.Column("ignored", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("device", "point", "segment", name="pk_counter_states"),
    )
    op.create_table(
        "counter_steps",
        sa.Column("device", sa.String(160), nullable=False),
        sa.Column("point", sa.String(80), nullable=False),
        sa.Column("start_ms", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("before_count", sa.BigInteger, nullable=False),
        sa.Column("after_count", sa.BigInteger, nullable=False),
        sa.Column("times", sa.Integer, nullable=False),
        sa.Column("recorded_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("device", "point", "start_ms", "kind", name="pk_counter_steps"),
    )
    op.create_table(
        "interval_cursors",
        sa.Column("consumer", sa.String(32), nullable=False),
        sa.Column("safety", sa.BigInteger, nullable=False),
        sa.Column("routine", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("consumer", name="pk_interval_cursors"),
    )
