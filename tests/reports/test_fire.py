"""What became of fire alarms, shielding, and when nobody watched."""

from hypothesis import given
from hypothesis import strategies as st

from alerts.alarm import Finding, Severity, Transition
from alerts.kpi import Life, Step
from alerts.rules import load_rules
from reports.fire import CLASSES, SHIELDED, blind, fire_alarms, shielded

MINUTE = 60_000


def life(
    at: int,
    *more: tuple[int, Transition],
    finding: Finding | None = None,
    test: bool = False,
    rule: str = "smoke_detector_fire",
    device: str = "smoke-1",
) -> Life:
    steps = [Step(at, Transition.RAISED), *(Step(when, event) for when, event in more)]
    if finding is not None:
        steps.append(Step(at + 90_000, Transition.FOUND, finding))
    alarm_class = "impairment" if rule == SHIELDED else "fire"
    return Life((rule, device, "smoke"), alarm_class, Severity.EMERGENCY, test, steps)


LIVES = st.lists(
    st.builds(
        lambda at, finding, test: life(at, finding=finding, test=test),
        st.integers(0, 20 * MINUTE), st.none() | st.sampled_from(Finding), st.booleans(),
    )
)  # fmt: skip


def test_the_rule_and_the_classes_are_there() -> None:
    rules = load_rules()
    assert rules.find(SHIELDED) is not None
    assert rules.classes.keys() >= CLASSES


@given(LIVES)
def test_every_alarm_is_judged_once_or_not_at_all(lives: list[Life]) -> None:
    start, end = 5 * MINUTE, 15 * MINUTE
    found = fire_alarms(lives, start, end)
    begun = [one for one in lives if start <= one.steps[0].at < end]
    assert found.alarms == found.not_judged + found.found.total()
    assert found.alarms + found.tests == len(begun)


def test_times_are_of_real_alarms_and_until_the_end() -> None:
    lives = [
        life(0, (30_000, Transition.ACKNOWLEDGED), (120_000, Transition.RESET)),
        life(0, (90_000, Transition.ACKNOWLEDGED)),
        life(0, (1_000, Transition.ACKNOWLEDGED), test=True),
        life(0, (10 * MINUTE, Transition.ACKNOWLEDGED)),
    ]
    found = fire_alarms(lives, 0, 5 * MINUTE)
    assert (found.to_acknowledge.count, found.to_acknowledge.median) == (2, 60.0)
    assert (found.to_reset.count, found.to_reset.median) == (1, 120.0)


def test_shielding_counts_devices_once_and_time_within_the_period() -> None:
    lives = [
        life(0, (20, Transition.RETURNED), rule=SHIELDED),
        life(50, rule=SHIELDED),
        life(0, (30, Transition.RETURNED), rule=SHIELDED, device="smoke-2"),
        life(0, rule=SHIELDED, device="smoke-3", test=True),
        life(0, device="smoke-4"),
    ]
    assert shielded(lives, 10, 100) == (2, 10 + 50 + 20)
    assert shielded([], 0, 100) == (0, 0)


def test_blind_is_between_runs_and_after_the_last_and_unknown_without_any() -> None:
    hour = 60 * MINUTE
    runs = [(0, hour), (2 * hour, 4 * hour)]
    assert blind(runs, 0, 4 * hour) == [(hour, 2 * hour)]
    assert blind(runs, hour + MINUTE, 5 * hour) == [
        (hour + MINUTE, 2 * hour), (4 * hour, 5 * hour),
    ]  # fmt: skip
    assert blind(runs, 2 * hour, 4 * hour + MINUTE) == []
    # A period that ended while it was down, before the next start.
    assert blind(runs, 0, hour + 30 * MINUTE) == [(hour, hour + 30 * MINUTE)]
    assert blind([], 0, hour) is None
