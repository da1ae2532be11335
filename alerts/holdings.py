"""Shelves, maintenance windows and drills for people: each deed is one transaction. Calls block."""

from collections.abc import Callable
from typing import TypeVar

import sqlalchemy as sa

from alerts import drill_rows, maintenance_rows, shelf_rows
from alerts.alarm import Alarm, Hold
from alerts.alarm_database import AlarmDatabase, open_row
from alerts.drill_rows import WantedDrill
from alerts.drills import Drill
from alerts.errors import NotAllowedError
from alerts.holds import shelf_for
from alerts.in_force import Held
from alerts.maintenance import Window
from alerts.maintenance_rows import WantedWindow
from alerts.shelf_rows import key_of
from alerts.writer import to_alarm

_T = TypeVar("_T")
Noted = Callable[[sa.Connection, _T], None]
"""What is to be written in the same transaction: the audit row of the deed."""


class Holdings:
    """What people put aside, take out of service and announce."""

    def __init__(self, database: AlarmDatabase) -> None:
        self._database = database

    def shelve(
        self,
        alarm: int,
        actor: str,
        reason: str,
        now_ms: int,
        *,
        duration_ms: int | None = None,
        once: bool = False,
        also: Noted[Alarm] | None = None,
    ) -> Alarm:
        """Put an alarm aside for a time, or until it has returned to normal.

        The shelf is that of the rule, device and point: within its time it holds further alarms of
        the same kind too, unless it is for one occurrence. `also` is called in the transaction.

        Raises:
            AlarmNotFoundError: there is none of this number.
            NotAllowedError: life safety, closed, longer than its class allows, or no reason.
        """
        with self._database.writing(now_ms) as (connection, writer):
            row = open_row(writer, alarm)
            known = to_alarm(row)
            shelf = shelf_for(known, actor, reason, now_ms, duration_ms=duration_ms, once=once)
            shelf_rows.put(connection, key_of(row), shelf, now_ms)
            if Hold.SHELVED in row["held"]:
                writer.let_go_quietly(row, Hold.SHELVED)
                row = open_row(writer, alarm)
            writer.put_on_hold(row, Hold.SHELVED, Held(actor, shelf.reason, shelf), now_ms)
            if also is not None:
                also(connection, writer.told[-1].alarm)
        return writer.told[-1].alarm

    def unshelve(
        self,
        alarm: int,
        actor: str,
        note: str | None,
        now_ms: int,
        *,
        also: Noted[Alarm] | None = None,
    ) -> Alarm:
        """Take an alarm from its shelf; if it is still active it is told as new.

        Raises:
            AlarmNotFoundError: there is none of this number.
            NotAllowedError: it is closed or not shelved.
        """
        with self._database.writing(now_ms) as (connection, writer):
            row = open_row(writer, alarm)
            if Hold.SHELVED not in row["held"]:
                raise NotAllowedError("not_shelved")
            shelf_rows.end(connection, key_of(row), now_ms)
            writer.let_go(row, Hold.SHELVED, now_ms, actor, note)
            if also is not None:
                also(connection, writer.told[-1].alarm)
        return writer.told[-1].alarm

    def windows(self, limit: int = 100, after: int | None = None) -> tuple[Window, ...]:
        """Maintenance windows, newest first; `after` is the number of the last one seen."""
        with self._database.reading() as connection:
            return maintenance_rows.listed(connection, limit, after)

    def window(self, number: int) -> Window:
        """One maintenance window.

        Raises:
            WindowNotFoundError: there is none of this number.
        """
        with self._database.reading() as connection:
            return maintenance_rows.find(connection, number)

    def plan(
        self, wanted: WantedWindow, actor: str, now_ms: int, also: Noted[Window] | None = None
    ) -> Window:
        """Plan a maintenance window.

        Raises:
            NotAllowedError: it names nothing, has no reason, is over, too short or too long.
        """
        with self._database.writing(now_ms) as (connection, writer):
            window = maintenance_rows.plan(connection, writer, wanted, actor, now_ms)
            if also is not None:
                also(connection, window)
        return window

    def confirm(
        self, number: int, actor: str, now_ms: int, also: Noted[Window] | None = None
    ) -> Window:
        """The second person's word for a maintenance window.

        Raises:
            WindowNotFoundError: there is none of this number.
            NotAllowedError: it is over, confirmed already, or it is the same person.
        """
        with self._database.writing(now_ms) as (connection, writer):
            window = maintenance_rows.confirm(connection, writer, number, actor, now_ms)
            if also is not None:
                also(connection, window)
        return window

    def end_window(
        self, number: int, actor: str, now_ms: int, also: Noted[Window] | None = None
    ) -> Window:
        """End a maintenance window before its time.

        Raises:
            WindowNotFoundError: there is none of this number.
            NotAllowedError: it is over.
        """
        with self._database.writing(now_ms) as (connection, writer):
            window = maintenance_rows.end(connection, writer, number, actor, now_ms)
            if also is not None:
                also(connection, window)
        return window

    def drills(self, limit: int = 100, after: int | None = None) -> tuple[Drill, ...]:
        """Drills, newest first; `after` is the number of the last one seen."""
        with self._database.reading() as connection:
            return drill_rows.listed(connection, limit, after)

    def drills_announced(self, now_ms: int) -> tuple[Drill, ...]:
        """The drills that have begun, and those lately over."""
        with self._database.reading() as connection:
            return drill_rows.announced(connection, now_ms)

    def drill(self, number: int) -> Drill:
        """One drill.

        Raises:
            DrillNotFoundError: there is none of this number.
        """
        with self._database.reading() as connection:
            return drill_rows.find(connection, number)

    def drills_held(self, start_ms: int, end_ms: int) -> tuple[Drill, ...]:
        """The drills that began within a period [ms, UTC], oldest first."""
        with self._database.reading() as connection:
            return drill_rows.held_between(connection, start_ms, end_ms)

    def announce(
        self, wanted: WantedDrill, actor: str, now_ms: int, also: Noted[Drill] | None = None
    ) -> Drill:
        """Announce a drill.

        Raises:
            NotAllowedError: it names nothing, has no reason, is over, or is longer than 2 h.
        """
        with self._database.writing(now_ms) as (connection, _):
            drill = drill_rows.announce(connection, wanted, actor, now_ms)
            if also is not None:
                also(connection, drill)
        return drill

    def end_drill(
        self, number: int, actor: str, now_ms: int, also: Noted[Drill] | None = None
    ) -> Drill:
        """End a drill before its time.

        Raises:
            DrillNotFoundError: there is none of this number.
            NotAllowedError: it is over.
        """
        with self._database.writing(now_ms) as (connection, _):
            drill = drill_rows.end(connection, number, actor, now_ms)
            if also is not None:
                also(connection, drill)
        return drill
