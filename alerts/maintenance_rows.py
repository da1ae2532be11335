"""Maintenance windows in SQL: planned, confirmed by a second person, ended. All calls block.

What a window holds or lets go at once is written in the same transaction as the window.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from alerts.errors import NotAllowedError, WindowNotFoundError
from alerts.hold_tables import windows
from alerts.in_force import to_window
from alerts.maintenance import Scope, Window, check_second_person, check_window
from alerts.upkeep import apply_windows
from alerts.writer import Writer


@dataclass(frozen=True)
class WantedWindow:
    """A window that somebody plans. Times are [ms since 1970, UTC]."""

    owner: str
    reason: str
    scope: Scope
    starts_at: int
    ends_at: int


def find(connection: sa.Connection, number: int) -> Window:
    """One window.

    Raises:
        WindowNotFoundError: there is none of this number.
    """
    query = sa.select(windows).where(windows.c.id == number).with_for_update()
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise WindowNotFoundError(number)
    return to_window(row)


def listed(connection: sa.Connection, limit: int, after: int | None) -> tuple[Window, ...]:
    """Windows, newest first."""
    query = sa.select(windows).order_by(windows.c.id.desc()).limit(limit)
    if after is not None:
        query = query.where(windows.c.id < after)
    return tuple(to_window(row) for row in connection.execute(query).mappings())


def plan(
    connection: sa.Connection, writer: Writer, wanted: WantedWindow, by: str, now_ms: int
) -> Window:
    """Plan a window; one that is on already holds at once.

    Raises:
        NotAllowedError: it names nothing, has no reason, is over, too short or too long.
    """
    check_window(wanted.scope, wanted.reason, wanted.starts_at, wanted.ends_at, now_ms)
    scope = wanted.scope
    result = connection.execute(
        sa.insert(windows).values(
            owner=wanted.owner, reason=wanted.reason.strip(), site=scope.site,
            devices=list(scope.devices), rules=list(scope.rules), classes=list(scope.classes),
            starts_at=wanted.starts_at, ends_at=wanted.ends_at, created_by=by, created_at=now_ms,
        )
    )  # fmt: skip
    key = result.inserted_primary_key
    assert key is not None  # noqa: S101  (an insert of one row always has its key)
    return _taken_up(connection, writer, int(key[0]), by, now_ms)


def confirm(connection: sa.Connection, writer: Writer, number: int, by: str, now_ms: int) -> Window:
    """The second person's word; what needs two persons is held from now on.

    Raises:
        WindowNotFoundError: there is none of this number.
        NotAllowedError: it is over, confirmed already, or it is the same person.
    """
    window = find(connection, number)
    if window.confirmed_by is not None:
        raise NotAllowedError("confirmed_already")
    check_second_person(window, by, now_ms)
    _update(connection, number, confirmed_by=by, confirmed_at=now_ms)
    return _taken_up(connection, writer, number, by, now_ms)


def end(connection: sa.Connection, writer: Writer, number: int, by: str, now_ms: int) -> Window:
    """End a window before its time; what is still active is told as new.

    Raises:
        WindowNotFoundError: there is none of this number.
        NotAllowedError: it is over.
    """
    window = find(connection, number)
    if now_ms >= window.ends_at:
        raise NotAllowedError("window_over")
    start = min(window.starts_at, now_ms)
    _update(
        connection, number, starts_at=start, ends_at=now_ms, ended_by=by, finished_at=now_ms,
        begun_at=start,
    )  # fmt: skip
    return _taken_up(connection, writer, number, by, now_ms)


def _update(connection: sa.Connection, number: int, **values: object) -> None:
    connection.execute(sa.update(windows).where(windows.c.id == number).values(**values))


def _taken_up(
    connection: sa.Connection, writer: Writer, number: int, by: str, now_ms: int
) -> Window:
    window = find(connection, number)
    if window.starts_at <= now_ms:
        if window.runs(now_ms):
            _update(connection, number, begun_at=now_ms)
        apply_windows(connection, writer, now_ms, by)
    return window
