"""Writes alarms: the row, its events, and the outbox rows, inside a transaction of the caller.

The row of an open alarm is the truth about acknowledgement and latch: it is read again inside the
transaction, and the inputs are judged on it, so that a person's acknowledgement and a sample at the
same moment cannot undo each other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import sqlalchemy as sa

from alerts import tables
from alerts.alarm import Alarm, AlarmQuality, Severity, SiteName, Subject, Transition, to_json
from alerts.engine import NORMAL, Observation, State, Timing, step
from alerts.evidence import Sealer
from alerts.feed import AlarmChange
from alerts.routes import Routes
from alerts.rule import Rule
from alerts.watch import Key
from collectors.sample import Value
from device_configs.quantities import Label


@dataclass(frozen=True)
class Input:
    """One observation, or the passing of time, and when we had it [ms, UTC]."""

    observation: Observation | None
    at: int


@dataclass
class Change:
    """Everything that changed the state of one key in a stretch of the journal."""

    key: Key
    rule: Rule
    timing: Timing
    subject: Subject
    base: State
    state: State
    inputs: list[Input] = field(default_factory=list)
    loud: bool = False
    """Whether there was a transition, not only a timer."""


def to_alarm(row: sa.RowMapping) -> Alarm:
    """A row of `alarms` as an alarm."""
    return Alarm(
        id=row["id"],
        rule=row["rule"],
        title=Label(**row["title"]),
        alarm_class=row["alarm_class"],
        severity=Severity(row["severity"]),
        device=row["device"],
        device_name=Label(**row["device_name"]),
        kind=row["kind"],
        point=row["point"],
        place=row["place"],
        path=tuple(SiteName(s["id"], Label(zh=s["zh"], en=s["en"])) for s in row["path"]),
        unplaced=row["unplaced"],
        active=row["active"],
        acked=row["acked"],
        latched=row["latched"],
        quality=AlarmQuality(row["quality"]),
        held=tuple(row["held"]),
        test=row["test"],
        occurrences=row["occurrences"],
        value=row["value"],
        raised_at=row["raised_at"],
        updated_at=row["updated_at"],
        acked_by=row["acked_by"],
        acked_at=row["acked_at"],
        cleared_at=row["cleared_at"],
        note=row["note"],
    )


def state_of(row: sa.RowMapping, timers: State = NORMAL) -> State:
    """The engine's state of an open alarm; its timers are not in the row."""
    return replace(
        timers,
        active=row["active"],
        acked=row["acked"],
        latched=row["latched"],
        quality=AlarmQuality(row["quality"]),
        held=tuple(row["held"]),
        test=row["test"],
        occurrences=row["occurrences"],
        value=row["value"],
        observed_at=max(row["observed_at"], timers.observed_at),
    )


def flags(state: State) -> dict[str, object]:
    """The columns of `alarms` that follow from a state."""
    return {
        "is_open": state.open,
        "active": state.active,
        "acked": state.acked,
        "latched": state.latched,
        "quality": state.quality.value,
        "held": list(state.held),
        "test": state.test,
        "occurrences": state.occurrences,
        "value": state.value,
        "observed_at": state.observed_at,
    }


