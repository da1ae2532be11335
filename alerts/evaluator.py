"""Judges samples in memory: fast when nothing changes, exact about what does.

No I/O: samples and time in, staged changes out. What is staged is on no disk yet; the judge writes
it in one transaction with the cursor and hands the outcome back to `settle`.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from alerts import refusals, restart, together
from alerts.alarm import Subject
from alerts.condition import Missing, Threshold, Verdict
from alerts.condition import State as StateCondition
from alerts.deviation import Deviation
from alerts.deviations import Finding
from alerts.drills import Drill
from alerts.engine import NORMAL, Observation, State, Timing, clock_set, due_at, step
from alerts.ledger import Fact, Restored
from alerts.marks import Marks
from alerts.outages import Outages
from alerts.rule import Rule
from alerts.rules import RuleSet
from alerts.tracked import OF_ANSWERS, Tracked, missing
from alerts.watch import Key, Watch, Watches
from alerts.window import Count, Window
from alerts.windows import Windows
from alerts.writer import Change, Input
from collectors.sample import Reason, Sample, Value, is_hearing
from device_configs.estate import Estate

_LOOK_AGAIN_MS = 60_000
"""Longest time between two looks at all devices. [ms]"""


class Evaluator:
    """All states of one estate under one set of rules."""

    def __init__(self, estate: Estate, rules: RuleSet, started_at: int) -> None:
        self.rules = rules
        day = dt.datetime.fromtimestamp(started_at / 1000, estate.timezone).date()
        self.watches = Watches(estate, rules, day)
        self._known = self.watches.known()
        self.joined = together.joined(rules)
        self.started_at = started_at
        self.tracked: dict[Key, Tracked] = {}
        self.staged: dict[Key, Change] = {}
        self.facts: list[Fact] = []
        self.windows = Windows()
        self._timed: set[Key] = set()
        self._counted: set[Key] = set()
        """Counts that hold: they end by time alone, while their device is heard."""
        self._no_silence_until = 0
        """No device can count as silent before this moment: what is heard moves it only on. [ms]"""
        for watch in self.watches.roots:
            watch.heard_at = started_at
        self.outages = Outages(self.watches, self, started_at)
        self.marks = Marks(estate)

    # ---- samples ----

    def samples(self, samples: Iterable[Sample]) -> None:
        """Judge samples in the order of the journal."""
        for sample in samples:
            self._sample(sample)

    def _sample(self, sample: Sample) -> None:
        watch = self._known.get(sample.device)
        if watch is None:
            watch = self.watches.of(sample.device)
        at = min(sample.at, sample.received_at)
        heard = is_hearing(sample)
        if heard:
            self._heard(watch.root, sample)
        if not watch.listed:
            self._unlisted(watch, sample, at)
        reasons = sample.reasons
        if watch.root.refused or (reasons and Reason.REFUSED in reasons.values()):
            self._refusals(watch, sample)
        plan, values = watch.plan, sample.values
        layout = plan.layout(values)
        changed = self._remember(watch, sample, at, layout.facts) if layout.facts else ()
        quick = not watch.keys
        for point, calm in layout.judged:
            value = values[point]
            if quick and calm(value):
                continue
            for rule in plan.rules_of(point):
                self._judge(watch, rule, point, value, sample, at, heard)
        if sample.source_at is not None:
            watch.note_time([point for point, _ in layout.judged], at)
        if layout.windowed:
            self._over_time(watch, layout.windowed, sample, at)
        self._combined(watch, changed, sample, at)
        if watch.readers:
            self._read_elsewhere(watch, frozenset(changed), sample, at)
        if "test" in changed and not watch.test:
            # Last: what the same sample says is over was a test to its end.
            self._test_ended(watch, sample)

    def _combined(self, watch: Watch, changed: Sequence[str], sample: Sample, at: int) -> None:
        """Judge the combinations: what is open must also see that its facts are still so."""
        values = sample.values
        for rule, condition in watch.plan.combined(values if watch.keys else changed):
            verdict = condition.judge(self.watches.values(watch, condition))
            value = watch.values.get(rule.point, values.get(rule.point))
            self._observed(watch, rule, rule.point, verdict, value, sample, at)

    def _over_time(
        self, watch: Watch, windowed: Iterable[tuple[str, Rule, Window]], sample: Sample, at: int
    ) -> None:
        """Judge what is judged over time; what is missing or suspect says nothing."""
        for point, rule, window in windowed:
            value, shown = sample.values[point], None
            verdict = Verdict.UNKNOWN
            if value is not None and point not in sample.reasons:
                key = Key(rule.id, watch.id, point)
                verdict, shown = self.windows.read(key, window, at, value)
            self._observed(watch, rule, point, verdict, shown, sample, at)

    def _read_elsewhere(
        self, read: Watch, changed: frozenset[str], sample: Sample, at: int
    ) -> None:
        """Judge the expressions of other devices that read what has changed here."""
        for watch, rule, condition in read.readers:
            key = Key(rule.id, watch.id, rule.point)
            points = sample.values.keys() if key in watch.keys else changed
            if not any(o.device == read.id and o.point in points for o in condition.others):
                continue
            verdict = condition.judge(self.watches.values(watch, condition))
            if verdict is not Verdict.TRUE and key not in watch.keys:
                continue
            # The clocks of two devices differ: what one says is not late for the other.
            latest = max(at, self.state_of(key).observed_at)
            test = rule.drillable and (watch.in_test or read.in_test)
            told = Observation(verdict, latest, watch.values.get(rule.point), test)
            self.put(key, rule, watch, told, sample.received_at)

    def _judge(
        self,
        watch: Watch,
        rule: Rule,
        point: str,
        value: Value,
        sample: Sample,
        at: int,
        heard: bool,
    ) -> None:
        condition = rule.condition
        if isinstance(condition, Missing):
            verdict = missing(watch, sample, point, heard)
        else:
            assert isinstance(condition, Threshold | StateCondition)  # noqa: S101  (by Plan)
            verdict = condition.judge(value)
            if point in sample.reasons and value is not None:
                # A suspect value can raise what is urgent; it never clears anything.
                believed = verdict is Verdict.TRUE and rule.urgent
                verdict = Verdict.TRUE if believed else Verdict.UNKNOWN
            elif rule.unless_announced and self.marks.covers(watch, at):
                verdict = Verdict.FALSE
        self._observed(watch, rule, point, verdict, value, sample, at)

    def _observed(
        self,
        watch: Watch,
        rule: Rule,
        point: str,
        verdict: Verdict,
        value: Value,
        sample: Sample,
        at: int,
    ) -> None:
        newest = 0
        if sample.source_at is not None:
            newest = watch.point_at.get(point, 0)
            if at > newest:
                watch.point_at[point] = at
        if verdict is not Verdict.TRUE and not watch.keys:
            return
        key = Key(rule.id, watch.id, point)
        if verdict is not Verdict.TRUE and key not in watch.keys:
            return
        observation = Observation(
            verdict, at, value, self.marks.is_test(rule, watch, at, sample.received_at),
            sample.source_at,
        )  # fmt: skip
        self.put(key, rule, watch, observation, sample.received_at, newest)

    def _remember(
        self, watch: Watch, sample: Sample, at: int, points: Iterable[str]
    ) -> Sequence[str]:
        """Keep the points that combinations and the test flag read; tell which have changed."""
        changed: list[str] = []
        kept, kept_at = watch.values, watch.values_at
        for point in points:
            if at < kept_at.get(point, 0):
                continue
            value = sample.values[point]
            kept_at[point] = at
            known = point in kept
            before = kept.get(point)
            if known and before == value:
                continue
            kept[point] = value
            if point == "test":
                watch.test = value is True
            elif known and watch.plan.judges_alike(point, before, value):
                continue
            changed.append(point)
            self.facts.append(Fact(watch.id, point, value, at))
        return changed

    def _test_ended(self, watch: Watch, sample: Sample) -> None:
        """A test that ends makes real what is still reported; an unknown test is no test."""
        for tracked in list(self.tracked.values()):
            if tracked.watch is watch or tracked.watch.parent is watch:
                self._real_now(tracked, sample.received_at, sample.source_at)

    def _real_now(self, tracked: Tracked, at: int, source_at: int | None = None) -> None:
        """What was a test, still holds, and is a test no longer."""
        state = self.state_of(tracked.key)
        holds = (state.active and state.test and state.falling is None) or (
            state.rising is not None and state.rising_test
        )
        if holds and not self.marks.is_test(tracked.rule, tracked.watch, at, at):
            again = Observation(Verdict.TRUE, state.observed_at, state.value, False, source_at)
            self.put(tracked.key, tracked.rule, tracked.watch, again, at)

    def announce(self, drills: Sequence[Drill], at: int) -> None:
        """Take up what is announced; what a drill that has ended marked and still holds is real."""
        if not self.marks.announce(drills, at):
            return
        for tracked in list(self.tracked.values()):
            self._real_now(tracked, at)
        for watch in list(self.watches.known().values()):
            for rule in watch.plan.rules_of("test") if watch.test else ():
                if rule.unless_announced:
                    self._announced(watch, rule, at)

    def _announced(self, watch: Watch, rule: Rule, at: int) -> None:
        key = Key(rule.id, watch.id, "test")
        announced = self.marks.covers(watch, at)
        if announced and key not in watch.keys:
            return
        verdict = Verdict.FALSE if announced else Verdict.TRUE
        told = Observation(verdict, max(at, self.state_of(key).observed_at), True)
        self.put(key, rule, watch, told, at)

    def _unlisted(self, watch: Watch, sample: Sample, at: int) -> None:
        rule = watch.plan.unlisted
        if rule is None:
            return
        key = Key(rule.id, watch.id, "")
        if key not in watch.keys:
            observation = Observation(Verdict.TRUE, at, None, False, sample.source_at)
            self.put(key, rule, watch, observation, sample.received_at)

    def _refusals(self, watch: Watch, sample: Sample) -> None:
        """All refused points of a device and its parts are one alarm of the device."""
        root, kind = watch.root, watch.subject.kind
        prefix = "" if watch is root else sample.device.removeprefix(root.id + "/") + "/"
        before = frozenset(root.refused)
        if not refusals.note(
            root.refused, sample, prefix, lambda point: refusals.protects(kind, point)
        ):
            return
        at = sample.received_at
        if root.refused.keys() != before:
            self.facts.append(Fact(root.id, refusals.FACT, refusals.to_fact(root.refused), at))
        self.tell_refused(root, at, sample.source_at)

    def tell_refused(self, root: Watch, at: int, source_at: int | None = None) -> None:
        """Judge what a device refuses now."""
        for rule, condition in root.plan.refusals:
            names = refusals.chosen(root.refused, protecting=condition.protecting)
            key = Key(rule.id, root.id, "")
            if not names and key not in root.keys:
                continue
            # The lanes are judged one after the other: an older sample may come later.
            latest = max(at, self.state_of(key).observed_at)
            verdict = Verdict.TRUE if names else Verdict.FALSE
            told = Observation(
                verdict, latest, refusals.in_words(names) if names else None,
                self.marks.is_test(rule, root, latest, at), source_at, names=True,
            )  # fmt: skip
            self.put(key, rule, root, told, at)

    def _heard(self, root: Watch, sample: Sample) -> None:
        if sample.received_at > root.heard_at:
            root.heard_at = sample.received_at
        if root.cut_off:
            self._no_silence_until = 0
            self.outages.heard(root, sample)
        rule = root.plan.silence
        if not root.silent or rule is None:
            return
        root.silent = False
        self._no_silence_until = 0
        key = Key(rule.id, root.id, "")
        at = max(sample.received_at, self.state_of(key).observed_at)
        back = Observation(Verdict.FALSE, at, source_at=sample.source_at)
        self.put(key, rule, root, back, sample.received_at)

    def findings(self, found: Iterable[Finding], now_ms: int) -> None:
        """Take up what was counted against what was expected; samples do not say it."""
        for one in found:
            watch = self.watches.of(one.key.device)
            rule = watch.plan.find(one.key.rule, one.key.point)
            if rule is None or not isinstance(rule.condition, Deviation):
                continue
            if one.verdict is not Verdict.TRUE and one.key not in watch.keys:
                continue
            told = Observation(one.verdict, one.at, one.amount, rule.drillable and watch.in_test)
            self.put(one.key, rule, watch, told, now_ms)

    # ---- time ----

    def tick(self, safety_ms: int, routine_ms: int, *, silence: bool = True) -> None:
        """Let time pass: delays by the lane of their point, silence by the slower lane."""
        for key in list(self._timed):
            tracked = self.tracked[key]
            clock = safety_ms if tracked.is_safety else routine_ms
            due = due_at(tracked.rule, self.state_of(key))
            if due is None or clock < due or not self._may_pass(tracked):
                continue
            self.put(key, tracked.rule, tracked.watch, None, clock)
        for key in list(self._counted):
            self._count_again(key, safety_ms, routine_ms)
        if routine_ms >= self.started_at:
            self.outages.settle(routine_ms)
        if silence and routine_ms > self._no_silence_until:
            self._look_for_silence(routine_ms)

    def _count_again(self, key: Key, safety_ms: int, routine_ms: int) -> None:
        """What has happened often enough ends when the first of it is too long ago."""
        tracked = self.tracked[key]
        clock = safety_ms if tracked.is_safety else routine_ms
        window = tracked.rule.condition
        over = self.windows.over_at(key, window) if isinstance(window, Count) else None
        if over is None or clock < over or tracked.watch.root.heard_at < over:
            return
        at = max(over, self.state_of(key).observed_at)
        told = Observation(Verdict.FALSE, at)
        self.put(key, tracked.rule, tracked.watch, told, clock)

    def clock_set(self, by_ms: int, now_ms: int) -> None:
        """Our clock was set by so much: delays and silences last as long as they would have."""
        self._no_silence_until = 0
        for watch in self.watches.known().values():
            watch.clock_set(by_ms, now_ms)
        for tracked in self.tracked.values():
            tracked.state = clock_set(tracked.state, by_ms, now_ms)
        self.windows.clock_set(by_ms, now_ms)

    def _look_for_silence(self, at: int) -> None:
        """Look at every device: 10,000 of them are too many to be looked at each time."""
        soonest = min(at + _LOOK_AGAIN_MS, self.outages.look(at))
        for watch in self.watches.roots:
            after = watch.silence_after
            if after is None or watch.silent:
                continue
            if at - watch.heard_at > after:
                self._silent(watch, at)
            else:
                soonest = min(soonest, watch.heard_at + after)
        self._no_silence_until = soonest

    def _may_pass(self, tracked: Tracked) -> bool:
        """A point is missing only if its device has answered since; else the device is silent."""
        if not isinstance(tracked.rule.condition, OF_ANSWERS):
            return True
        rising = self.state_of(tracked.key).rising
        return rising is None or tracked.watch.root.heard_at > rising

    def _silent(self, watch: Watch, at: int) -> None:
        rule = watch.plan.silence
        if rule is None:
            return
        watch.silent = True
        key = Key(rule.id, watch.id, "")
        for tracked in list(self.tracked.values()):
            if tracked.watch.root is watch and tracked.key != key:
                state = self.state_of(tracked.key)
                # The silence is one alarm; what is missing because of it is not another.
                instead = isinstance(tracked.rule.condition, OF_ANSWERS) and not state.open
                verdict = Verdict.FALSE if instead else Verdict.UNKNOWN
                unknown = Observation(verdict, state.observed_at)
                self.put(tracked.key, tracked.rule, tracked.watch, unknown, at)
        inhibited = self.outages.inhibits(watch, rule)
        if inhibited:
            self.outages.silent(key)
        told = Observation(Verdict.TRUE, at)
        self.put(key, rule, watch, told, at, inhibited=inhibited)

    # ---- states ----

    def state_of(self, key: Key) -> State:
        """The state of a key, what is staged included."""
        staged = self.staged.get(key)
        if staged is not None:
            return staged.state
        tracked = self.tracked.get(key)
        return tracked.state if tracked is not None else NORMAL

    def put(
        self,
        key: Key,
        rule: Rule,
        watch: Watch,
        observation: Observation | None,
        at: int,
        newest: int = 0,
        timing: Timing | None = None,
        inhibited: bool | None = None,
    ) -> None:
        """Advance the state of a key by an observation, or by time alone."""
        state = self.state_of(key)
        if newest > state.observed_at:
            state = replace(state, observed_at=newest)
        after, transitions = step(timing or rule, state, observation, at, inhibited=inhibited)
        staged = self.staged.get(key)
        renamed = observation is not None and observation.names and after.value != state.value
        if after == state and not renamed and staged is None:
            if key in self.tracked:
                self.tracked[key].state = after
            return
        if staged is None:
            subject: Subject = watch.subject
            staged = Change(key, rule, timing or rule, subject, state, state)
            self.staged[key] = staged
        staged.state = after
        staged.inputs.append(Input(observation, at, inhibited))
        staged.loud = staged.loud or bool(transitions)
        self.track(key, rule, watch, after)
        if transitions and key.rule in self.joined:
            together.look(self, watch, at, observation.source_at if observation else None)

    def track(self, key: Key, rule: Rule, watch: Watch, state: State) -> None:
        """Keep a state, or forget one that is normal again."""
        if state.settled:
            self.tracked.pop(key, None)
            watch.keys.discard(key)
            self._timed.discard(key)
            self._counted.discard(key)
            return
        self.tracked[key] = Tracked(key, rule, watch, state)
        watch.keys.add(key)
        if due_at(rule, state) is None:
            self._timed.discard(key)
        else:
            self._timed.add(key)
        holds = (state.active or state.rising is not None) and state.falling is None
        if holds and isinstance(rule.condition, Count):
            self._counted.add(key)
        else:
            self._counted.discard(key)

    def loud(self) -> bool:
        """Whether something happened that must be on disk now."""
        return any(change.loud for change in self.staged.values())

    def pending(self) -> tuple[Sequence[Change], Sequence[Fact]]:
        """What is staged."""
        return tuple(self.staged.values()), (*self.facts, *self.windows.facts())

    def settle(self, states: Mapping[Key, State], *, whole: bool = True) -> None:
        """Take over the states that were committed; `whole`: with them all that was staged."""
        for key, state in states.items():
            change = self.staged.pop(key)
            self.track(key, change.rule, self.watches.of(key.device), state)
        if whole:
            self.facts.clear()
            self.windows.settle()

    # ---- start and replacement ----

    def restore(self, restored: Restored) -> None:
        """Take up what was known; what is no longer judged is ended, never left hanging."""
        restart.restore(self, restored)

    def take_over(self, before: "Evaluator") -> None:
        """Keep what a new revision does not change: when each device was heard, and test flags."""
        self._no_silence_until = 0
        for watch in self.watches.roots:
            old = before.watches.known().get(watch.id)
            if old is not None:
                watch.heard_at = old.heard_at
                watch.silent = watch.silent or old.silent
