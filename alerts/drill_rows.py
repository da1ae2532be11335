"""Drills in SQL: announced, ended early, and counted for reports. All calls block."""

from dataclasses import dataclass

import sqlalchemy as sa

from alerts.drills import LONGEST_MS, Drill, announced_from, check_drill
from alerts.errors import DrillNotFoundError, NotAllowedError
from alerts.hold_tables import drills


@dataclass(frozen=True)
class WantedDrill:
    """A drill that somebody announces. Times are [ms since 1970, UTC]."""

    owner: str
    reason: str
    alarm_class: str
    site: str | None
    devices: tuple[str, ...]
    starts_at: int
    ends_at: int


def to_drill(row: sa.RowMapping) -> Drill:
    """A row of `drills`."""
    return Drill(
        row["id"], row["owner"], row["reason"], row["alarm_class"], row["site"],
        tuple(row["devices"]), row["starts_at"], row["ends_at"], row["created_by"],
        row["created_at"], row["ended_by"],
    )  # fmt: skip


def announced(connection: sa.Connection, now_ms: int) -> tuple[Drill, ...]:
    """The drills that have begun, and those lately over: what was said during them comes late."""
    query = (
        sa.select(drills)
        .where(drills.c.starts_at <= now_ms, drills.c.ends_at > now_ms - LONGEST_MS)
        .order_by(drills.c.id)
    )
    return tuple(to_drill(row) for row in connection.execute(query).mappings())


def announce(connection: sa.Connection, wanted: WantedDrill, by: str, now_ms: int) -> Drill:
    """Announce a drill; from now on at the earliest.

    Raises:
        NotAllowedError: it names nothing, has no reason, is over, or is longer than 2 h.
    """
    check_drill(
        wanted.site, wanted.devices, wanted.reason, wanted.starts_at, wanted.ends_at, now_ms
    )
    result = connection.execute(
        sa.insert(drills).values(
            owner=wanted.owner, reason=wanted.reason.strip(), alarm_class=wanted.alarm_class,
            site=wanted.site, devices=list(wanted.devices),
            starts_at=announced_from(wanted.starts_at, now_ms),
            ends_at=wanted.ends_at, created_by=by, created_at=now_ms,
        )
    )  # fmt: skip
    key = result.inserted_primary_key
    assert key is not None  # noqa: S101  (an insert of one row always has its key)
    return find(connection, int(key[0]))


def find(connection: sa.Connection, number: int) -> Drill:
    """One drill.

    Raises:
        DrillNotFoundError: there is none of this number.
    """
    query = sa.select(drills).where(drills.c.id == number).with_for_update()
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise DrillNotFoundError(number)
    return to_drill(row)


def end(connection: sa.Connection, number: int, by: str, now_ms: int) -> Drill:
    """End a drill before its time; one that has not begun never begins.

    Raises:
        DrillNotFoundError: there is none of this number.
        NotAllowedError: it is over.
    """
    drill = find(connection, number)
    if now_ms >= drill.ends_at:
        raise NotAllowedError("window_over")
    start = min(drill.starts_at, now_ms)
    connection.execute(
        sa.update(drills)
        .where(drills.c.id == number)
        .values(starts_at=start, ends_at=now_ms, ended_by=by)
    )
    return find(connection, number)


def held_between(connection: sa.Connection, start_ms: int, end_ms: int) -> tuple[Drill, ...]:
    """The drills that began within a period, oldest first: what a safety report counts."""
    query = (
        sa.select(drills)
        .where(drills.c.starts_at >= start_ms, drills.c.starts_at < end_ms)
        .where(drills.c.ends_at > drills.c.starts_at)
        .order_by(drills.c.starts_at, drills.c.id)
    )
    return tuple(to_drill(row) for row in connection.execute(query).mappings())


def listed(connection: sa.Connection, limit: int, after: int | None) -> tuple[Drill, ...]:
    """Drills, newest first."""
    query = sa.select(drills).order_by(drills.c.id.desc()).limit(limit)
    if after is not None:
        query = query.where(drills.c.id < after)
    return tuple(to_drill(row) for row in connection.execute(query).mappings())
