"""Second factors, accounts of an identity provider, and what a session says of itself."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables and columns."""
    op.create_table(
        "second_factors",
        sa.Column("person_id", sa.Integer, nullable=False),
        sa.Column("secret", sa.Text, nullable=False),
        sa.Column("confirmed_at", sa.BigInteger),
        sa.Column("last_step", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("person_id", name="pk_second_factors"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name="fk_second_factors_person_id", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("person_id", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_recovery_codes"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name="fk_recovery_codes_person_id", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "identities",
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("person_id", sa.Integer, nullable=False),
        sa.Column("issuer", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_identities"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name="fk_identities_person_id", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "known_networks",
        sa.Column("person_id", sa.Integer, nullable=False),
        sa.Column("network", sa.String(64), nullable=False),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("person_id", "network", name="pk_known_networks"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name="fk_known_networks_person_id", ondelete="CASCADE"
        ),
    )
    op.add_column("sessions", sa.Column("agent", sa.String(200)))
    op.add_column(
        "sessions",
        sa.Column("external", sa.Boolean, nullable=False, server_default=sa.false()),
    )