class Writer:
    """Writes transitions of alarms inside one transaction, for the judge and for people."""

    def __init__(self, connection: sa.Connection, routes: Routes, now_ms: int) -> None:
        self._connection = connection
        self._sealer = Sealer(connection)
        self._routes = routes
        self._now_ms = now_ms
        self.told: list[AlarmChange] = []

    def open_row(self, key: Key) -> sa.RowMapping | None:
        """The open alarm of a key, locked."""
        table = tables.alarms
        query = (
            sa.select(table)
            .where(table.c.rule == key.rule, table.c.device == key.device)
            .where(table.c.point == key.point, table.c.is_open)
            .with_for_update()
        )
        return self._connection.execute(query).mappings().one_or_none()

    def row(self, alarm: int) -> sa.RowMapping | None:
        """An alarm by number, locked."""
        query = sa.select(tables.alarms).where(tables.alarms.c.id == alarm).with_for_update()
        return self._connection.execute(query).mappings().one_or_none()

    def insert(self, change: Change, state: State, at: int) -> int:
        """A new alarm."""
        rule, subject = change.rule, change.subject
        values = flags(state) | {
            "rule": change.key.rule,
            "alarm_class": rule.alarm_class,
            "severity": rule.severity.value,
            "title": rule.title.model_dump(),
            "device": subject.device,
            "device_name": subject.name.model_dump(),
            "kind": subject.kind,
            "point": change.key.point,
            "place": subject.place,
            "path": [{"id": s.id, "zh": s.name.zh, "en": s.name.en} for s in subject.path],
            "unplaced": subject.unplaced,
            "raised_at": at,
            "updated_at": at,
        }
        result = self._connection.execute(sa.insert(tables.alarms).values(**values))
        key = result.inserted_primary_key
        assert key is not None  # noqa: S101  (an insert of one row always has its key)
        return int(key[0])

    def update(self, alarm: int, values: Mapping[str, object]) -> None:
        """Change columns of an alarm."""
        table = tables.alarms
        self._connection.execute(sa.update(table).where(table.c.id == alarm).values(**values))

    def event(
        self,
        alarm: int,
        transition: Transition,
        at: int,
        *,
        actor: str | None = None,
        note: str | None = None,
        source_at: int | None = None,
        value: Value = None,
    ) -> None:
        """One event, the notifications that follow from it, and the word for the feed."""
        row = self.row(alarm)
        if row is None:
            return
        event = {
            "alarm": alarm, "at": at, "event": transition.value, "actor": actor, "note": note,
            "source_at": source_at, "value": value,
        }  # fmt: skip
        number = self._sealer.add(event, dict(row))
        told = AlarmChange(to_alarm(row), transition)
        self.told.append(told)
        self._notify(told, number)

    def _notify(self, told: AlarmChange, event: int) -> None:
        alarm = told.alarm
        payload = {**to_json(alarm), "transition": told.transition.value}
        rows = [
            {
                "event": event,
                "alarm": alarm.id,
                "transition": told.transition.value,
                "rank": alarm.severity.rank,
                "channel": target.channel,
                "target": target.name,
                "parameters": target.parameters,
                "payload": payload,
                "created_at": self._now_ms,
                "due_at": self._now_ms,
                "attempts": 0,
                "claimed_until": 0,
            }
            for target in self._routes.targets(alarm, told.transition)
            if alarm.point != target.name
        ]
        if rows:
            self._connection.execute(sa.insert(tables.outbox), rows)

    def apply(self, change: Change) -> State:
        """Judge a change's inputs on the row as it is now, and write what follows."""
        row = self.open_row(change.key)
        closed = State(rising=change.base.rising, rising_test=change.base.rising_test,
                       observed_at=change.base.observed_at, value=change.base.value)  # fmt: skip
        state = state_of(row, change.base) if row is not None else closed
        alarm = int(row["id"]) if row is not None else None
        for one in change.inputs:
            state, transitions = step(change.timing, state, one.observation, one.at)
            alarm = self._write(change, alarm, state, transitions, one)
        if alarm is not None:
            self.update(alarm, flags(state))
        return state

    def _write(
        self,
        change: Change,
        alarm: int | None,
        state: State,
        transitions: Sequence[Transition],
        one: Input,
    ) -> int | None:
        source_at = one.observation.source_at if one.observation else None
        for transition in transitions:
            if transition is Transition.RAISED:
                alarm = self.insert(change, state, one.at)
            if alarm is None:
                continue
            gone = transition is Transition.CLEARED
            now = replace(state, active=False, acked=True, latched=False) if gone else state
            values = flags(now) | {"updated_at": one.at}
            if transition in {Transition.RERAISED, Transition.BECAME_REAL}:
                values |= {"acked_by": None, "acked_at": None}
            if gone:
                values["cleared_at"] = one.at
            self.update(alarm, values)
            self.event(alarm, transition, one.at, source_at=source_at, value=state.value)
            alarm = None if gone else alarm
        return alarm
