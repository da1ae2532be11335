"""Alarms in SQL for everyone but the judge: read, page, acknowledge, reset.

Acknowledging and resetting read the row, judge and write it in one transaction, as the judge does;
SQLite's writers wait for each other, PostgreSQL locks the row. All calls block.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TypeVar

import sqlalchemy as sa

from alerts import drill_rows, maintenance_rows, shelf_rows, tables
from alerts.alarm import Alarm, AlarmEvent, Hold, Severity, Transition
from alerts.drill_rows import WantedDrill
from alerts.drills import Drill
from alerts.engine import State, Step, acknowledge, reset
from alerts.errors import AlarmNotFoundError, AlertsError, NotAllowedError
from alerts.evidence import EVENT
from alerts.feed import AlarmFeed
from alerts.holds import shelf_for
from alerts.in_force import Held
from alerts.maintenance import Window
from alerts.maintenance_rows import WantedWindow
from alerts.routes import Routes
from alerts.watch import Key
from alerts.writer import Writer, flags, state_of, to_alarm
from records.engine import reading

Also = Callable[[sa.Connection, Alarm], None]
"""What is to be written in the same transaction: the audit row of the deed."""


_T = TypeVar("_T")
Noted = Callable[[sa.Connection, _T], None]
"""The same for a window or a drill."""


def _key(row: sa.RowMapping) -> Key:
    return Key(row["rule"], row["device"], row["point"])


def _open(writer: Writer, alarm: int) -> sa.RowMapping:
    row = writer.row(alarm)
    if row is None:
        raise AlarmNotFoundError(alarm)
    if not row["is_open"]:
        raise NotAllowedError("not_open")
    return row


@dataclass(frozen=True)
class AlarmList:
    """A page of alarms, newest first."""

    items: tuple[Alarm, ...]
    next: int | None
    """`after` of the next page; None at the end."""


class AlarmRepository:
    """Reads alarms and does what people do with them."""

    def __init__(
        self,
        engine: sa.Engine,
        feed: AlarmFeed | None = None,
        *,
        routes: Callable[[], Routes] = Routes,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        """`routes` gives those of now; `wake` tells the dispatcher that there is something."""
        self._engine = engine
        self._feed = feed
        self._routes = routes
        self._wake = wake

    def open_alarms(self) -> tuple[Alarm, ...]:
        """Every open alarm, the worst first, then the newest."""
        table = tables.alarms
        with self._read() as connection:
            rows = connection.execute(sa.select(table).where(table.c.is_open)).mappings().all()
        found = [to_alarm(row) for row in rows]
        return tuple(sorted(found, key=lambda alarm: (alarm.severity.rank, -alarm.id)))

    def page(
        self,
        state: str = "open",
        sites: Collection[str] | None = None,
        severity: Severity | None = None,
        device: str | None = None,
        limit: int = 100,
        after: int | None = None,
    ) -> AlarmList:
        """Alarms, newest first: `state` is `open` or `all`, `sites` the ids of allowed places.

        `device` means the device itself and its parts; `after` is `AlarmList.next`.
        """
        table = tables.alarms
        query = sa.select(table).order_by(table.c.id.desc()).limit(limit + 1)
        if state == "open":
            query = query.where(table.c.is_open)
        if sites is not None:
            query = query.where(table.c.place.in_(sorted(sites)))
        if severity is not None:
            query = query.where(table.c.severity == severity.value)
        if device is not None:
            part = table.c.device.startswith(f"{device}/", autoescape=True)
            query = query.where(sa.or_(table.c.device == device, part))
        if after is not None:
            query = query.where(table.c.id < after)
        with self._read() as connection:
            rows = connection.execute(query).mappings().all()
        items = tuple(to_alarm(row) for row in rows[:limit])
        return AlarmList(items, items[-1].id if len(rows) > limit else None)

    def get(self, alarm: int) -> Alarm:
        """One alarm.

        Raises:
            AlarmNotFoundError: there is none of this number.
        """
        query = sa.select(tables.alarms).where(tables.alarms.c.id == alarm)
        with self._read() as connection:
            row = connection.execute(query).mappings().one_or_none()
        if row is None:
            raise AlarmNotFoundError(alarm)
        return to_alarm(row)

    def events(self, alarm: int) -> tuple[AlarmEvent, ...]:
        """What happened to an alarm, oldest first.

        Raises:
            AlarmNotFoundError: there is none of this number.
        """
        self.get(alarm)
        table = tables.alarm_events
        columns = (table.c[name] for name in EVENT)
        query = sa.select(*columns).where(table.c.alarm == alarm).order_by(table.c.id)
        with self._read() as connection:
            return tuple(AlarmEvent(**row) for row in connection.execute(query).mappings())

    def acknowledge(
        self,
        alarm: int,
        actor: str,
        note: str | None,
        now_ms: int,
        *,
        also: Also | None = None,
    ) -> Alarm:
        """Note that someone has seen an alarm; acknowledging it again changes nothing.

        `also` is called in the same transaction, if there was something to acknowledge.

        Raises:
            AlarmNotFoundError: there is none of this number.
            NotAllowedError: it is closed.
        """
        return self._act(alarm, actor, note, now_ms, acknowledge, also)

    def reset(
        self,
        alarm: int,
        actor: str,
        note: str | None,
        now_ms: int,
        *,
        also: Also | None = None,
    ) -> Alarm:
        """End a latched alarm; the note says what was found on site.

        `also` is called in the same transaction.

        Raises:
            AlarmNotFoundError: there is none of this number.
            NotAllowedError: it is closed, active or not acknowledged, or the note is missing.
        """
        return self._act(alarm, actor, note, now_ms, lambda state: reset(state, note or ""), also)

    def shelve(
        self,
        alarm: int,
        actor: str,
        reason: str,
        now_ms: int,
        *,
        duration_ms: int | None = None,
        once: bool = False,
        also: Also | None = None,
    ) -> Alarm:
        """Put an alarm aside for a time, or until it has returned to normal.

        The shelf is that of the rule, device and point: within its time it holds further alarms of
        the same kind too, unless it is for one occurrence. `also` is called in the transaction.

        Raises:
            AlarmNotFoundError: there is none of this number.
            NotAllowedError: life safety, closed, longer than its class allows, or no reason.
        """
        with self._writing(now_ms) as (connection, writer):
            row = _open(writer, alarm)
            known = to_alarm(row)
            shelf = shelf_for(known, actor, reason, now_ms, duration_ms=duration_ms, once=once)
            shelf_rows.put(connection, _key(row), shelf, now_ms)
            if Hold.SHELVED in row["held"]:
                writer.let_go_quietly(row, Hold.SHELVED)
                row = _open(writer, alarm)
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
        also: Also | None = None,
    ) -> Alarm:
        """Take an alarm from its shelf; if it is still active it is told as new.

        Raises:
            AlarmNotFoundError: there is none of this number.
            NotAllowedError: it is closed or not shelved.
        """
        with self._writing(now_ms) as (connection, writer):
            row = _open(writer, alarm)
            if Hold.SHELVED not in row["held"]:
                raise NotAllowedError("not_shelved")
            shelf_rows.end(connection, _key(row), now_ms)
            writer.let_go(row, Hold.SHELVED, now_ms, actor, note)
            if also is not None:
                also(connection, writer.told[-1].alarm)
        return writer.told[-1].alarm

    def windows(self, limit: int = 100, after: int | None = None) -> tuple[Window, ...]:
        """Maintenance windows, newest first; `after` is the number of the last one seen."""
        with self._read() as connection:
            return maintenance_rows.listed(connection, limit, after)

    def window(self, number: int) -> Window:
        """One maintenance window.

        Raises:
            WindowNotFoundError: there is none of this number.
        """
        with self._read() as connection:
            return maintenance_rows.find(connection, number)

    def plan(
        self, wanted: WantedWindow, actor: str, now_ms: int, also: Noted[Window] | None = None
    ) -> Window:
        """Plan a maintenance window.

        Raises:
            NotAllowedError: it names nothing, has no reason, is over, too short or too long.
        """
        with self._writing(now_ms) as (connection, writer):
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
        with self._writing(now_ms) as (connection, writer):
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
        with self._writing(now_ms) as (connection, writer):
            window = maintenance_rows.end(connection, writer, number, actor, now_ms)
            if also is not None:
                also(connection, window)
        return window

    def drills(self, limit: int = 100, after: int | None = None) -> tuple[Drill, ...]:
        """Drills, newest first; `after` is the number of the last one seen."""
        with self._read() as connection:
            return drill_rows.listed(connection, limit, after)

    def drill(self, number: int) -> Drill:
        """One drill.

        Raises:
            DrillNotFoundError: there is none of this number.
        """
        with self._read() as connection:
            return drill_rows.find(connection, number)

    def drills_held(self, start_ms: int, end_ms: int) -> tuple[Drill, ...]:
        """The drills that began within a period [ms, UTC], oldest first."""
        with self._read() as connection:
            return drill_rows.held_between(connection, start_ms, end_ms)

    def announce(
        self, wanted: WantedDrill, actor: str, now_ms: int, also: Noted[Drill] | None = None
    ) -> Drill:
        """Announce a drill.

        Raises:
            NotAllowedError: it names nothing, has no reason, is over, or is longer than 2 h.
        """
        with self._writing(now_ms) as (connection, _):
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
        with self._writing(now_ms) as (connection, _):
            drill = drill_rows.end(connection, number, actor, now_ms)
            if also is not None:
                also(connection, drill)
        return drill

    def _act(
        self,
        alarm: int,
        actor: str,
        note: str | None,
        now_ms: int,
        act: Callable[[State], Step],
        also: Also | None,
    ) -> Alarm:
        with self._writing(now_ms) as (connection, writer):
            row = _open(writer, alarm)
            state, transitions = act(state_of(row))
            if not transitions:
                return to_alarm(row)
            if not state.open:
                if Hold.SHELVED in state.held:
                    shelf_rows.end_once(connection, _key(row), now_ms)
                state = replace(state, held=())
            values = flags(state) | {"updated_at": now_ms}
            if Transition.ACKNOWLEDGED in transitions:
                values |= {"acked_by": actor, "acked_at": now_ms}
            if note:
                values["note"] = note
            if not state.open:
                values |= {"cleared_at": now_ms, "shelf": None}
            writer.update(alarm, values)
            for transition in transitions:
                said = note if transition is not Transition.CLEARED else None
                writer.event(alarm, transition, now_ms, actor=actor, note=said)
            if also is not None:
                also(connection, writer.told[-1].alarm)
        return writer.told[-1].alarm

    @contextmanager
    def _writing(self, now_ms: int) -> Iterator[tuple[sa.Connection, Writer]]:
        """A transaction with its writer; what it told is published once it is on disk."""
        with self._begin() as connection:
            writer = Writer(connection, self._routes(), now_ms)
            yield connection, writer
        if writer.told:
            if self._feed is not None:
                self._feed.publish(writer.told)
            self._wake()

    @contextmanager
    def _read(self) -> Iterator[sa.Connection]:
        try:
            with reading(self._engine) as connection:
                yield connection
        except sa.exc.SQLAlchemyError as error:
            raise AlertsError(f"the alarms cannot be read now: {error}") from error

    @contextmanager
    def _begin(self) -> Iterator[sa.Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except sa.exc.SQLAlchemyError as error:
            raise AlertsError(f"the alarms cannot be written now: {error}") from error
