"""Counter arithmetic: nothing invented, nothing lost, never negative."""

from collections import defaultdict
from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ingest.counters import (
    GRACE_MS,
    INTERVAL_MS,
    MEASURED_GAP_MS,
    STILL_MS,
    CounterState,
    MeterChange,
    Portion,
    Reading,
    Step,
    StepKind,
    Steps,
    Terms,
    advance,
    follows,
    spread,
    to_count,
)

MIDNIGHT = 1_795_363_200_000
"""A quarter of an hour begins here. [ms, UTC]"""
ONE = Steps.always(Fraction(1))
# 3,600 W are 1 Wh, that is 1,000 counts, a second: one count a millisecond.
PLAIN = Terms(ONE, Steps.always(Fraction(1)))


def run(
    readings: list[Reading], terms: Terms = PLAIN
) -> tuple[CounterState, list[Portion], list[Step]]:
    state: CounterState | None = None
    portions: list[Portion] = []
    steps: list[Step] = []
    for reading in readings:
        result = advance(state, reading, terms)
        state = result.state
        portions += result.portions
        steps += result.steps
    assert state is not None
    return state, portions, steps


def amounts(portions: list[Portion]) -> dict[int, int]:
    sums: dict[int, int] = defaultdict(int)
    for portion in portions:
        sums[portion.start_ms] += portion.amount
    return sums


def at(seconds: float, kwh: float) -> Reading:
    return Reading(MIDNIGHT + round(seconds * 1000), to_count(kwh * 1000, "active_energy"))


gaps = st.one_of(
    st.integers(1, 60_000), st.integers(1, 3 * MEASURED_GAP_MS), st.integers(1, 5 * 86_400_000)
)


@st.composite
def monotonic(draw: st.DrawFn) -> list[Reading]:
    """Readings of a counter that never runs faster than its rating."""
    moment, count = MIDNIGHT + draw(st.integers(0, 10**7)), draw(st.integers(0, 10**12))
    readings = [Reading(moment, count)]
    for gap in draw(st.lists(gaps, max_size=12)):
        moment += gap
        count += draw(st.integers(0, gap))
        readings.append(Reading(moment, count))
    return readings


@given(monotonic())
def test_intervals_add_up_to_the_counter_difference_exactly(readings: list[Reading]) -> None:
    state, portions, steps = run(readings)
    assert sum(one.amount for one in portions) == readings[-1].count - readings[0].count
    assert all(one.amount >= 0 and one.recovered_amount in (0, one.amount) for one in portions)
    assert not steps
    assert (state.first, state.last, state.pending) == (readings[0], readings[-1], None)


@given(monotonic())
def test_every_moment_is_covered_or_recovered_once(readings: list[Reading]) -> None:
    _, portions, _ = run(readings)
    filled: dict[int, int] = defaultdict(int)
    for one in portions:
        assert one.start_ms % INTERVAL_MS == 0
        filled[one.start_ms] += one.covered_ms + one.recovered_ms
    assert sum(filled.values()) == readings[-1].at_ms - readings[0].at_ms
    assert all(0 < time <= INTERVAL_MS for time in filled.values())
    bridged = sum(
        b.at_ms - a.at_ms for a, b in pairwise(readings) if b.at_ms - a.at_ms > MEASURED_GAP_MS
    )
    assert sum(one.recovered_ms for one in portions) == bridged


ratios = st.fractions(min_value=Fraction(1, 1000), max_value=4000, max_denominator=1000)


@given(monotonic(), ratios)
def test_a_ratio_multiplies_exactly(readings: list[Reading], ratio: Fraction) -> None:
    terms = Terms(Steps.always(ratio), Steps.always(ratio))
    _, portions, _ = run(readings, terms)
    total = sum(one.amount for one in portions)
    scaled = [
        reading.count * ratio.numerator // ratio.denominator
        for reading in (readings[0], readings[-1])
    ]
    assert total == scaled[1] - scaled[0]
    assert abs(total - (readings[-1].count - readings[0].count) * ratio) < 1
    assert all(one.amount >= 0 for one in portions)


