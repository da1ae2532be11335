"""Charging sessions, and where each connector stands."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "charging_sessions",
        sa.Column("device", sa.String(160), nullable=False),
        sa.Column("start_ms", sa.BigInteger, nullable=False),
        sa.Column("end_ms", sa.BigInteger),
        sa.Column("energy", sa.BigInteger),
        sa.Column("told", sa.BigInteger),
        sa.Column("plugged_ms", sa.BigInteger),
        sa.Column("charging_ms", sa.BigInteger, nullable=False),
        sa.Column("idle_ms", sa.BigInteger),
        sa.Column("fault_ms", sa.BigInteger, nullable=False),
        sa.Column("faults", sa.Integer, nullable=False),
        sa.Column("gap_ms", sa.BigInteger, nullable=False),
        sa.Column("ending", sa.String(16), nullable=False),
        sa.Column("marks", sa.String(80), nullable=False),
        sa.PrimaryKeyConstraint("device", "start_ms", name="pk_charging_sessions"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "charging_states",
        sa.Column("device", sa.String(160), nullable=False),
        sa.Column("standing", sa.Text, nullable=False),
        sa.Column("late_ms", sa.BigInteger),
        sa.PrimaryKeyConstraint("device", name="pk_charging_states"),
    )
