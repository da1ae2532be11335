"""What is shelved and under maintenance now, as it stands in SQL."""

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from alerts.alarm import Alarm, Hold, Shelf
from alerts.hold_tables import shelves, windows
from alerts.holds import protects_life
from alerts.maintenance import Scope, Window, takes_out
from alerts.watch import Key


@dataclass(frozen=True)
class Held:
    """Why an alarm is held."""

    actor: str | None
    note: str
    shelf: Shelf | None = None


@dataclass(frozen=True)
class InForce:
    """The shelves and windows of one moment."""

    shelves: Mapping[Key, Shelf]
    windows: tuple[Window, ...]
    now_ms: int

    def holds_of(self, alarm: Alarm) -> Mapping[Hold, Held]:
        """What holds an alarm; never anything for life safety but a window of two persons."""
        if not self.shelves and not self.windows:
            return {}
        found: dict[Hold, Held] = {}
        shelf = self.shelves.get(Key(alarm.rule, alarm.device, alarm.point))
        if shelf is not None and not protects_life(alarm):
            found[Hold.SHELVED] = Held(shelf.by, shelf.reason, shelf)
        window = self.window_of(alarm)
        if window is not None:
            found[Hold.OUT_OF_SERVICE] = Held(window.created_by, window.note())
        return found

    def window_of(self, alarm: Alarm) -> Window | None:
        """The window that takes an alarm out of service now."""
        return next((w for w in self.windows if takes_out(w, alarm, self.now_ms)), None)


def to_window(row: sa.RowMapping) -> Window:
    """A row of `maintenance_windows`."""
    scope = Scope(row["site"], tuple(row["devices"]), tuple(row["rules"]), tuple(row["classes"]))
    return Window(
        row["id"], row["owner"], row["reason"], scope, row["starts_at"], row["ends_at"],
        row["created_by"], row["created_at"], row["confirmed_by"], row["confirmed_at"],
        row["ended_by"],
    )  # fmt: skip


def in_force(connection: sa.Connection, now_ms: int) -> InForce:
    """Everything that can hold an alarm at this moment."""
    running = sa.select(windows).where(
        windows.c.finished_at.is_(None), windows.c.starts_at <= now_ms, windows.c.ends_at > now_ms
    )
    waiting = sa.select(shelves).where(shelves.c.ended_at.is_(None), shelves.c.until > now_ms)
    found = {
        Key(row["rule"], row["device"], row["point"]): Shelf(
            row["until"], row["once"], row["by"], row["reason"]
        )
        for row in connection.execute(waiting).mappings()
    }
    rows = connection.execute(running.order_by(windows.c.id)).mappings()
    return InForce(found, tuple(to_window(row) for row in rows), now_ms)
