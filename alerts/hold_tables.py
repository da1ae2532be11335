"""The SQL tables of holds, drills and digests. Times are BIGINT [ms, UTC]."""

import sqlalchemy as sa

from records.engine import metadata

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

shelves = sa.Table(
    "alarm_shelves",
    metadata,
    sa.Column("id", _ID, primary_key=True, autoincrement=True),
    sa.Column("rule", sa.String(63), nullable=False),
    sa.Column("device", sa.String(130), nullable=False),
    sa.Column("point", sa.String(128), nullable=False),
    sa.Column("until", sa.BigInteger, nullable=False),
    sa.Column("once", sa.Boolean, nullable=False),
    sa.Column("by", sa.String(128), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("ended_at", sa.BigInteger),
)
sa.Index(
    "uq_alarm_shelves_key",
    shelves.c.rule,
    shelves.c.device,
    shelves.c.point,
    unique=True,
    sqlite_where=shelves.c.ended_at.is_(None),
    postgresql_where=shelves.c.ended_at.is_(None),
)

windows = sa.Table(
    "maintenance_windows",
    metadata,
    sa.Column("id", _ID, primary_key=True, autoincrement=True),
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
)
sa.Index(
    "ix_maintenance_windows_unfinished",
    windows.c.ends_at,
    sqlite_where=windows.c.finished_at.is_(None),
    postgresql_where=windows.c.finished_at.is_(None),
)

drills = sa.Table(
    "drills",
    metadata,
    sa.Column("id", _ID, primary_key=True, autoincrement=True),
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
)
sa.Index("ix_drills_ends_at", drills.c.ends_at)

digest_rows = sa.Table(
    "alarm_digest_rows",
    metadata,
    sa.Column("id", _ID, primary_key=True, autoincrement=True),
    sa.Column("key", sa.String(330), nullable=False),
    sa.Column("reason", sa.String(16), nullable=False),
    sa.Column("alarm", _ID, sa.ForeignKey("alarms.id", name="fk_digest_alarm"), nullable=False),
    sa.Column(
        "event", _ID, sa.ForeignKey("alarm_events.id", name="fk_digest_event"), nullable=False
    ),
    sa.Column("transition", sa.String(32), nullable=False),
    sa.Column("rank", sa.Integer, nullable=False),
    sa.Column("channel", sa.String(63), nullable=False),
    sa.Column("target", sa.String(200), nullable=False),
    sa.Column("parameters", sa.JSON, nullable=False),
    sa.Column("budget", sa.String(200), nullable=False),
    sa.Column("payload", sa.JSON, nullable=False),
    sa.Column("first_at", sa.BigInteger, nullable=False),
    sa.Column("due_at", sa.BigInteger, nullable=False),
)
sa.Index("ix_alarm_digest_rows_due_at", digest_rows.c.due_at)
sa.Index("ix_alarm_digest_rows_key", digest_rows.c.key, digest_rows.c.target)
sa.Index("ix_alarm_digest_rows_alarm", digest_rows.c.alarm, digest_rows.c.target)
