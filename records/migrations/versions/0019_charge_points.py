"""Transactions and connectors of charging piles that dial in."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "charge_transactions",
        sa.Column("device", sa.String(80), nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("connector", sa.Integer, nullable=False),
        sa.Column("begin_wh", sa.Float),
        sa.Column("began_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("device", "number", name="pk_charge_transactions"),
        sa.UniqueConstraint("device", "name", name="uq_charge_transactions_device_name"),
    )
    op.create_table(
        "charge_connectors",
        sa.Column("device", sa.String(80), nullable=False),
        sa.Column("connector", sa.Integer, nullable=False),
        sa.Column("standing", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("device", "connector", name="pk_charge_connectors"),
    )
