"""Which gateways and lines are down, and whose silence their alarms stand for; lives in memory.

Everything it knows follows from the states of alarms and from when devices were heard, so that
after a restart it knows the same again.
"""

from typing import Protocol

from alerts.alarm import Hold, Subject
from alerts.condition import Verdict
from alerts.engine import Observation, State
from alerts.inhibition import (
    LINE,
    LOST,
    PROTECTION,
    SILENCES,
    Parent,
    common_site,
    grace_ms,
    in_words,
    is_line_silent,
    line_due,
    may_inhibit,
)
from alerts.rule import Rule
from alerts.texts import text
from alerts.watch import SERVICE, Key, Watch, Watches, desk_and_building, place_path
from collectors.sample import Sample


class States(Protocol):
    """What the evaluator does for the outages."""

    def state_of(self, key: Key) -> State:
        """The state of a key."""
        ...

    def put(
        self,
        key: Key,
        rule: Rule,
        watch: Watch,
        observation: Observation | None,
        at: int,
        *,
        inhibited: bool | None = None,
    ) -> None:
        """Judge one observation."""
        ...


class Outages:
    """The parents of one estate that are down."""

    def __init__(self, watches: Watches, states: States, started_at: int) -> None:
        self._watches = watches
        self._states = states
        self._started_at = started_at
        self._inhibited: set[Key] = set()
        self._down: set[str] = set()
        self._back_at: dict[str, int] = {}
        found = ((name, watches.rules.find(name)) for name in (LINE, PROTECTION))
        self._rules = {name: rule for name, rule in found if rule is not None and rule.enabled}
        self._protecting = {
            parent.id: tuple(one for one in parent.children if self._protects(one))
            for parent in watches.topology.parents.values()
        }

    # ---- what is down ----

    def _own(self, parent: Parent) -> tuple[Key, Rule] | None:
        """The alarm that stands for the silence behind a parent, where it has one of its own."""
        name = PROTECTION if self._protecting[parent.id] else LINE
        rule = self._rules.get(name)
        if rule is None or (name == LINE and not parent.is_line):
            return None
        return self._key(name, parent), rule

    def _key(self, rule: str, parent: Parent) -> Key:
        return Key(rule, SERVICE, parent.id) if parent.is_line else Key(rule, parent.id, "")

    def _protects(self, device: str) -> bool:
        rule = self._watches.of(device).plan.silence
        return rule is not None and rule.alarm_class == LOST

    def _is_active(self, rule: str, parent: Parent) -> bool:
        return self._states.state_of(self._key(rule, parent)).active

    def _is_down(self, parent: Parent) -> bool:
        if parent.is_line:
            return self._is_active(LINE, parent) or self._is_active(PROTECTION, parent)
        watch = self._watches.of(parent.id)
        for key in watch.keys:
            rule = watch.plan.find(key.rule, key.point)
            counts = rule is not None and rule.alarm_class in SILENCES
            if counts and self._states.state_of(key).active:
                return True
        return False

    def inhibits(self, watch: Watch, rule: Rule) -> bool:
        """Whether the silence of a device is told by what it hangs on."""
        if not may_inhibit(rule.alarm_class, rule.severity, silence=rule is watch.plan.silence):
            return False
        parents = self._watches.topology.parents
        above = (parents[name] for name in self._watches.topology.above.get(watch.id, ()))
        if rule.alarm_class == LOST:
            return any(self._is_active(PROTECTION, parent) for parent in above)
        return any(self._is_down(parent) for parent in above)

    def knows(self, key: Key) -> bool:
        """Whether a restored alarm of a gateway or line still has what it is about."""
        parent = self._watches.topology.parents.get(key.point or key.device)
        own = self._own(parent) if parent is not None else None
        return own is not None and own[0] == key

    # ---- what happens ----

    def restore(self, key: Key, state: State) -> None:
        """Take up a state: what is inhibited, and which lines are down."""
        if Hold.INHIBITED in state.held:
            self._inhibited.add(key)
        if key.rule in self._rules and state.active:
            self._cut_off(key.point or key.device, True)

    def silent(self, key: Key) -> None:
        """A device is silent and inhibited."""
        self._inhibited.add(key)

    def heard(self, root: Watch, sample: Sample) -> None:
        """A device of a silent line is heard: the line is on its way back."""
        for name in self._watches.topology.above.get(root.id, ()):
            parent = self._watches.topology.parents[name]
            own = self._own(parent) if parent.is_line else None
            if own is None:
                continue
            state = self._states.state_of(own[0])
            if state.active and state.falling is None:
                at = max(sample.received_at, state.observed_at)
                back = Observation(Verdict.FALSE, at, source_at=sample.source_at)
                self._states.put(*own, self._watch(parent), back, sample.received_at)

    def look(self, at: int) -> int:
        """Look at every line; returns when one can be silent at the earliest [ms, UTC]."""
        soonest: list[int] = []
        for parent in self._watches.topology.parents.values():
            own = self._own(parent) if parent.is_line else None
            if own is None:
                continue
            watches = [self._watches.of(child) for child in parent.children]
            heard = [(w.heard_at, w.overdue_after) for w in watches if w.overdue_after is not None]
            state = self._states.state_of(own[0])
            if state.active and state.falling is None:
                continue
            if len(heard) > 1 and is_line_silent(heard, at):
                self._lost(parent, own, at)
            elif len(heard) > 1:
                soonest.append(max(line_due(heard), at))
        return min(soonest, default=at + _FAR_MS)

    def _lost(self, parent: Parent, own: tuple[Key, Rule], at: int) -> None:
        names = self._protecting[parent.id] or parent.children
        words = in_words(self._watches.estate, names)
        observation = Observation(Verdict.TRUE, at, words, names=True)
        self._states.put(*own, self._watch(parent), observation, at)
        self._cut_off(parent.id, True)

    def settle(self, at: int) -> None:
        """Bring what hangs on gateways and lines into line with how these are."""
        for parent in self._watches.topology.parents.values():
            self._settle(parent, at)
        for key in tuple(self._inhibited):
            self._release(key, at)

    def _settle(self, parent: Parent, at: int) -> None:
        down = self._is_down(parent)
        if not parent.is_line:
            self._protection_behind(parent, down, at)
        if not down:
            if parent.id in self._down:
                self._down.discard(parent.id)
                self._back_at[parent.id] = at
                self._cut_off(parent.id, False)
            return
        if parent.id not in self._down:
            self._down.add(parent.id)
            for child in parent.children:
                self._inhibit(self._watches.of(child), at)

    def _protection_behind(self, parent: Parent, down: bool, at: int) -> None:
        own = self._own(parent)
        if own is None:
            return
        state = self._states.state_of(own[0])
        goes = state.active and state.falling is None
        if down and not goes:
            self._lost(parent, own, at)
        elif not down and goes:
            back = Observation(Verdict.FALSE, max(at, state.observed_at))
            self._states.put(*own, self._watch(parent), back, at)

    def _inhibit(self, watch: Watch, at: int) -> None:
        """What was told already before its parent was known to be down."""
        rule = watch.plan.silence
        if rule is None or not self.inhibits(watch, rule):
            return
        key = Key(rule.id, watch.id, "")
        if self._states.state_of(key).open:
            self._states.put(key, rule, watch, None, at, inhibited=True)
            self._inhibited.add(key)

    def _release(self, key: Key, at: int) -> None:
        watch = self._watches.of(key.device)
        rule, state = watch.plan.silence, self._states.state_of(key)
        if rule is None or not state.open or Hold.INHIBITED not in state.held:
            self._inhibited.discard(key)
            return
        if self.inhibits(watch, rule) or state.falling is not None:
            return
        above = self._watches.topology.above.get(watch.id, ())
        back = max((self._back_at.get(name, self._started_at) for name in above), default=0)
        if at >= back + grace_ms(watch.poll_ms):
            self._states.put(key, rule, watch, None, at, inhibited=False)
            self._inhibited.discard(key)

    def _cut_off(self, parent: str, off: bool) -> None:
        known = self._watches.topology.parents.get(parent)
        for child in known.children if known is not None else ():
            self._watches.of(child).cut_off = off

    def _watch(self, parent: Parent) -> Watch:
        """What an alarm is about: the gateway; of a line, the lowest site of its devices."""
        if not parent.is_line:
            return self._watches.of(parent.id)
        estate = self._watches.estate
        devices = self._protecting[parent.id] or parent.children
        site = common_site(estate, [estate.devices[one].place for one in devices])
        desk, building = desk_and_building(estate, site)
        subject = Subject(
            SERVICE, "service", text("device.service"), site, place_path(estate, site),
            False, desk, building,
        )  # fmt: skip
        return Watch(subject, self._watches.of(SERVICE).plan, keys=self._watches.of(SERVICE).keys)


_FAR_MS = 60_000
"""When lines are looked at again although nothing can have become silent. [ms]"""
