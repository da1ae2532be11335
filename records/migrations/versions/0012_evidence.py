"""The events of alarms are sealed: those that are there in the order in which they were added."""

import hashlib
import json

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0007"
branch_labels = None
depends_on = None

_SEALED = (
    "id", "alarm", "at", "event", "actor", "note", "source_at", "value",
    "rule", "alarm_class", "severity", "device", "point", "place",
)  # fmt: skip


def upgrade() -> None:
    """Add the seals, and let no event be changed any more."""
    for name in ("previous", "hash"):
        column = sa.Column(name, sa.String(64), nullable=False, server_default="")
        op.add_column("alarm_events", column)
    _seal()
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER alarm_events_no_{verb.lower()} BEFORE {verb} ON alarm_events "
                "BEGIN SELECT RAISE(ABORT, 'the events of alarms are append-only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION alarm_events_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the events of alarms are append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER alarm_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE "
        "ON alarm_events FOR EACH STATEMENT EXECUTE FUNCTION alarm_events_append_only()"
    )


def _seal() -> None:
    connection = op.get_bind()
    rows = (
        connection.execute(
            sa.text(
                "SELECT e.id, e.alarm, e.at, e.event, e.actor, e.note, e.source_at, e.value, "
                "a.rule, a.alarm_class, a.severity, a.device, a.point, a.place "
                "FROM alarm_events e JOIN alarms a ON a.id = e.alarm ORDER BY e.id"
            ).columns(value=sa.JSON(none_as_null=True))
        )
        .mappings()
        .all()
    )
    previous = "0" * 64
    for row in rows:
        fields = [row[name] for name in _SEALED]
        text = json.dumps([*fields, previous], ensure_ascii=False, separators=(",", ":"))
        sealed = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        connection.execute(
            sa.text("UPDATE alarm_events SET previous = :p, hash = :h WHERE id = :i"),
            {"p": previous, "h": sealed, "i": row["id"]},
        )
        previous = sealed
