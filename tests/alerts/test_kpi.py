"""The figures of alarm management, against what is counted the slow way."""

from hypothesis import given
from hypothesis import strategies as st

from alerts.alarm import Finding, Severity, Transition
from alerts.chatter import FLOOD_SPAN_MS
from alerts.kpi import Flood, Life, Spread, Step, figures, floods, spread

MIN = 60_000
HOUR = 60 * MIN
R, A, C = Transition.RAISED, Transition.ACKNOWLEDGED, Transition.CLEARED


def life(
    *steps: tuple[float, Transition],
    key: str = "a",
    severity: Severity = Severity.HIGH,
    test: bool = False,
    finding: Finding | None = None,
) -> Life:
    """One alarm; moments are minutes."""
    told = [
        Step(round(at * MIN), event, finding if event is Transition.FOUND else None)
        for at, event in steps
    ]
    return Life((key, "d1", "p"), "fire", severity, test, told)


def test_a_flood_begins_at_ten_in_ten_minutes_and_ends_below_five() -> None:
    times = [n * MIN // 2 for n in range(12)]
    assert floods(times, HOUR) == (Flood(9 * MIN // 2, 7 * MIN // 2 + FLOOD_SPAN_MS, 12),)
    assert floods(times[:9], HOUR) == ()
    assert floods(times, 6 * MIN) == (Flood(9 * MIN // 2, 6 * MIN, 12),)
    assert floods([n * MIN for n in range(60)], 2 * HOUR)[0].alarms == 60


@given(st.lists(st.integers(0, 90 * MIN), max_size=60).map(sorted))
def test_floods_are_those_of_looking_at_every_moment(times: list[int]) -> None:
    end = 100 * MIN
    moments = sorted({*times, *(at + FLOOD_SPAN_MS for at in times)})
    expected: list[tuple[int, int]] = []
    began: int | None = None
    for now in (one for one in moments if one < end):
        within = sum(now - FLOOD_SPAN_MS < at <= now for at in times)
        if began is None and within >= 10:
            began = now
        elif began is not None and within < 5:
            expected.append((began, now))
            began = None
    if began is not None:
        expected.append((began, end))
    found = floods(times, end)
    assert [(one.start, one.end) for one in found] == expected
    for one in found:
        first = one.start - FLOOD_SPAN_MS
        assert one.alarms == sum(first < at <= one.end for at in times if at < end)


def test_rates_times_and_findings() -> None:
    found = figures(
        [
            life((0, R), (2, A), (5, C)),
            life((10, R), (14, A), (30, Transition.FOUND), finding=Finding.REAL),
            life((20, R), key="b", severity=Severity.EMERGENCY),
            life((25, R), key="c", test=True),
        ],
        0,
        HOUR,
        operators=2,
    )
    assert (found.alarms, found.tests, found.peak_10min) == (3, 1, 1)
    assert found.per_operator_10min == 3 / 6 / 2
    assert found.mix[Severity.EMERGENCY] == 1 / 3
    fire = found.classes["fire"]
    assert fire.to_acknowledge == Spread(2, 180.0, 240.0)
    assert (fire.alarms, fire.unacknowledged) == (3, 1)
    assert fire.to_clear == Spread(1, 300.0, 300.0)
    assert (fire.judged, fire.false_alarms) == (1, 0)


def test_the_newest_finding_counts() -> None:
    steps = [
        Step(0, R),
        Step(1, Transition.FOUND, Finding.REAL),
        Step(2, Transition.FOUND, Finding.FALSE_ALARM),
    ]
    found = figures([Life(("a", "d", "p"), "fire", Severity.HIGH, False, steps)], 0, HOUR)
    assert (found.classes["fire"].judged, found.classes["fire"].false_alarms) == (1, 1)


def test_fleeting_and_stale() -> None:
    day = 24 * 60
    lives = [
        life((0, R), (1, Transition.QUALITY_LOST), key="stale"),
        life((0, R), (day, Transition.RETURNED), (day + 1, Transition.RERAISED), key="again"),
        life((0, R), (0.5, Transition.RETURNED), key="fleeting"),
        life((0, R), (0.2, A), (0.5, C), key="seen"),
        life((0, R), (2, Transition.LATCHED), key="slow"),
    ]
    found = figures(lives, 0, (day + 2) * MIN)
    assert (found.stale, found.fleeting) == (1, 1)


def test_three_within_a_minute_chatter() -> None:
    again = Transition.RERAISED
    slow = life((0, R), (0.3, Transition.RETURNED), (0.4, again), (1.0, again), key="slow")
    quick = life((0, R), (0.4, again), (0.9, again), (30, again), key="quick")
    found = figures([slow, quick], 0, HOUR)
    assert found.chattering == ((("quick", "d1", "p"), 4),)


def test_nothing_known_is_no_zero() -> None:
    assert spread([None, None]) == Spread(0, None, None)
    found = figures([], 0, HOUR)
    assert (found.alarms, found.classes, found.floods) == (0, {}, ())


@given(st.lists(st.floats(0, 1e6), min_size=1))
def test_nine_of_ten_took_no_longer_than_the_ninth_decile(took: list[float]) -> None:
    found = spread(took)
    assert found.p90 is not None
    assert found.p90 in took
    assert sum(one <= found.p90 for one in took) >= 0.9 * len(took)
    assert sum(one < found.p90 for one in took) < 0.9 * len(took)
