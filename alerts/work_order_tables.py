"""The SQL tables of work orders. Times are BIGINT [ms, UTC]."""

import sqlalchemy as sa

from records.engine import metadata

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

work_orders = sa.Table(
    "work_orders",
    metadata,
    sa.Column("id", _ID, primary_key=True, autoincrement=True),
    sa.Column("origin", sa.String(8), nullable=False),
    sa.Column("title", sa.JSON, nullable=False),
    sa.Column("site", sa.String(63), nullable=False),
    sa.Column("device", sa.String(130)),
    sa.Column("alarm", _ID, sa.ForeignKey("alarms.id", name="fk_work_orders_alarm")),
    sa.Column("alarm_class", sa.String(63)),
    sa.Column("severity", sa.String(16)),
    sa.Column("plan", sa.String(63)),
    sa.Column("due_day", sa.String(10)),
    sa.Column("created_by", sa.String(128), nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("accept_by", sa.BigInteger),
    sa.Column("arrive_by", sa.BigInteger),
    sa.Column("finish_by", sa.BigInteger),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("is_open", sa.Boolean, nullable=False),
    sa.Column("team", sa.String(63)),
    sa.Column("assignee", sa.String(128)),
    sa.Column("accepted_at", sa.BigInteger),
    sa.Column("arrived_at", sa.BigInteger),
    sa.Column("finished_at", sa.BigInteger),
    sa.Column("finished_by", sa.String(128)),
    sa.Column("closed_at", sa.BigInteger),
    sa.Column("closed_by", sa.String(128)),
    sa.Column("checklist", sa.JSON, nullable=False),
    sa.Column("parts", sa.JSON, nullable=False),
    sa.Column("photos", sa.JSON, nullable=False),
    sa.Column("late", sa.JSON, nullable=False),
    sa.Column("is_late", sa.Boolean, nullable=False),
    sa.UniqueConstraint("plan", "device", "due_day", name="uq_work_orders_plan"),
)
sa.Index("ix_work_orders_site_id", work_orders.c.site, work_orders.c.id)
sa.Index("ix_work_orders_created_at", work_orders.c.created_at)
sa.Index("ix_work_orders_is_open_id", work_orders.c.is_open, work_orders.c.id)
sa.Index(
    "ix_work_orders_late",
    work_orders.c.id,
    # As SQLAlchemy asks for a flag of SQLite: only so does SQLite take the index.
    sqlite_where=sa.text("is_late = 1"),
    postgresql_where=work_orders.c.is_late,
)

order_alarms = sa.Table(
    "work_order_alarms",
    metadata,
    sa.Column(
        "alarm",
        _ID,
        sa.ForeignKey("alarms.id", name="fk_work_order_alarms_alarm"),
        primary_key=True,
        autoincrement=False,
    ),
    sa.Column(
        "work_order",
        _ID,
        sa.ForeignKey("work_orders.id", name="fk_work_order_alarms_order"),
        primary_key=True,
        autoincrement=False,
    ),
)
"""Which orders see to which alarms."""
sa.Index("ix_work_order_alarms_order", order_alarms.c.work_order)

order_events = sa.Table(
    "work_order_events",
    metadata,
    sa.Column("id", _ID, primary_key=True, autoincrement=True),
    sa.Column(
        "work_order",
        _ID,
        sa.ForeignKey("work_orders.id", name="fk_work_order_events_order"),
        nullable=False,
    ),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("event", sa.String(32), nullable=False),
    sa.Column("actor", sa.String(128), nullable=False),
    sa.Column("note", sa.Text),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("previous", sa.String(64), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
)
sa.Index("ix_work_order_events_order_id", order_events.c.work_order, order_events.c.id)

order_cursor = sa.Table(
    "work_order_cursor",
    metadata,
    sa.Column("name", sa.String(63), primary_key=True),
    sa.Column("event", sa.BigInteger, nullable=False),
)
"""Up to which event of alarms orders have been made."""

plan_days = sa.Table(
    "work_plan_days",
    metadata,
    sa.Column("plan", sa.String(63), primary_key=True),
    sa.Column("device", sa.String(130), primary_key=True),
    sa.Column("made_until", sa.String(10), nullable=False),
)
"""Up to which day, `2026-11-30`, the orders of a plan are made for a device."""
