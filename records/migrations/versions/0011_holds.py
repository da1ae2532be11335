"""Shelves, maintenance windows, drills, digests, and what alarms are grouped by."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0009"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_VALUE = sa.JSON(none_as_null=True)


def upgrade() -> None:
    """Create the tables and columns."""
    _alarms()
    _shelves()
    _windows()
    _drills()
    _digests()


def _alarms() -> None:
    for column in (
        sa.Column("community", sa.String(63)),
        sa.Column("group_key", sa.String(200)),
        sa.Column("group_id", sa.BigInteger),
        sa.Column("chattering_until", sa.BigInteger),
        sa.Column("shelf", _VALUE),
    ):
        op.add_column("alarms", column)
    op.create_index("ix_alarms_key", "alarms", ["rule", "device", "point", "id"])
    op.create_index("ix_alarms_community_raised", "alarms", ["community", "raised_at"])
    op.create_index(
        "ix_alarms_chattering",
        "alarms",
        ["chattering_until"],
        sqlite_where=sa.text("chattering_until IS NOT NULL"),
        postgresql_where=sa.text("chattering_until IS NOT NULL"),
    )
    op.create_index(
        "ix_alarms_group",
        "alarms",
        ["group_key", "id"],
        sqlite_where=sa.text("is_open"),
        postgresql_where=sa.text("is_open"),
    )


def _shelves() -> None:
    op.create_table(
        "alarm_shelves",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("rule", sa.String(63), nullable=False),
        sa.Column("device", sa.String(130), nullable=False),
        sa.Column("point", sa.String(128), nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.Column("once", sa.Boolean, nullable=False),
        sa.Column("by", sa.String(128), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_alarm_shelves"),
    )
    op.create_index(
        "uq_alarm_shelves_key",
        "alarm_shelves",
        ["rule", "device", "point"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def _windows() -> None:
    op.create_table(
        "maintenance_windows",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("owner", sa.String(128), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("site", sa.String(63)),
        sa.Column("devices", sa.JSON, nullable=False),
        sa.Column("rules", sa.JSON, nullable=False),
        sa.Column("classes", sa.JSON, nullable=False),
        sa.Column("starts_at", sa.BigInteger, nullable=False),
        sa.Column("ends_at", sa.BigInteger, nullable=False),
        sa.Column("created_by", sa.String(128), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("confirmed_by", sa.String(128)),
        sa.Column("confirmed_at", sa.BigInteger),
        sa.Column("ended_by", sa.String(128)),
        sa.Column("begun_at", sa.BigInteger),
        sa.Column("finished_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_maintenance_windows"),
    )
    op.create_index(
        "ix_maintenance_windows_unfinished",
        "maintenance_windows",
        ["ends_at"],
        sqlite_where=sa.text("finished_at IS NULL"),
        postgresql_where=sa.text("finished_at IS NULL"),
    )


def _drills() -> None:
    op.create_table(
        "drills",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("owner", sa.String(128), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("alarm_class", sa.String(63), nullable=False),
        sa.Column("site", sa.String(63)),
        sa.Column("devices", sa.JSON, nullable=False),
        sa.Column("starts_at", sa.BigInteger, nullable=False),
        sa.Column("ends_at", sa.BigInteger, nullable=False),
        sa.Column("created_by", sa.String(128), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("ended_by", sa.String(128)),
        sa.PrimaryKeyConstraint("id", name="pk_drills"),
    )
    op.create_index("ix_drills_ends_at", "drills", ["ends_at"])


def _digests() -> None:
    op.create_table(
        "alarm_digest_rows",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("key", sa.String(330), nullable=False),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("alarm", _ID, nullable=False),
        sa.Column("event", _ID, nullable=False),
        sa.Column("transition", sa.String(32), nullable=False),
        sa.Column("rank", sa.Integer, nullable=False),
        sa.Column("channel", sa.String(63), nullable=False),
        sa.Column("target", sa.String(200), nullable=False),
        sa.Column("parameters", sa.JSON, nullable=False),
        sa.Column("budget", sa.String(200), nullable=False),
        sa.Column("payload", sa.JSON, nullable=False),
        sa.Column("first_at", sa.BigInteger, nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alarm_digest_rows"),
        sa.ForeignKeyConstraint(["alarm"], ["alarms.id"], name="fk_digest_alarm"),
        sa.ForeignKeyConstraint(["event"], ["alarm_events.id"], name="fk_digest_event"),
    )
    op.create_index("ix_alarm_digest_rows_due_at", "alarm_digest_rows", ["due_at"])
    op.create_index("ix_alarm_digest_rows_key", "alarm_digest_rows", ["key", "target"])
    op.create_index("ix_alarm_digest_rows_alarm", "alarm_digest_rows", ["alarm", "target"])