@given(monotonic(), st.lists(st.tuples(st.integers(0, 40), ratios), max_size=3))
def test_a_changed_ratio_holds_from_its_moment_on(
    readings: list[Reading], changes: list[tuple[int, Fraction]]
) -> None:
    days = sorted({MIDNIGHT + day * INTERVAL_MS * 4: ratio for day, ratio in changes}.items())
    steps = Steps(tuple(day for day, _ in days), (Fraction(1), *(ratio for _, ratio in days)))
    terms = Terms(steps, Steps.always(Fraction(10_000)))
    _, portions, _ = run(readings, terms)
    expected = Fraction(0)
    for before, after in pairwise(readings):
        cuts = [before.at_ms, *steps.changes(before.at_ms, after.at_ms), after.at_ms]
        rate = Fraction(after.count - before.count, after.at_ms - before.at_ms)
        expected += sum(rate * (b - a) * steps.at(a) for a, b in pairwise(cuts))
    # Each cut rounds the counter down to a count, which the ratio may multiply.
    most = max(steps.values)
    slack = (2 + most) * (len(days) + 1) * len(readings)
    assert abs(sum(one.amount for one in portions) - expected) <= slack


@given(st.lists(st.tuples(gaps, st.integers(-(10**10), 10**10)), min_size=1, max_size=15))
def test_whatever_a_device_says_energy_is_never_negative_or_faster_than_its_rating(
    heard: list[tuple[int, int]],
) -> None:
    moment, readings = MIDNIGHT, []
    for gap, count in heard:
        moment += gap
        readings.append(Reading(moment, count))
    _, portions, _ = run(readings)
    assert all(one.amount >= 0 for one in portions)
    elapsed = readings[-1].at_ms - readings[0].at_ms
    assert sum(one.covered_ms + one.recovered_ms for one in portions) <= elapsed
    filled: dict[int, int] = defaultdict(int)
    for one in portions:
        filled[one.start_ms] += one.covered_ms + one.recovered_ms
    assert all(time <= INTERVAL_MS for time in filled.values())
    allowance = elapsed + (STILL_MS + GRACE_MS) * len(readings)
    assert sum(one.amount for one in portions) <= allowance * Fraction(6, 5)


@given(monotonic(), st.data())
def test_readings_out_of_order_change_nothing_but_a_count(
    readings: list[Reading], data: st.DataObject
) -> None:
    _, plain, _ = run(readings)
    late = data.draw(st.sampled_from(readings))
    place = data.draw(st.integers(readings.index(late) + 1, len(readings)))
    other = Reading(late.at_ms, late.count + 1)
    state, portions, steps = run([*readings[:place], other, *readings[place:]])
    assert (portions, steps, state.ignored) == (plain, [], 1)


@given(monotonic(), st.data())
def test_the_same_reading_again_changes_nothing(
    readings: list[Reading], data: st.DataObject
) -> None:
    place = data.draw(st.integers(1, len(readings)))
    again = [*readings[:place], readings[place - 1], *readings[place:]]
    assert run(again) == run(readings)


def test_the_first_reading_brings_no_energy() -> None:
    state, portions, steps = run([at(0, 12_345.6)])
    assert (portions, steps) == ([], [])
    assert state.last == at(0, 12_345.6)


def test_a_boundary_is_interpolated_between_the_readings_around_it() -> None:
    _, portions, _ = run([at(0, 100.0), at(890, 100.89), at(910, 100.93), at(1800, 101.0)])
    # 0.04 kWh in the 20 s around the boundary: half of them before it.
    assert amounts(portions) == {MIDNIGHT: 910_000, MIDNIGHT + INTERVAL_MS: 90_000}
    assert not any(one.recovered_ms for one in portions)


def test_a_gap_is_bridged_evenly_and_marked() -> None:
    _, portions, _ = run([at(0, 10.0), at(3600, 14.0)])
    quarters = [MIDNIGHT + n * INTERVAL_MS for n in range(4)]
    assert portions == [Portion(start, 1_000_000, 0, INTERVAL_MS, 1_000_000) for start in quarters]


def test_a_reset_is_not_energy_and_counting_goes_on_from_it() -> None:
    state, portions, steps = run([at(0, 50.0), at(60, 0.0), at(120, 0.03), at(180, 0.05)])
    assert sum(one.amount for one in portions) == 50_000
    assert steps == [Step(StepKind.RESET, at(60, 0).at_ms, 50_000_000, 0)]
    assert sum(one.covered_ms for one in portions) == 120_000
    assert state.pending is None


