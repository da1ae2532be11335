import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.alarm import AlarmQuality, Transition
from alerts.condition import Verdict
from alerts.engine import NORMAL, Observation, State, acknowledge, due_at, reset, step
from alerts.errors import NotAllowedError


class Timing:
    def __init__(self, on: int = 0, off: int = 0, latch: bool = False) -> None:
        self.on_delay_ms = on
        self.off_delay_ms = off
        self.latch = latch
        self.urgent = latch


def see(verdict: Verdict, at: int, test: bool = False) -> Observation:
    return Observation(verdict, at, True, test)


def test_a_condition_without_delays_raises_and_returns() -> None:
    rule = Timing()
    state, steps = step(rule, NORMAL, see(Verdict.TRUE, 10), 10)
    assert steps == (Transition.RAISED,)
    assert (state.active, state.acked, state.occurrences) == (True, False, 1)
    state, steps = step(rule, state, see(Verdict.FALSE, 20), 20)
    assert steps == (Transition.RETURNED,)
    state, steps = acknowledge(state)
    assert steps == (Transition.ACKNOWLEDGED, Transition.CLEARED)
    assert not state.open


def test_an_acknowledged_alarm_clears_when_it_returns() -> None:
    state, _ = step(Timing(), NORMAL, see(Verdict.TRUE, 10), 10)
    state, _ = acknowledge(state)
    state, steps = step(Timing(), state, see(Verdict.FALSE, 20), 20)
    assert steps == (Transition.CLEARED,)
    assert state == NORMAL or not state.open


def test_acknowledging_twice_changes_nothing() -> None:
    state, _ = step(Timing(), NORMAL, see(Verdict.TRUE, 10), 10)
    state, _ = acknowledge(state)
    assert acknowledge(state) == (state, ())


def test_what_is_closed_cannot_be_acknowledged_or_reset() -> None:
    with pytest.raises(NotAllowedError) as error:
        acknowledge(NORMAL)
    assert error.value.key == "not_open"
    with pytest.raises(NotAllowedError):
        reset(NORMAL, "note")


def test_delays_are_due_in_event_time() -> None:
    rule = Timing(on=100, off=50)
    state, steps = step(rule, NORMAL, see(Verdict.TRUE, 1000), 5000)
    assert steps == ()
    assert due_at(rule, state) == 1100
    assert step(rule, state, None, 1099) == (state, ())
    state, steps = step(rule, state, None, 1100)
    assert steps == (Transition.RAISED,)
    state, _ = step(rule, state, see(Verdict.FALSE, 1200), 1200)
    assert due_at(rule, state) == 1250
    state, steps = step(rule, state, see(Verdict.FALSE, 1250), 1250)
    assert steps == (Transition.RETURNED,)


def test_the_deadband_keeps_whatever_was() -> None:
    rule = Timing(on=100, off=50)
    assert step(rule, NORMAL, see(Verdict.BETWEEN, 1), 1)[0].settled
    rising, _ = step(rule, NORMAL, see(Verdict.TRUE, 10), 10)
    assert step(rule, rising, see(Verdict.BETWEEN, 20), 20)[0].rising == 10
    active, _ = step(rule, rising, None, 110)
    falling, _ = step(rule, active, see(Verdict.FALSE, 120), 120)
    assert step(rule, falling, see(Verdict.BETWEEN, 130), 130)[0].falling == 120


def test_a_withdrawn_rule_ends_what_is_active_and_keeps_the_latch() -> None:
    state, _ = step(Timing(latch=True), NORMAL, see(Verdict.TRUE, 10), 10)
    gone = Observation(Verdict.FALSE, 20, withdrawn=True)
    state, steps = step(Timing(latch=True, off=60_000), state, gone, 20)
    assert steps == (Transition.WITHDRAWN, Transition.LATCHED)
    assert state.open
    assert not state.active


verdicts = st.sampled_from(list(Verdict))
actions = st.one_of(
    st.tuples(st.just("see"), verdicts, st.integers(-30, 60), st.booleans()),
    st.tuples(st.just("tick"), st.integers(0, 200)),
    st.tuples(st.just("ack")),
    st.tuples(st.just("reset"), st.sampled_from(["", "was there"])),
)
timings = st.builds(Timing, st.sampled_from([0, 20]), st.sampled_from([0, 30]), st.booleans())


