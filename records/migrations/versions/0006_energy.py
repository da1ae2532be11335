"""Energy: pages of readings, roll-ups, meter changes, and what an interval was made of."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables and columns."""
    for column in (
        sa.Column("integrated_amount", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("integrated_ms", sa.Integer, nullable=False, server_default="0"),
        sa.Column("version", sa.Integer, nullable=False, server_default="1"),
        sa.Column("rewritten_ms", sa.BigInteger),
    ):
        op.add_column("counter_intervals", column)
    op.create_table(
        "counter_pages",
        sa.Column("device", sa.String(160), nullable=False),
        sa.Column("point", sa.String(80), nullable=False),
        sa.Column("segment", sa.String(8), nullable=False),
        sa.Column("start_ms", sa.BigInteger, nullable=False),
        sa.Column("state_before", sa.LargeBinary),
        sa.Column("readings", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("device", "point", "segment", "start_ms", name="pk_counter_pages"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "counter_rollups",
        sa.Column("device", sa.String(160), nullable=False),
        sa.Column("point", sa.String(80), nullable=False),
        sa.Column("grain", sa.String(8), nullable=False),
        sa.Column("start_ms", sa.BigInteger, nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("recovered_amount", sa.BigInteger, nullable=False),
        sa.Column("covered_ms", sa.BigInteger, nullable=False),
        sa.Column("recovered_ms", sa.BigInteger, nullable=False),
        sa.Column("integrated_amount", sa.BigInteger, nullable=False),
        sa.Column("integrated_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("device", "point", "grain", "start_ms", name="pk_counter_rollups"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "counter_rollup_zone",
        sa.Column("name", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_counter_rollup_zone"),
    )
    op.create_table(
        "counter_changes",
        sa.Column("device", sa.String(160), nullable=False),
        sa.Column("point", sa.String(80), nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("last_count", sa.BigInteger, nullable=False),
        sa.Column("first_count", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("device", "point", "at_ms", name="pk_counter_changes"),
    )
    op.create_table(
        "meter_changes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("device", sa.String(160), nullable=False),
        sa.Column("point", sa.String(80), nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("last_shown", sa.Float, nullable=False),
        sa.Column("first_shown", sa.Float, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("entered_ms", sa.BigInteger, nullable=False),
        sa.Column("entered_by", sa.String(80), nullable=False),
        sa.Column("withdrawn_ms", sa.BigInteger),
    )
