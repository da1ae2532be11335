"""Checks that need what came before: only what shows beside earlier samples is found here."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from collectors.sample import Sample, Value
from device_configs.kinds import kinds
from ingest.checks import EARLIEST_MS, FUTURE_MS, DeviceChecks, kind_checks
from ingest.standing import SET_BACK_MS, UNHEARD, Clock, Examined, Standing, examine

NOW = 1_795_363_200_000
KIND = kinds()["weather_station"]
PLAIN = kind_checks(KIND)
RATED = DeviceChecks({}, KIND, {"ambient_temperature": 1 / 1000})
STUCK = DeviceChecks({}, KIND, {}, {"irradiance": 600_000})
HOUR = 3_600_000


def run(
    checks: DeviceChecks, heard: list[tuple[int, int | None, dict[str, Value]]]
) -> list[Examined]:
    """Examine samples of (arrival, device time, values)."""
    found, standing = [], UNHEARD
    for received_at, source_at, values in heard:
        sample = Sample("w1", received_at, values, source_at=source_at)
        found.append(examine(sample, checks, standing, received_at))
        standing = found[-1].standing
    return found


def reasons(found: list[Examined], point: str) -> list[str | None]:
    return [one.sample.reasons.get(point) for one in found]


def temperatures(values: list[float], step_ms: int = 10_000) -> list[str | None]:
    heard: list[tuple[int, int | None, dict[str, Value]]] = [
        (NOW + n * step_ms, None, {"ambient_temperature": value}) for n, value in enumerate(values)
    ]
    return reasons(run(RATED, heard), "ambient_temperature")


def test_a_spike_is_suspect_and_what_follows_it_is_not() -> None:
    assert temperatures([20, 21, 65, 21, 22]) == [None, None, "too_fast", None, None]
    assert temperatures([20, 21, -40, 21]) == [None, None, "too_fast", None]


def test_a_step_that_stays_is_believed_from_the_second_value_on() -> None:
    assert temperatures([20, 60, 61, 62]) == [None, "too_fast", None, None]
    assert temperatures([20, 35, 50, 69]) == [None, "too_fast", None, "too_fast"]


def test_a_spike_up_and_one_down_are_two_spikes() -> None:
    assert temperatures([20, 60, -20, 20]) == [None, "too_fast", "too_fast", None]


def test_a_rate_is_judged_over_the_time_that_passed() -> None:
    assert temperatures([20, 50], 30_000) == [None, None]
    assert temperatures([20, 50.1], 30_000) == [None, "too_fast"]
    # Two samples of one moment are a second apart: 1 degC is within the rate, more is not.
    assert temperatures([20, 21, 22.1], 0) == [None, None, "too_fast"]


@given(st.lists(st.floats(-50, 70), min_size=1, max_size=20))
def test_no_value_is_lost_altered_or_suspect_for_long(values: list[float]) -> None:
    heard: list[tuple[int, int | None, dict[str, Value]]] = [
        (NOW + n * 1000, None, {"ambient_temperature": value}) for n, value in enumerate(values)
    ]
    found = run(RATED, heard)
    assert [one.sample.values["ambient_temperature"] for one in found] == values
    steady = [*values, *[values[-1]] * 2]
    assert temperatures(steady, 1000)[-1] is None


def sun(values: Sequence[tuple[float, float]]) -> list[str | None]:
    """Irradiance and temperature, once a minute."""
    heard: list[tuple[int, int | None, dict[str, Value]]] = [
        (NOW + n * 60_000, None, {"irradiance": light, "ambient_temperature": warmth})
        for n, (light, warmth) in enumerate(values)
    ]
    return reasons(run(STUCK, heard), "irradiance")


def test_a_value_that_stays_while_others_move_is_stuck_until_it_moves() -> None:
    found = sun([(500, 20 + n / 10) for n in range(15)] + [(501, 22.0)])
    assert found == [None] * 11 + ["stuck"] * 4 + [None]


def test_nothing_is_stuck_at_night_or_where_nothing_else_moves() -> None:
    assert set(sun([(0, 20 + n / 10) for n in range(30)])) == {None}
    assert set(sun([(500, 20) for _ in range(30)])) == {None}


def test_late_values_take_no_part_in_rate_or_order() -> None:
    point = "ambient_temperature"
    found = run(
        RATED,
        [
            (NOW, NOW, {point: 20}),
            (NOW + 10, NOW - HOUR, {point: -20}),
            (NOW + 20, NOW - HOUR + 60_000, {point: -19}),
            (NOW + 30, NOW + 1000, {point: 21}),
        ],
    )
    assert [one.late for one in found] == [False, True, True, False]
    assert reasons(found, point) == [None] * 4
    assert [one.sample.source_at for one in found] == [
        NOW, NOW - HOUR, NOW - HOUR + 60_000, NOW + 1000,
    ]  # fmt: skip


def test_the_same_again_is_counted_and_left_as_it_is() -> None:
    values: dict[str, Value] = {"ambient_temperature": 20.0}
    found = run(
        PLAIN, [(NOW, NOW, values), (NOW + 5, NOW, values), (NOW + 9, NOW, {"humidity": 5})]
    )
    assert [one.repeated for one in found] == [False, True, False]
    assert all(not one.sample.reasons for one in found)


def clocks(found: list[Examined]) -> list[Clock]:
    return [one.standing.clock for one in found]


def test_a_wrong_clock_is_its_own_fault_until_it_is_right() -> None:
    found = run(
        PLAIN,
        [
            (NOW, NOW + FUTURE_MS + 1, {"humidity": 50}),
            (NOW + 1, EARLIEST_MS - 1, {"humidity": 50}),
            (NOW + 2, None, {"humidity": 50}),
            (NOW + 3, NOW, {"humidity": 50}),
        ],
    )
    assert clocks(found) == [Clock.AHEAD, Clock.UNSET, Clock.UNSET, Clock.GOOD]
    assert [one.sample.at for one in found] == [NOW, NOW + 1, NOW + 2, NOW]
    assert all(not one.sample.reasons for one in found)


def test_a_clock_that_was_set_back_gives_the_time_of_arrival_until_it_has_caught_up() -> None:
    values: dict[str, Value] = {"humidity": 50}
    before = [(NOW + n * 5_000, NOW + n * 5_000, values) for n in range(3)]
    back = [(NOW + n * 5_000, NOW + n * 5_000 - HOUR, values) for n in range(3, 8)]
    ahead = [(NOW + HOUR, NOW + 15_000, values)]
    found = run(PLAIN, [*before, *back, *ahead])
    assert clocks(found) == [Clock.GOOD] * 5 + [Clock.SET_BACK] * 3 + [Clock.GOOD]
    assert [one.late for one in found] == [False] * 3 + [True] * 2 + [False] * 4
    assert found[6].sample.at == NOW + 6 * 5_000


def test_a_backlog_is_no_clock_that_was_set_back() -> None:
    values: dict[str, Value] = {"humidity": 50}
    live = [(NOW, NOW, values)]
    backlog = [(NOW + n * 500, NOW - HOUR + n * 10_000, values) for n in range(1, 100)]
    found = run(PLAIN, [*live, *backlog])
    assert set(clocks(found)) == {Clock.GOOD}
    assert all(one.late for one in found[1:])


def test_a_backlog_between_live_values_is_no_clock_that_was_set_back() -> None:
    values: dict[str, Value] = {"humidity": 50}
    heard: list[tuple[int, int | None, dict[str, Value]]] = []
    for n in range(20):
        at = NOW + n * SET_BACK_MS
        heard += [(at, at, values), (at + 1, at + 1 - HOUR, values)]
    found = run(PLAIN, heard)
    assert set(clocks(found)) == {Clock.GOOD}
    assert [one.late for one in found] == [False, True] * 20


def test_examining_needs_nothing_but_what_it_is_given() -> None:
    standing = Standing()
    sample = Sample("w1", NOW, {"humidity": 50}, source_at=NOW)
    first, again = (examine(sample, PLAIN, standing, NOW) for _ in range(2))
    assert first == again
    assert standing == UNHEARD
