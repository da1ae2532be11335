"""What was counted and what was expected, by span: the judgements of deviations."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "deviation_spans",
        sa.Column("rule", sa.String(63), nullable=False),
        sa.Column("device", sa.String(130), nullable=False),
        sa.Column("point", sa.String(128), nullable=False),
        sa.Column("start_ms", sa.BigInteger, nullable=False),
        sa.Column("end_ms", sa.BigInteger, nullable=False),
        sa.Column("amount", sa.Float),
        sa.Column("expected", sa.Float),
        sa.Column("spread", sa.Float),
        sa.Column("learnt_from", sa.Integer, nullable=False),
        sa.Column("confidence", sa.String(8)),
        sa.Column("beyond", sa.Boolean),
        sa.PrimaryKeyConstraint("rule", "device", "point", "start_ms", name="pk_deviation_spans"),
    )
