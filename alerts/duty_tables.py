"""The SQL tables of who is told, when, and by whom it was answered. Times are BIGINT [ms, UTC]."""

import sqlalchemy as sa

from alerts import tables
from records.engine import metadata

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

duty_entries = sa.Table(
    "duty_entries",
    metadata,
    sa.Column("kind", sa.String(16), primary_key=True),
    sa.Column("id", sa.String(63), primary_key=True),
    sa.Column("content", sa.JSON, nullable=False),
    sa.Column("changed_at", sa.BigInteger, nullable=False),
)

escalation_steps = sa.Table(
    "escalation_steps",
    metadata,
    sa.Column("id", _ID, primary_key=True, autoincrement=True),
    sa.Column(
        "alarm",
        _ID,
        sa.ForeignKey(tables.alarms.c.id, name="fk_escalation_steps_alarm"),
        nullable=False,
    ),
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
    sa.UniqueConstraint(
        "alarm", "round", "chain", "step", "cycle", name="uq_escalation_steps_step"
    ),
)
_pending = sa.and_(escalation_steps.c.ran_at.is_(None), escalation_steps.c.cancelled_at.is_(None))
sa.Index(
    "ix_escalation_steps_due_at",
    escalation_steps.c.due_at,
    sqlite_where=_pending,
    postgresql_where=_pending,
)
sa.Index("ix_escalation_steps_alarm", escalation_steps.c.alarm)

ack_links = sa.Table(
    "ack_links",
    metadata,
    sa.Column("hash", sa.String(64), primary_key=True),
    sa.Column(
        "alarm", _ID, sa.ForeignKey(tables.alarms.c.id, name="fk_ack_links_alarm"), nullable=False
    ),
    sa.Column("round", sa.BigInteger, nullable=False),
    sa.Column("contact", sa.String(63), nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("expires_at", sa.BigInteger, nullable=False),
    sa.Column("used_at", sa.BigInteger),
)
sa.Index("ix_ack_links_expires_at", ack_links.c.expires_at)

roll_calls = sa.Table(
    "roll_calls",
    metadata,
    sa.Column("id", _ID, primary_key=True, autoincrement=True),
    sa.Column("site", sa.String(63), nullable=False),
    sa.Column(
        "alarm", _ID, sa.ForeignKey(tables.alarms.c.id, name="fk_roll_calls_alarm"), nullable=False
    ),
    sa.Column("asked_by", sa.String(128), nullable=False),
    sa.Column("asked_at", sa.BigInteger, nullable=False),
    sa.Column("due_at", sa.BigInteger, nullable=False),
    sa.Column("answered_by", sa.String(128)),
    sa.Column("answered_at", sa.BigInteger),
    sa.Column("missed_at", sa.BigInteger),
)
sa.Index("ix_roll_calls_site", roll_calls.c.site, roll_calls.c.id)
