"""The SQL tables of this package, declared on the common metadata. Times are BIGINT [ms, UTC]."""

import sqlalchemy as sa

from records.engine import metadata

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_VALUE = sa.JSON(none_as_null=True)

alarms = sa.Table(
    "alarms",
    metadata,
    sa.Column("id", _ID, primary_key=True, autoincrement=True),
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
    sa.Column("community", sa.String(63)),
    sa.Column("group_key", sa.String(200)),
    sa.Column("group_id", sa.BigInteger),
    sa.Column("chattering_until", sa.BigInteger),
    sa.Column("shelf", _VALUE),
    sa.Column("rescue", _VALUE),
    sa.Column("vendor", _VALUE),
)
sa.Index(
    "uq_alarms_open",
    alarms.c.rule,
    alarms.c.device,
    alarms.c.point,
    unique=True,
    sqlite_where=alarms.c.is_open,
    postgresql_where=alarms.c.is_open,
)
sa.Index("ix_alarms_place_id", alarms.c.place, alarms.c.id)
sa.Index("ix_alarms_key", alarms.c.rule, alarms.c.device, alarms.c.point, alarms.c.id)
sa.Index("ix_alarms_community_raised", alarms.c.community, alarms.c.raised_at)
sa.Index(
    "ix_alarms_chattering",
    alarms.c.chattering_until,
    sqlite_where=alarms.c.chattering_until.is_not(None),
    postgresql_where=alarms.c.chattering_until.is_not(None),
)
sa.Index(
    "ix_alarms_group",
    alarms.c.group_key,
    alarms.c.id,
    sqlite_where=alarms.c.is_open,
    postgresql_where=alarms.c.is_open,
)

alarm_events = sa.Table(
    "alarm_events",
    metadata,
    sa.Column("id", _ID, primary_key=True, autoincrement=True),
    sa.Column(
        "alarm", _ID, sa.ForeignKey("alarms.id", name="fk_alarm_events_alarm"), nullable=False
    ),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("event", sa.String(32), nullable=False),
    sa.Column("actor", sa.String(128)),
    sa.Column("note", sa.Text),
    sa.Column("source_at", sa.BigInteger),
    sa.Column("value", _VALUE),
    sa.Column("previous", sa.String(64), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
)
sa.Index("ix_alarm_events_alarm_id", alarm_events.c.alarm, alarm_events.c.id)

rule_timers = sa.Table(
    "rule_timers",
    metadata,
    sa.Column("rule", sa.String(63), primary_key=True),
    sa.Column("device", sa.String(130), primary_key=True),
    sa.Column("point", sa.String(128), primary_key=True),
    sa.Column("rising", sa.BigInteger),
    sa.Column("falling", sa.BigInteger),
    sa.Column("rising_test", sa.Boolean, nullable=False),
    sa.Column("value", _VALUE),
    sa.Column("observed_at", sa.BigInteger, nullable=False),
)

judge_facts = sa.Table(
    "judge_facts",
    metadata,
    sa.Column("device", sa.String(130), primary_key=True),
    sa.Column("point", sa.String(128), primary_key=True),
    sa.Column("value", _VALUE),
    sa.Column("at", sa.BigInteger, nullable=False),
)

judge_cursor = sa.Table(
    "judge_cursor",
    metadata,
    sa.Column("consumer", sa.String(63), primary_key=True),
    sa.Column("safety", sa.BigInteger, nullable=False),
    sa.Column("routine", sa.BigInteger, nullable=False),
)

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("id", _ID, primary_key=True, autoincrement=True),
    sa.Column(
        "event", _ID, sa.ForeignKey("alarm_events.id", name="fk_outbox_event"), nullable=False
    ),
    sa.Column("alarm", _ID, sa.ForeignKey("alarms.id", name="fk_outbox_alarm"), nullable=False),
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
    sa.Column("budget", sa.String(200), nullable=False, server_default=""),
    sa.Column("delivery", sa.BigInteger),
    sa.UniqueConstraint("event", "channel", "target", name="uq_outbox_event"),
)
sa.Index(
    "ix_outbox_waiting",
    outbox.c.rank,
    outbox.c.due_at,
    sqlite_where=sa.and_(outbox.c.sent_at.is_(None), outbox.c.failed_at.is_(None)),
    postgresql_where=sa.and_(outbox.c.sent_at.is_(None), outbox.c.failed_at.is_(None)),
)
sa.Index("ix_outbox_alarm", outbox.c.alarm, outbox.c.target)
sa.Index(
    "ix_outbox_target",
    outbox.c.target,
    outbox.c.rank,
    sqlite_where=sa.and_(outbox.c.sent_at.is_(None), outbox.c.failed_at.is_(None)),
    postgresql_where=sa.and_(outbox.c.sent_at.is_(None), outbox.c.failed_at.is_(None)),
)

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("id", _ID, primary_key=True, autoincrement=True),
    sa.Column("channel", sa.String(63), nullable=False),
    sa.Column("parameters", sa.JSON, nullable=False),
    sa.Column("budget", sa.String(200), nullable=False),
    sa.Column("emergency", sa.Boolean, nullable=False),
    sa.Column("notifications", sa.Integer, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("receipt", sa.Text),
    sa.Column("detail", sa.Text),
    sa.Column("blocked_until", sa.BigInteger, nullable=False),
    sa.Column("reported_at", sa.BigInteger),
    sa.Column("ask_at", sa.BigInteger),
    sa.Column("asked", sa.Integer, nullable=False),
)
sa.Index("ix_deliveries_at", deliveries.c.at)
sa.Index(
    "ix_deliveries_ask_at",
    deliveries.c.ask_at,
    sqlite_where=deliveries.c.ask_at.is_not(None),
    postgresql_where=deliveries.c.ask_at.is_not(None),
)
