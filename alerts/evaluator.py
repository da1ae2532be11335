"""Judges samples in memory: fast when nothing changes, exact about what does.

No I/O: samples and time in, staged changes out. What is staged is on no disk yet; the judge writes
it in one transaction with the cursor and hands the outcome back to `settle`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from alerts import refusals
from alerts.alarm import Subject
from alerts.condition import ByService, Missing, Refused, Threshold, Verdict
from alerts.condition import State as StateCondition
from alerts.engine import NORMAL, Observation, State, Timing, due_at, step
from alerts.ledger import Fact, Restored
from alerts.rule import Rule
from alerts.rules import RuleSet
from alerts.watch import Key, Watch, Watches
from alerts.writer import Change, Input
from collectors.sample import Lane, Reason, Sample, Value, is_hearing
from device_configs.estate import Estate

_LOOK_AGAIN_MS = 60_000
"""Longest time between two looks at all devices. [ms]"""


def _missing(watch: Watch, sample: Sample, point: str, heard: bool) -> Verdict:
    """Whether a point is missing although its device answers; of silence it says nothing."""
    if sample.values[point] is not None or sample.reasons.get(point) == Reason.NOT_IMPLEMENTED:
        return Verdict.FALSE
    answers = heard or (watch.parent is not None and not watch.root.silent)
    return Verdict.TRUE if answers else Verdict.BETWEEN


_OF_ANSWERS = (Missing, Refused)
"""Conditions that only a device which answers can meet."""


@dataclass
class _Tracked:
    """A state that is not normal, with what it belongs to."""

    key: Key
    rule: Rule
    watch: Watch
    state: State


def _is_safety(tracked: _Tracked) -> bool:
    """Whether what it is about travels in the safety lane."""
    condition = tracked.rule.condition
    if isinstance(condition, Refused):
        return condition.protecting
    return tracked.watch.is_safety(tracked.key.point)


@dataclass(frozen=True)
class _Gone:
    """Timing of a rule that no longer exists: it can only end."""

    on_delay_ms: int = 0
    off_delay_ms: int = 0
    latch: bool = False
    urgent: bool = False


class Evaluator:
    """All states of one estate under one set of rules."""

    def __init__(self, estate: Estate, rules: RuleSet, started_at: int) -> None:
        self.rules = rules
        self.watches = Watches(estate, rules)
        self._known = self.watches.known()
        self.started_at = started_at
        self.tracked: dict[Key, _Tracked] = {}
        self.staged: dict[Key, Change] = {}
        self.facts: list[Fact] = []
        self._timed: set[Key] = set()
        self._no_silence_until = 0
        """No device can count as silent before this moment: what is heard moves it only on. [ms]"""
        for watch in self.watches.roots:
            watch.heard_at = started_at

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
        # What is open must also see that its facts are still so.
        for rule, condition in plan.combined(values if watch.keys else changed):
            verdict = condition.judge(watch.values)
            value = watch.values.get(rule.point, values.get(rule.point))
            self._observed(watch, rule, rule.point, verdict, value, sample, at)

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
            verdict = _missing(watch, sample, point, heard)
        else:
            assert isinstance(condition, Threshold | StateCondition)  # noqa: S101  (by Plan)
            verdict = condition.judge(value)
            if point in sample.reasons and value is not None:
                # A suspect value can raise what is urgent; it never clears anything.
                believed = verdict is Verdict.TRUE and rule.urgent
                verdict = Verdict.TRUE if believed else Verdict.UNKNOWN
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
            verdict, at, value, rule.drillable and watch.in_test, sample.source_at
        )
        self._input(key, rule, watch, observation, sample.received_at, newest)

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
                self._test(watch, value is True, sample)
            elif known and watch.plan.judges_alike(point, before, value):
                continue
            changed.append(point)
            self.facts.append(Fact(watch.id, point, value, at))
        return changed

    def _test(self, watch: Watch, test: bool, sample: Sample) -> None:
        """A test that ends makes real what is still reported; an unknown test is no test."""
        watch.test = test
        if test:
            return
        for tracked in list(self.tracked.values()):
            if tracked.watch is watch or tracked.watch.parent is watch:
                state = self._state(tracked.key)
                holds = (state.active and state.test and state.falling is None) or (
                    state.rising is not None and state.rising_test
                )
                if holds and not tracked.watch.in_test:
                    again = Observation(
                        Verdict.TRUE, state.observed_at, state.value, False, sample.source_at
                    )
                    self._input(tracked.key, tracked.rule, tracked.watch, again, sample.received_at)

    def _unlisted(self, watch: Watch, sample: Sample, at: int) -> None:
        rule = watch.plan.unlisted
        if rule is None:
            return
        key = Key(rule.id, watch.id, "")
        if key not in watch.keys:
            observation = Observation(Verdict.TRUE, at, None, False, sample.source_at)
            self._input(key, rule, watch, observation, sample.received_at)

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
        self._refused(root, at, sample.source_at)

    def _refused(self, root: Watch, at: int, source_at: int | None = None) -> None:
        for rule, condition in root.plan.refusals:
            names = refusals.chosen(root.refused, protecting=condition.protecting)
            key = Key(rule.id, root.id, "")
            if not names and key not in root.keys:
                continue
            # The lanes are judged one after the other: an older sample may come later.
            latest = max(at, self._state(key).observed_at)
            verdict = Verdict.TRUE if names else Verdict.FALSE
            told = Observation(
                verdict, latest, refusals.in_words(names) if names else None,
                rule.drillable and root.in_test, source_at, names=True,
            )  # fmt: skip
            self._input(key, rule, root, told, at)

    def _heard(self, root: Watch, sample: Sample) -> None:
        if sample.received_at > root.heard_at:
            root.heard_at = sample.received_at
        rule = root.plan.silence
        if not root.silent or rule is None:
            return
        root.silent = False
        self._no_silence_until = 0
        key = Key(rule.id, root.id, "")
        at = max(sample.received_at, self._state(key).observed_at)
        back = Observation(Verdict.FALSE, at, source_at=sample.source_at)
        self._input(key, rule, root, back, sample.received_at)

    # ---- time ----

    def tick(self, safety_ms: int, routine_ms: int) -> None:
        """Let time pass: delays by the lane of their point, silence by the slower lane."""
        for key in list(self._timed):
            tracked = self.tracked[key]
            clock = safety_ms if _is_safety(tracked) else routine_ms
            due = due_at(tracked.rule, self._state(key))
            if due is None or clock < due or not self._may_pass(tracked):
                continue
            self._input(key, tracked.rule, tracked.watch, None, clock)
        if routine_ms > self._no_silence_until:
            self._look_for_silence(routine_ms)

    def _look_for_silence(self, at: int) -> None:
        """Look at every device: 10,000 of them are too many to be looked at each time."""
        soonest = at + _LOOK_AGAIN_MS
        for watch in self.watches.roots:
            after = watch.silence_after
            if after is None or watch.silent:
                continue
            if at - watch.heard_at > after:
                self._silent(watch, at)
            else:
                soonest = min(soonest, watch.heard_at + after)
        self._no_silence_until = soonest

    def _may_pass(self, tracked: _Tracked) -> bool:
        """A point is missing only if its device has answered since; else the device is silent."""
        if not isinstance(tracked.rule.condition, _OF_ANSWERS):
            return True
        rising = self._state(tracked.key).rising
        return rising is None or tracked.watch.root.heard_at > rising

    def _silent(self, watch: Watch, at: int) -> None:
        rule = watch.plan.silence
        if rule is None:
            return
        watch.silent = True
        key = Key(rule.id, watch.id, "")
        for tracked in list(self.tracked.values()):
            if tracked.watch.root is watch and tracked.key != key:
                state = self._state(tracked.key)
                # The silence is one alarm; what is missing because of it is not another.
                instead = isinstance(tracked.rule.condition, _OF_ANSWERS) and not state.open
                verdict = Verdict.FALSE if instead else Verdict.UNKNOWN
                unknown = Observation(verdict, state.observed_at)
                self._input(tracked.key, tracked.rule, tracked.watch, unknown, at)
        self._input(key, rule, watch, Observation(Verdict.TRUE, at), at)

    # ---- states ----

    def _state(self, key: Key) -> State:
        staged = self.staged.get(key)
        if staged is not None:
            return staged.state
        tracked = self.tracked.get(key)
        return tracked.state if tracked is not None else NORMAL

    def _input(
        self,
        key: Key,
        rule: Rule,
        watch: Watch,
        observation: Observation | None,
        at: int,
        newest: int = 0,
        timing: Timing | None = None,
    ) -> None:
        state = self._state(key)
        if newest > state.observed_at:
            state = replace(state, observed_at=newest)
        after, transitions = step(timing or rule, state, observation, at)
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
        staged.inputs.append(Input(observation, at))
        staged.loud = staged.loud or bool(transitions)
        self._track(key, rule, watch, after)

    def _track(self, key: Key, rule: Rule, watch: Watch, state: State) -> None:
        if state.settled:
            self.tracked.pop(key, None)
            watch.keys.discard(key)
            self._timed.discard(key)
            return
        self.tracked[key] = _Tracked(key, rule, watch, state)
        watch.keys.add(key)
        if due_at(rule, state) is None:
            self._timed.discard(key)
        else:
            self._timed.add(key)

    def loud(self) -> bool:
        """Whether something happened that must be on disk now."""
        return any(change.loud for change in self.staged.values())

    def pending(self) -> tuple[Sequence[Change], Sequence[Fact]]:
        """What is staged."""
        return tuple(self.staged.values()), tuple(self.facts)

    def settle(self, states: Mapping[Key, State]) -> None:
        """Take over the states that were committed, and forget what was staged."""
        for key, state in states.items():
            change = self.staged.pop(key)
            self._track(key, change.rule, self.watches.of(key.device), state)
        self.facts.clear()

    # ---- start and replacement ----

    def restore(self, restored: Restored) -> None:
        """Take up what was known; what is no longer judged is ended, never left hanging."""
        fewer: list[Watch] = []
        for fact in restored.facts:
            watch = self.watches.of(fact.device)
            if fact.point == refusals.FACT:
                fewer += [watch] if self._restore_refused(watch, fact) else []
                continue
            watch.values[fact.point] = fact.value
            watch.values_at[fact.point] = fact.at
            if fact.point == "test":
                watch.test = fact.value is True
        for key, state in restored.states.items():
            watch = self.watches.of(key.device)
            rule = watch.plan.find(key.rule)
            general = self.rules.find(key.rule)
            if general is not None and isinstance(general.condition, ByService):
                continue
            listed_again = rule is not None and rule is watch.plan.unlisted and watch.listed
            if rule is None or listed_again or not watch.plan.has(key.rule, key.point):
                self._withdraw(key, watch, general or rule, state)
                continue
            self._track(key, rule, watch, state)
            if rule is watch.plan.silence and state.active and state.falling is None:
                watch.silent = True
        for watch in fewer:
            self._refused(watch, self.started_at)

    def _restore_refused(self, watch: Watch, fact: Fact) -> bool:
        """Take up what was refused; tells whether the profile has lost some of it since."""
        device = self.watches.estate.devices.get(watch.id)
        if device is None:
            return False
        profile = device.profile
        part_kind = profile.parts.kind if profile.parts else None
        known = refusals.from_fact(fact.value, profile.kind, part_kind)
        watch.refused = refusals.without_strangers(known, profile)
        if watch.refused.keys() == known.keys():
            return False
        still = refusals.to_fact(watch.refused)
        self.facts.append(Fact(watch.id, refusals.FACT, still, self.started_at))
        return True

    def _withdraw(self, key: Key, watch: Watch, rule: Rule | None, state: State) -> None:
        if rule is None:
            rule = next(iter(self.rules.every()))
        change = Change(key, rule, _Gone(), watch.subject, state, state)
        gone = Observation(Verdict.FALSE, max(state.observed_at, self.started_at), withdrawn=True)
        after, transitions = step(_Gone(), state, gone, self.started_at)
        if after == state:
            return
        change.state, change.loud = after, bool(transitions)
        change.inputs.append(Input(gone, self.started_at))
        self.staged[key] = change

    def take_over(self, before: "Evaluator") -> None:
        """Keep what a new revision does not change: when each device was heard, and test flags."""
        self._no_silence_until = 0
        for watch in self.watches.roots:
            old = before.watches.known().get(watch.id)
            if old is not None:
                watch.heard_at = old.heard_at
                watch.silent = watch.silent or old.silent

    def clocks(self, samples: Sequence[Sample], now_ms: int, drained: bool) -> tuple[int, int]:
        """How far each lane has been judged [ms, UTC].

        While a backlog is judged, time is that of the samples, so that no delay or silence runs
        out over data that waits in the journal.
        """
        if drained:
            return now_ms, now_ms
        routine = next((s for s in reversed(samples) if s.lane is Lane.ROUTINE), None)
        if routine is not None:
            return now_ms, min(now_ms, routine.received_at)
        return min(now_ms, samples[-1].received_at), 0
