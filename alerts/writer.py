"""Writes alarms: the row, its events, and the outbox rows, inside a transaction of the caller.

The row of an open alarm is the truth about acknowledgement and latch: it is read again inside the
transaction, and the inputs are judged on it, so that a person's acknowledgement and a sample at the
same moment cannot undo each other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

import sqlalchemy as sa

from alerts import duty_book, escalation_steps, rescue_clock, tables, vendor_fault
from alerts.alarm import (
    ANNOUNCES,
    Alarm,
    AlarmQuality,
    Hold,
    Rescue,
    Severity,
    Shelf,
    SiteName,
    Subject,
    Transition,
)
from alerts.alarm import told as is_told
from alerts.chatter import chattering_until
from alerts.condition import Verdict
from alerts.contacts import Directory, Told
from alerts.engine import NORMAL, Observation, State, Timing, begin_of, hold, release, step
from alerts.escalation import ENDS, STARTS
from alerts.evidence import Sealer
from alerts.feed import AlarmChange
from alerts.flood import RULE as FLOOD
from alerts.flood import Floods
from alerts.grouping import group_key
from alerts.history import leader_of, raises_of
from alerts.in_force import Held, InForce, in_force
from alerts.routes import Routes
from alerts.rule import Rule
from alerts.shelf_rows import end_once
from alerts.telling import tell, withdraw
from alerts.texts import text
from alerts.watch import SERVICE, Key
from collectors.sample import Value
from device_configs.quantities import Label

PAST_MS = 15 * 60_000
"""What is told later than this, by the device's clock, and is not urgent, may be over. [ms] [P]"""
LASTING_MS = 30_000
"""It is told if nothing says within this time that it is over. [ms] [P]"""
_OVER = frozenset({Transition.RETURNED, Transition.CLEARED})
"""Steps after which nothing is latched, and the condition is gone."""


@dataclass(frozen=True)
class Input:
    """One observation, or the passing of time, and when we had it [ms, UTC]."""

    observation: Observation | None
    at: int
    inhibited: bool | None = None
    """Whether what it hangs on is down; None where that does not matter."""


def _is_past(timing: Timing, one: Input) -> bool:
    seen = one.observation
    return seen is not None and not timing.urgent and one.at - seen.at > PAST_MS


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
        community=row["community"] or "",
        group=row["group_id"] or row["id"],
        chattering=row["chattering_until"] is not None,
        shelf=Shelf(**row["shelf"]) if row["shelf"] else None,
        rescue=Rescue(**row["rescue"]) if row["rescue"] else None,
        vendor=vendor_fault.from_json(row["vendor"]),
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


_UNACKED = frozenset({Transition.RERAISED, Transition.BECAME_REAL, Transition.RELEASED})


def _group_of(change: Change, *, test: bool) -> str:
    subject = change.subject
    where = subject.building or subject.place
    return group_key(change.rule.alarm_class, subject.kind, subject.device, where, test=test)


def flood_change(
    rule: Rule, community: str, at: int, of: Subject | None = None, count: int | None = None
) -> Change:
    """A flood that begins with an alarm `of` a community, or, without one, ends."""
    above = [] if of is None else [step.id for step in of.path]
    path = () if of is None or community not in above else of.path[: above.index(community) + 1]
    subject = Subject(SERVICE, "service", text("device.service"), community, path)
    change = Change(Key(FLOOD, SERVICE, community), rule, rule, subject, State(), State())
    verdict = Verdict.FALSE if of is None else Verdict.TRUE
    change.inputs.append(Input(Observation(verdict, at, count), at))
    return change


