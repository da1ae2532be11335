"""Who is told: the duty list, escalation steps, acknowledgement links, roll-calls."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "duty_entries",
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("id", sa.String(63), nullable=False),
        sa.Column("content", sa.JSON, nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("kind", "id", name="pk_duty_entries"),
    )
    _escalation_steps()
    op.create_table(
        "ack_links",
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("alarm", _ID, nullable=False),
        sa.Column("round", sa.BigInteger, nullable=False),
        sa.Column("contact", sa.String(63), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("used_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("hash", name="pk_ack_links"),
        sa.ForeignKeyConstraint(["alarm"], ["alarms.id"], name="fk_ack_links_alarm"),
    )
    op.create_index("ix_ack_links_expires_at", "ack_links", ["expires_at"])
    op.create_table(
        "roll_calls",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("site", sa.String(63), nullable=False),
        sa.Column("alarm", _ID, nullable=False),
        sa.Column("asked_by", sa.String(128), nullable=False),
        sa.Column("asked_at", sa.BigInteger, nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("answered_by", sa.String(128)),
        sa.Column("answered_at", sa.BigInteger),
        sa.Column("missed_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_roll_calls"),
        sa.ForeignKeyConstraint(["alarm"], ["alarms.id"], name="fk_roll_calls_alarm"),
    )
    op.create_index("ix_roll_calls_site", "roll_calls", ["site", "id"])


def _escalation_steps() -> None:
    op.create_table(
        "escalation_steps",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("alarm", _ID, nullable=False),
        sa.Column("round", sa.BigInteger, nullable=False),
        sa.Column("chain", sa.String(63), nullable=False),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("cycle", sa.Integer, nullable=False),
        sa.Column("notify", sa.JSON, nullable=False),
        sa.Column("repeat_ms", sa.BigInteger),
        sa.Column("emergency", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("after_ms", sa.BigInteger, nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("ran_at", sa.BigInteger),
        sa.Column("told", sa.Integer),
        sa.Column("cancelled_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_escalation_steps"),
        sa.ForeignKeyConstraint(["alarm"], ["alarms.id"], name="fk_escalation_steps_alarm"),
        sa.UniqueConstraint(
            "alarm", "round", "chain", "step", "cycle", name="uq_escalation_steps_step"
        ),
    )
    pending = sa.text("ran_at IS NULL AND cancelled_at IS NULL")
    op.create_index(
        "ix_escalation_steps_due_at",
        "escalation_steps",
        ["due_at"],
        sqlite_where=pending,
        postgresql_where=pending,
    )
    op.create_index("ix_escalation_steps_alarm", "escalation_steps", ["alarm"])