class Machine:
    """Plays actions and keeps what a plain reading of the rules says must hold."""

    def __init__(self, rule: Timing) -> None:
        self.rule = rule
        self.state = NORMAL
        self.now = 1000

    def play(self, action: tuple[object, ...]) -> tuple[Transition, ...]:
        kind = action[0]
        if kind == "see":
            _, verdict, passed, test = action
            assert isinstance(verdict, Verdict)
            assert isinstance(passed, int)
            at = self.now + passed
            self.now = max(self.now, at)
            self.state, steps = step(self.rule, self.state, see(verdict, at, bool(test)), self.now)
        elif kind == "tick":
            assert isinstance(action[1], int)
            self.now += action[1]
            self.state, steps = step(self.rule, self.state, None, self.now)
        else:
            try:
                if kind == "ack":
                    self.state, steps = acknowledge(self.state)
                else:
                    self.state, steps = reset(self.state, str(action[1]))
            except NotAllowedError:
                steps = ()
        return steps


@given(st.lists(actions, max_size=40), st.booleans())
def test_latched_never_clears_without_acknowledgement_and_reset(
    played: list[tuple[object, ...]], off: bool
) -> None:
    machine = Machine(Timing(off=30 if off else 0, latch=True))
    acked = False
    for action in played:
        before = machine.state
        steps = machine.play(action)
        real = before.open and not before.test
        if {Transition.RAISED, Transition.RERAISED, Transition.BECAME_REAL} & set(steps):
            acked = False
        if Transition.ACKNOWLEDGED in steps:
            acked = True
        if real and not machine.state.open:
            assert action[0] == "reset"
            assert str(action[1]).strip()
            assert acked
            assert not before.active


@given(timings, st.lists(actions, max_size=25), st.lists(st.integers(0, 10_000), max_size=10))
def test_missing_data_never_clears(
    rule: Timing, played: list[tuple[object, ...]], silence: list[int]
) -> None:
    machine = Machine(rule)
    for action in played:
        machine.play(action)
    machine.state, _ = step(rule, machine.state, see(Verdict.UNKNOWN, machine.now), machine.now)
    active, was_open = machine.state.active, machine.state.open
    for passed in silence:
        machine.now += passed
        machine.state, _ = step(rule, machine.state, see(Verdict.UNKNOWN, machine.now), machine.now)
        machine.state, _ = step(rule, machine.state, None, machine.now)
        assert machine.state.active or not active
        assert machine.state.open or not was_open
        if was_open:
            assert machine.state.quality is AlarmQuality.UNKNOWN


@given(timings, st.lists(actions, max_size=40))
def test_states_stay_sane(rule: Timing, played: list[tuple[object, ...]]) -> None:
    machine = Machine(rule)
    for action in played:
        before = machine.state
        steps = machine.play(action)
        state = machine.state
        assert state.rising is None or not state.active
        assert state.falling is None or state.active
        assert not (state.latched and state.test)
        assert not (before.open and not before.test and state.open and state.test)
        raised = {Transition.RAISED, Transition.RERAISED, Transition.BECAME_REAL} & set(steps)
        if state.active and not before.active:
            assert raised
        if raised and action[0] == "see":
            assert not state.acked or not state.open
        assert (Transition.CLEARED in steps) <= (not state.open or bool(raised))


@given(
    timings,
    st.lists(st.tuples(verdicts, st.integers(1, 60), st.booleans()), max_size=30),
    st.lists(st.integers(1, 59), max_size=10),
)
def test_ticks_between_samples_change_no_outcome(
    rule: Timing, seen: list[tuple[Verdict, int, bool]], ticks: list[int]
) -> None:
    """A replay of the journal in one go gives what live evaluation with a clock gave."""
    replayed, live, now = NORMAL, NORMAL, 1000
    told: list[Transition] = []
    told_live: list[Transition] = []
    for verdict, passed, test in seen:
        for tick in ticks:
            if tick < passed:
                live, steps = step(rule, live, None, now + tick)
                told_live += steps
        now += passed
        observation = see(verdict, now, test)
        live, steps = step(rule, live, observation, now)
        told_live += steps
        replayed, steps = step(rule, replayed, observation, now)
        told += steps
    assert replayed == live
    assert told == told_live


def test_a_state_is_settled_only_without_alarm_and_timer() -> None:
    assert NORMAL.settled
    assert not State(rising=5).settled
    assert not State(active=True, acked=False).settled
