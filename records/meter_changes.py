"""Meter changes that were entered by hand: what the old meter showed last, and the new one first.

Rows are never altered: one that was wrong is withdrawn, and both deeds are in the audit chain.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from records.audit import Actor, append
from records.engine import RecordsError, metadata

meter_changes = sa.Table(
    "meter_changes",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("device", sa.String(160), nullable=False),
    sa.Column("point", sa.String(80), nullable=False),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("last_shown", sa.Float, nullable=False),
    sa.Column("first_shown", sa.Float, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("entered_ms", sa.BigInteger, nullable=False),
    sa.Column("entered_by", sa.String(80), nullable=False),
    sa.Column("withdrawn_ms", sa.BigInteger),
)


class UnknownMeterChangeError(RecordsError):
    """There is no such meter change, or it was withdrawn already."""


@dataclass(frozen=True)
class RecordedChange:
    """One counter of a meter that was exchanged."""

    id: int
    device: str
    """`device` or `device/part`."""
    point: str
    at_ms: int
    """[ms, UTC]"""
    last: float
    """What the old meter showed last, in the stored unit of the point."""
    first: float
    """What the new meter showed first, in the stored unit of the point."""
    note: str


@dataclass(frozen=True)
class NewChange:
    """A meter change that is to be entered; as `RecordedChange`."""

    device: str
    point: str
    at_ms: int
    last: float
    first: float
    note: str = ""


def enter(connection: sa.Connection, actor: Actor, change: NewChange, now_ms: int) -> int:
    """Enter a meter change inside the caller's transaction; returns its number."""
    made = connection.execute(
        sa.insert(meter_changes)
        .values(
            device=change.device,
            point=change.point,
            at_ms=change.at_ms,
            last_shown=change.last,
            first_shown=change.first,
            note=change.note,
            entered_ms=now_ms,
            entered_by=actor.name[:80],
        )
        .returning(meter_changes.c.id)
    )
    number = int(made.scalar_one())
    detail = {
        "number": number, "point": change.point, "at_ms": change.at_ms,
        "last": change.last, "first": change.first, "note": change.note,
    }  # fmt: skip
    append(connection, actor, "meter_change.entered", change.device, now_ms, detail)
    return number


def withdraw(connection: sa.Connection, actor: Actor, number: int, now_ms: int) -> None:
    """Take a meter change back that was entered wrongly.

    Raises:
        UnknownMeterChangeError: there is none of this number that counts.
    """
    table = meter_changes
    done = connection.execute(
        sa.update(table)
        .where(table.c.id == number, table.c.withdrawn_ms.is_(None))
        .values(withdrawn_ms=now_ms)
        .returning(table.c.device)
    ).scalar()
    if done is None:
        raise UnknownMeterChangeError(f"there is no meter change {number} that counts")
    append(connection, actor, "meter_change.withdrawn", done, now_ms, {"number": number})


def in_force(connection: sa.Connection) -> Sequence[RecordedChange]:
    """The meter changes that count, in order of time."""
    table = meter_changes
    query = (
        sa.select(table).where(table.c.withdrawn_ms.is_(None)).order_by(table.c.at_ms, table.c.id)
    )
    return [
        RecordedChange(
            row.id, row.device, row.point, row.at_ms, row.last_shown, row.first_shown, row.note
        )
        for row in connection.execute(query)
    ]


def state_of(connection: sa.Connection) -> tuple[int, int]:
    """Two numbers that change whenever a meter change is entered or withdrawn."""
    table = meter_changes
    row = connection.execute(
        sa.select(sa.func.count(table.c.id), sa.func.count(table.c.withdrawn_ms))
    ).one()
    return int(row[0]), int(row[1])