def test_one_wrong_reading_of_zero_is_an_outlier_and_loses_nothing() -> None:
    _, portions, steps = run([at(0, 0.010), at(10, 0.0), at(20, 0.012), at(30, 0.014)])
    assert sum(one.amount for one in portions) == 4_000
    assert [step.kind for step in steps] == [StepKind.OUTLIER]


def test_one_wrong_reading_far_above_is_an_outlier_and_loses_nothing() -> None:
    _, portions, steps = run([at(0, 100.0), at(10, 4_294_967.0), at(20, 100.01)])
    assert sum(one.amount for one in portions) == 10_000
    assert [step.kind for step in steps] == [StepKind.OUTLIER]


def test_a_jump_that_stays_is_recorded_and_is_not_energy() -> None:
    _, portions, steps = run([at(0, 100.0), at(10, 900.0), at(20, 900.01), at(30, 900.02)])
    assert sum(one.amount for one in portions) == 20_000
    assert steps == [Step(StepKind.JUMP, at(10, 0).at_ms, 100_000_000, 900_000_000)]


def test_where_two_ways_are_possible_the_one_with_less_energy_is_taken() -> None:
    readings = [at(0, 100.0), at(10, 100.01), at(20, 100.5), at(3600, 100.6)]
    _, portions, steps = run(readings)
    assert sum(one.amount for one in portions) == 10_000 + 100_000
    assert [step.kind for step in steps] == [StepKind.JUMP]


def test_a_counter_that_only_falls_is_never_energy() -> None:
    _, portions, steps = run([at(10 * n, 100.0 - n) for n in range(20)])
    assert portions == []
    assert {step.kind for step in steps} == {StepKind.OUTLIER}


