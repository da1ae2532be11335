"""Work orders: their state, the alarms they see to, their sealed events, and what was made."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0010"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the tables, and let no event be changed."""
    _orders()
    _events()
    _made()
    _append_only()


def _orders() -> None:
    op.create_table(
        "work_orders",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("origin", sa.String(8), nullable=False),
        sa.Column("title", sa.JSON, nullable=False),
        sa.Column("site", sa.String(63), nullable=False),
        sa.Column("device", sa.String(130)),
        sa.Column("alarm", _ID),
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
        sa.PrimaryKeyConstraint("id", name="pk_work_orders"),
        sa.ForeignKeyConstraint(["alarm"], ["alarms.id"], name="fk_work_orders_alarm"),
        sa.UniqueConstraint("plan", "device", "due_day", name="uq_work_orders_plan"),
    )
    op.create_index("ix_work_orders_site_id", "work_orders", ["site", "id"])
    op.create_index("ix_work_orders_created_at", "work_orders", ["created_at"])
    op.create_index("ix_work_orders_is_open_id", "work_orders", ["is_open", "id"])
    op.create_index(
        "ix_work_orders_late",
        "work_orders",
        ["id"],
        sqlite_where=sa.text("is_late = 1"),
        postgresql_where=sa.text("is_late"),
    )


def _events() -> None:
    op.create_table(
        "work_order_alarms",
        sa.Column("alarm", _ID, autoincrement=False, nullable=False),
        sa.Column("work_order", _ID, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("alarm", "work_order", name="pk_work_order_alarms"),
        sa.ForeignKeyConstraint(["alarm"], ["alarms.id"], name="fk_work_order_alarms_alarm"),
        sa.ForeignKeyConstraint(
            ["work_order"], ["work_orders.id"], name="fk_work_order_alarms_order"
        ),
    )
    op.create_index("ix_work_order_alarms_order", "work_order_alarms", ["work_order"])
    op.create_table(
        "work_order_events",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("work_order", _ID, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("event", sa.String(32), nullable=False),
        sa.Column("actor", sa.String(128), nullable=False),
        sa.Column("note", sa.Text),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_work_order_events"),
        sa.ForeignKeyConstraint(
            ["work_order"], ["work_orders.id"], name="fk_work_order_events_order"
        ),
    )
    op.create_index("ix_work_order_events_order_id", "work_order_events", ["work_order", "id"])


def _made() -> None:
    op.create_table(
        "work_order_cursor",
        sa.Column("name", sa.String(63), nullable=False),
        sa.Column("event", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_work_order_cursor"),
    )
    op.create_table(
        "work_plan_days",
        sa.Column("plan", sa.String(63), nullable=False),
        sa.Column("device", sa.String(130), nullable=False),
        sa.Column("made_until", sa.String(10), nullable=False),
        sa.PrimaryKeyConstraint("plan", "device", name="pk_work_plan_days"),
    )


def _append_only() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER work_order_events_no_{verb.lower()} BEFORE {verb} "
                "ON work_order_events BEGIN "
                "SELECT RAISE(ABORT, 'the events of work orders are append-only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION work_order_events_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the events of work orders are append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER work_order_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE "
        "ON work_order_events FOR EACH STATEMENT EXECUTE FUNCTION work_order_events_append_only()"
    )
