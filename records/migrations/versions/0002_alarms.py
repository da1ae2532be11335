"""Alarms, their events, rule state and the outbox."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_VALUE = sa.JSON(none_as_null=True)


def upgrade() -> None:
    """Create the tables."""
    _alarms()
    _judge()
    _outbox()


def _alarms() -> None:
    op.create_table(
        "alarms",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("rule", sa.String(63), nullable=False),
        sa.Column("alarm_class", sa.String(63), nullable=False),
        sa.Column("severity", sa.String(16), nullable=False),
        sa.Column("title", sa.JSON, nullable=False),
        sa.Column("device", sa.String(130), nullable=False),
        sa.Column("device_name", sa.JSON, nullable=False),
        sa.Column("kind", sa.String(63), nullable=False),
        sa.Column("point", sa.String(128), nullable=False),
        sa.Column("place", sa.String(63), nullable=False),
        sa.Column("path", sa.JSON, nullable=False),
        sa.Column("unplaced", sa.Boolean, nullable=False),
        sa.Column("is_open", sa.Boolean, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("acked", sa.Boolean, nullable=False),
        sa.Column("latched", sa.Boolean, nullable=False),
        sa.Column("quality", sa.String(16), nullable=False),
        sa.Column("held", sa.JSON, nullable=False),
        sa.Column("test", sa.Boolean, nullable=False),
        sa.Column("occurrences", sa.Integer, nullable=False),
        sa.Column("value", _VALUE),
        sa.Column("raised_at", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.Column("observed_at", sa.BigInteger, nullable=False),
        sa.Column("acked_by", sa.String(128)),
        sa.Column("acked_at", sa.BigInteger),
        sa.Column("cleared_at", sa.BigInteger),
        sa.Column("note", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_alarms"),
    )
    op.create_index(
        "uq_alarms_open",
        "alarms",
        ["rule", "device", "point"],
        unique=True,
        sqlite_where=sa.text("is_open"),
        postgresql_where=sa.text("is_open"),
    )
    op.create_index("ix_alarms_place_id", "alarms", ["place", "id"])
    op.create_table(
        "alarm_events",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("alarm", _ID, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("event", sa.String(32), nullable=False),
        sa.Column("actor", sa.String(128)),
        sa.Column("note", sa.Text),
        sa.Column("source_at", sa.BigInteger),
        sa.Column("value", _VALUE),
        sa.PrimaryKeyConstraint("id", name="pk_alarm_events"),
        sa.ForeignKeyConstraint(["alarm"], ["alarms.id"], name="fk_alarm_events_alarm"),
    )
    op.create_index("ix_alarm_events_alarm_id", "alarm_events", ["alarm", "id"])


def _judge() -> None:
    op.create_table(
        "rule_timers",
        sa.Column("rule", sa.String(63), nullable=False),
        sa.Column("device", sa.String(130), nullable=False),
        sa.Column("point", sa.String(128), nullable=False),
        sa.Column("rising", sa.BigInteger),
        sa.Column("falling", sa.BigInteger),
        sa.Column("rising_test", sa.Boolean, nullable=False),
        sa.Column("value", _VALUE),
        sa.Column("observed_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("rule", "device", "point", name="pk_rule_timers"),
    )
    op.create_table(
        "judge_facts",
        sa.Column("device", sa.String(130), nullable=False),
        sa.Column("point", sa.String(128), nullable=False),
        sa.Column("value", _VALUE),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("device", "point", name="pk_judge_facts"),
    )
    op.create_table(
        "judge_cursor",
        sa.Column("consumer", sa.String(63), nullable=False),
        sa.Column("safety", sa.BigInteger, nullable=False),
        sa.Column("routine", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("consumer", name="pk_judge_cursor"),
    )


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("event", _ID, nullable=False),
        sa.Column("alarm", _ID, nullable=False),
        sa.Column("transition", sa.String(32), nullable=False),
        sa.Column("rank", sa.Integer, nullable=False),
        sa.Column("channel", sa.String(63), nullable=False),
        sa.Column("target", sa.String(200), nullable=False),
        sa.Column("parameters", sa.JSON, nullable=False),
        sa.Column("payload", sa.JSON, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("claimed_until", sa.BigInteger, nullable=False),
        sa.Column("sent_at", sa.BigInteger),
        sa.Column("failed_at", sa.BigInteger),
        sa.Column("last_error", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.ForeignKeyConstraint(["event"], ["alarm_events.id"], name="fk_outbox_event"),
        sa.ForeignKeyConstraint(["alarm"], ["alarms.id"], name="fk_outbox_alarm"),
        sa.UniqueConstraint("event", "channel", "target", name="uq_outbox_event"),
    )
    op.create_index(
        "ix_outbox_waiting",
        "outbox",
        ["rank", "due_at"],
        sqlite_where=sa.text("sent_at IS NULL AND failed_at IS NULL"),
        postgresql_where=sa.text("sent_at IS NULL AND failed_at IS NULL"),
    )
    op.create_index("ix_outbox_alarm", "outbox", ["alarm", "target"])
