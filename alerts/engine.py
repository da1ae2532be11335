"""The alarm state machine: pure, of rule, state, observation and time.

Four flags are the state: active, acked, latched, quality. Two timers run beside them: `rising`
since the condition became true (on-delay) and `falling` since it became false (off-delay).
Missing data never helps an alarm to clear and never stops one from being raised: it halts the
off-delay and lets the on-delay run.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from alerts.alarm import AlarmQuality, Hold, Transition
from alerts.condition import Verdict
from alerts.errors import NotAllowedError
from collectors.sample import Value


class Timing(Protocol):
    """What the engine must know of a rule."""

    @property
    def on_delay_ms(self) -> int:
        """How long the condition must hold [ms]."""
        ...

    @property
    def off_delay_ms(self) -> int:
        """How long the condition must be gone [ms]."""
        ...

    @property
    def latch(self) -> bool:
        """Whether the alarm stays until it is acknowledged and reset."""
        ...

    @property
    def urgent(self) -> bool:
        """Whether even a late sample raises it."""
        ...


@dataclass(frozen=True)
class Gone:
    """Timing of a rule that no longer exists: its alarm can only end."""

    on_delay_ms: int = 0
    off_delay_ms: int = 0
    latch: bool = False
    urgent: bool = False


@dataclass(frozen=True)
class Observation:
    """What a sample said of one condition."""

    verdict: Verdict
    at: int
    """Event time: the device's trusted clock, never later than arrival. [ms, UTC]"""
    value: Value = None
    test: bool = False
    """The part, or the panel it hangs on, was in test."""
    source_at: int | None = None
    withdrawn: bool = False
    """The rule or the device has left the estate."""
    names: bool = False
    """The value names what the alarm is about, and is kept up to date while it is active."""


@dataclass(frozen=True)
class State:
    """The state of one (rule, device or part, point)."""

    active: bool = False
    acked: bool = True
    latched: bool = False
    quality: AlarmQuality = AlarmQuality.GOOD
    held: tuple[str, ...] = ()
    test: bool = False
    occurrences: int = 0
    rising: int | None = None
    """Since when the condition holds, while the on-delay runs. [ms, UTC]"""
    falling: int | None = None
    """Since when the condition is gone, while the off-delay runs. [ms, UTC]"""
    rising_test: bool = False
    value: Value = field(default=None, compare=False)
    observed_at: int = field(default=0, compare=False)
    """Event time of the newest observation. [ms, UTC]"""

    @property
    def open(self) -> bool:
        """Whether there is an alarm."""
        return self.active or not self.acked or self.latched

    @property
    def settled(self) -> bool:
        """Whether nothing is open and no timer runs."""
        return not self.open and self.rising is None


NORMAL = State()
Step = tuple[State, tuple[Transition, ...]]


def clock_set(state: State, by_ms: int, now_ms: int) -> State:
    """The state after the clock was set: what runs, runs on as long; nothing is later than now."""
    rising = None if state.rising is None else state.rising + by_ms
    falling = None if state.falling is None else state.falling + by_ms
    return replace(
        state, rising=rising, falling=falling, observed_at=min(state.observed_at, now_ms)
    )


def step(
    rule: Timing,
    state: State,
    observation: Observation | None,
    now_ms: int,
    *,
    inhibited: bool | None = None,
) -> Step:
    """Advance one state by an observation, or by time alone (`observation` None).

    `inhibited` says whether what it hangs on is down; None leaves that as it was.

    Timers are first brought to the observation's own time, so that a replay of the journal gives
    what live evaluation gave. A late observation (older than the newest) changes nothing, except
    that it can raise an alarm of an urgent rule.
    """
    if inhibited is not None and inhibited != (Hold.INHIBITED in state.held):
        state, first = (hold if inhibited else release)(state, Hold.INHIBITED)
        state, then = step(rule, state, observation, now_ms)
        return state, (*first, *then)
    if observation is None:
        return _elapse(rule, state, now_ms)
    if observation.at < state.observed_at:
        late = rule.urgent and observation.verdict is Verdict.TRUE
        return _late(rule, state, observation) if late else (state, ())
    state, before = _elapse(rule, state, observation.at)
    state, during = _observe(rule, state, observation)
    state = replace(state, observed_at=observation.at)
    state, after = _elapse(rule, state, observation.at)
    return state, (*before, *during, *after)


def due_at(rule: Timing, state: State) -> int | None:
    """When the state changes by time alone; None when it does not [ms, UTC]."""
    if state.rising is not None:
        return state.rising + rule.on_delay_ms
    return None if state.falling is None else state.falling + rule.off_delay_ms


def _elapse(rule: Timing, state: State, at: int) -> Step:
    due = due_at(rule, state)
    if due is None or at < due:
        return state, ()
    return _activate(rule, state) if state.rising is not None else _return(state)


