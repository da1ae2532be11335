"""Alarms in SQL for everyone but the judge: read, page, acknowledge, reset.

Acknowledging and resetting read the row, judge and write it in one transaction, as the judge does;
SQLite's writers wait for each other, PostgreSQL locks the row. All calls block.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

import sqlalchemy as sa

from alerts import rescue_rows, shelf_rows, tables
from alerts.alarm import Alarm, AlarmEvent, Finding, Hold, Severity, Transition
from alerts.alarm_database import AlarmDatabase, open_row
from alerts.alarm_filter import AlarmFilter, Show, conditions
from alerts.alarm_groups import AlarmGroups, folded
from alerts.engine import State, Step, acknowledge, reset
from alerts.errors import AlarmNotFoundError
from alerts.evidence import EVENT
from alerts.feed import AlarmFeed
from alerts.holdings import Holdings
from alerts.notifications import Telling, telling
from alerts.proof_desk import ProofDesk
from alerts.rescue import RescueStep
from alerts.routes import Routes
from alerts.writer import flags, state_of, to_alarm

Also = Callable[[sa.Connection, Alarm], None]
"""What is to be written in the same transaction: the audit row of the deed."""


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
        self._database = AlarmDatabase(engine, feed, routes, wake)
        self.holds = Holdings(self._database)
        self.proofs = ProofDesk(self._database)

    def open_alarms(self) -> tuple[Alarm, ...]:
        """Every open alarm, the worst first, then the newest."""
        table = tables.alarms
        with self._database.reading() as connection:
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
        *,
        asked: AlarmFilter | None = None,
    ) -> AlarmList:
        """Alarms, newest first: `state` is one of `Show`, `sites` the ids of allowed places.

        `device` means the device itself and its parts; `after` is `AlarmList.next`; `asked` is the
        whole filter in one, in place of the others.
        """
        table = tables.alarms
        wanted = asked or AlarmFilter(Show(state), sites, severity, device)
        query = (
            sa.select(table).where(*conditions(wanted)).order_by(table.c.id.desc()).limit(limit + 1)
        )
        if after is not None:
            query = query.where(table.c.id < after)
        with self._database.reading() as connection:
            rows = connection.execute(query).mappings().all()
        items = tuple(to_alarm(row) for row in rows[:limit])
        return AlarmList(items, items[-1].id if len(rows) > limit else None)

    def groups(self, asked: AlarmFilter, limit: int = 100) -> AlarmGroups:
        """Alarms folded by incident, the most urgent first; counts are whole whatever the limit."""
        with self._database.reading() as connection:
            return folded(connection, asked, limit)

    def get(self, alarm: int) -> Alarm:
        """One alarm.

        Raises:
            AlarmNotFoundError: there is none of this number.
        """
        query = sa.select(tables.alarms).where(tables.alarms.c.id == alarm)
        with self._database.reading() as connection:
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
        with self._database.reading() as connection:
            return tuple(AlarmEvent(**row) for row in connection.execute(query).mappings())

    def telling(self, alarm: int) -> Telling:
        """Who was told of an alarm, with what success, and who is told next.

        Raises:
            AlarmNotFoundError: there is none of this number.
        """
        self.get(alarm)
        with self._database.reading() as connection:
            return telling(connection, alarm)

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

    def rescue(
        self, alarm: int, step: RescueStep, actor: str, note: str | None, now_ms: int, also: Also
    ) -> Alarm:
        """Note a step of the rescue of people who are trapped.

        `also` is called in the same transaction, if the step was new.

        Raises:
            AlarmNotFoundError: there is none of this number.
            NotAllowedError: it is closed, has no rescue, or a later step was noted already.
        """
        return rescue_rows.step(self._database, alarm, step, actor, note, now_ms, also)

    def find(
        self,
        alarm: int,
        actor: str,
        finding: Finding,
        note: str | None,
        now_ms: int,
        *,
        also: Also | None = None,
    ) -> Alarm:
        """Note what an alarm turned out to be; of a closed one too, and as often as one knows more.

        `also` is called in the same transaction.

        Raises:
            AlarmNotFoundError: there is none of this number.
        """
        with self._database.writing(now_ms) as (connection, writer):
            if writer.row(alarm) is None:
                raise AlarmNotFoundError(alarm)
            writer.event(
                alarm, Transition.FOUND, now_ms, actor=actor, note=note, value=finding.value
            )
            if also is not None:
                also(connection, writer.told[-1].alarm)
        return writer.told[-1].alarm

    def _act(
        self,
        alarm: int,
        actor: str,
        note: str | None,
        now_ms: int,
        act: Callable[[State], Step],
        also: Also | None,
    ) -> Alarm:
        with self._database.writing(now_ms) as (connection, writer):
            row = open_row(writer, alarm)
            state, transitions = act(state_of(row))
            if not transitions:
                return to_alarm(row)
            if not state.open:
                if Hold.SHELVED in state.held:
                    shelf_rows.end_once(connection, shelf_rows.key_of(row), now_ms)
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
