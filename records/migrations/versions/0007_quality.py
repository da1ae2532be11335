"""Data quality by device and day."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "quality_days",
        sa.Column("device", sa.String(160), nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("samples", sa.BigInteger, nullable=False),
        sa.Column("good", sa.BigInteger, nullable=False),
        sa.Column("due", sa.BigInteger),
        sa.Column("counted", sa.Integer, nullable=False),
        sa.Column("online", sa.Integer, nullable=False),
        sa.Column("covered", sa.Integer, nullable=False),
        sa.Column("down", sa.Integer, nullable=False),
        sa.Column("suspect", sa.Text, nullable=False),
        sa.Column("missing", sa.Text, nullable=False),
        sa.Column("heard_ms", sa.BigInteger),
        sa.Column("allowed_ms", sa.BigInteger, nullable=False),
        sa.Column("marks", sa.LargeBinary),
        sa.Column("covered_marks", sa.LargeBinary),
        sa.PrimaryKeyConstraint("device", "day", name="pk_quality_days"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "quality_states",
        sa.Column("device", sa.String(160), nullable=False),
        sa.Column("first_ms", sa.BigInteger, nullable=False),
        sa.Column("settled_ms", sa.BigInteger, nullable=False),
        sa.Column("absent", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("device", name="pk_quality_states"),
    )
    op.create_table(
        "quality_runs",
        sa.Column("started_ms", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("alive_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("started_ms", name="pk_quality_runs"),
    )
    op.create_table(
        "quality_cursors",
        sa.Column("consumer", sa.String(32), nullable=False),
        sa.Column("safety", sa.BigInteger, nullable=False),
        sa.Column("routine", sa.BigInteger, nullable=False),
        sa.Column("booked_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("consumer", name="pk_quality_cursors"),
    )