def _observe(rule: Timing, state: State, observation: Observation) -> Step:
    if observation.verdict is Verdict.UNKNOWN:
        lost = state.open and state.quality is AlarmQuality.GOOD
        quality = state.quality if state.settled else AlarmQuality.UNKNOWN
        state = replace(state, falling=None, quality=quality)
        return state, (Transition.QUALITY_LOST,) if lost else ()
    back: Sequence[Transition] = ()
    if state.quality is AlarmQuality.UNKNOWN:
        state = replace(state, quality=AlarmQuality.GOOD)
        back = (Transition.QUALITY_BACK,) if state.open else ()
    if observation.verdict is Verdict.TRUE:
        state, steps = _holds(rule, state, observation)
    elif observation.verdict is Verdict.FALSE:
        state, steps = _gone(state, observation)
    else:
        steps = ()
    return state, (*back, *steps)


def _late(rule: Timing, state: State, observation: Observation) -> Step:
    """What was true before the newest observation: told now, and on its way out already."""
    if state.active:
        real = state.test and not observation.test
        if not real:
            return state, ()
        state = replace(state, test=False, acked=False, latched=rule.latch)
        return state, (Transition.BECAME_REAL,)
    state = replace(state, rising_test=observation.test, value=observation.value)
    state, steps = _activate(rule, state)
    return replace(state, falling=state.observed_at), steps


def _holds(rule: Timing, state: State, observation: Observation) -> Step:
    if not state.active:
        test = observation.test and (state.rising is None or state.rising_test)
        rising = observation.at if state.rising is None else state.rising
        return replace(state, rising=rising, rising_test=test, value=observation.value), ()
    if observation.names:
        state = replace(state, value=observation.value)
    again = state.falling is not None and state.acked and rule.latch
    state = replace(state, falling=None)
    if state.test and not observation.test:
        real = replace(state, test=False, acked=False, latched=rule.latch, value=observation.value)
        return real, (Transition.BECAME_REAL,)
    if again:
        # An off-delay absorbs chatter; of a latching class each new activation must be seen.
        occurrences = state.occurrences + 1
        return replace(state, acked=False, occurrences=occurrences), (Transition.RERAISED,)
    return state, ()


def _gone(state: State, observation: Observation) -> Step:
    if state.active and state.falling is None:
        state = replace(state, falling=observation.at)
    state = replace(state, rising=None, rising_test=False)
    if observation.withdrawn and state.active:
        state, steps = _return(state)
        return state, (Transition.WITHDRAWN, *steps)
    return state, ()


def _activate(rule: Timing, state: State) -> Step:
    was_open, was_test = state.open, state.test
    test = state.rising_test and (was_test or not was_open)
    state = replace(
        state,
        active=True,
        acked=False,
        latched=rule.latch and not test,
        test=test,
        occurrences=state.occurrences + 1 if was_open else 1,
        rising=None,
        falling=None,
        rising_test=False,
    )
    if not was_open:
        return state, (Transition.RAISED,)
    return state, (Transition.BECAME_REAL if was_test and not test else Transition.RERAISED,)


def _return(state: State) -> Step:
    state = replace(state, active=False, falling=None)
    if state.latched:
        return state, (Transition.LATCHED,)
    return state, (Transition.CLEARED if state.acked else Transition.RETURNED,)


_HELD = {
    Hold.SHELVED: (Transition.SHELVED, Transition.UNSHELVED),
    Hold.INHIBITED: (Transition.INHIBITED, Transition.UNINHIBITED),
    Hold.OUT_OF_SERVICE: (Transition.OUT_OF_SERVICE, Transition.IN_SERVICE),
}


def hold(state: State, why: Hold) -> Step:
    """Tell nobody from now on; what is not open has it ready for when it is raised."""
    if why in state.held:
        return state, ()
    held = replace(state, held=tuple(sorted({*state.held, why.value})))
    return held, (_HELD[why][0],) if state.open else ()


def release(state: State, why: Hold) -> Step:
    """End one hold; what is still active and held by nothing else is new: unacknowledged, told."""
    if why not in state.held:
        return state, ()
    after = replace(state, held=tuple(one for one in state.held if one != why))
    if not state.open:
        return after, ()
    if after.held or not state.active:
        return after, (_HELD[why][1],)
    return replace(after, acked=False), (_HELD[why][1], Transition.RELEASED)


def begin_of(why: str) -> Transition:
    """The step by which a hold begins."""
    return _HELD[Hold(why)][0]


def acknowledge(state: State) -> Step:
    """Someone has seen it; a second acknowledgement changes nothing.

    Raises:
        NotAllowedError: nothing is open.
    """
    if not state.open:
        raise NotAllowedError("not_open")
    if state.acked:
        return state, ()
    state = replace(state, acked=True)
    if state.open:
        return state, (Transition.ACKNOWLEDGED,)
    return state, (Transition.ACKNOWLEDGED, Transition.CLEARED)


def reset(state: State, note: str) -> Step:
    """Someone was there and found it in order; ends a latched alarm.

    Raises:
        NotAllowedError: it is not open, still active, not acknowledged, or has no note.
    """
    if not state.open:
        raise NotAllowedError("not_open")
    if state.active:
        raise NotAllowedError("still_active")
    if not state.acked:
        raise NotAllowedError("not_acknowledged")
    if not note.strip():
        raise NotAllowedError("note_missing")
    return replace(state, latched=False), (Transition.RESET, Transition.CLEARED)
