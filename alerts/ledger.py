"""What the judge must not forget: open alarms, timers, facts and its cursor.

Everything that follows from a stretch of the journal is one transaction with its cursor, so that a
crash repeats the whole stretch or nothing of it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from alerts import tables
from alerts.alarm import Alarm
from alerts.drill_rows import announced
from alerts.drills import Drill
from alerts.engine import NORMAL, State
from alerts.feed import AlarmChange
from alerts.routes import Routes
from alerts.rule import Rule
from alerts.upkeep import is_due, keep_up
from alerts.watch import Key
from alerts.writer import Change, Writer, state_of, to_alarm
from collectors.sample import Value
from ingest.bus import Cursor
from records.engine import reading

CONSUMER = "judge"


@dataclass(frozen=True)
class Fact:
    """The last value of a point that a combination or the test flag reads."""

    device: str
    point: str
    value: Value
    at: int


@dataclass(frozen=True)
class Stretch:
    """What one stretch of the journal came to."""

    changes: Sequence[Change]
    facts: Sequence[Fact]
    cursor: Cursor
    upkeep: bool = False
    """Whether what time alone brings is to be done as well."""


@dataclass(frozen=True)
class Look:
    """What the judge must know that is in no sample."""

    drills: tuple[Drill, ...]
    due: bool
    """Whether a shelf, a window, chatter, a flood or a digest is to end."""


@dataclass(frozen=True)
class Committed:
    """What was written."""

    states: Mapping[Key, State]
    told: Sequence[AlarmChange]


@dataclass(frozen=True)
class Restored:
    """What the judge knew when it stopped."""

    cursor: Cursor
    states: Mapping[Key, State]
    subjects: Mapping[Key, Alarm]
    facts: Sequence[Fact]


class Ledger:
    """Reads and writes what the judge must not forget. All calls block: run them in a thread."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def restore(self) -> Restored:
        """What was known at the last commit."""
        with reading(self._engine) as connection:
            timers = _timers(connection)
            rows = connection.execute(
                sa.select(tables.alarms).where(tables.alarms.c.is_open)
            ).mappings()
            states, subjects = dict(timers), {}
            for row in rows:
                key = Key(row["rule"], row["device"], row["point"])
                states[key] = state_of(row, timers.get(key, NORMAL))
                subjects[key] = to_alarm(row)
            facts = [
                Fact(row["device"], row["point"], row["value"], row["at"])
                for row in connection.execute(sa.select(tables.judge_facts)).mappings()
            ]
            return Restored(_cursor(connection), states, subjects, facts)

    def look(self, now_ms: int) -> Look:
        """What people have announced, and whether time alone has something to do."""
        with reading(self._engine) as connection:
            return Look(announced(connection, now_ms), is_due(connection, now_ms))

    def set_back(self, now_ms: int) -> None:
        """Let nothing that was observed be later than now: the clock was set back.

        Else all that is observed until the clock has caught up would count as late.
        """
        times = {
            tables.alarms: ("observed_at",),
            tables.rule_timers: ("observed_at", "rising", "falling"),
            tables.judge_facts: ("at",),
        }
        with self._engine.begin() as connection:
            for table, names in times.items():
                for name in names:
                    column = table.c[name]
                    connection.execute(
                        sa.update(table).where(column > now_ms).values({name: now_ms})
                    )

    def free_outbox(self, now_ms: int) -> None:
        """Let what waits in the outbox be tried at once: its moments are of a clock that is gone.

        What a budget forbids is put off again; what is being sent may be sent twice.
        """
        table = tables.outbox
        waiting = sa.and_(table.c.sent_at.is_(None), table.c.failed_at.is_(None))
        with self._engine.begin() as connection:
            for column in (table.c.due_at, table.c.claimed_until):
                late = sa.update(table).where(waiting, column > now_ms)
                connection.execute(late.values({column.name: now_ms}))

    def commit(
        self, stretch: Stretch, routes: Routes, now_ms: int, flood_rule: Rule | None = None
    ) -> Committed:
        """Write everything that followed from a stretch and from time, in one transaction."""
        with self._engine.begin() as connection:
            writer = Writer(connection, routes, now_ms, flood_rule=flood_rule)
            states = {change.key: writer.apply(change) for change in stretch.changes}
            if stretch.upkeep:
                keep_up(connection, writer, now_ms, flood_rule)
            _write_timers(connection, states)
            _write_facts(connection, stretch.facts)
            _write_cursor(connection, stretch.cursor)
        return Committed(states, writer.told)


def _cursor(connection: sa.Connection) -> Cursor:
    table = tables.judge_cursor
    query = sa.select(table.c.safety, table.c.routine).where(table.c.consumer == CONSUMER)
    row = connection.execute(query).one_or_none()
    return Cursor(row.safety, row.routine) if row is not None else Cursor()


def _timers(connection: sa.Connection) -> dict[Key, State]:
    return {
        Key(row["rule"], row["device"], row["point"]): State(
            rising=row["rising"],
            falling=row["falling"],
            rising_test=row["rising_test"],
            value=row["value"],
            observed_at=row["observed_at"],
        )
        for row in connection.execute(sa.select(tables.rule_timers)).mappings()
    }


def _write_timers(connection: sa.Connection, states: Mapping[Key, State]) -> None:
    if not states:
        return
    table = tables.rule_timers
    connection.execute(
        sa.delete(table).where(
            table.c.rule == sa.bindparam("r"),
            table.c.device == sa.bindparam("d"),
            table.c.point == sa.bindparam("p"),
        ),
        [{"r": key.rule, "d": key.device, "p": key.point} for key in states],
    )
    rows = [
        {
            "rule": key.rule,
            "device": key.device,
            "point": key.point,
            "rising": state.rising,
            "falling": state.falling,
            "rising_test": state.rising_test,
            "value": state.value,
            "observed_at": state.observed_at,
        }
        for key, state in states.items()
        if state.rising is not None or state.falling is not None
    ]
    if rows:
        connection.execute(sa.insert(table), rows)


def _write_facts(connection: sa.Connection, facts: Iterable[Fact]) -> None:
    newest = {(fact.device, fact.point): fact for fact in facts}
    if not newest:
        return
    table = tables.judge_facts
    connection.execute(
        sa.delete(table).where(
            table.c.device == sa.bindparam("d"), table.c.point == sa.bindparam("p")
        ),
        [{"d": device, "p": point} for device, point in newest],
    )
    connection.execute(
        sa.insert(table),
        [
            {"device": fact.device, "point": fact.point, "value": fact.value, "at": fact.at}
            for fact in newest.values()
        ],
    )


def _write_cursor(connection: sa.Connection, cursor: Cursor) -> None:
    table = tables.judge_cursor
    values = {"safety": cursor.safety, "routine": cursor.routine}
    done = connection.execute(sa.update(table).where(table.c.consumer == CONSUMER).values(**values))
    if done.rowcount == 0:
        connection.execute(sa.insert(table).values(consumer=CONSUMER, **values))