def test_a_coarse_counter_may_catch_up_the_time_it_stood_still() -> None:
    # 1 kWh steps at 1.8 kW: 33 min of standing still, then a whole kWh within one poll.
    readings = [at(10 * n, 100 + (10 * n * 1.8 / 3600) // 1) for n in range(1000)]
    _, portions, steps = run(readings)
    assert steps == []
    assert sum(one.amount for one in portions) == readings[-1].count - readings[0].count


def test_the_limit_counts_the_time_since_the_last_change() -> None:
    moved_ms = MIDNIGHT + 600_000
    base, reading = Reading(moved_ms, 0), Reading(moved_ms + 5_000, 700_000)
    assert not follows(base, reading, moved_ms, PLAIN)
    assert follows(base, reading, MIDNIGHT, PLAIN)


def test_a_long_standstill_allows_no_more_than_an_hour() -> None:
    base = Reading(MIDNIGHT, 0)
    late = MIDNIGHT - 10 * STILL_MS
    most = (STILL_MS + GRACE_MS) * 6 // 5
    assert follows(base, Reading(MIDNIGHT + 5_000, most), late, PLAIN)
    assert not follows(base, Reading(MIDNIGHT + 5_000, most + 1), late, PLAIN)


def test_steps_change_at_their_moment() -> None:
    steps = Steps((10, 20), (Fraction(1), Fraction(2), Fraction(3)))
    assert [steps.at(moment) for moment in (9, 10, 19, 20, 99)] == [1, 2, 2, 3, 3]
    assert steps.changes(10, 20) == ()
    assert steps.changes(9, 21) == (10, 20)


def test_spread_never_makes_an_empty_portion() -> None:
    portions = spread(Reading(MIDNIGHT, 0), Reading(MIDNIGHT + 2 * INTERVAL_MS, 7), PLAIN)
    assert [one.amount for one in portions] == [3, 4]


def rolling(kwh: float) -> Terms:
    return Terms(ONE, Steps.always(Fraction(1)), to_count(kwh * 1000, "active_energy"))


def test_by_hand_a_display_of_six_digits_rolls_over() -> None:
    # 999,999.4 + 0.6 = 1,000,000, then 0.3: together 0.9 kWh in 30 min.
    readings = [at(0, 999_999.4), at(1800, 0.3), at(1860, 0.31)]
    state, portions, steps = run(readings, rolling(1_000_000))
    assert sum(one.amount for one in portions) == 900_000 + 10_000
    assert steps == [Step(StepKind.ROLLOVER, at(1800, 0).at_ms, 999_999_400_000, 300_000)]
    assert sum(one.recovered_amount for one in portions) == 900_000
    assert (state.last, state.pending) == (readings[-1], None)


def test_a_counter_of_32_bits_in_hundredths_rolls_over_at_its_width() -> None:
    top = 2**32 / 100
    readings = [at(0, top - 0.05), at(60, 0.01), at(120, 0.02)]
    _, portions, steps = run(readings, rolling(top))
    assert sum(one.amount for one in portions) == 70_000
    assert [step.kind for step in steps] == [StepKind.ROLLOVER]


def test_far_from_the_ends_a_step_back_is_a_reset_and_no_energy() -> None:
    for before, after in ((800_000.0, 0.1), (999_999.9, 200_000.0)):
        readings = [at(0, before), at(60, after), at(120, after + 0.01)]
        _, portions, steps = run(readings, rolling(1_000_000))
        assert [step.kind for step in steps] == [StepKind.RESET]
        assert sum(one.amount for one in portions) == 10_000


def test_a_roll_over_faster_than_the_rating_is_a_reset() -> None:
    _, portions, steps = run([at(0, 999_990.0), at(60, 5.0), at(120, 5.01)], rolling(1_000_000))
    assert [step.kind for step in steps] == [StepKind.RESET]
    assert sum(one.amount for one in portions) == 10_000


def test_where_it_may_have_rolled_over_twice_nothing_is_guessed() -> None:
    # A counter of 10 kWh at up to 3.6 kW: in 5 h it can go round more than once.
    readings = [at(0, 9.95), at(5 * 3600, 0.02), at(5 * 3600 + 60, 0.03)]
    _, portions, steps = run(readings, rolling(10))
    assert [step.kind for step in steps] == [StepKind.RESET]
    assert sum(one.amount for one in portions) == 10_000


def test_one_reading_of_zero_near_the_end_is_no_roll_over() -> None:
    _, portions, steps = run(
        [at(0, 999_999.0), at(60, 0.0), at(120, 999_999.02)], rolling(1_000_000)
    )
    assert [step.kind for step in steps] == [StepKind.OUTLIER]
    assert sum(one.amount for one in portions) == 20_000


def changed(*changes: MeterChange) -> Terms:
    return Terms(ONE, Steps.always(Fraction(1)), None, changes)


def change(seconds: float, last: float, first: float) -> MeterChange:
    old, new = at(seconds, last), at(seconds, first)
    return MeterChange(old.at_ms, old.count, new.count)


def test_by_hand_the_two_counters_of_a_meter_change_are_joined_exactly() -> None:
    # Old meter 500.0 at 00:00, taken out at 00:10 with 500.3; the new one began at 7.0 and shows
    # 7.2 at 00:20: 0.3 + 0.2 = 0.5 kWh, of it 0.3 + 0.1 before 00:15.
    readings = [at(0, 500.0), at(1200, 7.2), at(1260, 7.21)]
    _, portions, steps = run(readings, changed(change(600, 500.3, 7.0)))
    assert amounts(portions) == {MIDNIGHT: 400_000, MIDNIGHT + INTERVAL_MS: 110_000}
    assert steps == [Step(StepKind.EXCHANGE, at(600, 0).at_ms, 500_300_000, 7_000_000)]
    assert not any(one.recovered_ms for one in portions)


def test_a_last_reading_that_cannot_be_leaves_the_energy_before_it_unknown() -> None:
    for last, kind in ((499.0, StepKind.RESET), (900.0, StepKind.JUMP)):
        _, portions, steps = run([at(0, 500.0), at(120, 7.1)], changed(change(60, last, 7.05)))
        assert sum(one.amount for one in portions) == 50_000
        assert [step.kind for step in steps] == [kind, StepKind.EXCHANGE]


def test_two_meter_changes_between_two_readings() -> None:
    terms = changed(change(60, 500.01, 0.0), change(120, 0.02, 80.0))
    _, portions, _ = run([at(0, 500.0), at(180, 80.03)], terms)
    assert sum(one.amount for one in portions) == 10_000 + 20_000 + 30_000


def test_the_reading_at_the_moment_of_a_change_is_the_new_meters() -> None:
    _, portions, _ = run(
        [at(0, 500.0), at(60, 7.0), at(120, 7.01)], changed(change(60, 500.02, 7.0))
    )
    assert sum(one.amount for one in portions) == 20_000 + 10_000
