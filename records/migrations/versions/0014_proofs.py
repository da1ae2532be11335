"""Proofs that something was done, and the rescue clock of an alarm."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the table and the column."""
    op.create_table(
        "proofs",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("device", sa.String(130), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("done_on", sa.String(10), nullable=False),
        sa.Column("next_due", sa.String(10)),
        sa.Column("with_parts", sa.Boolean, nullable=False),
        sa.Column("by", sa.String(128), nullable=False),
        sa.Column("note", sa.Text),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("taken_back_by", sa.String(128)),
        sa.Column("taken_back_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_proofs"),
    )
    op.create_index("ix_proofs_device", "proofs", ["device", "kind", "id"])
    op.add_column("alarms", sa.Column("rescue", sa.JSON(none_as_null=True)))