class Writer:
    """Writes transitions of alarms inside one transaction, for the judge and for people."""

    def __init__(
        self,
        connection: sa.Connection,
        routes: Routes,
        now_ms: int,
        *,
        flood_rule: Rule | None = None,
    ) -> None:
        """`flood_rule` is the rule `alarm_flood`; without it no flood begins."""
        self._connection = connection
        self._sealer = Sealer(connection)
        self._routes = routes
        self._now_ms = now_ms
        self._in_force: InForce | None = None
        self._floods = Floods(connection, flood_rule)
        self.told: list[AlarmChange] = []
        self._directory: Directory | None = None

    @property
    def directory(self) -> Directory:
        """Everyone who can be told, as this transaction sees it."""
        if self._directory is None:
            self._directory = Directory()
            if self._routes.routes:
                self._directory = duty_book.directory(self._connection)
        return self._directory

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
            "title": rule.title_for(state.value).model_dump(),
            "vendor": vendor_fault.column(rule, state.value),
            "device": subject.device,
            "device_name": subject.name.model_dump(),
            "kind": subject.kind,
            "point": change.key.point,
            "place": subject.place,
            "path": [{"id": s.id, "zh": s.name.zh, "en": s.name.en} for s in subject.path],
            "unplaced": subject.unplaced,
            "raised_at": at,
            "updated_at": at,
            "community": subject.community,
            "group_key": _group_of(change, test=state.test),
            "rescue": rescue_clock.begun(self._connection, rule.alarm_class, subject.device, at),
        }
        values["group_id"] = leader_of(self._connection, str(values["group_key"]))
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
        at_once: bool = False,
        past: bool = False,
        also: Sequence[Told] = (),
    ) -> None:
        """One event, all that follows from it, and the word for the feed.

        What follows: the notifications, those of `also` included, and escalation steps that begin
        or end. `past` is what was so long ago and is not urgent: it is told if it lasts.
        """
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
        self._escalate(told, number)
        if past and transition in _OVER and withdraw(self._connection, alarm):
            # Nobody was told that it began, so nobody is told that nobody has answered.
            escalation_steps.cancel(self._connection, alarm, self._now_ms)
            return
        routed = self._routes.told(told.alarm, transition, self.directory, self._now_ms)
        tell(
            self._connection, (*also, *routed), told, number, self._now_ms,
            flooded=self._floods.flooded(told.alarm.community), at_once=at_once,
            wait_ms=LASTING_MS if past else 0,
        )  # fmt: skip

    def _escalate(self, told: AlarmChange, event: int) -> None:
        alarm, now = told.alarm, self._now_ms
        if told.transition in STARTS and is_told(alarm):
            chains = self._routes.escalating(alarm, self.directory, now)
            escalation_steps.begin(self._connection, chains, alarm, event, now)
        elif told.transition in ENDS:
            escalation_steps.cancel(self._connection, alarm.id, now)

    def apply(self, change: Change) -> State:
        """Judge a change's inputs on the row as it is now, and write what follows."""
        row = self.open_row(change.key)
        closed = State(rising=change.base.rising, rising_test=change.base.rising_test,
                       observed_at=change.base.observed_at, value=change.base.value)  # fmt: skip
        state = state_of(row, change.base) if row is not None else closed
        alarm = int(row["id"]) if row is not None else None
        written = False
        for one in change.inputs:
            state, transitions = step(
                change.timing, state, one.observation, one.at, inhibited=one.inhibited
            )
            alarm, state = self._write(change, alarm, state, transitions, one)
            written = bool(transitions)
        if alarm is not None and not written:
            self.update(alarm, flags(state))
        return state

    def _write(
        self,
        change: Change,
        alarm: int | None,
        state: State,
        transitions: Sequence[Transition],
        one: Input,
    ) -> tuple[int | None, State]:
        for transition in transitions:
            if transition is Transition.RAISED:
                alarm, state = self._raise(change, state, one)
                continue
            if alarm is None:
                continue
            gone = transition is Transition.CLEARED
            if Hold.SHELVED in state.held and transition in _OVER:
                end_once(self._connection, change.key, self._now_ms)
            if gone:
                state = replace(state, held=())
            now = replace(state, active=False, acked=True, latched=False) if gone else state
            values = flags(now) | {"updated_at": one.at} | self._beside(change, transition, now)
            if transition in ANNOUNCES and alarm is not None:
                values |= rescue_clock.again(
                    self._connection, alarm, change.rule.alarm_class, one.at,
                    was_test=transition is Transition.BECAME_REAL,
                )  # fmt: skip
            if gone:
                values |= {"cleared_at": one.at, "shelf": None}
            self.update(alarm, values)
            self._tell(change, alarm, state, transition, one)
            if transition is Transition.RETURNED and state.held:
                state = self._returned(alarm, state, one.at)
            alarm = None if gone else alarm
        return alarm, state

    def _raise(self, change: Change, state: State, one: Input) -> tuple[int, State]:
        alarm = self.insert(change, state, one.at)
        born = self._born(alarm, state)
        if born.held != state.held:
            self.update(alarm, flags(born))
        self._tell(change, alarm, born, Transition.RAISED, one)
        return alarm, born

    def _beside(self, change: Change, transition: Transition, state: State) -> dict[str, object]:
        """The columns that a transition changes beside those of the state."""
        values: dict[str, object] = {}
        if transition in _UNACKED:
            values |= {"acked_by": None, "acked_at": None}
        if transition in ANNOUNCES and change.rule.table is not None:
            values["title"] = change.rule.title_for(state.value).model_dump()
            values["vendor"] = vendor_fault.column(change.rule, state.value)
        if transition is Transition.BECAME_REAL:
            key = _group_of(change, test=state.test)
            values |= {"group_key": key, "group_id": leader_of(self._connection, key)}
        return values

    def _tell(
        self, change: Change, alarm: int, state: State, transition: Transition, one: Input
    ) -> None:
        source_at = one.observation.source_at if one.observation else None
        is_new = transition is Transition.RAISED
        began = transition in ANNOUNCES and self._chatter(change.key, alarm, one.at, is_new=is_new)
        if transition is Transition.RAISED and not state.held and not state.test:
            self._flood(change, one.at)
        self.event(
            alarm, transition, one.at, source_at=source_at, value=state.value, at_once=began,
            past=_is_past(change.timing, one),
        )  # fmt: skip
        if began:
            self.event(alarm, Transition.CHATTER_BEGAN, one.at)
        if transition is Transition.RAISED:
            self._why_held(alarm, state, one.at)

    def _chatter(self, key: Key, alarm: int, at: int, *, is_new: bool) -> bool:
        """Note whether what is raised now chatters; tells whether it has just begun to."""
        raises, known = raises_of(self._connection, key, alarm if is_new else alarm + 1)
        until = chattering_until(raises, known, at)
        if until is not None:
            self.update(alarm, {"chattering_until": until})
        return until is not None and (known is None or known <= at)

    def _flood(self, change: Change, at: int) -> None:
        begun = self._floods.count(change.subject.community, change.rule.alarm_class, at)
        if begun is not None:
            self.apply(flood_change(begun.rule, begun.community, at, change.subject, begun.count))

    # ---- holds ----

    def in_force(self) -> InForce:
        """The shelves and windows of now, read once a transaction."""
        if self._in_force is None:
            self._in_force = in_force(self._connection, self._now_ms)
        return self._in_force

    def _born(self, alarm: int, state: State) -> State:
        """What is shelved or under maintenance already when it is raised."""
        if not (self.in_force().shelves or self.in_force().windows):
            return state
        row = self.row(alarm)
        if row is None:
            return state
        held = self.in_force().holds_of(to_alarm(row))
        for why, reason in held.items():
            state, _ = hold(state, why)
            if reason.shelf is not None:
                self.update(alarm, {"shelf": asdict(reason.shelf)})
        return state

    def _returned(self, alarm: int, state: State, at: int) -> State:
        """A shelf for one occurrence ends with it."""
        row = self.row(alarm)
        if row is None or not row["shelf"] or not row["shelf"]["once"]:
            return state
        self.let_go(row, Hold.SHELVED, at, None, None)
        return release(state, Hold.SHELVED)[0]

    def _why_held(self, alarm: int, state: State, at: int) -> None:
        if not state.held:
            return
        row = self.row(alarm)
        if row is None:
            return
        known = self.in_force().holds_of(to_alarm(row))
        for why in state.held:
            reason = known.get(Hold(why), Held(None, ""))
            self.event(alarm, begin_of(why), at, actor=reason.actor, note=reason.note or None)

    def put_on_hold(self, row: sa.RowMapping, why: Hold, held: Held, at: int) -> None:
        """Hold an open alarm from now on."""
        shelf = {} if held.shelf is None else {"shelf": asdict(held.shelf)}
        self._change_hold(row, hold(state_of(row), why), at, held.actor, held.note, shelf)

    def let_go_quietly(self, row: sa.RowMapping, why: Hold) -> None:
        """End a hold that another of the same kind takes the place of."""
        self.update(int(row["id"]), {"held": [one for one in row["held"] if one != why]})

    def let_go(
        self, row: sa.RowMapping, why: Hold, at: int, actor: str | None, note: str | None
    ) -> None:
        """End one hold of an open alarm; if it is still active and nothing else holds it, tell."""
        shelf: dict[str, object] = {"shelf": None} if why is Hold.SHELVED else {}
        self._change_hold(row, release(state_of(row), why), at, actor, note, shelf)

    def _change_hold(
        self,
        row: sa.RowMapping,
        done: tuple[State, Sequence[Transition]],
        at: int,
        actor: str | None,
        note: str | None,
        columns: Mapping[str, object],
    ) -> None:
        state, transitions = done
        if not transitions:
            return
        values = flags(state) | {"updated_at": at, **columns}
        if Transition.RELEASED in transitions:
            values |= {"acked_by": None, "acked_at": None}
        self.update(int(row["id"]), values)
        for transition in transitions:
            self.event(int(row["id"]), transition, at, actor=actor, note=note, value=row["value"])
