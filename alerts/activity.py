"""When alarms were active, and how two accounts of it differ."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from alerts import tables
from alerts.alarm import NORMAL_AGAIN, Transition
from alerts.watch import Key

TOLERANCE_MS = 60_000
"""How far two accounts of one moment may lie apart: clocks, restarts and late data. [ms]"""
_BEGINS = frozenset({Transition.RAISED, Transition.RERAISED})


@dataclass(frozen=True)
class Activity:
    """One time that an alarm was active [ms, UTC]."""

    key: Key
    start: int
    end: int | None
    """None while it still is."""

    def lasted(self, until: int) -> int:
        """How long it was active until then [ms]."""
        return max(0, (until if self.end is None else min(self.end, until)) - self.start)

    def meets(self, other: "Activity") -> bool:
        """Whether two are the same time, give or take."""
        return _before(self, other) and _before(other, self)


def _before(one: Activity, other: Activity) -> bool:
    return other.end is None or one.start <= other.end + TOLERANCE_MS


def activities(connection: sa.Connection, start: int, until: int) -> list[Activity]:
    """The times of activity that reach into `start <= t < until` [ms, UTC], by rule and device."""
    alarms, events = tables.alarms.c, tables.alarm_events.c
    query = (
        sa.select(
            alarms.id, alarms.rule, alarms.device, alarms.point, events.at, events.event
        )
        .join_from(tables.alarms, tables.alarm_events, events.alarm == alarms.id)
        .where(events.at < until)
        .order_by(alarms.id, events.id)
    )  # fmt: skip
    found: list[Activity] = []
    running: dict[int, Activity] = {}
    for row in connection.execute(query):
        if row.event in _BEGINS and row.id not in running:
            running[row.id] = Activity(Key(row.rule, row.device, row.point), row.at, None)
        elif row.event in NORMAL_AGAIN and row.id in running:
            found.append(replace(running.pop(row.id), end=row.at))
    found += running.values()
    inside = (one for one in found if one.end is None or one.end >= start)
    return sorted(inside, key=lambda one: (one.key, one.start))


@dataclass(frozen=True)
class Difference:
    """How what would have been differs from what was."""

    same: Sequence[Activity]
    """What would have been, and was."""
    new: Sequence[Activity]
    """What would have been, and was not."""
    no_longer: Sequence[Activity]
    """What was, and would not have been."""


def difference(would: Iterable[Activity], was: Iterable[Activity]) -> Difference:
    """Hold two accounts against each other."""
    rehearsed, real = _by_key(would), _by_key(was)
    same: list[Activity] = []
    new: list[Activity] = []
    for key, found in rehearsed.items():
        for one in found:
            met = any(one.meets(other) for other in real.get(key, ()))
            (same if met else new).append(one)
    no_longer = [
        one
        for key, found in real.items()
        for one in found
        if not any(one.meets(other) for other in rehearsed.get(key, ()))
    ]
    return Difference(same, new, no_longer)


def _by_key(found: Iterable[Activity]) -> Mapping[Key, Sequence[Activity]]:
    groups: dict[Key, list[Activity]] = {}
    for one in found:
        groups.setdefault(one.key, []).append(one)
    return groups


@dataclass(frozen=True)
class Tally:
    """What one rule came to."""

    rule: str
    raised: int
    devices: int
    still: int
    """Active at the end."""
    active_ms: int
    longest_ms: int
    same: int
    new: int
    no_longer: int


def tallies(would: Iterable[Activity], found: Difference, until: int) -> Iterator[Tally]:
    """What each rule came to until a moment [ms, UTC], in order of their names."""
    groups: dict[str, list[Activity]] = {one.key.rule: [] for one in found.no_longer}
    for one in would:
        groups.setdefault(one.key.rule, []).append(one)
    for rule, mine in sorted(groups.items()):
        lasted = [one.lasted(until) for one in mine]
        yield Tally(
            rule,
            len(mine),
            len({one.key.device for one in mine}),
            sum(one.end is None for one in mine),
            sum(lasted),
            max(lasted, default=0),
            *(
                sum(one.key.rule == rule for one in part)
                for part in (found.same, found.new, found.no_longer)
            ),
        )
