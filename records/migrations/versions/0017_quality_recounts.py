"""Days of data quality are counted again from the store, and say so."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of what is to be counted, and mark what was."""
    op.create_table(
        "quality_recounts",
        sa.Column("device", sa.String(160), nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("device", "day", name="pk_quality_recounts"),
    )
    op.add_column(
        "quality_days",
        sa.Column("from_store", sa.Boolean, nullable=False, server_default=sa.false()),
    )
